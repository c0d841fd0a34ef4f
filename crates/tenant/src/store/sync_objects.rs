//! What the synchronization client sent, as it sent it. The service rewrites values; this is the copy that it returns.

use rusqlite::{Connection, OptionalExtension, Row};

use super::StoreError;

/// One object as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncObjectRow {
    /// Pages go by it; 0 before it is inserted.
    pub number: i64,
    /// The source's anchor.
    pub anchor: String,
    /// Id of the directory object.
    pub object: String,
    /// Number of the last change.
    pub sequence: i64,
    /// The values, in the form that [`crate::provisioning`] gives them.
    pub properties: String,
}

const COLUMNS: &str = "number, anchor, object, sequence, properties";

/// The object with this anchor.
pub fn by_anchor(connection: &Connection, anchor: &str) -> Result<Option<SyncObjectRow>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM sync_object WHERE anchor = ?1"))?;
    Ok(statement.query_row([anchor], row_of).optional()?)
}

/// Stores an object, new or changed.
pub fn put(connection: &Connection, row: &SyncObjectRow) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO sync_object (anchor, object, sequence, properties) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (anchor) DO UPDATE SET object = excluded.object, sequence = excluded.sequence, properties = excluded.properties",
    )?;
    statement.execute((&row.anchor, &row.object, row.sequence, &row.properties))?;
    Ok(())
}

/// Forgets an object. Answers whether it was there.
pub fn remove(connection: &Connection, anchor: &str) -> Result<bool, StoreError> {
    Ok(connection.prepare_cached("DELETE FROM sync_object WHERE anchor = ?1")?.execute([anchor])? > 0)
}

/// Forgets what was sent for a directory object that is gone for good.
pub fn remove_of_object(connection: &Connection, object: &str) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM sync_object WHERE object = ?1")?.execute([object])?;
    Ok(())
}

/// A page of the objects whose directory object is live, changed after `sequence`, behind row `number`.
pub fn page(connection: &Connection, sequence: i64, number: i64, rows_max: usize) -> Result<Vec<SyncObjectRow>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT sync_object.number, sync_object.anchor, object, sync_object.sequence, sync_object.properties
         FROM sync_object JOIN user ON user.id = object AND user.deleted IS NULL
         WHERE sync_object.number > ?2 AND sync_object.sequence > ?1 ORDER BY sync_object.number LIMIT ?3",
    )?;
    let rows = statement.query_map((sequence, number, i64::try_from(rows_max).unwrap_or(i64::MAX)), row_of)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How many objects are synchronized now.
pub fn count(connection: &Connection) -> Result<usize, StoreError> {
    let mut statement = connection.prepare_cached("SELECT COUNT(*) FROM user WHERE synced = 1 AND deleted IS NULL")?;
    let rows: i64 = statement.query_row([], |row| row.get(0))?;
    Ok(usize::try_from(rows).unwrap_or_default())
}

fn row_of(row: &Row<'_>) -> rusqlite::Result<SyncObjectRow> {
    Ok(SyncObjectRow { number: row.get(0)?, anchor: row.get(1)?, object: row.get(2)?, sequence: row.get(3)?, properties: row.get(4)? })
}
