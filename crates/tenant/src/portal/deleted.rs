//! Deleted users and Microsoft 365 groups: restored, or removed for good.

use askama::Template;
use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use rusqlite::Connection;
use samesign_web::{Notice, NoticeKind, Page, Shell};
use serde::Deserialize;

use super::error::PortalError;
use super::guard::SignedIn;
use super::notice::{Done, refused};
use super::{Section, grouped, readable_time, shell};
use crate::clock;
use crate::context::Context;
use crate::directory::objects::{self, Object};
use crate::directory::{DirectoryError, ObjectKind, RESTORABLE_SECONDS, groups, users};
use crate::store::changes;
use crate::store::listing::{After, Order, Query as Wanted, Shelf};

/// Rows on a page.
const ROWS: usize = 50;

/// Which of them, from where, and the message for the top of the page.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    kind: Kind,
    after: Option<i64>,
    done: Option<Done>,
}

/// What can be restored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    #[default]
    Users,
    Groups,
}

impl Kind {
    const fn of_objects(self) -> ObjectKind {
        match self {
            Self::Users => ObjectKind::User,
            Self::Groups => ObjectKind::Group,
        }
    }
}

struct Row {
    id: String,
    name: String,
    detail: String,
    deleted: String,
    until: String,
    synced: bool,
}

#[derive(Template)]
#[template(path = "portal/deleted.html")]
struct DeletedBody {
    csrf: String,
    groups: bool,
    user_count: String,
    group_count: String,
    rows: Vec<Row>,
    first: bool,
    next: Option<String>,
}

/// `GET /portal/deleted`
pub async fn show(
    State(context): State<Context>,
    Extension(signed_in): Extension<SignedIn>,
    asked: Result<Query<Asked>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, PortalError> {
    let Query(asked) = asked.unwrap_or_default();
    let notice = asked.done.map(Done::notice);
    page(&context, signed_in, asked, notice).await
}

/// `POST /portal/deleted/{id}/restore`
pub async fn restore(
    State(context): State<Context>,
    Extension(signed_in): Extension<SignedIn>,
    Path(id): Path<String>,
) -> Result<Response, PortalError> {
    let work = |connection: &Connection, object: &mut Object| match object {
        Object::User(user) => users::restore(connection, user),
        Object::Group(group) => groups::restore(connection, group),
        Object::Contact(contact) => Err(DirectoryError::NotFound { what: contact.id.clone() }),
    };
    change(context, signed_in, id, "restore", "restored", work).await
}

/// `POST /portal/deleted/{id}/remove`
pub async fn remove(
    State(context): State<Context>,
    Extension(signed_in): Extension<SignedIn>,
    Path(id): Path<String>,
) -> Result<Response, PortalError> {
    let work = |connection: &Connection, object: &mut Object| match object {
        Object::User(user) => users::purge(connection, user, clock::now().as_second()),
        Object::Group(group) => groups::purge(connection, group, clock::now().as_second()),
        Object::Contact(contact) => Err(DirectoryError::NotFound { what: contact.id.clone() }),
    };
    change(context, signed_in, id, "remove for good", "removed", work).await
}

async fn change(
    context: Context,
    signed_in: SignedIn,
    id: String,
    action: &'static str,
    done: &'static str,
    work: impl FnOnce(&Connection, &mut Object) -> Result<(), DirectoryError> + Send + 'static,
) -> Result<Response, PortalError> {
    let actor = signed_in.upn.clone();
    let changed = context.blocking(move |context| {
        context.store.write(|connection| -> Result<ObjectKind, DirectoryError> {
            let mut object = objects::find_deleted(connection, &id)?;
            work(connection, &mut object)?;
            changes::audit(connection, clock::now().as_second(), &actor, action, object.display_name(), "portal")?;
            Ok(object.kind())
        })
    });
    match changed.await? {
        Ok(ObjectKind::Group) => Ok(Redirect::to(&format!("/portal/deleted?kind=groups&done={done}")).into_response()),
        Ok(_) => Ok(Redirect::to(&format!("/portal/deleted?done={done}")).into_response()),
        Err(error @ DirectoryError::NotFound { .. }) => Err(error.into()),
        Err(error) => {
            let error = PortalError::from(error);
            match error.refusal() {
                Some(text) => page(&context, signed_in, Asked::default(), Some(refused(text))).await,
                None => Err(error),
            }
        }
    }
}

async fn page(context: &Context, signed_in: SignedIn, asked: Asked, notice: Option<Notice>) -> Result<Response, PortalError> {
    let csrf = signed_in.csrf.clone();
    let body = context.blocking(move |context| context.store.read(|connection| body(connection, csrf, &asked))).await??;
    let status = match &notice {
        Some(notice) if notice.kind == NoticeKind::Refused => StatusCode::BAD_REQUEST,
        _ => StatusCode::OK,
    };
    let shell = Shell { notice, ..shell(&signed_in, Section::Deleted) };
    Ok(Page { shell: &shell, title: "Deleted", body }.with_status(status))
}

fn body(connection: &Connection, csrf: String, asked: &Asked) -> Result<DeletedBody, PortalError> {
    let kind = asked.kind.of_objects();
    let after = asked.after.map(|number| After { key: String::new(), number });
    let wanted = Wanted { shelf: Shelf::Deleted, condition: None, order: Order::Created, after: after.as_ref(), rows_max: ROWS + 1 };
    let mut found = objects::list(connection, kind, &wanted)?;
    let more = found.len() > ROWS;
    found.truncate(ROWS);
    let groups = asked.kind == Kind::Groups;
    let next = found.last().filter(|_| more).map(Object::number);
    let count = |kind| objects::count(connection, kind, Shelf::Deleted, None);
    Ok(DeletedBody {
        csrf,
        groups,
        user_count: grouped(count(ObjectKind::User)?),
        group_count: grouped(count(ObjectKind::Group)?),
        rows: found.iter().filter_map(row).collect(),
        first: after.is_none(),
        next: next.map(|number| format!("/portal/deleted?kind={}&after={number}", if groups { "groups" } else { "users" })),
    })
}

fn row(object: &Object) -> Option<Row> {
    let (detail, deleted, synced) = match object {
        // Its id stands in front of the name of a deleted user, as at the service; a person knows it without.
        Object::User(user) => {
            let mark = user.id.replace('-', "");
            let upn = user.upn.strip_prefix(&mark).unwrap_or(&user.upn);
            (upn.to_owned(), user.deleted?, user.synced == Some(true))
        }
        Object::Group(group) => (group.mail.clone().unwrap_or_default(), group.deleted?, group.synced == Some(true)),
        Object::Contact(_) => return None,
    };
    Some(Row {
        id: object.id().to_owned(),
        name: object.display_name().to_owned(),
        detail,
        deleted: readable_time(deleted).unwrap_or_default(),
        until: readable_time(deleted.saturating_add(RESTORABLE_SECONDS)).unwrap_or_default(),
        synced,
    })
}
