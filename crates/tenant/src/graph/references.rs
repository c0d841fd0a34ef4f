//! What users refer to: their manager.

use serde_json::{Value, json};

use super::answer::{Answer, GraphError};
use super::request::Request;
use super::users::require_read;
use super::{permissions, query, render};
use crate::directory::properties::USER;
use crate::directory::{User, users};
use crate::store::{Store, organization};

/// `GET /users/{id}/manager`.
pub fn manager(store: &Store, request: &Request, name: &str) -> Result<Answer, GraphError> {
    require_read(request, name)?;
    let selection = query::selection(request, false, &USER)?;
    let (tenant, manager) = store.read(|connection| {
        let user = users::find(connection, name)?;
        Ok::<_, GraphError>((organization::load(connection)?, users::manager_of(connection, &user)?))
    })?;
    let manager = manager.ok_or_else(|| GraphError::not_found("manager"))?;
    let mut shown = serde_json::Map::new();
    shown.insert("@odata.context".to_owned(), Value::from(request.url("$metadata#directoryObjects/$entity")));
    shown.insert("@odata.type".to_owned(), Value::from("#microsoft.graph.user"));
    shown.extend(render::user(manager, &selection, &tenant.name));
    Ok(Answer::ok(Value::Object(shown)))
}

/// `GET /users/{id}/manager/$ref`.
pub fn manager_reference(store: &Store, request: &Request, name: &str) -> Result<Answer, GraphError> {
    require_read(request, name)?;
    let manager = store.read(|connection| {
        let user = users::find(connection, name)?;
        users::manager_of(connection, &user)
    })?;
    let manager = manager.ok_or_else(|| GraphError::not_found("manager"))?;
    let context = request.url("$metadata#$ref");
    Ok(Answer::ok(json!({"@odata.context": context, "@odata.id": request.url(&format!("directoryObjects/{}", manager.id))})))
}

/// `PUT /users/{id}/manager/$ref`, and `DELETE` of it.
pub fn set_manager(store: &Store, request: &Request, name: &str, clear: bool) -> Result<Answer, GraphError> {
    permissions::require(&request.caller, permissions::WRITE_USERS)?;
    let wanted = if clear { None } else { Some(referred(request)?) };
    store.write(|connection| {
        let mut user = users::find(connection, name)?;
        let manager: Option<User> = wanted.map(|id| users::find(connection, &id)).transpose()?;
        request.record(connection, "set manager", &user.id, manager.as_ref().map_or("", |manager| &manager.upn))?;
        Ok::<_, GraphError>(users::set_manager(connection, &mut user, manager.as_ref())?)
    })?;
    Ok(Answer::no_content())
}

/// The user in `@odata.id`, a URL.
fn referred(request: &Request) -> Result<String, GraphError> {
    let reference = request.object()?.get("@odata.id").and_then(Value::as_str).and_then(super::members::id_in);
    reference.ok_or_else(|| GraphError::bad_request("An @odata.id with the URL of a user is needed."))
}
