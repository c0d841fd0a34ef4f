//! Signatures of another making: other algorithms, other shapes, other keys, none.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::message::{element, last_in, sign};
use super::{Attacks, Forgery, Message};

const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
const RSA: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";

pub fn add(attacks: &mut Attacks, message: &Message<'_>, forgery: &Forgery<'_>) {
    swapped(attacks, message);
    confused(attacks, message, forgery);
    shapes(attacks, message, forgery);
    references(attacks, message);
    keys(attacks, message, forgery);
}

/// Another algorithm named where the right one was.
fn swapped(attacks: &mut Attacks, message: &Message<'_>) {
    let signature = message.signature();
    let others = [
        (RSA, "http://www.w3.org/2000/09/xmldsig#rsa-sha1"),
        (RSA, "http://www.w3.org/2000/09/xmldsig#hmac-sha1"),
        (RSA, "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"),
        (RSA, "http://www.w3.org/2000/09/xmldsig#dsa-sha1"),
        (RSA, "http://www.w3.org/2001/04/xmldsig-more#rsa-md5"),
        (RSA, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"),
        (RSA, "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1"),
        (RSA, "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"),
        (RSA, ""),
        (RSA, "none"),
        (SHA256, "http://www.w3.org/2000/09/xmldsig#sha1"),
        (SHA256, "http://www.w3.org/2001/04/xmldsig-more#md5"),
        (SHA256, "http://www.w3.org/2001/04/xmlenc#sha512"),
        (SHA256, ""),
        (EXCLUSIVE, "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"),
        (EXCLUSIVE, "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments"),
        (EXCLUSIVE, "http://www.w3.org/2006/12/xml-c14n11"),
        (EXCLUSIVE, "http://www.w3.org/2001/10/xml-exc-c14n#WithComments"),
        (EXCLUSIVE, "urn:none"),
        (ENVELOPED, "http://www.w3.org/TR/1999/REC-xslt-19991116"),
        (ENVELOPED, "http://www.w3.org/TR/1999/REC-xpath-19991116"),
        (ENVELOPED, "http://www.w3.org/2002/06/xmldsig-filter2"),
        (ENVELOPED, "http://www.w3.org/2000/09/xmldsig#base64"),
        (ENVELOPED, EXCLUSIVE),
    ];
    for (right, other) in others {
        let quoted = (format!("\"{right}\""), format!("\"{other}\""));
        attacks.add(format!("{other:?} for {right}"), message.with_signature(&signature.replacen(&quoted.0, &quoted.1, 1)), &["Algorithm"]);
        if let Some((first, last)) = signature.rsplit_once(&quoted.0).filter(|_| signature.matches(&quoted.0).count() > 1) {
            attacks.add(
                format!("{other:?} for the last {right}"),
                message.with_signature(&format!("{first}{}{last}", quoted.1)),
                &["Algorithm"],
            );
        }
    }
    let parameter = |tag: &str, inside: &str| {
        let range = element(signature, tag).unwrap();
        format!("{}{}{}", &signature[..range.start], last_in(&signature[range.clone()], inside), &signature[range.end..])
    };
    let inclusive = |list: &str| format!("<ec:InclusiveNamespaces xmlns:ec=\"{EXCLUSIVE}\" {list}></ec:InclusiveNamespaces>");
    let many: String = (0..2_000).map(|number| format!("p{number} ")).collect();
    for (name, text) in [
        (
            "a length for a MAC",
            parameter("SignatureMethod", "<ds:HMACOutputLength xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">0</ds:HMACOutputLength>"),
        ),
        ("a parameter of the digest", parameter("DigestMethod", "<x></x>")),
        (
            "a style sheet in a transform",
            parameter("Transform", "<xsl:stylesheet xmlns:xsl=\"http://www.w3.org/1999/XSL/Transform\"></xsl:stylesheet>"),
        ),
        ("an XPath in a transform", parameter("Transform", "<ds:XPath xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">not(1)</ds:XPath>")),
        ("prefixes for the wrong transform", parameter("Transform", &inclusive("PrefixList=\"xs\""))),
        ("prefixes and more", parameter("CanonicalizationMethod", &inclusive("PrefixList=\"xs\" Other=\"\""))),
        ("prefixes twice", parameter("CanonicalizationMethod", &inclusive("PrefixList=\"xs\"").repeat(2))),
        ("2,000 prefixes", parameter("CanonicalizationMethod", &inclusive(&format!("PrefixList=\"{many}\"")))),
    ] {
        attacks.add(name, message.with_signature(&text), &["Unexpected", "Value"]);
    }
}

/// The public key taken for the secret of a MAC.
fn confused(attacks: &mut Attacks, message: &Message<'_>, forgery: &Forgery<'_>) {
    let Some(range) = element(message.signature(), "X509Certificate") else { return };
    let certificate = &message.signature()[range];
    let certificate = &certificate[certificate.find('>').unwrap() + 1..certificate.rfind("</").unwrap()];
    for key in [STANDARD.decode(certificate).unwrap(), certificate.as_bytes().to_vec(), Vec::new()] {
        struct Mac(hmac::Key, Vec<u8>);
        impl samesign_wire::saml::Signer for Mac {
            fn sign(&self, message: &[u8]) -> Result<Vec<u8>, samesign_wire::saml::SigningError> {
                Ok(hmac::sign(&self.0, message).as_ref().to_vec())
            }
            fn certificate(&self) -> &[u8] {
                &self.1
            }
        }
        let signer = Mac(hmac::Key::new(hmac::HMAC_SHA256, &key), key);
        let evil = message.evil(forgery, "_evil");
        let signature = sign("_evil", &evil, &signer);
        attacks.add("a MAC said to be RSA", message.with_assertion(&message.put_in(&evil, &signature)), &["Signature"]);
        let named = signature.replace(RSA, "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256");
        attacks.add("a MAC with the certificate for a key", message.with_assertion(&message.put_in(&evil, &named)), &["Algorithm"]);
    }
}

/// Signatures with parts twice, missing, or elsewhere.
fn shapes(attacks: &mut Attacks, message: &Message<'_>, forgery: &Forgery<'_>) {
    let signature = message.signature();
    let evil = message.evil(forgery, message.id());
    let evil_signature = sign(message.id(), &evil, forgery.attacker);
    let part = |of: &str, local: &str| of[element(of, local).unwrap()].to_owned();
    for local in [
        "SignedInfo",
        "SignatureValue",
        "Reference",
        "Transforms",
        "DigestValue",
        "DigestMethod",
        "SignatureMethod",
        "CanonicalizationMethod",
        "Transform",
    ] {
        let (genuine, other) = (part(signature, local), part(&evil_signature, local));
        for (name, text) in [
            ("missing", String::new()),
            ("twice", genuine.repeat(2)),
            ("evil first", format!("{other}{genuine}")),
            ("evil last", format!("{genuine}{other}")),
        ] {
            let changed = signature.replacen(&genuine, &text, 1);
            attacks.add(format!("{local} {name}"), message.with_signature(&changed), &["Missing", "Unexpected", "Algorithm"]);
            attacks.add(
                format!("{local} {name}, forged"),
                message.with_assertion(&message.put_in(&evil, &changed)),
                &["Missing", "Unexpected", "Algorithm"],
            );
        }
    }
    for (name, local, value) in [
        ("an empty digest", "DigestValue", ""),
        ("a digest of nothing", "DigestValue", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
        ("a short digest", "DigestValue", "47DEQpj8HBSa"),
        ("a digest that is not Base64", "DigestValue", "*"),
        ("an empty signature", "SignatureValue", ""),
        ("a signature of one byte", "SignatureValue", "AA=="),
        ("a signature that is not Base64", "SignatureValue", "===="),
    ] {
        let old = part(signature, local);
        let new = format!("{}{value}{}", &old[..=old.find('>').unwrap()], &old[old.rfind("</").unwrap()..]);
        attacks.add(name, message.with_signature(&signature.replacen(&old, &new, 1)), &["Value", "Signature", "Digest"]);
    }
    let object = "<ds:Object xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"></ds:Object>";
    attacks.add("an object in the signature", message.with_signature(&last_in(signature, object)), &["Unexpected", "Missing"]);
    attacks.add("two signatures", message.with_signature(&signature.repeat(2)), &["MisplacedSignature"]);
    attacks.add("an evil signature before", message.with_signature(&format!("{evil_signature}{signature}")), &["MisplacedSignature"]);
    attacks.add("an evil signature after", message.with_signature(&format!("{signature}{evil_signature}")), &["MisplacedSignature"]);
    let unsigned = message.unsigned();
    let misplaced = if message.id_name() == "ID" { last_in(&unsigned, signature) } else { super::message::first_in(&unsigned, signature) };
    attacks.add("the signature at the other version's place", message.with_assertion(&misplaced), &["MisplacedSignature"]);
    attacks.add(
        "the signature in another namespace",
        message.with_signature(&signature.replace("http://www.w3.org/2000/09/xmldsig#\"", "urn:x\"")),
        &["MisplacedSignature", "Missing"],
    );
    attacks.add("the signature outside", message.with_assertion(&format!("{unsigned}{signature}")), &["Unsigned", "Unexpected"]);
}

/// References to something else.
fn references(attacks: &mut Attacks, message: &Message<'_>) {
    let signature = message.signature();
    let own = format!("URI=\"#{}\"", message.id());
    let id = message.id();
    for other in [
        "URI=\"\"".to_owned(),
        String::new(),
        "URI=\"#\"".to_owned(),
        "URI=\"#_other\"".to_owned(),
        format!("URI=\"{id}\""),
        format!("URI=\"##{id}\""),
        format!("URI=\"#{id} \""),
        format!("URI=\"#xpointer(id('{id}'))\""),
        "URI=\"#xpointer(/)\"".to_owned(),
        "URI=\"http://127.0.0.1:9/x\"".to_owned(),
        format!("URI=\"http://127.0.0.1:9/x#{id}\""),
        format!("URI=\"#{}\"", id.to_uppercase() + "X"),
        format!("xmlns:x=\"urn:x\" x:URI=\"#{id}\""),
    ] {
        attacks.add(
            format!("a reference with {other:?}"),
            message.with_signature(&signature.replacen(&own, &other, 1)),
            &["Reference", "Unexpected"],
        );
    }
    for more in ["Type=\"http://www.w3.org/2000/09/xmldsig#Manifest\"", "Type=\"http://www.w3.org/2000/09/xmldsig#Object\"", "Id=\"_r\""] {
        attacks.add(
            format!("a reference with {more:?}"),
            message.with_signature(&signature.replacen(&own, &format!("{own} {more}"), 1)),
            &["Unexpected"],
        );
    }
}

/// Sound signatures by the wrong key, and none.
fn keys(attacks: &mut Attacks, message: &Message<'_>, forgery: &Forgery<'_>) {
    let signature = message.signature();
    for id in ["_evil", message.id()] {
        let signed = message.evil_signed_by(forgery, id, forgery.attacker);
        attacks.add("signed with the attacker's key, which goes along", message.with_assertion(&signed), &["Signature"]);
        if let (Some(own), Some(theirs)) = (element(&signed, "KeyInfo"), element(signature, "KeyInfo")) {
            let posing = format!("{}{}{}", &signed[..own.start], &signature[theirs], &signed[own.end..]);
            attacks.add("signed with the attacker's key, with the genuine certificate", message.with_assertion(&posing), &["Signature"]);
            let bare = format!("{}{}", &signed[..own.start], &signed[own.end..]);
            attacks.add("signed with the attacker's key, without one", message.with_assertion(&bare), &["Signature"]);
        }
        attacks.add(
            "forged, with the genuine signature",
            message.with_assertion(&message.evil_with(forgery, id, signature)),
            &["Digest", "Reference"],
        );
        attacks.add("forged, unsigned", message.with_assertion(&message.evil(forgery, id)), &["Unsigned"]);
    }
    attacks.add("genuine, unsigned", message.with_assertion(&message.unsigned()), &["Unsigned"]);
    for (genuine, wanted) in forgery.swaps {
        attacks.add(
            format!("{wanted:?} for {genuine:?}"),
            message.with_assertion(&message.assertion().replace(genuine, wanted)),
            &["Digest"],
        );
        attacks.add(
            format!("a space after {genuine:?}"),
            message.with_assertion(&message.assertion().replace(genuine, &format!("{genuine} "))),
            &["Digest"],
        );
    }
    if message.is_response() {
        let evil = message.with_assertion(&message.evil(forgery, "_evil"));
        let id = evil.split_once(" ID=\"").and_then(|(_, rest)| rest.split_once('"')).expect("a response has an id").0;
        let signature = sign(id, &evil, forgery.attacker);
        let at = element(&evil, "Issuer").map_or_else(|| evil.find('>').unwrap() + 1, |issuer| issuer.end);
        let signed = format!("{}{signature}{}", &evil[..at], &evil[at..]);
        attacks.add("an unsigned assertion in a response that the attacker signed", signed, &["Unsigned", "Unexpected"]);
    }
}
