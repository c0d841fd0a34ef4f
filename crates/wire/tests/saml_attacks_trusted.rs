//! What the issuer's own key signed, but in another way than we accept, or over something else.
//!
//! The attack corpus cannot show that these are refused for themselves: there, digest or signature are wrong as well.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "saml_attacks/mod.rs"]
mod attacks;
#[path = "saml_attacks_support/mod.rs"]
mod support;

use attacks::Message;
use aws_lc_rs::digest::{self, Algorithm};
use aws_lc_rs::rsa::KeySize;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use samesign_wire::saml::xml::{Text, canonical};
use samesign_wire::saml::{Presented, Refusal, Signer, Verified, VerifyingKey, Version, saml2, saml11};
use support::{Key, ana, response, rstr};

const C14N: &str = r#"<ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"></ds:CanonicalizationMethod>"#;
const METHOD: &str = r#"<ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"></ds:SignatureMethod>"#;
const ENVELOPED: &str = r#"<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"></ds:Transform>"#;
const EXCLUSIVE: &str = r#"<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"></ds:Transform>"#;
const SHA256: &str = r#"<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></ds:DigestMethod>"#;
const SHA1: &str = r#"<ds:DigestMethod Algorithm="http://www.w3.org/2000/09/xmldsig#sha1"></ds:DigestMethod>"#;
const SHA512: &str = r#"<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha512"></ds:DigestMethod>"#;

/// What is tried, the message, and what shows that it was refused for that.
type Refused = (&'static str, String, fn(&Refusal) -> bool);

fn verify(message: &str) -> Result<Verified, Refusal> {
    Presented::read(message.as_bytes())?.verify(&[Key::trusted().public()])
}

/// A sound signature by the trusted key over whatever stands in `SignedInfo`, written canonically.
fn signature(info: &str) -> String {
    let signed = format!("<ds:SignedInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">{info}</ds:SignedInfo>");
    let value = STANDARD.encode(Key::trusted().sign(signed.as_bytes()).unwrap());
    let inside = format!("<ds:SignedInfo>{info}</ds:SignedInfo><ds:SignatureValue>{value}</ds:SignatureValue>");
    format!("<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">{inside}</ds:Signature>")
}

fn reference(uri: &str, transforms: &str, method: &str, value: &str) -> String {
    let digest = format!("{method}<ds:DigestValue>{value}</ds:DigestValue>");
    format!("<ds:Reference{uri}><ds:Transforms>{transforms}</ds:Transforms>{digest}</ds:Reference>")
}

fn digest_of(element: &str, algorithm: &'static Algorithm) -> String {
    let text = Text::read(element.as_bytes()).unwrap();
    STANDARD.encode(digest::digest(algorithm, canonical(text.document().unwrap().root(), &[]).as_bytes()))
}

#[test]
fn another_way_to_sign_is_refused_though_the_key_is_right() {
    for genuine in [response(Key::trusted(), false), rstr(Key::trusted())] {
        let message = Message::of(&genuine);
        let (unsigned, id) = (message.unsigned(), format!(" URI=\"#{}\"", message.id()));
        let value = digest_of(&unsigned, &digest::SHA256);
        let usual = format!("{ENVELOPED}{EXCLUSIVE}");
        let sound = format!("{C14N}{METHOD}{}", reference(&id, &usual, SHA256, &value));
        let with = |info: &str| message.with_signature(&signature(info));
        assert!(verify(&with(&sound)).is_ok(), "the signatures that this test makes are sound");

        let with_reference = |reference: &str| with(&format!("{C14N}{METHOD}{reference}"));
        let other = |text: &str, by: &str| sound.replace(text, by);
        let inclusive = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
        let exclusive_in = |tag: &str| {
            other(&format!("{tag} Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\""), &format!("{tag} Algorithm=\"{inclusive}\""))
        };
        let whole = digest_of(&message.with_assertion(&unsigned), &digest::SHA256);
        let refused: [Refused; 19] = [
            ("inclusive canonicalization of SignedInfo", with(&exclusive_in("Method")), is_algorithm),
            ("inclusive canonicalization of the assertion", with(&exclusive_in("Transform")), is_algorithm),
            ("RSA with SHA-1 by name", with(&other("2001/04/xmldsig-more#rsa-sha256", "2000/09/xmldsig#rsa-sha1")), is_algorithm),
            ("RSA with SHA-512 by name", with(&other("#rsa-sha256", "#rsa-sha512")), is_algorithm),
            (
                "a digest with SHA-1",
                with_reference(&reference(&id, &usual, SHA1, &digest_of(&unsigned, &digest::SHA1_FOR_LEGACY_USE_ONLY))),
                is_algorithm,
            ),
            (
                "a digest with SHA-512",
                with_reference(&reference(&id, &usual, SHA512, &digest_of(&unsigned, &digest::SHA512))),
                is_algorithm,
            ),
            ("no enveloped transform", with_reference(&reference(&id, EXCLUSIVE, SHA256, &value)), is_shape),
            ("the enveloped transform alone", with_reference(&reference(&id, ENVELOPED, SHA256, &value)), is_shape),
            ("no transforms", with_reference(&reference(&id, "", SHA256, &value)), is_shape),
            (
                "transforms the other way round",
                with_reference(&reference(&id, &format!("{EXCLUSIVE}{ENVELOPED}"), SHA256, &value)),
                is_algorithm,
            ),
            ("a third transform", with_reference(&reference(&id, &format!("{usual}{EXCLUSIVE}"), SHA256, &value)), is_shape),
            ("the whole document", with_reference(&reference(" URI=\"\"", &usual, SHA256, &whole)), is_reference),
            ("the whole document, unsaid", with_reference(&reference("", &usual, SHA256, &whole)), is_reference),
            ("the root by its id", with_reference(&reference(" URI=\"#_response\"", &usual, SHA256, &whole)), is_reference),
            ("two references", with_reference(&reference(&id, &usual, SHA256, &value).repeat(2)), is_shape),
            ("no reference", with_reference(""), is_shape),
            ("a reference with an id", with_reference(&reference(&format!(" Id=\"_r\"{id}"), &usual, SHA256, &value)), is_shape),
            (
                "nothing digested",
                with_reference(&reference(&id, &usual, SHA256, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")),
                |refusal| *refusal == Refusal::Digest,
            ),
            ("an empty digest", with_reference(&reference(&id, &usual, SHA256, "")), |refusal| {
                matches!(refusal, Refusal::Value { what: "DigestValue", .. })
            }),
        ];
        for (what, message, expected) in refused {
            let refusal = verify(&message).expect_err(what);
            assert!(expected(&refusal), "{what}: {refusal:?}");
        }
    }
}

fn is_algorithm(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::Algorithm(_))
}

fn is_shape(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::Missing(_) | Refusal::Unexpected(_))
}

fn is_reference(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::Reference(_))
}

#[test]
fn a_signature_over_the_message_is_none_over_the_assertion() {
    let key = Key::trusted();
    let whole = response(key, true);
    let unsigned = Message::of(&whole).unsigned();
    // Signed anew as a whole, with an assertion that has no signature of its own.
    let signed = saml2_response(unsigned.clone()).write(Some(key)).unwrap();
    assert_eq!(verify(&signed), Err(Refusal::Unsigned));
    let inner = attacks::message::sign("_response", &saml2_response(unsigned).write(None).unwrap(), key);
    let moved = Message::of(&whole).with_signature(&inner);
    assert!(matches!(verify(&moved), Err(Refusal::Reference(_))), "the signature of the message inside the assertion");
}

fn saml2_response(assertion: String) -> saml2::Response {
    let ana = ana(Version::Two);
    saml2::Response {
        id: "_response".to_owned(),
        issued_at: ana.issued_at,
        issuer: ana.issuer,
        destination: "https://localhost:8443/login.srf".to_owned(),
        in_response_to: None,
        status: saml2::Status::Success,
        assertion: Some(assertion),
    }
}

#[test]
fn each_version_comes_in_its_own_message() {
    let key = Key::trusted();
    let (one, two) = (saml11::write(&ana(Version::One), key).unwrap(), saml2::write(&ana(Version::Two), key).unwrap());
    assert!(verify(&one).is_ok() && verify(&two).is_ok(), "by itself either is accepted");
    let (in_response, in_rstr) = (response(key, false), rstr(key));
    assert!(matches!(verify(&Message::of(&in_response).with_assertion(&one)), Err(Refusal::Unexpected(_))));
    assert!(matches!(verify(&Message::of(&in_rstr).with_assertion(&two)), Err(Refusal::Unexpected(_))));
}

#[test]
fn a_signature_is_good_for_one_assertion_only() {
    let key = Key::trusted();
    let genuine = response(key, false);
    let mut other = ana(Version::Two);
    other.name_id.value = "b3RoZXI=".to_owned();
    let other = saml2::write(&other, key).unwrap();
    let swapped = Message::of(&genuine).with_signature(Message::of(&other).signature());
    assert_eq!(verify(&swapped), Err(Refusal::Digest), "another assertion of the same id");
}

#[test]
fn certificates_hold_rsa_keys_of_2048_bits_and_more() {
    for size in [KeySize::Rsa3072, KeySize::Rsa4096] {
        let key = Key::new(size);
        let presented = response(&key, false);
        assert!(Presented::read(presented.as_bytes()).unwrap().verify(&[key.public()]).is_ok());
    }
    let elliptic = rcgen::generate_simple_self_signed(vec!["sts.contoso.example".to_owned()]).unwrap();
    assert_eq!(VerifyingKey::from_certificate(elliptic.cert.der()).err(), Some(Refusal::Certificate));
    let certificate = Key::trusted().certificate();
    let longer = [certificate, &[0]].concat();
    assert_eq!(VerifyingKey::from_certificate(&longer).err(), Some(Refusal::Certificate));
    for end in 0..certificate.len() {
        assert_eq!(VerifyingKey::from_certificate(&certificate[..end]).err(), Some(Refusal::Certificate), "cut off at {end}");
    }
}
