//! What the service remembers: once means once, whatever happens to the process, and nobody who reads the file can use what is in it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use rusqlite::Connection;
use samesign_engine::ObjectGuid;
use samesign_federation::store::{Store, StoreError};
use tempfile::TempDir;

const NOW: i64 = 1_800_000_000;
const ANA: ObjectGuid = ObjectGuid::from_bytes([1; 16]);
const BOB: ObjectGuid = ObjectGuid::from_bytes([2; 16]);
/// Names the file to a program of its own, which is killed while it writes.
const CHILD_FILE: &str = "SAMESIGN_TEST_STORE";

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("federation.db")
    }

    fn open(&self) -> Store {
        Store::open(&self.path()).unwrap()
    }

    fn sql(&self, statements: &str) {
        let connection = Connection::open(self.path()).unwrap();
        connection.busy_timeout(Duration::from_secs(30)).unwrap();
        connection.execute_batch(statements).unwrap();
    }
}

#[tokio::test]
async fn a_request_waits_until_its_time_and_is_taken_once() {
    let folder = Folder::new();
    let store = folder.open();
    store.keep_pending("handle", "{}", NOW + 600).await.unwrap();
    assert_eq!(store.pending("handle", NOW + 599).await.unwrap().as_deref(), Some("{}"));
    assert_eq!(store.pending("handle", NOW + 600).await.unwrap(), None);
    assert_eq!(store.pending("another", NOW).await.unwrap(), None);
    let takers = (0..8).map(|_| {
        let store = store.clone();
        tokio::spawn(async move { store.take_pending("handle", NOW).await.unwrap() })
    });
    let mut taken = Vec::new();
    for taker in takers.collect::<Vec<_>>() {
        taken.extend(taker.await.unwrap());
    }
    assert_eq!(taken, ["{}"]);
    store.keep_pending("late", "{}", NOW).await.unwrap();
    assert_eq!(store.take_pending("late", NOW).await.unwrap(), None, "it has run out");
    let long = store.keep_pending("long", &"x".repeat(16 * 1024 + 1), NOW).await;
    assert!(matches!(long, Err(StoreError::TooLong { .. })));
}

#[tokio::test]
async fn a_flood_of_requests_drives_out_the_oldest_and_no_more() {
    let folder = Folder::new();
    drop(folder.open());
    folder.sql(&format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
         INSERT INTO pending SELECT randomblob(32), '{{}}', {NOW} + i FROM n"
    ));
    let store = folder.open();
    store.keep_pending("new", "{}", NOW + 600_000).await.unwrap();
    assert!(store.pending("new", NOW).await.unwrap().is_some());
    let connection = Connection::open(folder.path()).unwrap();
    let (rows, first): (i64, i64) =
        connection.query_row("SELECT count(*), min(until) FROM pending", [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    assert_eq!((rows, first), (99_001, NOW + 1_001));
}

#[tokio::test]
async fn a_session_ends_unused_at_its_hour_or_when_it_is_told_to() {
    let folder = Folder::new();
    let store = folder.open();
    for (token, person) in [("one", ANA), ("two", ANA), ("three", BOB)] {
        store.begin_session(token, person, &format!("\"{token}\""), NOW, NOW + 28_800).await.unwrap();
    }
    assert_eq!(store.session("one", NOW + 3_600, 3_600).as_deref(), Some("\"one\""));
    assert_eq!(store.session("one", NOW + 7_200, 3_600).as_deref(), Some("\"one\""), "its use keeps it");
    assert_eq!(store.session("one", NOW + 10_801, 3_600), None, "unused for too long");
    assert_eq!(store.session("two", NOW + 3_601, 3_600), None);
    assert!(store.session("three", NOW + 28_799, 100_000).is_some());
    assert_eq!(store.session("three", NOW + 28_800, 100_000), None, "its hour has come");
    assert_eq!(store.session("never", NOW, 3_600), None);

    assert_eq!(store.end_session("one").await.unwrap().as_deref(), Some("\"one\""));
    assert_eq!(store.session("one", NOW + 7_200, 3_600), None);
    assert_eq!(store.end_session("one").await.unwrap(), None);
    assert_eq!(store.end_sessions_of(ANA).await.unwrap(), 1);
    assert_eq!(store.session("two", NOW, 3_600), None);
    assert!(store.session("three", NOW, 3_600).is_some(), "somebody else's");
    assert_eq!(store.end_all_sessions().await.unwrap(), 1);
    assert_eq!(store.session("three", NOW, 3_600), None);
}

#[tokio::test]
async fn a_session_survives_a_restart_with_the_time_of_its_last_use() {
    let folder = Folder::new();
    let store = folder.open();
    store.begin_session("token", ANA, "{}", NOW, NOW + 28_800).await.unwrap();
    store.begin_session("ended", ANA, "{}", NOW, NOW + 28_800).await.unwrap();
    store.end_session("ended").await.unwrap();
    assert!(store.session("token", NOW + 3_000, 3_600).is_some());
    // The use is written behind the reader's back; what is asked for after it comes after it.
    tokio::task::yield_now().await;
    store.expire(NOW).await.unwrap();
    drop(store);
    let store = folder.open();
    assert!(store.session("token", NOW + 6_000, 3_600).is_some());
    assert_eq!(store.session("ended", NOW + 1, 3_600), None);
    store.expire(NOW + 28_800).await.unwrap();
    let left: i64 = Connection::open(folder.path()).unwrap().query_row("SELECT count(*) FROM session", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn what_another_process_ends_is_over_within_seconds() {
    let folder = Folder::new();
    let (service, command) = (folder.open(), folder.open());
    service.begin_session("hers", ANA, "{}", NOW, NOW + 28_800).await.unwrap();
    service.begin_session("his", BOB, "{}", NOW, NOW + 28_800).await.unwrap();
    assert_eq!(command.end_sessions_of(ANA).await.unwrap(), 1);
    for _ in 0..600 {
        if service.session("hers", NOW, 3_600).is_none() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(service.session("hers", NOW, 3_600), None);
    assert!(service.session("his", NOW, 3_600).is_some());
}

#[tokio::test]
async fn a_person_has_a_hundred_sessions_at_most() {
    let folder = Folder::new();
    let store = folder.open();
    store.begin_session("other", BOB, "{}", NOW, NOW + 28_800).await.unwrap();
    for number in 0..103 {
        store.begin_session(&format!("token {number}"), ANA, "{}", NOW + number, NOW + 28_800).await.unwrap();
    }
    let left = (0..103).filter(|number| store.session(&format!("token {number}"), NOW + 200, 3_600).is_some());
    assert_eq!(left.collect::<Vec<_>>(), (3..103).collect::<Vec<_>>());
    assert!(store.session("other", NOW, 3_600).is_some());
}

#[tokio::test]
async fn applications_are_known_as_long_as_their_session() {
    let folder = Folder::new();
    let store = folder.open();
    store.begin_session("token", ANA, "{}", NOW, NOW + 28_800).await.unwrap();
    store.note_application("token", "urn:one", "1").await.unwrap();
    store.note_application("token", "urn:two", "2").await.unwrap();
    store.note_application("token", "urn:one", "3").await.unwrap();
    store.note_application("nobody's", "urn:one", "4").await.unwrap();
    let pair = |identifier: &str, json: &str| (identifier.to_owned(), json.to_owned());
    assert_eq!(store.applications_of("token").await.unwrap(), [pair("urn:one", "3"), pair("urn:two", "2")]);
    assert_eq!(store.applications_of("nobody's").await.unwrap(), []);
    store.end_session("token").await.unwrap();
    assert_eq!(store.applications_of("token").await.unwrap(), []);
}

#[test]
fn of_eight_threads_one_is_the_first_and_after_a_restart_nobody_is() {
    let folder = Folder::new();
    let firsts = |store: Store| {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(8).build().unwrap();
        runtime.block_on(async {
            let tries = (0..800_u32).map(|number| {
                let store = store.clone();
                tokio::spawn(async move { store.first_use("ticket", &(number % 100).to_be_bytes(), NOW + 600, NOW).await.unwrap() })
            });
            let mut firsts = 0;
            for first in tries.collect::<Vec<_>>() {
                firsts += usize::from(first.await.unwrap());
            }
            firsts
        })
    };
    assert_eq!(firsts(folder.open()), 100);
    assert_eq!(firsts(folder.open()), 0, "the file knows them all");
}

#[tokio::test]
async fn what_was_used_is_forgotten_when_it_has_run_out_and_kinds_do_not_mix() {
    let folder = Folder::new();
    let store = folder.open();
    assert!(store.first_use("ticket", b"key", NOW + 600, NOW).await.unwrap());
    assert!(store.first_use("code", b"key", NOW + 600, NOW).await.unwrap());
    assert!(store.first_use("ticke", b"tkey", NOW + 600, NOW).await.unwrap(), "the border between kind and key counts");
    store.expire(NOW + 599).await.unwrap();
    assert!(!store.first_use("ticket", b"key", NOW + 600, NOW).await.unwrap());
    store.expire(NOW + 600).await.unwrap();
    assert!(store.first_use("ticket", b"key", NOW + 600, NOW).await.unwrap());
}

#[tokio::test]
async fn with_a_million_remembered_nobody_is_let_in_until_some_run_out() {
    let folder = Folder::new();
    drop(folder.open());
    folder.sql(&format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 999999)
         INSERT INTO used SELECT CAST(printf('%032d', i) AS BLOB), {NOW} + 600 + (i = 1) FROM n"
    ));
    let store = folder.open();
    assert!(store.first_use("ticket", b"the last one", NOW + 601, NOW).await.unwrap());
    let full = store.first_use("ticket", b"one more", NOW + 900, NOW).await;
    assert!(matches!(full, Err(StoreError::Full { max: 1_000_000 })), "{full:?}");
    assert!(matches!(store.first_use("ticket", b"the last one", NOW + 900, NOW).await, Err(StoreError::Full { .. })));
    assert!(store.first_use("ticket", b"one more", NOW + 900, NOW + 600).await.unwrap(), "all but two have run out");
    assert!(!store.first_use("ticket", b"the last one", NOW + 900, NOW + 600).await.unwrap());
}

/// The program that is killed: it says what it was told is written.
#[tokio::test]
async fn child_that_uses_up_keys() {
    let Some(path) = std::env::var_os(CHILD_FILE) else { return };
    let store = Store::open(Path::new(&path)).unwrap();
    for number in 0_u32.. {
        assert!(store.first_use("ticket", &number.to_be_bytes(), NOW + 600, NOW).await.unwrap());
        println!("used {number}");
    }
}

#[tokio::test]
async fn what_was_answered_outlives_a_kill() {
    let folder = Folder::new();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_that_uses_up_keys", "--nocapture"])
        .env(CHILD_FILE, folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let used = |line: Result<String, std::io::Error>| line.ok()?.rsplit_once("used ")?.1.parse::<u32>().ok();
    let mut last = 0;
    while last < 500 {
        last = lines.next().map(used).unwrap().unwrap_or(last);
    }
    child.kill().unwrap();
    child.wait().unwrap();
    last = lines.filter_map(used).last().unwrap_or(last);
    let store = folder.open();
    for number in 0..=last {
        assert!(!store.first_use("ticket", &number.to_be_bytes(), NOW + 600, NOW).await.unwrap(), "{number} of {last}");
    }
    assert!(store.first_use("ticket", &(last + 2).to_be_bytes(), NOW + 600, NOW).await.unwrap());
}

#[tokio::test]
async fn nobody_who_reads_the_file_can_use_what_is_in_it() {
    let folder = Folder::new();
    let store = folder.open();
    let secrets = ["token-that-is-secret", "handle-that-is-secret", "ticket-that-is-secret"];
    store.begin_session(secrets[0], ANA, "{}", NOW, NOW + 28_800).await.unwrap();
    store.note_application(secrets[0], "urn:one", "{}").await.unwrap();
    store.keep_pending(secrets[1], "{}", NOW + 600).await.unwrap();
    store.first_use("ticket", secrets[2].as_bytes(), NOW + 600, NOW).await.unwrap();
    let mut read = 0;
    for entry in std::fs::read_dir(folder.0.path()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        read += bytes.len();
        for secret in secrets {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret} is in {}", path.display());
        }
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{} is the owner's alone", path.display());
    }
    assert!(read > 4_096, "the files were looked at");
}

#[test]
fn a_file_of_a_newer_version_is_left_alone() {
    let folder = Folder::new();
    drop(folder.open());
    folder.sql("PRAGMA user_version = 99");
    let refused = Store::open(&folder.path()).err().unwrap().to_string();
    assert!(refused.contains("format 99") && refused.contains("newer samesign"), "{refused}");
    let refused = Store::open(Path::new("/proc/no/federation.db")).err().unwrap().to_string();
    assert!(refused.contains("check `folder` in [federation]"), "{refused}");
}
