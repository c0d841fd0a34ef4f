//! What stands around the assertion: status, encryption, and parts of assertions that nobody signed.

use super::message::element;
use super::{Attacks, Forgery, Message};

pub fn add(attacks: &mut Attacks, message: &Message<'_>, forgery: &Forgery<'_>) {
    strays(attacks, message, forgery);
    encrypted(attacks, message);
    if message.is_response() {
        statuses(attacks, message);
    }
}

/// Statements outside the signed assertion.
fn strays(attacks: &mut Attacks, message: &Message<'_>, forgery: &Forgery<'_>) {
    let evil = message.evil(forgery, "_evil");
    for local in ["AttributeStatement", "Subject", "Attribute", "Conditions", "AuthnStatement", "AuthenticationStatement"] {
        let Some(range) = element(&evil, local) else { continue };
        let namespace = if message.id_name() == "ID" { "2.0" } else { "1.0" };
        let stray =
            format!("<saml:{} xmlns:saml=\"urn:oasis:names:tc:SAML:{namespace}:assertion\"{}", local, &evil[range][6 + local.len()..]);
        attacks.add(
            format!("an unsigned {local} before the assertion"),
            message.with_assertion(&format!("{stray}{}", message.assertion())),
            &["Unexpected", "Missing"],
        );
        attacks.add(
            format!("an unsigned {local} after the assertion"),
            message.with_assertion(&format!("{}{stray}", message.assertion())),
            &["Unexpected", "Missing"],
        );
        let key_info = message.signature().replacen("</ds:KeyInfo>", &format!("{stray}</ds:KeyInfo>"), 1);
        attacks.add(format!("an unsigned {local} in KeyInfo"), message.with_signature(&key_info), &["Unexpected"]);
    }
    attacks.add("text beside the assertion", message.with_assertion(&format!("{}text", message.assertion())), &["Unexpected"]);
    attacks.add("text before the assertion", message.with_assertion(&format!("text{}", message.assertion())), &["Unexpected"]);
    attacks.add("no assertion", message.with_assertion(""), &["NoAssertion"]);
}

fn encrypted(attacks: &mut Attacks, message: &Message<'_>) {
    let around =
        |inside: &str| format!("<e:EncryptedAssertion xmlns:e=\"urn:oasis:names:tc:SAML:2.0:assertion\">{inside}</e:EncryptedAssertion>");
    let data = "<xenc:EncryptedData xmlns:xenc=\"http://www.w3.org/2001/04/xmlenc#\"></xenc:EncryptedData>";
    attacks.add("an encrypted assertion", message.with_assertion(&around(data)), &["Encrypted"]);
    attacks.add("encrypted data alone", message.with_assertion(data), &["Encrypted"]);
    attacks.add(
        "an encrypted assertion beside",
        message.with_assertion(&format!("{}{}", message.assertion(), around(data))),
        &["Encrypted"],
    );
    attacks.add("the assertion said to be encrypted", message.with_assertion(&around(message.assertion())), &["Encrypted"]);
}

/// A response that failed, with a sound assertion all the same.
fn statuses(attacks: &mut Attacks, message: &Message<'_>) {
    const SUCCESS: &str = "urn:oasis:names:tc:SAML:2.0:status:Success";
    for status in ["Responder", "Requester", "VersionMismatch", "AuthnFailed", "NoPassive", "success"] {
        attacks.add(format!("the status {status}"), message.text.replacen(SUCCESS, &SUCCESS.replace("Success", status), 1), &["Status"]);
    }
    attacks.add("an empty status", message.text.replacen(SUCCESS, "", 1), &["Status"]);
    attacks.add("a success of nobody", message.text.replacen(SUCCESS, "Success", 1), &["Status"]);
    let range = element(message.text, "Status").expect("a response has a status");
    let status = &message.text[range.clone()];
    let failed = status.replace(SUCCESS, "urn:oasis:names:tc:SAML:2.0:status:Responder");
    for (name, text) in [
        ("no status", String::new()),
        ("success, then failure", format!("{status}{failed}")),
        ("failure, then success", format!("{failed}{status}")),
    ] {
        attacks.add(name, format!("{}{text}{}", &message.text[..range.start], &message.text[range.end..]), &["Missing"]);
    }
    attacks.add("another version", message.text.replacen(" Version=\"2.0\"", " Version=\"1.1\"", 1), &["Unexpected", "Value"]);
}
