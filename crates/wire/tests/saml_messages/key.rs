//! A key that signs, as the federation service makes them, and what it signs in tests.
#![allow(dead_code, reason = "each test program uses its own part of this")]

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use jiff::{SignedDuration, Timestamp};
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use samesign_wire::saml::{
    Assertion, Attribute, Authentication, AuthenticationMethod, Confirmation, NameId, NameIdFormat, Signer, SigningError,
};

pub const ISSUER: &str = "http://contoso.example/adfs/services/trust/";
pub const AUDIENCE: &str = "urn:federation:MicrosoftOnline";
pub const RECIPIENT: &str = "https://login.contoso.example/login.srf";
pub const REQUEST: &str = "_9c3f0d7a6b5e4f3c2d1e0f9a8b7c6d5e";
/// Base64 of a GUID that has a plus sign, a slash and padding.
pub const ANCHOR: &str = "7+/vv70+T0K/gxYx+/8BAg==";
/// What XML escapes, what it does not, and what ASCII does not have.
pub const UPN: &str = "anna.o'brien+żółć@contoso.example";
pub const ODD: &str = "<Ana & \"Béla\"> 'Größe' ]]> \u{1F600} – λ";

/// An RSA key of 2048 bits with its self-signed certificate.
pub struct TestKey {
    pair: RsaKeyPair,
    certificate: Vec<u8>,
}

impl TestKey {
    pub fn new() -> Self {
        let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
        let certificate = CertificateParams::new(vec!["sts.contoso.example".to_owned()]).unwrap().self_signed(&key).unwrap();
        Self { pair: RsaKeyPair::from_pkcs8(&key.serialize_der()).unwrap(), certificate: certificate.der().to_vec() }
    }
}

impl Signer for TestKey {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningError> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).map_err(|_| SigningError::Key)?;
        Ok(signature)
    }

    fn certificate(&self) -> &[u8] {
        &self.certificate
    }
}

/// An assertion of SAML 2.0 about Anna, made at `now`.
pub fn saml2_assertion(now: Timestamp) -> Assertion {
    let attribute = |name: &str, value: &str| Attribute { name: name.to_owned(), values: vec![value.to_owned()] };
    Assertion {
        id: "_0123456789abcdef0123456789abcdef".to_owned(),
        issuer: ISSUER.to_owned(),
        issued_at: now,
        not_before: now - SignedDuration::from_secs(60),
        not_on_or_after: now + SignedDuration::from_hours(1),
        audience: AUDIENCE.to_owned(),
        name_id: NameId { value: ANCHOR.to_owned(), format: NameIdFormat::Persistent },
        authentication: Authentication {
            at: now - SignedDuration::from_secs(5),
            method: AuthenticationMethod::Password,
            session_index: Some("_5e55104".to_owned()),
        },
        confirmation: Some(Confirmation {
            recipient: RECIPIENT.to_owned(),
            in_response_to: Some(REQUEST.to_owned()),
            not_on_or_after: now + SignedDuration::from_mins(5),
        }),
        attributes: vec![attribute("IDPEmail", UPN), attribute("displayName", ODD)],
    }
}

/// An assertion of SAML 1.1 about Anna, made at `now`.
pub fn saml11_assertion(now: Timestamp) -> Assertion {
    let attribute = |name: &str, value: &str| Attribute { name: name.to_owned(), values: vec![value.to_owned()] };
    Assertion {
        name_id: NameId { value: ANCHOR.to_owned(), format: NameIdFormat::Unspecified },
        confirmation: None,
        authentication: Authentication {
            at: now - SignedDuration::from_secs(5),
            method: AuthenticationMethod::Windows,
            session_index: None,
        },
        attributes: vec![
            attribute("http://schemas.xmlsoap.org/claims/UPN", UPN),
            attribute("http://schemas.microsoft.com/LiveID/Federation/2008/05/ImmutableID", ANCHOR),
            attribute("http://schemas.microsoft.com/ws/2012/01/insidecorporatenetwork", "true"),
            attribute("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name", ODD),
        ],
        ..saml2_assertion(now)
    }
}
