//! The number of the last change, from which delta and read-back tell what is new.

use rusqlite::Connection;

use super::StoreError;

/// Takes the next number. Call it in a write transaction, once per changed object.
pub fn next(connection: &Connection) -> Result<i64, StoreError> {
    let mut statement = connection.prepare_cached("UPDATE tenant SET sequence = sequence + 1 RETURNING sequence")?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

/// The number of the last change.
pub fn last(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection.prepare_cached("SELECT sequence FROM tenant")?.query_row([], |row| row.get(0))?)
}

/// Records who did what to which object.
pub fn audit(connection: &Connection, at: i64, actor: &str, action: &str, object: &str, detail: &str) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached("INSERT INTO audit (at, actor, action, object, detail) VALUES (?1, ?2, ?3, ?4, ?5)")?;
    statement.execute((at, actor, action, object, detail))?;
    Ok(())
}
