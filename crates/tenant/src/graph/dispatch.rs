//! Which function answers which path.

use axum::http::Method;

use super::answer::{Answer, GraphError};
use super::memberships::Subject;
use super::request::Request;
use super::{
    batch, contacts, deleted, delta, domains, federation, groups, licences, members, memberships, objects, on_premises_synchronization,
    organization, references, users,
};
use crate::directory::ObjectKind;
use crate::store::Store;
use crate::store::listing::Shelf;

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
        ["groups", rest @ ..] => of_groups(store, request, rest),
        ["contacts", rest @ ..] => of_contacts(store, request, rest),
        ["directoryObjects", rest @ ..] => of_objects(store, request, rest),
        ["directory", "deletedItems", rest @ ..] => of_deleted_items(store, request, rest),
        ["directory", "onPremisesSynchronization", rest @ ..] => match (&request.method, rest) {
            (&Method::GET, []) => on_premises_synchronization::list(store, request),
            (&Method::GET, [id]) => on_premises_synchronization::get(store, request, id),
            (&Method::PATCH, [id]) => on_premises_synchronization::update(store, request, id),
            (_, [] | [_]) => Err(GraphError::wrong_method()),
            _ => Err(unknown(request)),
        },
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
            (&Method::PATCH, [name]) => domains::update(store, request, name),
            (&Method::POST, [name, "verify"]) => domains::verify(store, request, name),
            (&Method::GET, [name, "federationConfiguration"]) => federation::list(store, request, name),
            (&Method::POST, [name, "federationConfiguration"]) => federation::create(store, request, name),
            (&Method::GET, [name, "federationConfiguration", id]) => federation::get(store, request, name, id),
            (&Method::PATCH, [name, "federationConfiguration", id]) => federation::update(store, request, name, id),
            (&Method::DELETE, [name, "federationConfiguration", id]) => federation::delete(store, request, name, id),
            (_, [] | [_] | [_, "verify" | "federationConfiguration"] | [_, "federationConfiguration", _]) => {
                Err(GraphError::wrong_method())
            }
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
        (&Method::GET, ["delta"]) => delta::answer(store, request, ObjectKind::User),
        (&Method::GET, [name]) => users::get(store, request, name),
        (&Method::PATCH, [name]) => users::update(store, request, name),
        (&Method::DELETE, [name]) => users::delete(store, request, name),
        (&Method::POST, [name, "assignLicense"]) => licences::assign(store, request, name),
        (&Method::GET, [name, "licenseDetails"]) => licences::details(store, request, name),
        (&Method::GET, [name, "manager"]) => references::manager(store, request, name),
        (&Method::GET, [name, "manager", "$ref"]) => references::manager_reference(store, request, name),
        (&Method::PUT, [name, "manager", "$ref"]) => references::set_manager(store, request, name, false),
        (&Method::DELETE, [name, "manager", "$ref"]) => references::set_manager(store, request, name, true),
        (_, [] | [_] | [_, "assignLicense" | "licenseDetails" | "manager"] | [_, "manager", "$ref"]) => Err(GraphError::wrong_method()),
        (_, [name, rest @ ..]) => of_memberships(store, request, &Subject { kind: Some(ObjectKind::User), name }, rest),
    }
}

fn of_groups(store: &Store, request: &Request, rest: &[&str]) -> Result<Answer, GraphError> {
    match (&request.method, rest) {
        (&Method::GET, []) => groups::list(store, request),
        (&Method::POST, []) => groups::create(store, request),
        (&Method::GET, ["$count"]) => groups::count(store, request, Shelf::Live),
        (&Method::GET, ["delta"]) => delta::answer(store, request, ObjectKind::Group),
        (&Method::GET, [id]) => groups::get(store, request, id),
        (&Method::PATCH, [id]) => groups::update(store, request, id),
        (&Method::DELETE, [id]) => groups::delete(store, request, id),
        (&Method::POST, [id, "assignLicense"]) => groups::assign_licence(store, request, id),
        (_, [id, "members", rest @ ..]) => of_members(store, request, id, rest),
        (&Method::GET, [id, "transitiveMembers", rest @ ..]) => match kind_in(rest) {
            Some((kind, [])) => members::list_transitive(store, request, id, kind, &request.path.join("/")),
            Some((kind, ["$count"])) => members::count_transitive(store, request, id, kind),
            _ => Err(unknown(request)),
        },
        (&Method::GET, [id, "owners"] | [id, "owners", "user"]) => members::owners(store, request, id),
        (&Method::POST, [id, "owners", "$ref"]) => members::add_owner(store, request, id),
        (&Method::DELETE, [id, "owners", owner, "$ref"]) => members::remove_owner(store, request, id, owner),
        (_, [] | [_] | [_, "assignLicense" | "owners" | "transitiveMembers"] | [_, "owners", "$ref"] | [_, "owners", _, "$ref"]) => {
            Err(GraphError::wrong_method())
        }
        (_, [id, rest @ ..]) => of_memberships(store, request, &Subject { kind: Some(ObjectKind::Group), name: id }, rest),
    }
}

fn of_members(store: &Store, request: &Request, id: &str, rest: &[&str]) -> Result<Answer, GraphError> {
    match (&request.method, rest) {
        (&Method::POST, ["$ref"]) => members::add(store, request, id),
        (&Method::DELETE, [member, "$ref"]) => members::remove(store, request, id, member),
        (_, ["$ref"] | [_, "$ref"]) => Err(GraphError::wrong_method()),
        (&Method::GET, rest) => match kind_in(rest) {
            Some((kind, [])) => members::list(store, request, id, kind, &request.path.join("/")),
            Some((kind, ["$count"])) => members::count(store, request, id, kind),
            _ => Err(unknown(request)),
        },
        _ => Err(GraphError::wrong_method()),
    }
}

fn of_contacts(store: &Store, request: &Request, rest: &[&str]) -> Result<Answer, GraphError> {
    match (&request.method, rest) {
        (&Method::GET, []) => contacts::list(store, request),
        (&Method::GET, ["$count"]) => contacts::count(store, request),
        (&Method::GET, ["delta"]) => delta::answer(store, request, ObjectKind::Contact),
        (&Method::GET, [id]) => contacts::get(store, request, id),
        (&Method::GET, [id, "manager"]) => contacts::manager(store, request, id),
        (_, [] | [_] | [_, "manager"]) => Err(GraphError::wrong_method()),
        (_, [id, rest @ ..]) => of_memberships(store, request, &Subject { kind: Some(ObjectKind::Contact), name: id }, rest),
    }
}

fn of_objects(store: &Store, request: &Request, rest: &[&str]) -> Result<Answer, GraphError> {
    match (&request.method, rest) {
        (&Method::POST, ["getByIds"]) => objects::get_by_ids(store, request),
        (&Method::GET, [id]) => objects::get(store, request, id),
        (_, [_]) => Err(GraphError::wrong_method()),
        (_, [id, rest @ ..]) => of_memberships(store, request, &Subject { kind: None, name: id }, rest),
        _ => Err(unknown(request)),
    }
}

/// What every kind of object can be asked about the groups that hold it.
fn of_memberships(store: &Store, request: &Request, subject: &Subject<'_>, rest: &[&str]) -> Result<Answer, GraphError> {
    match (&request.method, rest) {
        (&Method::GET, [relation @ ("memberOf" | "transitiveMemberOf")]) => {
            memberships::list(store, request, subject, *relation == "transitiveMemberOf", None)
        }
        (&Method::GET, [relation @ ("memberOf" | "transitiveMemberOf"), cast @ ("group" | "directoryRole")]) => {
            memberships::list(store, request, subject, *relation == "transitiveMemberOf", Some(cast))
        }
        (&Method::POST, ["checkMemberGroups"]) => memberships::check(store, request, subject),
        (&Method::POST, ["getMemberGroups"]) => memberships::ids_of(store, request, subject, false),
        (&Method::POST, ["getMemberObjects"]) => memberships::ids_of(store, request, subject, true),
        (_, ["memberOf" | "transitiveMemberOf" | "checkMemberGroups" | "getMemberGroups" | "getMemberObjects"]) => {
            Err(GraphError::wrong_method())
        }
        _ => Err(unknown(request)),
    }
}

/// The kind that a path casts members to, and what stands behind it.
fn kind_in<'a, 'b>(rest: &'a [&'b str]) -> Option<(Option<ObjectKind>, &'a [&'b str])> {
    Some(match rest {
        ["user", rest @ ..] => (Some(ObjectKind::User), rest),
        ["group", rest @ ..] => (Some(ObjectKind::Group), rest),
        ["orgContact", rest @ ..] => (Some(ObjectKind::Contact), rest),
        [] | ["$count"] => (None, rest),
        _ => return None,
    })
}

fn of_deleted_items(store: &Store, request: &Request, rest: &[&str]) -> Result<Answer, GraphError> {
    match (&request.method, rest) {
        (&Method::GET, [] | ["user"]) => deleted::list(store, request, ObjectKind::User),
        (&Method::GET, ["group"]) => deleted::list(store, request, ObjectKind::Group),
        (&Method::GET, ["group", "$count"]) => groups::count(store, request, Shelf::Deleted),
        (&Method::GET, ["user", "$count"]) => users::count(store, request, Shelf::Deleted),
        (&Method::GET, [id] | [id, "user" | "group"]) => deleted::get(store, request, id),
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
