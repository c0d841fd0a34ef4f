//! The mirror of the tenant: what Graph shows.

use std::collections::BTreeSet;

use rusqlite::{OptionalExtension, Transaction, params};
use samesign_engine::{Kind, TargetObject};

use super::target_codec::{decode, encode};
use super::{StateError, Store, key_hash};

impl Store {
    /// One cloud user by Graph's id.
    pub fn target(&self, target_id: &str) -> Result<Option<TargetObject>, StateError> {
        let mut statement = self.connection.prepare_cached("SELECT data FROM target_object WHERE target_id = ?1")?;
        let data: Option<Vec<u8>> = statement.query_row([target_id], |row| row.get(0)).optional()?;
        data.map(|data| decode(&data)).transpose()
    }

    /// Every cloud user.
    pub fn targets(&self, take: &mut dyn FnMut(TargetObject)) -> Result<(), StateError> {
        let mut statement = self.connection.prepare_cached("SELECT data FROM target_object")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            take(decode(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)?);
        }
        Ok(())
    }

    /// The cloud users that a key couples.
    pub fn targets_by_key(&self, key: i64) -> Result<Vec<TargetObject>, StateError> {
        let mut statement =
            self.connection.prepare_cached("SELECT data FROM target_key JOIN target_object ON id = object WHERE key = ?1")?;
        let mut rows = statement.query([key])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(decode(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)?);
        }
        Ok(found)
    }
}

impl Store {
    /// The objects with values that the service parked.
    pub fn targets_with_parked_values(&self) -> Result<Vec<TargetObject>, StateError> {
        let mut statement =
            self.connection.prepare_cached("SELECT data FROM parked JOIN target_object ON target_object.target_id = parked.target_id")?;
        let mut rows = statement.query([])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(decode(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)?);
        }
        Ok(found)
    }
}

/// Keeps what Graph told.
pub fn keep_targets(transaction: &Transaction<'_>, users: &[TargetObject]) -> Result<(), StateError> {
    let mut upsert = transaction.prepare_cached(
        "INSERT INTO target_object (target_id, data) VALUES (?1, ?2)
         ON CONFLICT (target_id) DO UPDATE SET data = excluded.data RETURNING id",
    )?;
    let mut park = transaction.prepare_cached("INSERT OR IGNORE INTO parked VALUES (?1)")?;
    let mut release = transaction.prepare_cached("DELETE FROM parked WHERE target_id = ?1")?;
    let mut added = Vec::with_capacity(users.len() * 4);
    for user in users {
        let before = forget_keys(transaction, &user.id)?;
        let id: i64 = upsert.query_row(params![user.id, encode(user)], |row| row.get(0))?;
        debug_assert!(before.is_none_or(|before| before == id), "an upsert keeps the row");
        if user.parked.is_empty() {
            release.execute([&user.id])?;
        } else {
            park.execute([&user.id])?;
        }
        added.extend(samesign_engine::target_keys(user).iter().map(|key| (key_hash(key), id)));
    }
    added.sort_unstable();
    let mut insert = transaction.prepare_cached("INSERT OR IGNORE INTO target_key VALUES (?1, ?2)")?;
    for (key, id) in &added {
        insert.execute([key, id])?;
    }
    Ok(())
}

/// Forgets cloud users that are gone for good.
pub fn forget_targets(transaction: &Transaction<'_>, target_ids: &[Box<str>]) -> Result<(), StateError> {
    for target_id in target_ids {
        forget_keys(transaction, target_id)?;
        transaction.prepare_cached("DELETE FROM target_object WHERE target_id = ?1")?.execute([target_id])?;
        transaction.prepare_cached("DELETE FROM parked WHERE target_id = ?1")?.execute([target_id])?;
    }
    Ok(())
}

/// Forgets every object of these kinds, before they are read anew.
pub fn forget_all_targets(transaction: &Transaction<'_>, kinds: &BTreeSet<Kind>) -> Result<(), StateError> {
    if kinds.len() == ALL_KINDS {
        transaction.execute_batch("DELETE FROM target_key; DELETE FROM target_object; DELETE FROM parked")?;
        return Ok(());
    }
    if kinds.is_empty() {
        return Ok(());
    }
    let mut gone = Vec::new();
    let mut statement = transaction.prepare_cached("SELECT data FROM target_object")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let object = decode(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)?;
        gone.extend(kinds.contains(&object.kind).then_some(object.id));
    }
    forget_targets(transaction, &gone)
}

/// Users, groups and contacts.
const ALL_KINDS: usize = 3;

fn forget_keys(transaction: &Transaction<'_>, target_id: &str) -> Result<Option<i64>, StateError> {
    let mut statement = transaction.prepare_cached("SELECT id, data FROM target_object WHERE target_id = ?1")?;
    let before: Option<(i64, Vec<u8>)> = statement.query_row([target_id], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let Some((id, data)) = before else { return Ok(None) };
    let mut delete = transaction.prepare_cached("DELETE FROM target_key WHERE key = ?1 AND object = ?2")?;
    for key in samesign_engine::target_keys(&decode(&data)?) {
        delete.execute([key_hash(&key), id])?;
    }
    Ok(Some(id))
}
