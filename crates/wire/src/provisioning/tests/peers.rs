//! Messages as other implementations write them.

use super::*;

/// What .NET's `XmlDictionaryWriter` makes of the XML that open PowerShell clients send: every value as characters, white space kept
/// between elements, names inline unless the dictionary has them, prefixes of one letter in their short records.
fn from_powershell() -> Vec<u8> {
    let text = |text: &str| [vec![0x98, text.len() as u8], text.as_bytes().to_vec()].concat();
    let string = |text: &str| [vec![text.len() as u8], text.as_bytes().to_vec()].concat();
    let gap = || text("\r\n\t\t");
    // Element c:name, b:name, name.
    let c = |name: &str| [vec![0x60], string(name)].concat();
    let b = |name: &str| [vec![0x5f], string(name)].concat();
    let plain = |name: &str| [vec![0x40], string(name)].concat();
    let end = || vec![0x01];
    let pair = |key: &str, type_name: &str, value: &str| {
        [
            gap(),
            c("KeyValueOfstringanyType"),
            c("Key"),
            text(key),
            end(),
            c("Value"),
            // i:type="d:string", type being string 888 of the dictionary, then the declaration of d, inline though the dictionary has it.
            [vec![0x14, 0xf8, 0x06], text(type_name)].concat(),
            [vec![0x09, 0x01, b'd'], string(NAMESPACE_SCHEMA)].concat(),
            text(value),
            end(),
            end(),
        ]
        .concat()
    };
    let field = |name: &str, value: &str| {
        let declaration = [vec![0x08], string(NAMESPACE_OPERATIONS)].concat();
        [gap(), plain(name), declaration, if value.is_empty() { vec![] } else { text(value) }, end()].concat()
    };
    [
        // <s:Envelope xmlns:s xmlns:a>
        vec![0x56, 0x02, 0x0b, 0x01, b's', 0x04, 0x0b, 0x01, b'a', 0x06],
        gap(),
        // <s:Header><a:Action s:mustUnderstand="1">
        vec![0x56, 0x08],
        gap(),
        [vec![0x44, 0x0a, 0x1e, 0x00], text("1"), text("http://schemas.microsoft.com/online/aws/"), text("change"), end()].concat(),
        // <SyncToken s:role=… xmlns=… xmlns:i=…>
        plain("SyncToken"),
        [vec![0x1e, 0x8a, 0x01], text(NAMESPACE_SYNC_TOKEN)].concat(),
        [vec![0x08], string(NAMESPACE_SYNC_TOKEN)].concat(),
        [vec![0x09, 0x01, b'i'], string(NAMESPACE_INSTANCE)].concat(),
        field("ApplicationId", APPLICATION_ID_V1),
        field("BearerToken", "the-token"),
        field("IsInstalledOnDC", "True"),
        field("LiveToken", ""),
        field("NotYetInvented", "1"),
        field("TrackingId", "0f0e0d0c-0b0a-0908-0706-050403020100"),
        gap(),
        end(),
        // <a:MessageID> as a UniqueIdText.
        [vec![0x44, 0x1a, 0xad], (0..16).collect()].concat(),
        [vec![0x44, 0x0c], text("https://localhost/provisioningservice.svc"), end()].concat(),
        end(),
        gap(),
        // <s:Body>
        vec![0x56, 0x0e],
        gap(),
        [plain("ProvisionAzureADSyncObjects"), vec![0x08], string(NAMESPACE_OPERATIONS)].concat(),
        [plain("syncRequest"), vec![0x09, 0x01, b'b'], string(NAMESPACE_OBJECTS)].concat(),
        [vec![0x09, 0x01, b'i'], string(NAMESPACE_INSTANCE)].concat(),
        gap(),
        b("SyncObjects"),
        b("AzureADSyncObject"),
        [vec![0x02], string(" the type may come first ")].concat(),
        [b("SyncObjectType"), text("Us"), text("er"), end()].concat(),
        [b("PropertyValues"), vec![0x09, 0x01, b'c'], string(NAMESPACE_ARRAYS)].concat(),
        pair("SourceAnchor", "d:string", "AAEC"),
        pair("accountEnabled", "d:boolean", "true"),
        pair("countryCode", "d:long", "0"),
        pair("onPremiseSecurityIdentifier", "d:base64Binary", "AQUAAA=="),
        pair("displayName", "d:string", "  Ana  "),
        gap(),
        end(),
        [b("SyncOperation"), text("Set"), end()].concat(),
        end(),
        end(),
        end(),
        end(),
        gap(),
        end(),
        end(),
        text("\n"),
    ]
    .concat()
}

#[test]
fn the_request_of_an_open_client_is_understood() {
    let bytes = from_powershell();
    // The last text stands behind the root element, where no text may be.
    assert!(matches!(decode_request(&bytes).err(), Some(DecodeError::Xml(nbfx::Error::Trailing))));
    let (header, request) = decode_request(&bytes[..bytes.len() - 3]).ok().unwrap();
    assert_eq!(header.bearer_token.expose(), "the-token");
    assert_eq!(header.application_id, APPLICATION_ID_V1);
    assert_eq!(header.message_id, "urn:uuid:03020100-0504-0706-0809-0a0b0c0d0e0f");
    assert_eq!(header.tracking_id, "0f0e0d0c-0b0a-0908-0706-050403020100");
    assert_eq!(header.to, "https://localhost/provisioningservice.svc");
    assert!(header.is_installed_on_dc);
    let expected = SyncObject {
        source_anchor: Some("AAEC".to_owned()),
        cloud_anchor: None,
        object_type: ObjectType::User,
        operation: SyncOperation::Set,
        properties: vec![
            ("accountEnabled".into(), PropertyValue::Boolean(true)),
            ("countryCode".into(), PropertyValue::Long(0)),
            ("onPremiseSecurityIdentifier".into(), PropertyValue::Bytes(vec![1, 5, 0, 0])),
            ("displayName".into(), PropertyValue::Text("  Ana  ".to_owned())),
        ],
    };
    assert!(request == Request::ProvisionAzureADSyncObjects(vec![expected]));
}

/// A request around the value of one property, which `value` writes with its attributes.
fn with_value(value: impl FnOnce(&mut Writer)) -> Result<PropertyValue, DecodeError> {
    let mut writer = Writer::with_capacity(0);
    soap::start_envelope(&mut writer, "x");
    writer.start("q", Word::Inline("SyncToken"));
    writer.xmlns("q", Word::Inline(NAMESPACE_SYNC_TOKEN));
    writer.end();
    soap::start_body(&mut writer);
    writer.start("op", Word::Inline("ProvisionAzureADSyncObjects2"));
    writer.xmlns("op", Word::Inline(NAMESPACE_OPERATIONS));
    writer.start("op", Word::Inline("syncRequest"));
    writer.xmlns("xsi", Word::new(NAMESPACE_INSTANCE));
    for name in ["SyncObjects", "AzureADSyncObject"] {
        writer.start("", Word::Inline(name));
    }
    writer.text_element("", Word::Inline("SyncOperation"), "Add");
    writer.text_element("", Word::Inline("SyncObjectType"), "Contact");
    for name in ["PropertyValues", "KeyValueOfstringanyType", "Value"] {
        writer.start("", Word::Inline(name));
    }
    value(&mut writer);
    writer.end();
    writer.text_element("", Word::Inline("Key"), "title");
    for _ in 0..6 {
        writer.end();
    }
    match decode_request(&soap::finish(writer))?.1 {
        Request::ProvisionAzureADSyncObjects2(mut objects) => Ok(objects.remove(0).properties.remove(0).1),
        _ => panic!("another request came back"),
    }
}

fn typed(type_name: &str, values: &[Value<'_>]) -> Result<PropertyValue, DecodeError> {
    with_value(|writer| {
        writer.attribute("xsi", Word::new("type"), &Value::from(type_name));
        values.iter().for_each(|value| writer.text(value));
    })
}

#[test]
fn a_value_may_come_in_any_record_that_carries_it() {
    for value in [Value::Bool(true), Value::Int(1), Value::from("true"), Value::from(" true\n"), Value::from("1")] {
        assert_eq!(typed("x:boolean", &[value]), Ok(PropertyValue::Boolean(true)));
    }
    for value in [Value::Int(-5), Value::from("-5"), Value::Double(-5.0)] {
        assert_eq!(typed("x:long", std::slice::from_ref(&value)), Ok(PropertyValue::Long(-5)));
        assert_eq!(typed("x:int", &[value]), Ok(PropertyValue::Integer(-5)));
    }
    assert_eq!(typed("long", &[Value::UInt(7)]), Ok(PropertyValue::Long(7)));
    for values in [&[Value::Bytes(&[1, 2]), Value::Bytes(&[3])][..], &[Value::from("AQ"), Value::from("ID")]] {
        assert_eq!(typed("x:base64Binary", values), Ok(PropertyValue::Bytes(vec![1, 2, 3])));
    }
    let pieces = [Value::from("a"), Value::Int(1), Value::Bool(false), Value::from("&")];
    assert_eq!(typed("x:string", &pieces), Ok(PropertyValue::Text("a1false&".to_owned())));
    assert_eq!(
        typed("x:guid", &[Value::Uuid(nbfx::Uuid([0; 16]))]),
        Ok(PropertyValue::Text("00000000-0000-0000-0000-000000000000".to_owned()))
    );
    assert_eq!(with_value(|writer| writer.text(&Value::from("no type"))), Ok(PropertyValue::Text("no type".to_owned())));
}

#[test]
fn a_value_that_is_not_of_its_type_is_an_error() {
    let error = Err(DecodeError::Value { element: "Value" });
    for (type_name, value) in
        [("boolean", "yes"), ("int", "2147483648"), ("long", "9223372036854775808"), ("long", ""), ("base64Binary", "%")]
    {
        assert_eq!(typed(type_name, &[Value::from(value)]), error, "{type_name} {value}");
    }
    let nested = with_value(|writer| {
        writer.start("", Word::Inline("b"));
        writer.end();
    });
    assert_eq!(nested, error);
}

#[test]
fn nil_is_told_by_its_namespace_in_any_spelling() {
    for value in [Value::Bool(true), Value::Int(1), Value::from("true")] {
        assert_eq!(with_value(|writer| writer.attribute("xsi", Word::new("nil"), &value)), Ok(PropertyValue::Nil));
    }
    let other = with_value(|writer| writer.attribute("", Word::new("nil"), &Value::Bool(true)));
    assert_eq!(other, Ok(PropertyValue::Text(String::new())));
}

#[test]
fn lists_take_items_of_any_name_and_pass_over_what_is_between() {
    let list = with_value(|writer| {
        writer.attribute("xsi", Word::new("type"), &Value::from("ArrayOfstring"));
        writer.text(&Value::from("\n  "));
        writer.element("", Word::new("string"), &Value::from("one"));
        writer.comment("and");
        writer.element("", Word::Inline("other"), &Value::Int(2));
    });
    assert_eq!(list, Ok(PropertyValue::Texts(vec!["one".to_owned(), "2".to_owned()])));
}
