//! UPN and alias, as the service makes them.

use samesign_wire::provisioning::{PropertyValue, features as bits};
use serde_json::json;

use crate::tenant::{Tenant, id_of, set, text, texts, user};

fn upn(tenant: &Tenant, id: &str) -> String {
    tenant.user(id)["userPrincipalName"].as_str().unwrap().to_owned()
}

// Covers: name.alias-order, flow.alias
#[test]
fn the_first_alias_is_made_of_the_first_that_there_is_and_stays() {
    let tenant = Tenant::new();
    let listed = || ("proxyAddresses", texts(&["smtp:second@contoso.example", "SMTP:primary@contoso.example"]));
    let second = || ("proxyAddresses", texts(&["smtp:other@contoso.example"]));
    let mail = || ("mail", text("mail@contoso.example"));
    let cases = [
        (vec![("alias", text("own")), listed(), mail()], "own"),
        (vec![listed(), mail()], "primary"),
        (vec![mail(), second()], "mail"),
        (vec![second()], "user4"),
    ];
    for (number, (properties, expected)) in (1..).zip(cases) {
        let tenant = Tenant::new();
        let id = tenant.stored(user("1==", &format!("user{number}@contoso.example"), &properties));
        assert_eq!(tenant.user(&id)["mailNickname"], expected);
        tenant.stored(set("1==", &[("mail", text("later@contoso.example")), ("userPrincipalName", text("later@contoso.example"))]));
        assert_eq!(tenant.user(&id)["mailNickname"], expected, "it stays");
        tenant.stored(set("1==", &[("alias", text("changed"))]));
        assert_eq!(tenant.user(&id)["mailNickname"], "changed", "but for Active Directory's own");
        tenant.stored(set("1==", &[("alias", PropertyValue::Nil)]));
        assert_eq!(tenant.user(&id)["mailNickname"], "changed");
    }
    drop(tenant);
}

// Covers: name.moera
#[test]
fn the_address_in_the_first_domain_is_made_of_the_alias() {
    let tenant = Tenant::new();
    let more = [("alias", text("aruiz")), ("mail", text("ana@contoso.example"))];
    let id = tenant.stored(user("1==", "ana.ruiz@corp.local", &more));
    assert_eq!(upn(&tenant, &id), "aruiz@contoso.onmicrosoft.com");
    assert_eq!(tenant.user(&id)["proxyAddresses"], json!(["SMTP:ana@contoso.example", "smtp:aruiz@contoso.onmicrosoft.com"]));
}

// Covers: name.upn-verified
#[test]
fn a_upn_that_the_service_cannot_use_becomes_the_address_in_the_first_domain() {
    let tenant = Tenant::new();
    let cases = [
        ("ana@contoso.example", "ana@contoso.example"),
        ("o'neil@contoso.example", "o'neil@contoso.example"),
        ("bob@corp.local", "bob@contoso.onmicrosoft.com"),
        ("cy d@contoso.example", "cyd@contoso.onmicrosoft.com"),
        ("eve\n@contoso.example", "eve@contoso.onmicrosoft.com"),
        ("jürgen@contoso.example", "jrgen@contoso.onmicrosoft.com"),
    ];
    for (number, (sent, expected)) in cases.iter().enumerate() {
        let id = tenant.stored(user(&format!("{number}=="), sent, &[]));
        assert_eq!(upn(&tenant, &id), *expected, "{sent:?}");
    }
}

// Covers: name.upn-recalculated
#[test]
fn a_upn_is_made_again_when_active_directorys_changes_or_a_domain_is_verified() {
    let tenant = Tenant::new();
    let id = tenant.stored(user("1==", "ana@corp.local", &[]));
    assert_eq!(upn(&tenant, &id), "ana@contoso.onmicrosoft.com");
    // Neither the alias nor the same UPN sent again makes a new one.
    tenant.stored(set("1==", &[("alias", text("aruiz")), ("userPrincipalName", text("ana@corp.local"))]));
    assert_eq!(upn(&tenant, &id), "ana@contoso.onmicrosoft.com");
    tenant.stored(set("1==", &[("userPrincipalName", text("ana.ruiz@contoso.example"))]));
    assert_eq!(upn(&tenant, &id), "ana.ruiz@contoso.example");
    tenant.stored(set("1==", &[("userPrincipalName", text("ana@corp.example"))]));
    assert!(upn(&tenant, &id).ends_with("@contoso.onmicrosoft.com"));
    tenant.verify_domain("corp.example");
    assert_eq!(upn(&tenant, &id), "ana@corp.example");
}

// Covers: name.shadow
#[test]
fn what_was_sent_is_kept_beside_what_is_shown() {
    let tenant = Tenant::new();
    let listed = texts(&["SMTP:ana@corp.local", "smtp:a@contoso.example"]);
    let sent = user("1==", "ana@corp.local", &[("proxyAddresses", listed.clone()), ("title", text("  Boss "))]);
    let id = tenant.stored(sent.clone());
    tenant.stored(set("1==", &[("usageLocation", text("ES"))]));
    tenant.license(&id);
    let shown = tenant.user(&id);
    assert_eq!(shown["onPremisesUserPrincipalName"], "ana@corp.local");
    assert_ne!(shown["userPrincipalName"], "ana@corp.local");
    assert!(!shown["proxyAddresses"].to_string().contains("corp.local"));
    let back = tenant.read_back();
    assert_eq!(back.len(), 1);
    let mut expected = sent.properties;
    expected.push(("usageLocation".into(), text("ES")));
    assert_eq!((back[0].source_anchor.as_deref(), &back[0].properties), (Some("1=="), &expected));
}

// Covers: name.upn-licensed
#[test]
fn the_upn_of_a_licensed_user_follows_only_with_its_switch() {
    let tenant = Tenant::new();
    // New tenants have the switch, and nobody can take it back; an old tenant is made by hand.
    let held = tenant.configuration().dirsync_features;
    tenant.features(0);
    assert_ne!(tenant.configuration().dirsync_features & bits::SYNCHRONIZE_UPN_FOR_MANAGED_USERS, 0);
    tenant.sql("UPDATE tenant SET sync_features = ?1", [held & !bits::SYNCHRONIZE_UPN_FOR_MANAGED_USERS]);
    let id = tenant.stored(user("1==", "ana@contoso.example", &[("usageLocation", text("ES"))]));
    let other = tenant.stored(user("2==", "bob@contoso.example", &[]));
    tenant.license(&id);
    for (anchor, name) in [("1==", "ana.ruiz@contoso.example"), ("2==", "bob.ruiz@contoso.example")] {
        tenant.stored(set(anchor, &[("userPrincipalName", text(name))]));
    }
    assert_eq!(upn(&tenant, &id), "ana@contoso.example");
    assert_eq!(tenant.user(&id)["onPremisesUserPrincipalName"], "ana.ruiz@contoso.example");
    assert_eq!(upn(&tenant, &other), "bob.ruiz@contoso.example", "without a licence it follows");
    tenant.features(held);
    tenant.stored(set("1==", &[("userPrincipalName", text("ana.r@contoso.example"))]));
    assert_eq!(upn(&tenant, &id), "ana.r@contoso.example");
    // The mailbox is reached by the new name too.
    let shown = tenant.user(&id)["proxyAddresses"].clone();
    assert_eq!((&shown[0], tenant.user(&id)["mail"].as_str()), (&json!("SMTP:ana@contoso.example"), Some("ana@contoso.example")));
    assert!(shown.to_string().contains("smtp:ana.r@contoso.example"), "{shown}");
}

// Covers: name.alternate
#[test]
fn another_attribute_may_be_the_sign_in_name() {
    let tenant = Tenant::new();
    let more = [("onPremisesUserPrincipalName", text("ana@corp.local"))];
    let id = tenant.stored(user("1==", "ana.ruiz@contoso.example", &more));
    let ana = tenant.user(&id);
    assert_eq!(ana["userPrincipalName"], "ana.ruiz@contoso.example");
    assert_eq!(ana["onPremisesUserPrincipalName"], "ana@corp.local");
    // The other name's domain is verified: the sign-in name stays.
    tenant.verify_domain("corp.local");
    assert_eq!(upn(&tenant, &id), "ana.ruiz@contoso.example");
}

#[test]
fn two_users_of_unverified_domains_get_names_of_their_own() {
    let tenant = Tenant::new();
    tenant.stored(user("1==", "ana@corp.local", &[]));
    let second = id_of(&tenant.send_one(user("2==", "ana@other.local", &[])));
    let name = upn(&tenant, &second);
    assert!(name.starts_with("ana") && name.ends_with("@contoso.onmicrosoft.com") && name != "ana@contoso.onmicrosoft.com", "{name}");
}
