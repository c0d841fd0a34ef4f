//! Members and owners of a group: listed, taken in, taken out.

use rusqlite::Connection;
use serde_json::{Map, Value};

use super::answer::{Answer, GraphError};
use super::query::{self, PAGE_DEFAULT};
use super::request::Request;
use super::{listing, permissions, render, token};
use crate::directory::members::{self, Position};
use crate::directory::objects::{self, Object};
use crate::directory::{DirectoryError, Group, ObjectKind, ObjectRef, groups, users};
use crate::store::{Store, organization};

/// References in one request at most, as at the service.
const REFERENCES_MAX: usize = 20;

/// `GET /groups/{id}/members`, of one kind or of all. Reads one page, however large the group is.
pub fn list(store: &Store, request: &Request, id: &str, kind: Option<ObjectKind>, path: &str) -> Result<Answer, GraphError> {
    permissions::require(&request.caller, permissions::READ_MEMBERS)?;
    let window = Window::read(request)?;
    let (tenant, found, count) = store.read(|connection| {
        let group = groups::find(connection, id)?;
        let count = if window.count { Some(members::count(connection, &group, kind)?) } else { None };
        let positions = members::page(connection, &group, kind, window.after, window.page + 1)?;
        Ok::<_, GraphError>((organization::load(connection)?, window.cut(positions, connection)?, count))
    })?;
    Ok(window.answer(request, path, found, count, &tenant.name))
}

/// `GET /groups/{id}/transitiveMembers`, of one kind or of all. Walks every group within.
pub fn list_transitive(store: &Store, request: &Request, id: &str, kind: Option<ObjectKind>, path: &str) -> Result<Answer, GraphError> {
    permissions::require(&request.caller, permissions::READ_MEMBERS)?;
    let window = Window::read(request)?;
    let (tenant, found, count) = store.read(|connection| {
        let group = groups::find(connection, id)?;
        let all = of_kind(members::transitive(connection, &group)?, kind);
        let count = window.count.then_some(all.len());
        let behind = all
            .into_iter()
            .map(|member| Position { kind: member.kind, number: member.number })
            .filter(|position| window.after.is_none_or(|after| (position.kind, position.number) > (after.kind, after.number)));
        let positions = behind.take(window.page + 1).collect();
        Ok::<_, GraphError>((organization::load(connection)?, window.cut(positions, connection)?, count))
    })?;
    Ok(window.answer(request, path, found, count, &tenant.name))
}

/// `GET /groups/{id}/members/$count`.
pub fn count(store: &Store, request: &Request, id: &str, kind: Option<ObjectKind>) -> Result<Answer, GraphError> {
    permissions::require(&request.caller, permissions::READ_MEMBERS)?;
    listing::require_eventual(request)?;
    let count = store.read(|connection| members::count(connection, &groups::find(connection, id)?, kind))?;
    Ok(Answer::text(count.to_string()))
}

/// `GET /groups/{id}/transitiveMembers/$count`.
pub fn count_transitive(store: &Store, request: &Request, id: &str, kind: Option<ObjectKind>) -> Result<Answer, GraphError> {
    permissions::require(&request.caller, permissions::READ_MEMBERS)?;
    listing::require_eventual(request)?;
    let all = store.read(|connection| members::transitive(connection, &groups::find(connection, id)?))?;
    Ok(Answer::text(of_kind(all, kind).len().to_string()))
}

/// `POST /groups/{id}/members/$ref`.
pub fn add(store: &Store, request: &Request, id: &str) -> Result<Answer, GraphError> {
    permissions::require(&request.caller, permissions::WRITE_MEMBERS)?;
    let wanted = [referred(request)?];
    store.write(|connection| {
        let mut group = groups::find(connection, id)?;
        take_in(connection, &mut group, &wanted)?;
        request.record(connection, "add member", &group.id, &wanted.concat())
    })?;
    Ok(Answer::no_content())
}

/// `DELETE /groups/{id}/members/{id}/$ref`.
pub fn remove(store: &Store, request: &Request, id: &str, member: &str) -> Result<Answer, GraphError> {
    permissions::require(&request.caller, permissions::WRITE_MEMBERS)?;
    store.write(|connection| {
        let mut group = groups::find(connection, id)?;
        refuse_synced(&group)?;
        let object = members::find(connection, member)?;
        if members::change(connection, &mut group, &[], &[object])? == 0 {
            return Err(GraphError::not_found(member));
        }
        request.record(connection, "remove member", &group.id, member)
    })?;
    Ok(Answer::no_content())
}

/// `GET /groups/{id}/owners`.
pub fn owners(store: &Store, request: &Request, id: &str) -> Result<Answer, GraphError> {
    permissions::require(&request.caller, permissions::READ_MEMBERS)?;
    let (tenant, owners) = store.read(|connection| {
        let group = groups::find(connection, id)?;
        Ok::<_, GraphError>((organization::load(connection)?, members::owners(connection, &group)?))
    })?;
    let shown = owners.into_iter().map(|owner| among(request, &Object::User(Box::new(owner)), &tenant.name)).collect();
    Ok(listing::collection(request, "directoryObjects", shown))
}

/// `POST /groups/{id}/owners/$ref`.
pub fn add_owner(store: &Store, request: &Request, id: &str) -> Result<Answer, GraphError> {
    permissions::require(&request.caller, permissions::WRITE_GROUPS)?;
    let wanted = referred(request)?;
    store.write(|connection| {
        let group = groups::find(connection, id)?;
        make_owner(connection, &group, &wanted)?;
        request.record(connection, "add owner", &group.id, &wanted)
    })?;
    Ok(Answer::no_content())
}

/// `DELETE /groups/{id}/owners/{id}/$ref`.
pub fn remove_owner(store: &Store, request: &Request, id: &str, owner: &str) -> Result<Answer, GraphError> {
    permissions::require(&request.caller, permissions::WRITE_GROUPS)?;
    store.write(|connection| {
        let group = groups::find(connection, id)?;
        if !members::remove_owner(connection, &group, &users::find(connection, owner)?)? {
            return Err(GraphError::not_found(owner));
        }
        request.record(connection, "remove owner", &group.id, owner)
    })?;
    Ok(Answer::no_content())
}

/// Makes objects members: all of them, or none where one is a member already or does not exist.
pub fn take_in(connection: &Connection, group: &mut Group, ids: &[String]) -> Result<(), GraphError> {
    if ids.is_empty() {
        return Ok(());
    }
    refuse_synced(group)?;
    let mut come = Vec::new();
    for id in ids {
        let object = members::find(connection, id)?;
        if come.contains(&object) || members::is_member(connection, group, &object)? {
            return Err(exists_already("members"));
        }
        come.push(object);
    }
    members::change(connection, group, &come, &[])?;
    Ok(())
}

/// Makes a user an owner.
pub fn make_owner(connection: &Connection, group: &Group, id: &str) -> Result<(), GraphError> {
    let new = members::add_owner(connection, group, &users::find(connection, id)?)?;
    if new { Ok(()) } else { Err(exists_already("owners")) }
}

/// The ids that an `…@odata.bind` in a body refers to.
pub fn bound(body: &Map<String, Value>, name: &str) -> Result<Vec<String>, GraphError> {
    let Some(list) = body.get(name).and_then(Value::as_array) else { return Ok(Vec::new()) };
    if list.len() > REFERENCES_MAX {
        return Err(GraphError::bad_request(format!("{} references are given for {name}; {REFERENCES_MAX} are taken.", list.len())));
    }
    let ids: Option<Vec<_>> = list.iter().map(|url| url.as_str().and_then(id_in)).collect();
    ids.ok_or_else(|| GraphError::bad_request(format!("Each reference in {name} must be the URL of an object.")))
}

/// The object in `@odata.id`, a URL.
fn referred(request: &Request) -> Result<String, GraphError> {
    let reference = request.object()?.get("@odata.id").and_then(Value::as_str).and_then(id_in);
    reference.ok_or_else(|| GraphError::bad_request("An @odata.id with the URL of an object is needed."))
}

/// The id at the end of a URL: `…/directoryObjects/id`, `…/users('id')`.
pub fn id_in(url: &str) -> Option<String> {
    let last = url.trim_end_matches('/').rsplit('/').next()?;
    let id = last.strip_suffix("')").and_then(|last| last.split_once("('")).map_or(last, |(_, id)| id);
    Some(id.to_owned()).filter(|id| !id.is_empty())
}

/// An object among others of several types, as lists of members show it.
pub fn among(request: &Request, object: &Object, tenant_name: &str) -> Value {
    let selection = query::selection_among(request, listing::resource_of(object.kind()));
    listing::typed(object.kind(), Value::Object(render::object(object, &selection, tenant_name)))
}

/// Which part of a list of members a request wants.
pub struct Window {
    /// Objects on the page.
    pub page: usize,
    /// Behind this one.
    pub after: Option<Position>,
    /// Whether the number of all is told.
    pub count: bool,
}

impl Window {
    /// Reads `$top`, `$skiptoken` and `$count`.
    pub fn read(request: &Request) -> Result<Self, GraphError> {
        if let Some(option) = ["$expand", "$filter", "$search", "$orderby"].into_iter().find(|option| request.option(option).is_some()) {
            return Err(GraphError::new(400, "Request_UnsupportedQuery", format!("The query option {option} is not supported here.")));
        }
        let after = request.option("$skiptoken").map(|given| token::decode(given).ok_or_else(query::bad_skip_token)).transpose()?;
        let counted = request.option("$count").is_some_and(|count| count.eq_ignore_ascii_case("true"));
        Ok(Self {
            page: request.option("$top").map(query::page_of).transpose()?.unwrap_or(PAGE_DEFAULT),
            count: request.eventual && counted && after.is_none(),
            after,
        })
    }

    /// The objects of the page, and where the next begins; `found` holds one more where there is a next page.
    fn cut(&self, mut found: Vec<Position>, connection: &Connection) -> Result<(Vec<Object>, Option<Position>), GraphError> {
        let more = found.len() > self.page;
        found.truncate(self.page);
        let next = found.last().filter(|_| more).copied();
        Ok((objects::at(connection, &found)?, next))
    }

    fn answer(
        &self,
        request: &Request,
        path: &str,
        (found, next): (Vec<Object>, Option<Position>),
        count: Option<usize>,
        tenant_name: &str,
    ) -> Answer {
        let values = found.iter().map(|object| among(request, object, tenant_name)).collect();
        let next = next.map(|position| query::next_link(request, path, &position));
        listing::collection_page(request.url("$metadata#directoryObjects"), count, next, values)
    }
}

fn of_kind(mut members: Vec<ObjectRef>, kind: Option<ObjectKind>) -> Vec<ObjectRef> {
    members.retain(|member| kind.is_none_or(|kind| kind == member.kind));
    members
}

fn refuse_synced(group: &Group) -> Result<(), GraphError> {
    if group.synced == Some(true) {
        return Err(DirectoryError::OnPremisesMastered { property: "members".to_owned() }.into());
    }
    Ok(())
}

fn exists_already(property: &str) -> GraphError {
    GraphError::bad_request(format!(
        "One or more added object references already exist for the following modified properties: '{property}'."
    ))
}
