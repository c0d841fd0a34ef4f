use jiff::Timestamp;
use rusqlite::Connection;

use super::*;
use passwords::Checked;

/// The sign-in tables alone, without the directory they refer to.
fn database() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch(include_str!("../store/migrations/0002_sign_in.sql")).unwrap();
    connection.pragma_update(None, "foreign_keys", false).unwrap();
    connection
}

#[test]
fn a_password_opens_only_its_own_account() {
    let connection = database();
    let now = Timestamp::UNIX_EPOCH;
    passwords::set(&connection, 1, "correct horse", true, now).unwrap();
    passwords::set(&connection, 2, "battery staple", false, now).unwrap();
    let check = |user, password| passwords::check(passwords::stored(&connection, user).unwrap().as_ref(), password);
    assert_eq!(check(1, "correct horse"), Checked::Right { one_time: true });
    assert_eq!(check(2, "battery staple"), Checked::Right { one_time: false });
    assert_eq!(check(1, "battery staple"), Checked::Wrong);
    assert_eq!(check(3, "correct horse"), Checked::Wrong);
}

#[test]
fn the_stand_in_for_nobody_costs_what_a_real_hash_costs() {
    let parameters = |hash: &str| hash.split('$').take(4).collect::<Vec<_>>().join("$");
    assert_eq!(parameters(passwords::NOBODY), parameters(&hash("x").unwrap()));
    assert!(PasswordHash::new(passwords::NOBODY).is_ok());
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
    connection.execute_batch("CREATE TABLE user (number INTEGER PRIMARY KEY, id TEXT); INSERT INTO user VALUES (7, 'ana');").unwrap();
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
