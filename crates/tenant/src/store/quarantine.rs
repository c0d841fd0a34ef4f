//! Values that another object holds, put aside for the object that wants them: `onPremisesProvisioningErrors`.

use rusqlite::Connection;
use serde_json::Value;

use super::StoreError;

/// One value that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parked {
    /// Id of the object that wants it.
    pub object: String,
    /// `UserPrincipalName` or `ProxyAddresses`.
    pub property: String,
    /// The value.
    pub value: String,
    /// Since when, Unix seconds.
    pub at: i64,
}

/// Parked values of the row at hand, as JSON, or NULL. `id` is the row's.
pub(super) const COLUMN: &str = "CASE WHEN EXISTS (SELECT 1 FROM parked WHERE parked.object = id)
        THEN (SELECT json_group_array(json_array(property, value, at)) FROM parked WHERE parked.object = id) END";

/// Puts a value aside. Answers whether it was not there before.
pub fn insert(connection: &Connection, parked: &Parked) -> Result<bool, StoreError> {
    let Parked { object, property, value, at } = parked;
    let mut statement = connection.prepare_cached("INSERT OR IGNORE INTO parked (object, property, value, at) VALUES (?1, ?2, ?3, ?4)")?;
    Ok(statement.execute((object, property, value, at))? > 0)
}

/// Forgets a value. Answers whether it was there.
pub fn remove(connection: &Connection, object: &str, property: &str, value: &str) -> Result<bool, StoreError> {
    let mut statement = connection.prepare_cached("DELETE FROM parked WHERE object = ?1 AND property = ?2 AND value = ?3")?;
    Ok(statement.execute((object, property, value))? > 0)
}

/// Forgets every value of an object.
pub fn remove_of_object(connection: &Connection, object: &str) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM parked WHERE object = ?1")?.execute([object])?;
    Ok(())
}

/// The values of one object, the oldest first.
pub fn of(connection: &Connection, object: &str) -> Result<Vec<Parked>, StoreError> {
    many(connection, "WHERE object = ?1 ORDER BY at, property, value", [object])
}

/// Every value of the tenant, the oldest first.
pub fn all(connection: &Connection) -> Result<Vec<Parked>, StoreError> {
    many(connection, "ORDER BY at, object, property, value", [])
}

/// Values that column [`COLUMN`] gave; `None` when it is damaged.
pub(super) fn of_json(object: &str, json: Option<String>) -> Option<Vec<Parked>> {
    let Some(json) = json else { return Some(Vec::new()) };
    let rows: Vec<(String, String, i64)> =
        serde_json::from_str::<Vec<Value>>(&json).ok()?.into_iter().map(serde_json::from_value).collect::<Result<_, _>>().ok()?;
    Some(rows.into_iter().map(|(property, value, at)| Parked { object: object.to_owned(), property, value, at }).collect())
}

fn many(connection: &Connection, restriction: &str, bound: impl rusqlite::Params) -> Result<Vec<Parked>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("SELECT object, property, value, at FROM parked {restriction}"))?;
    let rows =
        statement.query_map(bound, |row| Ok(Parked { object: row.get(0)?, property: row.get(1)?, value: row.get(2)?, at: row.get(3)? }))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
