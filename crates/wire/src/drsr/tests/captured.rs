//! An increment as Samba 4.17 sent it: two passwords of many people changed, one account disabled, one deleted, one more password
//! changed, and two link values behind them.

use super::super::{Cursor, ReplicatedObject, UsnVector, decode_reply, secrets};
use crate::password::NtHash;

/// The reply's stub data. The people in it exist in a test domain only.
pub const INCREMENT: &[u8] = include_bytes!("increment.bin");
/// The session key of the connection that it came over.
pub const SESSION_KEY: &[u8] = b"60Qy1ev5TvUIkeSi";

const INVOCATION_ID: [u8; 16] = [0x50, 0x11, 0x0f, 0x90, 0x5b, 0x90, 0xab, 0x41, 0xb6, 0x9d, 0xcc, 0x70, 0x0e, 0xbe, 0x33, 0x6c];
/// When all of it happened, in seconds since 1970.
const CHANGED: i64 = 13_439_867_618 - 11_644_473_600;

#[test]
fn the_watermark_and_the_end_of_the_cycle_are_read() {
    let reply = decode_reply(INCREMENT).unwrap();
    assert_eq!(reply.invocation_id, INVOCATION_ID);
    assert_eq!(reply.to, UsnVector { high_object_update: 3985, reserved: 0, high_property_update: 3985 });
    assert_eq!(reply.up_to_date, Some(vec![Cursor { invocation_id: INVOCATION_ID, usn: 3985 }]));
    assert!(!reply.more);
    assert_eq!((reply.extended_result, reply.objects.len()), (0, 5));
}

#[test]
fn only_what_changed_of_an_object_is_told() {
    let reply = decode_reply(INCREMENT).unwrap();
    let told = |object: &ReplicatedObject| (object.deleted, object.account_control, object.password.as_ref().map(|p| p.sealed.is_some()));
    let all: Vec<_> = reply.objects.iter().map(told).collect();
    let password_changed = (None, None, Some(true));
    let disabled = (None, Some(0x202), None);
    let deleted = (Some(true), None, Some(false));
    assert_eq!(all, [password_changed, password_changed, disabled, deleted, password_changed]);
    let deleted = &reply.objects[3];
    let guid = [0x18, 0xcf, 0x27, 0xb8, 0x65, 0x60, 0x7e, 0x43, 0x86, 0xb5, 0xcf, 0x60, 0xd8, 0x6f, 0x8c, 0x81];
    assert_eq!(deleted.guid, guid, "b827cf18-6065-437e-86b5-cf60d86f8c81");
    let stamps: Vec<_> = reply.objects.iter().filter_map(|object| object.password.as_ref()).map(|p| (p.version, p.changed)).collect();
    assert_eq!(stamps, [(2, CHANGED); 4]);
    let set = reply.objects[0].password_last_set.unwrap();
    assert_eq!(set / 10_000_000, CHANGED + 11_644_473_600 - 1, "a FILETIME, of the second before");
    assert_eq!(reply.objects[3].password_last_set, None, "cleared with the password");
}

#[test]
fn the_hashes_are_those_of_the_passwords() {
    let reply = decode_reply(INCREMENT).unwrap();
    let sealed = reply.objects.iter().filter_map(|object| object.password.as_ref()?.sealed.as_ref());
    let hashes: Vec<_> = sealed.map(|sealed| *secrets::open(sealed, SESSION_KEY).ok().unwrap().expose()).collect();
    let expected = ["Neu-1-Pässwort", "Zweites 😀 Pw-2", "Drittes-Pw-8"].map(|password| *NtHash::of_password(password).expose());
    assert_eq!(hashes, expected);
}

#[test]
fn a_hash_opens_with_its_own_session_key_only() {
    let reply = decode_reply(INCREMENT).unwrap();
    let sealed = reply.objects[0].password.as_ref().unwrap().sealed.as_ref().unwrap();
    assert_eq!(secrets::open(sealed, b"0000000000000000").err(), Some(secrets::SecretError::Checksum));
}

/// A decoder that forgets a limit finds it here: what is read must not depend on bytes that are not there.
#[test]
fn every_truncation_is_an_error() {
    for end in 0..INCREMENT.len() {
        assert!(decode_reply(&INCREMENT[..end]).is_err(), "{end}");
    }
}
