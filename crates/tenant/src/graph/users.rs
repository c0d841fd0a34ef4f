//! Users: listed, read, made, changed, deleted.

use serde_json::Value;

use super::answer::{Answer, GraphError};
use super::query::{self, Selection};
use super::request::Request;
use super::{body, listing, permissions};
use crate::directory::objects::Object;
use crate::directory::properties::USER;
use crate::directory::{DirectoryError, NewUser, ObjectKind, User, users};
use crate::identity::passwords;
use crate::store::listing::Shelf;
use crate::store::{Store, organization};

/// What the service requires of a new user.
const REQUIRED: [&str; 4] = ["accountEnabled", "displayName", "mailNickname", "userPrincipalName"];

/// `GET /users`.
pub fn list(store: &Store, request: &Request) -> Result<Answer, GraphError> {
    permissions::require(&request.caller, permissions::READ_USERS)?;
    listing::page(store, request, ObjectKind::User, Shelf::Live, "users")
}

/// `GET /users/$count`, and of deleted users.
pub fn count(store: &Store, request: &Request, shelf: Shelf) -> Result<Answer, GraphError> {
    permissions::require(&request.caller, permissions::READ_USERS)?;
    listing::count(store, request, ObjectKind::User, shelf)
}

/// `GET /users/{id or UPN}`, and `/me`.
pub fn get(store: &Store, request: &Request, name: &str) -> Result<Answer, GraphError> {
    require_read(request, name)?;
    if request.option("$expand").is_some() {
        return Err(GraphError::new(400, "Request_UnsupportedQuery", "The query option $expand is not supported here."));
    }
    let selection = query::selection(request, false, &USER)?;
    let (tenant, user) = store.read(|connection| Ok::<_, GraphError>((organization::load(connection)?, users::find(connection, name)?)))?;
    Ok(Answer::ok(entity(request, user, &selection, &tenant.name)))
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
    Ok(Answer::created(entity(request, user, &query::default_selection(&USER), &tenant.name), location))
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
pub fn entity(request: &Request, user: User, selection: &Selection, tenant_name: &str) -> Value {
    listing::entity(request, &Object::User(Box::new(user)), selection, tenant_name)
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
