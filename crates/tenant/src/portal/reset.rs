//! A new password for somebody who lost theirs: made here, shown once, good for one sign-in.

use askama::Template;
use axum::Extension;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use samesign_web::Page;
use samesign_wire::Secret;

use super::error::PortalError;
use super::guard::SignedIn;
use super::notice::refused;
use super::{Section, shell, user};
use crate::context::{Context, Interrupted};
use crate::directory::{DirectoryError, User};
use crate::identity::{passwords, sessions};
use crate::store::changes;
use crate::{clock, random};

#[derive(Template)]
#[template(path = "portal/password_reset.html")]
struct ResetBody<'a> {
    id: &'a str,
    upn: &'a str,
    password: &'a str,
}

/// `POST /portal/users/{id}/password`
pub async fn reset(
    State(context): State<Context>,
    Extension(signed_in): Extension<SignedIn>,
    Path(id): Path<String>,
) -> Result<Response, PortalError> {
    let password = Secret::new(random::one_time_password()?);
    let permit = context.password_checks.clone().acquire_owned().await.map_err(|_| Interrupted)?;
    let (user_id, by, chosen) = (id.clone(), signed_in.clone(), password.clone());
    let set = context.blocking(move |context| {
        let _permit = permit;
        set(context, &user_id, &by, &chosen)
    });
    match set.await? {
        Ok(user) => {
            let body = ResetBody { id: &user.id, upn: &user.upn, password: password.expose() };
            Ok(Page { shell: &shell(&signed_in, Section::Users), title: "Password reset", body }.into_response())
        }
        Err(error @ PortalError::Directory(DirectoryError::NotFound { .. })) => Err(error),
        Err(error) => match error.refusal() {
            Some(text) => user::page(&context, signed_in, id, Some(refused(text))).await,
            None => Err(error),
        },
    }
}

/// Whoever is signed in with the old password is out, a lock after wrong ones ends.
fn set(context: &Context, id: &str, by: &SignedIn, password: &Secret) -> Result<User, PortalError> {
    let now = clock::now();
    context.store.write(|connection| {
        let user = user::find(connection, id)?;
        // The user could not replace a one-time password here, and the next one from Active Directory would undo it.
        if user.synced == Some(true) {
            return Err(DirectoryError::OnPremisesMastered { property: "the password".to_owned() }.into());
        }
        if user.id == by.id {
            let reason = "this is your own account: change its password under My account";
            return Err(DirectoryError::invalid("password", "a one-time password", reason).into());
        }
        passwords::set(connection, user.number, password.expose(), true, now)?;
        sessions::end_all(connection, user.number)?;
        changes::audit(connection, now.as_second(), &by.upn, "reset password", &user.upn, "portal")?;
        Ok(user)
    })
}
