//! `directory/deletedItems`: users and Microsoft 365 groups that can be restored for 30 days.

use super::answer::{Answer, GraphError};
use super::listing::{self, entity, typed};
use super::request::Request;
use super::{permissions, query};
use crate::directory::objects::{self, Object};
use crate::directory::{ObjectKind, groups, users};
use crate::store::listing::Shelf;
use crate::store::{Store, organization};

/// `GET /directory/deletedItems/microsoft.graph.user`, and `.group`.
pub fn list(store: &Store, request: &Request, kind: ObjectKind) -> Result<Answer, GraphError> {
    permissions::require(&request.caller, reading(kind))?;
    let path = format!("directory/deletedItems/microsoft.graph.{}", listing::resource_of(kind).name);
    listing::page(store, request, kind, Shelf::Deleted, &path)
}

/// `GET /directory/deletedItems/{id}`.
pub fn get(store: &Store, request: &Request, id: &str) -> Result<Answer, GraphError> {
    let (tenant, object) =
        store.read(|connection| Ok::<_, GraphError>((organization::load(connection)?, objects::find_deleted(connection, id)?)))?;
    permissions::require(&request.caller, reading(object.kind()))?;
    let selection = query::selection(request, false, listing::resource_of(object.kind()))?;
    Ok(Answer::ok(typed(object.kind(), entity(request, &object, &selection, &tenant.name))))
}

/// `POST /directory/deletedItems/{id}/restore`.
pub fn restore(store: &Store, request: &Request, id: &str) -> Result<Answer, GraphError> {
    let (tenant, object) = store.write(|connection| {
        let mut object = objects::find_deleted(connection, id)?;
        permissions::require(&request.caller, restoring(object.kind()))?;
        match &mut object {
            Object::User(user) => users::restore(connection, user)?,
            Object::Group(group) => groups::restore(connection, group)?,
            Object::Contact(_) => return Err(GraphError::not_found(id)),
        }
        request.record(connection, "restore", object.id(), object.display_name())?;
        Ok::<_, GraphError>((organization::load(connection)?, object))
    })?;
    let selection = query::default_selection(listing::resource_of(object.kind()));
    Ok(Answer::ok(typed(object.kind(), entity(request, &object, &selection, &tenant.name))))
}

/// `DELETE /directory/deletedItems/{id}`: for good.
pub fn purge(store: &Store, request: &Request, id: &str) -> Result<Answer, GraphError> {
    store.write(|connection| {
        let object = objects::find_deleted(connection, id)?;
        permissions::require(&request.caller, restoring(object.kind()))?;
        request.record(connection, "remove for good", object.id(), object.display_name())?;
        match &object {
            Object::User(user) => users::purge(connection, user, request.seconds())?,
            Object::Group(group) => groups::purge(connection, group, request.seconds())?,
            Object::Contact(_) => return Err(GraphError::not_found(id)),
        }
        Ok::<_, GraphError>(())
    })?;
    Ok(Answer::no_content())
}

const fn reading(kind: ObjectKind) -> &'static [&'static str] {
    match kind {
        ObjectKind::User => permissions::READ_USERS,
        ObjectKind::Group => permissions::READ_GROUPS,
        ObjectKind::Contact => permissions::READ_CONTACTS,
    }
}

const fn restoring(kind: ObjectKind) -> &'static [&'static str] {
    match kind {
        ObjectKind::User => permissions::RESTORE_USERS,
        ObjectKind::Group | ObjectKind::Contact => permissions::WRITE_GROUPS,
    }
}
