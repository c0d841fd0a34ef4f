//! Duplicate values are put aside: the object is stored, the value waits (duplicate attribute resiliency).

use samesign_tenant::provisioning::release;
use samesign_wire::provisioning::{PropertyValue, ResultCode, features as bits};
use serde_json::json;

use crate::tenant::{Tenant, contact, delete, group, id_of, object, set, text, texts, user};

// Covers: park.address, park.success
#[test]
fn a_duplicate_address_is_put_aside_and_the_object_is_stored() {
    let tenant = Tenant::new();
    let holder = tenant.stored(user("1==", "ana@contoso.example", &[("mail", text("ana@contoso.example"))]));
    let listed = texts(&["SMTP:bob@contoso.example", "smtp:Ana@contoso.example"]);
    let sent = user("2==", "bob@contoso.example", &[("title", text("Boss")), ("proxyAddresses", listed)]);
    let result = tenant.send_one(sent.clone());
    assert_eq!((result.result_code, &result.error_code), (ResultCode::Success, &None));
    let words = result.error_description.as_deref().unwrap();
    assert!(words.contains("smtp:Ana@contoso.example") && words.contains(&holder), "{words}");
    let detail = |name: &str| result.error_details.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    assert_eq!(detail("AttributeConflictName"), Some("ProxyAddresses"));
    assert_eq!(detail("ObjectIdInConflict"), Some(holder.as_str()));
    let bob = id_of(&result);
    assert_eq!(tenant.parked(&bob), ["ProxyAddresses smtp:Ana@contoso.example"]);
    let shown = tenant.user(&bob);
    assert_eq!(shown["jobTitle"], "Boss");
    assert_eq!(shown["proxyAddresses"], json!(["SMTP:bob@contoso.example", "smtp:bob@contoso.onmicrosoft.com"]));
    // Who sends the same again is told nothing new: there is nothing to do.
    let again = tenant.send_one(sent);
    assert_eq!((again.result_code, again.error_description), (ResultCode::Success, None));
}

// Covers: park.upn, name.placeholder
#[test]
fn a_duplicate_upn_becomes_a_placeholder_with_four_digits() {
    let tenant = Tenant::new();
    tenant.features(bits::DUPLICATE_UPN_RESILIENCY | bits::DUPLICATE_PROXY_ADDRESS_RESILIENCY);
    let holder = tenant.stored(user("1==", "ana.ruiz@contoso.example", &[]));
    let result = tenant.send_one(user("2==", "Ana.Ruiz@contoso.example", &[]));
    let twin = id_of(&result);
    assert_ne!(twin, holder);
    assert!(result.error_description.unwrap().contains("UserPrincipalName Ana.Ruiz@contoso.example"));
    let upn = tenant.user(&twin)["userPrincipalName"].as_str().unwrap().to_owned();
    let digits = upn.strip_prefix("Ana.Ruiz+").and_then(|rest| rest.strip_suffix("@contoso.onmicrosoft.com")).expect(&upn);
    assert!(digits.len() == 4 && digits.bytes().all(|digit| digit.is_ascii_digit()), "{upn}");
    assert_eq!(tenant.parked(&twin), ["UserPrincipalName Ana.Ruiz@contoso.example"]);
    // Other changes leave the placeholder as it is.
    tenant.stored(set("2==", &[("title", text("Boss"))]));
    assert_eq!(tenant.user(&twin)["userPrincipalName"], upn.as_str());
}

#[test]
fn a_new_value_makes_what_waited_pointless() {
    let tenant = Tenant::new();
    tenant.stored(user("1==", "ana@contoso.example", &[("mail", text("ana@contoso.example"))]));
    tenant.features(tenant.configuration().dirsync_features | bits::BLOCK_SOFT_MATCH);
    let twin = id_of(&tenant.send_one(user("2==", "ana@contoso.example", &[("mail", text("ana@contoso.example"))])));
    assert_eq!(tenant.parked(&twin).len(), 2);
    tenant.stored(set("2==", &[("mail", text("ana2@contoso.example"))]));
    assert_eq!(tenant.parked(&twin), ["UserPrincipalName ana@contoso.example"]);
    tenant.stored(set("2==", &[("userPrincipalName", text("ana2@contoso.example"))]));
    assert_eq!(tenant.parked(&twin), [""; 0]);
    assert_eq!(tenant.user(&twin)["userPrincipalName"], "ana2@contoso.example");
}

// Covers: park.released
#[test]
fn what_waits_is_given_when_it_is_free() {
    let tenant = Tenant::new();
    tenant.stored(user("1==", "ana@contoso.example", &[("mail", text("ana@contoso.example"))]));
    tenant.features(tenant.configuration().dirsync_features | bits::BLOCK_SOFT_MATCH);
    let listed = texts(&["SMTP:ana@contoso.example", "smtp:x@contoso.example"]);
    let twin = id_of(&tenant.send_one(user("2==", "ana@contoso.example", &[("proxyAddresses", listed)])));
    tenant.finish_export();
    assert_eq!(tenant.parked(&twin).len(), 2, "nothing is free yet");
    tenant.stored(delete("1=="));
    tenant.finish_export();
    assert_eq!(tenant.parked(&twin), [""; 0]);
    let shown = tenant.user(&twin);
    assert_eq!((&shown["userPrincipalName"], &shown["mail"]), (&json!("ana@contoso.example"), &json!("ana@contoso.example")));
    assert_eq!(shown["proxyAddresses"][0], "SMTP:ana@contoso.example");
}

// Covers: error.quarantined
#[test]
fn of_two_who_wait_for_one_value_the_first_gets_it_and_the_other_waits_on() {
    let tenant = Tenant::new();
    let mail = |name: &str| [("mail", text(name))];
    tenant.stored(user("1==", "one@contoso.example", &mail("ana@contoso.example")));
    tenant.features(tenant.configuration().dirsync_features | bits::BLOCK_SOFT_MATCH);
    let second = id_of(&tenant.send_one(user("2==", "two@contoso.example", &mail("ana@contoso.example"))));
    tenant.sql("UPDATE parked SET at = at - 100", []);
    let third = id_of(&tenant.send_one(user("3==", "three@contoso.example", &mail("ana@contoso.example"))));
    // Without a list of addresses the old one would stay as a second one.
    tenant.stored(set("1==", &[("mail", text("one@contoso.example")), ("proxyAddresses", texts(&["SMTP:one@contoso.example"]))]));
    let released = release::pass(tenant.service.store(), 0).unwrap();
    assert_eq!(released, 1);
    assert_eq!((tenant.parked(&second).len(), tenant.parked(&third).len()), (0, 1));
    assert_eq!(tenant.user(&second)["mail"], "ana@contoso.example");
    assert_eq!(release::pass(tenant.service.store(), 0).unwrap(), 0);
}

// Covers: error.must-be-unique
#[test]
fn without_resiliency_a_duplicate_is_refused_whole() {
    let tenant = Tenant::new();
    tenant.stored(user("1==", "ana@contoso.example", &[("mail", text("ana@contoso.example"))]));
    tenant.features(bits::BLOCK_SOFT_MATCH | bits::DUPLICATE_UPN_RESILIENCY);
    let (code, words) = tenant.refused(user("2==", "bob@contoso.example", &[("mail", text("ana@contoso.example"))]));
    assert_eq!(code, "AttributeValueMustBeUnique");
    assert!(words.contains("ProxyAddresses") && words.contains("ana@contoso.example"), "{words}");
    assert!(tenant.altered(user("2==", "ana@contoso.example", &[])).contains("UserPrincipalName"));
    tenant.features(bits::BLOCK_SOFT_MATCH | bits::DUPLICATE_PROXY_ADDRESS_RESILIENCY);
    assert_eq!(tenant.refused(user("3==", "ana@contoso.example", &[])).0, "AttributeValueMustBeUnique");
    assert!(tenant.altered(user("3==", "bob@contoso.example", &[("mail", text("ana@contoso.example"))])).contains("ProxyAddresses"));
}

// Covers: flow.sid
#[test]
fn a_sid_is_never_put_aside() {
    let tenant = Tenant::new();
    let sid = [("onPremiseSecurityIdentifier", PropertyValue::Bytes(vec![1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 33, 2, 0, 0]))];
    tenant.stored(user("1==", "ana@contoso.example", &sid));
    let result = tenant.send_one(user("2==", "bob@contoso.example", &sid));
    assert_eq!(result.error_code.as_deref(), Some("AttributeValueMustBeUnique"));
    assert!(result.error_details.contains(&("AttributeConflictName".to_owned(), "OnPremiseSecurityIdentifier".to_owned())));
    assert_eq!(tenant.refused(group("3==", "Team", &sid)).0, "AttributeValueMustBeUnique");
}

#[test]
fn addresses_are_unique_across_users_groups_and_contacts() {
    let tenant = Tenant::new();
    let listed = |addresses: &[&str]| [("proxyAddresses", texts(addresses))];
    tenant.stored(user("1==", "ana@contoso.example", &listed(&["SMTP:ana@contoso.example", "smtp:one@contoso.example"])));
    let team = id_of(&tenant.send_one(group("2==", "Team", &listed(&["SMTP:team@contoso.example", "smtp:one@contoso.example"]))));
    let partner = contact("3==", "x@partner.example", &listed(&["SMTP:x@partner.example", "smtp:Team@contoso.example"]));
    let partner = id_of(&tenant.send_one(partner));
    assert_eq!(tenant.parked(&team), ["ProxyAddresses smtp:one@contoso.example"]);
    assert_eq!(tenant.parked(&partner), ["ProxyAddresses smtp:Team@contoso.example"]);
    assert_eq!(tenant.group(&team).addresses(), ["SMTP:team@contoso.example"]);
    assert_eq!(tenant.contact(&partner).addresses(), ["SMTP:x@partner.example"]);
    use samesign_wire::provisioning::{ObjectType, SyncOperation};
    tenant.stored(object(ObjectType::Group, SyncOperation::Delete, "2==", &[]));
    tenant.stored(set("1==", &listed(&["SMTP:ana@contoso.example"])));
    tenant.finish_export();
    assert_eq!(tenant.contact(&partner).addresses(), ["SMTP:x@partner.example", "smtp:Team@contoso.example"]);
    assert_eq!(tenant.parked(&partner), [""; 0]);
}
