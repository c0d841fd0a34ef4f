//! The switch for synchronization, and what the tenant knows of the last one.

use askama::Template;
use axum::Extension;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use rusqlite::Connection;
use samesign_web::{Page, Shell};
use serde::Deserialize;

use super::error::PortalError;
use super::guard::{Fields, SignedIn};
use super::notice::Done;
use super::{Section, grouped, readable_time, shell};
use crate::clock;
use crate::context::Context;
use crate::directory::{SyncState, synchronization};
use crate::store::condition::{Condition, Literal, Operator, Property};
use crate::store::users::{self, Shelf};
use crate::store::{changes, organization};

/// The message for the top of the page.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    done: Option<Done>,
}

#[derive(Template)]
#[template(path = "portal/synchronization.html")]
struct SynchronizationBody {
    csrf: String,
    state: SyncState,
    until: String,
    last: Option<String>,
    client: Option<String>,
    synced: String,
    total: String,
}

/// `GET /portal/synchronization`
pub async fn show(
    State(context): State<Context>,
    Extension(signed_in): Extension<SignedIn>,
    asked: Result<Query<Asked>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, PortalError> {
    let Query(asked) = asked.unwrap_or_default();
    let csrf = signed_in.csrf.clone();
    let body = context.blocking(move |context| context.store.read(|connection| body(connection, csrf))).await??;
    let shell = Shell { notice: asked.done.map(Done::notice), ..shell(&signed_in, Section::Synchronization) };
    Ok(Page { shell: &shell, title: "Synchronization", body }.into_response())
}

/// `POST /portal/synchronization`
pub async fn switch(
    State(context): State<Context>,
    Extension(signed_in): Extension<SignedIn>,
    Extension(fields): Extension<Fields>,
) -> Result<Response, PortalError> {
    let on = match fields.required("switch")? {
        "on" => true,
        "off" => false,
        _ => return Err(PortalError::Incomplete),
    };
    let set = move |context: &Context| context.store.write(|connection| set(connection, on, &signed_in.upn));
    context.blocking(set).await??;
    let done = if on { "synchronization-on" } else { "synchronization-off" };
    Ok(Redirect::to(&format!("/portal/synchronization?done={done}")).into_response())
}

fn set(connection: &Connection, on: bool, actor: &str) -> Result<(), PortalError> {
    let now = clock::now().as_second();
    if on {
        synchronization::enable(connection, now, 0)?;
    } else {
        synchronization::disable(connection)?;
    }
    let action = if on { "enable synchronization" } else { "disable synchronization" };
    Ok(changes::audit(connection, now, actor, action, "tenant", "portal")?)
}

fn body(connection: &Connection, csrf: String) -> Result<SynchronizationBody, PortalError> {
    let tenant = organization::load(connection)?;
    let state = SyncState::of(tenant.sync_from, clock::now().as_second());
    let synced = Condition::Compare(Property::Synced, Operator::Equal, Literal::Boolean(true));
    let until = match state {
        SyncState::Enabling { until } => readable_time(until).unwrap_or_default(),
        SyncState::Off | SyncState::On => String::new(),
    };
    Ok(SynchronizationBody {
        csrf,
        state,
        until,
        last: tenant.sync_last.and_then(readable_time),
        client: tenant.sync_client,
        synced: grouped(users::count(connection, Shelf::Live, Some(&synced))?),
        total: grouped(users::count(connection, Shelf::Live, None)?),
    })
}
