//! Users, groups and contacts behind one name, for lists that hold all of them.

use rusqlite::Connection;

use super::members::Position;
use super::{Contact, DirectoryError, Group, User};
use crate::store::listing::{After, Order, Query, Shelf};
use crate::store::objects::{self as rows, ObjectKind, ObjectRef};
use crate::store::{StoreError, contacts, groups, users};

/// A directory object of any kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Object {
    /// A user.
    User(Box<User>),
    /// A group.
    Group(Box<Group>),
    /// A contact.
    Contact(Box<Contact>),
}

impl Object {
    /// Its kind.
    pub const fn kind(&self) -> ObjectKind {
        match self {
            Self::User(_) => ObjectKind::User,
            Self::Group(_) => ObjectKind::Group,
            Self::Contact(_) => ObjectKind::Contact,
        }
    }

    /// Object id, a UUID.
    pub fn id(&self) -> &str {
        match self {
            Self::User(user) => &user.id,
            Self::Group(group) => &group.id,
            Self::Contact(contact) => &contact.id,
        }
    }

    /// Number of its row.
    pub fn number(&self) -> i64 {
        match self {
            Self::User(user) => user.number,
            Self::Group(group) => group.number,
            Self::Contact(contact) => contact.number,
        }
    }

    /// Number of its last change.
    pub fn sequence(&self) -> i64 {
        match self {
            Self::User(user) => user.sequence,
            Self::Group(group) => group.sequence,
            Self::Contact(contact) => contact.sequence,
        }
    }

    /// A property that is kept by its name.
    pub fn property(&self, name: &str) -> Option<&serde_json::Value> {
        match self {
            Self::User(user) => user.properties.get(name),
            Self::Group(group) => group.properties.get(name),
            Self::Contact(contact) => contact.properties.get(name),
        }
    }

    /// displayName.
    pub fn display_name(&self) -> &str {
        match self {
            Self::User(user) => &user.display_name,
            Self::Group(group) => &group.display_name,
            Self::Contact(contact) => &contact.display_name,
        }
    }

    /// Whether it can be used now, not restored first.
    pub fn live(&self) -> bool {
        match self {
            Self::User(user) => user.live(),
            Self::Group(group) => group.live(),
            Self::Contact(_) => true,
        }
    }

    /// What memberships are kept with.
    pub fn reference(&self) -> ObjectRef {
        ObjectRef { kind: self.kind(), number: self.number(), id: self.id().to_owned() }
    }

    /// Where a list that ended with this object goes on.
    pub fn after(&self, order: Order) -> After {
        match self {
            Self::User(user) => users::after(user, order),
            Self::Group(group) => groups::after(group, order),
            Self::Contact(contact) => contacts::after(contact, order),
        }
    }
}

/// The object with this id, live or in deletedItems.
pub fn by_id(connection: &Connection, id: &str) -> Result<Option<Object>, StoreError> {
    if let Some(user) = users::by_id(connection, id)? {
        return Ok(Some(Object::User(Box::new(user))));
    }
    if let Some(group) = groups::by_id(connection, id)? {
        return Ok(Some(Object::Group(Box::new(group))));
    }
    Ok(contacts::by_id(connection, id)?.map(|contact| Object::Contact(Box::new(contact))))
}

/// The live object with this id, of one kind or of any.
pub fn find(connection: &Connection, kind: Option<ObjectKind>, id: &str) -> Result<Object, DirectoryError> {
    let found = by_id(connection, id)?.filter(Object::live).filter(|object| kind.is_none_or(|kind| kind == object.kind()));
    found.ok_or_else(|| DirectoryError::NotFound { what: id.to_owned() })
}

/// The object in a row.
pub fn by_number(connection: &Connection, kind: ObjectKind, number: i64) -> Result<Option<Object>, StoreError> {
    Ok(match kind {
        ObjectKind::User => users::by_number(connection, number)?.map(|user| Object::User(Box::new(user))),
        ObjectKind::Group => groups::by_number(connection, number)?.map(|group| Object::Group(Box::new(group))),
        ObjectKind::Contact => contacts::by_number(connection, number)?.map(|contact| Object::Contact(Box::new(contact))),
    })
}

/// The objects at these places of a list of members. One that is gone meanwhile is left out.
pub fn at(connection: &Connection, positions: &[Position]) -> Result<Vec<Object>, StoreError> {
    let found: Result<Vec<_>, _> = positions.iter().map(|position| by_number(connection, position.kind, position.number)).collect();
    Ok(found?.into_iter().flatten().collect())
}

/// One page of the objects of a kind.
pub fn list(connection: &Connection, kind: ObjectKind, query: &Query<'_>) -> Result<Vec<Object>, StoreError> {
    Ok(match kind {
        ObjectKind::User => users::list(connection, query)?.into_iter().map(|user| Object::User(Box::new(user))).collect(),
        ObjectKind::Group => groups::list(connection, query)?.into_iter().map(|group| Object::Group(Box::new(group))).collect(),
        ObjectKind::Contact => contacts::list(connection, query)?.into_iter().map(|contact| Object::Contact(Box::new(contact))).collect(),
    })
}

/// Objects of a kind changed after change number `after`, deleted ones too, in the order of their last change.
pub fn changed_after(connection: &Connection, kind: ObjectKind, after: i64, rows_max: usize) -> Result<Vec<Object>, StoreError> {
    Ok(match kind {
        ObjectKind::User => {
            users::changed_after(connection, after, rows_max)?.into_iter().map(|user| Object::User(Box::new(user))).collect()
        }
        ObjectKind::Group => {
            groups::changed_after(connection, after, rows_max)?.into_iter().map(|group| Object::Group(Box::new(group))).collect()
        }
        ObjectKind::Contact => {
            let found = contacts::changed_after(connection, after, rows_max)?;
            found.into_iter().map(|contact| Object::Contact(Box::new(contact))).collect()
        }
    })
}

/// How many objects of a kind a list has in all.
pub fn count(
    connection: &Connection,
    kind: ObjectKind,
    shelf: Shelf,
    condition: Option<&crate::store::condition::Condition>,
) -> Result<usize, StoreError> {
    match kind {
        ObjectKind::User => users::count(connection, shelf, condition),
        ObjectKind::Group => groups::count(connection, shelf, condition),
        ObjectKind::Contact => contacts::count(connection, condition),
    }
}

/// The object with this id, of one kind, in deletedItems.
pub fn find_deleted(connection: &Connection, id: &str) -> Result<Object, DirectoryError> {
    by_id(connection, id)?.filter(|object| !object.live()).ok_or_else(|| DirectoryError::NotFound { what: id.to_owned() })
}

/// The id of an object that may be gone for good.
pub fn id_at(connection: &Connection, position: Position) -> Result<Option<String>, StoreError> {
    rows::id_of(connection, position.kind, position.number)
}
