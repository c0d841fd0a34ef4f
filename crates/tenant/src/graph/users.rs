//! Users: listed, read, made, changed, deleted.

use serde_json::{Map, Value, json};

use super::answer::{Answer, GraphError};
use super::query::{self, ListQuery, Selection};
use super::request::Request;
use super::{body, permissions, render};
use crate::directory::{DirectoryError, NewUser, User, users};
use crate::identity::passwords;
use crate::store::users::{self as rows, Query, Shelf};
use crate::store::{Store, organization};

/// What the service requires of a new user.
const REQUIRED: [&str; 4] = ["accountEnabled", "displayName", "mailNickname", "userPrincipalName"];

/// `GET /users`.
pub fn list(store: &Store, request: &Request) -> Result<Answer, GraphError> {
    permissions::require(&request.caller, permissions::READ_USERS)?;
    page(store, request, Shelf::Live, "users", "users")
}

/// A page of users. `path`: of the list, for links; `set`: what the context names.
pub fn page(store: &Store, request: &Request, shelf: Shelf, path: &str, set: &str) -> Result<Answer, GraphError> {
    let wanted = ListQuery::read(request)?;
    let query =
        Query { shelf, condition: wanted.condition.as_ref(), order: wanted.order, after: wanted.after.as_ref(), rows_max: wanted.page + 1 };
    let (tenant, mut found, count) = store.read(|connection| {
        let count = if wanted.count { Some(rows::count(connection, shelf, wanted.condition.as_ref())?) } else { None };
        Ok::<_, GraphError>((organization::load(connection)?, rows::list(connection, &query)?, count))
    })?;
    let more = found.len() > wanted.page;
    found.truncate(wanted.page);
    let mut answer = Map::new();
    answer.insert("@odata.context".to_owned(), Value::from(context(request, set, &wanted.selection, false)));
    if let Some(count) = count {
        answer.insert("@odata.count".to_owned(), Value::from(count));
    }
    if let Some(last) = found.last().filter(|_| more) {
        let link = ListQuery::next_link(request, path, &rows::after(last, wanted.order));
        answer.insert("@odata.nextLink".to_owned(), Value::from(link));
    }
    let users = found.iter().map(|user| Value::Object(render::user(user, &wanted.selection, &tenant.name)));
    answer.insert("value".to_owned(), users.collect());
    Ok(Answer::ok(Value::Object(answer)))
}

/// `GET /users/$count`, and of deleted users.
pub fn count(store: &Store, request: &Request, shelf: Shelf) -> Result<Answer, GraphError> {
    permissions::require(&request.caller, permissions::READ_USERS)?;
    if !request.eventual {
        return Err(GraphError::bad_request("$count is not currently supported without the header ConsistencyLevel: eventual."));
    }
    let filter = request.option("$filter").map(super::filter::parse).transpose()?;
    let count = store.read(|connection| rows::count(connection, shelf, filter.as_ref().map(|filter| &filter.condition)))?;
    Ok(Answer::text(count.to_string()))
}

/// `GET /users/{id or UPN}`, and `/me`.
pub fn get(store: &Store, request: &Request, name: &str) -> Result<Answer, GraphError> {
    require_read(request, name)?;
    if request.option("$expand").is_some() {
        return Err(GraphError::new(400, "Request_UnsupportedQuery", "The query option $expand is not supported here."));
    }
    let selection = query::selection(request, false)?;
    let (tenant, user) = store.read(|connection| Ok::<_, GraphError>((organization::load(connection)?, users::find(connection, name)?)))?;
    Ok(Answer::ok(entity(request, &user, &selection, &tenant.name)))
}

/// `POST /users`.
pub fn create(store: &Store, request: &Request) -> Result<Answer, GraphError> {
    permissions::require(&request.caller, permissions::WRITE_USERS)?;
    let given = request.object()?;
    for property in REQUIRED {
        if given.get(property).is_none_or(Value::is_null) {
            return Err(DirectoryError::Required { property }.into());
        }
    }
    let password = body::password(given)?.ok_or(DirectoryError::Required { property: "passwordProfile" })?;
    let mut properties = body::properties(given);
    let mut take = |name: &str| properties.remove(name).and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default();
    let new =
        NewUser { upn: take("userPrincipalName"), display_name: take("displayName"), enabled: true, properties, ..NewUser::default() };
    let (tenant, user) = store.write(|connection| {
        let user = users::create(connection, new, request.seconds())?;
        set_password(connection, &user, &password, request)?;
        request.record(connection, "create user", &user.id, &user.upn)?;
        Ok::<_, GraphError>((organization::load(connection)?, user))
    })?;
    let location = request.url(&format!("users/{}", user.id));
    Ok(Answer::created(entity(request, &user, &query::default_selection(), &tenant.name), location))
}

/// `PATCH /users/{id or UPN}`.
pub fn update(store: &Store, request: &Request, name: &str) -> Result<Answer, GraphError> {
    permissions::require(&request.caller, permissions::WRITE_USERS)?;
    let given = request.object()?;
    let password = body::password(given)?;
    let properties = body::properties(given);
    let names = given.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
    store.write(|connection| {
        let mut user = users::find(connection, name)?;
        users::edit(connection, &mut user, &properties)?;
        request.record(connection, "update user", &user.id, &names)?;
        match &password {
            Some(_) if user.synced == Some(true) => {
                Err(DirectoryError::OnPremisesMastered { property: "passwordProfile".to_owned() }.into())
            }
            Some(password) => set_password(connection, &user, password, request),
            None => Ok(()),
        }
    })?;
    Ok(Answer::no_content())
}

/// `DELETE /users/{id or UPN}`.
pub fn delete(store: &Store, request: &Request, name: &str) -> Result<Answer, GraphError> {
    permissions::require(&request.caller, permissions::WRITE_USERS)?;
    store.write(|connection| {
        let mut user = users::find(connection, name)?;
        request.record(connection, "delete user", &user.id, &user.upn)?;
        Ok::<_, GraphError>(users::delete(connection, &mut user, request.seconds())?)
    })?;
    Ok(Answer::no_content())
}

/// A single user with its context.
pub fn entity(request: &Request, user: &User, selection: &Selection, tenant_name: &str) -> Value {
    let mut shown = Map::new();
    shown.insert("@odata.context".to_owned(), Value::from(context(request, "users", selection, true)));
    shown.extend(render::user(user, selection, tenant_name));
    Value::Object(shown)
}

/// `@odata.context`: names what was selected.
pub fn context(request: &Request, set: &str, selection: &Selection, entity: bool) -> String {
    let names: Vec<_> = selection.iter().map(|property| property.name).collect();
    let selected = request.option("$select").filter(|names| !names.trim().is_empty()).map(|_| format!("({})", names.join(",")));
    format!("{}{}{}", request.url(&format!("$metadata#{set}")), selected.unwrap_or_default(), if entity { "/$entity" } else { "" })
}

/// A caller may read itself with less.
pub fn require_read(request: &Request, name: &str) -> Result<(), GraphError> {
    let own = request.caller.user_id.as_deref() == Some(name);
    permissions::require(&request.caller, if own { permissions::READ_SELF } else { permissions::READ_USERS })
}

fn set_password(connection: &rusqlite::Connection, user: &User, password: &body::NewPassword, request: &Request) -> Result<(), GraphError> {
    passwords::set(connection, user.number, password.text.expose(), password.one_time, request.now).map_err(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, "a password could not be stored");
        GraphError::internal()
    })
}

/// A collection that is never longer than one page.
pub fn collection(request: &Request, set: &str, values: Vec<Value>) -> Answer {
    Answer::ok(json!({"@odata.context": request.url(&format!("$metadata#{set}")), "value": values}))
}

/// Leaves only the properties named by `$select` in an object whose properties are all shown by default.
pub fn select(request: &Request, mut object: Value) -> Value {
    let names: Option<Vec<_>> =
        request.option("$select").filter(|names| !names.trim().is_empty()).map(|names| names.split(',').map(str::trim).collect());
    if let (Some(names), Some(object)) = (names, object.as_object_mut()) {
        object.retain(|name, _| name.contains('@') || names.iter().any(|wanted| wanted.eq_ignore_ascii_case(name)));
    }
    object
}
