//! What users, groups and contacts have in common: an id, a number within their kind, and the change that touched them last.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension};

use super::StoreError;

/// The kinds of directory objects. The order is that of members in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum ObjectKind {
    /// A user.
    User,
    /// A group.
    Group,
    /// A contact.
    Contact,
}

impl ObjectKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::User, Self::Group, Self::Contact];

    /// The name before the `_` of a cloud anchor: `User`, `Group`, `Contact`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
            Self::Contact => "Contact",
        }
    }

    /// The table that holds this kind.
    pub(super) const fn table(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "directory_group",
            Self::Contact => "contact",
        }
    }

    /// What a live object of the kind fulfils.
    pub(super) const fn live(self) -> &'static str {
        match self {
            Self::User | Self::Group => "deleted IS NULL",
            Self::Contact => "1",
        }
    }

    /// What an object in deletedItems fulfils.
    pub(super) const fn deleted(self) -> &'static str {
        match self {
            Self::User | Self::Group => "deleted IS NOT NULL",
            Self::Contact => "0",
        }
    }

    /// Its number in the database.
    pub(super) const fn code(self) -> i64 {
        match self {
            Self::User => 0,
            Self::Group => 1,
            Self::Contact => 2,
        }
    }
}

impl ToSql for ObjectKind {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.code().into())
    }
}

impl FromSql for ObjectKind {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let code = value.as_i64()?;
        Self::ALL.into_iter().find(|kind| kind.code() == code).ok_or(FromSqlError::OutOfRange(code))
    }
}

/// An object, by what memberships are kept with.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectRef {
    /// Its kind.
    pub kind: ObjectKind,
    /// Number of its row.
    pub number: i64,
    /// Object id, a UUID.
    pub id: String,
}

/// The live object with this id.
pub fn by_id(connection: &Connection, id: &str) -> Result<Option<ObjectRef>, StoreError> {
    one(connection, "id = lower(?1)", id)
}

/// The live object with this anchor. An anchor has one owner among all kinds.
pub fn by_anchor(connection: &Connection, anchor: &str) -> Result<Option<ObjectRef>, StoreError> {
    one(connection, "anchor = ?1", anchor)
}

/// The id of the object with this number, live, restorable or gone for good.
pub fn id_of(connection: &Connection, kind: ObjectKind, number: i64) -> Result<Option<String>, StoreError> {
    let sql = format!("SELECT id FROM {} WHERE number = ?1", kind.table());
    let found: Option<String> = connection.prepare_cached(&sql)?.query_row([number], |row| row.get(0)).optional()?;
    if found.is_some() {
        return Ok(found);
    }
    let mut statement = connection.prepare_cached("SELECT id FROM purged WHERE kind = ?1 AND object = ?2")?;
    Ok(statement.query_row((kind, number), |row| row.get(0)).optional()?)
}

/// The anchor of the object with this number, where it has one.
pub fn anchor_of(connection: &Connection, kind: ObjectKind, number: i64) -> Result<Option<String>, StoreError> {
    let sql = format!("SELECT anchor FROM {} WHERE number = ?1", kind.table());
    Ok(connection.prepare_cached(&sql)?.query_row([number], |row| row.get(0)).optional()?.flatten())
}

/// Marks an object as changed by change number `sequence`, for what is kept outside its row.
pub fn touch(connection: &Connection, kind: ObjectKind, number: i64, sequence: i64) -> Result<(), StoreError> {
    let sql = format!("UPDATE {} SET sequence = ?2 WHERE number = ?1", kind.table());
    connection.prepare_cached(&sql)?.execute((number, sequence))?;
    Ok(())
}

/// Records that an object is gone for good.
pub(super) fn record_purge(connection: &Connection, object: &ObjectRef, sequence: i64, at: i64) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached("INSERT INTO purged (sequence, id, kind, object, at) VALUES (?1, ?2, ?3, ?4, ?5)")?;
    statement.execute((sequence, &object.id, object.kind, object.number, at))?;
    Ok(())
}

/// Ids of objects of a kind removed for good after change number `after` and up to `until`.
pub fn purged_between(connection: &Connection, kind: ObjectKind, after: i64, until: i64) -> Result<Vec<String>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT id FROM purged WHERE sequence > ?1 AND sequence <= ?2 AND kind = ?3 ORDER BY sequence")?;
    let rows = statement.query_map((after, until, kind), |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How many objects were removed for good since `since` (Unix seconds).
pub fn purged_since(connection: &Connection, since: i64) -> Result<i64, StoreError> {
    Ok(connection.prepare_cached("SELECT COUNT(*) FROM purged WHERE at >= ?1")?.query_row([since], |row| row.get(0))?)
}

fn one(connection: &Connection, restriction: &str, value: &str) -> Result<Option<ObjectRef>, StoreError> {
    for kind in ObjectKind::ALL {
        let sql = format!("SELECT number, id FROM {} WHERE {restriction} AND {}", kind.table(), kind.live());
        let found = connection.prepare_cached(&sql)?.query_row([value], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        if let Some((number, id)) = found {
            return Ok(Some(ObjectRef { kind, number, id }));
        }
    }
    Ok(None)
}
