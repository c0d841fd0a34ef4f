//! The main job against a real Active Directory: the people of one organizational unit appear in the tenant, and stay right.
//!
//! One story in one test, each step standing on the one before, as an administrator would live it. The directory is changed
//! with Samba's own tools, the tenant is looked at through Graph with curl.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![forbid(unsafe_code)]

mod domain;
mod tenant;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use domain::Domain;
use tenant::{Agent, Tenant, text};

const PEOPLE: usize = 1_000;
const UNITS: usize = 3;

#[test]
fn the_people_of_the_chosen_unit_appear_in_the_tenant_and_stay_right() {
    let domain = Domain::start("cli", PEOPLE, "nthash");
    let tenant = Tenant::start();
    let agent = tenant.configure(&domain, &["OU=Office365"], "svc-samesign", "");

    brings_exactly_the_people_of_the_unit(&agent, &tenant);
    their_attributes_are_right(&domain, &tenant);
    a_second_sync_sends_nothing(&agent, &tenant);
    a_renamed_unit_stays_in_scope(&domain, &agent, &tenant);
    a_deleted_and_a_moved_person_are_deleted(&domain, &agent, &tenant);
    a_renamed_and_a_disabled_person_follow(&domain, &agent, &tenant);
    a_person_who_comes_back_is_restored_and_a_new_one_created(&domain, &agent, &tenant);
    nested_groups_and_a_contact_appear_and_stay(&domain, &agent, &tenant);

    assert_eq!(domain.writes(), "", "the source is never written");
}

fn brings_exactly_the_people_of_the_unit(agent: &Agent, tenant: &Tenant) {
    let expected: BTreeSet<String> = (0..PEOPLE).step_by(UNITS).map(upn).collect();
    let planned = agent.plan();
    assert_eq!(planned.iter().map(|change| text(&change["upn"])).collect::<BTreeSet<_>>(), expected);
    assert!(planned.iter().all(|change| change["action"] == "create" && change["kind"] == "user"));
    assert!(tenant.synced().is_empty(), "a plan changes nothing");
    agent.sync();
    assert_eq!(tenant.synced().into_keys().collect::<BTreeSet<_>>(), expected);
}

fn their_attributes_are_right(domain: &Domain, tenant: &Tenant) {
    let synced = tenant.synced();
    let user = &synced[&upn(198)];
    let expected = [
        ("displayName", "Günther Müller, Dr. 000198"),
        ("givenName", "Günther"),
        ("surname", "Müller, Dr."),
        ("mail", "u000198@contoso.example"),
        ("jobTitle", "Manager"),
        ("department", "Support <24/7>"),
        ("companyName", "Contoso"),
        ("city", "Boston"),
        ("onPremisesSamAccountName", "u000198"),
        ("onPremisesDistinguishedName", "CN=Günther Müller\\, Dr. 000198,OU=Office365,DC=corp,DC=example,DC=com"),
    ];
    for (attribute, value) in expected {
        assert_eq!(user[attribute], value, "{attribute} of {user}");
    }
    for (person, user) in &synced {
        let number: usize = person[1..7].parse().unwrap();
        assert_eq!(user["accountEnabled"], number % 50 != 49, "{person}");
    }
    let account = account(198);
    assert_eq!(text(&user["onPremisesImmutableId"]), as_base64(&domain.attribute(&account, "objectGUID")));
}

fn a_second_sync_sends_nothing(agent: &Agent, tenant: &Tenant) {
    let changes = tenant.changes_from_now();
    assert_eq!(agent.plan(), Vec::<Value>::new());
    agent.sync();
    assert_eq!(tenant.list(&changes), Vec::<Value>::new());
}

fn a_renamed_unit_stays_in_scope(domain: &Domain, agent: &Agent, tenant: &Tenant) {
    let before = ids(tenant);
    domain.change(&["rename", "OU=Office365", "OU=Cloud people"]);
    for change in agent.plan() {
        assert_eq!(change["action"], "update", "{change}");
        let attributes: Vec<_> = change["attributes"].as_object().unwrap().keys().collect();
        assert_eq!(attributes, ["onPremisesDistinguishedName"], "{change}");
    }
    agent.sync();
    assert_eq!(ids(tenant), before, "nobody joins or leaves");
    for user in tenant.synced().values() {
        let dn = text(&user["onPremisesDistinguishedName"]);
        assert!(dn.ends_with(",OU=Cloud people,DC=corp,DC=example,DC=com"), "{dn}");
    }
    assert_eq!(agent.plan(), Vec::<Value>::new());
}

fn a_deleted_and_a_moved_person_are_deleted(domain: &Domain, agent: &Agent, tenant: &Tenant) {
    let before = ids(tenant);
    domain.change(&["delete", &account(3), "--", "move", &account(6), "OU=Staff"]);
    let planned: BTreeMap<_, _> = agent.plan().iter().map(|change| (text(&change["upn"]), text(&change["action"]))).collect();
    assert_eq!(planned, BTreeMap::from([(upn(3), "delete".to_owned()), (upn(6), "delete".to_owned())]));
    agent.sync();
    let gone: BTreeSet<_> = tenant.deleted().into_iter().collect();
    assert_eq!(gone, BTreeSet::from([before[&upn(3)].clone(), before[&upn(6)].clone()]), "they can be restored for 30 days");
    assert_eq!(ids(tenant).len(), before.len() - 2);
}

fn a_renamed_and_a_disabled_person_follow(domain: &Domain, agent: &Agent, tenant: &Tenant) {
    let before = ids(tenant);
    let (renamed, disabled) = (account(9), account(12));
    let new_upn = "hana.smith@contoso.example";
    domain.change(&["set", &renamed, "sn=Smith", "displayName=Hana Smith", &format!("userPrincipalName={new_upn}")]);
    domain.change(&["rename", &renamed, "CN=Hana Smith", "--", "disable", &disabled]);
    agent.sync();
    let after = tenant.synced();
    let user = &after[new_upn];
    assert_eq!(text(&user["id"]), before[&upn(9)], "the same account under its new name");
    assert_eq!(user["displayName"], "Hana Smith");
    assert_eq!(user["surname"], "Smith");
    assert_eq!(user["onPremisesDistinguishedName"], "CN=Hana Smith,OU=Cloud people,DC=corp,DC=example,DC=com");
    assert_eq!(after[&upn(12)]["accountEnabled"], false);
    assert_eq!(after.len(), before.len());
    assert_eq!(agent.plan(), Vec::<Value>::new());
}

fn a_person_who_comes_back_is_restored_and_a_new_one_created(domain: &Domain, agent: &Agent, tenant: &Tenant) {
    let deleted = tenant.deleted();
    domain.change(&["move", &account(6), "OU=Cloud people"]);
    domain.change(&["add-user", "ana", "OU=Cloud people", "displayName=Ana Ruiz", "userPrincipalName=ana@contoso.example"]);
    agent.sync();
    let after = tenant.synced();
    assert!(deleted.contains(&text(&after[&upn(6)]["id"])), "the old account, not a new one");
    assert_eq!(after["ana@contoso.example"]["displayName"], "Ana Ruiz");
    assert_eq!(tenant.deleted().len(), 1);
    assert_eq!(agent.plan(), Vec::<Value>::new());
}

fn nested_groups_and_a_contact_appear_and_stay(domain: &Domain, agent: &Agent, tenant: &Tenant) {
    let unit = "OU=Cloud people";
    let (twelve, fifteen, eighteen) = (account(12), account(15), account(18));
    let partner = ["displayName=Partner", "mail=partner@elsewhere.example"];
    let mut operations = vec!["add-group", "inner", unit, &eighteen, &twelve, "--", "add-group", "outer", unit, "inner", &fifteen];
    operations.extend([
        "--",
        "set",
        "inner",
        "displayName=Inner",
        "--",
        "set",
        "outer",
        "displayName=Outer",
        "--",
        "add-contact",
        "Partner",
        unit,
    ]);
    operations.extend(partner);
    domain.change(&operations);
    agent.sync();
    assert_eq!(tenant.members("Inner"), BTreeSet::from([upn(12), upn(18)]));
    assert_eq!(tenant.members("Outer"), BTreeSet::from([upn(15), "Inner".to_owned()]));
    let contacts = tenant.list("/v1.0/contacts?$select=displayName,mail");
    assert_eq!(contacts.iter().map(|contact| text(&contact["mail"])).collect::<Vec<_>>(), ["partner@elsewhere.example"]);
    assert_eq!(agent.plan(), Vec::<Value>::new(), "the second sync has nothing to do");
    assert_eq!(agent.report()["done"], serde_json::json!({}));

    domain.change(&["member", "inner", "remove", &eighteen, "--", "member", "inner", "add", &fifteen]);
    agent.sync();
    assert_eq!(tenant.members("Inner"), BTreeSet::from([upn(12), upn(15)]));
    assert_eq!(agent.plan(), Vec::<Value>::new());
}

fn ids(tenant: &Tenant) -> BTreeMap<String, String> {
    tenant.synced().into_iter().map(|(upn, user)| (upn, text(&user["id"]))).collect()
}

fn account(number: usize) -> String {
    format!("u{number:06}")
}

fn upn(number: usize) -> String {
    format!("{}@contoso.example", account(number))
}

/// Samba shows a GUID as text; the anchor is the Base64 of its 16 bytes, the first three groups little-endian.
fn as_base64(guid: &str) -> String {
    use base64::Engine;
    let hex: String = guid.chars().filter(|character| *character != '-').collect();
    let bytes: Vec<u8> = (0..32).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
    let order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
    base64::engine::general_purpose::STANDARD.encode(order.map(|at: usize| bytes[at]))
}
