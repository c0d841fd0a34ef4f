//! Our exclusive canonicalization gives what libxml2 gives, byte for byte.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "canonical/generate.rs"]
mod generate;
#[path = "../../tenant/tests/sdk_support/mod.rs"]
mod installed;

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use generate::{Case, Random, case};
use proptest::prelude::*;
use samesign_wire::saml::xml::{Name, Text, Writer, canonical};

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/canonical")
}

/// What libxml2 makes of each case. One process for all of them.
fn by_libxml2(cases: &[Case]) -> Vec<String> {
    let mut child = Command::new(installed::python_for("canonical", &scripts()))
        .arg(scripts().join("libxml2.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = child.stdout.take().unwrap();
    let mut answers = Vec::new();
    thread::scope(|scope| {
        scope.spawn(move || {
            for case in cases {
                for text in [&case.document, &case.element.to_string(), &case.prefixes.join(" ")] {
                    input.write_all(&u32::try_from(text.len()).unwrap().to_be_bytes()).unwrap();
                    input.write_all(text.as_bytes()).unwrap();
                }
            }
        });
        for case in cases {
            let mut length = [0; 4];
            output.read_exact(&mut length).unwrap_or_else(|error| panic!("libxml2 took no more documents: {error}\n{:?}", case.document));
            let mut text = vec![0; u32::from_be_bytes(length) as usize];
            output.read_exact(&mut text).unwrap();
            answers.push(String::from_utf8(text).unwrap());
        }
    });
    assert!(child.wait().unwrap().success());
    answers
}

fn by_us(case: &Case) -> String {
    let text = Text::read(case.document.as_bytes()).unwrap_or_else(|refusal| panic!("{refusal}: {:?}", case.document));
    let document = text.document().unwrap_or_else(|refusal| panic!("{refusal}: {:?}", case.document));
    canonical(document.root().descendants().nth(case.element).unwrap(), &case.prefixes)
}

#[test]
fn ten_thousand_documents_are_canonicalized_as_libxml2_does() {
    let mut random = Random(20_261_123);
    let cases: Vec<_> = (0..10_000).map(|_| case(&mut random)).collect();
    let theirs = by_libxml2(&cases);
    let different: Vec<_> =
        cases.iter().zip(&theirs).map(|(case, theirs)| (case, theirs, by_us(case))).filter(|(_, theirs, ours)| *theirs != ours).collect();
    if let Some((case, theirs, ours)) = different.iter().min_by_key(|(case, ..)| case.document.len()) {
        let Case { document, element, prefixes } = case;
        panic!(
            "{} of 10,000 differ, such as element {element} of {document:?} with {prefixes:?}\n  libxml2 {theirs:?}\n  we      {ours:?}",
            different.len()
        );
    }
    // A generator that has run dry would prove nothing.
    let with = |what: &str| theirs.iter().filter(|text| text.contains(what)).count();
    for what in ["xmlns=\"\"", "xmlns:ab=", "&#xD;", "&#x9;", "&quot;", "&gt;", "\u{1F600}", "xml:lang"] {
        assert!(with(what) > 100, "only {} documents hold {what}", with(what));
    }
}

#[test]
fn a_canonical_form_is_its_own_canonical_form() {
    let mut random = Random(7);
    for _ in 0..2_000 {
        let once = by_us(&Case { prefixes: Vec::new(), ..case(&mut random) });
        assert_eq!(by_us(&Case { document: once.clone(), element: 0, prefixes: Vec::new() }), once);
    }
}

/// What is written in an element.
#[derive(Clone, Debug)]
enum Piece {
    Text(String),
    Element(usize, Vec<(usize, String)>, Vec<Piece>),
}

const ELEMENTS: [Name; 5] = [
    Name::new("a", "urn:a", "e"),
    Name::new("b", "urn:b", "e"),
    Name::new("", "urn:a", "f"),
    Name::new("", "urn:c", "g"),
    // The prefix stands for something else.
    Name::new("a", "urn:b", "h"),
];
const ATTRIBUTES: [Name; 4] = [Name::plain("z"), Name::plain("A"), Name::new("c", "urn:c", "k"), Name::new("d", "urn:0", "k")];

fn text() -> impl Strategy<Value = String> {
    let character = prop_oneof![
        4 => proptest::sample::select(vec!['a', ' ', '\t', '\n', '\r', '&', '<', '>', '"', '\'', ']', '\u{85}', '\u{FFFD}', '\u{1F600}']),
        1 => any::<char>().prop_filter("XML has it", |character| !character.is_control() && !matches!(character, '\u{FFFE}' | '\u{FFFF}')),
    ];
    proptest::collection::vec(character, 0..12).prop_map(|characters| characters.into_iter().collect())
}

fn element() -> impl Strategy<Value = Piece> {
    let attributes =
        || proptest::collection::btree_map(0..ATTRIBUTES.len(), text(), 0..3).prop_map(|map| map.into_iter().collect::<Vec<_>>());
    let leaf = (0..ELEMENTS.len(), attributes()).prop_map(|(name, attributes)| Piece::Element(name, attributes, Vec::new()));
    leaf.prop_recursive(6, 40, 5, move |inner| {
        let piece = prop_oneof![inner, text().prop_map(Piece::Text)];
        (0..ELEMENTS.len(), attributes(), proptest::collection::vec(piece, 0..5))
            .prop_map(|(name, attributes, pieces)| Piece::Element(name, attributes, pieces))
    })
}

fn write(writer: &mut Writer, piece: &Piece) {
    match piece {
        Piece::Text(text) => writer.text(text),
        Piece::Element(name, attributes, pieces) => {
            let attributes: Vec<_> = attributes.iter().map(|(name, value)| (ATTRIBUTES[*name], value.as_str())).collect();
            writer.element(ELEMENTS[*name], &attributes, |writer| pieces.iter().for_each(|piece| write(writer, piece)));
        }
    }
}

proptest! {
    #[test]
    fn what_is_written_is_canonical(piece in element()) {
        let mut writer = Writer::new();
        write(&mut writer, &piece);
        let written = writer.finish().unwrap();
        prop_assert_eq!(by_us(&Case { document: written.clone(), element: 0, prefixes: Vec::new() }), written);
    }
}
