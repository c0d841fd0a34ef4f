//! Who may see the portal, and which forms it takes.
//!
//! INVARIANT: every route is behind [`require_administrator`], and every change of state is a POST.

use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use rusqlite::Connection;
use samesign_web::session::Cookie;
use samesign_web::{Page, Shell};

use super::error::PortalError;
use crate::context::Context;
use crate::directory::{DirectoryError, Role, User, roles};
pub use crate::sign_in::forms::Fields;
use crate::sign_in::person::{self, Person};
use crate::sign_in::{Destination, PRODUCT, change_address, forms};

/// The administrator behind a request.
#[derive(Clone)]
pub struct SignedIn {
    /// Object id of the user.
    pub id: String,
    /// userPrincipalName.
    pub upn: String,
    /// The token that the session's forms carry.
    pub csrf: String,
    /// The tenant's name, for the head of the page.
    pub tenant_name: String,
}

#[derive(askama::Template)]
#[template(path = "portal/no_role.html")]
struct NoRoleBody<'a> {
    upn: &'a str,
    other: &'a str,
}

/// Lets administrators through, with [`SignedIn`] and, for forms, [`Fields`]; sends everyone else to the sign-in.
pub async fn require_administrator(State(context): State<Context>, request: Request, next: Next) -> Response {
    match admit(&context, request).await {
        Ok(request) => next.run(request).await,
        Err(answer) => answer,
    }
}

/// The request with what was found out, or the answer in its place.
async fn admit(context: &Context, mut request: Request) -> Result<Request, Response> {
    let query = request.uri().query().map(str::to_owned);
    let sign_in = || Redirect::to(&Destination::Portal.sign_in_as(query.as_deref())).into_response();
    let cookie = Cookie::Session.read(request.headers()).ok_or_else(sign_in)?;
    let person = person::find(context, request.headers()).await.map_err(IntoResponse::into_response)?.ok_or_else(sign_in)?;
    if person.must_change {
        return Err(Redirect::to(&change_address(&Destination::Portal)).into_response());
    }
    if !is_administrator(context, person.user.clone()).await.map_err(IntoResponse::into_response)? {
        return Err(no_role(&person));
    }
    let Person { user, csrf, tenant_name, .. } = person;
    request.extensions_mut().insert(SignedIn { id: user.id, upn: user.upn, csrf, tenant_name });
    if request.method() == Method::GET || request.method() == Method::HEAD {
        return Ok(request);
    }
    forms::check(request, &cookie).await.map_err(IntoResponse::into_response)
}

/// The right is looked up each time, so that one who loses the role is out at once.
async fn is_administrator(context: &Context, user: User) -> Result<bool, PortalError> {
    let look_up = move |context: &Context| context.store.read(|connection| may_administer(connection, &user));
    Ok(context.blocking(look_up).await??)
}

/// The portal changes everything, so it takes the role that may.
pub fn may_administer(connection: &Connection, user: &User) -> Result<bool, DirectoryError> {
    let global = Role::find(roles::GLOBAL_ADMINISTRATOR);
    Ok(roles::of(connection, user)?.into_iter().any(|role| Some(role) == global))
}

fn no_role(person: &Person) -> Response {
    let account = samesign_web::Account { name: person.user.upn.clone(), sign_out: "/sign-out", csrf: person.csrf.clone() };
    let shell = Shell { product: PRODUCT, place: person.tenant_name.clone(), home: "/", account: Some(account), ..Shell::default() };
    let body = NoRoleBody { upn: &person.user.upn, other: &Destination::Portal.sign_in_as_another() };
    Page { shell: &shell, title: "Administrators only", body }.with_status(StatusCode::FORBIDDEN)
}
