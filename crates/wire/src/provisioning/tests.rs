//! Whole messages: what we write reads back, what others write reads too, and damage is an error.

use std::borrow::Cow;

use proptest::prelude::*;

use super::names::*;
use super::*;
use crate::nbfx::{self, Value, Word, Writer};
use crate::{Secret, soap};

mod credentials;
mod peers;

fn header() -> RequestHeader {
    let url = "https://adminwebservice.microsoftonline.com/provisioningservice.svc";
    RequestHeader::new(url, APPLICATION_ID_V1, Secret::from("eyJ0.token".to_owned()), "0f0e0d0c-0b0a-0908-0706-050403020100")
}

fn user() -> SyncObject {
    let text = |text: &str| PropertyValue::Text(text.to_owned());
    SyncObject {
        source_anchor: Some("AAECAwQFBgcICQoLDA0ODw==".to_owned()),
        cloud_anchor: None,
        object_type: ObjectType::User,
        operation: SyncOperation::Add,
        properties: vec![
            ("userPrincipalName".into(), text("ana@contoso.example")),
            ("displayName".into(), text("Ana & \"Bo\" <Ruiz> \u{1F469}\u{200D}\u{1F52C}")),
            ("accountEnabled".into(), PropertyValue::Boolean(true)),
            ("countryCode".into(), PropertyValue::Long(724)),
            (
                "proxyAddresses".into(),
                PropertyValue::Texts(vec!["SMTP:ana@contoso.example".to_owned(), "smtp:a@contoso.example".to_owned()]),
            ),
            ("onPremiseSecurityIdentifier".into(), PropertyValue::Bytes(vec![1, 5, 0, 0])),
            ("userCertificate".into(), PropertyValue::BytesList(vec![vec![0x30, 0x82], vec![]])),
            ("department".into(), PropertyValue::Nil),
            ("title".into(), text("")),
            ("streetAddress".into(), text(&"x".repeat(65_536))),
            ("extension_0123_own".into(), PropertyValue::Integer(-7)),
        ],
    }
}

fn group() -> SyncObject {
    let change = |anchor: &str, kind, operation| ReferenceChange { anchor: anchor.to_owned(), kind, operation };
    SyncObject {
        source_anchor: None,
        cloud_anchor: Some("Group_0f0e0d0c-0b0a-0908-0706-050403020100".to_owned()),
        object_type: ObjectType::Group,
        operation: SyncOperation::Set,
        properties: vec![(
            "member".into(),
            PropertyValue::References(vec![
                change("AAECAwQFBgcICQoLDA0ODw==", ReferenceKind::Source, ReferenceOperation::Add),
                change("User_1", ReferenceKind::Cloud, ReferenceOperation::Remove),
            ]),
        )],
    }
}

fn requests() -> Vec<Request> {
    let read_back =
        |input_cookie, is_full_sync| Request::ReadBackAzureADSyncObjects { include_license_information: true, input_cookie, is_full_sync };
    vec![
        Request::GetCompanyConfiguration { include_license_information: true },
        Request::GetCompanyConfiguration { include_license_information: false },
        Request::ProvisionAzureADSyncObjects(vec![user()]),
        Request::ProvisionAzureADSyncObjects(vec![]),
        Request::ProvisionAzureADSyncObjects2(vec![user(), group()]),
        read_back(None, true),
        read_back(Some(vec![0, 255]), false),
        Request::FinalizeExport { total_exported: i64::MAX, successful_export_count: 0 },
        Request::SetCompanyDirsyncFeatures { dirsync_features: 41_017 },
        Request::ProvisionCredentials(credentials::items()),
        Request::ProvisionCredentials(vec![]),
    ]
}

#[test]
fn requests_read_back_as_written() {
    for request in requests() {
        let (found, read) = decode_request(&encode_request(&header(), &request)).unwrap();
        assert!(read == request, "{}", request.operation().name());
        let sent = header();
        assert_eq!(found.bearer_token.expose(), sent.bearer_token.expose());
        assert_eq!(
            [found.to, found.message_id, found.application_id, found.client_version, found.dirsync_build_number, found.fim_build_number],
            [sent.to, sent.message_id, sent.application_id, sent.client_version, sent.dirsync_build_number, sent.fim_build_number]
        );
        assert_eq!([found.language, found.tracking_id], [sent.language, sent.tracking_id]);
        assert!(!found.is_installed_on_dc && !found.rich_coexistence_enabled);
    }
}

fn company() -> CompanyConfiguration {
    CompanyConfiguration {
        allowed_features: vec!["ObjectWriteback".to_owned(), "PasswordWriteback".to_owned()],
        dirsync_features: features::PASSWORD_HASH_SYNC | features::ENABLE_SOFT_MATCH_ON_UPN,
        display_name: "Contoso".to_owned(),
        is_dirsyncing: true,
        is_password_syncing: false,
        synchronization_interval: "PT30M".to_owned(),
        tenant_id: "57cf9f28-1ad7-40f4-bee8-d3ab9877f0a8".to_owned(),
        links_per_batch_max: 15_000,
        anchor_attribute: "objectGUID".to_owned(),
        application_version: APPLICATION_ID_V1.to_owned(),
        client_version: "2.6.3.0".to_owned(),
        is_tracking_changes: false,
        dirsync_client_machine: "sync-01".to_owned(),
        total_connector_space_objects: 24,
        deletion_prevention: DeletionPrevention { mode: "EnabledForCount".to_owned(), threshold_count: 500, threshold_percentage: 0 },
    }
}

fn results() -> Vec<SyncObjectResult> {
    let taken = SyncObjectResult {
        object_type: ObjectType::User,
        operation: SyncOperation::Add,
        source_anchor: Some("AAECAwQFBgcICQoLDA0ODw==".to_owned()),
        cloud_anchor: Some("User_57cf9f28-1ad7-40f4-bee8-d3ab9877f0a8".to_owned()),
        result_code: ResultCode::Success,
        error_code: None,
        error_description: None,
        error_details: vec![],
    };
    let refused = SyncObjectResult {
        cloud_anchor: None,
        result_code: ResultCode::Failure,
        error_code: Some("InvalidSoftMatch".to_owned()),
        error_description: Some("the address is taken".to_owned()),
        error_details: vec![("ConflictProperty".to_owned(), "proxyAddresses".to_owned())],
        ..taken.clone()
    };
    vec![taken, refused]
}

fn responses() -> Vec<(Operation, Response)> {
    vec![
        (Operation::GetCompanyConfiguration, Response::CompanyConfiguration(company())),
        (Operation::ProvisionAzureADSyncObjects, Response::Provision(results())),
        (Operation::ProvisionAzureADSyncObjects2, Response::Provision(vec![])),
        (
            Operation::ReadBackAzureADSyncObjects,
            Response::ReadBack { objects: vec![user(), group()], cookie: Some(vec![1, 2]), more: true },
        ),
        (Operation::ReadBackAzureADSyncObjects, Response::ReadBack { objects: vec![], cookie: None, more: false }),
        (Operation::FinalizeExport, Response::Finalize),
        (Operation::SetCompanyDirsyncFeatures, Response::SetFeatures),
        (Operation::ProvisionCredentials, Response::Credentials(credentials::results())),
        (Operation::ProvisionCredentials, Response::Credentials(vec![])),
    ]
}

fn faults() -> Vec<Fault> {
    let fault = |code, detail| Fault { code, reason: "company is not enabled".to_owned(), detail };
    vec![
        fault(FaultCode::Sender, FaultDetail::None),
        fault(FaultCode::Receiver, FaultDetail::BindingRedirection { url: "https://eu.example/provisioningservice.svc".to_owned() }),
        fault(FaultCode::Sender, FaultDetail::AdminWebService { error_code: "90".to_owned(), message: "not activated".to_owned() }),
    ]
}

#[test]
fn responses_and_faults_read_back_as_written() {
    for (operation, response) in responses() {
        let bytes = encode_response(operation, "urn:uuid:1", &response);
        assert_eq!(decode_response(operation, &bytes), Ok(Ok(response)));
    }
    for fault in faults() {
        let bytes = encode_fault("urn:uuid:1", &fault);
        assert_eq!(decode_response(Operation::FinalizeExport, &bytes), Ok(Err(fault)));
    }
}

/// A membership as large as one request may carry: differences of both kinds of anchors, cut off and read back.
#[test]
fn differences_of_a_large_group_read_back_as_written() {
    let change = |number: usize| ReferenceChange {
        anchor: format!("{number:022}=="),
        kind: if number.is_multiple_of(2) { ReferenceKind::Source } else { ReferenceKind::Cloud },
        operation: if number.is_multiple_of(3) { ReferenceOperation::Remove } else { ReferenceOperation::Add },
    };
    let with = |count: usize| {
        let changes = PropertyValue::References((0..count).map(change).collect());
        Request::ProvisionAzureADSyncObjects2(vec![SyncObject { properties: vec![("member".into(), changes)], ..group() }])
    };
    for count in [0, 1, 15_000] {
        let request = with(count);
        assert!(decode_request(&encode_request(&header(), &request)).is_ok_and(|(_, read)| read == request), "{count}");
    }
    let bytes = encode_request(&header(), &with(40));
    assert!((0..bytes.len()).all(|end| decode_request(&bytes[..end]).is_err()));
    // What is neither 1 nor 2 is nothing that may be guessed.
    let damaged = replace(&bytes, b"operationInt\x83", b"operationInt\x81");
    assert_eq!(decode_request(&damaged).err(), Some(DecodeError::Value { element: "operationInt" }));
}

#[test]
fn every_message_cut_short_is_an_error() {
    let mut small = user();
    small.properties.retain(|(name, _)| name != "streetAddress");
    for request in [Request::ProvisionAzureADSyncObjects2(vec![small, group()]), requests().swap_remove(6), requests().swap_remove(9)] {
        let bytes = encode_request(&header(), &request);
        assert!((0..bytes.len()).all(|end| decode_request(&bytes[..end]).is_err()));
    }
    for (operation, response) in responses().into_iter().filter(|(_, response)| !matches!(response, Response::ReadBack { more: true, .. }))
    {
        let bytes = encode_response(operation, "urn:uuid:1", &response);
        assert!((0..bytes.len()).all(|end| decode_response(operation, &bytes[..end]).is_err()));
    }
    let bytes = encode_fault("urn:uuid:1", &faults().swap_remove(2));
    assert!((0..bytes.len()).all(|end| decode_response(Operation::FinalizeExport, &bytes[..end]).is_err()));
}

#[test]
fn a_response_to_another_operation_is_refused() {
    let bytes = encode_response(Operation::FinalizeExport, "", &Response::Finalize);
    assert_eq!(decode_response(Operation::SetCompanyDirsyncFeatures, &bytes), Err(DecodeError::Operation));
}

#[test]
fn an_error_says_which_element_and_never_what_it_held() {
    let mut object = user();
    object.object_type = ObjectType::User;
    let bytes = encode_request(&header(), &Request::ProvisionAzureADSyncObjects(vec![object]));
    let damaged = replace(&bytes, b"SyncObjectType\x99\x04User", b"SyncObjectType\x99\x04Uxer");
    let error = decode_request(&damaged).err().unwrap();
    assert_eq!(error, DecodeError::Value { element: "SyncObjectType" });
    assert_eq!(error.to_string(), "the content of element SyncObjectType is not valid");

    let damaged = replace(&bytes, b"\x03Key\x99\x0eaccountEnabled", b"\x03Kex\x99\x0eaccountEnabled");
    assert_eq!(decode_request(&damaged).err(), Some(DecodeError::Missing { element: "Key" }));

    let damaged = replace(&bytes, b"\x09SyncToken", b"\x09SyncTokem");
    assert_eq!(decode_request(&damaged).err(), Some(DecodeError::Missing { element: "SyncToken" }));

    // Only the element's name in the body, so that the action in the header stays.
    let damaged = replace(&bytes, b"\x40\x1bProvisionAzureADSyncObjects", b"\x40\x1bProvisionAzureADSyncObjectz");
    assert_eq!(decode_request(&damaged).err(), Some(DecodeError::Operation));
}

#[test]
fn the_envelope_and_the_operation_are_told_by_their_namespaces() {
    let request = |envelope: &str, body: &str, operation: &str| {
        let mut writer = Writer::with_capacity(0);
        writer.start("s", Word::new("Envelope"));
        writer.xmlns("s", Word::Inline(envelope));
        writer.start("s", Word::new("Header"));
        writer.start("", Word::Inline("SyncToken"));
        writer.xmlns("", Word::Inline(NAMESPACE_SYNC_TOKEN));
        writer.end();
        writer.end();
        writer.start("body", Word::new("Body"));
        writer.xmlns("body", Word::Inline(body));
        writer.start("", Word::Inline("FinalizeExport"));
        writer.xmlns("", Word::Inline(operation));
        for _ in 0..3 {
            writer.end();
        }
        decode_request(&writer.into_bytes()).err()
    };
    assert_eq!(request(soap::NAMESPACE, soap::NAMESPACE, NAMESPACE_OPERATIONS), None);
    // SOAP 1.1 has another namespace, and is another protocol.
    let other = "http://schemas.xmlsoap.org/soap/envelope/";
    assert_eq!(request(other, other, NAMESPACE_OPERATIONS), Some(DecodeError::Missing { element: "Envelope" }));
    assert_eq!(request(soap::NAMESPACE, "urn:other", NAMESPACE_OPERATIONS), Some(DecodeError::Missing { element: "Body" }));
    assert_eq!(request(soap::NAMESPACE, soap::NAMESPACE, "urn:other"), Some(DecodeError::Operation));
}

#[test]
fn of_a_reason_in_several_languages_the_first_is_told() {
    let mut writer = Writer::with_capacity(0);
    soap::start_envelope(&mut writer, soap::FAULT_ACTION);
    soap::start_body(&mut writer);
    writer.start("s", Word::new("Fault"));
    writer.start("s", Word::new("Reason"));
    writer.text_element("s", Word::new("Text"), "not enabled");
    writer.text_element("s", Word::new("Text"), "nicht eingeschaltet");
    writer.end();
    writer.end();
    let fault = Fault { code: FaultCode::Other, reason: "not enabled".to_owned(), detail: FaultDetail::None };
    assert_eq!(decode_response(Operation::FinalizeExport, &soap::finish(writer)), Ok(Err(fault)));
}

fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = bytes.windows(from.len()).position(|window| window == from).expect("the bytes to be damaged are there");
    [&bytes[..at], to, &bytes[at + from.len()..]].concat()
}

#[test]
fn names_on_the_wire_are_the_services_own() {
    let action = Operation::ProvisionAzureADSyncObjects2.action();
    assert_eq!(action, "http://schemas.microsoft.com/online/aws/change/2010/01/IProvisioningWebService/ProvisionAzureADSyncObjects2");
    for operation in Operation::ALL {
        assert_eq!(Operation::from_name(operation.name()), Some(operation));
    }
}

#[test]
fn known_properties_need_no_memory_for_their_names() {
    let bytes = encode_request(&header(), &Request::ProvisionAzureADSyncObjects(vec![user()]));
    let Ok((_, Request::ProvisionAzureADSyncObjects(objects))) = decode_request(&bytes) else { panic!() };
    assert!(matches!(objects[0].properties[0].0, Cow::Borrowed("userPrincipalName")));
    assert!(matches!(&objects[0].properties[10].0, Cow::Owned(name) if name == "extension_0123_own"));
}

fn property_values() -> impl Strategy<Value = PropertyValue> {
    let bytes = || proptest::collection::vec(any::<u8>(), 0..40);
    let kinds = prop_oneof![Just(ReferenceKind::Cloud), Just(ReferenceKind::Source)];
    let operations = prop_oneof![Just(ReferenceOperation::Add), Just(ReferenceOperation::Remove)];
    let changes = (any::<String>(), kinds, operations).prop_map(|(anchor, kind, operation)| ReferenceChange { anchor, kind, operation });
    prop_oneof![
        Just(PropertyValue::Nil),
        any::<String>().prop_map(PropertyValue::Text),
        any::<bool>().prop_map(PropertyValue::Boolean),
        any::<i32>().prop_map(PropertyValue::Integer),
        any::<i64>().prop_map(PropertyValue::Long),
        bytes().prop_map(PropertyValue::Bytes),
        proptest::collection::vec(any::<String>(), 0..4).prop_map(PropertyValue::Texts),
        proptest::collection::vec(bytes(), 0..4).prop_map(PropertyValue::BytesList),
        proptest::collection::vec(changes, 0..4).prop_map(PropertyValue::References),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_properties_read_back_as_written(values in proptest::collection::vec(("[A-Za-z_0-9]{1,30}", property_values()), 0..6)) {
        let mut object = user();
        object.properties = values.into_iter().filter(|(name, _)| name != SOURCE_ANCHOR && name != CLOUD_ANCHOR)
            .map(|(name, value)| (Cow::Owned(name), value)).collect();
        let request = Request::ProvisionAzureADSyncObjects2(vec![object]);
        prop_assert!(decode_request(&encode_request(&header(), &request)).is_ok_and(|(_, read)| read == request));
    }

    /// Several bytes changed, some cut out or doubled: an error or another message, but an end, and no panic.
    #[test]
    fn a_damaged_message_does_no_harm(which in 0_usize..11, edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0_u8..4), 1..8)) {
        let mut small = requests();
        for request in &mut small {
            if let Request::ProvisionAzureADSyncObjects(objects) | Request::ProvisionAzureADSyncObjects2(objects) = request {
                objects.iter_mut().for_each(|object| object.properties.retain(|(name, _)| name != "streetAddress"));
            }
        }
        let mut request = encode_request(&header(), &small[which]);
        damage(&mut request, &edits);
        let _ = decode_request(&request);
        let answers = responses();
        let (operation, response) = &answers[which % answers.len()];
        let mut response = encode_response(*operation, "urn:uuid:1", response);
        damage(&mut response, &edits);
        let _ = decode_response(*operation, &response);
    }
}

fn damage(bytes: &mut Vec<u8>, edits: &[(prop::sample::Index, u8, u8)]) {
    for (index, byte, kind) in edits {
        if bytes.is_empty() {
            return;
        }
        let at = index.index(bytes.len());
        match kind {
            0 => bytes[at] = *byte,
            1 => bytes.truncate(at),
            2 => drop(bytes.drain(at..(at + usize::from(*byte)).min(bytes.len()))),
            _ => {
                let piece = bytes[at..(at + usize::from(*byte)).min(bytes.len())].to_vec();
                bytes.splice(at..at, piece);
            }
        }
    }
}
