//! Damaged, endless and malicious bytes: an answer each, never a panic.

use ldap3_proto::proto::{LdapBindResponse, LdapExtendedResponse, LdapOp, LdapResultCode, LdapSearchResultReference};

use super::{GUID, encoded, entry, result};
use crate::ad::ber::{DEPTH_MAX, DecodeError, MESSAGE_LENGTH_MAX, check_depth, message_length};
use crate::ad::keytab;
use crate::ad::message::{Message, decode_message};
use crate::ad::object::Partial;

fn messages() -> Vec<Vec<u8>> {
    let res = result(LdapResultCode::Success, "fine");
    vec![
        entry(&[("objectGUID", &[&GUID]), ("mail", &[b"ana@example.com"]), ("proxyAddresses;range=0-1", &[b"a", b"b"])]),
        encoded(2, LdapOp::SearchResultDone(res.clone())),
        encoded(3, LdapOp::SearchResultReference(LdapSearchResultReference { uris: vec!["ldap://other/DC=x".to_owned()] })),
        encoded(4, LdapOp::BindResponse(LdapBindResponse { res: res.clone(), saslcreds: Some(vec![1, 2, 3]) })),
        encoded(0, LdapOp::ExtendedResponse(LdapExtendedResponse { res, name: Some("1.3.6".to_owned()), value: None })),
    ]
}

#[test]
fn the_length_of_a_message_is_told_as_soon_as_its_header_is_there() {
    assert_eq!(message_length(&[]), Ok(None));
    assert_eq!(message_length(&[0x30]), Ok(None));
    assert_eq!(message_length(&[0x30, 0x05]), Ok(Some(7)));
    assert_eq!(message_length(&[0x30, 0x84, 0, 0, 1]), Ok(None));
    assert_eq!(message_length(&[0x30, 0x84, 0, 0, 1, 0]), Ok(Some(262)));
    assert_eq!(message_length(&[0x30, 0x80]), Err(DecodeError::Length), "indefinite lengths are not LDAP");
    assert_eq!(message_length(&[0x30, 0x85, 0, 0, 0, 0, 1]), Err(DecodeError::Length));
    assert_eq!(message_length(&[0x04, 0x00]), Err(DecodeError::Tag));
    assert_eq!(message_length(b"HTTP/1.1 400 Bad Request"), Err(DecodeError::Tag));
    let longest = u32::try_from(MESSAGE_LENGTH_MAX - 6).unwrap();
    let [a, b, c, d] = longest.to_be_bytes();
    assert_eq!(message_length(&[0x30, 0x84, a, b, c, d]), Ok(Some(MESSAGE_LENGTH_MAX)));
    assert_eq!(message_length(&[0x30, 0x84, a, b, c, d + 1]), Err(DecodeError::TooLong));
}

/// `levels` sequences inside one another, with lengths that are right.
fn nested(levels: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..levels {
        let length = u32::try_from(bytes.len()).unwrap().to_be_bytes();
        bytes = [&[0x30, 0x84][..], &length, &bytes].concat();
    }
    bytes
}

#[test]
fn deep_nesting_is_refused_before_anything_recurses() {
    assert_eq!(check_depth(&nested(DEPTH_MAX)), Ok(()));
    assert_eq!(check_depth(&nested(DEPTH_MAX + 1)), Err(DecodeError::TooDeep));
    let bomb = [0x30, 0x84, 0, 4, 0, 0].repeat(43_000);
    assert!(decode_message(&bomb).is_err());
    let mut inside = vec![0x02, 1, 1];
    inside.extend(nested(5_000));
    let length = u32::try_from(inside.len()).unwrap().to_be_bytes();
    assert_eq!(decode_message(&[&[0x30, 0x84][..], &length, &inside].concat()).err(), Some(DecodeError::TooDeep));
    let siblings = [0x30, 0x00].repeat(200);
    assert_eq!(check_depth(&siblings), Ok(()), "elements beside each other are not deep");
}

#[test]
fn every_message_decodes_whole_and_at_no_shorter_length() {
    for message in messages() {
        assert!(decode_message(&message).is_ok());
        for end in 0..message.len() {
            assert!(decode_message(&message[..end]).is_err(), "{end} of {message:x?}");
        }
        let longer = [&message[..], &[0]].concat();
        assert!(decode_message(&longer).is_err(), "a byte more than the message is refused");
    }
}

#[test]
fn a_thousand_mutations_of_each_message_give_an_answer() {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap() % below
    };
    let (mut read, mut refused) = (0, 0);
    for message in messages() {
        for _ in 0..1_000 {
            let mut bytes = message.clone();
            for _ in 0..=random(3) {
                let at = random(bytes.len());
                match random(4) {
                    0 => bytes[at] = u8::try_from(random(256)).unwrap(),
                    1 => bytes[at] ^= 1 << random(8),
                    2 => drop(bytes.remove(at)),
                    _ => bytes.insert(at, [0x00, 0x30, 0x80, 0x84, 0xff][random(5)]),
                }
            }
            let _ = message_length(&bytes);
            match decode_message(&bytes) {
                Ok(Message::Entry { entry, .. }) => {
                    let _ = Partial::read(&entry, true);
                    read += 1;
                }
                Ok(Message::Other(_)) => read += 1,
                Err(_) => refused += 1,
            }
        }
    }
    assert!(read > 100 && refused > 100, "{read} read, {refused} refused: the mutations no longer reach both");
}

fn partial(message: &[u8]) -> Result<Partial, &'static str> {
    match decode_message(message) {
        Ok(Message::Entry { entry, .. }) => Partial::read(&entry, false).map_err(|unreadable| unreadable.reason),
        _ => Err("not an entry"),
    }
}

#[test]
fn an_entry_that_cannot_be_understood_says_why() {
    let good = entry(&[("objectGUID", &[&GUID]), ("objectClass", &[b"user"]), ("cn", &[b"Ana"])]);
    assert!(partial(&good).is_ok());
    let mut not_utf8 = good.clone();
    let at = not_utf8.windows(3).position(|bytes| bytes == b"Ana").unwrap();
    not_utf8[at] = 0xff;
    assert_eq!(partial(&not_utf8).err(), Some("its distinguished name is not UTF-8"));
    assert_eq!(partial(&entry(&[("cn", &[b"Ana"])])).err(), Some("it shows no objectGUID"));
    assert_eq!(partial(&entry(&[("objectGUID", &[b"short"])])).err(), Some("it shows no objectGUID"));
    let classless = entry(&[("objectGUID", &[&GUID]), ("objectClass", &[b"printQueue"])]);
    assert_eq!(partial(&classless).err(), Some("its objectClass names no user, group or contact"));
    assert_eq!(partial(&entry(&[("objectGUID", &[&GUID]), ("member;range=x", &[])])).err(), Some("an attribute has no proper name"));
}

#[test]
fn values_are_kept_as_bytes_whatever_they_are() {
    let described = entry(&[("objectGUID", &[&GUID]), ("objectClass", &[b"user"]), ("description", &[&[0xff, 0x00, 0xfe]])]);
    let object = partial(&described).ok().unwrap().finish();
    assert_eq!(object.attributes.first("description"), Some(&[0xff, 0x00, 0xfe][..]));
    assert_eq!(object.attributes.values("objectguid").count(), 0, "the objectGUID is not repeated");
}

/// One entry of a keytab, as MIT Kerberos writes it.
fn keytab_entry(account: &str, realm: &str, encryption_type: u16, version: u32, key: &[u8]) -> Vec<u8> {
    let counted = |text: &[u8]| [&u16::try_from(text.len()).unwrap().to_be_bytes()[..], text].concat();
    let mut entry = [&[0, 1][..], &counted(realm.as_bytes()), &counted(account.as_bytes()), &[0, 0, 0, 1, 0, 0, 0, 0, 1]].concat();
    entry.extend(encryption_type.to_be_bytes());
    entry.extend(counted(key));
    entry.extend(version.to_be_bytes());
    [&i32::try_from(entry.len()).unwrap().to_be_bytes()[..], &entry].concat()
}

fn keytab_file() -> Vec<u8> {
    let hole = [&(-6_i32).to_be_bytes()[..], &[9; 6]].concat();
    [
        &[5, 2][..],
        &keytab_entry("svc-samesign", "CORP.EXAMPLE.COM", 23, 9, &[1; 16]),
        &hole,
        &keytab_entry("svc-samesign", "CORP.EXAMPLE.COM", 17, 300, &[2; 16]),
        &keytab_entry("svc-samesign", "CORP.EXAMPLE.COM", 18, 300, &[3; 32]),
        &keytab_entry("svc-samesign", "CORP.EXAMPLE.COM", 18, 299, &[4; 32]),
        &keytab_entry("other", "CORP.EXAMPLE.COM", 18, 400, &[5; 32]),
    ]
    .concat()
}

#[test]
fn the_newest_and_strongest_key_of_the_account_is_taken_from_a_keytab() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("svc.keytab");
    std::fs::write(&path, keytab_file()).unwrap();
    for user in ["svc-samesign@corp.example.com", "SVC-SAMESIGN", "CORP\\svc-samesign", "svc-samesign@contoso.example"] {
        let key = keytab::load(&path, user).ok().unwrap();
        assert_eq!((key.encryption_type, key.secret.as_slice()), (keytab::AES256, &[3; 32][..]), "{user}");
    }
    let missing = keytab::load(&path, "nobody@corp.example.com").err().unwrap().to_string();
    assert!(missing.contains("no AES key for nobody@corp.example.com; it has: svc-samesign@CORP.EXAMPLE.COM (type 23)"), "{missing}");
    std::fs::write(&path, [&[5, 2][..], &keytab_entry("svc-samesign", "R", 23, 1, &[1; 16])].concat()).unwrap();
    assert!(keytab::load(&path, "svc-samesign").is_err(), "RC4 is not used");
}

#[test]
fn a_damaged_keytab_is_refused() {
    let whole = keytab_file();
    assert_eq!(keytab::parse(&whole).map(|keys| keys.len()), Some(5));
    for end in 0..whole.len() {
        assert!(keytab::parse(&whole[..end]).is_none_or(|keys| keys.len() < 5));
    }
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] = 0xff;
        let _ = keytab::parse(&bytes);
    }
}
