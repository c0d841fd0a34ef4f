//! Who holds which directory role.

use rusqlite::Connection;

use super::StoreError;

/// Template ids of the roles a user holds, sorted.
pub fn of(connection: &Connection, user: i64) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT role FROM role_assignment WHERE user = ?1 ORDER BY role")?;
    let rows = statement.query_map([user], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Gives a user a role; holding it already is fine.
pub fn assign(connection: &Connection, user: i64, role: &str) -> Result<(), StoreError> {
    connection.prepare_cached("INSERT OR IGNORE INTO role_assignment (user, role) VALUES (?1, ?2)")?.execute((user, role))?;
    Ok(())
}

/// Takes a role away. Answers whether the user held it.
pub fn remove(connection: &Connection, user: i64, role: &str) -> Result<bool, StoreError> {
    Ok(connection.prepare_cached("DELETE FROM role_assignment WHERE user = ?1 AND role = ?2")?.execute((user, role))? > 0)
}
