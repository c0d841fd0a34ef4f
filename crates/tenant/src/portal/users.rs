//! The list of users.

use askama::Template;
use axum::Extension;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use samesign_web::{Page, Shell};

use super::error::PortalError;
use super::guard::SignedIn;
use super::list::{Asked, Filter, Found};
use super::status::Status;
use super::{Section, grouped, shell};
use crate::context::Context;
use crate::directory::{Sku, User};

struct Row {
    id: String,
    display_name: String,
    upn: String,
    enabled: bool,
    status: Status,
    licences: String,
}

struct Choice {
    label: &'static str,
    href: String,
    current: bool,
}

#[derive(Template)]
#[template(path = "portal/users.html")]
struct UsersBody {
    q: String,
    status: String,
    choices: Vec<Choice>,
    rows: Vec<Row>,
    total: usize,
    total_text: String,
    first: String,
    last: String,
    searched: bool,
    previous: Option<String>,
    next: Option<String>,
}

/// `GET /portal/users`
pub async fn show(
    State(context): State<Context>,
    Extension(signed_in): Extension<SignedIn>,
    asked: Result<Query<Asked>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, PortalError> {
    let Query(asked) = asked.unwrap_or_default();
    let question = asked.clone();
    let found = context.blocking(move |context| context.store.read(|connection| question.find(connection))).await??;
    let shell = Shell { notice: asked.done.map(|done| done.notice()), ..shell(&signed_in, Section::Users) };
    Ok(Page { shell: &shell, title: "Users", body: body(&asked, found) }.into_response())
}

fn body(asked: &Asked, found: Found) -> UsersBody {
    let choices = Filter::ALL.map(|(filter, label)| Choice { label, href: asked.with_filter(filter), current: filter == asked.status });
    let Found { users, total, first, previous, next } = found;
    UsersBody {
        q: asked.q.clone(),
        status: asked.status.name().to_owned(),
        choices: choices.into(),
        last: grouped(first + (users.len()).saturating_sub(1)),
        rows: users.iter().map(row).collect(),
        total,
        total_text: grouped(total),
        first: grouped(first),
        searched: !asked.q.trim().is_empty() || asked.status != Filter::All,
        previous,
        next,
    }
}

fn row(user: &User) -> Row {
    let titles: Vec<&str> =
        user.licences.iter().map(|licence| Sku::find(&licence.sku).map_or(licence.sku.as_str(), |sku| sku.title)).collect();
    Row {
        id: user.id.clone(),
        display_name: user.display_name.clone(),
        upn: user.upn.clone(),
        enabled: user.enabled,
        status: Status::of(user),
        licences: titles.join(", "),
    }
}
