//! Faults at each step of verifying: whatever comes out empty or wrong, the answer is never yes.

use aws_lc_rs::digest;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};

use super::{Presented, Refusal, VerifyingKey};
use crate::saml::{Signer, SigningError, Version, signature};

struct Key(RsaKeyPair);

impl Key {
    fn new() -> Self {
        Self(RsaKeyPair::generate(KeySize::Rsa2048).unwrap())
    }

    fn public(&self) -> VerifyingKey {
        VerifyingKey(self.0.public_key().as_ref().to_vec())
    }
}

impl Signer for Key {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningError> {
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).map_err(|_| SigningError::Key)?;
        Ok(signature)
    }

    fn certificate(&self) -> &[u8] {
        &[]
    }
}

const SUBJECT: &str = "<s:Subject><s:NameIdentifier>bWFuYWdlcg==</s:NameIdentifier><s:SubjectConfirmation>\
    <s:ConfirmationMethod>urn:oasis:names:tc:SAML:1.0:cm:bearer</s:ConfirmationMethod></s:SubjectConfirmation></s:Subject>";

/// A signed assertion, with `@` for the signature.
fn presented(key: &Key) -> Presented {
    let unsigned = format!(
        "<s:Assertion xmlns:s=\"urn:oasis:names:tc:SAML:1.0:assertion\" AssertionID=\"_1\" IssueInstant=\"2026-11-23T07:20:00Z\" \
         Issuer=\"urn:issuer\" MajorVersion=\"1\" MinorVersion=\"1\">\
         <s:Conditions NotBefore=\"2026-11-23T07:19:00Z\" NotOnOrAfter=\"2026-11-23T08:20:00Z\"><s:AudienceRestrictionCondition>\
         <s:Audience>urn:us</s:Audience></s:AudienceRestrictionCondition></s:Conditions><s:AuthenticationStatement \
         AuthenticationInstant=\"2026-11-23T07:00:00Z\" AuthenticationMethod=\"urn:x\">{SUBJECT}</s:AuthenticationStatement></s:Assertion>"
    );
    let signature = signature::element("_1", &unsigned, key).unwrap();
    Presented::read(unsigned.replace("</s:Assertion>", &format!("{signature}</s:Assertion>")).as_bytes()).unwrap()
}

#[test]
fn a_fault_at_any_step_is_a_refusal() {
    let key = Key::new();
    let keys = [key.public()];
    let sound = presented(&key);
    assert_eq!(sound.verify(&keys).unwrap().assertion().name_id.value, "bWFuYWdlcg==");

    type Fault = (&'static str, fn(&mut Presented));
    let faults: [Fault; 11] = [
        ("SignedInfo is canonicalized to nothing", |presented| presented.signed.info.clear()),
        ("SignedInfo is canonicalized wrongly", |presented| presented.signed.info.push(' ')),
        ("the assertion is canonicalized to nothing", |presented| presented.signed.covered.clear()),
        ("the assertion is cut off", |presented| presented.signed.covered.truncate(100)),
        ("the assertion is canonicalized to nothing, and digested as such", |presented| {
            presented.signed.covered.clear();
            presented.signed.digest = digest::digest(&digest::SHA256, b"").as_ref().to_vec();
        }),
        ("the digest is empty", |presented| presented.signed.digest.clear()),
        ("the digest is cut off", |presented| presented.signed.digest.truncate(31)),
        ("the signature is empty", |presented| presented.signed.signature.clear()),
        ("the signature is cut off", |presented| presented.signed.signature.truncate(255)),
        ("the signature is one", |presented| presented.signed.signature = vec![1]),
        ("the issuer by whom keys were chosen is another", |presented| presented.claimed_issuer.push('x')),
    ];
    for (fault, inject) in faults {
        let mut presented = sound.clone();
        inject(&mut presented);
        assert!(presented.verify(&keys).is_err(), "{fault}");
    }
    let mut other = sound.clone();
    other.version = Version::Two;
    assert!(other.verify(&keys).is_err(), "read in another version than signed");
}

#[test]
fn keys_that_cannot_be_used_verify_nothing() {
    let key = Key::new();
    let sound = presented(&key);
    assert_eq!(sound.verify(&[]), Err(Refusal::NoKey));
    for damaged in [Vec::new(), vec![0x30, 0], key.public().0.split_last().unwrap().1.to_vec()] {
        assert_eq!(sound.verify(&[VerifyingKey(damaged)]), Err(Refusal::Signature));
    }
    assert_eq!(sound.verify(&[Key::new().public()]), Err(Refusal::Signature));
}

#[test]
fn what_errors_quote_is_short() {
    let long = "x".repeat(1_000);
    for refusal in [Refusal::value("Issuer", &long), Refusal::unexpected(&long)] {
        assert!(refusal.to_string().len() < 256, "{refusal}");
    }
    assert!(!Refusal::unexpected("a\u{7}\nb").to_string().contains(['\u{7}', '\n']));
}
