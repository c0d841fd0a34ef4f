use samesign_engine::{
    Adopt, Anchor, AttributesBuilder, Class, Finding, Guard, Kind, Link, LinkState, MatchPolicy, ObjectGuid, Policy, Scope,
    ServiceAttributes, Severity, SourceObject, TargetObject, Value, keys,
};

use super::finding::{replace_findings, replace_password_findings};
use super::guard::note_guard_event;
use super::lease::LeaseError;
use super::link::{keep_link, keep_owed};
use super::password::{PasswordRow, PasswordState, PasswordTally, forget_password, keep_password};
use super::run::{Intent, Outcome, intend, note_outcome, settle_before, use_approval};
use super::source::{forget_sources, keep_missing, keep_sources};
use super::target::{forget_targets, keep_targets};
use super::{Mode, StateError, Store, key_hash};
use crate::clock::Timestamp;

const NOW: Timestamp = Timestamp(1_800_000_000);
const HOUR: i64 = 3600;

fn store() -> Store {
    Store::open(std::path::Path::new("nowhere/state.db"), Mode::Read).expect("an empty state needs no file")
}

fn policy() -> Policy {
    Policy {
        scope: Scope::default(),
        matching: MatchPolicy::Dirsync,
        adopt: Adopt::Ask,
        guard: Guard::default(),
        dns_domain: "corp.example.com".into(),
        netbios_domain: None,
        verified_domains: Vec::new(),
        rules: samesign_engine::Rules::default(),
        service: samesign_engine::Service::default(),
    }
}

fn person(number: u8, mail: &str) -> SourceObject {
    let mut attributes = AttributesBuilder::default();
    attributes.add("sAMAccountName", format!("u{number}").as_bytes());
    attributes.add("mail", mail.as_bytes());
    SourceObject {
        guid: ObjectGuid::from_bytes([number; 16]),
        dn: format!("CN=U{number},OU=Staff,DC=corp,DC=example,DC=com").into(),
        class: Class::User,
        attributes: attributes.build(),
    }
}

fn keep(store: &mut Store, people: &[SourceObject]) {
    let mut changes: Vec<_> = people.iter().map(|person| (person.clone(), [person.guid.as_bytes()[0]; 16])).collect();
    store.transaction::<_, StateError>(|transaction| keep_sources(transaction, &mut changes, &policy())).expect("kept");
}

fn found(store: &Store, key: &str) -> Vec<SourceObject> {
    store.sources_by_key(key_hash(key)).expect("read")
}

#[test]
fn an_object_is_found_by_what_it_is_and_not_by_what_it_was() {
    let mut store = store();
    keep(&mut store, &[person(1, "ana@example.com"), person(2, "bob@example.com")]);
    assert_eq!(found(&store, "name:ana@example.com"), [person(1, "ana@example.com")]);
    keep(&mut store, &[person(1, "anna@example.com")]);
    assert_eq!(found(&store, "name:ana@example.com"), []);
    assert_eq!(found(&store, "name:anna@example.com"), [person(1, "anna@example.com")]);
    let guid = ObjectGuid::from_bytes([1; 16]);
    store.transaction::<_, StateError>(|transaction| forget_sources(transaction, &[guid], &policy())).expect("forgotten");
    for key in keys(&person(1, "anna@example.com"), &policy()) {
        assert_eq!(found(&store, &key), [], "{key} still leads somewhere");
    }
    assert_eq!(store.source_count().expect("count"), 1);
}

#[test]
fn a_cloud_user_comes_back_as_it_was_kept() {
    let user = TargetObject {
        kind: samesign_engine::Kind::User,
        parked: Vec::new(),
        id: "1".into(),
        upn: "ana@example.com".into(),
        mail: None,
        addresses: vec!["SMTP:ana@example.com".into(), "smtp:a@example.com".into()],
        anchor: Some(Anchor::from_text("AQEBAQEBAQEBAQEBAQEBAQ==")),
        synced: true,
        licensed: false,
        mailbox: true,
        privileged: false,
        soft_deleted: false,
        visible: [("displayName".into(), Value::Text("Ana".into())), ("mail".into(), Value::Text("other".into()))].into(),
    };
    let mut store = store();
    store.transaction::<_, StateError>(|transaction| keep_targets(transaction, std::slice::from_ref(&user))).expect("kept");
    assert_eq!(store.target("1").expect("read"), Some(user.clone()));
    assert_eq!(store.targets_by_key(key_hash("name:a@example.com")).expect("read"), [user]);
    store.transaction::<_, StateError>(|transaction| forget_targets(transaction, &["1".into()])).expect("forgotten");
    assert_eq!(store.targets_by_key(key_hash("name:a@example.com")).expect("read"), []);
}

#[test]
fn one_writer_at_a_time_and_the_dead_do_not_count() {
    let mut store = store();
    let nobody_died = |_: &str| false;
    let first = store.take_lease("first", NOW, &nobody_died).expect("free");
    let second = store.take_lease("second", NOW.plus(60), &nobody_died);
    assert!(matches!(second, Err(LeaseError::Taken { holder, .. }) if holder == "first"));
    let third = store.take_lease("third", NOW.plus(60), &|holder| holder == "first").expect("the first holder died");
    assert_eq!(third.token, first.token + 1);
    let mut old = first;
    let renewed = store.transaction::<_, LeaseError>(|transaction| super::lease::renew(transaction, &mut old, NOW.plus(60)));
    assert!(matches!(renewed, Err(LeaseError::Lost)), "an old token must not write");
    store.give_lease_back(&third).expect("given back");
    store.take_lease("fourth", NOW.plus(61), &nobody_died).expect("free again");
}

#[test]
fn a_lease_ends_by_itself() {
    let mut store = store();
    store.take_lease("first", NOW, &|_| false).expect("free");
    assert!(store.take_lease("second", NOW.plus(14 * 60), &|_| false).is_err());
    store.take_lease("second", NOW.plus(15 * 60), &|_| false).expect("the lease has ended");
}

#[test]
fn an_approval_is_good_for_a_day_and_once() {
    let mut store = store();
    store.approve("run 1", &[[1; 32], [2; 32]], NOW).expect("kept");
    let approvals = store.approvals(NOW.plus(23 * HOUR)).expect("read");
    assert_eq!(approvals.iter().map(|approval| approval.changes.len()).collect::<Vec<_>>(), [2]);
    assert_eq!(store.approvals(NOW.plus(24 * HOUR)).expect("read"), []);
    let id = approvals[0].id;
    store.transaction::<_, StateError>(|transaction| use_approval(transaction, id, NOW)).expect("used");
    assert_eq!(store.approvals(NOW).expect("read"), []);
}

#[test]
fn the_guard_counts_for_24_hours() {
    let mut store = store();
    let anchor = Anchor::from_text("a");
    store
        .transaction::<_, StateError>(|transaction| {
            note_guard_event(transaction, NOW, "deleted", &anchor)?;
            note_guard_event(transaction, NOW, "cleared:department", &anchor)
        })
        .expect("noted");
    let recent = store.recent(NOW.plus(24 * HOUR - 1)).expect("read");
    assert!(recent.deleted.contains(&anchor) && recent.cleared.contains_key("department"));
    let later = store.recent(NOW.plus(24 * HOUR)).expect("read");
    assert!(later.deleted.is_empty() && later.cleared.is_empty());
}

#[test]
fn the_outcome_of_every_intent_is_known_or_looked_up() {
    let mut store = store();
    let run = store.begin_run(NOW).expect("begun");
    let intents: Vec<Intent> =
        ["a", "b"].map(|anchor| Intent { anchor: Anchor::from_text(anchor), action: "create", digest: [0; 32] }).into();
    let first = store.transaction::<_, StateError>(|transaction| intend(transaction, run, 1, &intents)).expect("written");
    let note = |store: &mut Store| {
        store.transaction::<_, StateError>(|transaction| note_outcome(transaction, run, first..=first, &Outcome::Done)).expect("noted");
    };
    note(&mut store);
    let open = store.open_intents().expect("read");
    assert_eq!(open.iter().map(|intent| intent.anchor.as_str()).collect::<Vec<_>>(), ["b"]);
    let next = store.transaction::<_, StateError>(|transaction| intend(transaction, run, 1, &intents)).expect("written");
    assert_eq!(next, first + 2, "numbers go on");
    let later = store.begin_run(NOW).expect("begun");
    store.transaction::<_, StateError>(|transaction| settle_before(transaction, later)).expect("settled");
    assert_eq!(store.open_intents().expect("read"), []);
}

#[test]
fn a_mended_finding_goes_and_the_others_keep_their_first_day() {
    let mut store = store();
    let about = |dn: &str| Finding {
        code: "match-mail-blank",
        severity: Severity::Error,
        objects: vec![dn.into()],
        attribute: None,
        value: None,
        hint: "fill it".into(),
    };
    let (ana, bob) = (about("CN=Ana,DC=example"), about("CN=Bob,DC=example"));
    let replace = |store: &mut Store, planned: Option<&[&str]>, findings: &[Finding], now| {
        let planned = planned.map(|dns| dns.iter().map(|dn| super::finding::object_key(dn)).collect());
        store
            .transaction::<_, StateError>(|transaction| replace_findings(transaction, planned.as_ref(), findings, true, now))
            .expect("kept");
    };
    replace(&mut store, None, &[ana.clone(), bob.clone()], NOW);
    replace(&mut store, Some(&["CN=Carl,DC=example"]), &[], NOW);
    assert_eq!(store.findings().expect("read").len(), 2, "neither was looked at");
    replace(&mut store, Some(&["cn=ana,dc=example"]), &[], NOW);
    replace(&mut store, Some(&["CN=Bob,DC=example"]), &[bob], NOW.plus(HOUR));
    let left = store.findings().expect("read");
    assert_eq!(left.iter().map(|finding| finding.first_seen.clone()).collect::<Vec<_>>(), [NOW.to_string()]);
}

#[test]
fn a_missing_object_keeps_its_first_time_until_it_is_seen() {
    let mut store = store();
    let anchor = Anchor::from_text("a");
    let mut missing = |anchors: &[Anchor], now| {
        store.transaction::<_, StateError>(|transaction| keep_missing(transaction, anchors, now)).expect("kept");
        store.missing_since(&anchor).expect("read")
    };
    assert_eq!(missing(std::slice::from_ref(&anchor), NOW), Some(NOW));
    assert_eq!(missing(std::slice::from_ref(&anchor), NOW.plus(HOUR)), Some(NOW));
    assert_eq!(missing(&[], NOW.plus(HOUR)), None);
}

#[test]
fn links_and_what_is_owed_are_remembered() {
    let mut store = store();
    let link = Link {
        kind: samesign_engine::Kind::User,
        anchor: Anchor::from_text("a"),
        target_id: Some("1".into()),
        last_dn: "CN=Ana".into(),
        last_upn: "ana@example.com".into(),
        confirmed: ServiceAttributes::from([("displayName".into(), Value::Text("Ana".into()))]).into(),
        state: LinkState::Live,
    };
    store
        .transaction::<_, StateError>(|transaction| {
            keep_owed(transaction, &[link.anchor.clone()].into())?;
            keep_link(transaction, &link)
        })
        .expect("kept");
    assert_eq!(store.link(&link.anchor).expect("read"), Some(link.clone()));
    assert_eq!((store.synced().expect("count"), store.owed().expect("read")), (1, vec![link.anchor.clone()]));
    let deleted = Link { state: LinkState::Deleted, ..link.clone() };
    for (kept, live) in [(&deleted, 0), (&deleted, 0), (&link, 1), (&link, 1)] {
        store.transaction::<_, StateError>(|transaction| keep_link(transaction, kept)).expect("kept");
        assert_eq!(store.synced().expect("count"), live, "kept as {:?}", kept.state);
    }
    store.transaction::<_, StateError>(|transaction| super::link::forget_link(transaction, &link.anchor)).expect("forgotten");
    assert_eq!(store.synced().expect("count"), 0);
}

#[test]
fn a_state_file_of_a_newer_version_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("state.db");
    drop(Store::open(&path, Mode::Write).expect("made"));
    rusqlite::Connection::open(&path).expect("opened").pragma_update(None, "user_version", 999).expect("set");
    for mode in [Mode::Read, Mode::Write] {
        assert!(matches!(Store::open(&path, mode), Err(StateError::Newer { found: 999, .. })));
    }
}

/// What an older version left behind: both earlier formats, with a link to somebody live and one to somebody deleted.
fn old_file(path: &std::path::Path, formats: &[&str]) {
    let old = rusqlite::Connection::open(path).expect("made");
    formats.iter().for_each(|format| old.execute_batch(format).expect("an older format"));
    let link = "INSERT INTO meta VALUES ('epoch', 'e');
        INSERT INTO link VALUES (1, 'a', '1', 1, 'CN=Ana', 'ana@example.com', x''), (2, 'b', '2', 0, 'CN=Bob', 'bob@example.com', x'');
        INSERT INTO run VALUES (1, 1800000000, 1800000001, 'done', 1, NULL, NULL);
        INSERT INTO intent VALUES (1, 1, 'a', 'create', x'00', 1, 'done', NULL)";
    old.execute_batch(link).expect("filled");
    old.execute("UPDATE link SET confirmed = ?1", [samesign_engine::encode(&ServiceAttributes::new())]).expect("filled");
    old.pragma_update(None, "user_version", i64::try_from(formats.len()).expect("few")).expect("set");
}

#[test]
fn a_state_file_of_an_older_version_can_be_read_as_it_is_and_is_brought_up_to_date_by_a_writer() {
    let formats = [include_str!("schema.sql"), include_str!("password.sql")];
    for known in 1..=formats.len() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("state.db");
        old_file(&path, &formats[..known]);
        let before = std::fs::read(&path).expect("read");
        let looks = |store: &Store| {
            assert_eq!((store.meta("epoch").expect("read").as_deref(), store.synced().expect("count")), (Some("e"), 1));
            assert_eq!([Kind::User, Kind::Group, Kind::Contact].map(|kind| store.synced_of(kind).expect("count")), [1, 0, 0]);
            let links = ["a", "b"].map(|anchor| store.link(&Anchor::from_text(anchor)).expect("read").expect("a link"));
            assert_eq!(
                links.each_ref().map(|link| (link.kind, link.state)),
                [LinkState::Live, LinkState::Deleted].map(|it| (Kind::User, it))
            );
            assert_eq!((store.intents(1).expect("read").len(), store.runs(10).expect("read").len()), (1, 1));
        };
        let reader = Store::open(&path, Mode::Read).expect("opened");
        looks(&reader);
        assert_eq!(reader.password_tally().expect("read"), PasswordTally::default());
        assert_eq!(reader.watermark("d").expect("read"), None);
        drop(reader);
        assert_eq!(before, std::fs::read(&path).expect("read"), "a reader changes nothing");
        assert_eq!(std::fs::read_dir(folder.path()).expect("listed").count(), 1, "no file is left beside it");
        let mut store = Store::open(&path, Mode::Write).expect("opened");
        looks(&store);
        keep_rows(&mut store, &[password("a", PasswordState::Owed)]);
        let group = Link { kind: Kind::Group, ..store.link(&Anchor::from_text("a")).expect("read").expect("a link") };
        store.transaction::<_, StateError>(|transaction| keep_link(transaction, &group)).expect("kept");
        assert_eq!([Kind::User, Kind::Group].map(|kind| store.synced_of(kind).expect("count")), [0, 1], "a link may change its kind");
        drop(store);
        let reader = Store::open(&path, Mode::Read).expect("opened");
        assert_eq!(reader.password_tally().expect("read").owed, 1);
    }
}

fn password(anchor: &str, state: PasswordState) -> PasswordRow {
    PasswordRow {
        anchor: Anchor::from_text(anchor),
        state,
        reason: None,
        since: NOW,
        not_before: Timestamp(0),
        version: Some(7),
        changed: Some(NOW.0),
        sent_at: None,
        target_id: Some("1".into()),
        enabled: true,
        must_change: false,
    }
}

fn keep_rows(store: &mut Store, rows: &[PasswordRow]) {
    store.transaction::<_, StateError>(|transaction| rows.iter().try_for_each(|row| keep_password(transaction, row))).expect("kept");
}

#[test]
fn a_password_is_remembered_as_it_stands_and_is_due_in_its_time() {
    let mut store = store();
    let later = PasswordRow { not_before: NOW.plus(HOUR), reason: Some("2: not yet".to_owned()), ..password("b", PasswordState::Owed) };
    let sent = PasswordRow { sent_at: Some(NOW), ..password("c", PasswordState::Sent) };
    let withheld = PasswordRow { reason: Some("disabled".to_owned()), enabled: false, ..password("d", PasswordState::Withheld) };
    let rows = [password("a", PasswordState::Owed), later.clone(), sent, withheld, password("e", PasswordState::Refused)];
    keep_rows(&mut store, &rows);
    for row in &rows {
        assert_eq!(store.password(&row.anchor).expect("read").as_ref(), Some(row));
    }
    let due = |now| {
        let mut due = Vec::new();
        store.passwords_due(now, &mut |row| due.push(row.anchor.as_str().to_owned())).expect("read");
        due.sort();
        (due, store.count_passwords_due(now, 2).expect("count"))
    };
    assert_eq!(due(NOW), (vec!["a".to_owned(), "e".to_owned()], 2));
    assert_eq!(due(NOW.plus(HOUR)), (vec!["a".to_owned(), "b".to_owned(), "e".to_owned()], 2), "counted up to the limit");
    assert_eq!(store.password_tally().expect("read"), PasswordTally { sent: 1, owed: 2, withheld: 1, refused: 1 });
    assert!(store.any_withheld("disabled").expect("read") && !store.any_withheld("privileged").expect("read"));
    let told = |owed_since| {
        let mut told = Vec::new();
        let reasons = ["privileged", "unsupported-class", "no-password"];
        store.passwords_to_tell(&reasons, owed_since, &mut |row| told.push(row.anchor.as_str().to_owned())).expect("read");
        told
    };
    assert_eq!(told(NOW.minus(1)), ["e"]);
    assert_eq!(told(NOW), ["b", "e"], "owed for long, and the service was asked");
    store.transaction::<_, StateError>(|transaction| forget_password(transaction, &later.anchor)).expect("forgotten");
    assert_eq!(store.password(&later.anchor).expect("read"), None);
}

#[test]
fn findings_about_passwords_and_the_others_do_not_replace_each_other() {
    let mut store = store();
    let about = |code| Finding {
        code,
        severity: Severity::Info,
        objects: vec!["CN=Ana,DC=example".into()],
        attribute: None,
        value: None,
        hint: "".into(),
    };
    let (privileged, mail) = (about("password-withheld-privileged"), about("match-mail-blank"));
    let count = |store: &Store| (store.findings().expect("read").len(), store.finding_keys().expect("read").len());
    store.transaction::<_, StateError>(|tx| replace_password_findings(tx, std::slice::from_ref(&privileged), NOW)).expect("kept");
    assert_eq!(count(&store), (1, 0), "nobody is planned again for it");
    store.transaction::<_, StateError>(|tx| replace_findings(tx, None, std::slice::from_ref(&mail), true, NOW)).expect("kept");
    assert_eq!(count(&store), (2, 1));
    store.transaction::<_, StateError>(|tx| replace_password_findings(tx, &[], NOW)).expect("kept");
    assert_eq!(count(&store), (1, 1));
    let read = about("source-incomplete");
    store.transaction::<_, StateError>(|tx| replace_findings(tx, None, &[mail, read], true, NOW)).expect("kept");
    let nobody = std::collections::HashSet::new();
    store.transaction::<_, StateError>(|tx| replace_findings(tx, Some(&nobody), &[], false, NOW)).expect("kept");
    assert_eq!(count(&store).0, 2, "a look at a few people says nothing of the whole read");
    store.transaction::<_, StateError>(|tx| replace_findings(tx, Some(&nobody), &[], true, NOW)).expect("kept");
    assert_eq!(count(&store).0, 1);
}

#[test]
fn reading_leaves_no_trace() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("state.db");
    drop(Store::open(&path, Mode::Read).expect("an empty state"));
    assert!(!path.exists(), "no file is made");
    let mut store = Store::open(&path, Mode::Write).expect("made");
    keep(&mut store, &[person(1, "ana@example.com")]);
    drop(store);
    let before = std::fs::read(&path).expect("read");
    let reader = Store::open(&path, Mode::Read).expect("opened");
    assert_eq!(reader.source_count().expect("count"), 1);
    let mut writer = Store::open(&path, Mode::Write).expect("a reader locks nobody out");
    keep(&mut writer, &[person(2, "bob@example.com")]);
    assert_eq!(reader.source_count().expect("count"), 1, "the reader sees one state");
    drop((reader, writer));
    assert_ne!(before, std::fs::read(&path).expect("read"), "the writer wrote");
    let before = std::fs::read(&path).expect("read");
    drop(Store::open(&path, Mode::Read).expect("opened"));
    assert_eq!(before, std::fs::read(&path).expect("read"));
    assert_eq!(std::fs::read_dir(folder.path()).expect("listed").count(), 1, "no file is left beside it");
}

#[test]
fn a_state_file_that_somebody_is_just_making_is_an_empty_state() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("state.db");
    std::fs::write(&path, []).expect("a file without any table");
    let store = Store::open(&path, Mode::Read).expect("an empty state");
    assert_eq!(store.runs(10).expect("no runs").len(), 0);
    assert_eq!(std::fs::metadata(&path).expect("the file").len(), 0, "it is left alone");
}
