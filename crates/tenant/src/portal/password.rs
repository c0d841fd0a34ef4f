//! The administrator's own password. One that was handed out has to be replaced before anything else.

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use samesign_web::session::Cookie;
use samesign_web::{Page, Shell};
use samesign_wire::Secret;

use super::error::PortalError;
use super::guard::{Fields, SignedIn};
use super::notice::refused;
use super::{Section, shell};
use crate::context::{Context, Interrupted};
use crate::identity::{passwords, sessions};
use crate::store::changes;
use crate::{clock, random};

#[derive(Template)]
#[template(path = "portal/password.html")]
struct PasswordBody<'a> {
    csrf: &'a str,
    upn: &'a str,
}

/// `GET /portal/password`
pub async fn show(Extension(signed_in): Extension<SignedIn>) -> Response {
    if signed_in.must_change_password { page(&signed_in, None) } else { Redirect::to("/portal/users").into_response() }
}

/// `POST /portal/password`
pub async fn change(
    State(context): State<Context>,
    Extension(signed_in): Extension<SignedIn>,
    Extension(fields): Extension<Fields>,
) -> Result<Response, PortalError> {
    // Anyone at an unlocked screen could change it otherwise: the current password is not asked for here.
    if !signed_in.must_change_password {
        return Ok(Redirect::to("/portal/users").into_response());
    }
    let password = Secret::new(fields.exact("new")?.to_owned());
    if password.expose() != fields.exact("again")? {
        return Ok(page(&signed_in, Some("The two passwords are not the same.")));
    }
    if !passwords::is_strong(password.expose()) {
        let text = "The password needs 8 to 256 characters, with three of: lower case, upper case, digits, symbols.";
        return Ok(page(&signed_in, Some(text)));
    }
    let permit = context.password_checks.clone().acquire_owned().await.map_err(|_| Interrupted)?;
    let session = context.blocking(move |context| {
        let _permit = permit;
        store(context, &signed_in, &password)
    });
    let session = session.await??;
    Ok(([(header::SET_COOKIE, Cookie::Session.set(&session))], Redirect::to("/portal/users?done=password-changed")).into_response())
}

/// Every other session of this user ends, and this one gets a new cookie.
fn store(context: &Context, signed_in: &SignedIn, password: &Secret) -> Result<String, PortalError> {
    let now = clock::now();
    let session = random::token()?;
    context.store.write(|connection| -> Result<_, PortalError> {
        passwords::set(connection, signed_in.number, password.expose(), false, now)?;
        sessions::end_all(connection, signed_in.number)?;
        sessions::begin(connection, &session, signed_in.number, now.as_second())?;
        Ok(changes::audit(connection, now.as_second(), &signed_in.upn, "change password", &signed_in.upn, "own")?)
    })?;
    Ok(session)
}

fn page(signed_in: &SignedIn, refusal: Option<&str>) -> Response {
    let shell = Shell { notice: refusal.map(|text| refused(text.to_owned())), ..shell(signed_in, Section::None) };
    let body = PasswordBody { csrf: &signed_in.csrf, upn: &signed_in.upn };
    let status = if refusal.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    Page { shell: &shell, title: "Choose a password", body }.with_status(status)
}
