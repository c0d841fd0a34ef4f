//! The ciphers below the secrets, against published vectors, and the way back.

use proptest::prelude::*;

use super::super::secrets::{self, SealedPassword, for_tests};

#[test]
fn rc4_is_rc4() {
    let mut text = *b"Plaintext";
    secrets::rc4(b"Key", &mut text);
    assert_eq!(text, [0xbb, 0xf3, 0x16, 0xe8, 0xd9, 0x40, 0xaf, 0x0a, 0xd3]);
    let mut text = *b"Attack at dawn";
    secrets::rc4(b"Secret", &mut text);
    assert_eq!(text, [0x45, 0xa0, 0x1f, 0x64, 0x5f, 0xc3, 0x5b, 0x38, 0x35, 0x52, 0x54, 0x4b, 0x9b, 0xf5]);
}

proptest! {
    #[test]
    fn what_is_sealed_is_opened(hash: [u8; 16], rid: u32, salt: [u8; 16], session_key: Vec<u8>) {
        let payload = for_tests::seal(&hash, rid, &salt, &session_key);
        let opened = secrets::open(&SealedPassword::new(&payload, Some(rid)), &session_key);
        prop_assert_eq!(opened.ok().map(|opened| *opened.expose()), Some(hash));
        let other = secrets::open(&SealedPassword::new(&payload, Some(rid.wrapping_add(1))), &session_key);
        prop_assert_ne!(other.ok().map(|opened| *opened.expose()), Some(hash), "the RID is part of the key");
    }
}
