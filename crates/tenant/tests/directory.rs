//! The rules of the directory, on a real database.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

use rusqlite::Connection;
use samesign_tenant::directory::addresses::{Wish, calculate};
use samesign_tenant::directory::{
    DirectoryError, NewUser, Role, SyncState, User, domains, licensing, roles, setup, synchronization, users,
};
use samesign_tenant::store::Store;
use serde_json::{Map, Value, json};
use tempfile::TempDir;

const NOW: i64 = 1_800_000_000;

struct Directory {
    store: Store,
    _folder: TempDir,
}

impl Directory {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::create(folder.path()).unwrap();
        store.write(|connection| setup::create(connection, "contoso.onmicrosoft.com", &["contoso.example".to_owned()], NOW)).unwrap();
        Self { store, _folder: folder }
    }

    fn run<T>(&self, work: impl FnOnce(&Connection) -> Result<T, DirectoryError>) -> Result<T, DirectoryError> {
        self.store.write(work)
    }

    fn user(&self, upn: &str) -> User {
        self.run(|connection| users::create(connection, new(upn), NOW)).unwrap()
    }

    fn edit(&self, upn: &str, changes: Value) -> Result<User, DirectoryError> {
        self.run(|connection| {
            let mut user = users::find(connection, upn)?;
            users::edit(connection, &mut user, changes.as_object().unwrap())?;
            Ok(user)
        })
    }
}

fn new(upn: &str) -> NewUser {
    NewUser { upn: upn.to_owned(), display_name: "Someone".to_owned(), enabled: true, ..NewUser::default() }
}

fn property_of(error: DirectoryError) -> String {
    match error {
        DirectoryError::Conflict { property, .. } => format!("conflict {property}"),
        DirectoryError::Invalid { property, .. } => format!("invalid {property}"),
        DirectoryError::ReadOnly { property } => format!("read-only {property}"),
        DirectoryError::OnPremisesMastered { property } => format!("mastered {property}"),
        other => other.to_string(),
    }
}

#[test]
fn upns_that_the_service_refuses_are_refused() {
    let directory = Directory::new();
    let long = format!("{}@contoso.example", "a".repeat(65));
    let cases = [
        ("ana", "no @"),
        ("@contoso.example", "nothing before"),
        ("ana@", "nothing after"),
        ("ana@elsewhere.example", "not verified"),
        ("ana.@contoso.example", "dot before @"),
        ("ana ruiz@contoso.example", "white space"),
        ("aña@contoso.example", "accent"),
        ("ana@contoso@example", "two @"),
        (long.as_str(), "too long"),
    ];
    for (upn, why) in cases {
        let refused = directory.run(|connection| users::create(connection, new(upn), NOW)).map(|user| user.upn).map_err(property_of);
        assert_eq!(refused, Err("invalid userPrincipalName".to_owned()), "{why}: {upn}");
    }
    for upn in ["o'neil@contoso.example", "a.b-c_d!e#f^g~h@contoso.example", "ANA@Contoso.Example", "x@contoso.onmicrosoft.com"] {
        assert_eq!(directory.user(upn).upn, upn);
    }
}

#[test]
fn a_name_or_address_has_one_holder_and_is_free_again_after_a_delete() {
    let directory = Directory::new();
    let mut ana = directory.user("ana@contoso.example");
    directory.edit(&ana.upn, json!({"mail": "sales@contoso.example", "onPremisesImmutableId": "abc="})).unwrap();
    directory.user("bob@contoso.example");
    let upn = directory.run(|connection| users::create(connection, new("ANA@contoso.example"), NOW)).map(|_| ()).map_err(property_of);
    assert_eq!(upn, Err("conflict userPrincipalName".to_owned()));
    for (changes, refusal) in [
        (json!({"mail": "SALES@contoso.example"}), "conflict proxyAddresses"),
        (json!({"userPrincipalName": "Ana@contoso.example"}), "conflict userPrincipalName"),
        (json!({"onPremisesImmutableId": "abc="}), "conflict onPremisesImmutableId"),
    ] {
        assert_eq!(directory.edit("bob@contoso.example", changes).map(|_| ()).map_err(property_of), Err(refusal.to_owned()));
    }
    directory.edit("bob@contoso.example", json!({"onPremisesImmutableId": "ABC="})).expect("the case of an anchor counts");

    ana = directory.run(|connection| users::find(connection, &ana.id)).unwrap();
    directory.run(|connection| users::delete(connection, &mut ana, NOW)).unwrap();
    assert!(ana.upn.starts_with(&ana.id.replace('-', "")), "{}", ana.upn);
    let taker = directory.user("ana@contoso.example");
    let refused = directory.run(|connection| users::restore(connection, &mut ana.clone())).map_err(property_of);
    assert_eq!(refused, Err("conflict userPrincipalName".to_owned()));
    directory.run(|connection| users::delete(connection, &mut taker.clone(), NOW)).unwrap();
    directory.run(|connection| users::restore(connection, &mut ana)).unwrap();
    let restored = directory.run(|connection| users::find(connection, "ana@contoso.example")).unwrap();
    assert_eq!((restored.id, restored.mail), (ana.id, Some("sales@contoso.example".to_owned())));
}

#[test]
fn a_deleted_user_is_gone_after_thirty_days() {
    let directory = Directory::new();
    let mut ana = directory.user("ana@contoso.example");
    let mut bob = directory.user("bob@contoso.example");
    directory.run(|connection| users::delete(connection, &mut ana, NOW)).unwrap();
    directory.run(|connection| users::delete(connection, &mut bob, NOW + users::RESTORABLE_SECONDS)).unwrap();
    let find = |id: &str| directory.store.read(|connection| samesign_tenant::store::users::by_id(connection, id)).unwrap();
    assert!(find(&ana.id).is_some(), "thirty days are not over in the second in which they end");
    directory.run(|connection| users::purge_expired(connection, NOW + users::RESTORABLE_SECONDS + 1)).unwrap();
    assert!(find(&ana.id).is_none());
    assert!(find(&bob.id).is_some());
}

#[test]
fn mail_and_the_primary_address_agree_and_the_old_one_stays() {
    let directory = Directory::new();
    directory.user("ana@contoso.example");
    let ana = directory.edit("ana@contoso.example", json!({"mail": "ana@contoso.example"})).unwrap();
    assert_eq!(ana.addresses(), ["SMTP:ana@contoso.example", "smtp:ana@contoso.onmicrosoft.com"]);
    let ana = directory.edit("ana@contoso.example", json!({"mail": "ruiz@contoso.example"})).unwrap();
    assert_eq!(ana.addresses(), ["SMTP:ruiz@contoso.example", "smtp:ana@contoso.example", "smtp:ana@contoso.onmicrosoft.com"]);
    assert_eq!(ana.mail.as_deref(), Some("ruiz@contoso.example"));
}

#[test]
fn a_licence_needs_a_location_a_seat_and_a_known_sku() {
    let directory = Directory::new();
    let ana = directory.user("ana@contoso.example");
    let assign = |sku: &str, disabled: &[String]| {
        directory.run(|connection| licensing::assign(connection, &mut users::find(connection, &ana.id)?, sku, disabled, NOW))
    };
    assert!(matches!(assign("ENTERPRISEPACK", &[]), Err(DirectoryError::NoUsageLocation)));
    for location in ["", "E", "ESP", "1A"] {
        assert!(directory.edit(&ana.upn, json!({"usageLocation": location})).is_err(), "{location}");
    }
    directory.edit(&ana.upn, json!({"usageLocation": "es"})).unwrap();
    assert!(matches!(assign("NOTHING", &[]), Err(DirectoryError::UnknownSku { .. })));
    assert!(matches!(assign("ENTERPRISEPACK", &["0".to_owned()]), Err(DirectoryError::Invalid { .. })));
    directory
        .run(|connection| {
            let sku = samesign_tenant::directory::Sku::find("ENTERPRISEPACK").unwrap();
            Ok(samesign_tenant::store::licences::set_seats(connection, sku.id, 0)?)
        })
        .unwrap();
    assert!(matches!(assign("ENTERPRISEPACK", &[]), Err(DirectoryError::NoSeat { owned: 0, .. })));

    assign("O365_BUSINESS_PREMIUM", &[]).unwrap();
    let licensed = directory.run(|connection| users::find(connection, &ana.id)).unwrap();
    assert!(licensing::has_exchange_plan(&licensed));
    assert_eq!(licensed.mail.as_deref(), Some("ana@contoso.example"), "a mailbox has an address");
    assign("O365_BUSINESS_PREMIUM", &["9aaf7827-d63c-4b61-89c3-182f06f82e5c".to_owned()]).unwrap();
    assert!(!licensing::has_exchange_plan(&directory.run(|connection| users::find(connection, &ana.id)).unwrap()));
    directory.run(|connection| licensing::remove(connection, &mut users::find(connection, &ana.id)?, "O365_BUSINESS_PREMIUM")).unwrap();
    let refused =
        directory.run(|connection| licensing::remove(connection, &mut users::find(connection, &ana.id)?, "O365_BUSINESS_PREMIUM"));
    assert!(matches!(refused, Err(DirectoryError::LicenceNotHeld { .. })));
}

#[test]
fn what_active_directory_masters_is_refused_and_the_rest_is_not() {
    let directory = Directory::new();
    let mut ana = directory.user("ana@contoso.example");
    let before = ana.clone();
    ana.synced = Some(true);
    directory.run(|connection| users::save(connection, &mut ana, &before)).unwrap();
    let values: Map<String, Value> = json!({
        "displayName": "x", "givenName": "x", "mail": "x@contoso.example", "userPrincipalName": "x@contoso.example", "accountEnabled": false,
        "mobilePhone": "1", "businessPhones": ["1"], "onPremisesExtensionAttributes": {"extensionAttribute1": "x"}, "mailNickname": "x"
    })
    .as_object()
    .unwrap()
    .clone();
    for (name, value) in values {
        let refused = directory.edit(&ana.upn, json!({&name: value})).map(|_| ()).map_err(property_of);
        assert_eq!(refused, Err(format!("mastered {name}")));
    }
    directory.edit(&ana.upn, json!({"usageLocation": "ES", "otherMails": ["a@home.example"]})).unwrap();
    let both = directory.edit(&ana.upn, json!({"usageLocation": "FR", "displayName": "x"}));
    assert!(both.is_err());
    assert_eq!(
        directory.run(|connection| users::find(connection, &ana.id)).unwrap().usage_location.as_deref(),
        Some("ES"),
        "all or nothing"
    );
    let role = Role::find("User Administrator").unwrap();
    directory.run(|connection| roles::assign(connection, &mut users::find(connection, &ana.id)?, role)).unwrap();
    directory
        .run(|connection| licensing::assign(connection, &mut users::find(connection, &ana.id)?, "EXCHANGESTANDARD", &[], NOW))
        .unwrap();
}

#[test]
fn values_are_checked() {
    let directory = Directory::new();
    directory.user("ana@contoso.example");
    let long = "x".repeat(65);
    for (changes, refusal) in [
        (json!({"givenName": long}), "invalid givenName"),
        (json!({"givenName": 1}), "invalid givenName"),
        (json!({"displayName": null}), "invalid displayName"),
        (json!({"displayName": " "}), "invalid displayName"),
        (json!({"accountEnabled": null}), "invalid accountEnabled"),
        (json!({"businessPhones": ["1", "2"]}), "invalid businessPhones"),
        (json!({"mailNickname": "a b"}), "invalid mailNickname"),
        (json!({"onPremisesImmutableId": "a_b"}), "invalid onPremisesImmutableId"),
        (json!({"onPremisesExtensionAttributes": {"extensionAttribute16": "x"}}), "invalid onPremisesExtensionAttributes"),
        (json!({"proxyAddresses": ["SMTP:x@contoso.example"]}), "read-only proxyAddresses"),
        (json!({"onPremisesSyncEnabled": true}), "read-only onPremisesSyncEnabled"),
        (json!({"nothing": "x"}), "invalid nothing"),
    ] {
        assert_eq!(directory.edit("ana@contoso.example", changes).map(|_| ()).map_err(property_of), Err(refusal.to_owned()));
    }
    let cleared = directory.edit("ana@contoso.example", json!({"jobTitle": "Boss"})).unwrap();
    assert_eq!(cleared.text("jobTitle"), Some("Boss"));
    assert_eq!(directory.edit("ana@contoso.example", json!({"jobTitle": null})).unwrap().text("jobTitle"), None);
}

#[test]
fn an_edit_that_changes_nothing_is_no_change() {
    let directory = Directory::new();
    let ana = directory.user("ana@contoso.example");
    let same = directory.edit(&ana.upn, json!({"displayName": "Someone", "jobTitle": null})).unwrap();
    assert_eq!(same.sequence, ana.sequence);
    assert!(directory.edit(&ana.upn, json!({"displayName": "Other"})).unwrap().sequence > ana.sequence);
}

#[test]
fn synchronization_goes_from_off_over_enabling_to_on() {
    let directory = Directory::new();
    let state = |now| directory.store.read(|connection| synchronization::state(connection, now)).unwrap();
    assert_eq!(state(NOW), SyncState::Off);
    directory.run(|connection| synchronization::enable(connection, NOW, 60)).unwrap();
    assert_eq!(
        [state(NOW), state(NOW + 59), state(NOW + 60)],
        [SyncState::Enabling { until: NOW + 60 }, SyncState::Enabling { until: NOW + 60 }, SyncState::On]
    );
    directory.run(|connection| synchronization::enable(connection, NOW + 100, 60)).unwrap();
    assert_eq!(state(NOW + 100), SyncState::On, "what is on stays on");
    directory.run(synchronization::disable).unwrap();
    assert_eq!(state(NOW + 100), SyncState::Off);
}

#[test]
fn a_domain_is_used_only_when_it_is_verified() {
    let directory = Directory::new();
    assert!(directory.run(|connection| domains::add(connection, "not a domain", NOW)).is_err());
    directory.run(|connection| domains::add(connection, "New.Example", NOW)).unwrap();
    assert!(directory.run(|connection| users::create(connection, new("ana@new.example"), NOW)).is_err());
    directory.run(|connection| domains::verify(connection, "new.example", NOW)).unwrap();
    directory.user("ana@new.example");
    assert!(matches!(directory.run(|connection| domains::verify(connection, "other.example", NOW)), Err(DirectoryError::NotFound { .. })));
}

/// Why; mail and addresses as given; mail and addresses as they become.
type Case<'a> = (&'a str, Option<&'a str>, &'a [&'a str], Option<&'a str>, &'a [&'a str]);

#[test]
fn addresses_are_calculated() {
    let texts = |list: &[&str]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
    let cases: [Case<'_>; 8] = [
        ("nothing", None, &[], None, &[]),
        ("mail alone", Some("a@c.example"), &[], Some("a@c.example"), &["SMTP:a@c.example", "smtp:own@first.example"]),
        (
            "the SMTP entry wins over mail, whatever stands before it",
            Some("a@c.example"),
            &["smtp:x@c.example", "X500:/o=x", "SMTP:b@c.example", "smtp:y@c.example"],
            Some("b@c.example"),
            &["SMTP:b@c.example", "smtp:x@c.example", "X500:/o=x", "smtp:y@c.example", "smtp:a@c.example", "smtp:own@first.example"],
        ),
        (
            "twice in another case is once",
            Some("A@c.example"),
            &["smtp:a@C.example", "smtp:b@c.example", "smtp:B@c.example"],
            Some("A@c.example"),
            &["SMTP:A@c.example", "smtp:b@c.example", "smtp:own@first.example"],
        ),
        (
            "a second SMTP entry is a secondary address",
            None,
            &["SMTP:a@c.example", "SMTP:b@c.example"],
            Some("a@c.example"),
            &["SMTP:a@c.example", "smtp:b@c.example", "smtp:own@first.example"],
        ),
        ("no prefix means smtp", None, &["b@c.example"], None, &["smtp:b@c.example"]),
        (
            "white space and what is no address",
            Some(" a@c.example "),
            &["smtp:not an address", " ", "smtp:"],
            Some("a@c.example"),
            &["SMTP:a@c.example", "smtp:own@first.example"],
        ),
        ("unusable domains go", Some("a@bad.example"), &["SMTP:b@bad.example", "smtp:c@c.example"], None, &["smtp:c@c.example"]),
    ];
    for (why, mail, listed, expected_mail, expected) in cases {
        let listed = texts(listed);
        let wish = Wish { mail, listed: &listed, own: Some("own@first.example"), fallback: None };
        let found = calculate(&wish, |address| !address.ends_with("@bad.example"));
        assert_eq!(found.proxies, texts(expected), "{why}");
        if expected_mail.is_some() {
            assert_eq!(found.mail.as_deref(), expected_mail, "{why}");
        }
    }
    let unusable = [String::from("SMTP:b@bad.example")];
    let wish = Wish { mail: None, listed: &unusable, own: Some("own@first.example"), fallback: Some("upn@c.example") };
    let found = calculate(&wish, |address| !address.ends_with("@bad.example"));
    assert_eq!(
        (found.mail.as_deref(), found.proxies[0].as_str()),
        (Some("upn@c.example"), "SMTP:upn@c.example"),
        "a mailbox always has one"
    );
}
