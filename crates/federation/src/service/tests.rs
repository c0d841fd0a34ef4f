use std::time::Duration;

use tokio::sync::watch;

use super::expire;
use crate::clock;
use crate::store::Store;

/// Requests that wait in the file, run out or not.
fn waiting(path: &std::path::Path) -> i64 {
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.query_row("SELECT count(*) FROM pending", [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn what_has_run_out_is_forgotten_again_and_again_until_the_service_stops() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("federation.db");
    let store = Store::open(&path).unwrap();
    let later = clock::now().as_second() + 600;
    store.keep_pending("waits", "{}", later).await.unwrap();
    let (stop, stopped) = watch::channel(false);
    let expiring = tokio::spawn(expire(store.clone(), Duration::from_millis(5), stopped));
    for round in 0..3 {
        store.keep_pending(&format!("ran out {round}"), "{}", 1).await.unwrap();
        for _ in 0..2_000 {
            if waiting(&path) == 1 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(waiting(&path), 1, "round {round}: that which still counts is left");
    }
    stop.send_replace(true);
    expiring.await.unwrap();
}
