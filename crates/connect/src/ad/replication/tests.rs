//! Watermarks and messages; replication itself runs against a real domain controller.

use samesign_engine::ObjectGuid;
use samesign_wire::drsr::{Cursor, Reply, UsnVector};

use super::rights::account_name;
use super::{MissingRights, Watermark};

const DOMAIN: ObjectGuid = ObjectGuid::from_bytes([1; 16]);
const DC1: ObjectGuid = ObjectGuid::from_bytes([2; 16]);
const DC2: ObjectGuid = ObjectGuid::from_bytes([3; 16]);

fn reply(usn: i64, more: bool, cursors: &[Cursor]) -> Reply {
    let to = UsnVector { high_object_update: usn, reserved: 0, high_property_update: usn };
    Reply { invocation_id: [2; 16], to, up_to_date: Some(cursors.to_vec()), objects: Vec::new(), more, extended_result: 0 }
}

const CURSORS: [Cursor; 2] = [Cursor { invocation_id: [2; 16], usn: 500 }, Cursor { invocation_id: [9; 16], usn: 7 }];

#[test]
fn a_watermark_moves_with_each_reply_and_its_other_half_with_each_cycle() {
    let within = Watermark::start().advanced(DOMAIN, DC1, &reply(400, true, &CURSORS));
    assert_eq!(within.of(DC1).unwrap().high_property_update, 400);
    assert_eq!(within.up_to_date(), [], "the cycle has not ended");
    assert_eq!(within.of(DC2), None, "it says nothing about another domain controller");
    let ended = within.advanced(DOMAIN, DC1, &reply(500, false, &CURSORS));
    assert_eq!((ended.of(DC1).unwrap().high_object_update, ended.up_to_date()), (500, &CURSORS[..]));
    let elsewhere = ended.advanced(DOMAIN, DC2, &reply(20, true, &[]));
    assert_eq!((elsewhere.of(DC1), elsewhere.up_to_date()), (None, &CURSORS[..]), "kept until the other's cycle ends");
    assert_eq!(elsewhere.domain(), Some(DOMAIN));
}

#[test]
fn a_watermark_survives_storing() {
    let some = Watermark::start().advanced(DOMAIN, DC1, &reply(i64::MAX, false, &CURSORS));
    for watermark in [Watermark::start(), some.clone(), Watermark::start().advanced(DOMAIN, DC1, &reply(0, true, &[]))] {
        assert_eq!(Watermark::from_bytes(&watermark.to_bytes()).as_ref(), Some(&watermark));
    }
    let bytes = some.to_bytes();
    for end in 0..bytes.len() {
        let read = Watermark::from_bytes(&bytes[..end]);
        assert!(read.is_none() || read == Some(Watermark::start()) && end == 8, "{end}: nothing, or everything from the start");
    }
    let mut other = bytes;
    other[7] = 2;
    assert_eq!(Watermark::from_bytes(&other), None, "of a later version");
    assert_eq!(Watermark::from_bytes(b"MSDS\x03\0\0\0"), None, "a DirSync cookie");
}

#[test]
fn the_commands_that_give_the_rights_are_told() {
    let rights = MissingRights {
        account: "svc-samesign@corp.example.com".to_owned(),
        logon_name: "CORP\\svc-samesign".to_owned(),
        sid: Some("S-1-5-21-1-2-3-1104".to_owned()),
        naming_context: "DC=corp,DC=example,DC=com".to_owned(),
    };
    let shown = rights.to_string();
    let lines: Vec<_> = shown.lines().collect();
    assert_eq!(
        lines,
        [
            "the account svc-samesign@corp.example.com may not replicate passwords: give it Replicating Directory Changes and Replicating \
             Directory Changes All on DC=corp,DC=example,DC=com",
            "  Windows:  dsacls \"DC=corp,DC=example,DC=com\" /G \"CORP\\svc-samesign:CA;Replicating Directory Changes\"",
            "  Windows:  dsacls \"DC=corp,DC=example,DC=com\" /G \"CORP\\svc-samesign:CA;Replicating Directory Changes All\"",
            "  Samba:    samba-tool dsacl set --objectdn=\"DC=corp,DC=example,DC=com\" \
             --sddl=\"(OA;;CR;1131f6aa-9c07-11d1-f79f-00c04fc2dcd2;;S-1-5-21-1-2-3-1104)\
             (OA;;CR;1131f6ad-9c07-11d1-f79f-00c04fc2dcd2;;S-1-5-21-1-2-3-1104)\"",
        ]
    );
    for user in ["svc", "svc@corp.example.com", "CORP\\svc"] {
        assert_eq!(account_name(user), "svc");
    }
}
