//! What the synchronization client sent, as it sent it. The service rewrites values; this is the copy that it returns.

use rusqlite::{Connection, OptionalExtension, Row};

use super::StoreError;
use super::objects::ObjectKind;

/// One object as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncObjectRow {
    /// Pages go by it; 0 before it is inserted.
    pub number: i64,
    /// The source's anchor.
    pub anchor: String,
    /// Id of the directory object.
    pub object: String,
    /// Its kind.
    pub kind: ObjectKind,
    /// Number of the last change.
    pub sequence: i64,
    /// The values, in the form that [`crate::provisioning`] gives them.
    pub properties: String,
}

const COLUMNS: &str = "number, anchor, object, sequence, properties, kind";

/// The object with this anchor.
pub fn by_anchor(connection: &Connection, anchor: &str) -> Result<Option<SyncObjectRow>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM sync_object WHERE anchor = ?1"))?;
    Ok(statement.query_row([anchor], row_of).optional()?)
}

/// Stores an object, new or changed.
pub fn put(connection: &Connection, row: &SyncObjectRow) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO sync_object (anchor, object, sequence, properties, kind) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (anchor) DO UPDATE SET object = excluded.object, sequence = excluded.sequence, properties = excluded.properties,
            kind = excluded.kind",
    )?;
    statement.execute((&row.anchor, &row.object, row.sequence, &row.properties, row.kind))?;
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
    let live: Vec<_> = ObjectKind::ALL
        .into_iter()
        .map(|kind| format!("EXISTS (SELECT 1 FROM {} AS found WHERE found.id = object AND {})", kind.table(), kind.live()))
        .collect();
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM sync_object WHERE number > ?2 AND sequence > ?1 AND ({}) ORDER BY number LIMIT ?3",
        live.join(" OR ")
    ))?;
    let rows = statement.query_map((sequence, number, i64::try_from(rows_max).unwrap_or(i64::MAX)), row_of)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How many objects are synchronized now.
pub fn count(connection: &Connection) -> Result<usize, StoreError> {
    let mut rows = 0_i64;
    for kind in ObjectKind::ALL {
        let sql = format!("SELECT COUNT(*) FROM {} WHERE synced = 1 AND {}", kind.table(), kind.live());
        rows += connection.prepare_cached(&sql)?.query_row([], |row| row.get::<_, i64>(0))?;
    }
    Ok(usize::try_from(rows).unwrap_or_default())
}

fn row_of(row: &Row<'_>) -> rusqlite::Result<SyncObjectRow> {
    Ok(SyncObjectRow {
        number: row.get(0)?,
        anchor: row.get(1)?,
        object: row.get(2)?,
        sequence: row.get(3)?,
        properties: row.get(4)?,
        kind: row.get(5)?,
    })
}
