//! What only one live object may hold: UPN, addresses, anchor, SID.

use rusqlite::{Connection, OptionalExtension};

use super::StoreError;

/// The kinds of unique values. Each kind is its own name space.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyKind {
    /// userPrincipalName, folded.
    Upn,
    /// One proxy address with its prefix, folded: `smtp:ana@example.com`.
    Address,
    /// onPremisesImmutableId; its case counts.
    Anchor,
    /// onPremisesSecurityIdentifier.
    Sid,
    /// mailNickname of a Microsoft 365 group, folded.
    Nickname,
}

impl KeyKind {
    const fn name(self) -> &'static str {
        match self {
            Self::Upn => "upn",
            Self::Address => "address",
            Self::Anchor => "anchor",
            Self::Sid => "sid",
            Self::Nickname => "nickname",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Self::Upn, Self::Address, Self::Anchor, Self::Sid, Self::Nickname].into_iter().find(|kind| kind.name() == name)
    }
}

/// One unique value, in the form in which it is compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Its name space.
    pub kind: KeyKind,
    /// The value.
    pub value: String,
}

/// The id of the live object that holds a key.
pub fn owner(connection: &Connection, kind: KeyKind, value: &str) -> Result<Option<String>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT owner FROM unique_key WHERE kind = ?1 AND value = ?2")?;
    Ok(statement.query_row((kind.name(), value), |row| row.get(0)).optional()?)
}

/// Gives `owner` exactly these keys. Answers the first key that another object holds, and then changes nothing.
pub fn replace(connection: &Connection, owner_id: &str, wanted: &[Key]) -> Result<Option<(Key, String)>, StoreError> {
    let held = held_by(connection, owner_id)?;
    for key in wanted.iter().filter(|key| !held.contains(key)) {
        if let Some(holder) = owner(connection, key.kind, &key.value)? {
            return Ok(Some((key.clone(), holder)));
        }
    }
    for key in held.iter().filter(|key| !wanted.contains(key)) {
        connection.prepare_cached("DELETE FROM unique_key WHERE kind = ?1 AND value = ?2")?.execute((key.kind.name(), &key.value))?;
    }
    for key in wanted.iter().filter(|key| !held.contains(key)) {
        let mut statement = connection.prepare_cached("INSERT OR IGNORE INTO unique_key (kind, value, owner) VALUES (?1, ?2, ?3)")?;
        statement.execute((key.kind.name(), &key.value, owner_id))?;
    }
    Ok(None)
}

/// The keys that an object holds.
pub fn held_by(connection: &Connection, owner_id: &str) -> Result<Vec<Key>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT kind, value FROM unique_key WHERE owner = ?1")?;
    let rows = statement.query_map([owner_id], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
    let mut keys = Vec::new();
    for row in rows {
        let (kind, value) = row?;
        let kind = KeyKind::from_name(&kind).ok_or_else(|| StoreError::Damaged { what: format!("unknown kind of key {kind}") })?;
        keys.push(Key { kind, value });
    }
    Ok(keys)
}
