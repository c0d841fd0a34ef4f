//! Groups, contacts and users in one read: member lists that come in parts are whole, or the read is not complete.

use std::sync::{Arc, Mutex};

use ldap3_proto::proto::{LdapFilter, LdapMsg, LdapOp};
use samesign_connect::ad::{AdError, AdSession, Found, message_length};
use samesign_connect::source::{Completeness, Known, Read, ReadReport};
use samesign_engine::{Class, Kinds, ObjectGuid, SourceObject};

use crate::directory::{BASE, Directory, session, session_with};
use crate::server::Answer;

const ATTRIBUTES: [&str; 2] = ["mail", "member"];

async fn read_known(session: &mut AdSession, known: &Known) -> (ReadReport, Vec<Read>) {
    let mut reads = Vec::new();
    let report = session.read_objects(BASE, Kinds::default(), &ATTRIBUTES, known, &mut |read| reads.push(read)).await;
    (report, reads)
}

async fn read(directory: Directory) -> (ReadReport, Vec<SourceObject>) {
    let (report, reads) = read_known(&mut session(directory).await, &Known::new()).await;
    let object = |read| if let Read::Object { object, .. } = read { object } else { panic!("nothing is known") };
    (report, reads.into_iter().map(object).collect())
}

fn members(object: &SourceObject) -> usize {
    object.attributes.values("member").count()
}

fn reason(report: &ReadReport) -> &str {
    match &report.completeness {
        Completeness::Complete => "complete",
        Completeness::Incomplete(reason) => reason,
    }
}

#[tokio::test]
async fn every_class_is_told_by_its_name() {
    let mut directory = Directory::of(5).with_group(3);
    directory.people[1].classes = vec!["top", "person", "organizationalPerson", "user", "inetOrgPerson"];
    directory.people[2].classes = vec!["top", "person", "organizationalPerson", "contact"];
    directory.people[3].classes = vec!["top", "person", "organizationalPerson", "user", "computer"];
    directory.people[4].classes = vec!["top"];
    let (report, objects) = read(directory).await;
    let classes: Vec<Class> = objects.iter().map(|object| object.class).collect();
    assert_eq!(classes, [Class::User, Class::InetOrgPerson, Class::Contact, Class::Group]);
    assert!(reason(&report).contains("its objectClass names no user, group or contact"), "{}", reason(&report));
    assert_eq!((report.findings.len(), report.objects), (2, 4));
}

#[tokio::test]
async fn only_the_classes_that_were_asked_for_are_searched() {
    let equals = |name: &str, value: &str| LdapFilter::Equality(name.to_owned(), value.to_owned());
    let of = |category, class| LdapFilter::And(vec![equals("objectCategory", category), equals("objectClass", class)]);
    let (user, group, contact) = (of("person", "user"), of("group", "group"), of("person", "contact"));
    for (kinds, expected) in [
        (Kinds { users: true, groups: false, contacts: false }, user.clone()),
        (Kinds { users: false, groups: true, contacts: false }, group.clone()),
        (Kinds { users: false, groups: true, contacts: true }, LdapFilter::Or(vec![group.clone(), contact.clone()])),
        (Kinds::default(), LdapFilter::Or(vec![user, group, contact])),
    ] {
        let directory = Directory::of(0);
        let searches = directory.searches.clone();
        session(directory).await.read_objects(BASE, kinds, &["mail"], &Known::new(), &mut |_| {}).await;
        assert_eq!(searches.lock().unwrap()[0].filter, expected, "{kinds:?}");
    }
    let nothing = Kinds { users: false, groups: false, contacts: false };
    let report = session(Directory::of(3)).await.read_objects(BASE, nothing, &["mail"], &Known::new(), &mut |_| {}).await;
    assert!(reason(&report).contains("no class of objects"), "{}", reason(&report));
}

// Covers: D18
#[tokio::test]
async fn a_member_list_of_every_length_is_whole() {
    for count in [0, 1, 1_500, 1_501, 3_000, 4_600] {
        let (report, objects) = read(Directory::of(2).with_group(count)).await;
        assert_eq!((report.completeness, objects.len(), members(&objects[2])), (Completeness::Complete, 3, count));
    }
}

// Covers: D18
#[tokio::test]
async fn a_server_may_change_the_size_of_its_parts() {
    let sizes = |part: usize, answer: &mut Vec<(String, Vec<Vec<u8>>)>| {
        // 0-1499 becomes 0-999; then 1000-… is asked for, and comes in a part of 1,500 again.
        if part == 0 {
            answer[0].0 = "member;range=0-999".to_owned();
            answer[0].1.truncate(1_000);
        }
    };
    let (report, objects) = read(Directory::of(1).with_group(4_000).with_parts_tampered(sizes)).await;
    assert_eq!((report.completeness, members(&objects[1])), (Completeness::Complete, 4_000));

    // Nothing is left behind the last full part: the server says itself that this was all.
    let empty_end = |part: usize, answer: &mut Vec<(String, Vec<Vec<u8>>)>| match part {
        0 => {}
        _ => answer[0] = ("member;range=1500-*".to_owned(), Vec::new()),
    };
    let (report, objects) = read(Directory::of(1).with_group(1_501).with_parts_tampered(empty_end)).await;
    assert_eq!((report.completeness, members(&objects[1])), (Completeness::Complete, 1_500));
}

// Covers: D18
#[tokio::test]
async fn parts_that_do_not_make_a_whole_leave_their_group_out_and_the_read_incomplete() {
    type Damage = fn(&mut Vec<(String, Vec<Vec<u8>>)>);
    let table: [(&str, Damage); 8] = [
        ("another beginning", |answer| answer[0].0 = "member;range=1-*".to_owned()),
        ("an empty part", |answer| answer[0].1.clear()),
        ("a value too few", |answer| drop(answer[0].1.pop())),
        ("no range", |answer| answer[0].0 = "member".to_owned()),
        ("another attribute", |answer| answer[0].0 = "mail;range=1500-2999".to_owned()),
        ("nothing", |answer| drop(answer.remove(0))),
        ("no uSNChanged", |answer| drop(answer.remove(1))),
        ("a part that ends before it begins", |answer| answer[0].0 = "member;range=1500-1499".to_owned()),
    ];
    for (name, damage) in table {
        let tamper = move |part: usize, answer: &mut Vec<(String, Vec<Vec<u8>>)>| {
            if part == 1 {
                damage(answer);
            }
        };
        let (report, objects) = read(Directory::of(2).with_group(4_600).with_group(2).with_parts_tampered(tamper)).await;
        assert!(matches!(report.completeness, Completeness::Incomplete(_)), "{name}");
        let told: Vec<usize> = objects.iter().map(members).collect();
        assert_eq!((told, report.objects), (vec![0, 0, 2], 3), "{name}: {}", reason(&report));
    }
}

// Covers: D18
#[tokio::test]
async fn a_group_that_changes_while_it_is_read_is_begun_anew_and_left_out_when_it_never_rests() {
    let once = |part: usize, answer: &mut Vec<(String, Vec<Vec<u8>>)>| {
        if part > 0 {
            answer[1].1 = vec![b"4701".to_vec()];
        }
    };
    let (report, objects) = read(Directory::of(1).with_group(4_000).with_parts_tampered(once)).await;
    assert_eq!((report.completeness, members(&objects[1])), (Completeness::Complete, 4_000));
    let always = |part: usize, answer: &mut Vec<(String, Vec<Vec<u8>>)>| answer[1].1 = vec![part.to_string().into_bytes()];
    let (report, objects) = read(Directory::of(1).with_group(4_000).with_parts_tampered(always)).await;
    assert_eq!(objects.len(), 1);
    assert!(reason(&report).contains("was changed while the values of member were read"), "{}", reason(&report));
}

#[tokio::test]
async fn an_unchanged_group_is_known_again_and_a_renamed_member_behind_the_first_part_is_seen() {
    let renamed = Arc::new(Mutex::new(false));
    let rename = renamed.clone();
    let directory = Directory::of(2).with_group(5_000).with_parts_tampered(move |_, answer| {
        if *rename.lock().unwrap() && answer[0].0 == "member;range=3000-4499" {
            answer[0].1[7] = b"CN=new name,OU=Staff,DC=corp,DC=example,DC=com".to_vec();
        }
    });
    let mut session = session(directory).await;
    let (_, reads) = read_known(&mut session, &Known::new()).await;
    let known: Known = reads
        .iter()
        .map(|read| if let Read::Object { object, digest } = read { (*digest, object.guid) } else { panic!("nothing is known") })
        .collect();
    let (report, again) = read_known(&mut session, &known).await;
    assert_eq!((report.completeness, report.objects), (Completeness::Complete, 3));
    assert!(again.iter().all(|read| matches!(read, Read::Unchanged(_))), "nothing has changed");
    *renamed.lock().unwrap() = true;
    let (_, again) = read_known(&mut session, &known).await;
    let changed: Vec<&Read> = again.iter().filter(|read| matches!(read, Read::Object { .. })).collect();
    assert!(matches!(changed[..], [Read::Object { object, .. }] if members(object) == 5_000));
}

/// Users, a contact, and two groups whose members come in three parts each; two pages.
fn mixed() -> Directory {
    let mut directory = Directory::of(12).with_group(4_000).with_group(4_600);
    directory.people[3].classes = vec!["top", "contact"];
    directory.people.swap(2, 12);
    directory.page_max = 10;
    directory
}

/// Answers from a directory until `cut` messages have been sent since the reading began; then the connection is closed. Counts them.
fn cut(mut directory: Directory, cut: usize, sent: Arc<Mutex<usize>>) -> impl FnMut(LdapMsg) -> Answer + Send {
    let mut reading = false;
    move |message| {
        reading |= matches!(&message.op, LdapOp::SearchRequest(search) if search.base == BASE);
        let mut answer = directory.answer(message);
        if !reading {
            return answer;
        }
        let mut end = 0;
        while let Ok(Some(length)) = message_length(&answer.bytes[end..]) {
            if *sent.lock().unwrap() == cut {
                answer.bytes.truncate(end);
                return Answer { bytes: answer.bytes, close: true };
            }
            end += length;
            *sent.lock().unwrap() += 1;
        }
        answer
    }
}

// Covers: D2, D18
#[tokio::test]
async fn a_read_with_groups_that_is_cut_after_any_message_is_incomplete() {
    let read_until = async |messages: usize| {
        let sent = Arc::new(Mutex::new(0));
        let mut session = session_with(cut(mixed(), messages, sent.clone())).await;
        let (report, reads) = read_known(&mut session, &Known::new()).await;
        let sent = *sent.lock().unwrap();
        (report, reads, sent)
    };
    let (report, reads, messages) = read_until(usize::MAX).await;
    assert_eq!((report.completeness, reads.len()), (Completeness::Complete, 14));
    // 14 entries, 2 results, 2 · (3 + 4) messages with parts at two each, and the last look at the server.
    assert!(messages > 28, "{messages}");
    for cut in 0..messages {
        let (report, reads, _) = read_until(cut).await;
        assert!(matches!(report.completeness, Completeness::Incomplete(_)), "cut behind message {cut} of {messages}");
        for read in reads {
            let Read::Object { object, .. } = read else { panic!("nothing is known") };
            let expected: &[usize] = if object.class == Class::Group { &[4_000, 4_600] } else { &[0] };
            assert!(expected.contains(&members(&object)), "cut behind message {cut}: {} members", members(&object));
        }
    }
}

#[tokio::test]
async fn any_object_can_be_looked_at_alone() {
    let directory = Directory::of(3).with_group(3_100);
    let group = ObjectGuid::from_bytes(directory.people[3].guid);
    let mut session = session(directory).await;
    match session.look_up(group, &ATTRIBUTES).await.unwrap() {
        Found::Live(object) => assert_eq!((object.class, members(&object)), (Class::Group, 3_100)),
        other => panic!("{other:?}"),
    }
    let found = session.find_by_dn(&format!("CN=u3,{BASE}"), &ATTRIBUTES).await.unwrap().unwrap();
    assert_eq!((found.guid, members(&found)), (group, 3_100));
    assert_eq!(session.find_by_dn(&format!("CN=nobody,{BASE}"), &ATTRIBUTES).await.unwrap(), None);
    assert!(!session.sees_deleted_objects().await.unwrap(), "this server has no such container");

    let mut directory = Directory::of(1).with_group(3_100).with_parts_tampered(|_, answer| answer[0].1.clear());
    directory.people[0].classes = vec!["top", "user", "computer"];
    let mut session = self::session(directory).await;
    assert_eq!(session.find_by_dn(&format!("CN=u0,{BASE}"), &ATTRIBUTES).await.unwrap(), None, "a computer is nobody");
    let error: AdError =
        session.look_up(group, &ATTRIBUTES).await.err().or(session.find_by_dn(&format!("CN=u1,{BASE}"), &ATTRIBUTES).await.err()).unwrap();
    assert!(samesign_error_text(&error).contains("does not give all values of member"), "{}", samesign_error_text(&error));
}

fn samesign_error_text(error: &AdError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        text += &format!(": {error}");
        source = error.source();
    }
    text
}
