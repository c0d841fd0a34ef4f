//! Groups: listed, read, made, changed, deleted, licensed.

use serde_json::{Map, Value};

use super::answer::{Answer, GraphError};
use super::request::Request;
use super::{body, licences, listing, members, permissions, query};
use crate::directory::groups::{self, NewGroup};
use crate::directory::objects::{self, Object};
use crate::directory::properties::GROUP;
use crate::directory::{DirectoryError, ObjectKind, licensing};
use crate::store::listing::Shelf;
use crate::store::{Store, organization};

/// What the service requires of a new group.
const REQUIRED: [&str; 4] = ["displayName", "mailEnabled", "mailNickname", "securityEnabled"];

/// `GET /groups`.
pub fn list(store: &Store, request: &Request) -> Result<Answer, GraphError> {
    permissions::require(&request.caller, permissions::READ_GROUPS)?;
    listing::page(store, request, ObjectKind::Group, Shelf::Live, "groups")
}

/// `GET /groups/$count`, and of deleted groups.
pub fn count(store: &Store, request: &Request, shelf: Shelf) -> Result<Answer, GraphError> {
    permissions::require(&request.caller, permissions::READ_GROUPS)?;
    listing::count(store, request, ObjectKind::Group, shelf)
}

/// `GET /groups/{id}`.
pub fn get(store: &Store, request: &Request, id: &str) -> Result<Answer, GraphError> {
    permissions::require(&request.caller, permissions::READ_GROUPS)?;
    read(store, request, ObjectKind::Group, id)
}

/// One live object of a kind, as its collection shows it.
pub fn read(store: &Store, request: &Request, kind: ObjectKind, id: &str) -> Result<Answer, GraphError> {
    if request.option("$expand").is_some() {
        return Err(GraphError::new(400, "Request_UnsupportedQuery", "The query option $expand is not supported here."));
    }
    let selection = query::selection(request, false, listing::resource_of(kind))?;
    let (tenant, object) =
        store.read(|connection| Ok::<_, GraphError>((organization::load(connection)?, objects::find(connection, Some(kind), id)?)))?;
    Ok(Answer::ok(listing::entity(request, &object, &selection, &tenant.name)))
}

/// `POST /groups`, with members and owners where the body names some.
pub fn create(store: &Store, request: &Request) -> Result<Answer, GraphError> {
    permissions::require(&request.caller, permissions::CREATE_GROUPS)?;
    let given = request.object()?;
    for property in REQUIRED {
        if given.get(property).is_none_or(Value::is_null) {
            return Err(of_group(DirectoryError::Required { property }));
        }
    }
    let new = new_group(body::properties(given))?;
    let (come, owners) = (members::bound(given, "members@odata.bind")?, members::bound(given, "owners@odata.bind")?);
    let (tenant, group) = store.write(|connection| {
        let mut group = groups::create(connection, new, request.seconds()).map_err(of_group)?;
        members::take_in(connection, &mut group, &come)?;
        owners.iter().try_for_each(|id| members::make_owner(connection, &group, id))?;
        request.record(connection, "create group", &group.id, &group.display_name)?;
        Ok::<_, GraphError>((organization::load(connection)?, group))
    })?;
    let location = request.url(&format!("groups/{}", group.id));
    let group = Object::Group(Box::new(group));
    Ok(Answer::created(listing::entity(request, &group, &query::default_selection(&GROUP), &tenant.name), location))
}

/// `PATCH /groups/{id}`: properties, or up to 20 members that come.
pub fn update(store: &Store, request: &Request, id: &str) -> Result<Answer, GraphError> {
    let given = request.object()?;
    let come = members::bound(given, "members@odata.bind")?;
    let changes = body::properties(given);
    if !come.is_empty() {
        permissions::require(&request.caller, permissions::WRITE_MEMBERS)?;
    }
    if !changes.is_empty() || come.is_empty() {
        permissions::require(&request.caller, permissions::WRITE_GROUPS)?;
    }
    let names = given.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
    store.write(|connection| {
        let mut group = groups::find(connection, id)?;
        groups::edit(connection, &mut group, &changes).map_err(of_group)?;
        members::take_in(connection, &mut group, &come)?;
        request.record(connection, "update group", &group.id, &names)
    })?;
    Ok(Answer::no_content())
}

/// `DELETE /groups/{id}`.
pub fn delete(store: &Store, request: &Request, id: &str) -> Result<Answer, GraphError> {
    permissions::require(&request.caller, permissions::WRITE_GROUPS)?;
    store.write(|connection| {
        let mut group = groups::find(connection, id)?;
        if group.synced == Some(true) {
            return Err(DirectoryError::OnPremisesMastered { property: "group".to_owned() }.into());
        }
        request.record(connection, "delete group", &group.id, &group.display_name)?;
        Ok::<_, GraphError>(groups::delete(connection, &mut group, request.seconds())?)
    })?;
    Ok(Answer::no_content())
}

/// `POST /groups/{id}/assignLicense`. All of it is done, or nothing.
pub fn assign_licence(store: &Store, request: &Request, id: &str) -> Result<Answer, GraphError> {
    permissions::require(&request.caller, permissions::ASSIGN_GROUP_LICENCES)?;
    let licences::Change { add, remove } = licences::change(request)?;
    let (tenant, group) = store.write(|connection| {
        let mut group = groups::find(connection, id)?;
        for sku in &remove {
            licensing::remove_from_group(connection, &mut group, sku)?;
        }
        for (sku, disabled) in &add {
            licensing::assign_to_group(connection, &mut group, sku, disabled, request.seconds())?;
        }
        request.record(connection, "assign licences", &group.id, &format!("{} added, {} removed", add.len(), remove.len()))?;
        Ok::<_, GraphError>((organization::load(connection)?, groups::find(connection, id)?))
    })?;
    let group = Object::Group(Box::new(group));
    let mut answer = Answer::ok(listing::entity(request, &group, &query::default_selection(&GROUP), &tenant.name));
    answer.status = 202;
    Ok(answer)
}

fn new_group(mut properties: Map<String, Value>) -> Result<NewGroup, GraphError> {
    let types = properties.remove("groupTypes").unwrap_or_default();
    let types: Vec<&str> = types.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if let Some(foreign) = types.iter().find(|kind| !kind.eq_ignore_ascii_case("Unified")) {
        return Err(of_group(DirectoryError::invalid("groupTypes", foreign, "only Unified is taken, or none")));
    }
    let mut boolean = |name: &str| match properties.remove(name) {
        Some(Value::Bool(value)) => Ok(value),
        other => Err(of_group(DirectoryError::invalid(name, &other.unwrap_or_default().to_string(), "it is of another type"))),
    };
    let (mail_enabled, security_enabled) = (boolean("mailEnabled")?, boolean("securityEnabled")?);
    let mut text = |name: &str| properties.remove(name).and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default();
    Ok(NewGroup {
        display_name: text("displayName"),
        nickname: text("mailNickname"),
        unified: !types.is_empty(),
        mail_enabled,
        security_enabled,
        more: properties,
    })
}

/// The directory's error, told of a group instead of a user.
fn of_group(error: DirectoryError) -> GraphError {
    let mut error = GraphError::from(error);
    error.message = error.message.replace("resource 'User'", "resource 'Group'");
    error
}
