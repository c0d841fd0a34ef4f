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
    connection.execute_batch(include_str!("../store/migrations/0005_federation.sql")).unwrap();
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

// Covers: password.cloud-reset
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

/// A wrong password's hash, without the work.
fn hashed(number: i64) -> [u8; passwords::HASH_BYTES] {
    let mut hashed = [0; passwords::HASH_BYTES];
    hashed[..8].copy_from_slice(&number.to_be_bytes());
    hashed
}

#[test]
fn locks_grow_and_end_by_themselves() {
    let connection = database();
    let subject = lockout::Subject::user(&connection, 7, "192.0.2.1", 0).unwrap();
    let wait = |now| lockout::load(&connection, &subject).unwrap().unwrap().wait_seconds(now);
    let wrong = |number, now| {
        let count = lockout::load(&connection, &subject).unwrap().unwrap();
        lockout::count(&connection, &subject, &count, &hashed(number), now).unwrap();
    };
    (1..10).for_each(|number| wrong(number, 1_000));
    assert_eq!(wait(1_000), 0);
    let mut now = 1_000;
    let mut minutes = Vec::new();
    for number in 10..17 {
        wrong(number, now);
        minutes.push(wait(now) / 60);
        now += wait(now);
        assert_eq!(wait(now), 0);
    }
    assert_eq!(minutes, [1, 2, 4, 8, 15, 15, 15]);
    wrong(17, now + 3_600);
    assert_eq!(wait(now + 3_600), 0, "after an hour all is forgotten");
}

#[test]
fn ten_thousand_guesses_in_an_hour_lead_to_fewer_than_a_hundred_checks() {
    let connection = database();
    let subject = lockout::Subject::user(&connection, 7, "192.0.2.1", 0).unwrap();
    let checks = (0..10_000_i64).filter(|guess| {
        let now = guess * 3_600 / 10_000;
        let count = lockout::load(&connection, &subject).unwrap().unwrap();
        let checked = count.wait_seconds(now) == 0;
        checked.then(|| lockout::count(&connection, &subject, &count, &hashed(*guess), now).unwrap());
        checked
    });
    let checks = checks.count();
    assert!(checks <= 20, "{checks} checks");
}

#[test]
fn made_up_names_do_not_fill_the_disk() {
    let connection = database();
    let user = lockout::Subject::user(&connection, 7, "192.0.2.1", 0).unwrap();
    let empty = lockout::Count::empty().unwrap();
    lockout::count(&connection, &user, &empty, &hashed(0), 0).unwrap();
    for number in 0..10_020 {
        let stranger = lockout::Subject::stranger(&format!("{number}@contoso.example"));
        lockout::count(&connection, &stranger, &empty, &hashed(0), 1 + number).unwrap();
    }
    let rows: i64 = connection.query_row("SELECT count(*) FROM lockout", [], |row| row.get(0)).unwrap();
    assert!(rows <= 10_002, "{rows}");
    let kept: i64 = connection.query_row("SELECT count(*) FROM lockout WHERE subject = '#7'", [], |row| row.get(0)).unwrap();
    assert_eq!(kept, 1);
}

#[test]
fn the_log_forgets_its_oldest_rows() {
    let connection = database();
    connection.execute_batch("INSERT INTO sign_in_log (number, at, upn, client, via, address, code) VALUES (1, 0, 'a@b', '', '', '', 0), (100000, 0, 'c@d', '', '', '', 0)").unwrap();
    let entry = log::Entry { at: 1, upn: "e@f", user: None, client: "", via: sign_in::Via::Page, address: "", code: 50126, detail: "" };
    log::record(&connection, &entry).unwrap();
    let names: Vec<_> = log::page(&connection, None, 10).unwrap().into_iter().map(|row| row.upn).collect();
    assert_eq!(names, ["e@f", "c@d"]);
}

fn app(client_type: apps::ClientType) -> apps::App {
    apps::App { client_id: "app".to_owned(), object_id: "o".to_owned(), name: "App".to_owned(), client_type }
}

fn new_code(challenge: Option<&str>) -> codes::NewCode {
    codes::NewCode {
        client_id: "app".to_owned(),
        redirect_uri: "https://app.example/in".to_owned(),
        user: 7,
        scope: "openid offline_access".to_owned(),
        nonce: Some("n".to_owned()),
        code_challenge: challenge.map(str::to_owned),
    }
}

// The example of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn good(code: &str) -> codes::Redemption<'_> {
    codes::Redemption { code, client_id: "app", redirect_uri: "https://app.example/in", code_verifier: Some(VERIFIER), public: true }
}

#[test]
fn a_code_serves_once_for_a_minute_to_whom_it_was_made_for() {
    use codes::CodeRefusal::{Expired, Redirect, Unknown, Used, Verifier};
    let connection = database();
    let outcome = |challenge, now, change: &dyn Fn(&mut codes::Redemption<'_>)| {
        let code = codes::issue(&connection, &new_code(challenge), 100).unwrap();
        let mut with = good(&code);
        change(&mut with);
        codes::redeem(&connection, &with, now).unwrap().map(|redeemed| redeemed.user)
    };
    let challenge = Some(CHALLENGE);
    assert_eq!(outcome(challenge, 159, &|_| ()), Ok(7));
    assert_eq!(outcome(challenge, 160, &|_| ()), Err(Expired));
    assert_eq!(outcome(challenge, 100, &|with| with.client_id = "other"), Err(Unknown));
    assert_eq!(outcome(challenge, 100, &|with| with.code = "made up"), Err(Unknown));
    assert_eq!(outcome(challenge, 100, &|with| with.redirect_uri = "https://app.example/in/"), Err(Redirect));
    assert_eq!(outcome(challenge, 100, &|with| with.code_verifier = None), Err(Verifier));
    assert_eq!(outcome(challenge, 100, &|with| with.code_verifier = Some(CHALLENGE)), Err(Verifier));
    assert_eq!(outcome(None, 100, &|_| ()), Err(Verifier), "a verifier without a challenge");
    assert_eq!(outcome(None, 100, &|with| with.code_verifier = None), Err(Verifier), "a public client without PKCE");
    assert_eq!(outcome(None, 100, &|with| (with.code_verifier, with.public) = (None, false)), Ok(7));

    let code = codes::issue(&connection, &new_code(challenge), 100).unwrap();
    let redeemed = codes::redeem(&connection, &good(&code), 100).unwrap().unwrap();
    let grant = refresh::Grant { family: redeemed.family, user: 7, client_id: "app".to_owned(), scope: redeemed.scope, proved: false };
    let token = refresh::issue(&connection, &grant, 100).unwrap();
    assert_eq!(codes::redeem(&connection, &good(&code), 101).unwrap(), Err(Used));
    let after = refresh::spend(&connection, &token, "app", false, 101).unwrap();
    assert_eq!(after, Err(refresh::RefreshRefusal::Unknown), "what came of a code that was used twice is taken back");
    let wrong = codes::issue(&connection, &new_code(challenge), 100).unwrap();
    codes::redeem(&connection, &codes::Redemption { code_verifier: None, ..good(&wrong) }, 100).unwrap().unwrap_err();
    assert_eq!(codes::redeem(&connection, &good(&wrong), 100).unwrap(), Err(Used), "a verifier cannot be guessed");
}

#[test]
fn a_refresh_token_serves_once_and_its_reuse_ends_the_family() {
    use refresh::RefreshRefusal::{Expired, Reused, Unknown, Unproved};
    let connection = database();
    let grant = |family: &str| {
        let (client_id, scope) = ("app".to_owned(), "openid".to_owned());
        refresh::Grant { family: family.to_owned(), user: 7, client_id, scope, proved: false }
    };
    let first = refresh::issue(&connection, &grant("f"), 0).unwrap();
    let other = refresh::issue(&connection, &grant("g"), 0).unwrap();
    let spend = |token: &str, client: &str, now| refresh::spend(&connection, token, client, false, now).unwrap();
    let proved = refresh::issue(&connection, &refresh::Grant { proved: true, ..grant("p") }, 0).unwrap();
    assert_eq!(spend(&proved, "app", 1), Err(Unproved));
    assert!(refresh::spend(&connection, &proved, "app", true, 1).unwrap().is_ok(), "that was no use of it");
    assert_eq!(spend(&first, "another app", 1), Err(Unknown));
    assert_eq!(spend(&first, "app", 1), Ok(grant("f")));
    let second = refresh::issue(&connection, &grant("f"), 1).unwrap();
    assert_eq!(spend(&first, "app", 2), Err(Reused));
    assert_eq!(spend(&second, "app", 2), Err(Unknown));
    assert_eq!(spend(&other, "app", refresh::LIFETIME_SECONDS), Err(Expired));
    let third = refresh::issue(&connection, &grant("h"), 3).unwrap();
    passwords::set_synced(&connection, 7, &blob("new"), false, 1, 1).unwrap();
    assert_eq!(spend(&third, "app", 4), Err(Unknown), "a new password ends what was given before");
}

#[test]
fn a_device_waits_for_a_person_and_gets_one_answer() {
    use device::Polled::{Approved, Expired, Pending, Refused, SlowDown, Unknown};
    let connection = database();
    apps::add(&connection, &app(apps::ClientType::Public), Timestamp::UNIX_EPOCH).unwrap();
    let start = || device::start(&connection, "app", "openid", 1_000).unwrap();
    let poll = |started: &device::Started, now| device::poll(&connection, &started.device_code, "app", now).unwrap();
    let started = start();
    assert_eq!(started.user_code.len(), 9);
    assert_eq!(poll(&started, 1_000), Pending);
    assert_eq!(poll(&started, 1_002), SlowDown);
    assert_eq!(poll(&started, 1_007), Pending);
    assert_eq!(device::poll(&connection, &started.device_code, "other", 1_020).unwrap(), Unknown);
    let typed = format!(" {}-{} ", started.user_code[..4].to_lowercase(), &started.user_code[4..]);
    assert_eq!(device::pending(&connection, &typed, 1_000).unwrap().unwrap().client_name, "App");
    assert!(device::approve(&connection, &typed, 7, 1_000).unwrap());
    assert!(!device::refuse(&connection, &typed, 7, 1_000).unwrap(), "it was answered");
    assert_eq!(poll(&started, 1_020), Approved { user: 7, scope: "openid".to_owned() });
    assert_eq!(poll(&started, 1_030), Unknown, "it serves once");

    let refused = start();
    assert!(device::refuse(&connection, &refused.user_code, 7, 1_000).unwrap());
    assert_eq!(poll(&refused, 1_010), Refused);
    let late = start();
    assert!(!device::approve(&connection, &late.user_code, 7, 1_900).unwrap());
    assert_eq!(device::pending(&connection, &late.user_code, 1_900).unwrap(), None);
    assert_eq!(poll(&late, 1_900), Expired);
}

#[test]
fn an_address_is_registered_letter_by_letter() {
    let connection = database();
    use apps::ClientType::{AllowsPublicFlows, Confidential, Public};
    for client_type in [Public, AllowsPublicFlows, Confidential] {
        connection.execute_batch("DELETE FROM app_redirect; DELETE FROM app").unwrap();
        apps::add(&connection, &app(client_type), Timestamp::UNIX_EPOCH).unwrap();
        for uri in ["https://app.example/in", "http://localhost", "http://127.0.0.1/in"] {
            apps::add_redirect(&connection, "app", uri).unwrap();
        }
        let registered = |uri: &str| apps::redirect_is_registered(&connection, &app(client_type), uri).unwrap();
        for uri in ["https://app.example/in", "http://localhost", "http://127.0.0.1/in"] {
            assert!(registered(uri), "{uri}");
        }
        for uri in ["http://localhost:8400", "http://127.0.0.1:65535/in"] {
            assert_eq!(registered(uri), client_type != Confidential, "{uri}");
        }
        for uri in [
            "https://app.example/in/",
            "https://app.example/IN",
            "HTTPS://app.example/in",
            "https://app.example:443/in",
            "https://app.example/in?x",
            "https://app.example/in#x",
            "https://app.example./in",
            "http://localhost/",
            "http://localhost:/",
            "http://localhost:0",
            "http://localhost:08400",
            "http://localhost:65536",
            "http://localhost:8400/",
            "http://localhost:8400@evil.example",
            "http://localhost:8400.evil.example",
            "http://localhost.evil.example",
            "http://localhost:8400/in",
            "http://127.0.0.1:8400",
            "http://127.0.0.1:84/in/../out",
            "https://localhost:8400",
            "",
        ] {
            assert!(!registered(uri), "{uri}");
        }
    }
}
