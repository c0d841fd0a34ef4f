//! What must hold for any directory and any tenant, found out on small random ones with few names, so that everything clashes.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

mod histories;
mod world;

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;
use samesign_engine::{
    Action, Anchor, Change, LinkState, MatchPolicy, Presence, Slice, decode, dn_key, encode, explain, keys, link_keys, plan, target_keys,
};
use world::World;

const NAMES: [&str; 5] = ["ana", "bob", "eve", "info", "zoe"];
const OUS: [&str; 4] = ["Staff", "Staff/Sales", "Staff/Guests", "Archive"];

fn name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&NAMES[..])
}

/// What one account has: its OU, UPN, mail, proxies, manager, title.
#[derive(Clone, Debug)]
struct Made {
    ou: &'static str,
    upn: &'static str,
    mail: Option<&'static str>,
    proxy: Option<(bool, &'static str)>,
    manager: Option<usize>,
    title: Option<&'static str>,
    disabled: bool,
}

fn made() -> impl Strategy<Value = Made> {
    let ou = prop::sample::select(&OUS[..]);
    let proxy = prop::option::weighted(0.3, (any::<bool>(), name()));
    let (mail, title) = (prop::option::weighted(0.3, name()), prop::option::of(prop::sample::select(&["Buyer", "Clerk"][..])));
    (ou, name(), mail, proxy, prop::option::of(0..8_usize), title, any::<bool>())
        .prop_map(|(ou, upn, mail, proxy, manager, title, disabled)| Made { ou, upn, mail, proxy, manager, title, disabled })
}

#[derive(Clone, Debug)]
struct Cloud {
    upn: &'static str,
    mail: Option<&'static str>,
    proxy: Option<&'static str>,
    flags: u8,
}

fn cloud() -> impl Strategy<Value = Cloud> {
    (name(), prop::option::of(name()), prop::option::weighted(0.3, name()), any::<u8>()).prop_map(|(upn, mail, proxy, flags)| Cloud {
        upn,
        mail,
        proxy,
        flags,
    })
}

#[derive(Clone, Debug)]
enum Event {
    Make(usize, Made),
    Delete(usize, Presence),
    Sync,
}

fn event() -> impl Strategy<Value = Event> {
    let presence = prop::sample::select(vec![Presence::Deleted, Presence::Absent, Presence::Missing, Presence::LongMissing]);
    prop_oneof![4 => (0..8_usize, made()).prop_map(|(who, made)| Event::Make(who, made)), 1 => (0..8_usize, presence).prop_map(|(who, how)| Event::Delete(who, how)), 2 => Just(Event::Sync)]
}

fn address(name: &str) -> String {
    format!("{name}@example.com")
}

fn account_name(who: usize) -> String {
    format!("account{who}")
}

fn make(world: &mut World, who: usize, made: &Made) {
    let account_name = account_name(who);
    if !world.accounts.contains_key(&account_name) {
        world.add_account(&account_name, made.ou);
    }
    let account = world.accounts.get_mut(&account_name).unwrap();
    account.ou = made.ou.to_owned();
    account.set("userPrincipalName", &address(made.upn));
    account.set("mail", &made.mail.map(address).unwrap_or_default());
    account.set(
        "proxyAddresses",
        &made.proxy.map(|(primary, name)| format!("{}:{}", if primary { "SMTP" } else { "smtp" }, address(name))).unwrap_or_default(),
    );
    let manager = made.manager.and_then(|who| Some(world.accounts.get(&self::account_name(who))?.dn()));
    let account = world.accounts.get_mut(&account_name).unwrap();
    account.set("manager", &manager.unwrap_or_default());
    account.set("title", made.title.unwrap_or_default());
    account.set("userAccountControl", if made.disabled { "514" } else { "512" });
}

/// A tenant gives every name once.
fn add_cloud(world: &mut World, cloud: &Cloud) {
    let wanted: Vec<String> = [Some(cloud.upn), cloud.mail, cloud.proxy].into_iter().flatten().map(address).collect();
    if world.targets.iter().any(|target| world::target_names(target).iter().any(|name| wanted.contains(name))) {
        return;
    }
    let target = world.add_target(&address(cloud.upn));
    target.mail = cloud.mail.map(|name| address(name).into());
    target.addresses = cloud.proxy.map(|name| format!("smtp:{}", address(name)).into()).into_iter().collect();
    target.privileged = cloud.flags & 7 == 1;
    (target.licensed, target.mailbox) = (cloud.flags & 8 == 0, cloud.flags & 24 == 0);
    if cloud.flags & 0xe0 == 0x20 {
        (target.synced, target.anchor) = (true, Some(Anchor::from_text("another directory")));
    }
}

prop_compose! {
    /// A world with a history.
    fn a_world()(
        entra in any::<bool>(),
        excluded in any::<bool>(),
        clouds in vec(cloud(), 0..6),
        events in vec(event(), 1..16),
    ) -> World {
        let mut world = World::default();
        world.policy.matching = if entra { MatchPolicy::Entra } else { MatchPolicy::Dirsync };
        if excluded {
            world.policy.scope.exclude = vec![world::ou("Staff/Guests")];
        }
        clouds.iter().for_each(|cloud| add_cloud(&mut world, cloud));
        for event in &events {
            match event {
                Event::Make(who, made) => make(&mut world, *who, made),
                Event::Delete(who, how) if world.accounts.contains_key(&account_name(*who)) => world.remove_account(&account_name(*who), *how),
                Event::Delete(..) => {}
                Event::Sync => { apply_all(&mut world); }
            }
        }
        world
    }
}

fn apply_all(world: &mut World) -> Vec<String> {
    let plan = plan(&world.slice(), &world.policy);
    world.apply(&plan, true)
}

fn changes(slice: &Slice, world: &World) -> BTreeSet<String> {
    plan(slice, &world.policy).changes.iter().map(Change::canonical_json).collect()
}

/// What the agent does: everything that shares a key with the dirty objects, and with what that brings in; references one
/// step in both directions.
fn closed_slice(world: &World, dirty: &BTreeSet<Anchor>) -> Slice {
    let full = world.slice();
    let own = |key: &String| !key.starts_with("ref:");
    let of_source = |object: &samesign_engine::SourceObject| keys(object, &world.policy);
    let mut wanted: BTreeSet<String> = dirty.iter().map(|anchor| format!("anchor:{}", anchor.as_str())).collect();
    let mut referred = BTreeSet::new();
    for object in full.source.iter().filter(|object| dirty.contains(&Anchor::of(&object.guid))) {
        wanted.extend(of_source(object).into_iter().filter(own));
        referred.extend(of_source(object).iter().filter_map(|key| key.strip_prefix("ref:").map(|dn| format!("dn:{dn}"))));
    }
    for link in full.links.iter().filter(|link| dirty.contains(&link.anchor)) {
        wanted.extend(link_keys(link));
    }
    let refs: BTreeSet<String> = wanted.iter().filter_map(|key| key.strip_prefix("dn:").map(|dn| format!("ref:{dn}"))).collect();
    for object in full.source.iter().filter(|object| of_source(object).iter().any(|key| refs.contains(key))) {
        wanted.extend(of_source(object).into_iter().filter(own));
        // The references of a referring object are loaded too, for it is planned again.
        referred.extend(of_source(object).iter().filter_map(|key| key.strip_prefix("ref:").map(|dn| format!("dn:{dn}"))));
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
        if wanted.len() == before {
            break;
        }
    }
    let hit = |keys: Vec<String>| keys.iter().any(|key| wanted.contains(key));
    Slice {
        source: full.source.iter().filter(|object| hit(of_source(object))).cloned().collect(),
        targets: full.targets.iter().filter(|target| hit(target_keys(target))).cloned().collect(),
        links: full.links.iter().filter(|link| hit(link_keys(link))).cloned().collect(),
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
    plan.changes.iter().map(|change| change.anchor.clone()).chain(accounts).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// A forecast is true: what is planned for a tenant that has no links yet, the service accepts.
    #[test]
    fn the_service_refuses_nothing_of_a_first_sync(mut world in a_world()) {
        world.links.clear();
        world.targets.retain(|target| !target.synced || target.anchor.as_ref().is_some_and(|anchor| anchor.guid().is_none()));
        let refused = apply_all(&mut world);
        prop_assert_eq!(refused, Vec::<String>::new());
    }

    /// Syncs come to rest. A name that one sync frees, and a manager that one sync makes, may give the next one something to do.
    #[test]
    fn planning_after_applying_is_empty(mut world in a_world()) {
        let mut refused = Vec::new();
        for _ in 0..6 {
            refused = apply_all(&mut world);
        }
        let left = plan(&world.slice(), &world.policy).changes;
        prop_assert!(left.len() <= refused.len(), "left: {left:#?}");
    }

    #[test]
    fn the_order_of_the_input_makes_no_difference(world in a_world(), seed in any::<u64>()) {
        let slice = world.slice();
        let mut shuffled = slice.clone();
        let turn = |length: usize| if length == 0 { 0 } else { usize::try_from(seed).unwrap_or(7) % length };
        shuffled.source.reverse();
        let (sources, targets, links) = (turn(slice.source.len()), turn(slice.targets.len()), turn(slice.links.len()));
        shuffled.source.rotate_left(sources);
        shuffled.targets.rotate_left(targets);
        shuffled.links.reverse();
        shuffled.links.rotate_left(links);
        prop_assert_eq!(plan(&slice, &world.policy), plan(&shuffled, &world.policy));
    }

    /// The cost of a plan may follow what changed: a closed slice gives what the plan of everything gives for its objects.
    #[test]
    fn a_closed_slice_gives_the_same_changes(mut world in a_world(), edits in vec((0..8_usize, made()), 1..4)) {
        for _ in 0..3 {
            apply_all(&mut world);
        }
        let mut dirty = unsettled(&world);
        for (who, made) in &edits {
            make(&mut world, *who, made);
            dirty.insert(Anchor::of(&world.accounts[&account_name(*who)].guid));
        }
        let slice = closed_slice(&world, &dirty);
        let full = changes(&world.slice(), &world);
        prop_assert_eq!(changes(&slice, &world), full);
    }

    /// Deletes have evidence, takeovers are free cloud users, everything else is in scope.
    #[test]
    fn nothing_outside_scope_and_links_is_touched(world in a_world()) {
        let plan = plan(&world.slice(), &world.policy);
        for change in &plan.changes {
            let account = world.accounts.values().find(|account| Anchor::of(&account.guid) == change.anchor);
            let inside = |ou: &str| ou.starts_with("Staff") && (ou != "Staff/Guests" || world.policy.scope.exclude.is_empty());
            let in_scope = account.is_some_and(|account| inside(&account.ou));
            let link = world.links.iter().find(|link| link.anchor == change.anchor && link.state == LinkState::Live);
            if change.action == Action::Delete {
                let evidence = matches!(world.gone.get(&change.anchor), Some(Presence::Deleted | Presence::Absent | Presence::LongMissing));
                prop_assert!(link.is_some() && !in_scope && (account.is_some() || evidence), "{change:?}");
            } else {
                prop_assert!(in_scope, "{change:?}");
            }
            if change.action == Action::Join {
                let target = world.targets.iter().find(|target| Some(&target.id) == change.target_id.as_ref()).unwrap();
                prop_assert!(!target.privileged && !target.synced && target.anchor.is_none(), "{target:?}");
            }
        }
        let anchors: BTreeSet<&Anchor> = plan.changes.iter().map(|change| &change.anchor).collect();
        prop_assert_eq!(anchors.len(), plan.changes.len(), "one change per object");
    }

    #[test]
    fn explanations_agree_with_the_plan(world in a_world()) {
        let slice = world.slice();
        let plan = plan(&slice, &world.policy);
        for account in world.accounts.values() {
            let explanation = explain(&slice, &world.policy, &account.dn()).unwrap();
            let change = plan.changes.iter().find(|change| change.anchor == Anchor::of(&account.guid));
            prop_assert_eq!(explanation.pending.as_ref(), change);
            if let Some(change) = change.filter(|change| change.action == Action::Update) {
                let edits: BTreeSet<&str> = change.attributes.all().iter().filter(|edit| edit.differs()).map(|edit| edit.name).collect();
                let told: BTreeSet<&str> = explanation.attributes.iter().filter(|told| told.outcome.starts_with("will")).map(|told| told.to).collect();
                prop_assert!(edits.is_subset(&told), "{edits:?} {told:?}");
            }
        }
    }

    #[test]
    fn stored_attributes_come_back(world in a_world()) {
        for link in &world.links {
            let confirmed = link.confirmed.to_attributes();
            prop_assert_eq!(encode(&confirmed), link.confirmed.as_bytes());
            prop_assert_eq!(decode(link.confirmed.as_bytes()), Ok(confirmed));
        }
    }

    #[test]
    fn damaged_bytes_never_panic(bytes in vec(any::<u8>(), 0..200), text in "\\PC*") {
        let _ = decode(&bytes);
        let _ = samesign_engine::Attributes::from_bytes(&bytes).iter().map(|(_, values)| values.count()).sum::<usize>();
        let _ = dn_key(&text);
    }

    /// Whatever a directory holds, there is a plan.
    #[test]
    fn any_values_are_planned(values in vec(("[a-zA-Z]{1,12}", vec(any::<u8>(), 0..40)), 0..10), text in "\\PC{0,40}", dn in "\\PC{0,40}") {
        let mut attributes = samesign_engine::AttributesBuilder::default();
        let known = samesign_engine::source_attributes();
        for (at, (name, value)) in values.iter().enumerate() {
            attributes.add(name, value);
            attributes.add(known[(at * 7 + value.len()) % known.len()], value);
        }
        attributes.add("sAMAccountName", b"ana");
        attributes.add("userPrincipalName", text.as_bytes());
        let world = World::default();
        let guid = world::guid(1);
        let attributes = attributes.build();
        for dn in [dn, "CN=ana,OU=Staff,DC=example,DC=com".to_owned()] {
            let class = samesign_engine::Class::InetOrgPerson;
            let source = vec![samesign_engine::SourceObject { guid, dn: dn.into(), class, attributes: attributes.clone() }];
            let slice = Slice { source, ..Slice::default() };
            let _ = plan(&slice, &world.policy).to_string();
            let _ = explain(&slice, &world.policy, &text);
        }
    }
}
