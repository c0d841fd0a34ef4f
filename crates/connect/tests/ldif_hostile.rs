//! Damaged files give an answer, never a panic; what is written as LDIF is read back as it was.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that panics has failed, which is its purpose")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use samesign_connect::ldif::{self, Wanted};
use samesign_connect::source::{Completeness, Known, Read, ReadReport};
use samesign_engine::{AttributesBuilder, Class, Kinds, ObjectGuid, SourceObject};

const WANTED: [&str; 4] = ["sAMAccountName", "displayName", "proxyAddresses", "objectSid"];

const SAMPLE: &str = "\u{feff}version: 1\r\n\r\n# record 1\r\ndn:: Q049SsO8cmdlbixEQz1leGFtcGxlLERDPWNvbQ==\r\nchangetype: add\r\nobjectClass: user\r\n\
    objectGUID:: AAECAwQFBgcICQoLDA0ODw==\r\nobjectSid: S-1-5-21-1-2-3-500\r\ndisplayName: Jürgen\r\n  😀\r\nunicodePwd:: AAECAwQFBgcICQoLDA0ODw==\r\n\
    proxyAddresses;range=0-*: SMTP:j@example.com\r\n\r\ndn: OU=Staff,DC=example,DC=com\nobjectClass: organizationalUnit\n\
    objectGUID: 00112233-4455-6677-8899-aabbccddeeff\n\n# Referral\nref: ldap://example.com/\n\nsearch: 2\nresult: 0 Success\n";

fn read(bytes: &[u8]) -> (Option<ReadReport>, Vec<SourceObject>) {
    let mut objects = Vec::new();
    let mut sink = |read: Read| match read {
        Read::Object { object, .. } => objects.push(object),
        Read::Unchanged(_) => {}
    };
    let known = Known::new();
    let wanted = Wanted { kinds: Kinds::default(), attributes: &WANTED, known: &known, ending: ldif::Ending::Any };
    let report = ldif::read_from(bytes, &wanted, &mut sink, Some(&mut |_, _| {})).ok();
    (report, objects)
}

#[test]
fn every_truncation_gives_an_answer() {
    let whole = read(SAMPLE.as_bytes()).0.unwrap();
    assert_eq!((whole.completeness, whole.objects, whole.containers.len()), (Completeness::Complete, 1, 1));
    for end in 0..SAMPLE.len() {
        read(&SAMPLE.as_bytes()[..end]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn every_mutation_gives_an_answer(edits in prop::collection::vec((0..SAMPLE.len(), any::<u8>(), 0..4_usize), 1..12)) {
        let mut bytes = SAMPLE.as_bytes().to_vec();
        for (at, byte, kind) in edits {
            let at = at.min(bytes.len().saturating_sub(1));
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, [b'\n', b'\r', b':', b'<', b' ', b'#', b';', b'='][usize::from(byte) % 8]),
                2 => { bytes.remove(at); }
                _ => { let part = bytes[at..(at + usize::from(byte)).min(bytes.len())].to_vec(); bytes.extend(part); }
            }
        }
        read(&bytes);
    }

    #[test]
    fn any_bytes_give_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        read(&bytes);
    }

    #[test]
    fn what_is_written_is_read(people in prop::collection::vec(person(), 0..6), fold in 2..80_usize, windows in any::<bool>()) {
        let mut people: Vec<SourceObject> = people;
        people.sort_by_key(|person| person.guid);
        people.dedup_by_key(|person| person.guid);
        let mut file: String = people.iter().map(|person| write(person, fold)).collect();
        if windows {
            file = file.replace('\n', "\r\n");
        }
        let (report, read) = read(file.as_bytes());
        prop_assert_eq!(report.unwrap().findings, vec![]);
        prop_assert_eq!(read, people);
    }
}

fn person() -> impl Strategy<Value = SourceObject> {
    let values = prop::collection::vec(("[sdp]", prop::collection::vec(any::<u8>(), 0..120)), 0..6);
    (any::<[u8; 16]>(), "CN=[^\\pC]{0,20},DC=a", values, any::<bool>()).prop_map(|(guid, dn, values, inet)| {
        let mut attributes = AttributesBuilder::default();
        for (name, value) in values {
            let name = WANTED.iter().find(|wanted| wanted.starts_with(&name)).unwrap();
            attributes.add(name, &value);
        }
        let class = if inet { Class::InetOrgPerson } else { Class::User };
        SourceObject { guid: ObjectGuid::from_bytes(guid), dn: dn.into(), class, attributes: attributes.build() }
    })
}

/// A writer by the letter of RFC 2849: SAFE-STRING as it is, all else in Base64, folded at `fold` characters.
fn write(object: &SourceObject, fold: usize) -> String {
    let mut out = line("dn", object.dn.as_bytes(), fold) + "objectClass: top\nobjectClass: user\n";
    if object.class == Class::InetOrgPerson {
        out += "objectClass: inetOrgPerson\n";
    }
    out += &line("objectGUID", object.guid.as_bytes(), fold);
    for (name, values) in object.attributes.iter() {
        values.for_each(|value| out += &line(name, value, fold));
    }
    out + "\n"
}

fn line(name: &str, value: &[u8], fold: usize) -> String {
    let safe = value.iter().all(|byte| (0x20..0x7f).contains(byte)) && !matches!(value.first(), Some(b' ' | b':' | b'<'));
    let whole = match std::str::from_utf8(value) {
        Ok(text) if safe => format!("{name}: {text}"),
        _ => format!("{name}:: {}", STANDARD.encode(value)),
    };
    let parts: Vec<&str> = whole.as_bytes().chunks(fold).map(|part| std::str::from_utf8(part).unwrap()).collect();
    parts.join("\n ") + "\n"
}
