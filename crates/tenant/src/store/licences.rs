//! Seats and who holds them.

use rusqlite::{Connection, OptionalExtension};

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

/// How many seats of a SKU there are and how many are taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seats {
    /// skuId.
    pub sku: String,
    /// Seats that the tenant owns.
    pub owned: i64,
    /// Seats that users hold. A soft-deleted user keeps its own.
    pub taken: i64,
}

/// Every SKU that the tenant owns.
pub fn seats(connection: &Connection) -> Result<Vec<Seats>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT id, seats, (SELECT COUNT(*) FROM licence WHERE licence.sku = sku.id) FROM sku ORDER BY id")?;
    let rows = statement.query_map([], |row| Ok(Seats { sku: row.get(0)?, owned: row.get(1)?, taken: row.get(2)? }))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The seats of one SKU; `None` when the tenant does not own it.
pub fn seats_of(connection: &Connection, sku: &str) -> Result<Option<Seats>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT id, seats, (SELECT COUNT(*) FROM licence WHERE licence.sku = sku.id) FROM sku WHERE id = ?1")?;
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
