//! In which groups an object is, and which roles it holds: listed, checked, as ids.

use rusqlite::Connection;
use serde_json::{Value, json};

use super::answer::{Answer, GraphError};
use super::members::{Window, among};
use super::request::Request;
use super::{listing, permissions, query, render};
use crate::directory::members::{self, Position};
use crate::directory::objects::{self, Object};
use crate::directory::{Group, ObjectKind, Role, groups, roles, users};
use crate::store::{Store, organization};

/// Groups that one `checkMemberGroups` names at most.
const CHECKED_MAX: usize = 20;
/// Ids that `getMemberGroups` answers at most.
const IDS_MAX: usize = 11_000;

/// `…/memberOf`, `…/transitiveMemberOf`. Roles come before groups. `only`: what the path casts to.
pub fn list(store: &Store, request: &Request, subject: &Subject<'_>, nested: bool, only: Option<&str>) -> Result<Answer, GraphError> {
    subject.require(request)?;
    let window = Window::read(request)?;
    let (tenant, roles, numbers, found) = store.read(|connection| {
        let object = subject.find(connection)?;
        let roles = if only == Some("group") { Vec::new() } else { roles_of(connection, &object)? };
        let numbers = if only == Some("directoryRole") { Vec::new() } else { members::groups_of(connection, &object.reference(), nested)? };
        let behind = window.after.map_or(0, |after| after.number);
        let page: Vec<i64> = numbers.iter().copied().filter(|number| *number > behind).take(window.page + 1).collect();
        let found: Result<Vec<_>, _> = page.iter().take(window.page).map(|number| groups::by_number(connection, *number)).collect();
        let more = page.len() > window.page;
        Ok::<_, GraphError>((organization::load(connection)?, roles, numbers, (found?, more)))
    })?;
    let (found, more) = found;
    let groups: Vec<Group> = found.into_iter().flatten().collect();
    let next = groups.last().filter(|_| more).map(|last| Position { kind: ObjectKind::Group, number: last.number });
    let count = window.count.then_some(roles.len() + numbers.len());
    let first = window.after.is_none();
    let roles = roles.into_iter().filter(|_| first).map(render::role);
    let values = roles.chain(groups.into_iter().map(|group| among(request, &Object::Group(Box::new(group)), &tenant.name))).collect();
    let path = request.path.join("/");
    let next = next.map(|position| query::next_link(request, &path, &position));
    Ok(listing::collection_page(request.url("$metadata#directoryObjects"), count, next, values))
}

/// `…/checkMemberGroups`: which of the groups named hold the object, directly or by groups within groups.
pub fn check(store: &Store, request: &Request, subject: &Subject<'_>) -> Result<Answer, GraphError> {
    subject.require(request)?;
    let body = request.object()?;
    let wanted = body.get("groupIds").and_then(Value::as_array);
    let wanted = wanted.ok_or_else(|| GraphError::bad_request("A list is needed for groupIds."))?;
    if wanted.len() > CHECKED_MAX {
        return Err(GraphError::bad_request(format!("{} groups are named in groupIds; {CHECKED_MAX} are taken.", wanted.len())));
    }
    let held = store.read(|connection| ids(connection, &subject.find(connection)?, false))?;
    let found = wanted.iter().filter(|id| id.as_str().is_some_and(|id| held.iter().any(|held| held.eq_ignore_ascii_case(id))));
    Ok(strings(request, found.cloned().collect()))
}

/// `…/getMemberGroups` and, with `roles`, `…/getMemberObjects`.
pub fn ids_of(store: &Store, request: &Request, subject: &Subject<'_>, roles: bool) -> Result<Answer, GraphError> {
    subject.require(request)?;
    let security = request.object()?.get("securityEnabledOnly").and_then(Value::as_bool).unwrap_or_default();
    let mut found = store.read(|connection| {
        let object = subject.find(connection)?;
        let mut found = ids(connection, &object, security)?;
        if roles {
            found.extend(roles_of(connection, &object)?.into_iter().map(|role| role.template.to_owned()));
        }
        Ok::<_, GraphError>(found)
    })?;
    if found.len() > IDS_MAX {
        let message = "The result holds more ids than can be answered; use transitiveMemberOf.";
        return Err(GraphError::new(400, "Directory_ResultSizeLimitExceeded", message));
    }
    found.sort_unstable();
    Ok(strings(request, found.into_iter().map(Value::from).collect()))
}

/// Whose memberships are asked for.
pub struct Subject<'a> {
    /// Its kind; `None`: any.
    pub kind: Option<ObjectKind>,
    /// Its id, or the UPN of a user.
    pub name: &'a str,
}

impl Subject<'_> {
    fn find(&self, connection: &Connection) -> Result<Object, GraphError> {
        if self.kind == Some(ObjectKind::User) {
            return Ok(Object::User(Box::new(users::find(connection, self.name)?)));
        }
        Ok(objects::find(connection, self.kind, self.name)?)
    }

    fn require(&self, request: &Request) -> Result<(), GraphError> {
        let own = self.kind == Some(ObjectKind::User) && request.caller.user_id.as_deref() == Some(self.name);
        if own && permissions::require(&request.caller, permissions::READ_SELF).is_ok() {
            return Ok(());
        }
        let accepted =
            if self.kind == Some(ObjectKind::Contact) { permissions::READ_CONTACT_MEMBERSHIPS } else { permissions::READ_MEMBERSHIPS };
        permissions::require(&request.caller, accepted)
    }
}

fn ids(connection: &Connection, object: &Object, security_only: bool) -> Result<Vec<String>, GraphError> {
    let groups = members::groups_holding(connection, &object.reference(), true)?;
    Ok(groups.into_iter().filter(|group| !security_only || group.security_enabled).map(|group| group.id).collect())
}

fn roles_of(connection: &Connection, object: &Object) -> Result<Vec<&'static Role>, GraphError> {
    match object {
        Object::User(user) => Ok(roles::of(connection, user)?),
        Object::Group(_) | Object::Contact(_) => Ok(Vec::new()),
    }
}

fn strings(request: &Request, values: Vec<Value>) -> Answer {
    Answer::ok(json!({"@odata.context": request.url("$metadata#Collection(Edm.String)"), "value": values}))
}
