//! Which addresses are visible, of those that were sent.

use samesign_wire::provisioning::PropertyValue;
use serde_json::json;

use crate::tenant::{Tenant, contact, set, text, texts, user};

fn addresses(tenant: &Tenant, id: &str) -> Vec<String> {
    let shown = tenant.user(id)["proxyAddresses"].clone();
    shown.as_array().unwrap().iter().map(|address| address.as_str().unwrap().to_owned()).collect()
}

const LISTED: &[&str] =
    &[" SMTP:ana@contoso.example ", "smtp:ana@corp.local", "smtp:ANA@corp.local", "X500:/o=x", "sip:ana@contoso.example"];

// Covers: proxy.calculated, flow.proxies, flow.mail
#[test]
fn the_visible_list_is_made_of_the_one_that_was_sent() {
    let tenant = Tenant::new();
    let id = tenant.stored(user("1==", "ana@contoso.example", &[("proxyAddresses", texts(LISTED))]));
    let expected =
        ["SMTP:ana@contoso.example", "smtp:ana@corp.local", "X500:/o=x", "sip:ana@contoso.example", "smtp:ana@contoso.onmicrosoft.com"];
    assert_eq!(addresses(&tenant, &id), expected);
    assert_eq!(tenant.user(&id)["mail"], "ana@contoso.example", "mail is the primary address");
    tenant.stored(set("1==", &[("proxyAddresses", PropertyValue::Nil)]));
    assert_eq!(tenant.user(&id)["mail"], json!(null));
}

// Covers: proxy.unverified, proxy.triggers
#[test]
fn a_licence_with_a_mailbox_takes_addresses_of_unverified_domains_away_and_a_verified_domain_brings_them_back() {
    let tenant = Tenant::new();
    let more = [("proxyAddresses", texts(&["SMTP:ana@corp.local", "smtp:ana@contoso.example"])), ("usageLocation", text("ES"))];
    let id = tenant.stored(user("1==", "ana.ruiz@contoso.example", &more));
    assert_eq!(tenant.user(&id)["mail"], "ana@corp.local", "who only has mail keeps any address");
    tenant.license(&id);
    assert!(addresses(&tenant, &id).iter().all(|address| !address.contains("corp.local")));
    assert_eq!(tenant.user(&id)["mail"], "ana.ruiz@contoso.example");
    // A change of the name makes the list anew, and what is sent later is looked at too.
    tenant.stored(set("1==", &[("proxyAddresses", texts(&["SMTP:ana@corp.local", "smtp:a@corp.local", "smtp:ana@contoso.example"]))]));
    assert!(addresses(&tenant, &id).iter().all(|address| !address.contains("corp.local")));
    tenant.verify_domain("corp.local");
    let shown = addresses(&tenant, &id);
    assert_eq!(shown[0], "SMTP:ana@corp.local");
    assert!(shown.contains(&"smtp:a@corp.local".to_owned()) && shown.contains(&"smtp:ana@contoso.example".to_owned()), "{shown:?}");
}

#[test]
fn exchanges_kind_of_recipient_makes_a_mailbox_without_a_licence() {
    let tenant = Tenant::new();
    let listed = || ("proxyAddresses", texts(&["SMTP:room@corp.local", "smtp:room@contoso.example"]));
    let kinds = [
        ("msExchRemoteRecipientType", PropertyValue::Long(4), true),
        ("msExchRecipientDisplayType", PropertyValue::Integer(7), true),
        ("msExchRecipientDisplayType", PropertyValue::Integer(1_073_741_840), true),
        ("msExchRecipientDisplayType", PropertyValue::Integer(6), false),
    ];
    for (name, value, cleansed) in kinds {
        let tenant = Tenant::new();
        let id = tenant.stored(user("1==", "room@contoso.example", &[listed(), (name, value.clone())]));
        let kept = addresses(&tenant, &id).iter().any(|address| address.contains("corp.local"));
        assert_eq!(kept, !cleansed, "{name} {value:?}");
    }
    // It may become one later.
    let id = tenant.stored(user("1==", "room@contoso.example", &[listed()]));
    assert!(addresses(&tenant, &id).contains(&"SMTP:room@corp.local".to_owned()));
    tenant.stored(set("1==", &[("msExchRemoteRecipientType", PropertyValue::Long(4))]));
    assert!(addresses(&tenant, &id).iter().all(|address| !address.contains("corp.local")));
}

// Covers: proxy.mail-user
#[test]
fn mail_users_and_contacts_keep_any_address() {
    let tenant = Tenant::new();
    let id = tenant.stored(user("1==", "ana@contoso.example", &[("proxyAddresses", texts(&["SMTP:ana@partner.test"]))]));
    assert_eq!(addresses(&tenant, &id)[0], "SMTP:ana@partner.test");
    let listed = texts(&["SMTP:x@partner.test", "smtp:y@partner.test"]);
    let id = tenant.stored(contact("2==", "x@partner.test", &[("proxyAddresses", listed)]));
    assert_eq!(tenant.contact(&id).addresses(), ["SMTP:x@partner.test", "smtp:y@partner.test"]);
}

// Covers: proxy.added
#[test]
fn the_service_adds_its_own_addresses() {
    let tenant = Tenant::new();
    let more = [("mail", text("ana@contoso.example")), ("msRTCSIP-PrimaryUserAddress", text("sip:ana@contoso.example"))];
    let id = tenant.stored(user("1==", "ana@contoso.example", &more));
    assert_eq!(addresses(&tenant, &id), ["SMTP:ana@contoso.example", "smtp:ana@contoso.onmicrosoft.com", "SIP:ana@contoso.example"]);
    let without = tenant.stored(user("2==", "bob@contoso.example", &[]));
    assert_eq!(tenant.user(&without)["proxyAddresses"], json!([]), "without mail there is no address");
}

#[test]
fn mail_that_is_cleared_takes_its_address_along() {
    let tenant = Tenant::new();
    let more = [("mail", text("ana@partner.test")), ("usageLocation", text("ES"))];
    let id = tenant.stored(user("1==", "ana@contoso.example", &more));
    tenant.stored(set("1==", &[("mail", PropertyValue::Nil)]));
    assert_eq!(tenant.user(&id)["mail"], json!(null));
    assert!(addresses(&tenant, &id).iter().all(|address| !address.contains("partner")), "{:?}", addresses(&tenant, &id));
    // With a mailbox the UPN takes its place.
    tenant.stored(set("1==", &[("mail", text("ana.ruiz@contoso.example"))]));
    tenant.license(&id);
    tenant.stored(set("1==", &[("mail", PropertyValue::Nil)]));
    assert_eq!(tenant.user(&id)["mail"], "ana@contoso.example");
}

#[test]
fn a_licence_goes_and_what_was_sent_is_visible_again() {
    let tenant = Tenant::new();
    let more = [("proxyAddresses", texts(&["SMTP:ana@corp.local"])), ("usageLocation", text("ES"))];
    let id = tenant.stored(user("1==", "ana@contoso.example", &more));
    tenant.license(&id);
    assert_eq!(tenant.user(&id)["mail"], "ana@contoso.example");
    tenant.write(|connection| {
        use samesign_tenant::directory::{licensing, users};
        licensing::remove(connection, &mut users::find(connection, &id)?, "ENTERPRISEPACK")
    });
    assert_eq!(tenant.user(&id)["mail"], "ana@corp.local");
}
