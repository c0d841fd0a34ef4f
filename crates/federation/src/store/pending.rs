//! Requests that wait for a person to sign in, by the random handle that the browser carries. They come from anybody, so there is a
//! bound: beyond it the oldest ones go.

use std::sync::atomic::Ordering;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::{Rows, Store, StoreError, digest_of};

/// Requests that wait at most.
pub(super) const PENDING_MAX: u64 = 100_000;
/// How many of the oldest go at once.
const PENDING_DROPPED: u64 = 1_000;
/// The longest request that is kept, in bytes.
const LENGTH_MAX: usize = 16 * 1024;

impl Store {
    /// Keeps a request until the Unix second `until`.
    ///
    /// # Errors
    /// When it is longer than 16 KiB, or cannot be written.
    pub async fn keep_pending(&self, handle: &str, json: &str, until: i64) -> Result<(), StoreError> {
        if json.len() > LENGTH_MAX {
            return Err(StoreError::TooLong { length: json.len(), max: LENGTH_MAX });
        }
        let (key, json, rows) = (digest_of(&[handle.as_bytes()]), json.to_owned(), self.rows.clone());
        self.call(move |connection| {
            if rows.pending.load(Ordering::Relaxed) >= PENDING_MAX {
                drop_oldest(connection, &rows)?;
            }
            let sql = "INSERT INTO pending VALUES (?1, ?2, ?3)";
            connection.prepare_cached(sql)?.execute(params![key, json, until])?;
            rows.pending.fetch_add(1, Ordering::Relaxed);
            Ok(())
        })
        .await
    }

    /// The request of this handle, unless it has run out by `now`.
    pub async fn pending(&self, handle: &str, now: i64) -> Result<Option<String>, StoreError> {
        let key = digest_of(&[handle.as_bytes()]);
        self.call(move |connection| {
            let sql = "SELECT json FROM pending WHERE handle = ?1 AND until > ?2";
            Ok(connection.prepare_cached(sql)?.query_row(params![key, now], |row| row.get(0)).optional()?)
        })
        .await
    }

    /// The same, once: of several who ask at the same time one gets it.
    pub async fn take_pending(&self, handle: &str, now: i64) -> Result<Option<String>, StoreError> {
        let (key, rows) = (digest_of(&[handle.as_bytes()]), self.rows.clone());
        self.call(move |connection| {
            let sql = "DELETE FROM pending WHERE handle = ?1 RETURNING json, until";
            let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?));
            let Some((json, until)) = connection.prepare_cached(sql)?.query_row([key], read).optional()? else { return Ok(None) };
            rows.pending.fetch_sub(1, Ordering::Relaxed);
            Ok(Some(json).filter(|_| until > now))
        })
        .await
    }
}

/// Forgets what has run out.
pub(super) fn expire(connection: &Connection, rows: &Rows, now: i64) -> Result<(), StoreError> {
    let gone = connection.prepare_cached("DELETE FROM pending WHERE until <= ?1")?.execute([now])?;
    rows.pending.fetch_sub(gone as u64, Ordering::Relaxed);
    Ok(())
}

fn drop_oldest(connection: &Connection, rows: &Rows) -> Result<(), StoreError> {
    let sql = "DELETE FROM pending WHERE rowid IN (SELECT rowid FROM pending ORDER BY until LIMIT ?1)";
    let gone = connection.prepare_cached(sql)?.execute([PENDING_DROPPED as i64])?;
    rows.pending.fetch_sub(gone as u64, Ordering::Relaxed);
    Ok(())
}
