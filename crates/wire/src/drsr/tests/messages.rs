//! Messages byte by byte: ours as MS-DRSR draws them, those of Samba 4.17 as they came.

use super::super::{
    Bound, Cursor, DrsrError, DsName, Extended, Request, Status, UsnVector, decode_bind_reply, decode_reply, decode_unbind_reply,
    encode_bind, encode_request, encode_unbind,
};

#[rustfmt::skip]
pub const BIND_REPLY: [u8; 84] = [
    0x08, 0x00, 0x02, 0x00, // ppextServer
    0x30, 0x00, 0x00, 0x00, // maximum count of rgb
    0x30, 0x00, 0x00, 0x00, // cb
    0x6f, 0xff, 0xff, 0x2f, // dwFlags
    0xa9, 0x52, 0x20, 0xdc, 0x22, 0x70, 0xa2, 0x4b, 0x8c, 0xc0, 0xf8, 0xd0, 0xa2, 0xf2, 0xa6, 0xdd, // SiteObjGuid
    0x00, 0x00, 0x00, 0x00, // Pid
    0x00, 0x00, 0x00, 0x00, // dwReplEpoch
    0x02, 0x00, 0x00, 0x00, // dwFlagsExt
    0x5a, 0x54, 0x08, 0xf4, 0x72, 0x74, 0x98, 0x45, 0x85, 0x29, 0x0f, 0xca, 0xf2, 0x42, 0x41, 0xcf, // ConfigObjGUID
    0x00, 0x00, 0x00, 0x00, // phDrs: attributes
    0xf8, 0x1c, 0x0b, 0x91, 0xe4, 0xd2, 0xf9, 0x4a, 0x9e, 0x70, 0x33, 0x54, 0xa7, 0xa5, 0x0c, 0x71, // phDrs: UUID
    0x00, 0x00, 0x00, 0x00, // return value
];

#[test]
fn a_bind_reply_is_read() {
    let bound = Bound { handle: *BIND_REPLY[60..].first_chunk().unwrap(), takes_request_v8: true, replication_epoch: 0 };
    assert_eq!(decode_bind_reply(&BIND_REPLY), Ok(bound));
    for end in 0..BIND_REPLY.len() {
        assert!(decode_bind_reply(&BIND_REPLY[..end]).is_err(), "{end}");
    }
    let mut renamed = BIND_REPLY;
    renamed[36] = 3;
    renamed[15] = 0;
    let bound = decode_bind_reply(&renamed).unwrap();
    assert_eq!((bound.replication_epoch, bound.takes_request_v8), (3, false));
    let mut refused = BIND_REPLY;
    refused[80] = 5;
    assert_eq!(decode_bind_reply(&refused), Err(DrsrError::Refused(Status::of(5).unwrap())));
}

#[test]
fn a_bind_request_tells_what_we_can_do() {
    #[rustfmt::skip]
    let expected = [
        0x00, 0x00, 0x02, 0x00, // puuidClientDsa
        0x1a, 0x20, 0x4d, 0xe2, 0xd6, 0x4f, 0xd1, 0x11, 0xa3, 0xda, 0x00, 0x00, 0xf8, 0x75, 0xae, 0x0d, // NTDSAPI_CLIENT_GUID
        0x04, 0x00, 0x02, 0x00, // pextClient
        0x1c, 0x00, 0x00, 0x00, // maximum count of rgb
        0x1c, 0x00, 0x00, 0x00, // cb
        0x01, 0x80, 0x00, 0x05, // dwFlags: BASE, STRONG_ENCRYPTION, GETCHGREQ_V8, GETCHGREPLY_V6
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, // SiteObjGuid
        0x00, 0x00, 0x00, 0x00, // Pid
        0x03, 0x00, 0x00, 0x00, // dwReplEpoch
    ];
    assert_eq!(encode_bind(3), expected);
}

#[test]
fn a_handle_is_given_back() {
    let handle = [7; 20];
    assert_eq!(encode_unbind(&handle), handle);
    assert_eq!(decode_unbind_reply(&[0; 24]), Ok(()));
    assert!((0..24).all(|end| decode_unbind_reply(&[0; 24][..end]).is_err()));
}

#[test]
fn a_request_is_drawn_as_the_specification_has_it() {
    let target = DsName { guid: [0x11; 16], name: "DC=a".to_owned() };
    let request = Request {
        handle: [0x22; 20],
        target: &target,
        source_invocation_id: [0x33; 16],
        from: UsnVector { high_object_update: 1, reserved: 2, high_property_update: 3 },
        up_to_date: &[Cursor { invocation_id: [0x44; 16], usn: 4 }],
        objects_max: 1000,
        extended: Extended::None,
    };
    #[rustfmt::skip]
    let expected: &[&[u8]] = &[
        &[0x22; 20], // hDrs
        &[8, 0, 0, 0, 8, 0, 0, 0], // dwInVersion, and again as the union's tag
        &[0; 4], // filler
        &[0; 16], // uuidDsaObjDest
        &[0x33; 16], // uuidInvocIdSrc
        &[0, 0, 2, 0], // pNC
        &[0, 0, 0, 0], // filler
        &[1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0], // usnvecFrom
        &[4, 0, 2, 0], // pUpToDateVecDest
        &[0x30, 0, 0, 0], // ulFlags: DRS_INIT_SYNC, DRS_WRIT_REP
        &[0xe8, 3, 0, 0], // cMaxObjects
        &[0, 0, 0xa0, 0], // cMaxBytes
        &[0, 0, 0, 0], // ulExtendedOp
        &[0; 4], // filler
        &[0; 8], // liFsmoInfo
        &[8, 0, 2, 0], // pPartialAttrSet
        &[0, 0, 0, 0], // pPartialAttrSetEx
        &[3, 0, 0, 0, 12, 0, 2, 0], // PrefixTableDest
        // pNC
        &[5, 0, 0, 0], // maximum count of StringName
        &[66, 0, 0, 0, 0, 0, 0, 0], // structLen, SidLen
        &[0x11; 16], // Guid
        &[0; 28], // Sid
        &[4, 0, 0, 0, b'D', 0, b'C', 0, b'=', 0, b'a', 0, 0, 0], // NameLen, StringName
        &[0; 2], // filler
        // pUpToDateVecDest
        &[1, 0, 0, 0], // maximum count of rgCursors
        &[0; 4], // filler
        &[1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0], // dwVersion, dwReserved1, cNumCursors, dwReserved2
        &[0x44; 16],
        &[4, 0, 0, 0, 0, 0, 0, 0],
        // pPartialAttrSet
        &[4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0], // maximum count, dwVersion, dwReserved1, cAttrs
        &[8, 0, 9, 0, 90, 0, 9, 0, 96, 0, 9, 0, 48, 0, 2, 0], // userAccountControl, unicodePwd, pwdLastSet, isDeleted
        // pPrefixEntry
        &[3, 0, 0, 0], // maximum count
        &[2, 0, 0, 0, 8, 0, 0, 0, 16, 0, 2, 0],
        &[9, 0, 0, 0, 8, 0, 0, 0, 20, 0, 2, 0],
        &[0, 0, 0, 0, 21, 0, 0, 0, 24, 0, 2, 0],
        &[8, 0, 0, 0, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x14, 0x01, 0x02], // 1.2.840.113556.1.2
        &[8, 0, 0, 0, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x14, 0x01, 0x04], // 1.2.840.113556.1.4
        &[21, 0, 0, 0, 0xff], &[0; 20], // the schema signature
    ];
    assert_eq!(encode_request(&request), expected.concat());
    let object = Request { extended: Extended::Object, up_to_date: &[], ..request };
    let bytes = encode_request(&object);
    assert_eq!(bytes[112..116], [6, 0, 0, 0], "EXOP_REPL_OBJ");
    assert_eq!(bytes[96..100], [0, 0, 0, 0], "no up-to-dateness vector");
}

#[test]
fn a_refusal_is_told_by_its_name() {
    // What Samba sends to an account without rights: an empty reply of version 6, then the return value.
    let mut denied = [0; 156];
    (denied[0], denied[4]) = (6, 6);
    denied[152..].copy_from_slice(&8453_u32.to_le_bytes());
    let error = decode_reply(&denied).err().unwrap();
    assert_eq!(error, DrsrError::Refused(Status::ACCESS_DENIED));
    assert_eq!(error.to_string(), "the domain controller refused: ERROR_DS_DRA_ACCESS_DENIED (8453)");
    assert_eq!(Status::of(0), None);
    assert_eq!(Status::of(4711).unwrap().to_string(), "Windows error (4711)");
}
