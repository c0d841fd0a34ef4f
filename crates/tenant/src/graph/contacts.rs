//! Contacts: read only. They come from Active Directory alone.

use serde_json::Value;

use super::answer::{Answer, GraphError};
use super::members::among;
use super::request::Request;
use super::{groups, listing, permissions};
use crate::directory::{ObjectKind, contacts, objects};
use crate::store::listing::Shelf;
use crate::store::{Store, organization};

/// `GET /contacts`.
pub fn list(store: &Store, request: &Request) -> Result<Answer, GraphError> {
    permissions::require(&request.caller, permissions::READ_CONTACTS)?;
    listing::page(store, request, ObjectKind::Contact, Shelf::Live, "contacts")
}

/// `GET /contacts/$count`.
pub fn count(store: &Store, request: &Request) -> Result<Answer, GraphError> {
    permissions::require(&request.caller, permissions::READ_CONTACTS)?;
    listing::count(store, request, ObjectKind::Contact, Shelf::Live)
}

/// `GET /contacts/{id}`.
pub fn get(store: &Store, request: &Request, id: &str) -> Result<Answer, GraphError> {
    permissions::require(&request.caller, permissions::READ_CONTACTS)?;
    groups::read(store, request, ObjectKind::Contact, id)
}

/// `GET /contacts/{id}/manager`: a user or a contact.
pub fn manager(store: &Store, request: &Request, id: &str) -> Result<Answer, GraphError> {
    permissions::require(&request.caller, permissions::READ_CONTACTS)?;
    let (tenant, manager) = store.read(|connection| {
        let contact = contacts::find(connection, id)?;
        let manager = match contacts::manager_of(connection, &contact)? {
            Some(manager) => objects::by_number(connection, manager.kind, manager.number)?,
            None => None,
        };
        Ok::<_, GraphError>((organization::load(connection)?, manager))
    })?;
    let mut shown = among(request, &manager.ok_or_else(|| GraphError::not_found("manager"))?, &tenant.name);
    if let Some(shown) = shown.as_object_mut() {
        shown.insert("@odata.context".to_owned(), Value::from(request.url("$metadata#directoryObjects/$entity")));
    }
    Ok(Answer::ok(shown))
}
