use super::*;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

#[test]
fn a_database_is_made_once_and_opened_after() {
    let folder = folder();
    assert!(matches!(Store::open(folder.path()), Err(StoreError::Missing { .. })));
    Store::create(folder.path()).expect("made");
    assert!(matches!(Store::create(folder.path()), Err(StoreError::Exists { .. })));
    Store::open(folder.path()).expect("opened");
}

#[test]
fn a_database_of_a_newer_version_is_refused() {
    let folder = folder();
    Store::create(folder.path()).expect("made");
    let connection = Connection::open(folder.path().join(FILE_NAME)).expect("opened");
    connection.pragma_update(None, "user_version", 99).expect("set");
    assert!(matches!(Store::open(folder.path()), Err(StoreError::Newer { found: 99, .. })));
}

#[test]
fn a_failed_write_leaves_nothing_and_another_process_sees_a_good_one() {
    let folder = folder();
    let store = Store::create(folder.path()).expect("made");
    let failed: Result<(), StoreError> = store.write(|connection| {
        licences::set_seats(connection, "a", 1)?;
        Err(StoreError::Damaged { what: "on purpose".to_owned() })
    });
    assert!(failed.is_err());
    assert_eq!(lock(&store.idle).len(), 1, "a refusal costs no connection");
    let other = Store::open(folder.path()).expect("opened");
    assert_eq!(other.read(licences::seats).expect("read"), []);
    store.write(|connection| licences::set_seats(connection, "a", 1)).expect("written");
    assert_eq!(other.read(licences::seats).expect("read").len(), 1);
}

#[test]
fn a_key_has_one_owner() {
    let folder = folder();
    let store = Store::create(folder.path()).expect("made");
    let key = |value: &str| keys::Key { kind: keys::KeyKind::Upn, value: value.to_owned() };
    let replace = |owner: &str, wanted: &[keys::Key]| store.write(|connection| keys::replace(connection, owner, wanted)).expect("written");
    assert_eq!(replace("1", &[key("ana")]), None);
    assert_eq!(replace("2", &[key("bob"), key("ana")]), Some((key("ana"), "1".to_owned())));
    assert_eq!(replace("1", &[key("eve")]), None);
    assert_eq!(replace("2", &[key("bob"), key("ana")]), None);
}

/// A database as the first release left it: its users are counted, its agent may give licences, duplicates are put aside from now on.
#[test]
fn a_database_without_groups_is_brought_up_to_date() {
    let folder = folder();
    let old = Connection::open(folder.path().join(FILE_NAME)).expect("opened");
    for step in [
        include_str!("migrations/0001_directory.sql"),
        include_str!("migrations/0002_sign_in.sql"),
        include_str!("migrations/0003_people.sql"),
        "INSERT INTO tenant (one, id, name, display_name, created, epoch, sync_features) VALUES (1, 't', 'x.example', 'X', 0, 'e', 8208)",
        "INSERT INTO domain (name, verified, initial, standard, code, created) VALUES ('x.example', 1, 1, 1, '', 0)",
        "INSERT INTO user (id, upn, upn_key, display_name, display_name_key, enabled, created, sequence, properties)
         VALUES ('1', 'a@x.example', 'a@x.example', 'A', 'a', 1, 0, 1, '{}'), ('2', 'b@x.example', 'b@x.example', 'B', 'b', 1, 0, 2, '{}')",
        "INSERT INTO app (client_id, object_id, name, created) VALUES ('agent', 'o', 'agent', 0), ('other', 'p', 'other', 0)",
        "INSERT INTO app_permission (client_id, permission) VALUES ('agent', 'ADSynchronization.ReadWrite.All'), ('other', 'User.Read.All')",
    ] {
        old.execute_batch(step).expect("an old database");
    }
    old.pragma_update(None, "user_version", 3).expect("set");
    drop(old);
    let store = Store::open(folder.path()).expect("opened");
    let tenant = store.read(organization::load).expect("read");
    assert_eq!((tenant.objects, tenant.quota, tenant.sync_features), (2, None, 8208 | 8 | 32));
    assert!(!store.read(|connection| organization::domain(connection, "x.example")).expect("read").expect("there").federated);
    let may_license = "SELECT client_id FROM app_permission WHERE permission = 'LicenseAssignment.ReadWrite.All'";
    let holders: Vec<String> = store
        .read(|connection| {
            let mut statement = connection.prepare(may_license)?;
            let rows = statement.query_map([], |row| row.get(0))?;
            Ok::<_, StoreError>(rows.collect::<Result<_, _>>()?)
        })
        .expect("read");
    assert_eq!(holders, ["agent"]);
    let one = store.read(|connection| users::by_id(connection, "1")).expect("read").expect("there");
    let purged: Result<_, StoreError> = store.write(|connection| {
        users::purge(connection, &one, 3, 0)?;
        organization::load(connection)
    });
    assert_eq!(purged.expect("written").objects, 1);
}
