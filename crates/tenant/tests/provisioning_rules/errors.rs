//! The service's errors, by its own names.

use samesign_wire::provisioning::{PropertyValue, Request, SyncObject};
use serde_json::json;

use crate::tenant::{Tenant, contact, fault, group, set, text, texts, user};

// Covers: error.validation
#[test]
fn a_upn_that_is_no_name_is_refused() {
    let tenant = Tenant::new();
    for upn in ["ana", "@contoso.example", "ana@", "a@b@contoso.example"] {
        let (code, words) = tenant.refused(user("1==", upn, &[]));
        assert_eq!(code, "IdentityDataValidationFailed", "{upn}");
        assert!(words.contains("userPrincipalName"), "{words}");
    }
    tenant.stored(user("1==", "ana@contoso.example", &[]));
    assert_eq!(tenant.refused(set("1==", &[("userPrincipalName", PropertyValue::Nil)])).0, "IdentityDataValidationFailed");
    assert_eq!(tenant.refused(set("1==", &[("usageLocation", text("Spain"))])).0, "IdentityDataValidationFailed");
    let (code, _) = tenant.refused(SyncObject { source_anchor: None, ..user("", "bob@contoso.example", &[]) });
    assert_eq!(code, "IdentityDataValidationFailed");
}

// Covers: error.large-object, flow.certificates, flow.photo
#[test]
fn what_is_too_large_is_refused_and_named() {
    let tenant = Tenant::new();
    let certificates = |count| PropertyValue::BytesList(vec![vec![1; 800]; count]);
    let addresses = |count: usize| {
        let all: Vec<_> = (0..count).map(|number| format!("smtp:a{number}@contoso.example")).collect();
        texts(&all.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let large = [
        ("userCertificate", certificates(16), "16 values"),
        ("userSMIMECertificate", certificates(16), "16 values"),
        ("ThumbnailPhoto", PropertyValue::Bytes(vec![0; 100 * 1024 + 1]), "102401 bytes"),
        ("proxyAddresses", addresses(333), "332"),
    ];
    for (name, value, words_of_it) in large {
        let (code, words) = tenant.refused(user("1==", "ana@contoso.example", &[(name, value)]));
        assert_eq!(code, "LargeObject");
        assert!(words.contains(name) && words.contains(words_of_it), "{words}");
    }
    let fits = [
        ("userCertificate", certificates(15)),
        ("userSMIMECertificate", certificates(15)),
        ("ThumbnailPhoto", PropertyValue::Bytes(vec![0; 100 * 1024])),
        ("proxyAddresses", addresses(329)),
    ];
    tenant.stored(user("1==", "ana@contoso.example", &fits));
    assert_eq!(tenant.refused(set("1==", &[("proxyAddresses", addresses(330))])).0, "LargeObject", "certificates take room from addresses");
    tenant.stored(user("2==", "bob@contoso.example", &[("proxyAddresses", texts(&["SMTP:bob@contoso.example"]))]));
    for (name, length) in [("givenName", 65), ("title", 129), ("displayName", 257), ("streetAddress", 1025), ("employeeId", 17)] {
        let (code, words) = tenant.refused(set("2==", &[(name, text(&"x".repeat(length)))]));
        assert_eq!(code, "ExceededAllowedLength");
        assert!(words.contains(name), "{words}");
        tenant.stored(set("2==", &[(name, text(&"é".repeat(length - 1)))]));
    }
    let long = texts(&[&format!("smtp:{}@contoso.example", "x".repeat(250))]);
    assert_eq!(tenant.refused(set("2==", &[("proxyAddresses", long)])).0, "ExceededAllowedLength");
    assert_eq!(tenant.refused(group("3==", &"x".repeat(257), &[])).0, "ExceededAllowedLength");
    assert_eq!(tenant.refused(contact("4==", "x@y.example", &[("department", text(&"x".repeat(65)))])).0, "ExceededAllowedLength");
}

// Covers: flow.custom
#[test]
fn directory_extensions_have_limits() {
    let tenant = Tenant::new();
    let names: Vec<&'static str> = (0..101).map(|number| &*format!("extension_0123_{number}").leak()).collect();
    let all = |count: usize| names.iter().take(count).map(|name| (*name, text("x"))).collect::<Vec<_>>();
    assert_eq!(tenant.refused(user("1==", "ana@contoso.example", &all(101))).0, "LargeObject");
    tenant.stored(user("1==", "ana@contoso.example", &all(100)));
    assert_eq!(tenant.refused(set("1==", &[(names[0], text(&"x".repeat(257)))])).0, "ExceededAllowedLength");
}

// Covers: error.federated-change
#[test]
fn a_name_does_not_move_between_federated_domains() {
    let tenant = Tenant::new();
    tenant.federate("one.example");
    tenant.federate("two.example");
    let id = tenant.stored(user("1==", "ana@one.example", &[]));
    let (code, words) = tenant.refused(set("1==", &[("userPrincipalName", text("ana@two.example"))]));
    assert_eq!(code, "FederatedDomainChangeError");
    assert!(words.contains("ana@one.example") && words.contains("ana@two.example"), "{words}");
    assert_eq!(tenant.user(&id)["userPrincipalName"], "ana@one.example");
    // Within a federated domain, and by way of a domain of the tenant's own, it moves.
    tenant.stored(set("1==", &[("userPrincipalName", text("ana.ruiz@one.example"))]));
    tenant.stored(set("1==", &[("userPrincipalName", text("ana@contoso.example"))]));
    tenant.stored(set("1==", &[("userPrincipalName", text("ana@two.example"))]));
    assert_eq!(tenant.user(&id)["userPrincipalName"], "ana@two.example");
}

// Covers: error.anchor-changed
#[test]
fn a_changed_anchor_freezes_the_object() {
    let tenant = Tenant::new();
    let id = tenant.stored(user("1==", "ana@contoso.example", &[]));
    let changed = SyncObject { cloud_anchor: Some(format!("User_{id}")), ..set("2==", &[("title", text("Boss"))]) };
    let (code, words) = tenant.refused(changed.clone());
    assert_eq!(code, "SourceAnchorHasChanged");
    assert!(words.contains("SourceAnchor attribute has changed") && words.contains("1==") && words.contains("2=="), "{words}");
    assert_eq!(tenant.user(&id)["jobTitle"], json!(null));
    tenant.stored(SyncObject { source_anchor: Some("1==".to_owned()), ..changed });
    assert_eq!(tenant.user(&id)["jobTitle"], "Boss");
}

// Covers: error.quota
#[test]
fn a_full_tenant_takes_nothing_of_a_request_that_would_add() {
    let tenant = Tenant::new();
    tenant.stored(user("1==", "ana@contoso.example", &[]));
    let used = tenant.read(|connection| samesign_tenant::directory::quota::used(connection, 0));
    tenant.write(|connection| Ok(samesign_tenant::store::organization::set_quota(connection, Some(used + 1))?));
    let batch = vec![set("1==", &[("title", text("Boss"))]), user("2==", "bob@contoso.example", &[]), group("3==", "Team", &[])];
    let (code, words) = fault(tenant.ask(&Request::ProvisionAzureADSyncObjects2(batch)));
    assert_eq!(code, "QuotaExceeded");
    assert!(words.contains(&(used + 1).to_string()), "{words}");
    assert_eq!(tenant.read_back().len(), 1, "nothing of the request was stored");
    tenant.stored(user("2==", "bob@contoso.example", &[]));
    tenant.stored(set("1==", &[("title", text("Boss"))]));
    assert_eq!(fault(tenant.ask(&Request::ProvisionAzureADSyncObjects2(vec![contact("4==", "x@y.example", &[])]))).0, "QuotaExceeded");
}

// Covers: class.device
#[test]
fn devices_are_not_synchronized() {
    let tenant = Tenant::new();
    let device = SyncObject { object_type: samesign_wire::provisioning::ObjectType::Device, ..user("1==", "x@contoso.example", &[]) };
    assert_eq!(tenant.refused(device).0, "ObjectTypeNotSupported");
}

// Covers: flow.service-times
#[test]
fn the_service_keeps_the_time_of_the_last_change() {
    let tenant = Tenant::new();
    let id = tenant.stored(user("1==", "ana@contoso.example", &[]));
    let time = tenant.user(&id)["onPremisesLastSyncDateTime"].clone();
    assert!(time.as_str().is_some_and(|time| time.ends_with('Z')), "{time}");
    let team = tenant.stored(group("2==", "Team", &[]));
    assert!(tenant.group(&team).text("onPremisesLastSyncDateTime").is_some());
}
