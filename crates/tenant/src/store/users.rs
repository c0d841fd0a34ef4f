//! Users: one row each, found by every name they have.

use rusqlite::types::Value as Sql;
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};
use serde_json::{Map, Value};

use super::condition::Condition;
use super::licences::Licence;
use super::{StoreError, fold};

/// A user of the directory, live or soft-deleted.
#[derive(Clone, Debug, PartialEq)]
pub struct User {
    /// Number of the row; 0 before it is inserted. Pages go by it.
    pub number: i64,
    /// Object id, a UUID.
    pub id: String,
    /// userPrincipalName. A soft-deleted user has its id in front, without dashes, as at the service.
    pub upn: String,
    /// displayName.
    pub display_name: String,
    /// mail.
    pub mail: Option<String>,
    /// onPremisesImmutableId.
    pub anchor: Option<String>,
    /// onPremisesSyncEnabled: yes, once (`false`), never (`None`).
    pub synced: Option<bool>,
    /// accountEnabled.
    pub enabled: bool,
    /// usageLocation.
    pub usage_location: Option<String>,
    /// Id of the manager.
    pub manager: Option<String>,
    /// Unix seconds.
    pub created: i64,
    /// In deletedItems since, Unix seconds.
    pub deleted: Option<i64>,
    /// Number of the last change.
    pub sequence: i64,
    /// Everything else, by Graph's names. Nothing here is null: what is not set is left out.
    pub properties: Map<String, Value>,
    /// Licences held. Written by [`super::licences`], not with the user.
    pub licences: Vec<Licence>,
}

impl User {
    /// A text among [`User::properties`].
    pub fn text(&self, name: &str) -> Option<&str> {
        self.properties.get(name).and_then(Value::as_str)
    }

    /// A list of texts among [`User::properties`]; empty when it is not set.
    pub fn texts(&self, name: &str) -> Vec<&str> {
        self.properties.get(name).and_then(Value::as_array).map(|list| list.iter().filter_map(Value::as_str).collect()).unwrap_or_default()
    }

    /// Sets a property, or clears it with `None`.
    pub fn set(&mut self, name: &str, value: Option<Value>) {
        match value {
            Some(value) if !value.is_null() => self.properties.insert(name.to_owned(), value),
            _ => self.properties.remove(name),
        };
    }

    /// proxyAddresses, as shown.
    pub fn addresses(&self) -> Vec<&str> {
        self.texts("proxyAddresses")
    }

    /// Whether it can be used now, not restored first.
    pub fn live(&self) -> bool {
        self.deleted.is_none()
    }
}

/// Live users, or those in deletedItems.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shelf {
    /// Users that are in use.
    Live,
    /// Users in deletedItems.
    Deleted,
}

/// In which order users are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub enum Order {
    /// As they were made.
    #[default]
    Created,
    /// By displayName.
    DisplayName,
    /// By displayName, backwards.
    DisplayNameDescending,
    /// By userPrincipalName.
    Upn,
    /// By userPrincipalName, backwards.
    UpnDescending,
}

/// Where the next page of a list begins: the sort key and the number of the last row seen.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct After {
    /// The sort key of the last row; empty for [`Order::Created`].
    pub key: String,
    /// Its number.
    pub number: i64,
}

/// Which users a list wants.
#[derive(Clone, Debug)]
pub struct Query<'a> {
    /// Live or deleted.
    pub shelf: Shelf,
    /// Only these.
    pub condition: Option<&'a Condition>,
    /// In this order.
    pub order: Order,
    /// From here.
    pub after: Option<&'a After>,
    /// Rows at most.
    pub rows_max: usize,
}

const COLUMNS: &str = "number, id, upn, display_name, mail, anchor, synced, enabled, usage_location, manager, created, deleted, sequence,
    properties,
    CASE WHEN EXISTS (SELECT 1 FROM licence WHERE licence.user = number)
        THEN (SELECT json_group_array(json_object('sku', sku, 'disabled', json(disabled), 'assigned', assigned))
              FROM licence WHERE licence.user = number) END";

/// Stores a new user and answers its number. The caller has taken its keys and its sequence.
pub fn insert(connection: &Connection, user: &User) -> Result<i64, StoreError> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO user (id, upn, upn_key, display_name, display_name_key, mail, mail_key, anchor, synced, enabled, usage_location,
            manager, created, deleted, sequence, properties)
         VALUES (?1, ?2, fold(?2), ?3, fold(?3), ?4, fold(?4), ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
    )?;
    statement.execute((
        &user.id,
        &user.upn,
        &user.display_name,
        &user.mail,
        &user.anchor,
        user.synced,
        user.enabled,
        &user.usage_location,
        &user.manager,
        user.created,
        user.deleted,
        user.sequence,
        serialise(&user.properties),
    ))?;
    Ok(connection.last_insert_rowid())
}

/// Stores a changed user. Licences are not touched.
pub fn update(connection: &Connection, user: &User) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "UPDATE user SET upn = ?2, upn_key = fold(?2), display_name = ?3, display_name_key = fold(?3), mail = ?4, mail_key = fold(?4),
            anchor = ?5, synced = ?6, enabled = ?7, usage_location = ?8, manager = ?9, deleted = ?10, sequence = ?11, properties = ?12
         WHERE number = ?1",
    )?;
    statement.execute((
        user.number,
        &user.upn,
        &user.display_name,
        &user.mail,
        &user.anchor,
        user.synced,
        user.enabled,
        &user.usage_location,
        &user.manager,
        user.deleted,
        user.sequence,
        serialise(&user.properties),
    ))?;
    Ok(())
}

/// Removes a user for good, with its licences and roles. Delta tells it under `sequence`.
pub fn purge(connection: &Connection, user: &User, sequence: i64) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM user WHERE number = ?1")?.execute([user.number])?;
    connection.prepare_cached("UPDATE user SET manager = NULL WHERE manager = ?1")?.execute([&user.id])?;
    connection.prepare_cached("INSERT INTO purged (sequence, id) VALUES (?1, ?2)")?.execute((sequence, &user.id))?;
    Ok(())
}

/// The user with this id, live or deleted.
pub fn by_id(connection: &Connection, id: &str) -> Result<Option<User>, StoreError> {
    one(connection, "id = lower(?1)", id)
}

/// The user in the row with this number, live or deleted.
pub fn by_number(connection: &Connection, number: i64) -> Result<Option<User>, StoreError> {
    one(connection, "number = ?1", &number.to_string())
}

/// The live user with this UPN, compared without case.
pub fn by_upn(connection: &Connection, upn: &str) -> Result<Option<User>, StoreError> {
    one(connection, "upn_key = fold(?1) AND deleted IS NULL", upn)
}

/// The live user with this anchor.
pub fn by_anchor(connection: &Connection, anchor: &str) -> Result<Option<User>, StoreError> {
    one(connection, "anchor = ?1 AND deleted IS NULL", anchor)
}

/// The user with this anchor that was deleted last.
pub fn deleted_by_anchor(connection: &Connection, anchor: &str) -> Result<Option<User>, StoreError> {
    one(connection, "anchor = ?1 AND deleted IS NOT NULL ORDER BY deleted DESC, number DESC LIMIT 1", anchor)
}

/// Users that were deleted before `before` (Unix seconds).
pub fn deleted_before(connection: &Connection, before: i64) -> Result<Vec<User>, StoreError> {
    many(connection, "deleted < ?1", &[Sql::Integer(before)])
}

/// Users whose onPremisesUserPrincipalName is set, for when a domain was verified.
pub fn with_source_upn(connection: &Connection) -> Result<Vec<User>, StoreError> {
    many(connection, "synced = 1 AND deleted IS NULL AND json_extract(properties, '$.onPremisesUserPrincipalName') IS NOT NULL", &[])
}

/// One page of users.
pub fn list(connection: &Connection, query: &Query<'_>) -> Result<Vec<User>, StoreError> {
    let mut bound = Vec::new();
    let mut restriction = restriction(query.shelf, query.condition, &mut bound);
    let (column, backwards) = match query.order {
        Order::Created => ("''", false),
        Order::DisplayName => ("display_name_key", false),
        Order::DisplayNameDescending => ("display_name_key", true),
        Order::Upn => ("upn_key", false),
        Order::UpnDescending => ("upn_key", true),
    };
    if let Some(After { key, number }) = query.after {
        let comparison = if backwards { "<" } else { ">" };
        restriction.push_str(&match query.order {
            Order::Created => " AND number > ?".to_owned(),
            _ => format!(" AND ({column}, number) {comparison} (?, ?)"),
        });
        if query.order != Order::Created {
            bound.push(Sql::Text(key.clone()));
        }
        bound.push(Sql::Integer(*number));
    }
    let direction = if backwards { "DESC" } else { "ASC" };
    let order = if query.order == Order::Created { "number".to_owned() } else { format!("{column} {direction}, number {direction}") };
    bound.push(Sql::Integer(i64::try_from(query.rows_max).unwrap_or(i64::MAX)));
    many(connection, &format!("{restriction} ORDER BY {order} LIMIT ?"), &bound)
}

/// How many users a list has in all.
pub fn count(connection: &Connection, shelf: Shelf, condition: Option<&Condition>) -> Result<usize, StoreError> {
    let mut bound = Vec::new();
    let restriction = restriction(shelf, condition, &mut bound);
    let mut statement = connection.prepare_cached(&format!("SELECT COUNT(*) FROM user WHERE {restriction}"))?;
    let rows: i64 = statement.query_row(params_from_iter(&bound), |row| row.get(0))?;
    Ok(usize::try_from(rows).unwrap_or_default())
}

/// Where a list that ended with `user` goes on.
pub fn after(user: &User, order: Order) -> After {
    let key = match order {
        Order::Created => String::new(),
        Order::DisplayName | Order::DisplayNameDescending => fold(&user.display_name),
        Order::Upn | Order::UpnDescending => fold(&user.upn),
    };
    After { key, number: user.number }
}

/// Users changed after change number `after`, deleted ones too, in the order of their last change.
pub fn changed_after(connection: &Connection, after: i64, rows_max: usize) -> Result<Vec<User>, StoreError> {
    let rows_max = i64::try_from(rows_max).unwrap_or(i64::MAX);
    many(connection, "sequence > ?1 ORDER BY sequence LIMIT ?2", &[Sql::Integer(after), Sql::Integer(rows_max)])
}

/// Ids of users removed for good after change number `after` and up to `until`, with their number.
pub fn purged_between(connection: &Connection, after: i64, until: i64) -> Result<Vec<(i64, String)>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT sequence, id FROM purged WHERE sequence > ?1 AND sequence <= ?2 ORDER BY sequence")?;
    let rows = statement.query_map((after, until), |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn restriction(shelf: Shelf, condition: Option<&Condition>, bound: &mut Vec<Sql>) -> String {
    let mut sql = match shelf {
        Shelf::Live => "deleted IS NULL".to_owned(),
        Shelf::Deleted => "deleted IS NOT NULL".to_owned(),
    };
    if let Some(condition) = condition {
        sql.push_str(" AND ");
        condition.write_sql(&mut sql, bound);
    }
    sql
}

fn one(connection: &Connection, restriction: &str, value: &str) -> Result<Option<User>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM user WHERE {restriction}"))?;
    statement.query_row([value], |row| Ok(user_of(row))).optional()?.transpose()
}

fn many(connection: &Connection, restriction: &str, bound: &[Sql]) -> Result<Vec<User>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM user WHERE {restriction}"))?;
    let rows = statement.query_map(params_from_iter(bound), |row| Ok(user_of(row)))?;
    let mut users = Vec::new();
    for row in rows {
        users.push(row??);
    }
    Ok(users)
}

fn user_of(row: &Row<'_>) -> Result<User, StoreError> {
    let id: String = row.get(1)?;
    let damaged = |what: &str| StoreError::Damaged { what: format!("{what} of user {id}") };
    let properties: String = row.get(13)?;
    let licences: Option<String> = row.get(14)?;
    Ok(User {
        number: row.get(0)?,
        upn: row.get(2)?,
        display_name: row.get(3)?,
        mail: row.get(4)?,
        anchor: row.get(5)?,
        synced: row.get(6)?,
        enabled: row.get(7)?,
        usage_location: row.get(8)?,
        manager: row.get(9)?,
        created: row.get(10)?,
        deleted: row.get(11)?,
        sequence: row.get(12)?,
        properties: serde_json::from_str(&properties).map_err(|_| damaged("properties"))?,
        licences: licences.map_or(Some(Vec::new()), |json| licences_of(&json)).ok_or_else(|| damaged("licences"))?,
        id,
    })
}

fn licences_of(json: &str) -> Option<Vec<Licence>> {
    let rows: Vec<Value> = serde_json::from_str(json).ok()?;
    rows.iter()
        .map(|row| {
            Some(Licence {
                sku: row.get("sku")?.as_str()?.to_owned(),
                disabled: row.get("disabled")?.as_array()?.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
                assigned: row.get("assigned")?.as_i64()?,
            })
        })
        .collect()
}

fn serialise(properties: &Map<String, Value>) -> String {
    // A map of JSON values with text keys always has a JSON form.
    serde_json::to_string(properties).unwrap_or_else(|_| "{}".to_owned())
}
