//! The mirror of the source.

use std::collections::BTreeSet;

use rusqlite::{OptionalExtension, Row, Transaction, params};
use samesign_connect::source::{Known, ObjectDigest};
use samesign_engine::{Anchor, Attributes, Class, ObjectGuid, Policy, SourceObject};

use super::{StateError, Store, key_hash};
use crate::clock::Timestamp;

/// An OU of the scope as it is remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptOu {
    /// The DN in the configuration.
    pub configured: String,
    /// objectGUID, once it was seen.
    pub guid: Option<ObjectGuid>,
    /// The DN at the last run.
    pub dn: String,
    /// Users known below it.
    pub objects: usize,
    /// Users below it when that was last accepted: by a run that held nothing because of it.
    pub accepted: usize,
}

/// A group whose members alone take part, as it is remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptGroup {
    /// The DN in the configuration.
    pub configured: String,
    /// objectGUID.
    pub guid: ObjectGuid,
    /// The DN at the last run.
    pub dn: String,
}

/// One object that was read, to be kept in the mirror.
pub type SourceChange = (SourceObject, ObjectDigest);

const COLUMNS: &str = "id, guid, dn, class, attributes";

impl Store {
    /// Every object of the mirror by its digest, for the next read.
    pub fn known(&self) -> Result<Known, StateError> {
        let mut statement = self.connection.prepare_cached("SELECT digest, guid FROM source_digest")?;
        let rows = statement.query_map([], |row| Ok((row.get::<_, ObjectDigest>(0)?, ObjectGuid::from_bytes(row.get(1)?))))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How many objects the mirror holds.
    pub fn source_count(&self) -> Result<usize, StateError> {
        Ok(self.connection.prepare_cached("SELECT count(*) FROM source_object")?.query_row([], |row| row.get::<_, i64>(0))?.unsigned_abs()
            as usize)
    }

    /// Whether the mirror holds nothing.
    pub fn has_no_source(&self) -> Result<bool, StateError> {
        let mut statement = self.connection.prepare_cached("SELECT NOT EXISTS (SELECT 1 FROM source_object)")?;
        Ok(statement.query_row([], |row| row.get(0))?)
    }

    /// Every object of the mirror.
    pub fn sources(&self, take: &mut dyn FnMut(SourceObject)) -> Result<(), StateError> {
        let mut statement = self.connection.prepare_cached(&format!("SELECT {COLUMNS} FROM source_object"))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            take(object_of(row)?);
        }
        Ok(())
    }

    /// One object of the mirror.
    pub fn source(&self, guid: &ObjectGuid) -> Result<Option<SourceObject>, StateError> {
        let mut statement = self.connection.prepare_cached(&format!("SELECT {COLUMNS} FROM source_object WHERE guid = ?1"))?;
        statement.query_row([guid.as_bytes()], |row| Ok(object_of(row))).optional()?.transpose()
    }

    /// The objects of the mirror that a key couples.
    pub fn sources_by_key(&self, key: i64) -> Result<Vec<SourceObject>, StateError> {
        let sql = format!("SELECT {COLUMNS} FROM source_key JOIN source_object ON id = object WHERE key = ?1");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query([key])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(object_of(row)?);
        }
        Ok(found)
    }

    /// Where the live objects are that the objects with these DNs are joined to: their anchors by [`dn_key`](samesign_engine::dn_key). `take`
    /// may answer that an object of the mirror is out of date.
    pub fn live_anchors_of<'k>(
        &self,
        dn_keys: impl Iterator<Item = &'k str>,
        is_current: &dyn Fn(&ObjectGuid) -> bool,
        take: &mut dyn FnMut(&'k str, Anchor),
    ) -> Result<(), StateError> {
        let mut find =
            self.connection.prepare_cached("SELECT guid, dn FROM source_key JOIN source_object ON id = object WHERE key = ?1")?;
        for dn_key in dn_keys {
            let mut rows = find.query([key_hash(&format!("dn:{dn_key}"))])?;
            while let Some(row) = rows.next()? {
                let guid = ObjectGuid::from_bytes(row.get(0)?);
                // Keys are hashes: only the DN itself tells.
                let same = samesign_engine::dn_key(row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?) == dn_key;
                if same
                    && is_current(&guid)
                    && let Some(anchor) = self.live_anchor(&guid)?
                {
                    take(dn_key, anchor);
                }
            }
        }
        Ok(())
    }

    /// The groups whose members alone take part, as they were last seen.
    pub fn scope_groups(&self) -> Result<Vec<KeptGroup>, StateError> {
        let mut statement = self.connection.prepare_cached("SELECT configured, guid, dn FROM scope_group")?;
        let rows = statement
            .query_map([], |row| Ok(KeptGroup { configured: row.get(0)?, guid: ObjectGuid::from_bytes(row.get(1)?), dn: row.get(2)? }))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Who takes part because of them.
    pub fn chosen(&self) -> Result<BTreeSet<ObjectGuid>, StateError> {
        let mut statement = self.connection.prepare_cached("SELECT guid FROM chosen")?;
        let rows = statement.query_map([], |row| row.get(0).map(ObjectGuid::from_bytes))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The OUs of the scope.
    pub fn scope_ous(&self) -> Result<Vec<KeptOu>, StateError> {
        let mut statement = self.connection.prepare_cached("SELECT configured, guid, dn, objects, accepted FROM scope_ou")?;
        let rows = statement.query_map([], |row| {
            let guid = row.get::<_, Option<[u8; 16]>>(1)?.map(ObjectGuid::from_bytes);
            let (objects, accepted) = (count(row, 3)?, count(row, 4)?);
            Ok(KeptOu { configured: row.get(0)?, guid, dn: row.get(2)?, objects, accepted })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Since when a linked object has been missing.
    pub fn missing_since(&self, anchor: &Anchor) -> Result<Option<Timestamp>, StateError> {
        let mut statement = self.connection.prepare_cached("SELECT since FROM missing WHERE anchor = ?1")?;
        Ok(statement.query_row([anchor.as_str()], |row| row.get(0).map(Timestamp)).optional()?)
    }
}

/// Keeps what was read, in the order of objectGUID: SQLite is several times faster when a unique index is filled in order.
pub fn keep_sources(transaction: &Transaction<'_>, changes: &mut [SourceChange], policy: &Policy) -> Result<(), StateError> {
    changes.sort_by_key(|(object, _)| object.guid);
    let (mut added, mut removed) = (Vec::with_capacity(changes.len() * 8), Vec::new());
    let mut upsert = transaction.prepare_cached(
        "INSERT INTO source_object (guid, dn, class, attributes) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (guid) DO UPDATE SET dn = excluded.dn, class = excluded.class, attributes = excluded.attributes RETURNING id",
    )?;
    let mut recognise = transaction.prepare_cached("INSERT OR REPLACE INTO source_digest VALUES (?1, ?2)")?;
    let had_any: bool = transaction.prepare_cached("SELECT EXISTS (SELECT 1 FROM source_key)")?.query_row([], |row| row.get(0))?;
    for (object, digest) in changes.iter() {
        let before = if had_any { keys_before(transaction, &object.guid, policy)? } else { Vec::new() };
        let values = params![object.guid.as_bytes(), object.dn, class_number(object.class), object.attributes.as_bytes()];
        let id: i64 = upsert.query_row(values, |row| row.get(0))?;
        recognise.execute(params![object.guid.as_bytes(), digest])?;
        let after = hashes(object, policy);
        removed.extend(without(&before, &after).map(|key| (key, id)));
        added.extend(without(&after, &before).map(|key| (key, id)));
    }
    change_keys(transaction, &mut removed, "DELETE FROM source_key WHERE key = ?1 AND object = ?2")?;
    change_keys(transaction, &mut added, "INSERT OR IGNORE INTO source_key VALUES (?1, ?2)")
}

/// Forgets objects that are gone and not linked any more.
pub fn forget_sources(transaction: &Transaction<'_>, guids: &[ObjectGuid], policy: &Policy) -> Result<(), StateError> {
    for guid in guids {
        let before = keys_before(transaction, guid, policy)?;
        transaction.prepare_cached("DELETE FROM source_digest WHERE guid = ?1")?.execute([guid.as_bytes()])?;
        let id: Option<i64> = transaction
            .prepare_cached("DELETE FROM source_object WHERE guid = ?1 RETURNING id")?
            .query_row([guid.as_bytes()], |row| row.get(0))
            .optional()?;
        let mut removed: Vec<(i64, i64)> = id.into_iter().flat_map(|id| before.iter().map(move |key| (*key, id))).collect();
        change_keys(transaction, &mut removed, "DELETE FROM source_key WHERE key = ?1 AND object = ?2")?;
    }
    Ok(())
}

fn keys_before(transaction: &Transaction<'_>, guid: &ObjectGuid, policy: &Policy) -> Result<Vec<i64>, StateError> {
    let mut statement = transaction.prepare_cached(&format!("SELECT {COLUMNS} FROM source_object WHERE guid = ?1"))?;
    let before = statement.query_row([guid.as_bytes()], |row| Ok(object_of(row))).optional()?.transpose()?;
    Ok(before.map_or_else(Vec::new, |object| hashes(&object, policy)))
}

/// The keys of an object as they are indexed, sorted, none twice.
fn hashes(object: &SourceObject, policy: &Policy) -> Vec<i64> {
    let mut hashes: Vec<i64> = samesign_engine::keys(object, policy).iter().map(|key| key_hash(key)).collect();
    hashes.sort_unstable();
    hashes.dedup();
    hashes
}

/// What of the one sorted list is not in the other: a group has as many keys as members.
fn without<'a>(these: &'a [i64], those: &'a [i64]) -> impl Iterator<Item = i64> + 'a {
    let mut those = those.iter().copied().peekable();
    these.iter().copied().filter(move |key| {
        while those.next_if(|other| other < key).is_some() {}
        those.peek() != Some(key)
    })
}

fn change_keys(transaction: &Transaction<'_>, rows: &mut [(i64, i64)], sql: &str) -> Result<(), StateError> {
    rows.sort_unstable();
    let mut statement = transaction.prepare_cached(sql)?;
    for (key, object) in rows.iter() {
        statement.execute([key, object])?;
    }
    Ok(())
}

/// Keeps where the OUs of the scope are, and how many users were seen in them.
pub fn keep_scope_ous(transaction: &Transaction<'_>, ous: &[KeptOu]) -> Result<(), StateError> {
    transaction.execute("DELETE FROM scope_ou", [])?;
    for ou in ous {
        let [objects, accepted] = [ou.objects, ou.accepted].map(|count| i64::try_from(count).unwrap_or(i64::MAX));
        transaction.prepare_cached("INSERT INTO scope_ou VALUES (?1, ?2, ?3, ?4, ?5)")?.execute(params![
            ou.configured,
            ou.guid.as_ref().map(ObjectGuid::as_bytes),
            ou.dn,
            objects,
            accepted
        ])?;
    }
    Ok(())
}

/// Keeps the groups whose members alone take part, and who these are.
pub fn keep_chosen(transaction: &Transaction<'_>, groups: &[KeptGroup], chosen: &BTreeSet<ObjectGuid>) -> Result<(), StateError> {
    transaction.execute("DELETE FROM scope_group", [])?;
    let mut insert = transaction.prepare_cached("INSERT OR REPLACE INTO scope_group VALUES (?1, ?2, ?3)")?;
    for KeptGroup { configured, guid, dn } in groups {
        insert.execute(params![configured, guid.as_bytes(), dn])?;
    }
    transaction.execute("DELETE FROM chosen", [])?;
    let mut insert = transaction.prepare_cached("INSERT INTO chosen VALUES (?1)")?;
    for guid in chosen {
        insert.execute([guid.as_bytes()])?;
    }
    Ok(())
}

/// Accepts how many users each OU of the scope holds now.
pub fn accept_scope_counts(transaction: &Transaction<'_>) -> Result<(), StateError> {
    transaction.execute("UPDATE scope_ou SET accepted = objects", [])?;
    Ok(())
}

/// Keeps which linked objects are missing. An object that was missing before keeps its first time.
pub fn keep_missing(transaction: &Transaction<'_>, missing: &[Anchor], now: Timestamp) -> Result<(), StateError> {
    let known: Vec<String> =
        transaction.prepare_cached("SELECT anchor FROM missing")?.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let still: BTreeSet<&str> = missing.iter().map(Anchor::as_str).collect();
    for anchor in known.iter().filter(|anchor| !still.contains(anchor.as_str())) {
        transaction.prepare_cached("DELETE FROM missing WHERE anchor = ?1")?.execute([anchor])?;
    }
    for anchor in missing {
        transaction.prepare_cached("INSERT OR IGNORE INTO missing VALUES (?1, ?2)")?.execute(params![anchor.as_str(), now.0])?;
    }
    Ok(())
}

fn object_of(row: &Row<'_>) -> Result<SourceObject, StateError> {
    let class = match row.get::<_, i64>(3)? {
        0 => Class::User,
        1 => Class::InetOrgPerson,
        2 => Class::Group,
        3 => Class::Contact,
        _ => return Err(StateError::Damaged { what: "source object" }),
    };
    let attributes = row.get_ref(4)?.as_blob().map_err(rusqlite::Error::from)?;
    Ok(SourceObject {
        guid: ObjectGuid::from_bytes(row.get(1)?),
        dn: row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?.into(),
        class,
        attributes: Attributes::from_bytes(attributes),
    })
}

fn count(row: &Row<'_>, column: usize) -> rusqlite::Result<usize> {
    Ok(usize::try_from(row.get::<_, i64>(column)?).unwrap_or(0))
}

const fn class_number(class: Class) -> i64 {
    match class {
        Class::User => 0,
        Class::InetOrgPerson => 1,
        Class::Group => 2,
        Class::Contact => 3,
    }
}
