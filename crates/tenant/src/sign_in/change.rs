//! A password that was handed out by someone else has to be replaced before anything else.

use askama::Template;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use samesign_web::session::Cookie;
use samesign_web::{Notice, NoticeKind, Page, Shell};
use samesign_wire::Secret;
use serde::Deserialize;

use super::error::{PageError, sentence};
use super::forms::{self, Fields};
use super::person::{self, Person};
use super::{Destination, onward, pages, shell};
use crate::context::Context;
use crate::identity::sign_in::change_password;

/// Where the person is on the way to.
#[derive(Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    to: String,
}

#[derive(Template)]
#[template(path = "sign_in/change.html")]
struct ChangeBody<'a> {
    title: &'a str,
    action: &'a str,
    csrf: &'a str,
    upn: &'a str,
    to: &'a str,
    forced: bool,
    managed_elsewhere: bool,
}

/// The address of the page, on the way to a place.
pub fn address(destination: &Destination) -> String {
    format!("/password?to={}", utf8_percent_encode(&destination.to_string(), NON_ALPHANUMERIC))
}

/// `GET /password`
pub async fn show(
    State(context): State<Context>,
    headers: HeaderMap,
    asked: Result<Query<Asked>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, PageError> {
    let Query(Asked { to }) = asked.unwrap_or_default();
    let destination = Destination::parse(&to);
    match person::find(&context, &headers).await? {
        None => Ok(Redirect::to(&destination.sign_in()).into_response()),
        Some(person) if person.must_change => Ok(page(&person, &Form::Forced(&destination), None)),
        Some(_) => Ok(Redirect::to(&destination.fulfilled().address()).into_response()),
    }
}

/// `POST /password`
pub async fn change(State(context): State<Context>, request: Request) -> Result<Response, PageError> {
    let sign_in = || Redirect::to(&Destination::Account.sign_in()).into_response();
    let Some(cookie) = Cookie::Session.read(request.headers()) else { return Ok(sign_in()) };
    let Some(person) = person::find(&context, request.headers()).await? else { return Ok(sign_in()) };
    let request = forms::check(request, &cookie).await?;
    let fields = request.extensions().get::<Fields>().cloned().unwrap_or_default();
    let destination = Destination::parse(fields.given("to").unwrap_or_default());
    // Anyone at an unlocked screen could change it otherwise: the current password is not asked for here.
    if !person.must_change {
        return Ok(Redirect::to(&destination.fulfilled().address()).into_response());
    }
    match replace(&context, &person, &fields).await? {
        Ok(session) => Ok(([(header::SET_COOKIE, session)], onward(&destination.fulfilled(), "Your password was changed")).into_response()),
        Err(text) => Ok(page(&person, &Form::Forced(&destination), Some(text))),
    }
}

/// Sets the password that was typed twice. Every other session of the person ends, and this one gets a new cookie.
pub async fn replace(context: &Context, person: &Person, fields: &Fields) -> Result<Result<axum::http::HeaderValue, String>, PageError> {
    let password = Secret::new(fields.exact("new")?.to_owned());
    if password.expose() != fields.exact("again")? {
        return Ok(Err("The two passwords are not the same.".to_owned()));
    }
    match change_password(context, &person.user, password).await? {
        Ok(()) => Ok(Ok(pages::begin_session(context, person.user.number, None).await?)),
        Err(refused) => Ok(Err(sentence(&refused.to_string()))),
    }
}

/// Which of the two pages for a new password.
pub enum Form<'a> {
    /// After the sign-in, on the way to somewhere.
    Forced(&'a Destination),
    /// By the person's own wish, with the current password.
    Wished,
}

/// The page, with why the form before was refused.
pub fn page(person: &Person, form: &Form<'_>, refusal: Option<String>) -> Response {
    let (action, to, forced) = match form {
        Form::Forced(destination) => ("/password", destination.to_string(), true),
        Form::Wished => ("/account/password", String::new(), false),
    };
    let title = if forced { "Choose a new password" } else { "Change your password" };
    let body = ChangeBody {
        title,
        action,
        csrf: &person.csrf,
        upn: &person.user.upn,
        to: &to,
        forced,
        managed_elsewhere: person.user.synced == Some(true),
    };
    let status = if refusal.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    let notice = refusal.map(|text| Notice { kind: NoticeKind::Refused, text });
    Page { shell: &Shell { notice, ..shell(person) }, title, body }.with_status(status)
}
