//! A directory object of any of the three kinds that synchronization writes.

use rusqlite::Connection;
use samesign_wire::provisioning::ObjectType;
use serde_json::Value;

use super::refusal::{Refusal, Stop};
use crate::directory::{Contact, DirectoryError, Group, ObjectKind, User, contacts, groups, users};
use crate::store::users as user_rows;

/// One object, in memory.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// A user.
    User(User),
    /// A group.
    Group(Group),
    /// A contact.
    Contact(Contact),
}

/// The kind that is meant on the wire. Devices are not synchronized.
pub fn kind_of(object_type: ObjectType) -> Result<ObjectKind, Stop> {
    match object_type {
        ObjectType::User => Ok(ObjectKind::User),
        ObjectType::Group => Ok(ObjectKind::Group),
        ObjectType::Contact => Ok(ObjectKind::Contact),
        ObjectType::Device => {
            let description = format!("This tenant takes no objects of type {}.", object_type.name());
            Err(Refusal::new("ObjectTypeNotSupported", description).into())
        }
    }
}

impl Record {
    /// An empty object with a new id.
    pub fn blank(kind: ObjectKind, now: i64) -> Result<Self, DirectoryError> {
        Ok(match kind {
            ObjectKind::User => Self::User(users::blank(now)?),
            ObjectKind::Group => Self::Group(groups::blank(now)?),
            ObjectKind::Contact => Self::Contact(contacts::blank(now)?),
        })
    }

    /// The live object with this anchor, of whatever kind.
    pub fn by_anchor(connection: &Connection, anchor: &str) -> Result<Option<Self>, DirectoryError> {
        if let Some(user) = user_rows::by_anchor(connection, anchor)? {
            return Ok(Some(Self::User(user)));
        }
        if let Some(group) = groups::by_anchor(connection, anchor)? {
            return Ok(Some(Self::Group(group)));
        }
        Ok(contacts::by_anchor(connection, anchor)?.map(Self::Contact))
    }

    /// The live object with this id, of whatever kind.
    pub fn by_id(connection: &Connection, id: &str) -> Result<Option<Self>, DirectoryError> {
        if let Some(user) = user_rows::by_id(connection, id)? {
            return Ok(Some(Self::User(user)).filter(Self::live));
        }
        if let Some(group) = groups::by_id(connection, id)? {
            return Ok(Some(Self::Group(group)).filter(Self::live));
        }
        Ok(contacts::by_id(connection, id)?.map(Self::Contact))
    }

    /// Its kind.
    pub const fn kind(&self) -> ObjectKind {
        match self {
            Self::User(_) => ObjectKind::User,
            Self::Group(_) => ObjectKind::Group,
            Self::Contact(_) => ObjectKind::Contact,
        }
    }

    /// Object id.
    pub fn id(&self) -> &str {
        match self {
            Self::User(user) => &user.id,
            Self::Group(group) => &group.id,
            Self::Contact(contact) => &contact.id,
        }
    }

    /// The name by which a person knows it.
    pub fn title(&self) -> &str {
        match self {
            Self::User(user) => &user.upn,
            Self::Group(group) => group.mail.as_deref().unwrap_or(&group.display_name),
            Self::Contact(contact) => contact.mail.as_deref().unwrap_or(&contact.display_name),
        }
    }

    /// mail.
    pub fn mail(&self) -> Option<&str> {
        match self {
            Self::User(user) => user.mail.as_deref(),
            Self::Group(group) => group.mail.as_deref(),
            Self::Contact(contact) => contact.mail.as_deref(),
        }
    }

    /// proxyAddresses, as shown.
    pub fn addresses(&self) -> Vec<&str> {
        match self {
            Self::User(user) => user.addresses(),
            Self::Group(group) => group.addresses(),
            Self::Contact(contact) => contact.addresses(),
        }
    }

    /// The source's anchor.
    pub fn anchor(&self) -> Option<&str> {
        match self {
            Self::User(user) => user.anchor.as_deref(),
            Self::Group(group) => group.anchor.as_deref(),
            Self::Contact(contact) => contact.anchor.as_deref(),
        }
    }

    /// Whether Active Directory masters it now.
    pub fn is_synced(&self) -> bool {
        let synced = match self {
            Self::User(user) => user.synced,
            Self::Group(group) => group.synced,
            Self::Contact(contact) => contact.synced,
        };
        synced == Some(true)
    }

    /// Hands it over to Active Directory.
    pub fn take(&mut self, anchor: &str) {
        let (synced, own) = match self {
            Self::User(user) => (&mut user.synced, &mut user.anchor),
            Self::Group(group) => (&mut group.synced, &mut group.anchor),
            Self::Contact(contact) => (&mut contact.synced, &mut contact.anchor),
        };
        *synced = Some(true);
        *own = Some(anchor.to_owned());
    }

    /// A property without a field of its own.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self {
            Self::User(user) => user.text(name),
            Self::Group(group) => group.text(name),
            Self::Contact(contact) => contact.text(name),
        }
    }

    /// Sets such a property, or clears it with `None`.
    pub fn set(&mut self, name: &str, value: Option<Value>) {
        match self {
            Self::User(user) => user.set(name, value),
            Self::Group(group) => group.set(name, value),
            Self::Contact(contact) => contact.set(name, value),
        }
    }

    /// Stores a new object that is ready.
    pub fn insert(self, connection: &Connection) -> Result<Self, DirectoryError> {
        Ok(match self {
            Self::User(user) => Self::User(users::insert(connection, user)?),
            Self::Group(group) => Self::Group(groups::insert(connection, group)?),
            Self::Contact(contact) => Self::Contact(contacts::insert(connection, contact)?),
        })
    }

    /// Stores a changed object. One that is as before is not written.
    pub fn save(&mut self, connection: &Connection, before: &Self) -> Result<(), DirectoryError> {
        match (self, before) {
            (Self::User(user), Self::User(before)) => users::save(connection, user, before),
            (Self::Group(group), Self::Group(before)) => groups::save(connection, group, before),
            (Self::Contact(contact), Self::Contact(before)) => contacts::save(connection, contact, before),
            // Nothing turns an object into one of another kind.
            _ => Ok(()),
        }
    }

    /// Deletes it: a user for 30 days, anything else at once and for good.
    pub fn delete(&mut self, connection: &Connection, now: i64) -> Result<(), DirectoryError> {
        match self {
            Self::User(user) => users::delete(connection, user, now),
            Self::Group(group) => groups::delete(connection, group, now),
            Self::Contact(contact) => contacts::delete(connection, contact, now),
        }
    }

    fn live(&self) -> bool {
        match self {
            Self::User(user) => user.live(),
            Self::Group(group) => group.live(),
            Self::Contact(_) => true,
        }
    }
}
