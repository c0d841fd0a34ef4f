//! `directory/deletedItems`: users that can be restored for 30 days.

use serde_json::Value;

use super::answer::{Answer, GraphError};
use super::request::Request;
use super::users::{entity, page};
use super::{permissions, query};
use crate::directory::{User, users};
use crate::store::users::{self as rows, Shelf};
use crate::store::{Store, organization};

/// `GET /directory/deletedItems/microsoft.graph.user`.
pub fn list(store: &Store, request: &Request) -> Result<Answer, GraphError> {
    permissions::require(&request.caller, permissions::READ_USERS)?;
    page(store, request, Shelf::Deleted, "directory/deletedItems/microsoft.graph.user", "users")
}

/// `GET /directory/deletedItems/{id}`.
pub fn get(store: &Store, request: &Request, id: &str) -> Result<Answer, GraphError> {
    permissions::require(&request.caller, permissions::READ_USERS)?;
    let selection = query::selection(request, false)?;
    let (tenant, user) = store.read(|connection| Ok::<_, GraphError>((organization::load(connection)?, find(connection, id)?)))?;
    Ok(Answer::ok(typed(entity(request, &user, &selection, &tenant.name))))
}

/// `POST /directory/deletedItems/{id}/restore`.
pub fn restore(store: &Store, request: &Request, id: &str) -> Result<Answer, GraphError> {
    permissions::require(&request.caller, permissions::RESTORE_USERS)?;
    let (tenant, user) = store.write(|connection| {
        let mut user = find(connection, id)?;
        users::restore(connection, &mut user)?;
        request.record(connection, "restore user", &user.id, &user.upn)?;
        Ok::<_, GraphError>((organization::load(connection)?, user))
    })?;
    Ok(Answer::ok(typed(entity(request, &user, &query::default_selection(), &tenant.name))))
}

/// `DELETE /directory/deletedItems/{id}`: for good.
pub fn purge(store: &Store, request: &Request, id: &str) -> Result<Answer, GraphError> {
    permissions::require(&request.caller, permissions::RESTORE_USERS)?;
    store.write(|connection| {
        let user = find(connection, id)?;
        request.record(connection, "remove user for good", &user.id, &user.upn)?;
        Ok::<_, GraphError>(users::purge(connection, &user, request.seconds())?)
    })?;
    Ok(Answer::no_content())
}

fn find(connection: &rusqlite::Connection, id: &str) -> Result<User, GraphError> {
    rows::by_id(connection, id)?.filter(|user| !user.live()).ok_or_else(|| GraphError::not_found(id))
}

fn typed(mut user: Value) -> Value {
    if let Some(user) = user.as_object_mut() {
        user.insert("@odata.type".to_owned(), Value::from("#microsoft.graph.user"));
    }
    user
}
