//! Passwords as they are sent, and the answers.

use super::*;
use crate::password::CredentialData;

/// `Pa$$w0rd` with a published salt.
const BLOB: &str = "v1;PPH1_MD4,181a3024085fcee2f70e,1000,b39525c3bc72a1136fcf7c8a338e0c14313d0450d1a4c98ef0a6ddada3bc5b0a;";

pub(super) fn items() -> Vec<CredentialItem> {
    let ana = CredentialItem {
        source_anchor: Some("AAECAwQFBgcICQoLDA0ODw==".to_owned()),
        cloud_anchor: None,
        change_date: 1_795_392_907,
        credential_data: Secret::new(BLOB.to_owned()),
        force_password_change_on_logon: true,
    };
    let bob = CredentialItem {
        source_anchor: None,
        cloud_anchor: Some("User_57cf9f28-1ad7-40f4-bee8-d3ab9877f0a8".to_owned()),
        force_password_change_on_logon: false,
        ..ana.clone()
    };
    vec![ana, bob]
}

pub(super) fn results() -> Vec<CredentialResult> {
    let stored = CredentialResult {
        source_anchor: Some("AAECAwQFBgcICQoLDA0ODw==".to_owned()),
        cloud_anchor: Some("User_57cf9f28-1ad7-40f4-bee8-d3ab9877f0a8".to_owned()),
        result: CredentialResult::STORED,
        extended_error_information: None,
    };
    let unknown = CredentialResult {
        cloud_anchor: None,
        result: CredentialResult::UNKNOWN_ANCHOR,
        extended_error_information: Some("no such object".to_owned()),
        ..stored.clone()
    };
    vec![stored, CredentialResult { result: -2, ..unknown.clone() }, unknown]
}

#[test]
fn a_change_becomes_the_item_that_is_sent() {
    let change = CredentialChange {
        source_anchor: "AAECAwQFBgcICQoLDA0ODw==".to_owned(),
        change_date: 1_795_392_907,
        credential_data: CredentialData::parse(BLOB).unwrap(),
        force_password_change_on_logon: true,
    };
    assert!(CredentialItem::from(&change) == items()[0]);
}

/// An element without attributes: a record for an element with prefix b, its name inline, its text with end, or nil with end.
fn element(name: &str, text: Option<&str>) -> Vec<u8> {
    let start = [&[0x5f, name.len() as u8], name.as_bytes()].concat(); // PrefixElementB
    let content = match text {
        Some("") => vec![0x01],                                              // EndElement
        Some(text) => [&[0x99, text.len() as u8], text.as_bytes()].concat(), // Chars8TextWithEndElement
        None => vec![0x14, 0xf6, 0x06, 0x86, 0x01],                          // i:nil = TrueText, EndElement
    };
    [start, content].concat()
}

#[test]
fn the_elements_come_in_the_order_of_their_names() {
    let bytes = encode_request(&header(), &Request::ProvisionCredentials(items()));
    let item = [
        element("ChangeDate", Some("2026-11-23T00:15:07Z")),
        element("CloudAnchor", None),
        element("CredentialData", Some(BLOB)),
        [&[0x5f, 26], &b"ForcePasswordChangeOnLogon"[..], &[0x87]].concat(), // TrueTextWithEndElement
        element("SourceAnchor", Some("AAECAwQFBgcICQoLDA0ODw==")),
        element("WindowsLegacyCredentials", None),
        element("WindowsSupplementalCredentials", None),
        vec![0x01], // EndElement
    ]
    .concat();
    let start = b"SyncCredentialsChangeItem";
    let at = bytes.windows(start.len()).position(|window| window == start).unwrap() + start.len();
    assert_eq!(bytes[at..at + item.len()], item);
    let namespaces = [NAMESPACE_OPERATIONS, NAMESPACE_COEXISTENCE];
    assert!(namespaces.iter().all(|namespace| bytes.windows(namespace.len()).any(|window| window == namespace.as_bytes())));
}

#[test]
fn no_item_is_written_into_a_buffer_that_has_to_grow() {
    let widest =
        CredentialItem { source_anchor: Some("x".repeat(88)), cloud_anchor: Some(format!("User_{}", "0".repeat(36))), ..items().remove(0) };
    let one = encode_request(&header(), &Request::ProvisionCredentials(vec![widest.clone()])).len();
    let two = encode_request(&header(), &Request::ProvisionCredentials(vec![widest.clone(), widest])).len();
    assert!(two - one <= credential_batch::BYTES_PER_ITEM, "{} bytes", two - one);
}

/// A request around one item, whose elements `fill` writes.
fn with_item(fill: impl FnOnce(&mut Writer)) -> Result<CredentialItem, DecodeError> {
    let mut writer = Writer::with_capacity(0);
    soap::start_envelope(&mut writer, "x");
    writer.start("q", Word::Inline("SyncToken"));
    writer.xmlns("q", Word::Inline(NAMESPACE_SYNC_TOKEN));
    writer.end();
    soap::start_body(&mut writer);
    writer.start("op", Word::Inline("ProvisionCredentials"));
    writer.xmlns("op", Word::Inline(NAMESPACE_OPERATIONS));
    for name in ["request", "RequestItems", "SyncCredentialsChangeItem"] {
        writer.start("op", Word::Inline(name));
    }
    writer.xmlns("i", Word::new(NAMESPACE_INSTANCE));
    fill(&mut writer);
    for _ in 0..4 {
        writer.end();
    }
    match decode_request(&soap::finish(writer))?.1 {
        Request::ProvisionCredentials(mut items) => Ok(items.remove(0)),
        _ => panic!("another request came back"),
    }
}

#[test]
fn items_of_other_clients_are_understood() {
    // As .NET writes them: the time as a record of its own, a byte array where we write nil; and an element that is not known here.
    let ticks = 639_309_897_071_234_567; // 2026-11-23T00:15:07.1234567
    let item = with_item(|writer| {
        writer.element("op", Word::Inline("ChangeDate"), &Value::DateTime(nbfx::DateTime::new(ticks, nbfx::Zone::Utc).unwrap()));
        writer.text_element("op", Word::Inline("CloudAnchor"), "User_1");
        writer.text_element("op", Word::Inline("CredentialData"), " whatever\n");
        writer.text_element("op", Word::Inline("NotYetInvented"), "1");
        writer.text_element("op", Word::Inline("SourceAnchor"), "");
        writer.element("op", Word::Inline("WindowsLegacyCredentials"), &Value::Bytes(&[1, 2]));
    });
    let item = item.ok().unwrap();
    assert_eq!(item.change_date, 1_795_392_907);
    assert_eq!(item.credential_data.expose(), "whatever");
    assert_eq!((item.cloud_anchor.as_deref(), item.source_anchor), (Some("User_1"), None));
    assert!(!item.force_password_change_on_logon);
}

#[test]
fn what_an_item_lacks_or_garbles_is_named() {
    let error = |date: Option<&str>, data: Option<&str>| {
        with_item(|writer| {
            date.into_iter().for_each(|date| writer.text_element("op", Word::Inline("ChangeDate"), date));
            data.into_iter().for_each(|data| writer.text_element("op", Word::Inline("CredentialData"), data));
        })
        .err()
    };
    assert_eq!(error(None, Some(BLOB)), Some(DecodeError::Missing { element: "ChangeDate" }));
    assert_eq!(error(Some("2026-11-23T00:15:07Z"), None), Some(DecodeError::Missing { element: "CredentialData" }));
    assert_eq!(error(Some("yesterday"), Some(BLOB)), Some(DecodeError::Value { element: "ChangeDate" }));
    assert_eq!(error(Some("2026-11-23T00:15:07Z"), Some(BLOB)), None);
}

#[test]
fn a_batch_has_an_end() {
    let batch = |count| Request::ProvisionCredentials(vec![items().swap_remove(1); count]);
    assert!(decode_request(&encode_request(&header(), &batch(CREDENTIALS_PER_REQUEST_MAX))).is_ok());
    let error = decode_request(&encode_request(&header(), &batch(CREDENTIALS_PER_REQUEST_MAX + 1))).err();
    assert_eq!(error, Some(DecodeError::Value { element: "RequestItems" }));
}
