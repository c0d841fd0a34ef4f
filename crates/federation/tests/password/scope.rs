//! Whom synchronization takes along, and under which anchor.

use std::collections::BTreeSet;

use super::*;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use samesign_engine::{AnchorAttribute, Filter};

async fn in_scope(world: &World) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    for number in 0..9 {
        if world.account(&format!("CORP\\u{number:06}")).await.person.in_scope {
            found.insert(number);
        }
    }
    found
}

#[tokio::test]
async fn the_scope_is_that_of_synchronization_also_when_its_places_are_renamed() {
    let mut world = World::new("scope");
    let base = world.domain.fact("base_dn").to_owned();
    assert_eq!(in_scope(&world).await, [0, 3, 6].into());
    // Who is out of it signs in all the same: an application may want them, the tenant does not know them.
    world.enters("u000001@contoso.example", &password_of(1)).await;
    world.domain.change(&["rename", "OU=Office365", "OU=Cloud People"]);
    assert_eq!(eventually(&world, [0, 3, 6].into()).await, [0, 3, 6].into(), "while the service runs");
    world.restart();
    assert_eq!(in_scope(&world).await, [0, 3, 6].into(), "after a restart, by the objectGUID that was kept");
    world.domain.change(&["move", "u000003", "OU=Staff"]);
    assert_eq!(in_scope(&world).await, [0, 6].into());

    world.domain.change(&["add-ou", "OU=Inner,OU=Staff", "--", "move", "u000004", "OU=Inner,OU=Staff"]);
    world.with_policy(|policy| {
        policy.scope = Scope { include: vec![unit(&format!("OU=Staff,{base}"))], exclude: vec![unit(&format!("OU=Inner,OU=Staff,{base}"))] }
    });
    assert_eq!(in_scope(&world).await, [1, 3, 7].into());
    world.with_policy(|policy| policy.rules.filter = Some(Filter::parse("(department=R&D)").unwrap()));
    assert_eq!(in_scope(&world).await, [1].into(), "the filter of the scope");
    world.with_policy(|policy| policy.scope = Scope { include: vec![unit(&format!("OU=Nowhere,{base}"))], exclude: Vec::new() });
    assert_eq!(in_scope(&world).await, BTreeSet::new());
    world.ends_unwritten();
}

/// What is in scope as soon as the places are looked for again.
async fn eventually(world: &World, expected: BTreeSet<usize>) -> BTreeSet<usize> {
    for _ in 0..100 {
        if in_scope(world).await == expected {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    in_scope(world).await
}

#[tokio::test]
async fn members_of_the_named_groups_are_chosen_through_groups_in_them() {
    let mut world = World::new("groups");
    let base = world.domain.fact("base_dn").to_owned();
    #[rustfmt::skip]
    world.domain.change(&[
        "add-group", "inner", "OU=Other", "u000003", "--", "add-group", "outer", "OU=Other", "inner", "u000006", "u000001",
    ]);
    world.with_policy(|policy| policy.rules.members_of = vec![format!("CN=outer,OU=Other,{base}").into()]);
    assert_eq!(in_scope(&world).await, [3, 6].into());
    world.domain.change(&["member", "inner", "remove", "u000003", "--", "rename", "outer", "CN=Renamed\\, (outer)*"]);
    world.restart();
    assert_eq!(in_scope(&world).await, [6].into());
    world.with_policy(|policy| policy.rules.members_of = vec![format!("CN=nothing,OU=Other,{base}").into()]);
    assert_eq!(in_scope(&world).await, BTreeSet::new());
    world.ends_unwritten();
}

#[tokio::test]
async fn the_anchor_is_that_of_synchronization() {
    let mut world = World::new("anchor");
    let value = STANDARD.encode([0xfb, 0xff, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
    world.domain.change(&["set", "u000003", &format!("mS-DS-ConsistencyGuid:={value}")]);
    let anchor = async |world: &World, name: &str| world.account(name).await.person.anchor.as_str().to_owned();
    let own = samesign_engine::Anchor::of(&world.account("CORP\\u000003").await.person.guid);
    assert_eq!(anchor(&world, "CORP\\u000003").await, own.as_str());
    world.with_policy(|policy| policy.rules.anchor = AnchorAttribute::ConsistencyGuid);
    assert_eq!(anchor(&world, "CORP\\u000003").await, value);
    let other = world.account("CORP\\u000006").await.person;
    assert_eq!(other.anchor, samesign_engine::Anchor::of(&other.guid), "who has none keeps the objectGUID's");
    world.ends_unwritten();
}
