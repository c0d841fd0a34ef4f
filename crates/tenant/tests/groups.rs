//! Groups, contacts, memberships and parked values through the directory's own functions.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use rusqlite::Connection;
use samesign_tenant::directory::groups::NewGroup;
use samesign_tenant::directory::{
    Contact, DirectoryError, Group, NewUser, ObjectKind, User, contacts, domains, groups, members, quarantine, quota, setup, users,
};
use samesign_tenant::store::{Store, StoreError, objects, organization};
use serde_json::Value;

const NOW: i64 = 1_790_000_000;
const DAY: i64 = 24 * 60 * 60;

struct Directory {
    _folder: tempfile::TempDir,
    store: Store,
}

impl Directory {
    fn new() -> Self {
        Self::with(&["contoso.example".to_owned()])
    }

    fn with(domains: &[String]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::create(folder.path()).unwrap();
        let directory = Self { _folder: folder, store };
        directory.run(|connection| setup::create(connection, "contoso.onmicrosoft.com", domains, NOW));
        directory
    }

    fn run<T>(&self, work: impl FnOnce(&Connection) -> Result<T, DirectoryError>) -> T {
        self.store.write(work).unwrap()
    }

    fn fails<T>(&self, work: impl FnOnce(&Connection) -> Result<T, DirectoryError>) -> DirectoryError {
        self.store.write(work).map(|_| ()).unwrap_err()
    }

    fn user(&self, name: &str) -> User {
        let new = NewUser { upn: format!("{name}@contoso.example"), display_name: name.to_owned(), enabled: true, ..NewUser::default() };
        self.run(|connection| users::create(connection, new, NOW))
    }

    fn group(&self, name: &str) -> Group {
        let new = NewGroup { display_name: name.to_owned(), nickname: name.to_owned(), security_enabled: true, ..NewGroup::default() };
        self.run(|connection| groups::create(connection, new, NOW))
    }

    fn unified(&self, name: &str) -> Group {
        let new =
            NewGroup { display_name: name.to_owned(), nickname: name.to_owned(), unified: true, mail_enabled: true, ..NewGroup::default() };
        self.run(|connection| groups::create(connection, new, NOW))
    }

    fn contact(&self, name: &str, address: &str) -> Result<Contact, DirectoryError> {
        self.store.write(|connection| {
            let mut contact = contacts::blank(NOW)?;
            contact.display_name = name.to_owned();
            contact.set("proxyAddresses", Some(Value::from(vec![format!("SMTP:{address}")])));
            contacts::insert(connection, contact)
        })
    }

    fn ids(&self, group: &Group) -> Vec<String> {
        self.run(|connection| members::of(connection, &group.id)).into_iter().map(|member| member.id).collect()
    }
}

#[test]
fn members_of_every_kind_come_and_go() {
    let directory = Directory::new();
    let (ana, inner, team) = (directory.user("ana"), directory.group("inner"), directory.group("team"));
    let eve = directory.contact("Eve", "eve@elsewhere.example").unwrap();
    for id in [&eve.id, &inner.id, &ana.id] {
        assert!(directory.run(|connection| members::add(connection, &team.id, id)));
        assert!(!directory.run(|connection| members::add(connection, &team.id, id)), "once is enough");
    }
    assert_eq!(directory.ids(&team), [ana.id.clone(), inner.id.clone(), eve.id.clone()]);
    assert!(directory.run(|connection| members::remove(connection, &team.id, &inner.id)));
    assert!(!directory.run(|connection| members::remove(connection, &team.id, &inner.id)));
    assert_eq!(directory.ids(&team), [ana.id.clone(), eve.id.clone()]);
    assert!(matches!(directory.fails(|connection| members::add(connection, &team.id, &team.id)), DirectoryError::Invalid { .. }));
    assert!(matches!(directory.fails(|connection| members::add(connection, &team.id, "nobody")), DirectoryError::NotFound { .. }));
}

#[test]
fn a_deleted_user_leaves_the_lists_and_comes_back_with_its_memberships() {
    let directory = Directory::new();
    let (mut ana, team) = (directory.user("ana"), directory.group("team"));
    directory.run(|connection| members::add(connection, &team.id, &ana.id));
    directory.run(|connection| users::delete(connection, &mut ana, NOW));
    assert!(directory.ids(&team).is_empty());
    assert_eq!(directory.run(|connection| members::count(connection, &team, None)), 0);
    directory.run(|connection| users::restore(connection, &mut ana));
    assert_eq!(directory.ids(&team), std::slice::from_ref(&ana.id));
    directory.run(|connection| users::delete(connection, &mut ana, NOW));
    let before = directory.run(|connection| groups::find(connection, &team.id)).sequence;
    directory.run(|connection| users::purge(connection, &ana, NOW));
    let after = directory.run(|connection| groups::find(connection, &team.id)).sequence;
    assert!(after > before, "delta must tell that a member is gone");
    let number = ana.number;
    let id = directory.run(|connection| Ok::<_, DirectoryError>(objects::id_of(connection, ObjectKind::User, number)?));
    assert_eq!(id, Some(ana.id));
}

#[test]
fn groups_within_groups_are_walked_once_even_in_a_circle() {
    let directory = Directory::new();
    let (ana, ben) = (directory.user("ana"), directory.user("ben"));
    let (outer, middle, inner) = (directory.group("outer"), directory.group("middle"), directory.group("inner"));
    for (group, member) in
        [(&outer, &middle.id), (&middle, &inner.id), (&inner, &outer.id), (&inner, &ana.id), (&middle, &ana.id), (&outer, &ben.id)]
    {
        directory.run(|connection| members::add(connection, &group.id, member));
    }
    let found = directory.run(|connection| members::transitive(connection, &outer));
    let users: Vec<_> = found.iter().filter(|member| member.kind == ObjectKind::User).map(|member| member.id.clone()).collect();
    assert_eq!(users, [ana.id.clone(), ben.id.clone()]);
    let holding = |nested| directory.run(|connection| members::groups_of(connection, &ana.reference(), nested));
    assert_eq!(holding(false), [middle.number, inner.number]);
    assert_eq!(holding(true), [outer.number, middle.number, inner.number]);
}

#[test]
fn an_address_belongs_to_one_object_of_any_kind() {
    let directory = Directory::new();
    let team = directory.unified("team");
    assert_eq!(team.mail.as_deref(), Some("team@contoso.example"));
    let error = directory.contact("Team", "Team@contoso.example").unwrap_err();
    assert!(matches!(&error, DirectoryError::Conflict { property: "proxyAddresses", holder, .. } if *holder == team.id), "{error:?}");
    let new = NewUser { upn: "ana@contoso.example".to_owned(), display_name: "Ana".to_owned(), ..NewUser::default() };
    let new = NewUser { mail: Some("team@contoso.example".to_owned()), ..new };
    assert!(matches!(directory.fails(|connection| users::create(connection, new, NOW)), DirectoryError::Conflict { .. }));
}

#[test]
fn a_security_group_is_gone_at_once_and_a_microsoft_365_group_rests_for_30_days() {
    let directory = Directory::new();
    let (ana, mut security, mut unified) = (directory.user("ana"), directory.group("security"), directory.unified("unified"));
    for group in [&security, &unified] {
        directory.run(|connection| members::add(connection, &group.id, &ana.id));
    }
    directory.run(|connection| groups::delete(connection, &mut security, NOW));
    directory.run(|connection| groups::delete(connection, &mut unified, NOW));
    assert!(directory.run(|connection| Ok(groups::by_id(connection, &security.id)?)).is_none());
    directory.run(|connection| groups::restore(connection, &mut unified));
    assert_eq!(directory.ids(&unified), std::slice::from_ref(&ana.id), "with its members");
    directory.run(|connection| groups::delete(connection, &mut unified, NOW));
    directory.run(|connection| users::purge_expired(connection, NOW + 30 * DAY));
    assert!(directory.run(|connection| Ok(groups::by_id(connection, &unified.id)?)).is_some(), "the thirtieth day");
    directory.run(|connection| users::purge_expired(connection, NOW + 30 * DAY + 1));
    assert!(directory.run(|connection| Ok(groups::by_id(connection, &unified.id)?)).is_none());
}

#[test]
fn a_parked_value_is_shown_with_its_object_and_delta_tells_it() {
    let directory = Directory::new();
    let ana = directory.user("ana");
    let value = "smtp:ana@contoso.example";
    assert!(directory.run(|connection| quarantine::park(connection, &ana.id, quarantine::ADDRESS, value, NOW)));
    assert!(!directory.run(|connection| quarantine::park(connection, &ana.id, quarantine::ADDRESS, value, NOW + 1)), "waits already");
    let stored = directory.run(|connection| users::find(connection, &ana.id));
    assert!(stored.sequence > ana.sequence);
    assert_eq!(stored.parked.iter().map(|parked| (parked.value.as_str(), parked.at)).collect::<Vec<_>>(), [(value, NOW)]);
    assert_eq!(directory.run(quarantine::all), stored.parked);
    assert!(directory.run(|connection| quarantine::release(connection, &ana.id, quarantine::ADDRESS, value)));
    assert!(!directory.run(|connection| quarantine::release(connection, &ana.id, quarantine::ADDRESS, value)));
    assert!(directory.run(|connection| users::find(connection, &ana.id)).parked.is_empty());
}

#[test]
fn the_quota_counts_everything_and_a_verified_domain_raises_it() {
    let directory = Directory::new();
    assert_eq!(directory.run(quota::limit), 300_000);
    let plain = Directory::with(&[]);
    assert_eq!(plain.run(quota::limit), 50_000);

    let set = |quota| directory.store.write(|connection| organization::set_quota(connection, quota)).map_err(|_: StoreError| ()).unwrap();
    let (mut ana, team) = (directory.user("ana"), directory.group("team"));
    let _eve = directory.contact("Eve", "eve@elsewhere.example").unwrap();
    assert_eq!(directory.run(|connection| quota::used(connection, NOW)), 3);
    set(Some(3));
    assert!(matches!(directory.contact("Max", "max@elsewhere.example"), Err(DirectoryError::QuotaExceeded { limit: 3 })));
    directory.run(|connection| users::delete(connection, &mut ana, NOW));
    assert!(directory.contact("Max", "max@elsewhere.example").is_err(), "a restorable object counts whole");
    directory.run(|connection| users::purge(connection, &ana, NOW));
    directory.contact("Max", "max@elsewhere.example").unwrap();
    let mut team = team;
    directory.run(|connection| groups::delete(connection, &mut team, NOW));
    assert_eq!(directory.run(|connection| quota::used(connection, NOW)), 2, "two gone for good count a quarter each");
}

#[test]
fn a_domain_of_ones_own_can_be_federated() {
    let directory = Directory::new();
    let federate = |name: &str| directory.store.write(|connection| domains::set_federated(connection, name, true, NOW));
    assert!(federate("contoso.onmicrosoft.com").is_err());
    assert!(federate("nowhere.example").is_err());
    assert!(federate("contoso.example").unwrap().federated);
    assert!(directory.run(|connection| domains::is_federated(connection, "Contoso.Example")));
}
