//! Canonical forms by hand, and what the narrow reader lets through.

use super::{InvalidCharacter, Name, Text, Writer, canonical, canonical_without};
use crate::saml::verify::Refusal;

fn canonical_of(text: &str, inclusive: &[&str]) -> String {
    let text = Text::read(text.as_bytes()).unwrap();
    canonical(text.document().unwrap().root(), inclusive)
}

fn refusal(text: &str) -> Refusal {
    match Text::read(text.as_bytes()) {
        Ok(text) => text.document().unwrap_err(),
        Err(refusal) => refusal,
    }
}

#[test]
fn the_examples_of_the_specification_come_out() {
    // Exclusive XML Canonicalization 1.0 section 2.2: the same element in two surroundings.
    let first = r#"<n0:local xmlns:n0="foo:bar" xmlns:n3="ftp://example.org"><n1:elem2 xmlns:n1="http://example.net" xml:lang="en"><n3:stuff xmlns:n3="ftp://example.org"/></n1:elem2></n0:local>"#;
    let second = r#"<n2:pdu xmlns:n1="http://example.com" xmlns:n2="http://foo.example" xml:lang="fr" xml:space="retain"><n1:elem2 xmlns:n1="http://example.net" xml:lang="en"><n3:stuff xmlns:n3="ftp://example.org"/></n1:elem2></n2:pdu>"#;
    for document in [first, second] {
        let text = Text::read(document.as_bytes()).unwrap();
        let document = text.document().unwrap();
        let inner = document.root().elements().unwrap()[0];
        let expected =
            r#"<n1:elem2 xmlns:n1="http://example.net" xml:lang="en"><n3:stuff xmlns:n3="ftp://example.org"></n3:stuff></n1:elem2>"#;
        assert_eq!(canonical(inner, &[]), expected);
    }
}

#[test]
fn namespaces_are_written_where_they_are_used() {
    assert_eq!(
        canonical_of(r#"<a xmlns:b="urn:b" xmlns:c="urn:c"><b:d c:e=""/></a>"#, &[]),
        r#"<a><b:d xmlns:b="urn:b" xmlns:c="urn:c" c:e=""></b:d></a>"#
    );
    assert_eq!(canonical_of(r#"<a xmlns="urn:a"><b xmlns=""/></a>"#, &[]), r#"<a xmlns="urn:a"><b xmlns=""></b></a>"#);
    assert_eq!(
        canonical_of(r#"<a xmlns:b="urn:b" xmlns="urn:d"><b:c/></a>"#, &["b", "#default"]),
        r#"<a xmlns="urn:d" xmlns:b="urn:b"><b:c></b:c></a>"#
    );
    // libxml2 leaves the ampersand as it is; the specification has namespaces escaped as attributes are.
    assert_eq!(canonical_of(r#"<a xmlns="urn:?a&amp;b"/>"#, &[]), r#"<a xmlns="urn:?a&amp;b"></a>"#);
}

#[test]
fn an_element_is_left_out_with_all_that_is_in_it() {
    let text = Text::read(b"<a> <b><c/></b> <d/></a>").unwrap();
    let document = text.document().unwrap();
    let omitted = document.root().elements().unwrap()[0];
    assert_eq!(canonical_without(document.root(), Some(omitted), &[]), "<a>  <d></d></a>");
}

#[test]
fn attributes_are_found_by_namespace() {
    let text = Text::read(br#"<a xmlns:x="urn:x" x:ID="foreign" b="plain"/>"#).unwrap();
    let document = text.document().unwrap();
    let root = document.root();
    assert_eq!(root.attribute("ID"), None);
    assert_eq!(root.attribute_in("urn:x", "ID"), Some("foreign"));
    assert_eq!(root.attribute("b"), Some("plain"));
    assert_eq!(root.attribute_in("urn:x", "b"), None);
}

#[test]
fn text_is_whole_or_refused() {
    let text = Text::read(b"<a><b>one&#x20;&amp; two</b><c>x<d/>y</c><e/><f> </f></a>").unwrap();
    let document = text.document().unwrap();
    let parts = document.root().elements().unwrap();
    let texts: Vec<_> = parts.iter().map(super::Element::text).collect();
    assert_eq!(texts, [Ok("one & two"), Err(Refusal::unexpected("c")), Ok(""), Ok(" ")]);
    assert_eq!(parts[1].elements(), Err(Refusal::unexpected("x")));
    assert!(parts[3].elements().unwrap().is_empty());
}

#[test]
fn one_of_a_kind_is_one() {
    let text = Text::read(b"<a><b/><c/><c/></a>").unwrap();
    let document = text.document().unwrap();
    let root = document.root();
    assert!(root.required("", "b").is_ok());
    assert_eq!(root.required("", "c"), Err(Refusal::Missing("c")));
    assert_eq!(root.optional("", "c"), Err(Refusal::Missing("c")));
    assert_eq!(root.required("", "d"), Err(Refusal::Missing("d")));
    assert_eq!(root.optional("", "d"), Ok(None));
    assert_eq!(root.optional("urn:x", "b"), Ok(None));
}

#[test]
fn declarations_and_line_ends_are_normalised() {
    for start in ["", "\u{FEFF}", "<?xml version='1.0'?>", "<?xml version=\"1.0\" encoding=\"utf-8\" standalone=\"no\" ?>\r\n", "\r\n\t "] {
        assert_eq!(canonical_of(&format!("{start}<a>\r\n\r&#13;</a>\r\n"), &[]), "<a>\n\n&#xD;</a>", "{start:?}");
    }
}

#[test]
fn ids_are_shared_by_no_two_elements() {
    for (first, second) in [("ID", "ID"), ("ID", "AssertionID"), ("Id", "xml:id"), ("iD", "x:ID"), ("RequestID", "ResponseID")] {
        let document = format!("<a xmlns:x=\"urn:x\" {first}=\"1\"><b {second}=\"1\"/></a>");
        assert_eq!(refusal(&document), Refusal::DuplicateId("1".to_owned()), "{first} {second}");
    }
    assert!(Text::read(br#"<a ID="1"><b ID="2" Name="1"/></a>"#).unwrap().document().is_ok());
}

#[test]
fn limits_are_where_they_are_said_to_be() {
    let nested = |depth: usize| format!("{}{}", "<x>".repeat(depth), "</x>".repeat(depth));
    assert!(Text::read(nested(Text::DEPTH_MAX).as_bytes()).unwrap().document().is_ok());
    assert_eq!(refusal(&nested(Text::DEPTH_MAX + 1)), Refusal::TooDeep);
    let long = |bytes: usize| format!("<x>{}</x>", " ".repeat(bytes - 7));
    assert!(Text::read(long(Text::BYTES_MAX).as_bytes()).unwrap().document().is_ok());
    assert_eq!(refusal(&long(Text::BYTES_MAX + 1)), Refusal::TooLarge { bytes: Text::BYTES_MAX + 1 });
    let attributes = |count: usize| format!("<x{}/>", (0..count).map(|number| format!(" a{number}=''")).collect::<String>());
    assert!(Text::read(attributes(64).as_bytes()).unwrap().document().is_ok());
    assert_eq!(refusal(&attributes(65)), Refusal::TooManyAttributes);
    assert!(Text::read(format!("<x>{}</x>", "<y/>".repeat(19_998)).as_bytes()).unwrap().document().is_ok());
    assert_eq!(refusal(&format!("<x>{}</x>", "<y/>".repeat(19_999))), Refusal::TooManyAttributes);
}

#[test]
fn an_error_says_where() {
    assert_eq!(refusal("<a>\n<b></c></a>"), Refusal::NotWellFormed { at: 7 });
}

#[test]
fn a_document_can_be_read_again_from_its_canonical_form() {
    const A: Name = Name::new("a", "urn:a", "a");
    const B: Name = Name::new("", "urn:b", "b");
    let mut writer = Writer::new();
    writer.element(A, &[(Name::plain("z"), "\"'<>&\t\r\n"), (Name::new("c", "urn:c", "y"), "")], |writer| {
        writer.leaf(B, &[], "\r\n\t<>&\"' \u{1F600}");
        writer.leaf(A, &[], "");
    });
    let written = writer.finish().unwrap();
    assert_eq!(canonical_of(&written, &[]), written);
}

#[test]
fn what_xml_cannot_carry_is_never_written() {
    let written = |text: &str, quoted: bool| {
        let mut writer = Writer::new();
        let name = Name::plain("a");
        match quoted {
            true => writer.element(name, &[(Name::plain("b"), text)], |_| {}),
            false => writer.leaf(name, &[], text),
        }
        writer.finish().map_err(|InvalidCharacter(character)| character)
    };
    for quoted in [false, true] {
        for character in ['\0', '\u{1}', '\u{8}', '\u{B}', '\u{1F}', '\u{FFFE}', '\u{FFFF}'] {
            for text in [format!("{character}"), format!("é{character}"), format!("x{character}y")] {
                assert_eq!(written(&text, quoted), Err(u32::from(character)), "{text:?}");
            }
        }
        // The neighbours of those.
        assert!(written("\u{7F}\u{EFFF}\u{F000}\u{FFFD}\u{10000}\u{10FFFF} é", quoted).is_ok());
    }
    assert_eq!(written("é&<>\"\t\n\r", false).unwrap(), "<a>é&amp;&lt;&gt;\"\t\n&#xD;</a>");
    assert_eq!(written("é&<>\"\t\n\r", true).unwrap(), "<a b=\"é&amp;&lt;>&quot;&#x9;&#xA;&#xD;\"></a>");
}
