//! Sign-in to the portal and out of it.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::{FromRef, Request, State as FromState};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use samesign_web::session::Cookie;
use samesign_web::{Page, Shell, csrf};
use samesign_wire::Secret;

use super::attempts::Attempts;
use super::error::PortalError;
use super::guard::{self, Fields, SignedIn};
use super::notice::refused;
use crate::context::Context;
use crate::identity::passwords::{self, Checked, Stored};
use crate::identity::sessions;
use crate::origin::Origin;
use crate::server::Peer;
use crate::store::{changes, users};
use crate::{clock, random};

/// What the portal's handlers share.
#[derive(Clone)]
pub struct State {
    pub context: Context,
    pub attempts: Arc<Attempts>,
}

impl FromRef<State> for Context {
    fn from_ref(state: &State) -> Self {
        state.context.clone()
    }
}

#[derive(Template)]
#[template(path = "portal/sign_in.html")]
struct SignInBody<'a> {
    csrf: String,
    upn: &'a str,
}

/// Why a sign-in did not succeed, for the page.
enum Refused {
    Wait(i64),
    Wrong,
    NoRole,
}

/// `GET /portal/sign-in`
pub async fn show() -> Result<Response, PortalError> {
    form("", None)
}

/// `POST /portal/sign-in`
pub async fn sign_in(
    FromState(State { context, attempts }): FromState<State>,
    Extension(Origin(origin)): Extension<Origin>,
    request: Request,
) -> Result<Response, PortalError> {
    let address = request.extensions().get::<Peer>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0);
    let form_cookie = Cookie::Form.read(request.headers()).ok_or(PortalError::ForeignForm)?;
    let request = guard::check_form(request, &form_cookie, &origin).await?;
    let fields = request.extensions().get::<Fields>().cloned().unwrap_or_default();
    let upn = fields.required("upn")?.to_owned();
    let password = Secret::new(fields.exact("password")?.to_owned());
    match verify(&context, &attempts, &upn, password, address).await? {
        Ok(session) => Ok(([(header::SET_COOKIE, Cookie::Session.set(&session))], Redirect::to("/portal/users")).into_response()),
        Err(reason) => form(&upn, Some(reason)),
    }
}

/// `POST /portal/sign-out`
pub async fn sign_out(
    FromState(context): FromState<Context>,
    signed_in: Extension<SignedIn>,
    headers: HeaderMap,
) -> Result<Response, PortalError> {
    if let Some(session) = Cookie::Session.read(&headers) {
        let upn = signed_in.upn.clone();
        let end = move |context: &Context| {
            context.store.write(|connection| {
                sessions::end(connection, &session)?;
                changes::audit(connection, clock::now().as_second(), &upn, "sign out", &upn, "portal")
            })
        };
        context.blocking(end).await??;
    }
    Ok(([(header::SET_COOKIE, Cookie::Session.clear())], Redirect::to("/portal/sign-in")).into_response())
}

/// The page with a fresh form; the old form's token ends with it.
fn form(upn: &str, reason: Option<Refused>) -> Result<Response, PortalError> {
    let token = random::token()?;
    let (status, text) = match reason {
        None => (StatusCode::OK, None),
        Some(Refused::Wait(seconds)) => {
            (StatusCode::TOO_MANY_REQUESTS, Some(format!("Too many wrong passwords. Try again in {seconds} seconds.")))
        }
        Some(Refused::Wrong) => (StatusCode::UNAUTHORIZED, Some("The name or the password is wrong.".to_owned())),
        Some(Refused::NoRole) => {
            (StatusCode::FORBIDDEN, Some("This account may not use the portal: it needs the role Global Administrator.".to_owned()))
        }
    };
    let shell = Shell { product: "samesign tenant", home: "/portal/users", notice: text.map(refused), ..Shell::default() };
    let page = Page { shell: &shell, title: "Sign in", body: SignInBody { csrf: csrf::token(&token), upn } };
    Ok(([(header::SET_COOKIE, Cookie::Form.set(&token))], page.with_status(status)).into_response())
}

/// The token of a new session, or why there is none.
async fn verify(
    context: &Context,
    attempts: &Attempts,
    upn: &str,
    password: Secret,
    address: IpAddr,
) -> Result<Result<String, Refused>, PortalError> {
    let wait = attempts.wait_seconds(upn, address, clock::now().as_second());
    if wait > 0 {
        return Ok(Err(Refused::Wait(wait)));
    }
    // Counted before it is checked: guesses sent at the same time all count.
    attempts.failed(upn, address, clock::now().as_second());
    let permit =
        context.password_checks.clone().acquire_owned().await.map_err(|_| PortalError::Interrupted(crate::context::Interrupted))?;
    let name = upn.to_owned();
    let session = context.blocking(move |context| {
        let _permit = permit;
        check(context, &name, &password)
    });
    let session = session.await??;
    if !matches!(session, Err(Refused::Wrong)) {
        attempts.succeeded(upn);
    }
    Ok(session)
}

fn check(context: &Context, upn: &str, password: &Secret) -> Result<Result<String, Refused>, PortalError> {
    let found = context.store.read(|connection| -> Result<_, PortalError> {
        let Some(user) = users::by_upn(connection, upn)?.filter(|user| user.live() && user.enabled) else { return Ok(None) };
        let stored: Option<Stored> = passwords::stored(connection, user.number)?;
        Ok(Some((guard::may_administer(connection, &user)?, stored, user)))
    })?;
    let stored = found.as_ref().and_then(|(_, stored, _)| stored.as_ref());
    let right = matches!(passwords::check(stored, password.expose()), Checked::Right { .. });
    match found {
        Some((true, _, user)) if right => {
            let session = random::token()?;
            let now = clock::now().as_second();
            context.store.write(|connection| -> Result<_, PortalError> {
                sessions::begin(connection, &session, user.number, now)?;
                Ok(changes::audit(connection, now, &user.upn, "sign in", &user.upn, "portal")?)
            })?;
            Ok(Ok(session))
        }
        Some((false, ..)) if right => Ok(Err(Refused::NoRole)),
        _ => Ok(Err(Refused::Wrong)),
    }
}
