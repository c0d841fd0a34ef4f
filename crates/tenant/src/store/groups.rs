//! Groups: one row each. Their members are in [`super::members`].

use rusqlite::types::Value as Sql;
use rusqlite::{Connection, Row};
use serde_json::Value;

use super::condition::Condition;
use super::licences::Licence;
use super::listing::{self, After, Order, Query, Shelf};
use super::objects::{self, ObjectKind, ObjectRef};
use super::properties::{self, Properties};
use super::quarantine::{self, Parked};
use super::select::Select;
use super::{StoreError, fold, members};

/// A group of the directory, live or soft-deleted.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Number of the row; 0 before it is inserted. Pages go by it.
    pub number: i64,
    /// Object id, a UUID.
    pub id: String,
    /// displayName.
    pub display_name: String,
    /// description.
    pub description: Option<String>,
    /// mail.
    pub mail: Option<String>,
    /// mailNickname.
    pub nickname: Option<String>,
    /// mailEnabled.
    pub mail_enabled: bool,
    /// securityEnabled.
    pub security_enabled: bool,
    /// A Microsoft 365 group (`groupTypes` has `Unified`).
    pub unified: bool,
    /// The source's anchor, which Graph does not show.
    pub anchor: Option<String>,
    /// onPremisesSyncEnabled: yes, once (`false`), never (`None`).
    pub synced: Option<bool>,
    /// Unix seconds.
    pub created: i64,
    /// In deletedItems since, Unix seconds.
    pub deleted: Option<i64>,
    /// Number of the last change of the group or of its members.
    pub sequence: i64,
    /// Everything else, by Graph's names: proxyAddresses, onPremisesSamAccountName ... A name that begins with `#` is never shown.
    pub properties: Properties,
    /// Licences that direct user members have through the group. Written by [`super::licences`], not with the group.
    pub licences: Vec<Licence>,
    /// Values that wait until they are free. Written by [`super::quarantine`], not with the group.
    pub parked: Vec<Parked>,
}

impl Group {
    /// A text among [`Group::properties`].
    pub fn text(&self, name: &str) -> Option<&str> {
        properties::text(&self.properties, name)
    }

    /// A list of texts among [`Group::properties`]; empty when it is not set.
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
        ObjectRef { kind: ObjectKind::Group, number: self.number, id: self.id.clone() }
    }
}

const COLUMNS: &str = "number, id, display_name, description, mail, nickname, mail_enabled, security_enabled, unified, anchor, synced,
    created, deleted, sequence, properties,
    CASE WHEN EXISTS (SELECT 1 FROM group_licence WHERE group_number = number)
        THEN (SELECT json_group_array(json_object('sku', sku, 'disabled', json(disabled), 'assigned', assigned))
              FROM group_licence WHERE group_number = number) END";

const GROUPS: Select<Group> = Select { kind: ObjectKind::Group, columns: COLUMNS, read: group_of };

/// Stores a new group and answers its number. The caller has taken its keys and its sequence.
pub fn insert(connection: &Connection, group: &Group) -> Result<i64, StoreError> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO directory_group (id, display_name, display_name_key, description, mail, mail_key, nickname, mail_enabled,
            security_enabled, unified, anchor, synced, created, deleted, sequence, properties)
         VALUES (?1, ?2, fold(?2), ?3, ?4, fold(?4), ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
    )?;
    statement.execute((
        &group.id,
        &group.display_name,
        &group.description,
        &group.mail,
        &group.nickname,
        group.mail_enabled,
        group.security_enabled,
        group.unified,
        &group.anchor,
        group.synced,
        group.created,
        group.deleted,
        group.sequence,
        properties::serialise(&group.properties),
    ))?;
    Ok(connection.last_insert_rowid())
}

/// Stores a changed group. Members, licences and parked values are not touched.
pub fn update(connection: &Connection, group: &Group) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "UPDATE directory_group SET display_name = ?2, display_name_key = fold(?2), description = ?3, mail = ?4, mail_key = fold(?4),
            nickname = ?5, mail_enabled = ?6, security_enabled = ?7, unified = ?8, anchor = ?9, synced = ?10, deleted = ?11, sequence = ?12,
            properties = ?13
         WHERE number = ?1",
    )?;
    statement.execute((
        group.number,
        &group.display_name,
        &group.description,
        &group.mail,
        &group.nickname,
        group.mail_enabled,
        group.security_enabled,
        group.unified,
        &group.anchor,
        group.synced,
        group.deleted,
        group.sequence,
        properties::serialise(&group.properties),
    ))?;
    Ok(())
}

/// Removes a group for good, with its members and its own memberships. Delta tells it under `sequence`.
pub fn purge(connection: &Connection, group: &Group, sequence: i64, at: i64) -> Result<(), StoreError> {
    members::forget(connection, ObjectKind::Group, group.number, sequence)?;
    quarantine::remove_of_object(connection, &group.id)?;
    connection.prepare_cached("DELETE FROM directory_group WHERE number = ?1")?.execute([group.number])?;
    objects::record_purge(connection, &group.reference(), sequence, at)
}

/// The group with this id, live or deleted.
pub fn by_id(connection: &Connection, id: &str) -> Result<Option<Group>, StoreError> {
    GROUPS.one(connection, "id = lower(?1)", id)
}

/// The group in the row with this number, live or deleted.
pub fn by_number(connection: &Connection, number: i64) -> Result<Option<Group>, StoreError> {
    GROUPS.one(connection, "number = ?1", &number.to_string())
}

/// The live group with this anchor.
pub fn by_anchor(connection: &Connection, anchor: &str) -> Result<Option<Group>, StoreError> {
    GROUPS.one(connection, "anchor = ?1 AND deleted IS NULL", anchor)
}

/// Groups that were deleted before `before` (Unix seconds).
pub fn deleted_before(connection: &Connection, before: i64) -> Result<Vec<Group>, StoreError> {
    GROUPS.many(connection, "deleted < ?1", &[Sql::Integer(before)])
}

/// One page of groups.
pub fn list(connection: &Connection, query: &Query<'_>) -> Result<Vec<Group>, StoreError> {
    let (restriction, bound) = listing::page(ObjectKind::Group, query);
    GROUPS.many(connection, &restriction, &bound)
}

/// How many groups a list has in all.
pub fn count(connection: &Connection, shelf: Shelf, condition: Option<&Condition>) -> Result<usize, StoreError> {
    listing::count(connection, ObjectKind::Group, shelf, condition)
}

/// Where a list that ended with `group` goes on.
pub fn after(group: &Group, order: Order) -> After {
    let key = if order == Order::Created { String::new() } else { fold(&group.display_name) };
    After { key, number: group.number }
}

/// Groups changed after change number `after`, deleted ones too, in the order of their last change.
pub fn changed_after(connection: &Connection, after: i64, rows_max: usize) -> Result<Vec<Group>, StoreError> {
    GROUPS.changed_after(connection, after, rows_max)
}

fn group_of(row: &Row<'_>) -> Result<Group, StoreError> {
    let id: String = row.get(1)?;
    let damaged = |what: &str| StoreError::Damaged { what: format!("{what} of group {id}") };
    let properties: String = row.get(14)?;
    let licences: Option<String> = row.get(15)?;
    Ok(Group {
        number: row.get(0)?,
        display_name: row.get(2)?,
        description: row.get(3)?,
        mail: row.get(4)?,
        nickname: row.get(5)?,
        mail_enabled: row.get(6)?,
        security_enabled: row.get(7)?,
        unified: row.get(8)?,
        anchor: row.get(9)?,
        synced: row.get(10)?,
        created: row.get(11)?,
        deleted: row.get(12)?,
        sequence: row.get(13)?,
        properties: serde_json::from_str(&properties).map_err(|_| damaged("properties"))?,
        licences: licences.map_or(Some(Vec::new()), |json| Licence::list_of(&json)).ok_or_else(|| damaged("licences"))?,
        parked: quarantine::of_json(&id, row.get(16)?).ok_or_else(|| damaged("parked values"))?,
        id,
    })
}
