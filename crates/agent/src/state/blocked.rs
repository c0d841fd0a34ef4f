//! Take-overs that the service blocked: one attempt a day, so that nobody hammers at somebody else's account.

use rusqlite::{OptionalExtension, Transaction, params};
use samesign_engine::Anchor;

use super::{StateError, Store};
use crate::clock::Timestamp;

/// From one attempt to the next, in seconds.
const PAUSE: i64 = 24 * 60 * 60;

impl Store {
    /// In whose words the service blocked the take-over by this object, while it is not to be tried again.
    pub fn blocked(&self, anchor: &Anchor, now: Timestamp) -> Result<Option<String>, StateError> {
        let mut statement = self.connection.prepare_cached("SELECT words FROM blocked WHERE anchor = ?1 AND not_before > ?2")?;
        Ok(statement.query_row(params![anchor.as_str(), now.0], |row| row.get(0)).optional()?)
    }
}

/// Remembers that a take-over was blocked.
pub fn block(transaction: &Transaction<'_>, anchor: &Anchor, words: &str, now: Timestamp) -> Result<(), StateError> {
    transaction.prepare_cached("INSERT OR REPLACE INTO blocked VALUES (?1, ?2, ?3)")?.execute(params![
        anchor.as_str(),
        now.plus(PAUSE).0,
        words
    ])?;
    Ok(())
}

/// Forgets that one was blocked: it has succeeded.
pub fn unblock(transaction: &Transaction<'_>, anchor: &Anchor) -> Result<(), StateError> {
    transaction.prepare_cached("DELETE FROM blocked WHERE anchor = ?1")?.execute([anchor.as_str()])?;
    Ok(())
}
