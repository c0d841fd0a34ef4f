//! The list of users.

use askama::Template;
use axum::Extension;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use samesign_web::{Page, Shell};

use super::error::PortalError;
use super::guard::SignedIn;
use super::list::{Asked, Choice, Found, Place};
use super::status::Status;
use super::{Section, shell};
use crate::context::Context;
use crate::directory::objects::Object;
use crate::directory::{ObjectKind, Sku, User, licensing};

struct Row {
    id: String,
    display_name: String,
    upn: String,
    enabled: bool,
    status: Status,
    licences: String,
}

#[derive(Template)]
#[template(path = "portal/users.html")]
struct UsersBody {
    q: String,
    status: String,
    choices: Vec<Choice>,
    rows: Vec<Row>,
    searched: bool,
    place: Place,
}

/// `GET /portal/users`
pub async fn show(
    State(context): State<Context>,
    Extension(signed_in): Extension<SignedIn>,
    asked: Result<Query<Asked>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, PortalError> {
    let Query(asked) = asked.unwrap_or_default();
    let question = asked.clone();
    let found = context.blocking(move |context| context.store.read(|connection| question.find(connection, ObjectKind::User))).await??;
    let shell = Shell { notice: asked.done.map(|done| done.notice()), ..shell(&signed_in, Section::Users) };
    Ok(Page { shell: &shell, title: "Users", body: body(&asked, found) }.into_response())
}

fn body(asked: &Asked, found: Found) -> UsersBody {
    let Found { objects, place } = found;
    UsersBody {
        q: asked.q.clone(),
        status: asked.status.name().to_owned(),
        choices: asked.choices(ObjectKind::User),
        rows: objects.iter().filter_map(|object| if let Object::User(user) = object { Some(row(user)) } else { None }).collect(),
        searched: asked.searched(),
        place,
    }
}

fn row(user: &User) -> Row {
    let titles: Vec<&str> =
        licensing::held(user).map(|licence| Sku::find(&licence.sku).map_or(licence.sku.as_str(), |sku| sku.title)).collect();
    Row {
        id: user.id.clone(),
        display_name: user.display_name.clone(),
        upn: user.upn.clone(),
        enabled: user.enabled,
        status: Status::of(user),
        licences: titles.join(", "),
    }
}
