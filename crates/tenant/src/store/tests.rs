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
