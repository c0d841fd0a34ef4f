use jiff::Timestamp;
use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use samesign_wire::Secret;
use samesign_wire::password::{CredentialData, NtHash, derive};

use super::*;
use passwords::Synced;

/// The sign-in tables alone, without the directory they refer to, but for its bare users.
fn database() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch(include_str!("../store/migrations/0002_sign_in.sql")).unwrap();
    connection.execute_batch(include_str!("../store/migrations/0003_people.sql")).unwrap();
    connection.pragma_update(None, "foreign_keys", false).unwrap();
    connection.execute_batch("CREATE TABLE user (number INTEGER PRIMARY KEY, id TEXT); INSERT INTO user VALUES (7, 'ana');").unwrap();
    let fold = |context: &rusqlite::functions::Context<'_>| Ok(crate::store::fold(&context.get::<String>(0)?));
    connection.create_scalar_function("fold", 1, FunctionFlags::SQLITE_UTF8, fold).unwrap();
    connection
}

fn blob(password: &str) -> CredentialData {
    derive(&[(NtHash::of_password(password), [7; 10])]).pop().unwrap()
}

/// Whether the password is right, by both halves of the check.
fn opens(connection: &Connection, user: i64, password: &str) -> bool {
    let stored = passwords::stored(connection, user).unwrap();
    let password = Secret::new(password.to_owned());
    let by_blob = passwords::check_blob(stored.as_ref(), &password);
    let (by_argon2, _) = passwords::check_argon2(stored.as_ref(), &[0; passwords::SALT_BYTES], &password).unwrap();
    by_blob || by_argon2
}

#[test]
fn a_password_opens_only_its_own_account() {
    let connection = database();
    let now = Timestamp::UNIX_EPOCH;
    passwords::set(&connection, 1, "correct horse", true, now).unwrap();
    passwords::set_synced(&connection, 2, &blob("battery staple"), false, 5, 9).unwrap();
    let one_time = |user| passwords::stored(&connection, user).unwrap().unwrap().is_one_time();
    assert_eq!((one_time(1), one_time(2)), (true, false));
    for (user, password, right) in [
        (1, "correct horse", true),
        (2, "battery staple", true),
        (1, "battery staple", false),
        (2, "correct horse", false),
        (2, "Battery staple", false),
        (3, "correct horse", false),
        (1, "", false),
        (2, "", false),
    ] {
        assert_eq!(opens(&connection, user, password), right, "{user} {password}");
    }
}

#[test]
fn no_byte_of_a_long_password_is_ignored() {
    let connection = database();
    for length in [0, 1, 55, 56, 64, 72, 73, 127, 128, 256, 1_024] {
        let password = "a".repeat(length);
        passwords::set_synced(&connection, 1, &blob(&password), false, i64::try_from(length).unwrap(), 0).unwrap();
        assert!(opens(&connection, 1, &password));
        assert!(!opens(&connection, 1, &format!("{password}a")));
        for at in [0, length / 2, length.saturating_sub(1)] {
            let mut other = password.clone();
            if at < length {
                other.replace_range(at..=at, "b");
                assert!(!opens(&connection, 1, &other), "byte {at} of {length}");
            }
        }
    }
}

#[test]
fn the_newer_password_wins_and_a_reset_holds_until_active_directory_has_a_newer_one() {
    let connection = database();
    let set = |password, changed| passwords::set_synced(&connection, 1, &blob(password), false, changed, 1_000).unwrap();
    assert_eq!(set("first", 100), Synced::Stored);
    assert_eq!(set("older", 99), Synced::KeptNewer);
    assert!(opens(&connection, 1, "first"));
    assert_eq!(set("first", 100), Synced::Stored, "the same again");
    passwords::set(&connection, 1, "Cloud-reset-1", false, Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(set("first", 100), Synced::KeptNewer);
    assert!(opens(&connection, 1, "Cloud-reset-1"));
    assert_eq!(set("second", 101), Synced::Stored);
    assert!(opens(&connection, 1, "second") && !opens(&connection, 1, "Cloud-reset-1"));
}

#[test]
fn an_assertion_serves_once_per_application() {
    let connection = database();
    assert!(apps::spend_assertion(&connection, "a", "1", 100, 50).unwrap());
    assert!(!apps::spend_assertion(&connection, "a", "1", 100, 50).unwrap());
    assert!(apps::spend_assertion(&connection, "b", "1", 100, 50).unwrap());
    assert!(apps::spend_assertion(&connection, "a", "1", 200, 101).unwrap(), "its first use had expired and was forgotten");
}

#[test]
fn a_session_ends_when_idle_when_old_and_when_signed_out() {
    let connection = database();
    let ana = |extend| Some(("ana".to_owned(), extend));
    let user = |token, now| sessions::user(&connection, token, now).unwrap();
    sessions::begin(&connection, "t", 7, 1000).unwrap();
    assert_eq!(user("t", 1000), ana(false));
    assert_eq!(user("other", 1000), None);
    assert_eq!(user("t", 1000 + sessions::IDLE_SECONDS), ana(true));
    assert_eq!(user("t", 1001 + sessions::IDLE_SECONDS), None);

    sessions::extend(&connection, "t", 1000 + sessions::LIFETIME_SECONDS).unwrap();
    assert_eq!(user("t", 1000 + sessions::LIFETIME_SECONDS), ana(false));
    assert_eq!(user("t", 1001 + sessions::LIFETIME_SECONDS), None);

    sessions::end(&connection, "t").unwrap();
    assert_eq!(user("t", 1000), None);
}
