//! The sign-in page: first the name, then the password, as people know it.

use std::net::{IpAddr, Ipv4Addr};

use askama::Template;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use samesign_web::session::Cookie;
use samesign_web::{Notice, NoticeKind, Page, Shell};
use samesign_wire::Secret;

use super::departure::{self, Departure};
use super::discovery::{Asked, Lead};
use super::error::{PageError, sentence};
use super::forms;
use super::{Destination, change, onward, open_shell};
use crate::context::Context;
use crate::directory::{acceleration, federation};
use crate::identity::apps::{self, App};
use crate::identity::sessions;
use crate::identity::sign_in::{Attempt, SignInError, SignedIn, Via, sign_in};
use crate::server::Peer;
use crate::store::federation::Federation;
use crate::store::organization;
use crate::{clock, random};

#[derive(Template)]
#[template(path = "sign_in/name.html")]
struct NameBody<'a> {
    csrf: &'a str,
    to: &'a str,
    app: Option<&'a str>,
    upn: &'a str,
    domain: &'a str,
    service: Option<(&'a str, String)>,
}

#[derive(Template)]
#[template(path = "sign_in/password.html")]
struct PasswordBody<'a> {
    csrf: &'a str,
    to: &'a str,
    app: Option<&'a str>,
    upn: &'a str,
    other: &'a str,
    wrong: bool,
}

/// `GET /sign-in`
pub async fn show(
    State(context): State<Context>,
    headers: HeaderMap,
    asked: Result<Query<Asked>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, PageError> {
    let Query(asked) = asked.unwrap_or_default();
    let view = View::load(&context, &headers, asked.destination()).await?;
    let lead = context.blocking(move |context: &Context| context.store.read(|connection| asked.lead(connection))).await??;
    match lead {
        Lead::Away(federation, name) => view.depart(&context, &headers, &federation, name.as_deref(), false).await,
        Lead::Password(name) => Ok(view.password(&name, None)),
        Lead::Name => Ok(view.name("")),
    }
}

/// Where somebody of this name signs in, when that is not here.
async fn realm(context: &Context, upn: &str) -> Result<Option<Box<Federation>>, PageError> {
    let upn = upn.to_owned();
    let read = move |context: &Context| context.store.read(|connection| federation::realm_of_name(connection, &upn));
    Ok(departure::settings(context.blocking(read).await??)?)
}

/// `POST /sign-in`: the name alone leads to the page for the password.
pub async fn submit(State(context): State<Context>, request: Request) -> Result<Response, PageError> {
    let (request, fields) = forms::check_open(request).await?;
    let view = View::load(&context, request.headers(), Destination::parse(fields.given("to").unwrap_or_default())).await?;
    let upn = fields.required("upn")?;
    let password = Secret::new(fields.exact("password").unwrap_or_default().to_owned());
    if upn.is_empty() {
        return Ok(view.name(""));
    }
    // INVARIANT: before any password is looked at.
    if let Some(federation) = realm(&context, upn).await? {
        return view.depart(&context, request.headers(), &federation, Some(upn), true).await;
    }
    if password.expose().is_empty() {
        return Ok(view.password(upn, None));
    }
    let client = view.client();
    let attempt = Attempt { upn, password, address: peer(&request), client: &client, via: view.via() };
    match sign_in(&context, attempt).await? {
        Ok(signed_in) => view.enter(&context, signed_in, Cookie::Session.read(request.headers())).await,
        Err(reason) => Ok(view.password(upn, Some(reason))),
    }
}

/// The address a request comes from.
pub fn peer(request: &Request) -> IpAddr {
    request.extensions().get::<Peer>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0)
}

/// Begins a session in place of the one that the browser may have had, and answers its cookie: none outlives a sign-in, so that
/// nobody can wait inside one that was planted.
pub async fn begin_session(context: &Context, user: i64, before: Option<String>) -> Result<HeaderValue, PageError> {
    let token = random::token()?;
    let cookie = Cookie::Session.set(&token);
    let begin = move |context: &Context| {
        context.store.write(|connection| {
            if let Some(before) = before {
                sessions::end(connection, &before)?;
            }
            sessions::begin(connection, &token, user, clock::now().as_second())
        })
    };
    context.blocking(begin).await??;
    Ok(cookie)
}

/// What both pages need to know.
struct View {
    destination: Destination,
    app: Option<App>,
    tenant_name: String,
    /// The domain of most people's names, as an example.
    domain: String,
    /// The service that this page is skipped for, while nobody wants it.
    accelerated: Option<Box<Federation>>,
    csrf: String,
    cookie: HeaderValue,
}

impl View {
    async fn load(context: &Context, headers: &HeaderMap, destination: Destination) -> Result<Self, PageError> {
        let client_id = destination.client_id().map(str::to_owned);
        let read = move |context: &Context| {
            context.store.read(|connection| -> Result<_, PageError> {
                let app = client_id.map(|id| apps::find(connection, &id)).transpose()?.flatten();
                let domain = organization::domains(connection)?.into_iter().find(|domain| domain.standard);
                let accelerated = acceleration::find(connection)?.and_then(|policy| policy.service);
                Ok((app, organization::load(connection)?.name, domain.map(|domain| domain.name).unwrap_or_default(), accelerated))
            })
        };
        let (app, tenant_name, domain, accelerated) = context.blocking(read).await??;
        let (csrf, cookie) = forms::open(headers)?;
        Ok(Self { destination, app, tenant_name, domain, accelerated, csrf, cookie })
    }

    async fn depart(
        &self,
        context: &Context,
        headers: &HeaderMap,
        federation: &Federation,
        name: Option<&str>,
        after_form: bool,
    ) -> Result<Response, PageError> {
        departure::depart(context, headers, Departure { federation, destination: &self.destination, name, after_form }).await
    }

    fn name(&self, upn: &str) -> Response {
        let to = self.destination.to_string();
        let app = self.app.as_ref().map(|app| app.name.as_str());
        let service = self.accelerated.as_ref().map(|service| (service.brand(), self.destination.sign_in_at(&service.domain)));
        let body = NameBody { csrf: &self.csrf, to: &to, app, upn, domain: &self.domain, service };
        self.finish(Page { shell: &self.shell(None), title: "Sign in", body }.into_response())
    }

    fn password(&self, upn: &str, refusal: Option<SignInError>) -> Response {
        let (to, other) = (self.destination.to_string(), self.destination.sign_in_as_another());
        let body = PasswordBody {
            csrf: &self.csrf,
            to: &to,
            app: self.app.as_ref().map(|app| app.name.as_str()),
            upn,
            other: &other,
            wrong: refusal == Some(SignInError::Wrong),
        };
        let shell = self.shell(refusal.map(notice));
        let status = refusal.map_or(StatusCode::OK, status);
        self.finish(Page { shell: &shell, title: "Enter your password", body }.with_status(status))
    }

    async fn enter(&self, context: &Context, signed_in: SignedIn, before: Option<String>) -> Result<Response, PageError> {
        let session = begin_session(context, signed_in.user.number, before).await?;
        let answer = if signed_in.must_change {
            Redirect::to(&change::address(&self.destination)).into_response()
        } else {
            onward(&self.destination.clone().fulfilled(), "You are signed in")
        };
        Ok(([(header::SET_COOKIE, session)], answer).into_response())
    }

    fn shell(&self, notice: Option<Notice>) -> Shell {
        Shell { place: self.tenant_name.clone(), notice, ..open_shell() }
    }

    fn finish(&self, response: Response) -> Response {
        ([(header::SET_COOKIE, self.cookie.clone())], response).into_response()
    }

    fn via(&self) -> Via {
        match self.destination {
            Destination::Portal => Via::Portal,
            Destination::Device { .. } => Via::DeviceCode,
            Destination::Account | Destination::Authorize { .. } => Via::Page,
        }
    }

    /// For the sign-in log; a made-up client id is not written there.
    fn client(&self) -> String {
        match (&self.destination, &self.app) {
            (Destination::Portal, _) => "portal".to_owned(),
            (Destination::Device { .. }, _) => "device login".to_owned(),
            (Destination::Authorize { .. }, Some(app)) => app.client_id.clone(),
            (Destination::Authorize { .. }, None) | (Destination::Account, _) => "my account".to_owned(),
        }
    }
}

/// Why the person is not in, and what to do.
pub fn notice(refusal: SignInError) -> Notice {
    let text = match refusal {
        SignInError::Wrong => "The name or the password is wrong.".to_owned(),
        SignInError::Locked { wait_seconds } => {
            format!("Too many wrong passwords were tried for this account. Try again in {}.", wait(wait_seconds))
        }
        SignInError::TooManyFromHere { wait_seconds } => {
            format!("Too many wrong passwords came from your network. Try again in {}.", wait(wait_seconds))
        }
        SignInError::Disabled => "This account may not sign in at present. Ask your administrator.".to_owned(),
        SignInError::MustChange { .. } | SignInError::Federated => sentence(&refusal.to_string()),
    };
    Notice { kind: NoticeKind::Refused, text }
}

/// The status that goes with it.
pub fn status(refusal: SignInError) -> StatusCode {
    match refusal {
        SignInError::Wrong => StatusCode::UNAUTHORIZED,
        SignInError::Locked { .. } | SignInError::TooManyFromHere { .. } => StatusCode::TOO_MANY_REQUESTS,
        SignInError::Disabled | SignInError::MustChange { .. } | SignInError::Federated => StatusCode::FORBIDDEN,
    }
}

/// A time to wait, in words. Minutes are rounded up: who comes back then is let in.
fn wait(seconds: i64) -> String {
    match seconds {
        ..=1 => "a second".to_owned(),
        2..=90 => format!("{seconds} seconds"),
        _ => format!("{} minutes", (seconds + 59) / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::wait;

    #[test]
    fn a_wait_is_told_in_words_and_never_too_short() {
        assert_eq!(
            [0, 1, 2, 60, 90, 91, 120, 121, 900].map(wait),
            ["a second", "a second", "2 seconds", "60 seconds", "90 seconds", "2 minutes", "2 minutes", "3 minutes", "15 minutes"]
        );
    }
}
