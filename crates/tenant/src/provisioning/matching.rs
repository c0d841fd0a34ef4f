//! Which directory object an object from Active Directory is.
//!
//! By anchor; else by the primary SMTP address sent; else by UPN; else a new one is made. Never a holder of another anchor or of a role.

use rusqlite::Connection;
use samesign_wire::provisioning::{PropertyValue, SyncObject, features as bits};

use super::refusal::{Refusal, Stop};
use crate::directory::{User, roles};
use crate::store::keys::{self, KeyKind};
use crate::store::{fold, organization, users};

/// What an object from Active Directory meets.
#[derive(Debug)]
pub enum Target {
    /// It is synchronized already.
    Known(User),
    /// A cloud user that is taken over.
    Matched(User),
    /// A user in deletedItems that comes back.
    Deleted(User),
    /// Nothing: a user is made.
    New,
}

/// Finds the target of an Add.
pub fn find(connection: &Connection, anchor: &str, object: &SyncObject) -> Result<Target, Stop> {
    let features = organization::load(connection)?.sync_features;
    if let Some(user) = users::by_anchor(connection, anchor)? {
        return hard_match(connection, user, features);
    }
    if let Some(user) = users::deleted_by_anchor(connection, anchor)? {
        return Ok(Target::Deleted(user));
    }
    if features & bits::BLOCK_SOFT_MATCH != 0 {
        return Ok(Target::New);
    }
    let by_address = match primary_address(object) {
        Some(address) => keys::owner(connection, KeyKind::Address, &fold(&format!("smtp:{address}")))?,
        None => None,
    };
    let by_upn = match text(object, "userPrincipalName") {
        Some(upn) if features & bits::ENABLE_SOFT_MATCH_ON_UPN != 0 => keys::owner(connection, KeyKind::Upn, &fold(upn))?,
        _ => None,
    };
    match by_address.or(by_upn).map(|id| users::by_id(connection, &id)).transpose()?.flatten() {
        Some(user) => soft_match(connection, user),
        None => Ok(Target::New),
    }
}

fn hard_match(connection: &Connection, user: User, features: i32) -> Result<Target, Stop> {
    if user.synced == Some(true) {
        return Ok(Target::Known(user));
    }
    if features & bits::BLOCK_HARD_MATCH_TAKEOVER != 0 {
        return Err(Refusal::new("InvalidHardMatch", format!("Hard match with cloud user {} is blocked in this tenant.", user.upn)).into());
    }
    if roles::holds_any(connection, &user)? {
        let description = format!("Hard match with cloud user {} is blocked because it holds an administrator role.", user.upn);
        return Err(Refusal::new("InvalidHardMatch", description).into());
    }
    Ok(Target::Matched(user))
}

fn soft_match(connection: &Connection, user: User) -> Result<Target, Stop> {
    if user.anchor.is_some() {
        let description =
            format!("Unable to match with {}: it is already connected with another object of Active Directory by its anchor.", user.upn);
        let mut refusal = Refusal::new("InvalidSoftMatch", description);
        refusal.details = vec![("ObjectIdInConflict".to_owned(), user.id)];
        return Err(refusal.into());
    }
    if roles::holds_any(connection, &user)? {
        let description =
            format!("Unable to match with {}: it holds an administrator role. Remove the role, synchronize, add it again.", user.upn);
        let mut refusal = Refusal::new("ExistingAdminRoleConflict", description);
        refusal.details = vec![("ObjectIdInConflict".to_owned(), user.id)];
        return Err(refusal.into());
    }
    Ok(Target::Matched(user))
}

/// The `SMTP:` entry sent, else `mail`.
fn primary_address(object: &SyncObject) -> Option<&str> {
    let listed = match object.property("proxyAddresses") {
        Some(PropertyValue::Texts(addresses)) => addresses.iter().find_map(|address| address.trim().strip_prefix("SMTP:")),
        _ => None,
    };
    listed.or_else(|| text(object, "mail"))
}

fn text<'a>(object: &'a SyncObject, name: &str) -> Option<&'a str> {
    match object.property(name) {
        Some(PropertyValue::Text(text)) => Some(text.trim()).filter(|text| !text.is_empty()),
        _ => None,
    }
}
