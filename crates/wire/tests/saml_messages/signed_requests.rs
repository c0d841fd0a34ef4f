//! Requests that an application signs: what its key signed is read, and nothing else that a document may hold.

use samesign_wire::saml::verify::request;
use samesign_wire::saml::{AuthnRequest, LogoutRequest, Refusal, Signer, VerifyingKey};

use crate::key::{REQUEST, TestKey};
use crate::protocol::{logout_request, with_all};
use crate::support::{keys, signer};

fn signed() -> String {
    logout_request().write(Some(signer() as &dyn Signer)).unwrap()
}

/// The signature, and what stands before and after it.
fn parts(document: &str) -> (&str, &str, &str) {
    let (start, end) = (document.find("<ds:Signature ").unwrap(), document.find("</ds:Signature>").unwrap() + "</ds:Signature>".len());
    (&document[..start], &document[start..end], &document[end..])
}

#[test]
fn a_signed_request_is_read_from_the_bytes_that_were_signed() {
    let asked = with_all().write(Some(signer() as &dyn Signer)).unwrap();
    let verified = request(asked.as_bytes(), &keys()).unwrap();
    assert_eq!(verified, with_all().write(None).unwrap(), "canonical, and without the signature");
    assert_eq!(AuthnRequest::read(verified.as_bytes()), Ok(with_all()));
    let verified = request(signed().as_bytes(), &keys()).unwrap();
    assert_eq!(LogoutRequest::read(verified.as_bytes()), Ok(logout_request()));
    let other = VerifyingKey::from_certificate(TestKey::new().certificate()).unwrap();
    let [ours] = keys();
    assert!(request(signed().as_bytes(), &[other.clone(), ours]).is_ok(), "either of two keys");
    assert_eq!(request(signed().as_bytes(), &[other]), Err(Refusal::Signature));
    assert_eq!(request(signed().as_bytes(), &[]), Err(Refusal::NoKey));
}

#[test]
fn what_was_not_signed_as_it_stands_there_is_refused() {
    let document = signed();
    let (before, signature, after) = parts(&document);
    let unsigned = logout_request().write(None).unwrap();
    let inner = unsigned.replace(REQUEST, "_inner");
    let changed = |from: &str, to: &str| {
        assert!(document.contains(from), "{from}");
        document.replacen(from, to, 1)
    };
    let evil = before.replace(REQUEST, "_evil");
    let extensions = |content: &str| format!("<samlp:Extensions>{content}</samlp:Extensions>");
    for (document, refusal) in [
        (unsigned.clone(), Refusal::Unsigned),
        (changed("_5e55104", "_5e55105"), Refusal::Digest),
        (changed("Destination=\"https://sts", "Destination=\"https://stt"), Refusal::Digest),
        (changed("IssueInstant", "Consent=\"urn:x\" IssueInstant"), Refusal::Digest),
        // The signature of another request, wrapped around in each of the ways in which readers were fooled.
        (format!("{evil}{signature}{after}"), Refusal::Reference(format!("#{REQUEST}"))),
        (format!("{evil}{signature}{}{after}", extensions(&unsigned)), Refusal::Reference(format!("#{REQUEST}"))),
        (format!("{before}{signature}{}{after}", extensions(&unsigned)), Refusal::DuplicateId(REQUEST.to_owned())),
        (format!("{before}{signature}{}{after}", extensions(&inner)), Refusal::Digest),
        (format!("{before}{}{signature}{after}", extensions("")), Refusal::MisplacedSignature),
        (format!("{before}{}{after}", extensions(signature)), Refusal::MisplacedSignature),
        (format!("{before}{signature}{signature}{after}"), Refusal::MisplacedSignature),
        (changed("rsa-sha256", "rsa-sha1"), Refusal::Algorithm("http://www.w3.org/2001/04/xmldsig-more#rsa-sha1".to_owned())),
        (changed("xmlenc#sha256", "xmlenc#sha1"), Refusal::Algorithm("http://www.w3.org/2001/04/xmlenc#sha1".to_owned())),
        (changed(&format!("URI=\"#{REQUEST}\""), "URI=\"\""), Refusal::Reference(String::new())),
        (changed(" ID=", " xml:id=\"_x\" ID="), Refusal::ForeignId),
        (document.replace("LogoutRequest", "LogoutResponse"), Refusal::Unexpected("LogoutResponse".to_owned())),
        (document.replace("<saml:NameID", "<!-- --><saml:NameID"), Refusal::Markup),
    ] {
        assert_eq!(request(document.as_bytes(), &keys()), Err(refusal), "{document}");
    }
}

#[test]
fn no_byte_of_a_signed_request_can_change_and_be_read() {
    let document = signed();
    let verified = request(document.as_bytes(), &keys()).unwrap();
    for at in 0..document.len() {
        let mut changed = document.clone().into_bytes();
        changed[at] ^= 1;
        // What the key's owner adds for people (`KeyInfo`), and prefixes of names, are nobody's claim.
        if let Ok(read) = request(&changed, &keys()) {
            assert_eq!(read, verified, "byte {at}");
        }
        assert!(request(&document.as_bytes()[..at], &keys()).is_err());
    }
}
