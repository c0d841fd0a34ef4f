//! Messages in the query of a redirect.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use proptest::prelude::*;
use samesign_wire::saml::redirect::{DOCUMENT_BYTES_MAX, Kind, QUERY_BYTES_MAX, decode, encode};
use samesign_wire::saml::{Refusal, Signer, VerifyingKey};

use crate::key::TestKey;
use crate::support::{keys, signer, text};

fn query_of(document: &[u8]) -> String {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(document).unwrap();
    format!("SAMLRequest={}", STANDARD.encode(encoder.finish().unwrap()).replace('+', "%2B").replace('/', "%2F").replace('=', "%3D"))
}

#[test]
fn a_query_holds_the_message_compressed() {
    // zlib's raw deflate of this text in one block of fixed codes; the plus sign of its Base64 is escaped.
    let query = encode(Kind::Request, "<a></a>", Some("a b+c&d=é"), None).unwrap();
    assert_eq!(query, "SAMLRequest=s0m0s9FPtAMA&RelayState=a%20b%2Bc%26d%3D%C3%A9");
    let decoded = decode(&query).unwrap();
    assert_eq!(
        (decoded.kind, decoded.document.as_slice(), decoded.relay_state.as_deref()),
        (Kind::Request, &b"<a></a>"[..], Some("a b+c&d=é"))
    );
    assert_eq!(decoded.signature, None);
}

#[test]
fn the_signature_covers_the_octets_as_they_were_sent() {
    let query = encode(Kind::Response, "<a></a>", Some("state"), Some(signer() as &dyn Signer)).unwrap();
    let decoded = decode(&query).unwrap();
    let signature = decoded.signature.unwrap();
    let algorithm = "SigAlg=http%3A%2F%2Fwww.w3.org%2F2001%2F04%2Fxmldsig-more%23rsa-sha256";
    assert_eq!(signature.signed, format!("SAMLResponse=s0m0s9FPtAMA&RelayState=state&{algorithm}").into_bytes());
    assert_eq!(signature.verify(&keys()), Ok(()));
    let other = TestKey::new();
    let other = VerifyingKey::from_certificate(other.certificate()).unwrap();
    assert_eq!(signature.verify(std::slice::from_ref(&other)), Err(Refusal::Signature));
    let [ours] = keys();
    assert_eq!(signature.verify(&[other, ours]), Ok(()));
    assert_eq!(signature.verify(&[]), Err(Refusal::NoKey));
}

#[test]
fn others_may_escape_differently_and_in_another_order() {
    // Lower-case hexadecimal digits, as some write them; signed as such.
    let signed = "SAMLRequest=s0m0s9FPtAMA&RelayState=a%2fb&SigAlg=http%3a%2f%2fwww.w3.org%2f2001%2f04%2fxmldsig-more%23rsa-sha256";
    let signature = STANDARD.encode(signer().sign(signed.as_bytes()).unwrap()).replace('+', "%2b").replace('/', "%2f").replace('=', "%3d");
    let mut parameters: Vec<&str> = signed.split('&').collect();
    let last = format!("Signature={signature}");
    parameters.push(&last);
    parameters.push("client-request-id=1");
    parameters.reverse();
    let decoded = decode(&parameters.join("&")).unwrap();
    assert_eq!(decoded.relay_state.as_deref(), Some("a/b"));
    assert_eq!(decoded.signature.unwrap().verify(&keys()), Ok(()));
}

#[test]
fn no_signed_octet_can_change() {
    let query = encode(Kind::Request, "<a></a>", Some("state"), Some(signer() as &dyn Signer)).unwrap();
    for (from, to) in [("state", "stAte"), ("s0m0s9FPtAMA", "s0m0s9FLtAMA"), ("RelayState", "SAMLRequest"), ("&RelayState=state", "")] {
        let changed = query.replacen(from, to, 1);
        assert_ne!(changed, query);
        assert!(decode(&changed).and_then(|decoded| decoded.signature.ok_or(Refusal::Unsigned)?.verify(&keys())).is_err(), "{changed}");
    }
    let (unsigned, _) = query.split_once("&Signature=").unwrap();
    assert_eq!(decode(unsigned), Err(Refusal::Missing("Signature")));
    let sha1 = query.replace("2001%2F04%2Fxmldsig-more%23rsa-sha256", "2000%2F09%2Fxmldsig%23rsa-sha1");
    assert!(matches!(decode(&sha1), Err(Refusal::Algorithm(_))));
}

#[test]
fn a_query_has_one_message_and_each_parameter_once() {
    for (query, refusal) in [
        ("", Refusal::Missing("SAMLRequest")),
        ("RelayState=a", Refusal::Missing("SAMLRequest")),
        ("SAMLRequest=s0m0s9FPtAMA&SAMLResponse=s0m0s9FPtAMA", Refusal::Missing("SAMLRequest")),
        ("SAMLRequest=s0m0s9FPtAMA&SAMLRequest=s0m0s9FPtAMA", Refusal::Missing("SAMLRequest")),
        ("SAMLRequest=s0m0s9FPtAMA&RelayState=a&RelayState=a", Refusal::Missing("RelayState")),
        ("SAMLRequest=s0m0s9FPtAMA&SAMLEncoding=other", Refusal::Algorithm("SAMLEncoding".to_owned())),
        ("SAMLRequest=s0m0s9FPtAMA&RelayState=%FF", Refusal::Encoding),
        ("SAMLRequest=%25", Refusal::Value { what: "SAMLRequest", value: "%".to_owned() }),
    ] {
        assert_eq!(decode(query), Err(refusal), "{query}");
    }
    assert!(
        decode("SAMLRequest=s0m0s9FPtAMA&SAMLEncoding=urn%3Aoasis%3Anames%3Atc%3ASAML%3A2.0%3Abindings%3AURL-Encoding%3ADEFLATE").is_ok()
    );
}

#[test]
fn a_bomb_is_left_unexploded() {
    let bomb = query_of(&vec![b' '; 10 << 20]);
    assert!(bomb.len() < QUERY_BYTES_MAX, "{}", bomb.len());
    assert_eq!(decode(&bomb), Err(Refusal::TooLarge { bytes: DOCUMENT_BYTES_MAX + 1 }));
    assert_eq!(decode(&query_of(&vec![b' '; DOCUMENT_BYTES_MAX])).unwrap().document.len(), DOCUMENT_BYTES_MAX);
    assert!(decode(&query_of(&vec![b' '; DOCUMENT_BYTES_MAX + 1])).is_err());
    let long = format!("SAMLRequest={}", "A".repeat(QUERY_BYTES_MAX));
    assert_eq!(decode(&long), Err(Refusal::TooLarge { bytes: long.len() }));
}

#[test]
fn a_message_that_was_cut_off_is_refused() {
    let document = "<a>the quick brown fox jumps over the lazy dog, and once more: the quick brown fox</a>";
    let query = encode(Kind::Request, document, None, None).unwrap();
    for end in 0..query.len() {
        assert!(decode(&query[..end]).is_err(), "{}", &query[..end]);
    }
}

proptest! {
    #[test]
    fn a_query_comes_back_as_it_was(document in text(), state in prop::option::of(text())) {
        let query = encode(Kind::Response, &document, state.as_deref(), Some(signer() as &dyn Signer)).unwrap();
        let decoded = decode(&query).unwrap();
        prop_assert_eq!(decoded.document, document.into_bytes());
        prop_assert_eq!(decoded.relay_state, state);
        prop_assert_eq!(decoded.signature.unwrap().verify(&keys()), Ok(()));
    }

    #[test]
    fn no_query_makes_the_reader_panic(query in "(SAMLRequest=|SigAlg=|Signature=|&|%|[ -~]){0,40}", bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        let _ = decode(&query);
        let _ = decode(&format!("SAMLRequest={}", STANDARD.encode(bytes).replace('+', "%2B")));
    }
}
