//! Ids that are there twice, or in namespaces: verifiers have found the one and readers the other.

use super::message::first_in;
use super::{Attacks, Forgery, Message};

const FOREIGN: [(&str, &str); 6] = [
    ("x:ID", "xmlns:x=\"urn:x\" x:ID"),
    ("x:AssertionID", "xmlns:x=\"urn:x\" x:AssertionID"),
    ("x:id", "xmlns:x=\"urn:x\" x:id"),
    ("xml:id", "xml:id"),
    ("wsu:Id", "xmlns:wsu=\"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd\" wsu:Id"),
    ("ds:Id", "xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" ds:Id"),
];
const REASONS: &[&str] = &["DuplicateId", "SeveralAssertions", "ForeignId", "Missing"];

pub fn add(attacks: &mut Attacks, message: &Message<'_>, forgery: &Forgery<'_>) {
    let genuine = message.assertion();
    let own = format!(" {}=\"{}\"", message.id_name(), message.id());
    let evil = message.evil_with(forgery, message.id(), message.signature());
    for (name, attribute) in FOREIGN {
        let foreign = format!(" {attribute}=\"{}\"", message.id());
        let evil_foreign = evil.replacen(&own, &foreign, 1);
        let genuine_foreign = genuine.replacen(&own, &foreign, 1);
        attacks.add(format!("{name} instead of the id on a forged assertion"), message.with_assertion(&evil_foreign), REASONS);
        attacks.add(format!("{name} instead of the id on the genuine assertion"), message.with_assertion(&genuine_foreign), REASONS);
        for (order, both) in [("before", format!("{evil_foreign}{genuine}")), ("after", format!("{genuine}{evil_foreign}"))] {
            attacks.add(format!("a forged assertion with {name} {order} the genuine one"), message.with_assertion(&both), REASONS);
        }
        for (order, pair) in [("before", format!("{foreign}{own}")), ("after", format!("{own}{foreign}"))] {
            let same = genuine.replacen(&own, &pair, 1);
            attacks.add(format!("{name} with the same value {order} the id"), message.with_assertion(&same), REASONS);
            let other = pair.replacen(&foreign, &format!(" {attribute}=\"_other\""), 1);
            attacks.add(
                format!("{name} with another value {order} the id"),
                message.with_assertion(&genuine.replacen(&own, &other, 1)),
                REASONS,
            );
        }
        let marked = first_in(genuine, &format!("<x{foreign}></x>"));
        attacks.add(format!("an element with the same {name} in the assertion"), message.with_assertion(&marked), REASONS);
    }
    for name in ["ID", "Id", "id", "AssertionID", "ResponseID", "RequestID"] {
        let beside = format!("<beside {name}=\"{}\"></beside>", message.id());
        attacks.add(
            format!("an element with the same {name} before"),
            message.with_assertion(&format!("{beside}{genuine}")),
            &["DuplicateId"],
        );
        attacks.add(
            format!("an element with the same {name} after"),
            message.with_assertion(&format!("{genuine}{beside}")),
            &["DuplicateId"],
        );
    }
    attacks.add(
        "the id twice on the assertion",
        message.with_assertion(&genuine.replacen(&own, &format!("{own}{own}"), 1)),
        &["NotWellFormed"],
    );
    attacks.add("no id on the assertion", message.with_assertion(&genuine.replacen(&own, "", 1)), REASONS);
    let empty = message.text.replace(&format!("\"{}\"", message.id()), "\"\"").replace(&format!("\"#{}\"", message.id()), "\"#\"");
    attacks.add("an empty id", empty, &["Value"]);
}
