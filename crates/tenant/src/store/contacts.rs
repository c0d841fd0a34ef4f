//! Contacts: one row each. A deleted contact is gone at once.

use rusqlite::{Connection, Row};
use serde_json::Value;

use super::condition::Condition;
use super::listing::{self, After, Order, Query, Shelf};
use super::objects::{self, ObjectKind, ObjectRef};
use super::properties::{self, Properties};
use super::quarantine::{self, Parked};
use super::select::Select;
use super::{StoreError, fold, members};

/// A contact of the directory.
#[derive(Clone, Debug, PartialEq)]
pub struct Contact {
    /// Number of the row; 0 before it is inserted. Pages go by it.
    pub number: i64,
    /// Object id, a UUID.
    pub id: String,
    /// displayName.
    pub display_name: String,
    /// mail.
    pub mail: Option<String>,
    /// The source's anchor, which Graph does not show.
    pub anchor: Option<String>,
    /// onPremisesSyncEnabled: yes, once (`false`), never (`None`).
    pub synced: Option<bool>,
    /// Unix seconds.
    pub created: i64,
    /// Number of the last change.
    pub sequence: i64,
    /// Everything else, by Graph's names, mailNickname and proxyAddresses among them. The address is kept in parts, by a user's names
    /// (`city`, `streetAddress`), and so are `businessPhones`, `mobilePhone` and `faxNumber`. A name that begins with `#` is never shown.
    pub properties: Properties,
    /// Values that wait until they are free. Written by [`super::quarantine`], not with the contact.
    pub parked: Vec<Parked>,
}

impl Contact {
    /// A text among [`Contact::properties`].
    pub fn text(&self, name: &str) -> Option<&str> {
        properties::text(&self.properties, name)
    }

    /// A list of texts among [`Contact::properties`]; empty when it is not set.
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

    /// What memberships are kept with.
    pub fn reference(&self) -> ObjectRef {
        ObjectRef { kind: ObjectKind::Contact, number: self.number, id: self.id.clone() }
    }
}

const COLUMNS: &str = "number, id, display_name, mail, anchor, synced, created, sequence, properties";

const CONTACTS: Select<Contact> = Select { kind: ObjectKind::Contact, columns: COLUMNS, read: contact_of };

/// Stores a new contact and answers its number. The caller has taken its keys and its sequence.
pub fn insert(connection: &Connection, contact: &Contact) -> Result<i64, StoreError> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO contact (id, display_name, display_name_key, mail, mail_key, anchor, synced, created, sequence, properties)
         VALUES (?1, ?2, fold(?2), ?3, fold(?3), ?4, ?5, ?6, ?7, ?8)",
    )?;
    statement.execute((
        &contact.id,
        &contact.display_name,
        &contact.mail,
        &contact.anchor,
        contact.synced,
        contact.created,
        contact.sequence,
        properties::serialise(&contact.properties),
    ))?;
    Ok(connection.last_insert_rowid())
}

/// Stores a changed contact. Parked values are not touched.
pub fn update(connection: &Connection, contact: &Contact) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "UPDATE contact SET display_name = ?2, display_name_key = fold(?2), mail = ?3, mail_key = fold(?3), anchor = ?4, synced = ?5,
            sequence = ?6, properties = ?7
         WHERE number = ?1",
    )?;
    statement.execute((
        contact.number,
        &contact.display_name,
        &contact.mail,
        &contact.anchor,
        contact.synced,
        contact.sequence,
        properties::serialise(&contact.properties),
    ))?;
    Ok(())
}

/// Removes a contact for good, with its memberships. Delta tells it under `sequence`.
pub fn purge(connection: &Connection, contact: &Contact, sequence: i64, at: i64) -> Result<(), StoreError> {
    members::forget(connection, ObjectKind::Contact, contact.number, sequence)?;
    quarantine::remove_of_object(connection, &contact.id)?;
    connection.prepare_cached("DELETE FROM contact WHERE number = ?1")?.execute([contact.number])?;
    objects::record_purge(connection, &contact.reference(), sequence, at)
}

/// The contact with this id.
pub fn by_id(connection: &Connection, id: &str) -> Result<Option<Contact>, StoreError> {
    CONTACTS.one(connection, "id = lower(?1)", id)
}

/// The contact in the row with this number.
pub fn by_number(connection: &Connection, number: i64) -> Result<Option<Contact>, StoreError> {
    CONTACTS.one(connection, "number = ?1", &number.to_string())
}

/// The contact with this anchor.
pub fn by_anchor(connection: &Connection, anchor: &str) -> Result<Option<Contact>, StoreError> {
    CONTACTS.one(connection, "anchor = ?1", anchor)
}

/// One page of contacts.
pub fn list(connection: &Connection, query: &Query<'_>) -> Result<Vec<Contact>, StoreError> {
    let (restriction, bound) = listing::page(ObjectKind::Contact, query);
    CONTACTS.many(connection, &restriction, &bound)
}

/// How many contacts a list has in all.
pub fn count(connection: &Connection, condition: Option<&Condition>) -> Result<usize, StoreError> {
    listing::count(connection, ObjectKind::Contact, Shelf::Live, condition)
}

/// Where a list that ended with `contact` goes on.
pub fn after(contact: &Contact, order: Order) -> After {
    let key = if order == Order::Created { String::new() } else { fold(&contact.display_name) };
    After { key, number: contact.number }
}

/// Contacts changed after change number `after`, in the order of their last change.
pub fn changed_after(connection: &Connection, after: i64, rows_max: usize) -> Result<Vec<Contact>, StoreError> {
    CONTACTS.changed_after(connection, after, rows_max)
}

fn contact_of(row: &Row<'_>) -> Result<Contact, StoreError> {
    let id: String = row.get(1)?;
    let damaged = |what: &str| StoreError::Damaged { what: format!("{what} of contact {id}") };
    let properties: String = row.get(8)?;
    Ok(Contact {
        number: row.get(0)?,
        display_name: row.get(2)?,
        mail: row.get(3)?,
        anchor: row.get(4)?,
        synced: row.get(5)?,
        created: row.get(6)?,
        sequence: row.get(7)?,
        properties: serde_json::from_str(&properties).map_err(|_| damaged("properties"))?,
        parked: quarantine::of_json(&id, row.get(9)?).ok_or_else(|| damaged("parked values"))?,
        id,
    })
}
