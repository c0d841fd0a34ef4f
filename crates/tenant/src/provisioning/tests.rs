use std::borrow::Cow;

use samesign_wire::provisioning::{
    FaultDetail, ObjectType, PropertyValue, Request, ResultCode, SyncObject, SyncObjectResult, SyncOperation, features as bits,
};
use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::directory::{NewUser, Role, User, domains, licensing, roles, setup};
use crate::store::users as rows;

mod credentials;

const NOW: i64 = 1_800_000_000;

struct Tenant {
    store: Store,
    _folder: TempDir,
}

impl Tenant {
    fn new() -> Self {
        let tenant = Self::off();
        tenant.store.write(|connection| synchronization::enable(connection, NOW, 0)).unwrap();
        tenant
    }

    /// A tenant from before duplicates were put aside.
    fn that_refuses_duplicates() -> Self {
        let tenant = Self::new();
        assert_eq!(tenant.handle(&Request::SetCompanyDirsyncFeatures { dirsync_features: 0 }), Ok(Response::SetFeatures));
        tenant
    }

    fn off() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::create(folder.path()).unwrap();
        store.write(|connection| setup::create(connection, "contoso.onmicrosoft.com", &["contoso.example".to_owned()], NOW)).unwrap();
        Self { store, _folder: folder }
    }

    fn handle(&self, request: &Request) -> Result<Response, Fault> {
        handle(&self.store, request, &Client { actor: "test".to_owned(), build: "2.6.3.0".to_owned() }, NOW)
    }

    fn send(&self, batch: Vec<SyncObject>) -> Vec<SyncObjectResult> {
        match self.handle(&Request::ProvisionAzureADSyncObjects2(batch)) {
            Ok(Response::Provision(results)) => results,
            other => panic!("{other:?}"),
        }
    }

    /// The outcome of one object: its error code, or nothing.
    fn outcome(&self, object: SyncObject) -> Option<String> {
        let results = self.send(vec![object]);
        assert_eq!(results.len(), 1);
        assert_eq!(results[0].error_code.is_some(), results[0].result_code == ResultCode::Failure);
        results[0].error_code.clone()
    }

    fn by_anchor(&self, anchor: &str) -> Option<User> {
        self.store.read(|connection| rows::by_anchor(connection, anchor)).unwrap()
    }

    fn cloud(&self, upn: &str, mail: Option<&str>) -> User {
        let new = NewUser {
            upn: upn.to_owned(),
            display_name: "Cloud".to_owned(),
            mail: mail.map(str::to_owned),
            usage_location: Some("ES".to_owned()),
            enabled: true,
            ..NewUser::default()
        };
        self.store.write(|connection| users::create(connection, new, NOW)).unwrap()
    }

    fn by_id(&self, id: &str) -> User {
        self.store.read(|connection| rows::by_id(connection, id)).unwrap().unwrap()
    }
}

fn text(value: &str) -> PropertyValue {
    PropertyValue::Text(value.to_owned())
}

fn object(operation: SyncOperation, anchor: &str, properties: &[(&'static str, PropertyValue)]) -> SyncObject {
    SyncObject {
        source_anchor: Some(anchor.to_owned()),
        cloud_anchor: None,
        object_type: ObjectType::User,
        operation,
        properties: properties.iter().map(|(name, value)| (Cow::Borrowed(*name), value.clone())).collect(),
    }
}

fn add(anchor: &str, upn: &str, more: &[(&'static str, PropertyValue)]) -> SyncObject {
    let mut properties =
        vec![("userPrincipalName", text(upn)), ("displayName", text("Ana Ruiz")), ("accountEnabled", PropertyValue::Boolean(true))];
    properties.extend(more.iter().cloned());
    object(SyncOperation::Add, anchor, &properties)
}

#[test]
fn a_new_user_has_everything_that_was_sent() {
    let tenant = Tenant::new();
    let sid = vec![1, 2, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 0xe8, 3, 0, 0];
    let sent = add(
        "anchor==",
        "ana@contoso.example",
        &[
            ("mail", text("ana@contoso.example")),
            ("givenName", text("Ana")),
            ("title", text("Boss")),
            ("telephoneNumber", text("+34 1")),
            ("onPremisesSamAccountName", text("ana")),
            ("onPremisesDistinguishedName", text("CN=Ana,DC=corp")),
            ("onPremiseSecurityIdentifier", PropertyValue::Bytes(sid)),
            ("dnsDomainName", text("corp.example.com")),
            ("lastPasswordChangeTimestamp", text("20260102030405.0Z")),
            ("extensionAttribute3", text("x")),
        ],
    );
    let results = tenant.send(vec![sent]);
    let user = tenant.by_anchor("anchor==").unwrap();
    assert_eq!(results[0].cloud_anchor, Some(format!("User_{}", user.id)));
    assert_eq!((user.synced, user.upn.as_str(), user.mail.as_deref()), (Some(true), "ana@contoso.example", Some("ana@contoso.example")));
    let shown = [
        ("jobTitle", json!("Boss")),
        ("businessPhones", json!(["+34 1"])),
        ("onPremisesSamAccountName", json!("ana")),
        ("onPremisesSecurityIdentifier", json!("S-1-5-21-1000")),
        ("onPremisesDomainName", json!("corp.example.com")),
        ("onPremisesUserPrincipalName", json!("ana@contoso.example")),
        ("lastPasswordChangeDateTime", json!("2026-01-02T03:04:05Z")),
        ("onPremisesLastSyncDateTime", json!("2027-01-15T08:00:00Z")),
        ("onPremisesExtensionAttributes", json!({"extensionAttribute3": "x"})),
        ("mailNickname", json!("ana")),
        ("proxyAddresses", json!(["SMTP:ana@contoso.example", "smtp:ana@contoso.onmicrosoft.com"])),
    ];
    for (name, value) in shown {
        assert_eq!(user.properties.get(name), Some(&value), "{name}");
    }
}

#[test]
fn set_changes_what_is_given_and_nil_clears() {
    let tenant = Tenant::new();
    tenant.send(vec![add(
        "a==",
        "ana@contoso.example",
        &[("title", text("Boss")), ("department", text("HR")), ("usageLocation", text("ES"))],
    )]);
    let changes = [("title", PropertyValue::Nil), ("displayName", text("Ana R")), ("usageLocation", PropertyValue::Nil)];
    assert_eq!(tenant.outcome(object(SyncOperation::Set, "a==", &changes)), None);
    let user = tenant.by_anchor("a==").unwrap();
    assert_eq!((user.text("jobTitle"), user.text("department"), user.display_name.as_str()), (None, Some("HR"), "Ana R"));
    assert_eq!(user.usage_location.as_deref(), Some("ES"), "a location is never cleared from here");
    assert_eq!(tenant.outcome(object(SyncOperation::Set, "a==", &changes)), None);
    assert_eq!(tenant.by_anchor("a==").unwrap().sequence, user.sequence, "the same again is no change");
    assert_eq!(tenant.outcome(object(SyncOperation::Set, "unknown==", &changes)).as_deref(), Some("ObjectNotFound"));
}

#[test]
fn an_add_meets_the_anchor_first_then_the_address_then_the_upn() {
    let tenant = Tenant::new();
    let by_upn = tenant.cloud("ana@contoso.example", None);
    let by_address = tenant.cloud("sales@contoso.example", Some("ruiz@contoso.example"));
    let by_anchor = tenant.cloud("other@contoso.example", None);
    tenant
        .store
        .write(|connection| {
            users::edit(
                connection,
                &mut users::find(connection, &by_anchor.id)?,
                json!({"onPremisesImmutableId": "1=="}).as_object().unwrap(),
            )
        })
        .unwrap();
    // All three would match; the UPN and the address are other objects' though, so each case takes away what it must.
    assert_eq!(tenant.outcome(add("1==", "other@contoso.example", &[("mail", text("other@contoso.example"))])), None);
    assert_eq!(tenant.by_anchor("1==").unwrap().id, by_anchor.id);
    assert_eq!(tenant.outcome(add("2==", "new@contoso.example", &[("mail", text("Ruiz@contoso.example"))])), None);
    assert_eq!(tenant.by_anchor("2==").unwrap().id, by_address.id);
    assert_eq!(tenant.outcome(add("3==", "ana@contoso.example", &[("mail", text("elsewhere@contoso.example"))])), None);
    assert_eq!(tenant.by_anchor("3==").unwrap().id, by_upn.id);
    assert_eq!(tenant.outcome(add("4==", "nobody@contoso.example", &[])), None);
    assert_eq!(tenant.by_anchor("4==").unwrap().created, NOW);
}

#[test]
fn the_smtp_entry_goes_before_mail_in_a_match() {
    let tenant = Tenant::new();
    let wanted = tenant.cloud("one@contoso.example", Some("primary@contoso.example"));
    let listed = PropertyValue::Texts(vec!["smtp:second@contoso.example".to_owned(), "SMTP:primary@contoso.example".to_owned()]);
    assert_eq!(
        tenant.outcome(add("1==", "two@contoso.example", &[("mail", text("free@contoso.example")), ("proxyAddresses", listed)])),
        None
    );
    let joined = tenant.by_anchor("1==").unwrap();
    assert_eq!((joined.id, joined.mail.as_deref()), (wanted.id, Some("primary@contoso.example")));
}

#[test]
fn nobody_with_another_anchor_or_a_role_is_taken_over() {
    let tenant = Tenant::that_refuses_duplicates();
    tenant.send(vec![add("first==", "ana@contoso.example", &[("mail", text("ana@contoso.example"))])]);
    assert_eq!(tenant.outcome(add("second==", "ana@contoso.example", &[])).as_deref(), Some("InvalidSoftMatch"));
    assert_eq!(
        tenant.outcome(add("second==", "x@contoso.example", &[("mail", text("ana@contoso.example"))])).as_deref(),
        Some("InvalidSoftMatch")
    );
    assert_eq!(tenant.by_anchor("second=="), None);

    let boss = tenant.cloud("boss@contoso.example", None);
    let role = Role::find("Global Administrator").unwrap();
    tenant.store.write(|connection| roles::assign(connection, &mut users::find(connection, &boss.id)?, role)).unwrap();
    assert_eq!(tenant.outcome(add("boss==", "boss@contoso.example", &[])).as_deref(), Some("ExistingAdminRoleConflict"));
    let edit = json!({"onPremisesImmutableId": "boss=="});
    tenant.store.write(|connection| users::edit(connection, &mut users::find(connection, &boss.id)?, edit.as_object().unwrap())).unwrap();
    assert_eq!(tenant.outcome(add("boss==", "boss@contoso.example", &[])).as_deref(), Some("InvalidHardMatch"));
    assert_eq!(tenant.by_id(&boss.id).synced, None);
}

#[test]
fn the_address_goes_before_the_upn_even_where_it_ends_in_a_refusal() {
    let tenant = Tenant::that_refuses_duplicates();
    tenant.send(vec![add("first==", "ana@contoso.example", &[("mail", text("ana@contoso.example"))])]);
    let cloud = tenant.cloud("bob@contoso.example", None);
    let both = add("second==", "bob@contoso.example", &[("mail", text("ana@contoso.example"))]);
    assert_eq!(tenant.outcome(both).as_deref(), Some("InvalidSoftMatch"));
    assert_eq!(tenant.by_id(&cloud.id).anchor, None, "the holder of the UPN is not touched");
}

#[test]
fn features_block_matches() {
    let tenant = Tenant::new();
    let ana = tenant.cloud("ana@contoso.example", None);
    let set =
        |features| assert_eq!(tenant.handle(&Request::SetCompanyDirsyncFeatures { dirsync_features: features }), Ok(Response::SetFeatures));
    set(bits::BLOCK_SOFT_MATCH);
    assert_eq!(tenant.outcome(add("1==", "ana@contoso.example", &[])).as_deref(), Some("AttributeValueMustBeUnique"));
    set(bits::BLOCK_HARD_MATCH_TAKEOVER);
    let edit = json!({"onPremisesImmutableId": "1=="});
    tenant.store.write(|connection| users::edit(connection, &mut users::find(connection, &ana.id)?, edit.as_object().unwrap())).unwrap();
    assert_eq!(tenant.outcome(add("1==", "ana@contoso.example", &[])).as_deref(), Some("InvalidHardMatch"));
    set(0);
    let kept = bits::ENABLE_SOFT_MATCH_ON_UPN;
    let features = tenant.store.read(organization::load).unwrap().sync_features;
    assert_eq!(features & kept, kept, "matching by UPN cannot be taken back");
}

#[test]
fn one_refused_object_does_not_stop_the_others() {
    let tenant = Tenant::that_refuses_duplicates();
    tenant.send(vec![add("0==", "taken@contoso.example", &[("mail", text("taken@contoso.example"))])]);
    let clash = PropertyValue::Texts(vec!["SMTP:b@contoso.example".to_owned(), "smtp:taken@contoso.example".to_owned()]);
    let results = tenant.send(vec![
        add("1==", "a@contoso.example", &[]),
        add("2==", "b@contoso.example", &[("proxyAddresses", clash)]),
        add("3==", "no-domain", &[]),
        add("4==", "d@contoso.example", &[("givenName", text(&"x".repeat(65)))]),
        SyncObject { object_type: ObjectType::Device, ..add("5==", "e@contoso.example", &[]) },
        SyncObject { source_anchor: None, ..add("", "f@contoso.example", &[]) },
        add("7==", "g@contoso.example", &[]),
    ]);
    let codes: Vec<_> = results.iter().map(|result| result.error_code.as_deref()).collect();
    let expected = [
        None,
        Some("AttributeValueMustBeUnique"),
        Some("IdentityDataValidationFailed"),
        Some("ExceededAllowedLength"),
        Some("ObjectTypeNotSupported"),
        Some("IdentityDataValidationFailed"),
        None,
    ];
    assert_eq!(codes, expected);
    assert!(results[1].error_details.contains(&("AttributeConflictName".to_owned(), "ProxyAddresses".to_owned())));
    assert!(tenant.by_anchor("7==").is_some());
    assert_eq!(tenant.by_anchor("2=="), None);
    // What was refused left nothing behind: its names are free.
    assert_eq!(tenant.outcome(add("8==", "b@contoso.example", &[])), None);
}

#[test]
fn a_deleted_user_comes_back_with_its_id_and_licence() {
    let tenant = Tenant::new();
    tenant.send(vec![add("1==", "ana@contoso.example", &[("mail", text("ana@contoso.example")), ("usageLocation", text("ES"))])]);
    let ana = tenant.by_anchor("1==").unwrap();
    tenant
        .store
        .write(|connection| licensing::assign(connection, &mut users::find(connection, &ana.id)?, "ENTERPRISEPACK", &[], NOW))
        .unwrap();
    assert_eq!(tenant.outcome(object(SyncOperation::Delete, "1==", &[])), None);
    assert_eq!(tenant.by_anchor("1=="), None);
    assert_eq!(tenant.outcome(object(SyncOperation::Delete, "1==", &[])), None, "deleted already");
    assert_eq!(tenant.outcome(add("1==", "ana@contoso.example", &[("mail", text("ana@contoso.example"))])), None);
    let restored = tenant.by_anchor("1==").unwrap();
    assert_eq!((restored.id, restored.licences.len(), restored.upn.as_str()), (ana.id, 1, "ana@contoso.example"));
}

#[test]
fn only_what_is_synchronized_is_deleted() {
    let tenant = Tenant::new();
    let ana = tenant.cloud("ana@contoso.example", None);
    let named =
        SyncObject { source_anchor: None, cloud_anchor: Some(format!("User_{}", ana.id)), ..object(SyncOperation::Delete, "", &[]) };
    assert_eq!(tenant.outcome(named).as_deref(), Some("DeletingCloudOnlyObjectNotAllowed"));
    assert!(tenant.by_id(&ana.id).live());
}

#[test]
fn a_upn_of_an_unverified_domain_waits_for_the_domain() {
    let tenant = Tenant::new();
    assert_eq!(tenant.outcome(add("1==", "ana.ruiz@corp.local", &[])), None);
    assert_eq!(tenant.by_anchor("1==").unwrap().upn, "ana.ruiz@contoso.onmicrosoft.com");
    assert_eq!(tenant.outcome(add("2==", "ana.ruiz@other.local", &[])), None);
    let other = tenant.by_anchor("2==").unwrap().upn;
    assert!(
        other.starts_with("ana.ruiz") && other.ends_with("@contoso.onmicrosoft.com") && other != "ana.ruiz@contoso.onmicrosoft.com",
        "{other}"
    );
    tenant
        .store
        .write(|connection| {
            domains::add(connection, "corp.local", NOW)?;
            domains::verify(connection, "corp.local", NOW)
        })
        .unwrap();
    assert_eq!(tenant.by_anchor("1==").unwrap().upn, "ana.ruiz@corp.local");
}

#[test]
fn a_join_without_addresses_keeps_those_of_the_cloud() {
    let tenant = Tenant::new();
    tenant.cloud("ana@contoso.example", Some("ana@contoso.example"));
    assert_eq!(tenant.outcome(add("1==", "ana@contoso.example", &[("mail", text("ruiz@contoso.example"))])), None);
    let ana = tenant.by_anchor("1==").unwrap();
    assert_eq!(ana.addresses(), ["SMTP:ruiz@contoso.example", "smtp:ana@contoso.example", "smtp:ana@contoso.onmicrosoft.com"]);
    let listed = PropertyValue::Texts(vec!["SMTP:only@contoso.example".to_owned(), "X500:/o=x".to_owned()]);
    assert_eq!(tenant.outcome(object(SyncOperation::Set, "1==", &[("proxyAddresses", listed)])), None);
    let expected = ["SMTP:only@contoso.example", "X500:/o=x", "smtp:ruiz@contoso.example"];
    let ana = tenant.by_anchor("1==").unwrap();
    assert_eq!(ana.addresses()[..3], expected);
}

#[test]
fn a_manager_may_come_later() {
    let tenant = Tenant::new();
    tenant.send(vec![add("1==", "ana@contoso.example", &[("manager", text("2=="))])]);
    let manager = |anchor: &str| {
        let user = tenant.by_anchor(anchor).unwrap();
        tenant.store.read(|connection| users::manager_of(connection, &user)).unwrap().map(|manager| manager.upn)
    };
    assert_eq!(manager("1=="), None);
    tenant.send(vec![add("2==", "boss@contoso.example", &[])]);
    assert_eq!(manager("1==").as_deref(), Some("boss@contoso.example"));
    tenant.send(vec![object(SyncOperation::Set, "1==", &[("manager", PropertyValue::Nil)])]);
    assert_eq!(manager("1=="), None);
}

#[test]
fn everything_is_read_back_as_it_was_sent() {
    let tenant = Tenant::new();
    let sent: Vec<_> = (0..1_100)
        .map(|number| {
            add(
                &format!("{number}=="),
                &format!("user{number}@corp.local"),
                &[
                    ("mail", text(&format!(" User{number}@Corp.Local "))),
                    ("countryCode", PropertyValue::Long(724)),
                    ("proxyAddresses", PropertyValue::Texts(vec![format!("smtp:u{number}@x.example")])),
                ],
            )
        })
        .collect();
    for batch in sent.chunks(100) {
        assert!(tenant.send(batch.to_vec()).iter().all(|result| result.result_code == ResultCode::Success));
    }
    let read = |cookie: Option<Vec<u8>>, full| match tenant.handle(&Request::ReadBackAzureADSyncObjects {
        include_license_information: false,
        input_cookie: cookie,
        is_full_sync: full,
    }) {
        Ok(Response::ReadBack { objects, cookie, more }) => (objects, cookie, more),
        other => panic!("{other:?}"),
    };
    let (mut objects, mut cookie, mut more) = read(None, true);
    while more {
        let (page, next, rest) = read(cookie, true);
        objects.extend(page);
        (cookie, more) = (next, rest);
    }
    assert_eq!(objects.len(), sent.len());
    for (back, sent) in objects.iter().zip(&sent) {
        assert_eq!((&back.source_anchor, &back.properties), (&sent.source_anchor, &sent.properties));
    }
    let (none, cookie, _) = read(cookie, false);
    assert_eq!(none.len(), 0);
    tenant.send(vec![object(SyncOperation::Set, "7==", &[("title", text("x"))])]);
    let (changed, _, _) = read(cookie, false);
    assert_eq!(changed.iter().map(|object| object.source_anchor.as_deref()).collect::<Vec<_>>(), [Some("7==")]);
    let refused = tenant.handle(&Request::ReadBackAzureADSyncObjects {
        include_license_information: false,
        input_cookie: Some(b"?".to_vec()),
        is_full_sync: false,
    });
    assert!(matches!(refused, Err(Fault { detail: FaultDetail::AdminWebService { .. }, .. })));
}

#[test]
fn nothing_is_taken_while_synchronization_is_off() {
    let tenant = Tenant::off();
    let refused = tenant.handle(&Request::ProvisionAzureADSyncObjects2(vec![add("1==", "ana@contoso.example", &[])]));
    let Err(Fault { detail: FaultDetail::AdminWebService { error_code, .. }, .. }) = refused else { panic!("{refused:?}") };
    assert_eq!(error_code, "DirSyncNotActivated");
    let configuration = |tenant: &Tenant| match tenant.handle(&Request::GetCompanyConfiguration { include_license_information: false }) {
        Ok(Response::CompanyConfiguration(configuration)) => configuration.is_dirsyncing,
        other => panic!("{other:?}"),
    };
    assert!(!configuration(&tenant));
    tenant.store.write(|connection| synchronization::enable(connection, NOW, 10)).unwrap();
    assert!(!configuration(&tenant), "enabling is not on");
    tenant.store.write(|connection| synchronization::enable(connection, NOW - 10, 10)).unwrap();
    assert!(configuration(&tenant));
}
