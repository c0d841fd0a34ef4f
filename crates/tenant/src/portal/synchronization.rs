//! The switches for synchronization and what comes with passwords, and what the tenant knows of the last one.

use askama::Template;
use axum::Extension;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use rusqlite::Connection;
use samesign_web::{Page, Shell};
use samesign_wire::provisioning::features;
use serde::Deserialize;

use super::error::PortalError;
use super::guard::{Fields, SignedIn};
use super::notice::Done;
use super::rules::{self, Rule};
use super::{Section, grouped, readable_time, shell};
use crate::clock;
use crate::context::Context;
use crate::directory::{ObjectKind, SyncState, objects, quarantine, synchronization};
use crate::store::condition::{Condition, Literal, Operator, Property};
use crate::store::listing::Shelf;
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
    synced_groups: String,
    synced_contacts: String,
    waiting: usize,
    rules: Vec<Rule>,
    deletion_mode: String,
    deletion_threshold: i64,
    passwords: synchronization::Passwords,
    password_last: Option<String>,
    password_users: String,
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

/// What a form of this page switches.
#[derive(Clone, Copy)]
enum Switch {
    /// Synchronization as a whole.
    Synchronization,
    /// A feature bit of password synchronization.
    Feature(i32),
}

/// `POST /portal/synchronization`
pub async fn switch(
    State(context): State<Context>,
    Extension(signed_in): Extension<SignedIn>,
    Extension(fields): Extension<Fields>,
) -> Result<Response, PortalError> {
    let what = match fields.given("feature") {
        None => Switch::Synchronization,
        Some("force-change") => Switch::Feature(features::USER_FORCE_PASSWORD_CHANGE_ON_LOGON),
        Some("cloud-policy") => Switch::Feature(features::CLOUD_PASSWORD_POLICY_FOR_PASSWORD_SYNCED_USERS),
        Some(_) => return Err(PortalError::Incomplete),
    };
    let on = match fields.required("switch")? {
        "on" => true,
        "off" => false,
        _ => return Err(PortalError::Incomplete),
    };
    let set = move |context: &Context| context.store.write(|connection| set(connection, what, on, &signed_in.upn));
    context.blocking(set).await??;
    let done = match (what, on) {
        (Switch::Synchronization, true) => "synchronization-on",
        (Switch::Synchronization, false) => "synchronization-off",
        (Switch::Feature(_), true) => "password-feature-on",
        (Switch::Feature(_), false) => "password-feature-off",
    };
    Ok(Redirect::to(&format!("/portal/synchronization?done={done}")).into_response())
}

fn set(connection: &Connection, what: Switch, on: bool, actor: &str) -> Result<(), PortalError> {
    let now = clock::now().as_second();
    let action = match (what, on) {
        (Switch::Feature(feature), on) => return Ok(synchronization::set_feature(connection, feature, on, actor, now)?),
        (Switch::Synchronization, true) => {
            synchronization::enable(connection, now, 0)?;
            "enable synchronization"
        }
        (Switch::Synchronization, false) => {
            synchronization::disable(connection)?;
            "disable synchronization"
        }
    };
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
    let passwords = synchronization::passwords(connection)?;
    let count = |kind| objects::count(connection, kind, Shelf::Live, Some(&synced));
    Ok(SynchronizationBody {
        csrf,
        state,
        until,
        last: tenant.sync_last.and_then(readable_time),
        client: tenant.sync_client.clone(),
        synced: grouped(count(ObjectKind::User)?),
        total: grouped(objects::count(connection, ObjectKind::User, Shelf::Live, None)?),
        synced_groups: grouped(count(ObjectKind::Group)?),
        synced_contacts: grouped(count(ObjectKind::Contact)?),
        waiting: quarantine::all(connection)?.len(),
        rules: rules::rules(&tenant),
        deletion_mode: tenant.deletion_mode.clone(),
        deletion_threshold: tenant.deletion_threshold,
        passwords,
        password_last: passwords.last.and_then(readable_time),
        password_users: grouped(passwords.users),
    })
}
