#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::Database;
use crate::state::{Mode, Store};

fn database(server: &str, invocation_id: &str, usn: u64) -> Database {
    Database { server: server.to_owned(), invocation_id: invocation_id.to_owned(), usn }
}

#[test]
fn a_database_that_goes_back_stays_suspect_until_it_is_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(&folder.path().join("state.db"), Mode::Write).unwrap();
    let words = |store: &Store, database: &Database| database.went_back(store).unwrap();
    let accept = |store: &mut Store, database: &Database| store.transaction(|transaction| database.accept(transaction)).unwrap();

    assert_eq!(words(&store, &database("dc1", "a", 100)), None, "nothing is known of it yet");
    accept(&mut store, &database("dc1", "a", 100));
    assert_eq!(words(&store, &database("dc1", "a", 100)), None);
    assert_eq!(words(&store, &database("dc1", "a", 101)), None);
    assert_eq!(words(&store, &database("dc2", "b", 7)), None, "another server counts for itself");

    let older = database("dc1", "a", 99);
    assert_eq!(words(&store, &older).unwrap(), "it is at change 99, and had been at change 100 when it was last read");
    store.transaction(|transaction| older.suspect(transaction)).unwrap();
    assert!(words(&store, &database("dc1", "a", 200)).is_some(), "new changes do not hide it");
    assert_eq!(words(&store, &database("dc2", "b", 7)), None);
    accept(&mut store, &database("dc2", "b", 7));
    assert!(words(&store, &database("dc1", "a", 200)).is_some(), "what another one says does not clear it");
    accept(&mut store, &database("dc1", "a", 200));
    assert_eq!(words(&store, &database("dc1", "a", 200)), None);

    let restored = words(&store, &database("dc1", "c", 300)).unwrap();
    assert!(restored.starts_with("its invocationId"), "{restored}");
}
