//! My account: who one is, where the account lives, what is known of the password, and the last sign-ins.

use askama::Template;
use axum::extract::{Query, RawQuery, Request, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use rusqlite::Connection;
use samesign_web::session::Cookie;
use samesign_web::{Notice, NoticeKind, Page, Shell};
use samesign_wire::Secret;
use serde::Deserialize;

use super::change::{self, Form};
use super::error::PageError;
use super::forms::{self, Fields};
use super::person::{self, Person};
use super::{Destination, pages, shell};
use crate::context::Context;
use crate::directory::User;
use crate::directory::federation::{self, Realm};
use crate::identity::sign_in::{Attempt, Via, sign_in};
use crate::identity::{log, passwords};
use crate::portal::{Attempted, Status, may_administer, readable_time};

/// Sign-ins that are shown.
const SIGN_INS: usize = 5;

/// What was just done.
#[derive(Default, Deserialize)]
pub struct Asked {
    done: Option<Done>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Done {
    PasswordChanged,
}

#[derive(Template)]
#[template(path = "sign_in/account.html")]
struct AccountBody {
    display_name: String,
    upn: String,
    status: Status,
    synced: bool,
    windows_password: bool,
    changed: Option<String>,
    /// What people call the service that they sign in at, when that is not here.
    elsewhere: Option<String>,
    administrator: bool,
    details: Vec<(&'static str, String)>,
    sign_ins: Vec<Attempted>,
}

/// `GET /account`
pub async fn show(
    State(context): State<Context>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    asked: Result<Query<Asked>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, PageError> {
    let person = match admit(&context, &headers, query.as_deref()).await? {
        Ok(person) => person,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let Query(Asked { done }) = asked.unwrap_or_default();
    let notice = done.map(|Done::PasswordChanged| Notice {
        kind: NoticeKind::Done,
        text: "Your password was changed. Everywhere else you are signed out.".to_owned(),
    });
    let shell = Shell { notice, ..shell(&person) };
    let read = move |context: &Context| context.store.read(|connection| body(connection, &person.user));
    let body = context.blocking(read).await??;
    Ok(Page { shell: &shell, title: "My account", body }.into_response())
}

/// `GET /account/password`
pub async fn show_password(State(context): State<Context>, headers: HeaderMap) -> Result<Response, PageError> {
    Ok(match admit(&context, &headers, None).await? {
        Ok(person) => change::page(&person, &Form::Wished, None),
        Err(elsewhere) => elsewhere,
    })
}

/// `POST /account/password`
pub async fn change_password(State(context): State<Context>, request: Request) -> Result<Response, PageError> {
    let person = match admit(&context, request.headers(), None).await? {
        Ok(person) => person,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let cookie = Cookie::Session.read(request.headers()).ok_or(PageError::ForeignForm)?;
    let address = pages::peer(&request);
    let request = forms::check(request, &cookie).await?;
    let fields = request.extensions().get::<Fields>().cloned().unwrap_or_default();
    // A session left open must not be enough; and who guesses here is counted as on the sign-in page.
    let password = Secret::new(fields.exact("current")?.to_owned());
    let attempt = Attempt { upn: &person.user.upn, password, address, client: "my account", via: Via::Page };
    if let Err(refusal) = sign_in(&context, attempt).await? {
        let text = pages::notice(refusal).text.replace("The name or the password is wrong.", "The current password is wrong.");
        return Ok(change::page(&person, &Form::Wished, Some(text)));
    }
    match change::replace(&context, &person, &fields).await? {
        Ok(session) => Ok(([(header::SET_COOKIE, session)], Redirect::to("/account?done=password-changed")).into_response()),
        Err(text) => Ok(change::page(&person, &Form::Wished, Some(text))),
    }
}

/// The person, or where to go first.
async fn admit(context: &Context, headers: &HeaderMap, query: Option<&str>) -> Result<Result<Person, Response>, PageError> {
    Ok(match person::find(context, headers).await? {
        None => Err(Redirect::to(&Destination::Account.sign_in_as(query)).into_response()),
        Some(person) if person.must_change => Err(Redirect::to(&change::address(&Destination::Account)).into_response()),
        Some(person) => Ok(person),
    })
}

/// What people call the service at which a user signs in, when that is not here.
fn brand(connection: &Connection, user: &User) -> Result<Option<String>, PageError> {
    Ok(match federation::realm_of_name(connection, &user.upn)? {
        Realm::Managed => None,
        Realm::Federated { settings: Some(settings), .. } => Some(settings.brand().to_owned()),
        Realm::Federated { root, settings: None } => Some(root),
    })
}

fn body(connection: &Connection, user: &User) -> Result<AccountBody, PageError> {
    let stored = passwords::stored(connection, user.number)?;
    let windows_password = stored.as_ref().is_some_and(passwords::Stored::is_synced);
    let from_windows = user.text("lastPasswordChangeDateTime").and_then(|text| text.parse::<jiff::Timestamp>().ok());
    let changed = match (windows_password, from_windows) {
        (true, Some(time)) => Some(time.as_second()),
        _ => stored.as_ref().map(passwords::Stored::changed),
    };
    Ok(AccountBody {
        display_name: user.display_name.clone(),
        upn: user.upn.clone(),
        status: Status::of(user),
        synced: user.synced == Some(true),
        windows_password,
        changed: changed.and_then(readable_time),
        elsewhere: brand(connection, user)?,
        administrator: may_administer(connection, user)?,
        details: details(user),
        sign_ins: Attempted::list(connection, log::of_user(connection, &user.id, SIGN_INS)?)?,
    })
}

fn details(user: &User) -> Vec<(&'static str, String)> {
    let texts = [("Job title", "jobTitle"), ("Department", "department"), ("Office", "officeLocation"), ("Mobile", "mobilePhone")];
    let mut details = vec![("Name", user.display_name.clone()), ("User name", user.upn.clone())];
    details.extend(user.mail.clone().map(|mail| ("E-mail", mail)));
    details.extend(texts.into_iter().filter_map(|(label, name)| user.text(name).map(|text| (label, text.to_owned()))));
    details
}
