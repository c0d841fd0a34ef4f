//! `samesign passwords hash`: the form in which a password reaches the tenant.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use common::{Ended, Place};

const HASH: [&str; 2] = ["passwords", "hash"];
const SALT: &str = "181a3024085fcee2f70e";
/// The blob published for `Pa$$w0rd` with that salt.
const BLOB: &str = "v1;PPH1_MD4,181a3024085fcee2f70e,1000,b39525c3bc72a1136fcf7c8a338e0c14313d0450d1a4c98ef0a6ddada3bc5b0a;\n";
/// The NT hash of `Pa$$w0rd`.
const NT_HASH: &str = "92937945b518814341de3f726500d4ff";

fn hash(more: &[&str], input: &str) -> Ended {
    Place::new().run_with_input(&[&HASH[..], more].concat(), input)
}

#[test]
fn published_blobs_are_printed() {
    for input in ["Pa$$w0rd", "Pa$$w0rd\n"] {
        let ended = hash(&["--salt", SALT], input);
        assert_eq!((ended.code, ended.stdout.as_str(), ended.stderr.as_str()), (0, BLOB, ""));
    }
    let empty = hash(&["--salt", "01cda06eceb9d9bc2621"], "\n");
    assert_eq!(
        (empty.code, empty.stdout.as_str()),
        (0, "v1;PPH1_MD4,01cda06eceb9d9bc2621,1000,9d4fc778add44776555d3fa6ccb4f9637f25e34a62dbc5fa0f782ef8c762c902;\n")
    );
    assert!(empty.stderr.contains("this is the blob of the empty one"), "{empty:?}");
}

#[test]
fn one_line_feed_is_not_part_of_the_password_and_the_second_is() {
    assert_ne!(hash(&["--salt", SALT], "Pa$$w0rd\n\n").stdout, BLOB);
    assert_ne!(hash(&["--salt", SALT], " Pa$$w0rd").stdout, BLOB);
}

#[test]
fn an_nt_hash_is_as_good_as_its_password() {
    for digits in [NT_HASH.to_owned(), NT_HASH.to_uppercase(), format!("{NT_HASH}\n")] {
        let ended = hash(&["--nt-hash", "--salt", &SALT.to_uppercase()], &digits);
        assert_eq!((ended.code, ended.stdout.as_str()), (0, BLOB), "{ended:?}");
    }
}

#[test]
fn a_salt_that_is_left_out_is_another_each_time() {
    let blobs = [hash(&[], "Pa$$w0rd\n"), hash(&[], "Pa$$w0rd\n")].map(|ended| ended.stdout);
    assert!(blobs.iter().all(|blob| blob.starts_with("v1;PPH1_MD4,") && blob.len() == BLOB.len()), "{blobs:?}");
    assert_ne!(blobs[0], blobs[1]);
}

#[test]
fn long_and_foreign_passwords_are_passwords() {
    for password in ["x".repeat(300), "Grüße, 世界 🔑".to_owned(), " ".to_owned()] {
        let ended = hash(&[], &password);
        assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{password}");
    }
}

#[test]
fn what_is_wrong_is_said_and_never_repeated() {
    for (salt, says) in [
        ("181a30", "a salt is 20 hexadecimal digits (10 bytes), and this is 6 digits long"),
        ("181a3024085fcee2f70z", "and this is no hexadecimal number: `z` is in it"),
    ] {
        let ended = hash(&["--salt", salt], "Pa$$w0rd");
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{ended:?}");
        assert!(ended.stderr.contains(says), "{ended:?}");
    }
    for digits in ["", "9293", "92937945b518814341de3f726500d4fg", "Pa$$w0rd"] {
        let ended = hash(&["--nt-hash"], digits);
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{ended:?}");
        let says = format!("error: an NT hash is 32 hexadecimal digits, and stdin holds {} characters that are not that\n", digits.len());
        assert!(ended.stderr.starts_with(&says), "{ended:?}");
        assert!(digits.is_empty() || !ended.stderr.contains(digits), "{ended:?}");
    }
}

#[test]
fn on_a_terminal_it_asks_and_shows_nothing() {
    let ended = Place::new().converse(&[&HASH[..], &["--salt", SALT]].concat(), &[("Password", "Pa$$w0rd\r".to_owned())]);
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.stdout.contains(BLOB.trim()) && !ended.stdout.contains("Pa$$w0rd"), "{ended:?}");
}
