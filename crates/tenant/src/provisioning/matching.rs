//! Which directory object an object from Active Directory is. Asked once, when it is new to the tenant.
//!
//! Users: by anchor (hard match); else by the primary address sent; else by UPN, where the tenant allows it. Groups and contacts: by the
//! primary of their proxyAddresses alone. Else a new object is made. A match that is not allowed is refused, or, where the tenant puts
//! duplicates aside, the new object is made without what it wants of the other.

use rusqlite::Connection;
use samesign_wire::provisioning::{PropertyValue, SyncObject, features as bits};

use super::record::Record;
use super::refusal::{Refusal, Stop};
use crate::directory::synchronization::local;
use crate::directory::{ObjectKind, User, domain_of, domains, roles, users as directory_users};
use crate::store::keys::{self, KeyKind};
use crate::store::{fold, organization, users};

/// objectGUID of the object in Active Directory that a directory object belongs to, whatever its anchor is made of.
pub const OBJECT_IDENTIFIER: &str = "#onPremisesObjectIdentifier";

/// What an object from Active Directory meets.
#[derive(Debug)]
pub enum Target {
    /// It is synchronized already.
    Known(Record),
    /// A cloud object that is taken over.
    Matched(Record),
    /// A user in deletedItems that comes back.
    Deleted(User),
    /// Nothing: an object is made. With words when there is somebody who could not be matched.
    New(Option<String>),
}

/// Finds the target of an Add.
pub fn find(connection: &Connection, kind: ObjectKind, anchor: &str, object: &SyncObject) -> Result<Target, Stop> {
    let features = organization::load(connection)?.sync_features;
    if let Some(record) = Record::by_anchor(connection, anchor)? {
        return hard_match(connection, kind, record, object, features);
    }
    if kind == ObjectKind::User
        && let Some(user) = users::deleted_by_anchor(connection, anchor)?
    {
        return returning(connection, user, object, features);
    }
    if features & bits::BLOCK_SOFT_MATCH != 0 {
        return Ok(Target::New(None));
    }
    if let Some(address) = primary_address(kind, object)
        && let Some(record) = holder(connection, KeyKind::Address, &format!("smtp:{address}"))?
    {
        return soft_match(connection, kind, record, features & bits::DUPLICATE_PROXY_ADDRESS_RESILIENCY != 0);
    }
    if kind == ObjectKind::User
        && features & bits::ENABLE_SOFT_MATCH_ON_UPN != 0
        && let Some(upn) = text(object, "userPrincipalName")
        && let Some(record) = holder(connection, KeyKind::Upn, upn)?
    {
        // Names in a federated domain belong to another sign-in service, so they prove nothing here.
        if is_federated(connection, &record)? {
            return Ok(Target::New(None));
        }
        return soft_match(connection, kind, record, features & bits::DUPLICATE_UPN_RESILIENCY != 0);
    }
    Ok(Target::New(None))
}

fn hard_match(connection: &Connection, kind: ObjectKind, record: Record, object: &SyncObject, features: i32) -> Result<Target, Stop> {
    if record.kind() != kind {
        return Err(other_class(&record));
    }
    ensure_same_source(&record, object, features)?;
    if record.is_synced() {
        return Ok(Target::Known(record));
    }
    if let Record::User(user) = &record {
        ensure_may_be_taken(connection, user, features)?;
    }
    Ok(Target::Matched(record))
}

/// A user in deletedItems comes back to whom it belonged. One that was the cloud's is taken over like any other of the cloud.
fn returning(connection: &Connection, user: User, object: &SyncObject, features: i32) -> Result<Target, Stop> {
    let record = Record::User(user);
    ensure_same_source(&record, object, features)?;
    let Record::User(mut user) = record else { return Ok(Target::New(None)) };
    if user.synced != Some(true) {
        ensure_may_be_taken(connection, &user, features)?;
    }
    directory_users::revive(&mut user);
    Ok(Target::Deleted(user))
}

/// Whom another object of Active Directory was once mapped to stays mapped to it, until an administrator clears that.
pub fn ensure_same_source(record: &Record, object: &SyncObject, features: i32) -> Result<(), Stop> {
    let (Some(held), Some(sent)) = (record.text(OBJECT_IDENTIFIER), text(object, "onPremisesObjectIdentifier")) else { return Ok(()) };
    if held.eq_ignore_ascii_case(sent) || features & local::ALLOW_OBJECT_IDENTIFIER_UPDATE != 0 {
        return Ok(());
    }
    let description = format!(
        "Hard match with {} is blocked by security hardening: it is already mapped to another on-premises object ({held}). Review this \
         mapping, and clear onPremisesObjectIdentifier where the new object ({sent}) is the right one.",
        record.title()
    );
    Err(conflict("InvalidHardMatch", description, record).into())
}

fn ensure_may_be_taken(connection: &Connection, user: &User, features: i32) -> Result<(), Stop> {
    let refuse = |description: String| Err(conflict("InvalidHardMatch", description, &Record::User(user.clone())).into());
    if features & bits::BLOCK_HARD_MATCH_TAKEOVER != 0 {
        return refuse(format!(
            "Hard match with cloud user {} is blocked in this tenant (BlockCloudObjectTakeoverThroughHardMatch).",
            user.upn
        ));
    }
    if roles::holds_any(connection, user)? {
        return refuse(format!(
            "Hard match with cloud user {} is blocked by security hardening: it holds an administrator role.",
            user.upn
        ));
    }
    Ok(())
}

/// `aside`: the tenant puts duplicates of this key aside, so that an impossible match is a new object and no error.
fn soft_match(connection: &Connection, kind: ObjectKind, record: Record, aside: bool) -> Result<Target, Stop> {
    if record.kind() != kind {
        return Err(other_class(&record));
    }
    if record.anchor().is_some() {
        let description = format!(
            "Unable to match with {}: it is already connected with another object of Active Directory by its anchor.",
            record.title()
        );
        return if aside { Ok(Target::New(None)) } else { Err(conflict("InvalidSoftMatch", description, &record).into()) };
    }
    if let Record::User(user) = &record
        && roles::holds_any(connection, user)?
    {
        let description = format!(
            "Existing Admin Role Conflict: unable to match with {}, which holds an administrator role. Remove the role, delete the object \
             that was made instead, synchronize, and add the role again.",
            user.upn
        );
        return if aside {
            Ok(Target::New(Some(description)))
        } else {
            Err(conflict("ExistingAdminRoleConflict", description, &record).into())
        };
    }
    Ok(Target::Matched(record))
}

fn other_class(record: &Record) -> Stop {
    let class = record.kind().name().to_lowercase();
    let description = format!("Unable to match with {}: it is a {class}, an object of another class.", record.title());
    conflict("ObjectTypeMismatch", description, record).into()
}

fn conflict(code: &'static str, description: String, record: &Record) -> Refusal {
    let details = vec![("ObjectIdInConflict".to_owned(), record.id().to_owned())];
    Refusal { details, ..Refusal::new(code, description) }
}

fn holder(connection: &Connection, kind: KeyKind, value: &str) -> Result<Option<Record>, Stop> {
    let Some(id) = keys::owner(connection, kind, &fold(value))? else { return Ok(None) };
    Ok(Record::by_id(connection, &id)?)
}

fn is_federated(connection: &Connection, record: &Record) -> Result<bool, Stop> {
    let domain = domain_of(record.title()).unwrap_or_default();
    Ok(domains::is_federated(connection, &domain)?)
}

/// The `SMTP:` entry sent. A user without one has its mail as primary address.
fn primary_address(kind: ObjectKind, object: &SyncObject) -> Option<&str> {
    let listed = match object.property("proxyAddresses") {
        Some(PropertyValue::Texts(addresses)) => addresses.iter().find_map(|address| address.trim().strip_prefix("SMTP:")),
        _ => None,
    };
    listed.or_else(|| if kind == ObjectKind::User { text(object, "mail") } else { None })
}

fn text<'a>(object: &'a SyncObject, name: &str) -> Option<&'a str> {
    match object.property(name) {
        Some(PropertyValue::Text(text)) => Some(text.trim()).filter(|text| !text.is_empty()),
        _ => None,
    }
}
