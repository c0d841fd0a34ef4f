//! Users: one row each, found by every name they have.

use rusqlite::types::Value as Sql;
use rusqlite::{Connection, Row};
use serde_json::{Map, Value};

use super::condition::Condition;
use super::licences::Licence;
pub use super::listing::{After, Order, Query, Shelf};
use super::objects::{self, ObjectKind, ObjectRef};
use super::quarantine::{self, Parked};
use super::select::Select;
use super::{StoreError, fold, listing, properties};

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
    /// Licences held directly. Written by [`super::licences`], not with the user.
    pub licences: Vec<Licence>,
    /// Licences held through groups: the group's id and the licence. Follows from memberships, is never written.
    pub inherited: Vec<(String, Licence)>,
    /// Values that wait until they are free. Written by [`super::quarantine`], not with the user.
    pub parked: Vec<Parked>,
}

impl User {
    /// A text among [`User::properties`].
    pub fn text(&self, name: &str) -> Option<&str> {
        properties::text(&self.properties, name)
    }

    /// A list of texts among [`User::properties`]; empty when it is not set.
    pub fn texts(&self, name: &str) -> Vec<&str> {
        properties::texts(&self.properties, name)
    }

    /// Sets a property, or clears it with `None`.
    pub fn set(&mut self, name: &str, value: Option<Value>) {
        properties::set(&mut self.properties, name, value);
    }

    /// proxyAddresses, as shown.
    pub fn addresses(&self) -> Vec<&str> {
        self.texts("proxyAddresses")
    }

    /// Whether it can be used now, not restored first.
    pub fn live(&self) -> bool {
        self.deleted.is_none()
    }

    /// What memberships are kept with.
    pub fn reference(&self) -> ObjectRef {
        ObjectRef { kind: ObjectKind::User, number: self.number, id: self.id.clone() }
    }
}

const COLUMNS: &str = "number, id, upn, display_name, mail, anchor, synced, enabled, usage_location, manager, created, deleted, sequence,
    properties,
    CASE WHEN EXISTS (SELECT 1 FROM licence WHERE licence.user = number)
        THEN (SELECT json_group_array(json_object('sku', sku, 'disabled', json(disabled), 'assigned', assigned))
              FROM licence WHERE licence.user = number) END,
    CASE WHEN EXISTS (SELECT 1 FROM group_licence)
        THEN (SELECT json_group_array(json_object('sku', sku, 'disabled', json(disabled), 'assigned', assigned, 'group', directory_group.id))
              FROM member JOIN group_licence USING (group_number) JOIN directory_group ON directory_group.number = group_number
              WHERE member.kind = 0 AND member.object = user.number AND member.gone = 0 AND directory_group.deleted IS NULL) END";

const USERS: Select<User> = Select { kind: ObjectKind::User, columns: COLUMNS, read: user_of };

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
        properties::serialise(&user.properties),
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
        properties::serialise(&user.properties),
    ))?;
    Ok(())
}

/// Removes a user for good, with its licences, roles and memberships. Delta tells it under `sequence`.
pub fn purge(connection: &Connection, user: &User, sequence: i64, at: i64) -> Result<(), StoreError> {
    super::members::forget(connection, ObjectKind::User, user.number, sequence)?;
    quarantine::remove_of_object(connection, &user.id)?;
    connection.prepare_cached("DELETE FROM user WHERE number = ?1")?.execute([user.number])?;
    connection.prepare_cached("UPDATE user SET manager = NULL WHERE manager = ?1")?.execute([&user.id])?;
    objects::record_purge(connection, &user.reference(), sequence, at)
}

/// The user with this id, live or deleted.
pub fn by_id(connection: &Connection, id: &str) -> Result<Option<User>, StoreError> {
    USERS.one(connection, "id = lower(?1)", id)
}

/// The user in the row with this number, live or deleted.
pub fn by_number(connection: &Connection, number: i64) -> Result<Option<User>, StoreError> {
    USERS.one(connection, "number = ?1", &number.to_string())
}

/// The live user with this UPN, compared without case.
pub fn by_upn(connection: &Connection, upn: &str) -> Result<Option<User>, StoreError> {
    USERS.one(connection, "upn_key = fold(?1) AND deleted IS NULL", upn)
}

/// The live user with this anchor.
pub fn by_anchor(connection: &Connection, anchor: &str) -> Result<Option<User>, StoreError> {
    USERS.one(connection, "anchor = ?1 AND deleted IS NULL", anchor)
}

/// The user with this anchor that was deleted last.
pub fn deleted_by_anchor(connection: &Connection, anchor: &str) -> Result<Option<User>, StoreError> {
    USERS.one(connection, "anchor = ?1 AND deleted IS NOT NULL ORDER BY deleted DESC, number DESC LIMIT 1", anchor)
}

/// Users that were deleted before `before` (Unix seconds).
pub fn deleted_before(connection: &Connection, before: i64) -> Result<Vec<User>, StoreError> {
    USERS.many(connection, "deleted < ?1", &[Sql::Integer(before)])
}

/// Users whose onPremisesUserPrincipalName is set, for when a domain was verified.
pub fn with_source_upn(connection: &Connection) -> Result<Vec<User>, StoreError> {
    USERS.many(connection, "synced = 1 AND deleted IS NULL AND json_extract(properties, '$.onPremisesUserPrincipalName') IS NOT NULL", &[])
}

/// One page of users.
pub fn list(connection: &Connection, query: &Query<'_>) -> Result<Vec<User>, StoreError> {
    let (restriction, bound) = listing::page(ObjectKind::User, query);
    USERS.many(connection, &restriction, &bound)
}

/// How many users a list has in all.
pub fn count(connection: &Connection, shelf: Shelf, condition: Option<&Condition>) -> Result<usize, StoreError> {
    listing::count(connection, ObjectKind::User, shelf, condition)
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
    USERS.changed_after(connection, after, rows_max)
}

fn user_of(row: &Row<'_>) -> Result<User, StoreError> {
    let id: String = row.get(1)?;
    let damaged = |what: &str| StoreError::Damaged { what: format!("{what} of user {id}") };
    let properties: String = row.get(13)?;
    let licences: Option<String> = row.get(14)?;
    let inherited: Option<String> = row.get(15)?;
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
        licences: licences.map_or(Some(Vec::new()), |json| Licence::list_of(&json)).ok_or_else(|| damaged("licences"))?,
        inherited: inherited.map_or(Some(Vec::new()), |json| inherited_of(&json)).ok_or_else(|| damaged("licences"))?,
        parked: quarantine::of_json(&id, row.get(16)?).ok_or_else(|| damaged("parked values"))?,
        id,
    })
}

fn inherited_of(json: &str) -> Option<Vec<(String, Licence)>> {
    let rows: Vec<Value> = serde_json::from_str(json).ok()?;
    rows.iter().map(|row| Some((row.get("group")?.as_str()?.to_owned(), Licence::of(row)?))).collect()
}
