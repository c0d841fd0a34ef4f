//! What .NET's own writer makes of values, requests and responses is understood. `data/README.md` tells how the files came about.

use samesign_wire::nbfx::{Event, Limits, Reader};
use samesign_wire::provisioning::*;

const TYPES: &[u8] = include_bytes!("data/dotnet-types.nbfs");
const REQUEST: &[u8] = include_bytes!("data/dotnet-request.nbfs");
const WCF_REQUEST: &[u8] = include_bytes!("data/dotnet-wcf-request.nbfs");
const RESPONSE: &[u8] = include_bytes!("data/dotnet-response.nbfs");

fn text(text: &str) -> PropertyValue {
    PropertyValue::Text(text.to_owned())
}

#[test]
fn every_type_of_value_has_the_text_that_dotnet_gives_it() {
    let bytes: Vec<u8> = (0..300_u16).map(|value| value as u8).collect();
    let expected = [
        ("zero", "0"),
        ("one", "1"),
        ("int8", "-34"),
        ("int16", "-32768"),
        ("int32", "123456789"),
        ("int64", "1099511627776"),
        ("true", "true"),
        ("false", "false"),
        ("float", "1.1"),
        ("double", "2.5"),
        ("decimal", "5.123456"),
        ("date", "2006-05-17T01:02:03Z"),
        ("chars", "& < > \" é \u{1F469}"),
        ("empty", ""),
        ("bytes", ""),
        ("uuid", "03020100-0504-0706-0809-0a0b0c0d0e0f"),
        ("unique", "urn:uuid:33221100-5544-7766-8899-aabbccddeeff"),
        ("span", "PT3H20M"),
        ("long", &"x".repeat(65_537)),
        ("qname", "d:string"),
        ("array", "1"),
        ("array", "-2"),
        ("array", "300"),
        ("flags", "true"),
        ("flags", "false"),
        ("guids", "03020100-0504-0706-0809-0a0b0c0d0e0f"),
        ("x", ""),
        ("chunks", "one two 3"),
    ];
    let mut reader = Reader::new(TYPES, Limits::default()).unwrap();
    assert!(matches!(reader.next_event(), Ok(Some(Event::Start(name))) if name.local == "types"));
    for (name, text) in expected {
        assert_eq!(reader.next_child().unwrap().map(|found| found.local), Some(name));
        match name {
            "bytes" => assert_eq!(reader.bytes().unwrap(), bytes),
            "qname" => {
                assert!(reader.attribute("", "type").is_some_and(|value| value.text() == "d:string"));
                assert_eq!(reader.text().unwrap(), text);
            }
            "x" => {
                assert!(reader.attribute("urn:long", "y").is_some_and(|value| value.text() == "v"));
                assert_eq!(reader.text().unwrap(), text);
            }
            _ => assert_eq!(reader.text().unwrap(), text, "{name}"),
        }
    }
    assert_eq!(reader.next_child(), Ok(None));
    assert_eq!(reader.finish(), Ok(()));
}

#[test]
fn a_request_built_as_xml_is_understood() {
    let (header, request) = decode_request(REQUEST).ok().unwrap();
    assert_eq!(header.bearer_token.expose(), "header.payload.signature");
    assert_eq!(header.application_id, names::APPLICATION_ID_V2);
    assert_eq!(header.message_id, "urn:uuid:0f0e0d0c-0b0a-0908-0706-050403020100");
    let Request::ProvisionAzureADSyncObjects2(objects) = request else { panic!("another operation") };
    let [user, group] = &objects[..] else { panic!("{} objects", objects.len()) };
    assert_eq!(
        *user,
        SyncObject {
            source_anchor: Some("AAECAwQFBgcICQoLDA0ODw==".to_owned()),
            cloud_anchor: None,
            object_type: ObjectType::User,
            operation: SyncOperation::Add,
            properties: vec![
                ("accountEnabled".into(), PropertyValue::Boolean(true)),
                ("countryCode".into(), PropertyValue::Long(724)),
                ("displayName".into(), text("Ana & \"Bo\" <Ruiz> é \u{1F469}\u{200D}\u{1F52C}")),
                ("onPremiseSecurityIdentifier".into(), PropertyValue::Bytes(vec![1, 5, 0, 0])),
                (
                    "proxyAddresses".into(),
                    PropertyValue::Texts(vec!["SMTP:ana@contoso.example".to_owned(), "smtp:a@contoso.example".to_owned()])
                ),
                ("userCertificate".into(), PropertyValue::BytesList(vec![vec![0x30, 0x82]])),
                ("department".into(), PropertyValue::Nil),
                ("title".into(), text("")),
            ],
        }
    );
    let change = ReferenceChange { anchor: "User_2".to_owned(), kind: ReferenceKind::Cloud, operation: ReferenceOperation::Remove };
    assert_eq!(
        *group,
        SyncObject {
            source_anchor: None,
            cloud_anchor: Some("Group_1".to_owned()),
            object_type: ObjectType::Group,
            operation: SyncOperation::Set,
            properties: vec![("member".into(), PropertyValue::References(vec![change]))],
        }
    );
}

#[test]
fn a_request_of_a_wcf_client_is_understood() {
    let (header, request) = decode_request(WCF_REQUEST).ok().unwrap();
    assert_eq!(header.message_id, "urn:uuid:0f0e0d0c-0b0a-0908-0706-050403020100");
    assert_eq!(header.tracking_id, "0f0e0d0c-0b0a-0908-0706-050403020100");
    assert_eq!(header.to, "https://localhost:8443/provisioningservice.svc");
    let Request::ProvisionAzureADSyncObjects(objects) = request else { panic!("another operation") };
    let street = "x".repeat(3000);
    for (name, value) in [
        ("accountEnabled", PropertyValue::Boolean(true)),
        ("countryCode", PropertyValue::Long(724)),
        ("revision", PropertyValue::Integer(300)),
        ("displayName", text("Ana & \"Bo\" <Ruiz> é \u{1F469}")),
        ("onPremiseSecurityIdentifier", PropertyValue::Bytes(vec![1, 5, 0, 0])),
        ("proxyAddresses", PropertyValue::Texts(vec!["SMTP:ana@contoso.example".to_owned(), "smtp:a@contoso.example".to_owned()])),
        ("userCertificate", PropertyValue::BytesList(vec![vec![0x30, 0x82]])),
        ("department", PropertyValue::Nil),
        ("title", text("")),
        ("streetAddress", text(&street)),
        ("seen", text("2024-05-06T07:08:09Z")),
    ] {
        assert_eq!(objects[0].property(name), Some(&value), "{name}");
    }
    assert_eq!(objects[0].source_anchor.as_deref(), Some("AAECAwQFBgcICQoLDA0ODw=="));
    assert_eq!((objects[0].object_type, objects[0].operation), (ObjectType::User, SyncOperation::Set));
}

#[test]
fn a_response_built_as_xml_is_understood() {
    let expected = SyncObjectResult {
        object_type: ObjectType::User,
        operation: SyncOperation::Set,
        source_anchor: Some("AAECAwQFBgcICQoLDA0ODw==".to_owned()),
        cloud_anchor: None,
        result_code: ResultCode::Success,
        error_code: None,
        error_description: None,
        error_details: vec![],
    };
    assert_eq!(decode_response(Operation::ProvisionAzureADSyncObjects, RESPONSE), Ok(Ok(Response::Provision(vec![expected]))));
}

#[test]
fn every_document_of_dotnet_cut_short_is_an_error() {
    for end in 0..REQUEST.len() {
        assert!(decode_request(&REQUEST[..end]).is_err());
    }
    for end in 0..RESPONSE.len() {
        assert!(decode_response(Operation::ProvisionAzureADSyncObjects, &RESPONSE[..end]).is_err());
    }
}
