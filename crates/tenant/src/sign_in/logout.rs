//! Sign-out: by the button on our pages, and by the end-session endpoint of OpenID Connect (RP-Initiated Logout 1.0).

use askama::Template;
use axum::Extension;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use form_urlencoded::Serializer;
use samesign_web::session::Cookie;
use samesign_web::{Page, Shell};
use serde::{Deserialize, Serialize};

use super::error::PageError;
use super::forms::{self, Fields};
use super::person::{self, Person};
use super::{Destination, farewell, open_shell, shell};
use crate::clock;
use crate::context::Context;
use crate::identity::{apps, sessions};
use crate::origin::Origin;
use crate::store::changes;

/// What an application says when it sends somebody here.
#[derive(Default, Deserialize)]
pub struct Asked {
    post_logout_redirect_uri: Option<String>,
    state: Option<String>,
    id_token_hint: Option<String>,
    client_id: Option<String>,
}

impl Asked {
    /// Reads a query. What is not known is ignored.
    pub fn parse(query: &str) -> Self {
        let mut asked = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let place = match name.as_ref() {
                "post_logout_redirect_uri" => &mut asked.post_logout_redirect_uri,
                "state" => &mut asked.state,
                "id_token_hint" => &mut asked.id_token_hint,
                "client_id" => &mut asked.client_id,
                _ => continue,
            };
            *place = Some(value.into_owned());
        }
        asked
    }
}

/// The parts of an ID token that say who it was for.
#[derive(Clone, Deserialize)]
struct Hint {
    aud: String,
    oid: Option<String>,
}

#[derive(Template)]
#[template(path = "sign_in/sign_out.html")]
struct SignOutBody<'a> {
    csrf: &'a str,
    upn: &'a str,
    action: &'a str,
    way_back: &'a WayBack,
}

#[derive(Template)]
#[template(path = "sign_in/signed_out.html")]
struct SignedOutBody<'a> {
    back: Option<&'a str>,
}

/// `POST /sign-out`: the button at the top of our pages.
pub async fn sign_out(
    State(context): State<Context>,
    Extension(Origin(origin)): Extension<Origin>,
    request: Request,
) -> Result<Response, PageError> {
    let Some(cookie) = Cookie::Session.read(request.headers()) else { return Ok(Redirect::to("/sign-in").into_response()) };
    let person = person::find(&context, request.headers()).await?;
    let request = forms::check(request, &cookie).await?;
    let to = request.extensions().get::<Fields>().and_then(|fields| fields.given("to").map(Destination::parse));
    let elsewhere = end(&context, &origin, cookie, person).await?;
    let answer = match to {
        Some(destination) => Redirect::to(&destination.sign_in()).into_response(),
        None => signed_out(elsewhere.as_deref()),
    };
    Ok(with_cleared_cookie(answer))
}

/// `GET /{tenant}/oauth2/v2.0/logout`
///
/// Any page on the internet can send a browser here, so a person is asked, unless the application shows that it knows who is signed
/// in: by an ID token of this very person.
pub async fn show(
    State(context): State<Context>,
    Extension(Origin(origin)): Extension<Origin>,
    Path(tenant): Path<String>,
    headers: HeaderMap,
    asked: Result<Query<Asked>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, PageError> {
    let Query(asked) = asked.unwrap_or_default();
    begin(&context, &origin, &tenant, &headers, asked).await
}

/// What an application asks for is done at once, or the person is asked.
pub async fn begin(context: &Context, origin: &str, tenant: &str, headers: &HeaderMap, asked: Asked) -> Result<Response, PageError> {
    let hint: Option<Hint> = asked.id_token_hint.as_deref().and_then(|token| context.token_key.open(token));
    let way_back = WayBack {
        client: hint.as_ref().map(|hint| hint.aud.clone()).or(asked.client_id),
        address: asked.post_logout_redirect_uri,
        state: asked.state,
    };
    let Some(person) = person::find(context, headers).await? else {
        return Ok(with_cleared_cookie(leave(way_back.check(context).await?)));
    };
    let known = hint.and_then(|hint| hint.oid).is_some_and(|id| id == person.user.id);
    match Cookie::Session.read(headers) {
        Some(cookie) if known => {
            let elsewhere = end(context, origin, cookie, Some(person)).await?;
            Ok(with_cleared_cookie(match elsewhere {
                Some(elsewhere) => farewell::remember(&way_back, Redirect::to(&elsewhere).into_response()),
                None => leave(way_back.check(context).await?),
            }))
        }
        _ => Ok(ask(&person, tenant, &way_back)),
    }
}

/// `POST /{tenant}/oauth2/v2.0/logout`: the answer to the page above.
pub async fn submit(
    State(context): State<Context>,
    Extension(Origin(origin)): Extension<Origin>,
    request: Request,
) -> Result<Response, PageError> {
    let Some(cookie) = Cookie::Session.read(request.headers()) else { return Ok(signed_out(None)) };
    let person = person::find(&context, request.headers()).await?;
    let request = forms::check(request, &cookie).await?;
    let fields = request.extensions().get::<Fields>().cloned().unwrap_or_default();
    let given = |name| fields.given(name).map(str::to_owned);
    let way_back = WayBack { client: given("client"), address: given("back"), state: given("state") };
    let elsewhere = end(&context, &origin, cookie, person).await?;
    Ok(with_cleared_cookie(match elsewhere {
        Some(elsewhere) => farewell::remember(&way_back, signed_out(Some(&elsewhere))),
        None => signed_out(way_back.check(&context).await?.as_deref()),
    }))
}

/// Ends the session of this browser. It is the only one, so every page and application of the browser that asks here is signed out.
/// Answers where the browser has to go to be signed out at the service that the session began at.
async fn end(context: &Context, origin: &str, cookie: String, person: Option<Person>) -> Result<Option<String>, PageError> {
    let origin = origin.to_owned();
    let end = move |context: &Context| {
        context.store.write(|connection| -> Result<_, PageError> {
            let elsewhere = sessions::elsewhere(connection, &cookie)?;
            sessions::end(connection, &cookie)?;
            let away = match (elsewhere, &person) {
                (Some(elsewhere), Some(person)) => farewell::address(context, connection, &elsewhere, &person.user, &origin)?,
                _ => None,
            };
            if let Some(Person { user, .. }) = person {
                changes::audit(connection, clock::now().as_second(), &user.upn, "sign out", &user.upn, "browser")?;
            }
            Ok(away)
        })
    };
    context.blocking(end).await?
}

/// Where an application wants the browser back. Nothing of it is true before it is checked.
#[derive(Default, Serialize, Deserialize)]
pub struct WayBack {
    client: Option<String>,
    /// Where to.
    pub address: Option<String>,
    state: Option<String>,
}

impl WayBack {
    /// The address with its state, when the application that is named has registered it.
    pub async fn check(self, context: &Context) -> Result<Option<String>, PageError> {
        let Self { client, address: Some(address), state } = self else { return Ok(None) };
        let look_up = move |context: &Context| {
            context.store.read(|connection| {
                let app = client.map(|client| apps::find(connection, &client)).transpose()?.flatten();
                let known = app.map(|app| apps::redirect_is_registered(connection, &app, &address)).transpose()?;
                Ok(known.unwrap_or_default().then(|| with_state(&address, state.as_deref())))
            })
        };
        context.blocking(look_up).await?
    }
}

fn with_state(address: &str, state: Option<&str>) -> String {
    let Some(state) = state else { return address.to_owned() };
    let query = Serializer::new(String::new()).append_pair("state", state).finish();
    let separator = if address.contains('?') { '&' } else { '?' };
    format!("{address}{separator}{query}")
}

fn ask(person: &Person, tenant: &str, way_back: &WayBack) -> Response {
    let tenant = percent_encoding::utf8_percent_encode(tenant, percent_encoding::NON_ALPHANUMERIC);
    let action = format!("/{tenant}/oauth2/v2.0/logout");
    let body = SignOutBody { csrf: &person.csrf, upn: &person.user.upn, action: &action, way_back };
    Page { shell: &shell(person), title: "Sign out", body }.into_response()
}

/// Without a form before it, a browser may be sent to another site at once.
pub fn leave(back: Option<String>) -> Response {
    match back {
        Some(address) => Redirect::to(&address).into_response(),
        None => signed_out(None),
    }
}

/// The page after a sign-out.
pub fn signed_out(back: Option<&str>) -> Response {
    let shell = Shell { onward: back.map(str::to_owned), ..open_shell() };
    Page { shell: &shell, title: "Signed out", body: SignedOutBody { back } }.into_response()
}

/// The same answer to a browser that has no session any more.
pub fn with_cleared_cookie(mut response: Response) -> Response {
    let clear: HeaderValue = Cookie::Session.clear();
    response.headers_mut().append(header::SET_COOKIE, clear);
    response
}
