//! The tenant's rules for synchronized objects: switches with the service's names, and the guard against deletion by accident.

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use rusqlite::Connection;
use samesign_wire::provisioning::features;

use super::error::PortalError;
use super::guard::{Fields, SignedIn};
use crate::clock;
use crate::context::Context;
use crate::directory::synchronization::{self, DeletionMode};
use crate::store::organization::Tenant;

/// A rule that can be switched.
pub struct Rule {
    /// Its name in forms and at the service.
    pub name: &'static str,
    /// What a person calls it.
    pub title: &'static str,
    /// What it does.
    pub hint: &'static str,
    /// Whether it is in effect.
    pub on: bool,
    /// Once it is on, it stays.
    pub one_way: bool,
}

/// Bits of `DirSyncFeatures`: name, bit, title, what it does, whether it cannot be taken back.
const RULES: [(&str, i32, &str, &str, bool); 6] = [
    (
        "EnableSoftMatchOnUpn",
        features::ENABLE_SOFT_MATCH_ON_UPN,
        "Match by user name",
        "An object that is new to the tenant takes over the cloud user with the same user name, where no address matches.",
        true,
    ),
    (
        "SynchronizeUpnForManagedUsers",
        features::SYNCHRONIZE_UPN_FOR_MANAGED_USERS,
        "User names follow",
        "A user name that is changed in Active Directory changes here, for users with licences as well.",
        true,
    ),
    (
        "BlockSoftMatch",
        features::BLOCK_SOFT_MATCH,
        "No match by address or name",
        "A new object never takes over a cloud account because an address or a user name is the same.",
        false,
    ),
    (
        "BlockCloudObjectTakeoverThroughHardMatch",
        features::BLOCK_HARD_MATCH_TAKEOVER,
        "No takeover by anchor",
        "A new object never takes over a cloud account that carries its anchor.",
        false,
    ),
    (
        "DuplicateUPNResiliency",
        features::DUPLICATE_UPN_RESILIENCY,
        "Put duplicate user names aside",
        "A user name that another user has waits until it is free, and a substitute is made. Otherwise the whole object is refused.",
        false,
    ),
    (
        "DuplicateProxyAddressResiliency",
        features::DUPLICATE_PROXY_ADDRESS_RESILIENCY,
        "Put duplicate addresses aside",
        "An address that another object has waits until it is free. Otherwise the whole object is refused.",
        false,
    ),
];

/// The rules with their state in a tenant.
pub fn rules(tenant: &Tenant) -> Vec<Rule> {
    let rule = |&(name, bit, title, hint, one_way): &(&'static str, i32, &'static str, &'static str, bool)| {
        let on = tenant.sync_features & bit != 0;
        Rule { name, title, hint, on, one_way }
    };
    RULES.iter().map(rule).collect()
}

/// `POST /portal/synchronization/rules`
pub async fn switch(
    State(context): State<Context>,
    Extension(signed_in): Extension<SignedIn>,
    Extension(fields): Extension<Fields>,
) -> Result<Response, PortalError> {
    let name = fields.required("rule")?;
    let &(_, bit, ..) = RULES.iter().find(|(known, ..)| *known == name).ok_or(PortalError::Incomplete)?;
    let (on, done) = match fields.required("switch")? {
        "on" => (true, "feature-on"),
        "off" => (false, "feature-off"),
        _ => return Err(PortalError::Incomplete),
    };
    write(&context, move |connection| Ok(synchronization::set_feature(connection, bit, on, &signed_in.upn, clock::now().as_second())?))
        .await?;
    Ok(Redirect::to(&format!("/portal/synchronization?done={done}")).into_response())
}

/// `POST /portal/synchronization/deletions`
pub async fn set_deletions(
    State(context): State<Context>,
    Extension(signed_in): Extension<SignedIn>,
    Extension(fields): Extension<Fields>,
) -> Result<Response, PortalError> {
    let mode = DeletionMode::from_name(fields.required("mode")?).ok_or(PortalError::Incomplete)?;
    let threshold: i64 = fields.required("threshold")?.trim().parse().map_err(|_| PortalError::Incomplete)?;
    write(&context, move |connection| {
        Ok(synchronization::set_deletion_guard(connection, mode, threshold, &signed_in.upn, clock::now().as_second())?)
    })
    .await?;
    Ok(Redirect::to("/portal/synchronization?done=deletion-set").into_response())
}

async fn write(context: &Context, work: impl FnOnce(&Connection) -> Result<(), PortalError> + Send + 'static) -> Result<(), PortalError> {
    context.blocking(move |context| context.store.write(work)).await?
}
