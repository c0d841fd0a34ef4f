//! The list of groups.

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
use crate::directory::{Group, ObjectKind};

struct Row {
    id: String,
    display_name: String,
    mail: String,
    kind: &'static str,
    status: Status,
}

#[derive(Template)]
#[template(path = "portal/groups.html")]
struct GroupsBody {
    q: String,
    status: String,
    choices: Vec<Choice>,
    rows: Vec<Row>,
    searched: bool,
    place: Place,
}

/// `GET /portal/groups`
pub async fn show(
    State(context): State<Context>,
    Extension(signed_in): Extension<SignedIn>,
    asked: Result<Query<Asked>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, PortalError> {
    let Query(asked) = asked.unwrap_or_default();
    let question = asked.clone();
    let find = move |context: &Context| context.store.read(|connection| question.find(connection, ObjectKind::Group));
    let Found { objects, place } = context.blocking(find).await??;
    let shell = Shell { notice: asked.done.map(|done| done.notice()), ..shell(&signed_in, Section::Groups) };
    let body = GroupsBody {
        choices: asked.choices(ObjectKind::Group),
        searched: asked.searched(),
        status: asked.status.name().to_owned(),
        q: asked.q,
        rows: objects.into_iter().filter_map(row).collect(),
        place,
    };
    Ok(Page { shell: &shell, title: "Groups", body }.into_response())
}

/// What kind of group it is, in words.
pub fn kind_of(group: &Group) -> &'static str {
    match (group.unified, group.mail_enabled, group.security_enabled) {
        (true, _, _) => "Microsoft 365",
        (false, true, true) => "Security, with mail",
        (false, true, false) => "Distribution",
        (false, false, _) => "Security",
    }
}

fn row(object: Object) -> Option<Row> {
    let Object::Group(group) = object else { return None };
    Some(Row {
        kind: kind_of(&group),
        status: Status::from(group.synced, &group.parked),
        mail: group.mail.unwrap_or_default(),
        id: group.id,
        display_name: group.display_name,
    })
}
