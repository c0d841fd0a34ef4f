//! What `explain` tells is what the plan does: for every object of random directories, under random rules.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod world;

use std::collections::BTreeSet;

use proptest::prelude::*;
use samesign_engine::{
    Action, Anchor, Change, Empty, Explanation, Filter, Kind, LicenceRule, Make, ObjectGuid, OwnFlow, Presence, Slice, Value, explain,
    in_scope_among, plan,
};
use world::{World, ou_dn};

const OUS: [&str; 4] = ["Staff", "Staff/Sales", "Staff/Guests", "Archive"];
const FILTERS: [&str; 5] =
    ["(title=*)", "(!(title=Buyer))", "(|(objectClass=group)(title=b*))", "(objectClass=user)", "(!(objectClass=contact))"];

/// Throws that are made of one number.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }
}

fn flow(kind: Kind, to: &str, make: Make) -> OwnFlow {
    OwnFlow { kind, to: to.into(), make, empty: Empty::Clear }
}

fn first(names: &[&str]) -> Make {
    Make::First(names.iter().map(|name| Box::from(*name)).collect())
}

/// A world with a history, half of it synchronized before the rules changed.
fn random(seed: u64) -> (World, Option<BTreeSet<ObjectGuid>>) {
    let mut dice = Dice(seed);
    let mut world = World::default();
    for number in 0..3 + dice.below(14) {
        let ou = OUS[dice.below(4)];
        let account = match dice.below(4) {
            0 => world.add_group(&format!("g{number}"), ou),
            1 => world.add_contact(&format!("c{number}"), ou),
            _ => world.add_account(&format!("u{number}"), ou),
        };
        account.set("title", ["", "Buyer", "Clerk"][dice.below(3)]);
        if dice.one_in(8) {
            account.set("userPrincipalName", "no name");
        }
    }
    members(&mut world, &mut dice);
    if dice.one_in(2) {
        world.sync();
        world.sync();
        edit(&mut world, &mut dice);
    }
    let rules = &mut world.policy.rules;
    rules.filter = (!dice.one_in(2)).then(|| Filter::parse(FILTERS[dice.below(FILTERS.len())]).unwrap());
    rules.kinds.contacts = !dice.one_in(4);
    if dice.one_in(2) {
        rules.flows = vec![
            flow(Kind::User, "department", first(&["departmentNumber", "title"])),
            flow(Kind::Group, "info", Make::Template("{cn} ({title})".into())),
            flow(Kind::User, "extension_0123456789abcdef0123456789abcdef_x", Make::Constant("x".into())),
        ];
    }
    let chosen = dice.one_in(3).then(|| world.accounts.values().filter(|_| dice.one_in(2)).map(|account| account.guid).collect());
    (world, chosen)
}

fn members(world: &mut World, dice: &mut Dice) {
    let names: Vec<String> = world.accounts.keys().cloned().collect();
    for group in world.accounts.values_mut().filter(|account| account.rdn.starts_with("CN=g")) {
        group.members = names.iter().filter(|_| dice.one_in(2)).cloned().collect();
    }
}

fn edit(world: &mut World, dice: &mut Dice) {
    let names: Vec<String> = world.accounts.keys().cloned().collect();
    for name in names {
        match dice.below(5) {
            0 => world.remove_account(&name, [Presence::Deleted, Presence::Missing][dice.below(2)]),
            1 => world.accounts.get_mut(&name).unwrap().ou = OUS[dice.below(4)].to_owned(),
            2 => world.accounts.get_mut(&name).unwrap().set("title", ["", "Clerk"][dice.below(2)]),
            _ => {}
        }
    }
    members(world, dice);
}

fn told(slice: &Slice, world: &World, dn: &str) -> Explanation {
    explain(slice, &world.policy, dn).unwrap_or_else(|| panic!("{dn} is explained"))
}

fn edits(change: &Change) -> BTreeSet<&str> {
    change.attributes.all().iter().filter(|edit| edit.differs()).map(|edit| edit.name).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    // Covers: D19
    #[test]
    fn what_is_told_is_what_is_done(seed in any::<u64>()) {
        let (world, chosen) = random(seed);
        let slice = Slice { chosen: chosen.clone(), ..world.slice() };
        let plan = plan(&slice, &world.policy);
        let takes_part = in_scope_among(&world.policy, chosen.as_ref());
        for object in &slice.source {
            let told = told(&slice, &world, &object.dn);
            prop_assert_eq!(told.in_scope, takes_part(object), "{}", told.scope);
            let changes: Vec<&Change> = plan.changes.iter().filter(|change| change.anchor == Anchor::of(&object.guid)).collect();
            prop_assert_eq!(told.pending.iter().chain(&told.pending_more).collect::<Vec<_>>(), changes.clone());
            let will: BTreeSet<&str> = told.attributes.iter().filter(|one| one.outcome.starts_with("will")).map(|one| one.to).collect();
            match changes.iter().find(|change| change.action != Action::Member) {
                Some(change) if change.action == Action::Update => prop_assert_eq!(&will, &edits(change), "{}", told),
                Some(change) if change.action != Action::Delete => prop_assert!(edits(change).is_superset(&will), "{}", told),
                _ => prop_assert!(will.is_empty(), "{}", told),
            }
            let (come, go) = changes.iter().find(|change| change.action == Action::Member).map_or((0, 0), |change| counts(change));
            if let Some(members) = &told.members {
                prop_assert_eq!(members.confirmed + come - go, if waits(&told) { members.confirmed } else { members.wanted }, "{}", told);
                prop_assert_eq!(members.wanted + members.left_out_total, members.in_ad);
            }
        }
        for link in world.links.iter().filter(|link| slice.gone.contains_key(&link.anchor)) {
            let told = explain(&slice, &world.policy, link.anchor.as_str()).unwrap();
            prop_assert_eq!(told.pending.as_ref(), plan.changes.iter().find(|change| change.anchor == link.anchor));
        }
    }
}

/// How many come and go.
fn counts(change: &Change) -> (usize, usize) {
    let count = |value: Option<&Value>| if let Some(Value::References(anchors)) = value { anchors.len() } else { 0 };
    (count(change.attributes.of_known()[0].to.as_ref()), count(change.attributes.of_known()[0].from.as_deref()))
}

fn waits(told: &Explanation) -> bool {
    told.matched.starts_with("not decided")
}

#[test]
fn a_group_tells_who_is_left_out_and_why() {
    let mut world = World::default();
    world.add_account("ana", "Staff");
    world.add_account("bob", "Archive");
    world.add_contact("pia", "Staff");
    let team = world.add_group("team", "Staff");
    team.members = ["ana", "bob", "pia", "team"].map(str::to_owned).into();
    team.unseen_members = ["CN=Nobody,DC=elsewhere".to_owned()].into();
    world.policy.rules.filter = Filter::parse("(!(objectClass=contact))").ok();
    let told = told(&world.slice(), &world, &world.accounts["team"].dn());
    let screen = told.to_string();
    for line in [
        "  members: 5 in AD, 1 of them for the tenant, 0 there now",
        "           left out: CN=Nobody,DC=elsewhere   it is not synchronized: it lies outside the scope, or is neither user, group nor contact",
        "           left out: CN=bob,OU=Archive,DC=example,DC=com   out of scope: OU=Archive is not selected",
        "           left out: CN=pia,OU=Staff,DC=example,DC=com   out of scope: scope.filter leaves it out: (!(objectclass=contact)) does not hold",
        "           left out: CN=team,OU=Staff,DC=example,DC=com   a group is no member of itself",
        "  pending: create: in scope, and not in the tenant yet",
        "           member: 1 member added (ana@example.com)",
    ] {
        assert!(screen.lines().any(|shown| shown == line), "{line}\n{screen}");
    }
}

#[test]
fn own_flows_and_licence_rules_are_told() {
    let mut world = World::default();
    world.add_account("ana", "Staff/Sales").set("extensionAttribute3", "42");
    world.policy.rules.flows = vec![
        flow(Kind::User, "department", first(&["extensionAttribute3", "department"])),
        flow(Kind::User, "title", Make::Drop),
        flow(Kind::Group, "info", first(&["description"])),
    ];
    world.policy.rules.licences = vec![LicenceRule { sku: "ENTERPRISEPACK".into(), ou: Some(ou_dn("Staff/Sales").into()), group: None }];
    let mut told = told(&world.slice(), &world, "ana@example.com");
    (told.last_sent, told.next_run) = (Some("today".into()), Some("soon".into()));
    let screen = told.to_string();
    for words in [
        "extensionAttribute3, else department (own flow)",
        "→  department",
        "  42  (will be set)",
        "dropped (own flow)",
        "  licence: ENTERPRISEPACK by rule",
        "  sent:    today",
        "  next:    soon",
    ] {
        assert!(screen.contains(words), "{words}\n{screen}");
    }
    assert!(!screen.contains("description, else"), "{screen}");
}
