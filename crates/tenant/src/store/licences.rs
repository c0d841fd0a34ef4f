//! Seats and who holds them.

use rusqlite::{Connection, OptionalExtension};
use serde_json::Value;

use super::StoreError;

/// A licence that a user holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Licence {
    /// skuId.
    pub sku: String,
    /// Ids of the service plans that are switched off for this user.
    pub disabled: Vec<String>,
    /// Since when, Unix seconds.
    pub assigned: i64,
}

impl Licence {
    /// Reads a JSON array of licences; `None` when it is damaged.
    pub(super) fn list_of(json: &str) -> Option<Vec<Self>> {
        let rows: Vec<Value> = serde_json::from_str(json).ok()?;
        rows.iter().map(Self::of).collect()
    }

    /// Reads one licence.
    pub(super) fn of(row: &Value) -> Option<Self> {
        Some(Self {
            sku: row.get("sku")?.as_str()?.to_owned(),
            disabled: row.get("disabled")?.as_array()?.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            assigned: row.get("assigned")?.as_i64()?,
        })
    }
}

/// How many seats of a SKU there are and how many are taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seats {
    /// skuId.
    pub sku: String,
    /// Seats that the tenant owns.
    pub owned: i64,
    /// Seats that users hold, directly or through groups. A soft-deleted user keeps its own.
    pub taken: i64,
}

/// Seats and those taken. A user who holds a SKU twice takes one seat.
const COLUMNS: &str = "id, seats, CASE WHEN EXISTS (SELECT 1 FROM group_licence WHERE group_licence.sku = sku.id)
    THEN (SELECT COUNT(*) FROM (
        SELECT user FROM licence WHERE licence.sku = sku.id
        UNION SELECT object FROM group_licence JOIN member USING (group_number) JOIN user ON user.number = object AND user.deleted IS NULL
            WHERE group_licence.sku = sku.id AND kind = 0 AND gone = 0))
    ELSE (SELECT COUNT(*) FROM licence WHERE licence.sku = sku.id) END";

/// Every SKU that the tenant owns.
pub fn seats(connection: &Connection) -> Result<Vec<Seats>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM sku ORDER BY id"))?;
    let rows = statement.query_map([], |row| Ok(Seats { sku: row.get(0)?, owned: row.get(1)?, taken: row.get(2)? }))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The seats of one SKU; `None` when the tenant does not own it.
pub fn seats_of(connection: &Connection, sku: &str) -> Result<Option<Seats>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM sku WHERE id = ?1"))?;
    let seats = statement.query_row([sku], |row| Ok(Seats { sku: row.get(0)?, owned: row.get(1)?, taken: row.get(2)? }));
    Ok(seats.optional()?)
}

/// Sets how many seats of a SKU the tenant owns.
pub fn set_seats(connection: &Connection, sku: &str, owned: i64) -> Result<(), StoreError> {
    let mut statement =
        connection.prepare_cached("INSERT INTO sku (id, seats) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET seats = excluded.seats")?;
    statement.execute((sku, owned))?;
    Ok(())
}

/// Gives a user a licence, or changes which plans of it are off.
pub fn assign(connection: &Connection, user: i64, licence: &Licence) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO licence (user, sku, disabled, assigned) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (user, sku) DO UPDATE SET disabled = excluded.disabled",
    )?;
    let disabled = serde_json::Value::from(licence.disabled.clone()).to_string();
    statement.execute((user, &licence.sku, disabled, licence.assigned))?;
    Ok(())
}

/// Takes a licence away. Answers whether the user held it.
pub fn remove(connection: &Connection, user: i64, sku: &str) -> Result<bool, StoreError> {
    Ok(connection.prepare_cached("DELETE FROM licence WHERE user = ?1 AND sku = ?2")?.execute((user, sku))? > 0)
}

/// Gives a group a licence, or changes which plans of it are off.
pub fn assign_to_group(connection: &Connection, group: i64, licence: &Licence) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO group_licence (group_number, sku, disabled, assigned) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (group_number, sku) DO UPDATE SET disabled = excluded.disabled",
    )?;
    let disabled = serde_json::Value::from(licence.disabled.clone()).to_string();
    statement.execute((group, &licence.sku, disabled, licence.assigned))?;
    Ok(())
}

/// Takes a licence away from a group. Answers whether it had it.
pub fn remove_from_group(connection: &Connection, group: i64, sku: &str) -> Result<bool, StoreError> {
    Ok(connection.prepare_cached("DELETE FROM group_licence WHERE group_number = ?1 AND sku = ?2")?.execute((group, sku))? > 0)
}
