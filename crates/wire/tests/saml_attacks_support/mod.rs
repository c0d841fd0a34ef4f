//! Keys, and valid messages to begin with.
#![allow(dead_code, reason = "each test program uses its own part of this")]

use std::sync::OnceLock;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use samesign_wire::saml::{
    Assertion, Attribute, Authentication, AuthenticationMethod, Confirmation, NameId, NameIdFormat, Signer, SigningError, VerifyingKey,
    Version, saml2, saml11,
};
use samesign_wire::wsfed;

/// A key with its certificate.
pub struct Key {
    pair: RsaKeyPair,
    pkcs8: Vec<u8>,
    certificate: Vec<u8>,
}

impl Key {
    pub fn new(size: KeySize) -> Self {
        let pair = RsaKeyPair::generate(size).unwrap();
        let pkcs8 = pair.as_der().unwrap().as_ref().to_vec();
        let for_certificate = rcgen::KeyPair::try_from(pkcs8.as_slice()).unwrap();
        let certificate =
            rcgen::CertificateParams::new(vec!["sts.contoso.example".to_owned()]).unwrap().self_signed(&for_certificate).unwrap();
        Self { pair, pkcs8, certificate: certificate.der().to_vec() }
    }

    /// The issuer's.
    pub fn trusted() -> &'static Self {
        static KEY: OnceLock<Key> = OnceLock::new();
        KEY.get_or_init(|| Self::new(KeySize::Rsa2048))
    }

    /// Somebody else's.
    pub fn attacker() -> &'static Self {
        static KEY: OnceLock<Key> = OnceLock::new();
        KEY.get_or_init(|| Self::new(KeySize::Rsa2048))
    }

    pub fn public(&self) -> VerifyingKey {
        VerifyingKey::from_certificate(&self.certificate).unwrap()
    }

    /// The private key, PKCS #8.
    pub fn pkcs8(&self) -> &[u8] {
        &self.pkcs8
    }
}

impl Signer for Key {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningError> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).map_err(|_| SigningError::Key)?;
        Ok(signature)
    }

    fn certificate(&self) -> &[u8] {
        &self.certificate
    }
}

/// What is signed.
pub fn ana(version: Version) -> Assertion {
    let time = |text: &str| text.parse().unwrap();
    let attribute = |name: &str, value: &str| Attribute { name: name.to_owned(), values: vec![value.to_owned()] };
    let two = version == Version::Two;
    Assertion {
        id: "_0b6f2a7e-4d55-4b8e-9f0e-3b1c9d1f0a11".to_owned(),
        issuer: "http://contoso.example/adfs/services/trust/".to_owned(),
        issued_at: time("2026-11-23T07:20:00Z"),
        not_before: time("2026-11-23T07:19:00Z"),
        not_on_or_after: time("2026-11-23T08:20:00Z"),
        audience: "urn:federation:MicrosoftOnline".to_owned(),
        name_id: NameId {
            value: "bWFuYWdlcg==".to_owned(),
            format: if two { NameIdFormat::Persistent } else { NameIdFormat::Unspecified },
        },
        authentication: Authentication {
            at: time("2026-11-23T07:00:00Z"),
            method: AuthenticationMethod::Windows,
            session_index: two.then(|| "_session".to_owned()),
        },
        confirmation: two.then(|| Confirmation {
            recipient: "https://localhost:8443/login.srf".to_owned(),
            in_response_to: Some("_request".to_owned()),
            not_on_or_after: time("2026-11-23T07:25:00Z"),
        }),
        attributes: if two {
            vec![attribute("IDPEmail", "ana@contoso.example"), attribute("odd", "\u{e9} \u{1F600} <&>\"' \t")]
        } else {
            vec![
                attribute("http://schemas.xmlsoap.org/claims/UPN", "ana@contoso.example"),
                attribute("http://schemas.microsoft.com/ws/2012/01/insidecorporatenetwork", "true"),
            ]
        },
    }
}

/// A SAML 2.0 response around a signed assertion, itself signed or not.
pub fn response(key: &Key, signed: bool) -> String {
    let assertion = ana(Version::Two);
    saml2::Response {
        id: "_response".to_owned(),
        issued_at: assertion.issued_at,
        issuer: assertion.issuer.clone(),
        destination: "https://localhost:8443/login.srf".to_owned(),
        in_response_to: Some("_request".to_owned()),
        status: saml2::Status::Success,
        assertion: Some(saml2::write(&assertion, key).unwrap()),
    }
    .write(signed.then_some(key as &dyn Signer))
    .unwrap()
}

/// A SAML 1.1 token in the answer of WS-Federation.
pub fn rstr(key: &Key) -> String {
    let assertion = ana(Version::One);
    let token = saml11::write(&assertion, key).unwrap();
    wsfed::response(&token, &assertion.audience, assertion.issued_at, assertion.not_on_or_after).unwrap()
}
