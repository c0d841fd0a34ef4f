//! What may be used once: tickets, codes, answers. A row stands until what it names has run out, whatever happens to the service.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use rusqlite::{Connection, params};

use super::{Rows, Store, StoreError, digest_of};

/// Rows at most. With more nobody could be told apart from a replay, so nobody is let in.
pub(super) const USED_MAX: u64 = 1_000_000;

impl Store {
    /// Whether `key` (of its `kind`) is seen for the first time. It is remembered until the Unix second `until`, after which whoever asks
    /// must refuse it for its age.
    ///
    /// # Errors
    /// When it cannot be remembered, or a million others are: then it must count as used.
    pub async fn first_use(&self, kind: &str, key: &[u8], until: i64, now: i64) -> Result<bool, StoreError> {
        let (digest, rows) = (digest_of(&[kind.as_bytes(), &[0], key]), self.rows.clone());
        self.call(move |connection| {
            make_room(connection, &rows, now)?;
            let sql = "INSERT OR IGNORE INTO used VALUES (?1, ?2)";
            let first = connection.prepare_cached(sql)?.execute(params![digest, until])? > 0;
            rows.used.fetch_add(u64::from(first), Ordering::Relaxed);
            Ok(first)
        })
        .await
    }
}

/// Forgets what has run out.
pub(super) fn expire(connection: &Connection, rows: &Rows, now: i64) -> Result<(), StoreError> {
    let gone = connection.prepare_cached("DELETE FROM used WHERE until <= ?1")?.execute([now])?;
    rows.used.fetch_sub(gone as u64, Ordering::Relaxed);
    Ok(())
}

fn make_room(connection: &Connection, rows: &Arc<Rows>, now: i64) -> Result<(), StoreError> {
    if rows.used.load(Ordering::Relaxed) >= USED_MAX {
        expire(connection, rows, now)?;
    }
    if rows.used.load(Ordering::Relaxed) >= USED_MAX {
        return Err(StoreError::Full { max: USED_MAX });
    }
    Ok(())
}

impl Rows {
    /// Counts what is there.
    pub(super) fn count(&self, connection: &Connection) -> Result<(), StoreError> {
        let count = |table: &str| {
            let rows: i64 = connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))?;
            Ok::<_, StoreError>(u64::try_from(rows).unwrap_or_default())
        };
        self.used.store(count("used")?, Ordering::Relaxed);
        self.pending.store(count("pending")?, Ordering::Relaxed);
        Ok(())
    }
}
