//! Any bytes as a message with an assertion: whatever they are, no key that signed none of them verifies them.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use samesign_wire::saml::{Presented, VerifyingKey};

static KEYS: LazyLock<[VerifyingKey; 1]> = LazyLock::new(|| {
    let certificate = include_bytes!("saml_response.der");
    [VerifyingKey::from_certificate(certificate).expect("the certificate beside this file holds an RSA key")]
});

fuzz_target!(|bytes: &[u8]| {
    let _ = VerifyingKey::from_certificate(bytes);
    if let Ok(presented) = Presented::read(bytes) {
        assert!(!presented.claimed_issuer().contains('\0'));
        assert!(presented.verify(&*KEYS).is_err(), "verified by a key whose other half nobody has");
    }
});
