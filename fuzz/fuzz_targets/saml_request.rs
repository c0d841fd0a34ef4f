//! Any bytes as a request of SAML 2.0, out of its Base64 and inflated: what is read is written and read again as the same, and no key
//! that signed none of it verifies it.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use samesign_wire::saml::{AuthnRequest, LogoutRequest, LogoutResponse, VerifyingKey, redirect, verify};

static KEYS: LazyLock<[VerifyingKey; 1]> = LazyLock::new(|| {
    let certificate = include_bytes!("saml_response.der");
    [VerifyingKey::from_certificate(certificate).expect("the certificate beside this file holds an RSA key")]
});

fuzz_target!(|bytes: &[u8]| {
    assert!(verify::request(bytes, &*KEYS).is_err(), "verified by a key whose other half nobody has");
    if let Ok(request) = AuthnRequest::read(bytes)
        && let Ok(written) = request.write(None)
    {
        assert_eq!(AuthnRequest::read(written.as_bytes()), Ok(request));
    }
    if let Ok(request) = LogoutRequest::read(bytes)
        && let Ok(written) = request.write(None)
    {
        assert_eq!(LogoutRequest::read(written.as_bytes()), Ok(request));
    }
    let _ = LogoutResponse::read(bytes);
    if let Ok(query) = std::str::from_utf8(bytes) {
        let _ = redirect::decode(query).map(|decoded| decoded.signature.map(|signature| signature.verify(&*KEYS)));
    }
});
