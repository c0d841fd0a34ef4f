//! Licences that were given by rule.

use std::collections::BTreeSet;

use rusqlite::{Transaction, params};
use samesign_engine::Anchor;

use super::{StateError, Store};

impl Store {
    /// Those that somebody was given.
    pub fn licences_given(&self, anchor: &Anchor) -> Result<BTreeSet<Box<str>>, StateError> {
        let mut statement = self.connection.prepare_cached("SELECT sku FROM licence WHERE anchor = ?1")?;
        Ok(statement.query_map([anchor.as_str()], |row| row.get(0))?.collect::<Result<_, _>>()?)
    }
}

/// Remembers that somebody was given a licence.
pub fn keep_given(transaction: &Transaction<'_>, anchor: &Anchor, sku: &str) -> Result<(), StateError> {
    transaction.prepare_cached("INSERT OR IGNORE INTO licence VALUES (?1, ?2)")?.execute(params![anchor.as_str(), sku])?;
    Ok(())
}

/// Forgets what somebody was given: whoever comes anew is given it anew.
pub fn forget_given(transaction: &Transaction<'_>, anchor: &Anchor) -> Result<(), StateError> {
    transaction.prepare_cached("DELETE FROM licence WHERE anchor = ?1")?.execute([anchor.as_str()])?;
    Ok(())
}
