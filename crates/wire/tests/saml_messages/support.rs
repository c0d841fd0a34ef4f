//! What the tests share.

use std::sync::OnceLock;

use jiff::Timestamp;
use proptest::prelude::*;
use samesign_wire::saml::{NameIdFormat, Signer, VerifyingKey};

use crate::key::TestKey;

/// The key that every test signs with: making one takes a moment.
pub fn signer() -> &'static TestKey {
    static KEY: OnceLock<TestKey> = OnceLock::new();
    KEY.get_or_init(TestKey::new)
}

pub fn keys() -> [VerifyingKey; 1] {
    [VerifyingKey::from_certificate(signer().certificate()).unwrap()]
}

/// The moment at which all examples are made.
pub fn now() -> Timestamp {
    "2026-11-23T07:20:00.123Z".parse().unwrap()
}

/// An example that a person can read: line breaks, and what stands before a line, are not part of it; a line that goes on with
/// attributes is parted from the one before by a space.
pub fn example(text: &str) -> String {
    let attributes = |line: &str| line.as_bytes().first().is_some_and(u8::is_ascii_alphabetic);
    let lines = text.lines().map(str::trim);
    lines.map(|line| if attributes(line) { format!(" {line}") } else { line.to_owned() }).collect()
}

/// The document with `(signature)` where its signatures stand: they are other bytes with every key.
pub fn without_signatures(document: &str) -> String {
    let mut rest = document;
    let mut shown = String::new();
    while let Some((before, after)) = rest.split_once("<ds:Signature ") {
        shown.push_str(before);
        shown.push_str("(signature)");
        rest = after.split_once("</ds:Signature>").expect("a signature ends").1;
    }
    shown + rest
}

/// Every beginning of the document but the whole.
pub fn beginnings(document: &str) -> impl Iterator<Item = &[u8]> {
    (0..document.len()).map(|end| &document.as_bytes()[..end])
}

/// Text with whatever XML can carry, not empty.
pub fn text() -> impl Strategy<Value = String> {
    let odd =
        prop::sample::select(vec!['<', '>', '&', '"', '\'', '\t', '\n', '\r', ' ', ']', '/', '+', '=', '\u{85}', '\u{2028}', '\u{FFFD}']);
    let any = any::<char>().prop_filter(
        "XML has no such character",
        |character| matches!(character, '\t' | '\n' | '\r' | '\u{20}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..),
    );
    prop::collection::vec(prop_oneof![odd, any], 1..16).prop_map(String::from_iter)
}

/// A time between 1970 and 2100, in whole milliseconds.
pub fn time() -> impl Strategy<Value = Timestamp> {
    (0..4_102_444_800_000_i64).prop_map(|milliseconds| Timestamp::from_millisecond(milliseconds).unwrap())
}

pub fn id() -> impl Strategy<Value = String> {
    "_[0-9a-f]{32}"
}

pub fn name_id_format() -> impl Strategy<Value = NameIdFormat> {
    prop::sample::select(vec![NameIdFormat::Unspecified, NameIdFormat::EmailAddress, NameIdFormat::Persistent, NameIdFormat::Transient])
}
