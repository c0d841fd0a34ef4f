//! Adding a cloud user: the form, and the page that shows the one-time password, once.

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use rusqlite::Connection;
use samesign_web::{Page, Shell};
use samesign_wire::Secret;

use super::error::PortalError;
use super::guard::{Fields, SignedIn};
use super::notice::refused;
use super::{Section, shell};
use crate::context::{Context, Interrupted};
use crate::directory::{DirectoryError, NewUser, Sku, User, domains, licensing, users};
use crate::identity::passwords;
use crate::store::{changes, licences};
use crate::{clock, random};

#[derive(Template, Default)]
#[template(path = "portal/add_user.html")]
struct AddBody {
    csrf: String,
    display_name: String,
    alias: String,
    domain: String,
    location: String,
    licence: String,
    domains: Vec<String>,
    skus: Vec<(&'static str, &'static str)>,
}

#[derive(Template)]
#[template(path = "portal/user_added.html")]
struct AddedBody<'a> {
    id: &'a str,
    upn: &'a str,
    password: &'a str,
}

/// `GET /portal/users/new`
pub async fn show(State(context): State<Context>, Extension(signed_in): Extension<SignedIn>) -> Result<Response, PortalError> {
    form(&context, signed_in, Fields::default(), None).await
}

/// `POST /portal/users`
pub async fn add(
    State(context): State<Context>,
    Extension(signed_in): Extension<SignedIn>,
    Extension(fields): Extension<Fields>,
) -> Result<Response, PortalError> {
    let password = Secret::new(random::one_time_password()?);
    let permit = context.password_checks.clone().acquire_owned().await.map_err(|_| Interrupted)?;
    let (given, actor, chosen) = (fields.clone(), signed_in.upn.clone(), password.clone());
    let added = context.blocking(move |context| {
        let _permit = permit;
        context.store.write(|connection| create(connection, &given, &chosen, &actor))
    });
    match added.await? {
        Ok(user) => {
            let body = AddedBody { id: &user.id, upn: &user.upn, password: password.expose() };
            Ok(Page { shell: &shell(&signed_in, Section::Users), title: "User added", body }.into_response())
        }
        Err(error) => match error.refusal() {
            Some(text) => form(&context, signed_in, fields, Some(text)).await,
            None => Err(error),
        },
    }
}

fn create(connection: &Connection, fields: &Fields, password: &Secret, actor: &str) -> Result<User, PortalError> {
    let now = clock::now();
    let new = NewUser {
        upn: format!("{}@{}", fields.required("alias")?, fields.required("domain")?),
        display_name: fields.required("display_name")?.to_owned(),
        usage_location: fields.given("location").map(str::to_owned),
        enabled: true,
        ..NewUser::default()
    };
    let mut user = users::create(connection, new, now.as_second())?;
    if let Some(sku) = fields.given("licence") {
        licensing::assign(connection, &mut user, sku, &[], now.as_second())?;
    }
    passwords::set(connection, user.number, password.expose(), true, now)?;
    changes::audit(connection, now.as_second(), actor, "add user", &user.upn, "portal")?;
    Ok(user)
}

/// The form, with what was typed before when that was refused.
async fn form(context: &Context, signed_in: SignedIn, fields: Fields, refusal: Option<String>) -> Result<Response, PortalError> {
    let read = |connection: &Connection| Ok::<_, DirectoryError>((domains::list(connection)?, licences::seats(connection)?));
    let (domains, seats) = context.blocking(move |context| context.store.read(read)).await??;
    let typed = |name: &str| fields.given(name).unwrap_or_default().to_owned();
    let standard = domains.iter().find(|domain| domain.standard).map(|domain| domain.name.clone()).unwrap_or_default();
    let body = AddBody {
        csrf: signed_in.csrf.clone(),
        display_name: typed("display_name"),
        alias: typed("alias"),
        domain: fields.given("domain").map_or(standard, str::to_owned),
        location: typed("location"),
        licence: typed("licence"),
        domains: domains.into_iter().filter(|domain| domain.verified).map(|domain| domain.name).collect(),
        skus: seats.iter().filter_map(|seats| Sku::find(&seats.sku)).map(|sku| (sku.part_number, sku.title)).collect(),
    };
    let status = if refusal.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    let shell = Shell { notice: refusal.map(refused), ..shell(&signed_in, Section::Users) };
    Ok(Page { shell: &shell, title: "Add a cloud user", body }.with_status(status))
}
