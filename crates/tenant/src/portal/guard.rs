//! Who may see the portal, and which forms it takes.
//!
//! INVARIANT: every route but the sign-in is behind [`require_administrator`], and every change of state is a POST.

use std::collections::HashMap;

use axum::body::Body;
use axum::extract::{FromRequest, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use rusqlite::Connection;
use samesign_web::csrf;
use samesign_web::session::Cookie;

use super::error::PortalError;
use crate::clock;
use crate::context::Context;
use crate::directory::{Role, User, roles};
use crate::identity::{passwords, sessions};
use crate::origin::Origin;
use crate::store::{organization, users};

/// The administrator behind a request.
#[derive(Clone)]
pub struct SignedIn {
    /// Row number of the user.
    pub number: i64,
    /// userPrincipalName.
    pub upn: String,
    /// The token that the session's forms carry.
    pub csrf: String,
    /// The tenant's name, for the head of the page.
    pub tenant_name: String,
    /// The password was handed out by someone else: nothing but changing it is allowed.
    pub must_change_password: bool,
    /// The session lasts on because it is in use.
    extend: bool,
}

/// The fields of a form whose origin was checked.
#[derive(Clone, Debug, Default)]
pub struct Fields(HashMap<String, String>);

impl Fields {
    /// A field that the form must have, without white space at its ends.
    pub fn required(&self, name: &str) -> Result<&str, PortalError> {
        self.0.get(name).map(|value| value.trim()).ok_or(PortalError::Incomplete)
    }

    /// A field, unless it is absent or blank.
    pub fn given(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// A field exactly as it was typed: for passwords.
    pub fn exact(&self, name: &str) -> Result<&str, PortalError> {
        self.0.get(name).map(String::as_str).ok_or(PortalError::Incomplete)
    }
}

/// Lets administrators through, with [`SignedIn`] and, for forms, [`Fields`]; sends everyone else to the sign-in.
pub async fn require_administrator(
    State(context): State<Context>,
    Extension(Origin(origin)): Extension<Origin>,
    request: Request,
    next: Next,
) -> Response {
    match admit(&context, &origin, request).await {
        Ok(request) => next.run(request).await,
        Err(answer) => answer,
    }
}

/// The request with what was found out, or the answer in its place.
async fn admit(context: &Context, origin: &str, mut request: Request) -> Result<Request, Response> {
    let elsewhere = |path| Redirect::to(path).into_response();
    let session = Cookie::Session.read(request.headers()).ok_or_else(|| elsewhere("/portal/sign-in"))?;
    let signed_in = look_up(context, &session).await.map_err(IntoResponse::into_response)?;
    let signed_in = signed_in.ok_or_else(|| elsewhere("/portal/sign-in"))?;
    let path = request.uri().path();
    if signed_in.must_change_password && path != "/portal/password" && path != "/portal/sign-out" {
        return Err(elsewhere("/portal/password"));
    }
    request.extensions_mut().insert(signed_in);
    if request.method() == Method::GET || request.method() == Method::HEAD {
        return Ok(request);
    }
    check_form(request, &session, origin).await.map_err(IntoResponse::into_response)
}

/// Takes the form apart, refuses a foreign one, and hands its fields on.
pub(super) async fn check_form(request: Request, session: &str, origin: &str) -> Result<Request, PortalError> {
    if !csrf::sent_by_us(request.headers(), origin) {
        return Err(PortalError::ForeignForm);
    }
    let (parts, body) = request.into_parts();
    let whole = Request::from_parts(parts.clone(), body);
    let Form(fields) = Form::<HashMap<String, String>>::from_request(whole, &()).await.map_err(|_| PortalError::Incomplete)?;
    let given = fields.get("csrf").map(String::as_str).unwrap_or_default();
    if !csrf::token_is_right(session, given) {
        return Err(PortalError::ForeignForm);
    }
    let mut request = Request::from_parts(parts, Body::empty());
    request.extensions_mut().insert(Fields(fields));
    Ok(request)
}

async fn look_up(context: &Context, session: &str) -> Result<Option<SignedIn>, PortalError> {
    let session = session.to_owned();
    let look_up = move |context: &Context| {
        let now = clock::now().as_second();
        let found = context.store.read(|connection| find(connection, &session, now))?;
        if found.as_ref().is_some_and(|signed_in| signed_in.extend) {
            context.store.write(|connection| sessions::extend(connection, &session, now))?;
        }
        Ok(found)
    };
    context.blocking(look_up).await?
}

/// The right is looked up each time, so that one who loses the role is out at once.
fn find(connection: &Connection, session: &str, now: i64) -> Result<Option<SignedIn>, PortalError> {
    let Some((id, extend)) = sessions::user(connection, session, now)? else { return Ok(None) };
    let Some(user) = users::by_id(connection, &id)?.filter(|user| user.live() && user.enabled) else { return Ok(None) };
    if !may_administer(connection, &user)? {
        return Ok(None);
    }
    let must_change_password = passwords::stored(connection, user.number)?.is_some_and(|stored| stored.is_one_time());
    let tenant_name = organization::load(connection)?.name;
    Ok(Some(SignedIn { number: user.number, upn: user.upn, csrf: csrf::token(session), tenant_name, must_change_password, extend }))
}

/// The portal changes everything, so it takes the role that may.
pub fn may_administer(connection: &Connection, user: &User) -> Result<bool, PortalError> {
    let global = Role::find(roles::GLOBAL_ADMINISTRATOR);
    Ok(roles::of(connection, user)?.into_iter().any(|role| Some(role) == global))
}
