//! The export that is going on: how many objects it deleted so far.

use rusqlite::Connection;

use super::StoreError;

/// More deletions than any setting allows: an export that was stopped.
pub const STOPPED: i64 = 1 << 40;

/// Deletions of the export that is going on.
pub fn deletions(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection.prepare_cached("SELECT export_deletions FROM tenant")?.query_row([], |row| row.get(0))?)
}

/// Counts one more.
pub fn add_deletion(connection: &Connection) -> Result<(), StoreError> {
    connection.prepare_cached("UPDATE tenant SET export_deletions = export_deletions + 1")?.execute([])?;
    Ok(())
}

/// No deletion of this export is allowed any more.
pub fn stop(connection: &Connection) -> Result<(), StoreError> {
    connection.execute("UPDATE tenant SET export_deletions = ?1", [STOPPED])?;
    Ok(())
}

/// The next export begins.
pub fn finish(connection: &Connection) -> Result<(), StoreError> {
    connection.execute("UPDATE tenant SET export_deletions = 0", [])?;
    Ok(())
}
