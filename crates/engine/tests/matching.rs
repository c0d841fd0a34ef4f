//! Rules of matching that need more than a story: switches of the tenant, anchors in doubt, and people who must not be harmed.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod world;

use samesign_engine::{
    Action, Anchor, AnchorAttribute, AttributesBuilder, Class, Kind, MatchPolicy, Plan, Presence, Slice, SourceObject, Value, plan,
};
use world::{World, guid};

fn codes(plan: &Plan) -> Vec<&'static str> {
    plan.findings.iter().map(|finding| finding.code).collect()
}

fn actions(plan: &Plan) -> Vec<(Action, &str)> {
    plan.changes.iter().map(|change| (change.action, &*change.upn)).collect()
}

/// A world whose administrator chose today's rules, with ana in Active Directory.
fn entra() -> World {
    let mut world = World::default();
    world.policy.matching = MatchPolicy::Entra;
    world.add_account("ana", "Staff").set("mail", "ana@example.com");
    world
}

fn anchored(slice: &mut Slice, name: &str, value: &[u8]) {
    let object = slice.source.iter_mut().find(|object| object.dn.starts_with(&format!("CN={name},"))).unwrap();
    let mut attributes = AttributesBuilder::default();
    object.attributes.iter().filter(|(name, _)| *name != "ms-ds-consistencyguid").for_each(|(name, values)| {
        values.for_each(|value| attributes.add(name, value));
    });
    attributes.add("mS-DS-ConsistencyGuid", value);
    object.attributes = attributes.build();
}

// Covers: D11
#[test]
fn a_role_holder_is_never_deleted_disabled_or_renamed() {
    let mut world = entra();
    assert!(world.sync().is_empty());
    world.targets[0].privileged = true;
    let ana = world.accounts.get_mut("ana").unwrap();
    ana.set("userAccountControl", "514");
    ana.set("userPrincipalName", "anna@example.com");
    ana.set("mail", "anna@example.com");
    ana.set("title", "Head");
    let plan = world.plan();
    assert_eq!(codes(&plan), ["privileged-protected"; 3], "{plan}");
    assert_eq!(plan.changes.len(), 1);
    let names: Vec<&str> = plan.changes[0].attributes.all().iter().map(|edit| edit.name).collect();
    assert_eq!(names, ["title"], "everything else still flows");
    // What she keeps is not free for others.
    world.add_account("other", "Staff").set("userPrincipalName", "ana@example.com");
    let plan = world.plan();
    assert!(plan.changes.iter().all(|change| change.action == Action::Update), "{plan}");
    assert!(codes(&plan).contains(&"match-other-anchor"), "{plan}");
    world.accounts.remove("other");
    for leaves in ["Archive", "gone"] {
        let mut world = world.clone();
        match leaves {
            "gone" => world.remove_account("ana", Presence::Deleted),
            ou => world.accounts.get_mut("ana").unwrap().ou = ou.to_owned(),
        }
        let plan = world.plan();
        assert_eq!((plan.changes.len(), codes(&plan)), (0, vec!["privileged-protected"]), "{leaves}: {plan}");
    }
    world.targets[0].privileged = false;
    assert_eq!(actions(&world.plan()), [(Action::Update, "anna@example.com")], "without the role all of it goes");
}

// Covers: D16, error.anchor-changed
#[test]
fn another_attribute_for_the_anchor_deletes_and_creates_nobody() {
    let mut world = entra();
    world.add_account("bob", "Staff");
    world.sync();
    world.policy.rules.anchor = AnchorAttribute::ConsistencyGuid;
    assert_eq!(world.plan().changes.len(), 0, "without values the anchors stay");
    let mut slice = world.slice();
    anchored(&mut slice, "ana", guid(77).as_bytes());
    let changed = plan(&slice, &world.policy);
    assert_eq!((changed.changes.len(), codes(&changed)), (0, vec!["anchor-changed"]), "{changed}");
    anchored(&mut slice, "ana", guid(1).as_bytes());
    let copied = plan(&slice, &world.policy);
    assert_eq!((copied.changes.len(), codes(&copied)), (0, vec![]), "its own objectGUID is the same anchor: {copied}");
    anchored(&mut slice, "ana", guid(2).as_bytes());
    let stolen = plan(&slice, &world.policy);
    assert!(stolen.changes.is_empty() && codes(&stolen).contains(&"duplicate-anchor"), "bob's: {stolen}");
    // Who leaves the scope is deleted by the anchor they were synchronized with.
    let mut slice = world.slice();
    anchored(&mut slice, "ana", guid(77).as_bytes());
    let ana = slice.source.iter_mut().find(|object| object.dn.starts_with("CN=ana")).unwrap();
    ana.dn = "CN=ana,OU=Archive,DC=example,DC=com".into();
    let left = plan(&slice, &world.policy);
    assert_eq!(actions(&left), [(Action::Delete, "ana@example.com")], "{left}");
    assert_eq!(left.changes[0].anchor, Anchor::of(&guid(1)));
}

#[test]
fn an_account_that_went_out_of_scope_does_not_take_the_cloud_account_along() {
    // ana moved to another account that carries her anchor; the old one lies in an OU that is not selected.
    let mut world = entra();
    world.policy.rules.anchor = AnchorAttribute::ConsistencyGuid;
    world.add_account("old", "Archive").set("userPrincipalName", "old@example.com");
    let mut slice = world.slice();
    anchored(&mut slice, "ana", guid(2).as_bytes());
    let first = plan(&slice, &world.policy);
    assert_eq!(actions(&first), [(Action::Create, "ana@example.com")], "{first}");
    world.apply(&first, true);
    slice.links.clone_from(&world.links);
    slice.targets.clone_from(&world.targets);
    let second = plan(&slice, &world.policy);
    assert!(second.changes.is_empty(), "{second}");
}

// Covers: match.hard, match.hard-blocked, match.hard-other-object, match.soft-blocked, match.soft-smtp, match.soft-upn, match.soft-federated
#[test]
fn the_tenants_switches_decide_what_may_match() {
    let outcome = |world: &World| {
        let plan = world.plan();
        (plan.changes.first().map(|change| (change.action, change.reason.to_string())), codes(&plan))
    };
    let joined = |key: &str| (Some((Action::Join, format!("matched by {key}"))), vec![]);
    // By anchor.
    let mut world = entra();
    world.add_target("someone@example.com").anchor = Some(Anchor::of(&guid(1)));
    assert_eq!(outcome(&world), joined("the anchor"));
    world.policy.service.hard_match_blocked = true;
    assert_eq!(outcome(&world), (None, vec!["match-blocked"]));
    world.policy.service.hard_match_blocked = false;
    world.targets[0].visible.insert("onPremisesObjectIdentifier".into(), Value::Text(guid(9).to_string().into()));
    assert_eq!(outcome(&world), (None, vec!["match-other-anchor"]), "mapped to another object");
    world.targets[0].visible.insert("onPremisesObjectIdentifier".into(), Value::Text(guid(1).to_string().into()));
    assert_eq!(outcome(&world), joined("the anchor"));
    // By address.
    let mut world = entra();
    world.add_target("someone@example.com").mail = Some("ana@example.com".into());
    assert_eq!(outcome(&world), joined("primary e-mail address"));
    world.policy.service.soft_match_blocked = true;
    assert_eq!(outcome(&world), (None, vec!["match-blocked"]));
    // By sign-in name.
    let mut world = entra();
    world.add_target("ana@example.com").mail = None;
    assert_eq!(outcome(&world), joined("UPN"));
    world.policy.service.federated_domains = vec!["example.com".into()];
    assert_eq!(outcome(&world), (None, vec!["match-blocked"]));
    world.policy.service.federated_domains.clear();
    world.policy.service.soft_match_on_upn = false;
    assert_eq!(outcome(&world), (None, vec!["match-blocked"]));
}

#[test]
fn a_deleted_account_of_the_cloud_comes_back_only_as_an_adoption() {
    let mut world = entra();
    world.policy.adopt = samesign_engine::Adopt::Ask;
    let deleted = world.add_target("someone@example.com");
    (deleted.anchor, deleted.soft_deleted) = (Some(Anchor::of(&guid(1))), true);
    let plan = world.plan();
    assert_eq!((actions(&plan), plan.changes[0].held), (vec![(Action::Join, "ana@example.com")], Some("adoption")), "{plan}");
    world.targets[0].synced = true;
    let plan = world.plan();
    assert_eq!((actions(&plan), plan.changes[0].held), (vec![(Action::Restore, "ana@example.com")], None), "one that was ours");
    world.policy.service.hard_match_blocked = true;
    assert_eq!(codes(&world.plan()), ["match-blocked"]);
}

// Covers: match.group, match.contact, match.group-without-mail, match.soft-other-class
#[test]
fn groups_and_contacts_match_by_their_primary_address_alone() {
    for (class, kind) in [(Class::Group, Kind::Group), (Class::Contact, Kind::Contact)] {
        let mut world = entra();
        world.accounts.clear();
        let target = world.add_target("Sales");
        (target.kind, target.mail, target.licensed) = (kind, Some("sales@example.com".into()), false);
        target.addresses = vec!["SMTP:sales@example.com".into(), "smtp:second@example.com".into()];
        let outcome = |world: &World, attributes: &[(&str, &str)]| {
            let mut slice = world.slice();
            let mut made = AttributesBuilder::default();
            made.add("cn", b"Sales");
            made.add("sAMAccountName", b"sales");
            made.add("groupType", b"-2147483646");
            attributes.iter().for_each(|(name, value)| made.add(name, value.as_bytes()));
            let dn = "CN=Sales,OU=Staff,DC=example,DC=com".into();
            slice.source.push(SourceObject { guid: guid(5), dn, class, attributes: made.build() });
            let plan = plan(&slice, &world.policy);
            (plan.changes.first().map(|change| change.action), codes(&plan))
        };
        assert_eq!(outcome(&world, &[("proxyAddresses", "SMTP:Sales@example.com")]), (Some(Action::Join), vec![]));
        assert_eq!(outcome(&world, &[("proxyAddresses", "SMTP:second@example.com")]), (None, vec!["match-address-taken"]));
        assert_eq!(outcome(&world, &[("mail", "sales@example.com")]), (None, vec!["match-address-taken"]), "mail alone is no key");
        if class == Class::Group {
            assert_eq!(outcome(&world, &[]), (Some(Action::Create), vec![]), "one without addresses is new");
        }
        world.targets[0].synced = true;
        assert_eq!(outcome(&world, &[("proxyAddresses", "SMTP:sales@example.com")]), (None, vec!["match-other-anchor"]));
        world.targets[0].kind = Kind::User;
        assert_eq!(outcome(&world, &[("proxyAddresses", "SMTP:sales@example.com")]).1, ["match-other-class"]);
    }
}

/// Whoever cannot read userAccountControl has lost rights, and a new account would be an open one.
#[test]
fn of_somebody_whose_state_a_domain_controller_does_not_tell_no_account_is_made() {
    let mut world = World::default();
    world.add_account("ana", "Staff").set("userAccountControl", "");
    world.add_account("bob", "Staff").set("userAccountControl", "many");
    world.add_account("cy", "Staff").set("userAccountControl", "514");
    let all = |world: &World| actions(&world.plan()).into_iter().map(|(action, upn)| (action, upn.to_owned())).collect::<Vec<_>>();
    assert_eq!(all(&world).len(), 3, "an export need not hold it");

    world.from_directory = true;
    let plan = world.plan();
    assert_eq!(codes(&plan), ["account-state-unknown"; 2]);
    assert_eq!(plan.findings.iter().map(|finding| finding.value.as_deref()).collect::<Vec<_>>(), [None, Some("many")]);
    assert_eq!(actions(&plan), [(Action::Create, "cy@example.com")]);

    // Who is there already stays as they are, and a flow of one's own may tell.
    world.accounts.values_mut().for_each(|account| account.set("userAccountControl", "512"));
    world.sync();
    world.accounts.values_mut().for_each(|account| account.set("userAccountControl", ""));
    assert_eq!((codes(&world.plan()), all(&world)), (vec![], vec![]), "unknown is never taken for disabled");
    world.add_account("dan", "Staff").set("userAccountControl", "");
    let make = samesign_engine::Make::Constant("false".into());
    let own = samesign_engine::OwnFlow { kind: Kind::User, to: "accountEnabled".into(), make, empty: Default::default() };
    world.policy.rules.flows = vec![own];
    let plan = world.plan();
    let dan = plan.changes.iter().find(|change| change.action == Action::Create).unwrap();
    assert_eq!(dan.sets("accountEnabled").as_deref(), Some(&Value::Boolean(false)));
}
