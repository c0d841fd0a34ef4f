//! What the LDIF reader makes of files: the shapes of RFC 2849, as ldifde and ldbsearch write them, and damaged ones.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that panics has failed, which is its purpose")]

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use samesign_connect::ldif::{self, Ending, LdifError, Wanted};
use samesign_connect::source::{Completeness, Known, Read, ReadReport};
use samesign_engine::{Class, Kinds, ObjectGuid, SourceObject};

const WANTED: [&str; 7] = ["sAMAccountName", "displayName", "mail", "proxyAddresses", "objectSid", "userAccountControl", "description"];
const GUID: &str = "objectGUID: 00112233-4455-6677-8899-aabbccddeeff\n";
const PERSON: &str = "objectClass: top\nobjectClass: person\nobjectClass: user\n";

struct Outcome {
    report: ReadReport,
    changed: Vec<(SourceObject, [u8; 16])>,
    unchanged: Vec<ObjectGuid>,
    hashes: Vec<(ObjectGuid, [u8; 16])>,
}

fn read_known(text: impl AsRef<[u8]>, known: &Known) -> Result<Outcome, LdifError> {
    read_ending(text, known, Ending::Any)
}

fn read_ending(text: impl AsRef<[u8]>, known: &Known, ending: Ending) -> Result<Outcome, LdifError> {
    let (mut changed, mut unchanged, mut hashes) = (Vec::new(), Vec::new(), Vec::new());
    let mut sink = |read| match read {
        Read::Object { object, digest } => changed.push((object, digest)),
        Read::Unchanged(guid) => unchanged.push(guid),
    };
    let mut passwords = |guid, hash: samesign_connect::source::NtHash| hashes.push((guid, *hash.expose()));
    let wanted = Wanted { kinds: Kinds::default(), attributes: &WANTED, known, ending };
    let report = ldif::read_from(text.as_ref(), &wanted, &mut sink, Some(&mut passwords))?;
    Ok(Outcome { report, changed, unchanged, hashes })
}

fn read(text: impl AsRef<[u8]>) -> Outcome {
    read_known(text, &Known::new()).unwrap()
}

/// The one person of a file that must be complete.
fn one(text: impl AsRef<[u8]>) -> SourceObject {
    let Outcome { report, mut changed, .. } = read(text);
    assert_eq!((report.completeness, report.findings, changed.len()), (Completeness::Complete, vec![], 1));
    changed.remove(0).0
}

fn person(lines: &str) -> String {
    format!("dn: CN=Ana,DC=example,DC=com\n{PERSON}{GUID}{lines}\n")
}

fn text<'a>(object: &'a SourceObject, name: &str) -> Option<&'a str> {
    object.attributes.text(&name.to_lowercase())
}

#[test]
fn a_value_may_be_written_in_every_way_that_rfc_2849_allows() {
    let table: [(&str, &str); 12] = [
        ("displayName: Ana Ruiz\n", "Ana Ruiz"),
        ("displayName:Ana Ruiz\n", "Ana Ruiz"),
        ("DISPLAYNAME:   Ana Ruiz\n", "Ana Ruiz"),
        ("displayName: Ana\n  Ruiz\n", "Ana Ruiz"),
        ("displayName: An\n a Ru\n iz\n", "Ana Ruiz"),
        ("display\n Name: Ana Ruiz\n", "Ana Ruiz"),
        ("displayName:: QW5hIFJ1aXo=\n", "Ana Ruiz"),
        ("displayName:: QW5h\n IFJ1aX\n o=\n", "Ana Ruiz"),
        ("displayName:: SsO8cmdlbiDwn5iA\n", "Jürgen 😀"),
        ("displayName: Jürgen: a <b> & c\n", "Jürgen: a <b> & c"),
        ("displayName;binary: Ana Ruiz\n", "Ana Ruiz"),
        ("displayName;range=0-*: Ana Ruiz\n", "Ana Ruiz"),
    ];
    for (lines, expected) in table {
        assert_eq!(text(&one(person(lines)), "displayName"), Some(expected), "{lines}");
        assert_eq!(text(&one(person(lines).replace('\n', "\r\n")), "displayName"), Some(expected), "CRLF {lines}");
        assert_eq!(text(&one(person(lines).trim_end_matches('\n')), "displayName"), Some(expected), "no last line end {lines}");
        assert_eq!(text(&one(format!("\u{feff}version: 1\n{}", person(lines))), "displayName"), Some(expected), "BOM {lines}");
    }
}

#[test]
fn comments_are_stepped_over_wherever_they_stand() {
    let file = "# head\n#  folded\n  on\n\nversion: 1\n\n# record 1\ndn: CN=Ana,\n DC=example,DC=com\n# between\n";
    let object =
        one(format!("{file}{PERSON}{GUID}#mail: wrong@example.com\n# folded\n  comment\nmail: ana@example.com\n# end\n\n# last\n"));
    assert_eq!((object.dn.as_ref(), text(&object, "mail")), ("CN=Ana,DC=example,DC=com", Some("ana@example.com")));
}

#[test]
fn what_ldbsearch_writes_is_read() {
    let file = "# record 1\ndn: OU=Staff,DC=corp,DC=example,DC=com\nobjectClass: top\nobjectClass: organizationalUnit\n\
        objectGUID: 4f2c81d4-1111-2222-3333-444455556666\n\n\
        # record 2\ndn: CN=Ana Ruiz,OU=Staff,DC=corp,DC=example,DC=com\nobjectClass: top\nobjectClass: person\n\
        objectClass: organizationalPerson\nobjectClass: user\ncn: Ana Ruiz\nobjectGUID: 0a0b0c0d-0e0f-1011-1213-141516171819\n\
        objectSid: S-1-5-21-1004336348-1177238915-682003330-512\nuserAccountControl: 512\nsAMAccountName: ana\n\
        distinguishedName: CN=Ana Ruiz,OU=Staff,DC=corp,DC=example,DC=com\n\n\
        # Referral\nref: ldap://corp.example.com/CN=Configuration,DC=corp,DC=example,DC=com\n\n\
        # returned 3 records\n# 2 entries\n# 1 referrals\n";
    let Outcome { report, changed, .. } = read(file);
    assert_eq!((report.completeness, report.objects), (Completeness::Complete, 1));
    assert_eq!(report.containers[0].dn.as_ref(), "OU=Staff,DC=corp,DC=example,DC=com");
    assert_eq!(report.containers[0].guid.to_string(), "4f2c81d4-1111-2222-3333-444455556666");
    let object = &changed[0].0;
    assert_eq!(object.guid.as_bytes()[..4], [0x0d, 0x0c, 0x0b, 0x0a]);
    let sid = [1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 0xdc, 0xf4, 0xdc, 0x3b, 0x83, 0x3d, 0x2b, 0x46, 0x82, 0x8b, 0xa6, 0x28, 0, 2, 0, 0];
    assert_eq!(object.attributes.first("objectsid"), Some(&sid[..]));
    assert_eq!(text(object, "userAccountControl"), Some("512"));
    assert_eq!(object.attributes.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["objectsid", "samaccountname", "useraccountcontrol"]);
}

#[test]
fn what_ldifde_writes_is_read() {
    let guid = STANDARD.encode([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
    let sid = STANDARD.encode([1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0]);
    let file = format!(
        "dn: CN=Ana Ruiz,OU=Staff,DC=example,DC=com\nchangetype: add\nobjectClass: top\nobjectClass: person\n\
         objectClass: organizationalPerson\nobjectClass: user\nobjectClass: inetOrgPerson\ncn: Ana Ruiz\nobjectGUID:: {guid}\n\
         objectSid:: {sid}\nproxyAddresses: smtp:ana@example.net\nproxyAddresses: SMTP:ana@example.com\n\n"
    )
    .replace('\n', "\r\n");
    let object = one(file);
    assert_eq!((object.class, object.guid.as_bytes()[0]), (Class::InetOrgPerson, 1));
    assert_eq!(object.attributes.texts("proxyaddresses").collect::<Vec<_>>(), ["SMTP:ana@example.com", "smtp:ana@example.net"]);
}

// Covers: scope.computer
#[test]
fn only_users_groups_contacts_and_containers_take_part() {
    let of_class = |classes: &str| format!("dn: CN=X,DC=a\n{GUID}objectClass: top\n{classes}\n");
    for classes in ["objectClass: user\nobjectClass: computer\n", "objectClass: printQueue\n", "objectClass: groupPolicyContainer\n"] {
        let outcome = read(of_class(classes));
        assert_eq!((outcome.changed.len(), outcome.report.containers.len(), outcome.report.findings.len()), (0, 0, 0), "{classes}");
    }
    for class in ["organizationalUnit", "container", "domainDNS\nobjectClass: domain", "builtinDomain"] {
        assert_eq!(read(of_class(&format!("objectClass: {class}\n"))).report.containers.len(), 1, "{class}");
    }
    assert_eq!(read(person("isDeleted: TRUE\n")).report.objects, 0, "a tombstone is not a person");
}

#[test]
fn a_record_that_cannot_be_read_forbids_deletes_and_stops_nobody_else() {
    let table = [
        ("displayName:< file:///etc/passwd\n", "line 6 refers to a URL, which is never fetched"),
        ("jpegPhoto:< http://192.0.2.1/photo\n", "line 6 refers to a URL"),
        ("mail: a@b\ndisplayName:: ???\n", "line 7 is not Base64"),
        ("displayName\n", "line 6 is not `name: value`"),
        ("dn: CN=Bob,DC=example,DC=com\n", "line 6 begins a second object"),
        ("proxyAddresses;range=0-1499: smtp:a@b\n", "line 6 begins the values of an attribute that are not all there"),
        ("objectSid: nonsense\n", "line 6 has an objectSid"),
    ];
    for (lines, expected) in table {
        let other = person("mail: bob@example.com\n").replace("CN=Ana", "CN=Bob");
        let outcome = read(format!("{}\n{other}", person(lines)));
        assert!(
            matches!(&outcome.report.completeness, Completeness::Incomplete(reason) if reason.starts_with("1 of its records")),
            "{lines}"
        );
        let finding = &outcome.report.findings[0];
        assert_eq!((finding.code, outcome.report.findings.len()), ("ldif-record-unreadable", 1));
        assert!(finding.hint.starts_with(expected), "{lines}: {}", finding.hint);
        assert_eq!(outcome.changed.len(), 1, "the other person is read: {lines}");
    }
    for (record, expected) in [
        ("mail: a@b\n".to_owned(), "line 1 begins a record without `dn`"),
        (format!(" folded\ndn: CN=A\n{GUID}"), "line 1 is a continuation"),
        (format!("dn: CN=A\n{PERSON}"), "line 1 begins an object without `objectGUID`"),
        (format!("dn: CN=A\n{GUID}"), "line 1 begins an object without `objectClass`"),
        (format!("dn:: /w==\n{PERSON}{GUID}"), "line 1 has a DN that is not UTF-8"),
        (format!("dn: CN=A\n{PERSON}objectGUID:: AAAA\n"), "line 5 has an objectGUID"),
    ] {
        let hint = &read(format!("{record}\n")).report.findings[0].hint;
        assert!(hint.starts_with(expected), "{record}: {hint}");
    }
}

#[test]
fn a_file_of_a_writer_who_ends_with_an_empty_line_is_not_whole_without_it() {
    let file = person("displayName: Ana Ruiz\nmail: ana@example.com\n");
    let read = |text: &str| read_ending(text, &Known::new(), Ending::EmptyLine).unwrap();
    assert!(read(&file).report.closed && read(&file).changed.len() == 1);
    assert!(!self::read(file.trim_end()).report.closed, "and one who does not is told apart");
    for end in 0..file.len() {
        let outcome = read(&file[..end]);
        assert!(outcome.changed.is_empty(), "what it lacks would be cleared: {}", &file[..end]);
        assert!(matches!(outcome.report.completeness, Completeness::Incomplete(_)), "{}", &file[..end]);
    }
    let hint = &read(file.trim_end()).report.findings[0].hint;
    assert!(hint.starts_with("line 1 begins an object that no empty line ends"), "{hint}");
}

#[test]
fn a_file_of_changes_is_refused() {
    for kind in ["modify", "delete", "modrdn"] {
        let file = format!("{}\ndn: CN=Bob\nchangetype: {kind}\n", person(""));
        let error = read_known(file, &Known::new()).err().unwrap().to_string();
        assert!(error.starts_with(&format!("line 9 says `changetype: {kind}`")), "{error}");
    }
    assert!(matches!(read_known("version: 2\n", &Known::new()), Err(LdifError::Version { line: 1, .. })));
    assert!(matches!(read_known(b"\xff\xfed\0n\0", &Known::new()), Err(LdifError::Utf16)));
}

#[test]
fn a_file_without_objects_or_of_a_broken_search_proves_no_absence() {
    for (file, expected) in [
        (String::new(), "it holds no objects"),
        ("# nothing\n\nversion: 1\n".to_owned(), "it holds no objects"),
        (
            format!("{}\nsearch: 2\nresult: 4 Size limit exceeded\n", person("")),
            "the search that wrote it ended with result 4 Size limit exceeded",
        ),
    ] {
        assert_eq!(read(file).report.completeness, Completeness::Incomplete(expected.to_owned()));
    }
    one(format!("{}\nsearch: 2\nresult: 0 Success\n\n# numEntries: 1\n", person("")));
}

#[test]
fn two_objects_with_one_guid_are_told() {
    let outcome = read(format!("{}\n{}", person(""), person("mail: a@b\n").replace("CN=Ana", "CN=Bob")));
    assert_eq!((outcome.report.objects, outcome.changed.len()), (1, 1));
    let finding = &outcome.report.findings[0];
    assert_eq!((finding.code, finding.objects[0].as_ref()), ("ldif-object-twice", "CN=Bob,DC=example,DC=com"));
}

#[test]
fn an_unchanged_object_is_known_again_and_a_changed_one_is_not() {
    let known = |file: &str| read(file).changed.iter().map(|(object, digest)| (*digest, object.guid)).collect::<Known>();
    let file = person("mail: ana@example.com\nlogonCount: 7\n");
    let known = known(&file);
    for same in [file.replace("logonCount: 7", "logonCount: 8"), format!("# record 9\n{file}"), file.replace("mail", "# note\nmail")] {
        let outcome = read_known(same, &known).unwrap();
        assert_eq!((outcome.unchanged.len(), outcome.changed.len(), outcome.report.objects), (1, 0, 1));
    }
    for other in [file.replace("ana@", "bob@"), file.replace("CN=Ana", "CN=Bob"), file.replace("person", "inetOrgPerson")] {
        let outcome = read_known(other, &known).unwrap();
        assert_eq!((outcome.unchanged.len(), outcome.changed.len()), (0, 1));
    }
    let mut count = 0;
    let more = Wanted { kinds: Kinds::default(), attributes: &["mail", "logonCount"], known: &known, ending: Ending::Any };
    ldif::read_from(file.as_bytes(), &more, &mut |read| count += usize::from(matches!(read, Read::Object { .. })), None).unwrap();
    assert_eq!(count, 1, "an attribute that the object has is wanted now: it is read again");
}

#[test]
fn an_nt_hash_goes_to_the_password_pipe_alone() {
    let hash = [0x5a; 16];
    let written = STANDARD.encode(hash);
    let with = |line: String| person(&format!("mail: ana@example.com\n{line}sAMAccountName: ana\n"));
    let bare = read(with(String::new()));
    let known = Known::from([(bare.changed[0].1, bare.changed[0].0.guid)]);
    for line in [
        format!("unicodePwd:: {written}\n"),
        format!("UNICODEPWD:: {}\n {}\n", &written[..9], &written[9..]),
        format!("unico\n dePwd:: {written}\n"),
        format!("unicodePwd;binary:: {written}\n"),
    ] {
        let outcome = read(with(line.clone()));
        assert_eq!(outcome.changed, bare.changed, "neither attributes nor digest differ: {line}");
        assert_eq!(outcome.hashes, [(bare.changed[0].0.guid, hash)], "{line}");
        assert_eq!(read_known(with(line), &known).unwrap().hashes.len(), 1, "also of an unchanged object");
    }
    let known = Known::new();
    let wanted = Wanted { kinds: Kinds::default(), attributes: &["unicodePwd", "mail"], known: &known, ending: Ending::Any };
    let mut names = Vec::new();
    let mut sink = |read: Read| match read {
        Read::Object { object, .. } => names = object.attributes.iter().map(|(name, _)| name.to_owned()).collect(),
        Read::Unchanged(_) => {}
    };
    ldif::read_from(with(format!("unicodePwd:: {written}\n")).as_bytes(), &wanted, &mut sink, None).unwrap();
    assert_eq!(names, ["mail"], "asking for it does not make it an attribute");

    let short = read(with("unicodePwd:: c2VjcmV0\n".to_owned()));
    let finding = &short.report.findings[0];
    assert_eq!((finding.code, &finding.value, short.hashes.len(), short.changed.len()), ("ldif-password-unreadable", &None, 0, 1));
    assert!(!format!("{finding:?}").contains("secret") && !format!("{finding:?}").contains("c2Vj"));
}

#[test]
fn a_record_may_cross_blocks_but_not_128_mib() {
    let long = "x".repeat(700_000);
    let file: String =
        (0..5).map(|n| person(&format!("description: {n}{long}\n")).replace("ddeeff", &format!("ddeef{n}")) + "\n").collect();
    let outcome = read(&file);
    assert_eq!((outcome.changed.len(), text(&outcome.changed[4].0, "description")), (5, Some(format!("4{long}").as_str())));
    let endless = std::io::Read::take(std::io::repeat(b'x'), 140 << 20);
    let known = Known::new();
    let wanted = Wanted { kinds: Kinds::default(), attributes: &WANTED, known: &known, ending: Ending::Any };
    let error = ldif::read_from(endless, &wanted, &mut |_| {}, None).unwrap_err();
    assert!(matches!(error, LdifError::RecordTooLong { line: 1 }));
}

#[test]
fn a_file_is_read_by_its_path_and_a_missing_one_is_named() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(person("").as_bytes()).unwrap();
    let report = ldif::read(file.path(), &WANTED, &Known::new(), Ending::Any, &mut |_| {}, None).unwrap();
    assert_eq!((report.completeness, report.objects), (Completeness::Complete, 1));
    let error = ldif::read(std::path::Path::new("no/such.ldif"), &WANTED, &Known::new(), Ending::Any, &mut |_| {}, None).unwrap_err();
    assert!(error.to_string().starts_with("cannot open no/such.ldif"));
}
