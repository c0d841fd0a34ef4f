//! The examples of the published specifications, and what a hostile or merely different writer may send.

use proptest::prelude::*;

use super::*;
use examples::EXAMPLES;

mod examples;

/// The document in Clark notation: names with their namespaces, no prefixes, no declarations.
fn read(mut reader: Reader<'_>) -> Result<String, Error> {
    let (mut out, mut open) = (String::new(), Vec::new());
    while let Some(event) = reader.next_event()? {
        match event {
            Event::Start(name) => {
                let name = clark(name);
                out += &format!("<{name}");
                for Attribute { name, value } in reader.attributes() {
                    out += &format!(" {}=\"{}\"", clark(*name), value.text());
                }
                out.push('>');
                open.push(name);
            }
            Event::Text(value) => out += &value.text(),
            Event::End => out += &format!("</{}>", open.pop().unwrap()),
            Event::Comment(text) => out += &format!("<!--{text}-->"),
        }
    }
    assert!(open.is_empty());
    Ok(out)
}

fn clark(name: Name<'_>) -> String {
    if name.namespace.is_empty() { name.local.to_owned() } else { format!("{{{}}}{}", name.namespace, name.local) }
}

fn decode(bytes: &[u8]) -> Result<String, Error> {
    read(Reader::new(bytes, Limits::default())?)
}

fn hex(text: &str) -> Vec<u8> {
    text.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
}

/// A string table with str1, str3 ... str21, for the examples that refer to strings outside the document.
fn with_table(document: &[u8]) -> Vec<u8> {
    let strings: Vec<u8> = (0..11)
        .flat_map(|index| {
            let text = format!("str{}", 2 * index + 1);
            [vec![text.len() as u8], text.into_bytes()].concat()
        })
        .collect();
    [vec![strings.len() as u8], strings, document.to_vec()].concat()
}

#[test]
fn every_example_of_the_specification_reads_as_it_says() {
    for (record, bytes, expected) in EXAMPLES {
        let document = with_table(&hex(bytes));
        let reader = Reader::with_string_table(&document, Limits::default()).unwrap();
        assert_eq!(read(reader).as_deref(), Ok(*expected), "{record}");
    }
}

#[test]
fn every_example_cut_short_is_an_error() {
    for (record, bytes, _) in EXAMPLES {
        let document = with_table(&hex(bytes));
        for end in 0..document.len() {
            let cut = Reader::with_string_table(&document[..end], Limits::default()).and_then(read);
            assert!(cut.is_err(), "{record} cut to {end} bytes");
        }
    }
}

#[test]
fn the_example_of_the_soap_data_structure_reads() {
    // MC-NBFS section 3: an envelope whose names are all in the static dictionary, but for the inventory and the action's text.
    let document = hex("56 02 \
         0B 01 61 06 0B 01 73 04 \
         56 08 44 0A 1E 00 82 99 06 61 63 74 69 6F 6E 01 \
         56 0E 40 09 49 6E 76 65 6E 74 6F 72 79 81 01 01");
    assert_eq!(decode(&document).as_deref(), Ok(ENVELOPE));
}

#[test]
fn the_example_of_the_soap_extension_reads() {
    // MC-NBFSE section 3: the same, with the two strings in the string table.
    let document = hex("11 06 61 63 74 69 6F 6E 09 49 6E 76 65 6E 74 6F 72 79 \
         56 02 0B 01 61 06 0B 01 73 04 56 08 44 0A 1E 00 82 AB 01 01 56 0E 42 03 81 01 01");
    assert_eq!(read(Reader::with_string_table(&document, Limits::default()).unwrap()).as_deref(), Ok(ENVELOPE));
    // Without its table the first odd id is unknown.
    assert_eq!(decode(&document[18..]), Err(Error::DictionaryString(1)));
}

const ENVELOPE: &str = "<{http://www.w3.org/2003/05/soap-envelope}Envelope><{http://www.w3.org/2003/05/soap-envelope}Header>\
    <{http://www.w3.org/2005/08/addressing}Action {http://www.w3.org/2003/05/soap-envelope}mustUnderstand=\"1\">action\
    </{http://www.w3.org/2005/08/addressing}Action></{http://www.w3.org/2003/05/soap-envelope}Header>\
    <{http://www.w3.org/2003/05/soap-envelope}Body><Inventory>0</Inventory></{http://www.w3.org/2003/05/soap-envelope}Body>\
    </{http://www.w3.org/2003/05/soap-envelope}Envelope>";

#[test]
fn comments_may_stand_anywhere() {
    let comment = "02 07 63 6F 6D 6D 65 6E 74";
    let document = hex(&format!("{comment} 40 01 61 {comment} 98 01 78 {comment} 01 {comment}"));
    assert_eq!(decode(&document).as_deref(), Ok("<!--comment--><a><!--comment-->x<!--comment--></a><!--comment-->"));
    // A comment alone is no document.
    assert_eq!(decode(&hex(comment)), Err(Error::Truncated));
}

#[test]
fn the_array_keeps_the_namespace_and_the_attributes_of_its_element() {
    // <item xmlns="urn:a" x="1"> for 1, 2 and -1, inside <list>, followed by <b/>.
    let document = hex("40 04 6C 69 73 74 \
         03 40 04 69 74 65 6D 08 05 75 72 6E 3A 61 04 01 78 82 01 8D 03 01 00 00 00 02 00 00 00 FF FF FF FF \
         40 01 62 01 01");
    let item = |value: i32| format!("<{{urn:a}}item x=\"1\">{value}</{{urn:a}}item>");
    assert_eq!(decode(&document), Ok(format!("<list>{}{}{}<b></b></list>", item(1), item(2), item(-1))));
}

#[test]
fn arrays_hold_every_type_they_may_and_no_other() {
    for (record, value, text) in [
        ("B5", "01", "true"),
        ("8B", "FE FF", "-2"),
        ("8D", "02 00 00 00", "2"),
        ("8F", "02 00 00 00 00 00 00 00", "2"),
        ("91", "00 00 80 3F", "1"),
        ("93", "00 00 00 00 00 00 F0 3F", "1"),
        ("95", "00 00 01 80 00 00 00 00 0F 00 00 00 00 00 00 00", "-1.5"),
        ("97", "00 00 00 00 00 00 00 40", "0001-01-01T00:00:00Z"),
        ("AF", "80 96 98 00 00 00 00 00", "PT1S"),
        ("B1", "00 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F", "03020100-0504-0706-0809-0a0b0c0d0e0f"),
    ] {
        let document = hex(&format!("03 40 01 61 01 {record} 01 {value}"));
        assert_eq!(decode(&document), Ok(format!("<a>{text}</a>")));
    }
    for record in [0x80, 0x89, 0x8a, 0x99, 0xb3, 0xb4] {
        assert_eq!(decode(&[hex("03 40 01 61 01"), vec![record, 1, 0, 0]].concat()), Err(Error::Record(record)));
    }
    assert_eq!(decode(&hex("03 40 01 61 01 B5 00")), Err(Error::Length), "an array must not be empty");
    assert_eq!(decode(&hex("03 40 01 61 01 8F FF FF FF FF 07 00")), Err(Error::Truncated), "an absurd length costs nothing");
}

#[test]
fn the_end_of_a_list_may_end_the_element_too() {
    // EndListTextWithEndElement, which the specification lists but does not show.
    assert_eq!(decode(&hex("40 01 61 A4 82 84 A7")).as_deref(), Ok("<a>1 false</a>"));
}

#[test]
fn values_out_of_range_are_errors() {
    for (bytes, error) in [
        ("40 01 61 B5 02", Error::Value),                                              // a boolean of 2
        ("40 01 61 97 FF FF FF FF FF FF FF FF", Error::Value),                         // a zone of 3
        ("40 01 61 97 00 40 37 F4 75 28 CA 2B", Error::Value),                         // the year 10000
        ("40 01 61 95 00 00 1D 00 00 00 00 00 01 00 00 00 00 00 00 00", Error::Value), // 29 places
        ("40 01 61 95 00 00 00 01 00 00 00 00 01 00 00 00 00 00 00 00", Error::Value), // a sign of 1
        ("40 01 61 BD 1A 00", Error::Value),                                           // the 27th letter
        ("40 01 61 9D FF FF FF FF", Error::Length),                                    // a negative length
        ("40 FF FF FF FF 0F", Error::Length),                                          // 32 bits
        ("40 80 80 80 80 80 00", Error::Length),                                       // six bytes for one
        ("40 01 61 99 02 C3 28", Error::Unicode),                                      // not UTF-8
        ("40 01 61 99 03 ED A0 80", Error::Unicode),                                   // a lone surrogate in UTF-8
        ("40 01 61 B7 02 00 D8", Error::Unicode),                                      // a lone surrogate in UTF-16
        ("40 01 61 B7 03 61 00 62", Error::Unicode),                                   // half a unit
        ("40 00 01", Error::NoName),                                                   // a name of no length
        ("42 A2 01 01", Error::NoName),                                                // string 162 is empty
        ("42 CE 07 01", Error::DictionaryString(974)),                                 // one past the dictionary
        ("5E 01 78 01", Error::Prefix),                                                // prefix a is not bound
        ("40 01 61 26 01 78 82 01", Error::Prefix),                                    // the same, of an attribute
        ("40 01 61 04 01 78 83 01", Error::Record(0x83)),                              // the end of an element in an attribute
        ("40 01 61 A4 A4 A6 A6 01", Error::Record(0xa4)),                              // a list in a list
        ("40 01 61 A6 01", Error::Record(0xa6)),                                       // the end of no list
        ("40 01 61 00", Error::Record(0)),                                             // reserved
        ("40 01 61 78", Error::Record(0x78)),                                          // reserved
        ("40 01 61 BE", Error::Record(0xbe)),                                          // past the last
        ("40 01 61 98 01 78 04 01 78 82 01", Error::Record(4)),                        // an attribute after content
        ("81", Error::Record(0x81)),                                                   // text without an element
        ("01", Error::Record(1)),                                                      // the end of nothing
        ("40 01 61 01 01", Error::Trailing),                                           // an end too many
        ("40 01 61 01 40 01 62 01", Error::Trailing),                                  // two roots
    ] {
        assert_eq!(decode(&hex(bytes)), Err(error), "{bytes}");
    }
}

#[test]
fn limits_hold() {
    let nested = |depth: usize| [b"\x40\x01a".repeat(depth), vec![1; depth]].concat();
    assert!(decode(&nested(32)).is_ok());
    assert_eq!(decode(&nested(33)), Err(Error::TooDeep));

    let limits = Limits { bytes_max: 40, depth_max: 2, elements_max: 3 };
    let limited = |bytes: &[u8]| Reader::new(bytes, limits).and_then(read);
    assert_eq!(limited(&[0; 41]), Err(Error::TooLarge));
    assert!(limited(&hex("40 01 61 40 01 62 01 40 01 62 01 01")).is_ok());
    assert_eq!(limited(&hex("40 01 61 40 01 62 01 40 01 62 01 40 01 62 01 01")), Err(Error::TooManyElements));
    assert_eq!(limited(&hex("40 01 61 03 40 01 62 01 B5 03 00 00 00 01")), Err(Error::TooManyElements), "elements of an array count");
    // String 4 has 39 characters: twice is more than the limit, though the document has 8 bytes.
    assert_eq!(limited(&hex("40 01 61 AA 04 AA 04 01")), Err(Error::TooLarge));

    let attributes = |count: usize| [hex("40 01 61"), hex("04 01 78 82").repeat(count), vec![1]].concat();
    assert!(decode(&attributes(64)).is_ok());
    assert_eq!(decode(&attributes(65)), Err(Error::TooManyAttributes));
}

#[test]
fn a_prefix_may_be_bound_after_its_use_and_ends_with_its_element() {
    // <p:a p:x="1" xmlns:p="urn:1"><b xmlns:p="urn:2"><p:c/></b><p:d/></p:a>
    let document = hex("6D 01 61 35 01 78 82 09 01 70 05 75 72 6E 3A 31 \
         40 01 62 09 01 70 05 75 72 6E 3A 32 6D 01 63 01 01 \
         6D 01 64 01 01");
    assert_eq!(decode(&document).as_deref(), Ok("<{urn:1}a {urn:1}x=\"1\"><b><{urn:2}c></{urn:2}c></b><{urn:1}d></{urn:1}d></{urn:1}a>"));
}

#[test]
fn numbers_have_the_text_the_specification_asks_for() {
    for (value, text) in [
        (Value::Double(0.0), "0"),
        (Value::Double(-0.0), "-0"),
        (Value::Double(f64::INFINITY), "INF"),
        (Value::Double(f64::NEG_INFINITY), "-INF"),
        (Value::Double(f64::NAN), "NaN"),
        (Value::Double(1e300), "1E+300"),
        (Value::Double(-1.5e-7), "-1.5E-7"),
        (Value::Float(0.5), "0.5"),
        (Value::TimeSpan(TimeSpan(0)), "PT0S"),
        (Value::TimeSpan(TimeSpan(i64::MIN)), "-P10675199DT2H48M5.4775808S"),
        (Value::TimeSpan(TimeSpan(864_000_000_000)), "P1D"),
        // 2000-02-29T12:34:56.0000001Z, by its Julian day: 730,178 days after 0001-01-01.
        (Value::DateTime(DateTime::new((730_178 * 86_400 + 45_296) * 10_000_000 + 1, Zone::Utc).unwrap()), "2000-02-29T12:34:56.0000001Z"),
        (Value::DateTime(DateTime::new(0, Zone::Local).unwrap()), "0001-01-01T00:00:00"),
    ] {
        assert_eq!(value.text(), text);
    }
}

#[test]
fn bytes_may_come_in_pieces_as_bytes_or_as_base64() {
    let bytes = |content: &str| {
        let document = hex(&format!("40 01 61 {content}"));
        let mut reader = Reader::new(&document, Limits::default()).unwrap();
        assert!(matches!(reader.next_event(), Ok(Some(Event::Start(_)))));
        reader.bytes()
    };
    let expected = Ok(vec![0, 1, 2, 3, 4]);
    assert_eq!(bytes("9E 02 00 01 9F 03 02 03 04"), expected, "two records of bytes");
    assert_eq!(bytes("99 08 41 41 45 43 41 77 51 3D"), expected, "AAECAwQ= as characters");
    assert_eq!(bytes("98 05 41 41 45 43 0A 02 00 99 04 41 77 51 3D"), expected, "with a line feed and a comment between");
    assert_eq!(bytes("9E 03 00 01 02 99 04 41 77 51 3D"), expected, "mixed");
    assert_eq!(bytes("01"), Ok(vec![]), "none");
    assert_eq!(bytes("99 03 41 41 45"), Err(Error::Type), "not Base64");
    assert_eq!(bytes("40 01 62 01 01"), Err(Error::UnexpectedElement));
}

#[test]
fn a_word_of_the_dictionary_is_found() {
    assert!(Word::new("Envelope") == Word::Dictionary(2));
    assert!(Word::new("gDay") == Word::Dictionary(944));
    assert!(Word::new("SyncToken") == Word::Inline("SyncToken"));
}

/// Every kind of value a writer can be given.
fn values() -> impl Strategy<Value = Value<'static>> {
    prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        prop_oneof![any::<i64>(), any::<i32>().prop_map(i64::from), any::<i16>().prop_map(i64::from), -2_i64..3].prop_map(Value::Int),
        any::<u64>().prop_map(Value::UInt),
        any::<f32>().prop_map(Value::Float),
        any::<f64>().prop_map(Value::Double),
        (any::<[u8; 12]>(), 0_u8..=28, any::<bool>()).prop_map(|(magnitude, places, negative)| {
            let mut bytes = [0; 16];
            bytes[2] = places;
            bytes[3] = if negative { 0x80 } else { 0 };
            bytes[4..].copy_from_slice(&magnitude);
            Value::Decimal(Decimal::from_wire(bytes).unwrap())
        }),
        (0_u64..3_155_378_976_000_000_000, prop_oneof![Just(Zone::Unspecified), Just(Zone::Utc), Just(Zone::Local)])
            .prop_map(|(ticks, zone)| Value::DateTime(DateTime::new(ticks, zone).unwrap())),
        any::<i64>().prop_map(|ticks| Value::TimeSpan(TimeSpan(ticks))),
        any::<[u8; 16]>().prop_map(|bytes| Value::UniqueId(Uuid(bytes))),
        any::<[u8; 16]>().prop_map(|bytes| Value::Uuid(Uuid(bytes))),
        any::<String>().prop_map(|text| Value::Chars(text.into())),
        Just(Value::from("& < > \" ' \u{0}")),
        Just(Value::Chars("\u{1F469}\u{200D}\u{1F52C} \u{202E}é".into())),
        prop_oneof![Just(255_usize), Just(256), Just(65_535), Just(65_536)].prop_map(|length| Value::Chars("x".repeat(length).into())),
        prop_oneof![Just(0_usize), Just(255), Just(256), Just(65_536)].prop_map(|length| Value::Bytes(vec![7; length].leak())),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_reads_back(
        name in "[a-zA-Z][a-zA-Z0-9.]{0,20}",
        prefix in "[a-z]{0,2}",
        attribute in values(),
        content in values(),
        last in values(),
    ) {
        let mut writer = Writer::with_capacity(0);
        writer.start(&prefix, Word::Inline(&name));
        writer.attribute(&prefix, Word::new("Header"), &attribute);
        writer.attribute("", Word::Inline("plain"), &content);
        writer.xmlns(&prefix, Word::Inline("urn:test"));
        writer.comment("comment");
        writer.text(&content);
        writer.element("", Word::new("Body"), &last);
        writer.end();
        let bytes = writer.into_bytes();

        read_back(&bytes, &name, &prefix, &attribute, &content, &last);
    }

    #[test]
    fn a_damaged_example_ends_without_a_panic(which in 0..EXAMPLES.len(), edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6), cut in any::<prop::sample::Index>()) {
        let mut bytes = hex(EXAMPLES[which].1);
        edits.iter().for_each(|(index, byte)| *index.get_mut(&mut bytes) = *byte);
        bytes.truncate(cut.index(bytes.len()) + 1);
        let _ = decode(&bytes);
    }

    #[test]
    fn any_bytes_end_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode(&bytes);
        let _ = Reader::with_string_table(&bytes, Limits::default()).and_then(read);
    }
}

/// The same value; a NaN is the same as itself.
fn same(left: &Value<'_>, right: &Value<'_>) -> bool {
    left == right || (left.text() == "NaN" && right.text() == "NaN")
}

fn read_back(bytes: &[u8], name: &str, prefix: &str, attribute: &Value<'_>, content: &Value<'_>, last: &Value<'_>) {
    let mut reader = Reader::new(bytes, Limits::default()).unwrap();
    let mut next = || reader.next_event().unwrap();
    assert!(matches!(next(), Some(Event::Start(found)) if found == Name { namespace: "urn:test", local: name }));
    assert!(matches!(next(), Some(Event::Comment("comment"))));
    assert!(matches!(next(), Some(Event::Text(found)) if same(&found, content)));
    assert!(matches!(next(), Some(Event::Start(Name { local: "Body", .. }))));
    assert!(matches!(next(), Some(Event::Text(found)) if same(&found, last)));
    assert!(matches!(next(), Some(Event::End)));
    assert!(matches!(next(), Some(Event::End)));
    assert!(next().is_none());

    let mut reader = Reader::new(bytes, Limits::default()).unwrap();
    assert!(reader.next_event().is_ok());
    assert!(same(reader.attribute(if prefix.is_empty() { "" } else { "urn:test" }, "Header").unwrap(), attribute));
    assert!(same(reader.attribute("", "plain").unwrap(), content));
}
