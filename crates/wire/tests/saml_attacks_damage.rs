//! Damaged messages: cut off anywhere, or with one byte changed. They are refused, or say exactly what was signed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "saml_attacks_support/mod.rs"]
mod support;

use std::sync::LazyLock;

use samesign_wire::saml::{Presented, Refusal, Verified, VerifyingKey};
use support::{Key, response, rstr};

fn verify(message: &[u8]) -> Result<Verified, Refusal> {
    static KEYS: LazyLock<[VerifyingKey; 1]> = LazyLock::new(|| [Key::trusted().public()]);
    Presented::read(message)?.verify(&*KEYS)
}

fn messages() -> [String; 2] {
    [response(Key::trusted(), false), rstr(Key::trusted())]
}

#[test]
fn no_message_that_is_cut_off_is_accepted() {
    for message in messages() {
        assert!(verify(message.as_bytes()).is_ok());
        for end in 0..message.len() {
            assert!(verify(&message.as_bytes()[..end]).is_err(), "cut off at {end}");
        }
    }
}

#[test]
fn a_changed_byte_changes_no_claim() {
    for message in messages() {
        let genuine = verify(message.as_bytes()).unwrap();
        let mut accepted = 0;
        let mut damaged = message.clone().into_bytes();
        for at in 0..message.len() {
            let byte = damaged[at];
            // Another letter or digit; the other case, or anything at all.
            for other in [byte ^ 0x01, [byte ^ 0x20, (at * 89 % 256) as u8][at % 2]].into_iter().filter(|other| *other != byte) {
                damaged[at] = other;
                if let Ok(verified) = verify(&damaged) {
                    assert_eq!(verified, genuine, "byte {at} is {other:#04x}");
                    accepted += 1;
                }
            }
            damaged[at] = byte;
        }
        // What is not signed may change: the message around the assertion, and KeyInfo.
        assert!((1..message.len() * 2).contains(&accepted), "{accepted} changes accepted");
    }
}

#[test]
fn a_byte_more_or_less_changes_no_claim() {
    for message in messages() {
        let genuine = verify(message.as_bytes()).unwrap();
        for at in (0..message.len()).step_by(7) {
            let (before, after) = message.as_bytes().split_at(at);
            let more = [before, &after[..1], after].concat();
            let less = [before, &after[1..]].concat();
            for damaged in [more, less] {
                if let Ok(verified) = verify(&damaged) {
                    assert_eq!(verified, genuine, "byte {at}");
                }
            }
        }
    }
}
