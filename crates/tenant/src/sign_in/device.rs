//! Letting a device in: the code that it shows is typed here, where there is a browser (RFC 8628 section 3.3).

use askama::Template;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use samesign_web::session::Cookie;
use samesign_web::{Notice, NoticeKind, Page, Shell};
use serde::Deserialize;

use super::error::PageError;
use super::forms::{self, Fields};
use super::person::{self, Person};
use super::{Destination, change, open_shell, shell};
use crate::clock;
use crate::context::Context;
use crate::identity::device::{self, Pending};
use crate::store::changes;

/// What the device may have put into the address that it shows.
#[derive(Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    user_code: String,
}

#[derive(Template)]
#[template(path = "sign_in/device.html")]
struct CodeBody<'a> {
    csrf: &'a str,
    user_code: &'a str,
    wrong: bool,
}

#[derive(Template)]
#[template(path = "sign_in/device_confirm.html")]
struct ConfirmBody<'a> {
    csrf: &'a str,
    app: &'a str,
    user_code: &'a str,
    upn: &'a str,
}

#[derive(Template)]
#[template(path = "sign_in/device_done.html")]
struct DoneBody<'a> {
    title: &'a str,
    text: &'a str,
}

/// `GET /devicelogin`: asks for the code; with one that waits, and somebody signed in, asks whether to let the device in.
pub async fn show(
    State(context): State<Context>,
    headers: HeaderMap,
    asked: Result<Query<Asked>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, PageError> {
    let Query(Asked { user_code }) = asked.unwrap_or_default();
    let user_code = user_code.trim().to_owned();
    if user_code.is_empty() {
        return ask(&headers, "", false);
    }
    let Some(pending) = find(&context, user_code.clone()).await? else { return ask(&headers, &user_code, true) };
    let destination = Destination::Device { user_code };
    match person::find(&context, &headers).await? {
        None => Ok(Redirect::to(&destination.sign_in()).into_response()),
        Some(person) if person.must_change => Ok(Redirect::to(&change::address(&destination)).into_response()),
        Some(person) => Ok(confirm(&person, &pending, &destination)),
    }
}

/// `POST /devicelogin`: the code that was typed.
pub async fn submit(State(context): State<Context>, request: Request) -> Result<Response, PageError> {
    let (request, fields) = forms::check_open(request).await?;
    let user_code = fields.required("user_code")?.to_owned();
    match find(&context, user_code.clone()).await? {
        Some(_) => Ok(Redirect::to(&Destination::Device { user_code }.address()).into_response()),
        None => ask(request.headers(), &user_code, true),
    }
}

/// `POST /devicelogin/answer`: yes or no.
pub async fn answer(State(context): State<Context>, request: Request) -> Result<Response, PageError> {
    let start = || Redirect::to("/devicelogin").into_response();
    let Some(cookie) = Cookie::Session.read(request.headers()) else { return Ok(start()) };
    let Some(person) = person::find(&context, request.headers()).await?.filter(|person| !person.must_change) else { return Ok(start()) };
    let request = forms::check(request, &cookie).await?;
    let fields = request.extensions().get::<Fields>().cloned().unwrap_or_default();
    let user_code = fields.required("user_code")?.to_owned();
    let yes = match fields.required("answer")? {
        "yes" => true,
        "no" => false,
        _ => return Err(PageError::Incomplete),
    };
    let decided = context.blocking(move |context| decide(context, &person, &user_code, yes).map(|taken| (person, taken)));
    match decided.await?? {
        (_, false) => ask(request.headers(), "", true),
        (person, true) if yes => Ok(done(&person, "The device is signed in", "You can close this page and go on at the device.")),
        (person, true) => Ok(done(&person, "The device was not let in", "Nothing was given to it. You can close this page.")),
    }
}

fn decide(context: &Context, person: &Person, user_code: &str, yes: bool) -> Result<bool, PageError> {
    let now = clock::now().as_second();
    context.store.write(|connection| {
        let Some(pending) = device::pending(connection, user_code, now)? else { return Ok(false) };
        let decide = if yes { device::approve } else { device::refuse };
        let action = if yes { "let a device in" } else { "refuse a device" };
        changes::audit(connection, now, &person.user.upn, action, &person.user.upn, &pending.client_name)?;
        Ok(decide(connection, user_code, person.user.number, now)?)
    })
}

async fn find(context: &Context, user_code: String) -> Result<Option<Pending>, PageError> {
    let find =
        move |context: &Context| context.store.read(|connection| Ok(device::pending(connection, &user_code, clock::now().as_second())?));
    context.blocking(find).await?
}

fn ask(headers: &HeaderMap, user_code: &str, wrong: bool) -> Result<Response, PageError> {
    let (csrf, cookie) = forms::open(headers)?;
    let text = "This code is not known, or it is more than 15 minutes old. Look at the device again: it may show a new one.";
    let notice = wrong.then(|| Notice { kind: NoticeKind::Refused, text: text.to_owned() });
    let status = if wrong { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    let shell = Shell { notice, ..open_shell() };
    let page = Page { shell: &shell, title: "Sign in on another device", body: CodeBody { csrf: &csrf, user_code, wrong } };
    Ok(([(header::SET_COOKIE, cookie)], page.with_status(status)).into_response())
}

fn confirm(person: &Person, pending: &Pending, destination: &Destination) -> Response {
    let Destination::Device { user_code } = destination else { return Redirect::to("/devicelogin").into_response() };
    let body = ConfirmBody { csrf: &person.csrf, app: &pending.client_name, user_code, upn: &person.user.upn };
    Page { shell: &shell(person), title: "Let a device in", body }.into_response()
}

fn done(person: &Person, title: &str, text: &str) -> Response {
    Page { shell: &shell(person), title, body: DoneBody { title, text } }.into_response()
}
