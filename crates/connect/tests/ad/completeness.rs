//! When a read is complete, and everything that makes it incomplete without losing what was read.

use ldap3_proto::proto::{LdapExtendedResponse, LdapOp, LdapResultCode, LdapSearchResultReference};
use samesign_connect::source::{Completeness, Known, Read};

use crate::directory::{BASE, Directory, USERS, asks_for_people, done, read, session};
use crate::server::{Answer, encoded, result};

fn send(messages: Vec<Vec<u8>>) -> Answer {
    Answer { bytes: messages.concat(), close: false }
}

fn reason(completeness: &Completeness) -> &str {
    match completeness {
        Completeness::Complete => "complete",
        Completeness::Incomplete(reason) => reason,
    }
}

#[tokio::test]
async fn every_page_is_fetched() {
    for people in [0, 1, 999, 1_000, 1_001, 2_500] {
        let directory = Directory::of(people);
        let searches = directory.searches.clone();
        let (seen, report) = read(directory).await;
        assert_eq!((seen.len(), report.objects, &report.completeness), (people, people, &Completeness::Complete));
        let searches = searches.lock().unwrap();
        assert_eq!(searches.len(), people.div_ceil(1_000).max(1));
        assert!(searches.iter().all(asks_for_people));
        assert!(searches.iter().all(|search| search.attrs == ["objectGUID", "objectClass", "mail", "proxyAddresses"]));
    }
}

#[tokio::test]
async fn an_empty_last_page_is_an_end() {
    let directory = Directory::of(20).tampered(|page, id, mut messages| {
        match page {
            0 => *messages.last_mut().unwrap() = done(id, LdapResultCode::Success, b"20"),
            _ => messages = vec![done(id, LdapResultCode::Success, b"")],
        }
        send(messages)
    });
    let (seen, report) = read(directory).await;
    assert_eq!((seen.len(), report.completeness), (20, Completeness::Complete));
}

// Covers: D18
#[tokio::test]
async fn values_that_come_in_ranges_are_put_together() {
    for count in [1_500, 1_501, 3_000, 4_600] {
        let mut directory = Directory::of(3);
        let addresses: Vec<Vec<u8>> = (0..count).map(|number| format!("smtp:a{number:05}@example.com").into_bytes()).collect();
        directory.people[1].attributes.push(("proxyAddresses".to_owned(), addresses.clone()));
        let mut session = session(directory).await;
        let mut seen = Vec::new();
        let report = session.read_objects(BASE, USERS, &["proxyAddresses"], &Known::new(), &mut |read| seen.push(read)).await;
        assert_eq!((seen.len(), &report.completeness), (3, &Completeness::Complete));
        let values = seen.iter().find_map(|read| match read {
            Read::Object { object, .. } if object.dn.starts_with("CN=u1,") => {
                Some(object.attributes.values("proxyaddresses").map(<[u8]>::to_vec))
            }
            _ => None,
        });
        assert_eq!(values.unwrap().collect::<Vec<_>>(), addresses, "{count} values");
    }
}

#[tokio::test]
async fn what_has_not_changed_is_known_by_its_digest() {
    let mut directory = Directory::of(5);
    directory.people[2].attributes.push(("proxyAddresses".to_owned(), (0..2_000).map(|n| format!("{n:04}").into_bytes()).collect()));
    let mut session = session(directory).await;
    let mut known = Known::new();
    let mut objects = Vec::new();
    session
        .read_objects(BASE, USERS, &["proxyAddresses"], &Known::new(), &mut |read| {
            if let Read::Object { object, digest } = read {
                known.insert(digest, object.guid);
                objects.push(object.guid);
            }
        })
        .await;
    let mut again = Vec::new();
    let report = session.read_objects(BASE, USERS, &["proxyAddresses"], &known, &mut |read| again.push(read)).await;
    let mut unchanged: Vec<_> =
        again.iter().map(|read| if let Read::Unchanged(guid) = read { *guid } else { panic!("{read:?} is not known") }).collect();
    unchanged.sort();
    objects.sort();
    assert_eq!((unchanged, report.objects, report.completeness), (objects, 5, Completeness::Complete));
}

// Covers: D2
#[tokio::test]
async fn a_result_other_than_success_makes_the_read_incomplete() {
    for (code, name) in [
        (LdapResultCode::OperationsError, "operationsError (1)"),
        (LdapResultCode::TimeLimitExceeded, "timeLimitExceeded (3)"),
        (LdapResultCode::SizeLimitExceeded, "sizeLimitExceeded (4)"),
        (LdapResultCode::Referral, "referral (10)"),
        (LdapResultCode::AdminLimitExceeded, "adminLimitExceeded (11)"),
        (LdapResultCode::UnavailableCriticalExtension, "unavailableCriticalExtension (12)"),
        (LdapResultCode::Busy, "busy (51)"),
        (LdapResultCode::Unavailable, "unavailable (52)"),
        (LdapResultCode::Other, "other (80)"),
        (LdapResultCode::NoSuchObject, "is not there"),
    ] {
        let failing = code.clone();
        let mut directory = Directory::of(20).tampered(move |page, id, mut messages| {
            if page == 1 {
                *messages.last_mut().unwrap() = done(id, failing.clone(), b"");
            }
            send(messages)
        });
        directory.page_max = 10;
        let (seen, report) = read(directory).await;
        assert_eq!(seen.len(), 20, "what came with {code:?} is kept");
        assert!(reason(&report.completeness).contains(name), "{code:?}: {:?}", report.completeness);
    }
}

/// The stream of three pages is cut behind each of its 28 messages, and within the next one.
// Covers: D2
#[tokio::test]
async fn a_cut_stream_is_incomplete_wherever_it_is_cut() {
    const PEOPLE: usize = 25;
    /// The messages that are a page's result and no entry.
    const RESULTS: [usize; 3] = [10, 21, 27];
    for cut in 0..PEOPLE + 3 {
        for within in [0, 1, 9] {
            let mut sent = 0;
            let mut directory = Directory::of(PEOPLE).tampered(move |_, _, mut messages| {
                let left = cut - sent;
                sent += messages.len();
                if left >= messages.len() {
                    return send(messages);
                }
                messages[left].truncate(within);
                messages.truncate(left + 1);
                Answer { bytes: messages.concat(), close: true }
            });
            directory.page_max = 10;
            let (seen, report) = read(directory).await;
            let entries = (0..cut).filter(|message| !RESULTS.contains(message)).count();
            assert_eq!(seen.len(), entries, "cut behind message {cut}");
            assert!(reason(&report.completeness).contains("closed"), "cut behind message {cut}: {:?}", report.completeness);
        }
    }
}

#[tokio::test]
async fn a_server_that_goes_round_in_circles_is_left() {
    let first_again = Directory::of(10).tampered(|_, id, mut messages| {
        *messages.last_mut().unwrap() = done(id, LdapResultCode::Success, b"0");
        send(messages)
    });
    let (seen, report) = read(first_again).await;
    assert!(seen.len() <= 20 && reason(&report.completeness).contains("again and again"), "{:?}", report.completeness);
    let nothing_again = Directory::of(0).tampered(|_, id, _| send(vec![done(id, LdapResultCode::Success, b"0")]));
    let (_, report) = read(nothing_again).await;
    assert!(reason(&report.completeness).contains("again and again"), "{:?}", report.completeness);
}

#[tokio::test]
async fn a_reference_into_the_base_is_a_gap_and_another_is_not() {
    for (reference, complete) in [
        ("ldap://dc2/OU=East,OU=Staff,DC=corp,DC=example,DC=com", false),
        ("ldap://ForestDnsZones.corp.example.com/DC=ForestDnsZones,DC=corp,DC=example,DC=com", true),
    ] {
        let directory = Directory::of(4).tampered(move |_, id, mut messages| {
            messages.insert(2, encoded(id, LdapOp::SearchResultReference(LdapSearchResultReference { uris: vec![reference.to_owned()] })));
            send(messages)
        });
        let (seen, report) = read(directory).await;
        assert_eq!((seen.len(), report.completeness == Completeness::Complete), (4, complete), "{reference}");
    }
}

#[tokio::test]
async fn what_no_server_should_send_ends_the_read() {
    let notice = || {
        let res = result(LdapResultCode::Unavailable);
        encoded(0, LdapOp::ExtendedResponse(LdapExtendedResponse { res, name: Some("1.3.6.1.4.1.1466.20036".to_owned()), value: None }))
    };
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (notice(), "ended the session: unavailable (52)"),
        (done(99, LdapResultCode::Success, b""), "not asked"),
        (encoded(3, LdapOp::UnbindRequest), "not asked"),
        (vec![0x30, 0x80, 0, 0], "not LDAP"),
        (vec![0x30, 0x84, 0x7f, 0xff, 0xff, 0xff], "longer than 16 MiB"),
        ([0x30, 0x02].repeat(40), "not LDAP"),
        (b"HTTP/1.1 503".to_vec(), "not LDAP"),
    ];
    for (bytes, said) in cases {
        let shown = format!("{bytes:x?}");
        let directory = Directory::of(6).tampered(move |_, _, mut messages| {
            messages.insert(3, bytes.clone());
            send(messages)
        });
        let (seen, report) = read(directory).await;
        assert_eq!(seen.len(), 3, "{shown}");
        assert!(reason(&report.completeness).contains(said), "{shown}: {:?}", report.completeness);
    }
}

#[tokio::test]
async fn a_failed_session_answers_nothing_more() {
    let mut session = session(Directory::of(3).tampered(|_, _, _| Answer { bytes: Vec::new(), close: true })).await;
    for _ in 0..2 {
        let report = session.read_objects(BASE, USERS, &["mail"], &Known::new(), &mut |_| {}).await;
        assert!(reason(&report.completeness).contains("closed"));
    }
    assert!(session.end_identity().await.is_err());
}

#[tokio::test]
async fn a_database_exchanged_under_the_read_is_noticed() {
    let mut directory = Directory::of(3);
    directory.invocations = vec![7, 8];
    let (seen, report) = read(directory).await;
    assert_eq!(seen.len(), 3);
    assert!(reason(&report.completeness).contains("invocationId"), "{:?}", report.completeness);
}

#[tokio::test]
async fn one_object_that_cannot_be_understood_does_not_lose_the_others() {
    let mut directory = Directory::of(5).tampered(|_, _, mut messages| {
        let at = messages[1].windows(2).position(|bytes| bytes == b"u1").unwrap();
        messages[1][at] = 0xff;
        let name = messages[3].windows(10).position(|bytes| bytes == b"objectGUID").unwrap();
        messages[3][name] = b'x';
        send(messages)
    });
    directory.page_max = 100;
    let (seen, report) = read(directory).await;
    assert_eq!((seen.len(), report.objects), (3, 3));
    assert!(reason(&report.completeness).contains("not UTF-8"), "{:?}", report.completeness);
    let hints: Vec<&str> = report.findings.iter().map(|finding| &*finding.hint).collect();
    assert!(hints.len() == 2 && hints[0].contains("not UTF-8") && hints[1].contains("objectGUID"), "{hints:?}");
}

#[tokio::test]
async fn only_what_changed_since_is_asked_for() {
    let directory = Directory::of(2);
    let searches = directory.searches.clone();
    let mut session = session(directory).await;
    session.read_users_changed(BASE, 4_712, &["mail"], &Known::new(), &mut |_| {}).await;
    let filter = searches.lock().unwrap()[0].filter.clone();
    assert!(format!("{filter:?}").contains("GreaterOrEqual(\"uSNChanged\", \"4712\")"), "{filter:?}");
}
