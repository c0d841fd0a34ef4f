//! Which function answers which path.

use axum::http::Method;

use super::answer::{Answer, GraphError};
use super::request::Request;
use super::{batch, deleted, delta, domains, licences, organization, references, users};
use crate::store::Store;
use crate::store::users::Shelf;

/// Answers a request from HTTP.
pub fn answer(store: &Store, request: &Request) -> Answer {
    let is_batch = request.path.len() == 1 && request.path.first().is_some_and(|part| part == "$batch");
    let answered = match (&request.method, is_batch) {
        (&Method::POST, true) => batch::answer(store, request),
        (_, true) => Err(GraphError::wrong_method()),
        (_, false) => single(store, request),
    };
    answered.unwrap_or_else(Answer::from)
}

/// Answers anything but a batch.
pub fn single(store: &Store, request: &Request) -> Result<Answer, GraphError> {
    let path: Vec<&str> = request.path.iter().map(String::as_str).collect();
    match path.as_slice() {
        ["me", rest @ ..] => own(store, request, rest),
        ["users", rest @ ..] => of_users(store, request, rest),
        ["directory", "deletedItems", rest @ ..] => of_deleted_items(store, request, rest),
        ["organization", rest @ ..] => match (&request.method, rest) {
            (&Method::GET, []) => organization::list(store, request),
            (&Method::GET, [id]) => organization::get(store, request, id),
            (&Method::PATCH, [id]) => organization::update(store, request, id),
            (_, [] | [_]) => Err(GraphError::wrong_method()),
            _ => Err(unknown(request)),
        },
        ["domains", rest @ ..] => match (&request.method, rest) {
            (&Method::GET, []) => domains::list(store, request),
            (&Method::POST, []) => domains::create(store, request),
            (&Method::GET, [name]) => domains::get(store, request, name),
            (&Method::POST, [name, "verify"]) => domains::verify(store, request, name),
            (_, [] | [_] | [_, "verify"]) => Err(GraphError::wrong_method()),
            _ => Err(unknown(request)),
        },
        ["subscribedSkus", rest @ ..] => match (&request.method, rest) {
            (&Method::GET, []) => licences::skus(store, request),
            (&Method::GET, [id]) => licences::sku(store, request, id),
            (_, [] | [_]) => Err(GraphError::wrong_method()),
            _ => Err(unknown(request)),
        },
        _ => Err(unknown(request)),
    }
}

/// `/me` is the user whose token it is.
fn own(store: &Store, request: &Request, rest: &[&str]) -> Result<Answer, GraphError> {
    let Some(id) = request.caller.user_id.clone() else {
        return Err(GraphError::bad_query("/me request is only valid with delegated authentication flow."));
    };
    let mut path = vec![id.as_str()];
    path.extend(rest);
    of_users(store, request, &path)
}

fn of_users(store: &Store, request: &Request, rest: &[&str]) -> Result<Answer, GraphError> {
    match (&request.method, rest) {
        (&Method::GET, []) => users::list(store, request),
        (&Method::POST, []) => users::create(store, request),
        (&Method::GET, ["$count"]) => users::count(store, request, Shelf::Live),
        (&Method::GET, ["delta"]) => delta::answer(store, request),
        (&Method::GET, [name]) => users::get(store, request, name),
        (&Method::PATCH, [name]) => users::update(store, request, name),
        (&Method::DELETE, [name]) => users::delete(store, request, name),
        (&Method::POST, [name, "assignLicense"]) => licences::assign(store, request, name),
        (&Method::GET, [name, "licenseDetails"]) => licences::details(store, request, name),
        (&Method::GET, [name, "memberOf" | "transitiveMemberOf"] | [name, "memberOf" | "transitiveMemberOf", "directoryRole"]) => {
            references::member_of(store, request, name)
        }
        (&Method::GET, [name, "manager"]) => references::manager(store, request, name),
        (&Method::GET, [name, "manager", "$ref"]) => references::manager_reference(store, request, name),
        (&Method::PUT, [name, "manager", "$ref"]) => references::set_manager(store, request, name, false),
        (&Method::DELETE, [name, "manager", "$ref"]) => references::set_manager(store, request, name, true),
        (_, [] | [_] | [_, "assignLicense" | "licenseDetails" | "memberOf" | "manager"] | [_, "manager", "$ref"]) => {
            Err(GraphError::wrong_method())
        }
        _ => Err(unknown(request)),
    }
}

fn of_deleted_items(store: &Store, request: &Request, rest: &[&str]) -> Result<Answer, GraphError> {
    match (&request.method, rest) {
        (&Method::GET, [] | ["user"]) => deleted::list(store, request),
        (&Method::GET, ["user", "$count"]) => users::count(store, request, Shelf::Deleted),
        (&Method::GET, [id] | [id, "user"]) => deleted::get(store, request, id),
        (&Method::POST, [id, "restore"]) => deleted::restore(store, request, id),
        (&Method::DELETE, [id]) => deleted::purge(store, request, id),
        (_, [] | [_] | [_, "restore"]) => Err(GraphError::wrong_method()),
        _ => Err(unknown(request)),
    }
}

fn unknown(request: &Request) -> GraphError {
    let segment = request.path.last().map_or("", String::as_str);
    GraphError::bad_query(format!("Resource not found for the segment '{segment}'."))
}
