//! Contacts: made, changed and deleted by synchronization alone.

use rusqlite::Connection;
use serde_json::Map;

use super::users::MANAGER_ANCHOR;
use super::{DirectoryError, claims, quota};
use crate::random;
pub use crate::store::contacts::{Contact, by_anchor, by_id, by_number};
use crate::store::keys;
use crate::store::objects::{self, ObjectRef};
use crate::store::{changes, contacts as rows, sync_objects};

/// The contact with this id.
pub fn find(connection: &Connection, id: &str) -> Result<Contact, DirectoryError> {
    rows::by_id(connection, id)?.ok_or_else(|| DirectoryError::NotFound { what: id.to_owned() })
}

/// An empty contact with a new id.
pub fn blank(now: i64) -> Result<Contact, DirectoryError> {
    Ok(Contact {
        number: 0,
        id: random::uuid()?,
        display_name: String::new(),
        mail: None,
        anchor: None,
        synced: None,
        created: now,
        sequence: 0,
        properties: Map::new(),
        parked: Vec::new(),
    })
}

/// Stores a new contact that is ready.
pub fn insert(connection: &Connection, mut contact: Contact) -> Result<Contact, DirectoryError> {
    quota::check(connection, contact.created)?;
    claim(connection, &contact)?;
    contact.sequence = changes::next(connection)?;
    contact.number = rows::insert(connection, &contact)?;
    Ok(contact)
}

/// Stores a changed contact. One that is as before is not written, so that delta stays quiet.
pub fn save(connection: &Connection, contact: &mut Contact, before: &Contact) -> Result<(), DirectoryError> {
    if contact == before {
        return Ok(());
    }
    claim(connection, contact)?;
    contact.sequence = changes::next(connection)?;
    Ok(rows::update(connection, contact)?)
}

/// Deletes a contact for good.
pub fn delete(connection: &Connection, contact: &Contact, now: i64) -> Result<(), DirectoryError> {
    keys::replace(connection, &contact.id, &[])?;
    sync_objects::remove_of_object(connection, &contact.id)?;
    let sequence = changes::next(connection)?;
    Ok(rows::purge(connection, contact, sequence, now)?)
}

/// The manager of a contact, a user or a contact, where it is in the tenant. Its anchor is kept under [`MANAGER_ANCHOR`].
pub fn manager_of(connection: &Connection, contact: &Contact) -> Result<Option<ObjectRef>, DirectoryError> {
    match contact.text(MANAGER_ANCHOR) {
        Some(anchor) => Ok(objects::by_anchor(connection, anchor)?),
        None => Ok(None),
    }
}

fn claim(connection: &Connection, contact: &Contact) -> Result<(), DirectoryError> {
    let keys = claims::common(&contact.addresses(), contact.anchor.as_deref(), contact.text("onPremisesSecurityIdentifier"));
    claims::claim(connection, &contact.id, &keys)
}
