//! Groups and contacts in an LDIF export: member lists of every length, and those that are not whole.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use samesign_connect::ldif::{self, Ending, Wanted};
use samesign_connect::source::{Completeness, Known, Read, ReadReport};
use samesign_engine::{Class, Kinds, SourceObject};

const ATTRIBUTES: [&str; 3] = ["displayName", "groupType", "member"];

fn read_known(text: &str, kinds: Kinds, known: &Known) -> (ReadReport, Vec<Read>) {
    let mut reads = Vec::new();
    let wanted = Wanted { kinds, attributes: &ATTRIBUTES, known, ending: Ending::Any };
    let report = ldif::read_from(text.as_bytes(), &wanted, &mut |read| reads.push(read), None).unwrap();
    (report, reads)
}

fn read(text: &str) -> (ReadReport, Vec<SourceObject>) {
    let (report, reads) = read_known(text, Kinds::default(), &Known::new());
    let object = |read| if let Read::Object { object, .. } = read { object } else { panic!("nothing is known") };
    (report, reads.into_iter().map(object).collect())
}

fn record(number: usize, class: &str, lines: &str) -> String {
    format!(
        "dn: CN=o{number},DC=example,DC=com\nobjectClass: top\nobjectClass: {class}\nobjectGUID: 00112233-4455-6677-8899-{number:012x}\n{lines}\n"
    )
}

fn members(range: &str, numbers: std::ops::Range<usize>) -> String {
    numbers.map(|number| format!("member{range}: CN=u{number},DC=example,DC=com\n")).collect()
}

fn export() -> String {
    let group = format!("groupType: -2147483646\n{}", members("", 0..3));
    [record(1, "user", ""), record(2, "group", &group), record(3, "contact", "displayName: Carla\n"), record(4, "inetOrgPerson", "")]
        .concat()
}

#[test]
fn groups_and_contacts_are_told_by_their_class() {
    let (report, objects) = read(&export());
    assert_eq!((report.completeness, report.objects), (Completeness::Complete, 4));
    let classes: Vec<Class> = objects.iter().map(|object| object.class).collect();
    assert_eq!(classes, [Class::User, Class::Group, Class::Contact, Class::InetOrgPerson]);
    assert_eq!((objects[1].attributes.text("grouptype"), objects[1].attributes.values("member").count()), (Some("-2147483646"), 3));
    assert_eq!(objects[2].attributes.text("displayname"), Some("Carla"));
}

#[test]
fn only_the_classes_that_were_asked_for_are_told_also_when_they_are_known() {
    let (_, reads) = read_known(&export(), Kinds::default(), &Known::new());
    let known: Known = reads
        .iter()
        .map(|read| if let Read::Object { object, digest } = read { (*digest, object.guid) } else { panic!("nothing is known") })
        .collect();
    assert!(read_known(&export(), Kinds::default(), &known).1.iter().all(|read| matches!(read, Read::Unchanged(_))));
    for (kinds, expected) in [
        (Kinds { users: true, groups: false, contacts: false }, 2),
        (Kinds { users: false, groups: true, contacts: false }, 1),
        (Kinds { users: false, groups: true, contacts: true }, 2),
    ] {
        let (report, reads) = read_known(&export(), kinds, &known);
        assert_eq!((report.objects, reads.len(), report.completeness), (expected, expected, Completeness::Complete), "{kinds:?}");
    }
}

/// As a domain controller writes them, the plain name stands beside the parts without a value.
// Covers: D18
#[test]
fn parts_that_make_a_whole_are_a_member_list() {
    for parts in [
        members(";range=0-*", 0..5),
        format!("member:\n{}{}", members(";range=0-1", 0..2), members(";range=2-*", 2..5)),
        format!("{}{}{}", members(";range=3-*", 3..5), members(";range=0-1", 0..2), members(";Range=2-2", 2..3)),
    ] {
        let (report, objects) = read(&record(2, "group", &parts));
        assert_eq!((report.completeness, objects[0].attributes.values("member").count()), (Completeness::Complete, 5), "{parts}");
    }
}

// Covers: D18
#[test]
fn a_member_list_that_is_not_whole_makes_the_read_incomplete_and_its_group_is_left_out() {
    for parts in [
        members(";range=0-4", 0..5),
        members(";range=1-*", 1..5),
        format!("{}{}", members(";range=0-1", 0..2), members(";range=3-*", 3..5)),
        format!("{}{}", members(";range=0-2", 0..2), members(";range=3-*", 3..5)),
        format!("{}{}", members(";range=0-1", 0..2), members(";range=0-2", 2..5)),
        format!("displayName;range=0-1: a\ndisplayName;range=0-1: b\n{}", members(";range=2-*", 0..3)),
    ] {
        let (report, objects) = read(&(record(2, "group", &parts) + &record(1, "user", "")));
        assert_eq!(objects.len(), 1, "{parts}");
        let expected = "1 of its records could not be read: line 5 begins the values of an attribute that are not all there";
        let Completeness::Incomplete(reason) = &report.completeness else { panic!("{parts}") };
        assert!(reason.starts_with(expected), "{reason}");
    }
    let (report, _) = read(&record(2, "group", &members(";range=a-b", 0..2)));
    assert!(matches!(report.completeness, Completeness::Incomplete(reason) if reason.contains("a range that is none")));
}

#[test]
fn a_group_of_a_quarter_million_members_is_one_record() {
    const MEMBERS: usize = 250_000;
    let (report, objects) = read(&record(2, "group", &members("", 0..MEMBERS)));
    assert_eq!((report.completeness, objects[0].attributes.values("member").count()), (Completeness::Complete, MEMBERS));
}

#[test]
fn an_export_without_an_object_of_these_classes_tells_that_it_has_none() {
    let (report, _) = read(&record(1, "organizationalUnit", ""));
    assert_eq!((report.completeness, report.objects, report.containers.len()), (Completeness::Complete, 0, 1));
    let (report, _) = read("# nothing\n");
    assert_eq!((report.completeness, report.objects), (Completeness::Incomplete("it holds no objects".to_owned()), 0));
}
