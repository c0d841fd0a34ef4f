//! Signature wrapping: the signature stays valid for the genuine assertion, and another one is where claims are looked for. The
//! numbers are those of SAML Raider; 1 and 2 wrap the whole message, 3 to 8 the assertion.

use super::message::{first_in, last_in};
use super::{Attacks, Forgery, Message};

const OBJECT: (&str, &str) = ("<ds:Object xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">", "</ds:Object>");
const REASONS: &[&str] = &["DuplicateId", "SeveralAssertions", "ForeignId"];

pub fn add(attacks: &mut Attacks, message: &Message<'_>, forgery: &Forgery<'_>) {
    for (kind, id) in [("another id", "_evil"), ("the same id", message.id())] {
        for (shape, text) in shapes(message, forgery, id) {
            attacks.add(format!("wrapping {shape}, {kind}"), text, REASONS);
        }
    }
    for (place, text) in moved(message, forgery) {
        attacks.add(format!("the genuine assertion moved into {place}"), text, &["SeveralAssertions", "DuplicateId"]);
    }
    for (place, text) in alone(message) {
        attacks.add(format!("the genuine assertion alone, in {place}"), text, &["Unexpected", "Missing", "NoAssertion", "DuplicateId"]);
    }
}

fn shapes(message: &Message<'_>, forgery: &Forgery<'_>, id: &str) -> Vec<(&'static str, String)> {
    let (genuine, unsigned, signature) = (message.assertion(), message.unsigned(), message.signature());
    let evil = message.evil(forgery, id);
    let object = |what: &str| format!("{}{what}{}", OBJECT.0, OBJECT.1);
    let whole_without = message.with_signature("");
    let evil_message = message.with_assertion(&evil);
    let renamed = |text: &str| text.replacen(" ID=\"", " ID=\"_outer", 1);
    vec![
        ("1 (the message in a signature of the evil one)", renamed(&last_in(&evil_message, &last_in(signature, &object(&whole_without))))),
        ("2 (the message beside a signature in the evil one)", renamed(&last_in(&evil_message, &format!("{whole_without}{signature}")))),
        ("3 (evil before genuine)", message.with_assertion(&format!("{evil}{genuine}"))),
        ("3 reversed (genuine before evil)", message.with_assertion(&format!("{genuine}{evil}"))),
        ("4 (genuine in evil)", message.with_assertion(&last_in(&evil, genuine))),
        ("4 reversed (evil in genuine)", message.with_assertion(&first_in(genuine, &evil))),
        ("5 (signature in evil, genuine after)", message.with_assertion(&format!("{}{unsigned}", message.put_in(&evil, signature)))),
        (
            "5 reversed (genuine before, signature in evil)",
            message.with_assertion(&format!("{unsigned}{}", message.put_in(&evil, signature))),
        ),
        ("6 (genuine in the signature in evil)", message.with_assertion(&message.put_in(&evil, &last_in(signature, &unsigned)))),
        ("7 (evil in extensions)", message.with_assertion(&format!("{}{genuine}", extensions(&evil)))),
        ("7 reversed (genuine in extensions)", message.with_assertion(&format!("{}{evil}", extensions(genuine)))),
        (
            "8 (genuine in an object of the signature in evil)",
            message.with_assertion(&message.put_in(&evil, &last_in(signature, &object(&unsigned)))),
        ),
        ("8 reversed (evil in an object of the genuine signature)", message.with_signature(&last_in(signature, &object(&evil)))),
        ("of a signature beside both", message.with_assertion(&format!("{evil}{signature}{unsigned}"))),
    ]
}

fn extensions(what: &str) -> String {
    format!("<samlp:Extensions xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\">{what}</samlp:Extensions>")
}

/// Places where a verifier finds the genuine assertion by its id, while claims are read from the one at the usual place.
const PLACES: [(&str, &str); 9] = [
    ("StatusDetail", "<x:StatusDetail xmlns:x=\"urn:oasis:names:tc:SAML:2.0:protocol\">@</x:StatusDetail>"),
    ("Extensions", "<x:Extensions xmlns:x=\"urn:oasis:names:tc:SAML:2.0:protocol\">@</x:Extensions>"),
    ("an Object", "<x:Object xmlns:x=\"http://www.w3.org/2000/09/xmldsig#\">@</x:Object>"),
    ("KeyInfo", "<x:KeyInfo xmlns:x=\"http://www.w3.org/2000/09/xmldsig#\">@</x:KeyInfo>"),
    ("Advice", "<x:Advice xmlns:x=\"urn:oasis:names:tc:SAML:1.0:assertion\">@</x:Advice>"),
    ("Advice of SAML 2.0", "<x:Advice xmlns:x=\"urn:oasis:names:tc:SAML:2.0:assertion\">@</x:Advice>"),
    ("RequestedProofToken", "<x:RequestedProofToken xmlns:x=\"http://schemas.xmlsoap.org/ws/2005/02/trust\">@</x:RequestedProofToken>"),
    (
        "a second RequestedSecurityToken",
        "<x:RequestedSecurityToken xmlns:x=\"http://schemas.xmlsoap.org/ws/2005/02/trust\">@</x:RequestedSecurityToken>",
    ),
    ("an element of nobody", "<nothing>@</nothing>"),
];

fn moved(message: &Message<'_>, forgery: &Forgery<'_>) -> Vec<(String, String)> {
    let around = |id: &str, frame: &str, genuine: &str| {
        let evil = message.evil(forgery, id);
        let moved = frame.replace('@', genuine);
        [
            message.with_assertion(&format!("{moved}{evil}")),
            message.with_assertion(&format!("{evil}{moved}")),
            last_in(&message.with_assertion(&evil), &moved),
        ]
    };
    let mut found = Vec::new();
    for (place, frame) in PLACES {
        for id in ["_evil", message.id()] {
            let texts = around(id, frame, message.assertion());
            found.extend(texts.into_iter().enumerate().map(|(number, text)| (format!("{place} ({number}, {id})"), text)));
        }
    }
    found
}

/// The only assertion, soundly signed, but where no message has it.
fn alone(message: &Message<'_>) -> Vec<(String, String)> {
    let mut found: Vec<_> = PLACES
        .iter()
        .map(|(place, frame)| {
            (format!("{place}, where the assertion stood"), message.with_assertion(&frame.replace('@', message.assertion())))
        })
        .collect();
    found.extend(PLACES.iter().map(|(place, frame)| (format!("{place}, as the root"), frame.replace('@', message.assertion()))));
    let envelope = "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\"><s:Body>@</s:Body></s:Envelope>";
    found.push(("a SOAP envelope".to_owned(), envelope.replace('@', message.text)));
    found.push(("two messages, one in the other".to_owned(), message.with_assertion(message.text)));
    found
}
