//! What must hold at any moment of any history.

use std::collections::{BTreeMap, BTreeSet};

use samesign_engine::{
    Action, Anchor, Change, Kind, LinkState, Presence, ServiceBlock, Slice, SourceObject, Value, explain, keys, link_keys, plan,
    target_keys,
};

use super::{Dice, sync};
use crate::world::{self, Account, World};

fn changes(slice: &Slice, world: &World) -> BTreeSet<String> {
    plan(slice, &world.policy).changes.iter().map(Change::canonical_json).collect()
}

fn live(world: &World) -> BTreeSet<Anchor> {
    world.links.iter().filter(|link| link.state == LinkState::Live).map(|link| link.anchor.clone()).collect()
}

/// What a plan of everything promises.
pub fn of_a_plan(world: &World, dice: &mut Dice) {
    order_makes_no_difference(world, dice);
    nothing_else_is_touched(world);
    an_incomplete_read_removes_nobody(world, dice);
    explanations_agree(world);
    for link in &world.links {
        assert_eq!(ServiceBlock::from_bytes(link.confirmed.as_bytes()).as_ref(), Ok(&link.confirmed), "what is stored comes back");
    }
}

fn order_makes_no_difference(world: &World, dice: &mut Dice) {
    let slice = world.slice();
    let mut shuffled = slice.clone();
    shuffle(&mut shuffled.source, dice);
    shuffle(&mut shuffled.targets, dice);
    shuffle(&mut shuffled.links, dice);
    assert_eq!(plan(&slice, &world.policy), plan(&shuffled, &world.policy), "the order of the input makes no difference");
}

fn shuffle<T>(items: &mut [T], dice: &mut Dice) {
    for last in (1..items.len()).rev() {
        items.swap(last, dice.below(last + 1));
    }
}

fn inside(world: &World, account: &Account) -> bool {
    account.ou.starts_with("Staff") && (account.ou != "Staff/Guests" || world.policy.scope.exclude.is_empty())
}

/// Deletes have evidence, take-overs are of free cloud objects, everything else is in scope.
fn nothing_else_is_touched(world: &World) {
    let plan = plan(&world.slice(), &world.policy);
    let mut seen = BTreeMap::new();
    for change in &plan.changes {
        let account = world.accounts.values().find(|account| Anchor::of(&account.guid) == change.anchor);
        let in_scope = account.is_some_and(|account| inside(world, account));
        let linked = live(world).contains(&change.anchor);
        match change.action {
            Action::Delete => {
                let evidence = matches!(world.gone.get(&change.anchor), Some(Presence::Deleted | Presence::Absent | Presence::LongMissing));
                // A distribution group that lost its mail has left the scope too.
                let left = account.is_some_and(|account| !inside(world, account) || account.class.kind() != Kind::User);
                assert!(linked && (left || evidence), "{change:?}");
                let target = world.targets.iter().find(|target| Some(&target.id) == change.target_id.as_ref());
                assert!(target.is_none_or(|target| !target.privileged), "{change:?}");
            }
            Action::Join => {
                let target = world.targets.iter().find(|target| Some(&target.id) == change.target_id.as_ref()).unwrap();
                assert!(in_scope && !target.privileged && !target.synced && target.anchor.is_none(), "{target:?}");
                assert_eq!(target.kind, change.kind);
            }
            _ => assert!(in_scope, "{change:?}"),
        }
        *seen.entry((&change.anchor, change.action)).or_insert(0) += 1;
    }
    // An update may come in two parts: see the order of a circle of names.
    assert!(seen.iter().all(|((_, action), count)| *count <= if *action == Action::Update { 2 } else { 1 }), "{:#?}", plan.changes);
}

/// The members that a plan removes, by group.
fn removed(changes: &[Change], live: &BTreeSet<Anchor>) -> BTreeSet<(Anchor, Anchor)> {
    let members = changes.iter().filter(|change| change.action == Action::Member);
    let go = |change: &Change| match change.attributes.of_known()[0].from.as_deref() {
        Some(Value::References(anchors)) => anchors.iter().map(|anchor| (change.anchor.clone(), anchor.clone())).collect(),
        _ => Vec::new(),
    };
    members.flat_map(go).filter(|(_, member)| live.contains(member)).collect()
}

/// Whoever is only not there is neither deleted nor taken out of a group.
fn an_incomplete_read_removes_nobody(world: &World, dice: &mut Dice) {
    let deletes = |changes: &[Change]| -> BTreeSet<Anchor> {
        changes.iter().filter(|change| change.action == Action::Delete).map(|change| change.anchor.clone()).collect()
    };
    let whole = plan(&world.slice(), &world.policy).changes;
    let mut part = world.slice();
    part.source.retain(|_| dice.percent(60));
    let seen: BTreeSet<Anchor> = part.source.iter().map(|object| Anchor::of(&object.guid)).collect();
    let part = plan(&part, &world.policy).changes;
    assert!(deletes(&part).is_subset(&deletes(&whole)), "an incomplete read deletes nobody");
    let unseen = |anchor: &Anchor| !seen.contains(anchor) && !world.gone.contains_key(anchor);
    assert!(deletes(&part).iter().all(|anchor| !unseen(anchor)), "who is not seen is not deleted");
    let linked = live(world);
    let (of_part, of_whole) = (removed(&part, &linked), removed(&whole, &linked));
    assert!(of_part.is_subset(&of_whole), "an incomplete read removes nobody from a group: {of_part:?} {of_whole:?}");
}

fn explanations_agree(world: &World) {
    let slice = world.slice();
    let plan = plan(&slice, &world.policy);
    for account in world.accounts.values() {
        let explanation = explain(&slice, &world.policy, &account.dn()).unwrap();
        let change = plan.changes.iter().find(|change| change.anchor == Anchor::of(&account.guid));
        assert_eq!(explanation.pending.as_ref(), change, "{}", account.dn());
    }
}

/// What the agent does: everything that shares a key with the dirty objects, and with what that brings in; references one step in
/// both directions.
fn closed_slice(world: &World, dirty: &BTreeSet<Anchor>) -> Slice {
    let full = world.slice();
    let own = |key: &String| !key.starts_with("ref:");
    let of_source = |object: &SourceObject| keys(object, &world.policy);
    let as_dn = |key: &String| key.strip_prefix("ref:").map(|dn| format!("dn:{dn}"));
    let mut wanted: BTreeSet<String> = dirty.iter().map(|anchor| format!("anchor:{}", anchor.as_str())).collect();
    let mut referred = BTreeSet::new();
    for object in full.source.iter().filter(|object| dirty.contains(&Anchor::of(&object.guid))) {
        wanted.extend(of_source(object).into_iter().filter(own));
        referred.extend(of_source(object).iter().filter_map(as_dn));
    }
    for link in full.links.iter().filter(|link| dirty.contains(&link.anchor)) {
        wanted.extend(link_keys(link));
    }
    let refs: BTreeSet<String> = wanted.iter().filter_map(|key| key.strip_prefix("dn:").map(|dn| format!("ref:{dn}"))).collect();
    for object in full.source.iter().filter(|object| of_source(object).iter().any(|key| refs.contains(key))) {
        wanted.extend(of_source(object).into_iter().filter(own));
        // The references of a referring object are loaded too, for it is planned again.
        referred.extend(of_source(object).iter().filter_map(as_dn));
    }
    wanted.extend(referred);
    loop {
        let before = wanted.len();
        let all = full.source.iter().map(of_source).chain(full.targets.iter().map(target_keys)).chain(full.links.iter().map(link_keys));
        for keys in all.collect::<Vec<_>>() {
            if keys.iter().any(|key| wanted.contains(key)) {
                wanted.extend(keys.into_iter().filter(own));
            }
        }
        // The cloud object of a link is known by its id.
        let linked: Vec<_> = full.links.iter().filter(|link| link_keys(link).iter().any(|key| wanted.contains(key))).collect();
        let is_theirs = |target: &&samesign_engine::TargetObject| linked.iter().any(|link| Some(&target.id) == link.target_id.as_ref());
        wanted.extend(full.targets.iter().filter(is_theirs).flat_map(target_keys));
        if wanted.len() == before {
            break;
        }
    }
    let hit = |keys: Vec<String>| keys.iter().any(|key| wanted.contains(key));
    let links: Vec<_> = full.links.iter().filter(|link| hit(link_keys(link))).cloned().collect();
    let is_of_a_link = |target: &samesign_engine::TargetObject| links.iter().any(|link| Some(&target.id) == link.target_id.as_ref());
    Slice {
        source: full.source.iter().filter(|object| hit(of_source(object))).cloned().collect(),
        targets: full.targets.iter().filter(|target| hit(target_keys(target)) || is_of_a_link(target)).cloned().collect(),
        links,
        gone: full.gone.clone(),
        references: world::references(world),
        chosen: None,
        from_directory: full.from_directory,
    }
}

/// Objects with a change to come or an open finding.
fn unsettled(world: &World) -> BTreeSet<Anchor> {
    let plan = plan(&world.slice(), &world.policy);
    let named: BTreeSet<&str> = plan.findings.iter().flat_map(|finding| finding.objects.iter().map(|object| &**object)).collect();
    let accounts = world.accounts.values().filter(|account| named.contains(account.dn().as_str())).map(|account| Anchor::of(&account.guid));
    let links = world.links.iter().filter(|link| named.contains(&*link.last_dn)).map(|link| link.anchor.clone());
    plan.changes.iter().map(|change| change.anchor.clone()).chain(accounts).chain(links).collect()
}

/// The cost of a plan may follow what changed: a closed slice gives what the plan of everything gives.
pub fn of_a_slice(world: &mut World, dice: &mut Dice) {
    for _ in 0..3 {
        sync(world);
    }
    let before: BTreeMap<_, _> = world.slice().source.into_iter().map(|object| (object.guid, object)).collect();
    for _ in 0..1 + dice.below(4) {
        if dice.percent(60) {
            super::edit::directory(world, dice);
        } else {
            super::edit::membership(world, dice);
        }
    }
    let after: BTreeMap<_, _> = world.slice().source.into_iter().map(|object| (object.guid, object)).collect();
    let mut dirty = unsettled(world);
    let all = before.keys().chain(after.keys());
    dirty.extend(all.filter(|guid| before.get(guid) != after.get(guid)).map(Anchor::of));
    let slice = closed_slice(world, &dirty);
    assert_eq!(changes(&slice, world), changes(&world.slice(), world), "a slice gives what the plan of everything gives");
}

/// Syncs come to rest, and then the tenant is as the directory has it.
pub fn of_rest(world: &mut World) {
    let mut refused = Vec::new();
    for _ in 0..8 {
        refused = sync(world);
    }
    let left = plan(&world.slice(), &world.policy).changes;
    assert!(left.len() <= refused.len(), "left: {left:#?}\nrefused: {refused:#?}");
    if left.is_empty() {
        members_are_as_the_directory_has_them(world);
    }
}

fn members_are_as_the_directory_has_them(world: &World) {
    let live = live(world);
    let planned: BTreeSet<Anchor> = live.clone();
    for link in world.links.iter().filter(|link| link.state == LinkState::Live && link.kind == Kind::Group) {
        let account = world.accounts.values().find(|account| Anchor::of(&account.guid) == link.anchor);
        let Some(account) = account.filter(|account| inside(world, account)) else { continue };
        let wanted = account.members.iter().filter_map(|name| world.accounts.get(name)).map(|member| Anchor::of(&member.guid));
        let wanted: BTreeSet<Anchor> = wanted.filter(|anchor| planned.contains(anchor) && *anchor != link.anchor).collect();
        let unseen = |anchor: &Anchor| world.gone.get(anchor) == Some(&Presence::Missing);
        let id = link.target_id.as_ref().unwrap();
        let have: BTreeSet<Anchor> = world.memberships.get(id).into_iter().flatten().filter(|anchor| !unseen(anchor)).cloned().collect();
        assert_eq!(have, wanted, "members of {}", account.dn());
    }
}
