//! Users: made, changed, deleted for 30 days, restored.

use std::collections::BTreeSet;

use rusqlite::Connection;
use serde_json::{Map, Value};

use super::addresses::{self, Addresses, Wish};
use super::properties::{self, Access};
use super::{DirectoryError, claims, domains, extensions, groups, licensing, names, quota, synced};
use crate::random;
use crate::store::keys::{self, Key, KeyKind};
use crate::store::objects::ObjectKind;
use crate::store::users::{self as rows, User};
use crate::store::{changes, fold, members, organization, sync_objects};

/// How long a deleted user can be restored.
pub const RESTORABLE_SECONDS: i64 = 30 * 24 * 60 * 60;

/// A user to be made in the cloud.
#[derive(Clone, Debug, Default)]
pub struct NewUser {
    /// userPrincipalName, in a verified domain.
    pub upn: String,
    /// displayName.
    pub display_name: String,
    /// mail.
    pub mail: Option<String>,
    /// usageLocation.
    pub usage_location: Option<String>,
    /// accountEnabled.
    pub enabled: bool,
    /// Anything else, by Graph's names.
    pub properties: Map<String, Value>,
}

/// Properties to change, by Graph's names; null clears.
pub type Edit = Map<String, Value>;

/// The live user with this id or UPN.
pub fn find(connection: &Connection, name: &str) -> Result<User, DirectoryError> {
    let found = if name.contains('@') { rows::by_upn(connection, name)? } else { rows::by_id(connection, name)? };
    found.filter(User::live).ok_or_else(|| DirectoryError::NotFound { what: name.to_owned() })
}

/// Makes a user in the cloud.
pub fn create(connection: &Connection, new: NewUser, now: i64) -> Result<User, DirectoryError> {
    let NewUser { upn, display_name, mail, usage_location, enabled, properties: more } = new;
    let mut user = blank(now)?;
    user.enabled = enabled;
    let fixed = [("userPrincipalName", Some(upn)), ("displayName", Some(display_name)), ("mail", mail), ("usageLocation", usage_location)];
    for (name, value) in fixed.into_iter().filter_map(|(name, value)| value.map(|value| (name, value))) {
        apply(&mut user, name, &Value::from(value))?;
    }
    for (name, value) in &more {
        apply(&mut user, name, value)?;
    }
    check_cloud_upn(connection, &user.upn)?;
    if user.text("mailNickname").is_none() {
        user.set("mailNickname", Some(Value::from(names::nickname_of(&user.upn))));
    }
    settle_addresses(connection, &mut user, None)?;
    insert(connection, user)
}

/// Changes a user from the cloud. What Active Directory masters is refused for a synchronized user, and then nothing is changed.
pub fn edit(connection: &Connection, user: &mut User, changes: &Edit) -> Result<(), DirectoryError> {
    let before = user.clone();
    for (name, value) in changes {
        let mastered = extensions::is_extension(name) || known(name)?.access == Access::Mastered;
        if mastered && user.synced == Some(true) {
            return Err(DirectoryError::OnPremisesMastered { property: name.clone() });
        }
        apply(user, name, value)?;
    }
    if fold(&user.upn) != fold(&before.upn) {
        check_cloud_upn(connection, &user.upn)?;
    }
    if user.mail != before.mail || user.text("mailNickname") != before.text("mailNickname") {
        settle_addresses(connection, user, None)?;
    }
    save(connection, user, &before)
}

/// Puts a live user into deletedItems. Its names become free; licences and roles stay with it.
pub fn delete(connection: &Connection, user: &mut User, now: i64) -> Result<(), DirectoryError> {
    keys::replace(connection, &user.id, &[])?;
    user.upn = format!("{}{}", user.id.replace('-', ""), user.upn);
    user.deleted = Some(now);
    user.sequence = changes::next(connection)?;
    rows::update(connection, user)?;
    members::tell(connection, ObjectKind::User, user.number, user.sequence)?;
    purge_expired(connection, now)
}

/// Brings a user back from deletedItems with its id, licences and roles. Refused while another object holds one of its names.
pub fn restore(connection: &Connection, user: &mut User) -> Result<(), DirectoryError> {
    revive(user);
    if user.properties.remove(synced::DELETED_BY_SYNC).is_some() {
        // Active Directory gave it up, so it is the cloud's from now on.
        user.synced = Some(false);
    }
    claim(connection, user)?;
    user.sequence = changes::next(connection)?;
    rows::update(connection, user)?;
    Ok(members::tell(connection, ObjectKind::User, user.number, user.sequence)?)
}

/// Removes a user from deletedItems for good.
pub fn purge(connection: &Connection, user: &User, now: i64) -> Result<(), DirectoryError> {
    sync_objects::remove_of_object(connection, &user.id)?;
    let sequence = changes::next(connection)?;
    Ok(rows::purge(connection, user, sequence, now)?)
}

/// Removes the users and groups that were deleted more than 30 days ago.
pub fn purge_expired(connection: &Connection, now: i64) -> Result<(), DirectoryError> {
    let expired = rows::deleted_before(connection, now.saturating_sub(RESTORABLE_SECONDS))?;
    expired.iter().try_for_each(|user| purge(connection, user, now))?;
    groups::purge_expired(connection, now)
}

/// Sets the manager, or clears it.
pub fn set_manager(connection: &Connection, user: &mut User, manager: Option<&User>) -> Result<(), DirectoryError> {
    if user.synced == Some(true) {
        return Err(DirectoryError::OnPremisesMastered { property: "manager".to_owned() });
    }
    let before = user.clone();
    user.manager = manager.map(|manager| manager.id.clone());
    save(connection, user, &before)
}

/// Where the anchor of a synchronized user's manager is kept: the manager may come to the tenant later than the managed.
pub const MANAGER_ANCHOR: &str = "#managerAnchor";

/// The manager of a user, where it is in the tenant.
pub fn manager_of(connection: &Connection, user: &User) -> Result<Option<User>, DirectoryError> {
    let found = match (user.text(MANAGER_ANCHOR), &user.manager) {
        (Some(anchor), _) => rows::by_anchor(connection, anchor)?,
        (None, Some(id)) => rows::by_id(connection, id)?,
        (None, None) => None,
    };
    Ok(found.filter(User::live))
}

/// An empty live user with a new id.
pub fn blank(now: i64) -> Result<User, DirectoryError> {
    let mut properties = Map::new();
    properties.insert("userType".to_owned(), Value::from("Member"));
    Ok(User {
        number: 0,
        id: random::uuid()?,
        upn: String::new(),
        display_name: String::new(),
        mail: None,
        anchor: None,
        synced: None,
        enabled: true,
        usage_location: None,
        manager: None,
        created: now,
        deleted: None,
        sequence: 0,
        properties,
        licences: Vec::new(),
        inherited: Vec::new(),
        parked: Vec::new(),
    })
}

/// Stores a new user that is ready.
pub fn insert(connection: &Connection, mut user: User) -> Result<User, DirectoryError> {
    quota::check(connection, user.created)?;
    claim(connection, &user)?;
    user.sequence = changes::next(connection)?;
    user.number = rows::insert(connection, &user)?;
    Ok(user)
}

/// Stores a changed user. One that is as before is not written, so that delta stays quiet.
pub fn save(connection: &Connection, user: &mut User, before: &User) -> Result<(), DirectoryError> {
    if user == before {
        return Ok(());
    }
    // Most changes leave the names alone, and then nobody else can hold them.
    if before.deleted.is_some() || keys_of(user) != keys_of(before) {
        claim(connection, user)?;
    }
    user.sequence = changes::next(connection)?;
    rows::update(connection, user)?;
    if before.deleted != user.deleted {
        members::tell(connection, ObjectKind::User, user.number, user.sequence)?;
    }
    Ok(())
}

/// Undoes what [`delete`] did to the record, without storing it.
pub fn revive(user: &mut User) {
    let mark = user.id.replace('-', "");
    if let Some(upn) = user.upn.strip_prefix(&mark) {
        user.upn = upn.to_owned();
    }
    user.deleted = None;
}

/// Calculates mail and addresses anew. `listed`: all addresses as Active Directory has them; `None`: those the user has stay.
pub fn settle_addresses(connection: &Connection, user: &mut User, listed: Option<&[String]>) -> Result<(), DirectoryError> {
    if user.synced == Some(true) {
        // What others hold is left out. Values that wait for this user are looked at by the next pass of the synchronization.
        return synced::settle_user_addresses(connection, user).map(drop);
    }
    let initial = organization::load(connection)?.name;
    let held = user.addresses();
    let mailbox = licensing::has_exchange_plan(user);
    let base =
        listed.map_or_else(|| if user.mail.is_some() { addresses::demote(&held) } else { kept_without_mail(&held) }, <[String]>::to_vec);
    let wanted = user.mail.is_some() || mailbox || base.iter().any(|address| address.starts_with("SMTP:"));
    let own = if wanted { own_address(connection, user, &initial)? } else { None };
    let usable_upn = names::domain_of(&user.upn).map(|domain| domains::is_verified(connection, &domain)).transpose()?.unwrap_or_default();
    let fallback = if usable_upn { Some(user.upn.clone()) } else { own.clone() }.filter(|_| mailbox);
    let verified: BTreeSet<String> =
        organization::domains(connection)?.into_iter().filter(|domain| domain.verified).map(|domain| domain.name).collect();
    let usable = |address: &str| !mailbox || names::domain_of(address).is_some_and(|domain| verified.contains(&domain));
    let wish = Wish { mail: user.mail.as_deref(), listed: &base, own: own.as_deref(), fallback: fallback.as_deref() };
    let Addresses { mail, proxies } = addresses::calculate(&wish, usable);
    user.mail = mail;
    user.set("proxyAddresses", Some(Value::from(proxies)).filter(|list| list.as_array().is_some_and(|list| !list.is_empty())));
    Ok(())
}

/// The address or UPN of a user in the tenant's first domain: the one it has, else one that is free.
pub fn own_address(connection: &Connection, user: &User, initial: &str) -> Result<Option<String>, DirectoryError> {
    let suffix = format!("@{initial}");
    if let Some(held) = user.addresses().iter().find_map(|entry| addresses::smtp_of(entry).filter(|held| fold(held).ends_with(&suffix))) {
        return Ok(Some(held.to_owned()));
    }
    let nickname = user.text("mailNickname").map_or_else(|| names::nickname_of(&user.upn), names::nickname_of);
    if nickname.is_empty() {
        return Ok(None);
    }
    let plain = format!("{nickname}{suffix}");
    for attempt in 0..20 {
        let number = u32::from_be_bytes(random::bytes()?) % 10_000;
        let address = if attempt == 0 { plain.clone() } else { format!("{nickname}{number:04}{suffix}") };
        let holders = [
            keys::owner(connection, KeyKind::Address, &fold(&format!("smtp:{address}")))?,
            keys::owner(connection, KeyKind::Upn, &fold(&address))?,
        ];
        if holders.into_iter().flatten().all(|holder| holder == user.id) {
            return Ok(Some(address));
        }
    }
    Ok(None)
}

/// Takes the names of a user; another holder is a conflict.
fn claim(connection: &Connection, user: &User) -> Result<(), DirectoryError> {
    claims::claim(connection, &user.id, &keys_of(user))
}

fn keys_of(user: &User) -> Vec<Key> {
    let mut keys = vec![Key { kind: KeyKind::Upn, value: fold(&user.upn) }];
    keys.extend(claims::common(&user.addresses(), user.anchor.as_deref(), user.text("onPremisesSecurityIdentifier")));
    keys
}

fn known(name: &str) -> Result<&'static properties::Property, DirectoryError> {
    properties::find(name).ok_or_else(|| DirectoryError::invalid(name, name, "a user has no such property"))
}

fn apply(user: &mut User, name: &str, value: &Value) -> Result<(), DirectoryError> {
    if extensions::is_extension(name) { set_extension(user, name, value) } else { properties::apply(user, known(name)?, value) }
}

fn set_extension(user: &mut User, name: &str, value: &Value) -> Result<(), DirectoryError> {
    user.set(name, extensions::checked(name, value)?);
    if user.properties.keys().filter(|name| extensions::is_extension(name)).count() > extensions::VALUES_MAX {
        let reason = format!("a user has at most {} directory extensions", extensions::VALUES_MAX);
        return Err(DirectoryError::invalid(name, "", &reason));
    }
    Ok(())
}

fn check_cloud_upn(connection: &Connection, upn: &str) -> Result<(), DirectoryError> {
    if let Some(reason) = names::upn_fault(upn) {
        return Err(DirectoryError::invalid("userPrincipalName", upn, reason));
    }
    let domain = names::domain_of(upn).unwrap_or_default();
    if !domains::is_verified(connection, &domain)? {
        let reason = format!("domain {domain} is not verified in this tenant");
        return Err(DirectoryError::invalid("userPrincipalName", upn, &reason));
    }
    Ok(())
}

/// A user whose mail was cleared keeps the addresses that nobody counts as mail.
fn kept_without_mail(held: &[&str]) -> Vec<String> {
    held.iter().filter(|address| !address.starts_with("SMTP:")).map(|address| (*address).to_owned()).collect()
}
