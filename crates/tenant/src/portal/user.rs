//! One user: what is known, who masters it, its licences and its usage location.

use askama::Template;
use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use rusqlite::Connection;
use samesign_web::{Page, Shell};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::error::PortalError;
use super::guard::{Fields, SignedIn};
use super::notice::{Done, refused};
use super::related::{self, Holding, Waiting};
use super::sign_ins::Attempted;
use super::status::Status;
use super::{Section, readable_time, shell};
use crate::clock;
use crate::context::Context;
use crate::directory::{DirectoryError, Sku, User, groups, licensing, roles, users};
use crate::identity::{log, passwords, refresh, sessions};
use crate::store::changes;
use crate::store::licences::{self, Seats};

/// Sign-ins that are shown.
const SIGN_INS: usize = 5;

/// The message for the top of the page.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    done: Option<Done>,
}

/// A licence that the user holds, or could be given.
struct Licence {
    sku: &'static str,
    title: &'static str,
}

#[derive(Template)]
#[template(path = "portal/user.html")]
struct UserBody {
    csrf: String,
    id: String,
    display_name: String,
    upn: String,
    enabled: bool,
    status: Status,
    synced: bool,
    was_synced: bool,
    source: Vec<(&'static str, String)>,
    details: Vec<(&'static str, String)>,
    waiting: Vec<Waiting>,
    groups: Vec<Holding>,
    more_groups: usize,
    inherited: Vec<(&'static str, String)>,
    roles: Vec<&'static str>,
    location: String,
    held: Vec<Licence>,
    offered: Vec<Licence>,
    password: &'static str,
    password_changed: Option<String>,
    own: bool,
    sign_ins: Vec<Attempted>,
    all_sign_ins: String,
}

/// `GET /portal/users/{id}`
pub async fn show(
    State(context): State<Context>,
    Extension(signed_in): Extension<SignedIn>,
    Path(id): Path<String>,
    asked: Result<Query<Asked>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, PortalError> {
    let Query(asked) = asked.unwrap_or_default();
    page(&context, signed_in, id, asked.done.map(Done::notice)).await
}

/// `POST /portal/users/{id}/location`
pub async fn set_location(
    State(context): State<Context>,
    Extension(signed_in): Extension<SignedIn>,
    Extension(fields): Extension<Fields>,
    Path(id): Path<String>,
) -> Result<Response, PortalError> {
    let location = fields.required("location")?.to_owned();
    let edit = move |connection: &Connection, user: &mut User| {
        let changes = Map::from_iter([("usageLocation".to_owned(), Value::from(location))]);
        users::edit(connection, user, &changes)
    };
    change(context, signed_in, id, "set usage location", "location-set", edit).await
}

/// `POST /portal/users/{id}/licences`
pub async fn give_licence(
    State(context): State<Context>,
    Extension(signed_in): Extension<SignedIn>,
    Extension(fields): Extension<Fields>,
    Path(id): Path<String>,
) -> Result<Response, PortalError> {
    let sku = fields.required("sku")?.to_owned();
    let give = move |connection: &Connection, user: &mut User| licensing::assign(connection, user, &sku, &[], clock::now().as_second());
    change(context, signed_in, id, "assign licence", "licence-given", give).await
}

/// `POST /portal/users/{id}/licences/remove`
pub async fn take_licence(
    State(context): State<Context>,
    Extension(signed_in): Extension<SignedIn>,
    Extension(fields): Extension<Fields>,
    Path(id): Path<String>,
) -> Result<Response, PortalError> {
    let sku = fields.required("sku")?.to_owned();
    let take = move |connection: &Connection, user: &mut User| licensing::remove(connection, user, &sku);
    change(context, signed_in, id, "remove licence", "licence-taken", take).await
}

/// `POST /portal/users/{id}/sign-in`: allows or blocks it.
pub async fn set_sign_in(
    State(context): State<Context>,
    Extension(signed_in): Extension<SignedIn>,
    Extension(fields): Extension<Fields>,
    Path(id): Path<String>,
) -> Result<Response, PortalError> {
    let (enabled, action, done) = match fields.required("sign_in")? {
        "allow" => (true, "allow sign-in", "sign-in-allowed"),
        "block" => (false, "block sign-in", "sign-in-blocked"),
        _ => return Err(PortalError::Incomplete),
    };
    let own = signed_in.id.clone();
    let set = move |connection: &Connection, user: &mut User| {
        if user.id == own {
            return Err(DirectoryError::invalid("sign-in", "blocked", "this is your own account, and you would be locked out"));
        }
        if user.synced == Some(true) {
            return Err(DirectoryError::OnPremisesMastered { property: "sign-in".to_owned() });
        }
        users::edit(connection, user, &Map::from_iter([("accountEnabled".to_owned(), Value::from(enabled))]))?;
        if !enabled {
            sessions::end_all(connection, user.number)?;
            refresh::revoke_user(connection, user.number)?;
        }
        Ok(())
    };
    change(context, signed_in, id, action, done, set).await
}

/// `POST /portal/users/{id}/delete`: to deletedItems, from where it can be restored.
pub async fn delete(
    State(context): State<Context>,
    Extension(signed_in): Extension<SignedIn>,
    Path(id): Path<String>,
) -> Result<Response, PortalError> {
    let own = signed_in.id.clone();
    let delete = move |connection: &Connection, user: &mut User| {
        if user.id == own {
            return Err(DirectoryError::invalid("user", &user.upn, "this is your own account, and you would be locked out"));
        }
        if user.synced == Some(true) {
            return Err(DirectoryError::OnPremisesMastered { property: "the user".to_owned() });
        }
        sessions::end_all(connection, user.number)?;
        refresh::revoke_user(connection, user.number)?;
        users::delete(connection, user, clock::now().as_second())
    };
    change(context, signed_in, id, "delete user", "user-deleted", delete).await
}

/// Changes the user and shows its page again: with what was done, or with why it was refused.
async fn change(
    context: Context,
    signed_in: SignedIn,
    id: String,
    action: &'static str,
    done: &'static str,
    work: impl FnOnce(&Connection, &mut User) -> Result<(), DirectoryError> + Send + 'static,
) -> Result<Response, PortalError> {
    let (user_id, actor) = (id.clone(), signed_in.upn.clone());
    let changed = context.blocking(move |context| {
        context.store.write(|connection| -> Result<(), PortalError> {
            let mut user = find(connection, &user_id)?;
            work(connection, &mut user)?;
            Ok(changes::audit(connection, clock::now().as_second(), &actor, action, &user.upn, "portal")?)
        })
    });
    match changed.await? {
        Ok(()) if done == "user-deleted" => Ok(Redirect::to(&format!("/portal/deleted?done={done}")).into_response()),
        Ok(()) => Ok(Redirect::to(&format!("/portal/users/{id}?done={done}")).into_response()),
        Err(error @ PortalError::Directory(DirectoryError::NotFound { .. })) => Err(error),
        Err(error) => match error.refusal() {
            Some(text) => page(&context, signed_in, id, Some(refused(text))).await,
            None => Err(error),
        },
    }
}

/// The page, with a message at the top.
pub async fn page(
    context: &Context,
    signed_in: SignedIn,
    id: String,
    notice: Option<samesign_web::Notice>,
) -> Result<Response, PortalError> {
    let by = signed_in.clone();
    let body = context.blocking(move |context| context.store.read(|connection| body(connection, &id, &by))).await??;
    let status = match &notice {
        Some(notice) if notice.kind == samesign_web::NoticeKind::Refused => StatusCode::BAD_REQUEST,
        _ => StatusCode::OK,
    };
    let shell = Shell { notice, ..shell(&signed_in, Section::Users) };
    let title = body.display_name.clone();
    Ok(Page { shell: &shell, title: &title, body }.with_status(status))
}

/// By id alone: a name could contain a slash.
pub fn find(connection: &Connection, id: &str) -> Result<User, PortalError> {
    let user = crate::store::users::by_id(connection, id)?.filter(User::live);
    user.ok_or_else(|| DirectoryError::NotFound { what: id.to_owned() }.into())
}

fn body(connection: &Connection, id: &str, signed_in: &SignedIn) -> Result<UserBody, PortalError> {
    let user = find(connection, id)?;
    let seats = licences::seats(connection)?;
    let roles = roles::of(connection, &user)?.into_iter().map(|role| role.name).collect();
    let stored = passwords::stored(connection, user.number)?;
    let held: Vec<Licence> = user
        .licences
        .iter()
        .filter_map(|licence| Sku::find(&licence.sku))
        .map(|sku| Licence { sku: sku.part_number, title: sku.title })
        .collect();
    let (groups, more_groups) = related::groups_of(connection, &user.reference())?;
    Ok(UserBody {
        csrf: signed_in.csrf.clone(),
        own: user.id == signed_in.id,
        id: user.id.clone(),
        display_name: user.display_name.clone(),
        upn: user.upn.clone(),
        enabled: user.enabled,
        status: Status::of(&user),
        synced: user.synced == Some(true),
        was_synced: user.synced == Some(false),
        source: source(&user),
        details: details(&user),
        waiting: related::waiting(connection, &user.parked)?,
        groups,
        more_groups,
        inherited: inherited(connection, &user)?,
        roles,
        location: user.usage_location.clone().unwrap_or_default(),
        offered: offered(&seats, &held),
        held,
        password: password_text(stored.as_ref()),
        password_changed: stored.as_ref().and_then(|stored| readable_time(stored.changed())),
        sign_ins: Attempted::list(connection, log::of_user(connection, &user.id, SIGN_INS)?)?,
        all_sign_ins: super::sign_ins::address(&user.upn),
    })
}

/// Whose password it is, and whether it opens anything yet.
fn password_text(stored: Option<&passwords::Stored>) -> &'static str {
    match stored {
        None => "None in this tenant",
        Some(stored) if stored.is_synced() => "Synced: the same as in Windows",
        Some(stored) if stored.is_one_time() => "One-time, to be changed at the next sign-in",
        Some(_) => "Set in this tenant",
    }
}

/// Licences the user does not hold yet, as long as there is a seat.
fn offered(seats: &[Seats], held: &[Licence]) -> Vec<Licence> {
    let with_seats = seats.iter().filter(|seats| seats.taken < seats.owned).filter_map(|seats| Sku::find(&seats.sku));
    let open = with_seats.filter(|sku| !held.iter().any(|held| held.sku == sku.part_number));
    let mut offered: Vec<Licence> = open.map(|sku| Licence { sku: sku.part_number, title: sku.title }).collect();
    offered.sort_by_key(|offered| offered.title);
    offered
}

/// Where a synchronized user comes from.
fn source(user: &User) -> Vec<(&'static str, String)> {
    let texts = [
        ("Distinguished name", "onPremisesDistinguishedName"),
        ("Domain", "onPremisesDomainName"),
        ("Account name", "onPremisesSamAccountName"),
        ("Last synchronized", "onPremisesLastSyncDateTime"),
    ];
    let found = texts.into_iter().filter_map(|(label, name)| user.text(name).map(|text| (label, text.to_owned())));
    found.chain(user.anchor.clone().map(|anchor| ("Anchor", anchor))).collect()
}

fn details(user: &User) -> Vec<(&'static str, String)> {
    let texts = [
        ("First name", "givenName"),
        ("Last name", "surname"),
        ("Job title", "jobTitle"),
        ("Department", "department"),
        ("Company", "companyName"),
        ("Office", "officeLocation"),
        ("Mobile", "mobilePhone"),
        ("City", "city"),
        ("Country", "country"),
    ];
    let mut details = vec![("User name", user.upn.clone())];
    details.extend(user.mail.clone().map(|mail| ("E-mail", mail)));
    details.extend(texts.into_iter().filter_map(|(label, name)| user.text(name).map(|text| (label, text.to_owned()))));
    details.extend(other_addresses(&user.addresses()).map(|text| ("Other addresses", text)));
    details.extend(readable_time(user.created).map(|time| ("Created", time)));
    details.push(("Object id", user.id.clone()));
    details
}

/// Addresses besides the primary one, for a person to read.
pub fn other_addresses(addresses: &[&str]) -> Option<String> {
    let others: Vec<&str> =
        addresses.iter().filter(|address| !address.starts_with("SMTP:")).map(|address| address.trim_start_matches("smtp:")).collect();
    (!others.is_empty()).then(|| others.join(", "))
}

/// Licences that the user has through groups, each with the group's name.
fn inherited(connection: &Connection, user: &User) -> Result<Vec<(&'static str, String)>, DirectoryError> {
    let mut inherited = Vec::new();
    for (group, licence) in &user.inherited {
        let group = groups::find(connection, group)?;
        inherited.extend(Sku::find(&licence.sku).map(|sku| (sku.title, group.display_name)));
    }
    Ok(inherited)
}
