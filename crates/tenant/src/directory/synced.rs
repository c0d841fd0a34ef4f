//! What a synchronized object is called and which addresses it has: made anew from what Active Directory sent, which is kept beside.
//!
//! The sent values stand in the record under names with a `#`, which nobody is shown. So a licence, a domain that was verified, or an
//! address that became free changes what is visible without a new synchronization. Values that another object holds are answered as
//! [`Clash`]es and left out; the caller parks or refuses them.

use std::collections::BTreeSet;

use rusqlite::Connection;
use serde_json::Value;

use super::addresses::{self, Addresses, Wish};
use super::users::own_address;
use super::{Contact, DirectoryError, Group, User, domains, is_upn_usable, licensing, names, quarantine};
use crate::random;
use crate::store::keys::{self, KeyKind};
use crate::store::{fold, organization};

/// userPrincipalName as it was sent: the sign-in name, which need not be the userPrincipalName of Active Directory.
pub const SENT_UPN: &str = "#userPrincipalName";
/// mail as it was sent; empty when it was cleared, unset when it was never sent.
pub const SENT_MAIL: &str = "#mail";
/// proxyAddresses as they were sent; unset when they were never sent.
pub const SENT_ADDRESSES: &str = "#proxyAddresses";
/// The object is a mailbox by its recipient type, whatever its licences.
pub const MAILBOX: &str = "#mailbox";
/// The address for calls and chat, without a prefix.
pub const SIP: &str = "#sip";
/// Addresses that a licensed user got with each new UPN.
pub const FORMER_UPNS: &str = "#upnAddresses";
/// Deleted by synchronization: whoever restores it in the cloud takes it over.
pub const DELETED_BY_SYNC: &str = "#deletedBySync";

/// A value that another object holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clash {
    /// [`quarantine::UPN`] or [`quarantine::ADDRESS`].
    pub property: &'static str,
    /// The value, as sent.
    pub value: String,
    /// Id of the object that holds it.
    pub holder: String,
}

/// Calculates a user's addresses.
pub fn settle_user_addresses(connection: &Connection, user: &mut User) -> Result<Vec<Clash>, DirectoryError> {
    let initial = organization::load(connection)?.name;
    let mailbox = licensing::has_exchange_plan(user) || user.properties.contains_key(MAILBOX);
    let verified = verified_domains(connection)?;
    // A mailbox keeps no address of a domain that is not verified; a user who only has mail keeps any.
    let usable = |address: &str| !mailbox || names::domain_of(address).is_some_and(|domain| verified.contains(&domain));
    let mail = sent_mail(user.text(SENT_MAIL), user.mail.as_deref());
    let mut listed =
        if user.properties.contains_key(SENT_ADDRESSES) { owned(&user.texts(SENT_ADDRESSES)) } else { held(user, mail.is_some(), mailbox) };
    if mailbox {
        listed.extend(user.texts(FORMER_UPNS).iter().map(|upn| format!("smtp:{upn}")));
    }
    let mut clashes = Vec::new();
    let listed = free(connection, &user.id, listed, &usable, &mut clashes)?;
    let mail = free_mail(connection, &user.id, mail, &usable, &mut clashes)?;
    let wanted = mail.is_some() || mailbox || listed.iter().any(|address| address.starts_with("SMTP:"));
    let own = if wanted { own_address(connection, user, &initial)? } else { None };
    let fallback = if mailbox { fallback(connection, user, &verified, own.as_deref())? } else { None };
    let wish = Wish { mail: mail.as_deref(), listed: &listed, own: own.as_deref(), fallback: fallback.as_deref() };
    let Addresses { mail, mut proxies } = addresses::calculate(&wish, usable);
    add_sip(connection, user, &mut proxies)?;
    user.mail = mail;
    user.set("proxyAddresses", list_value(proxies));
    Ok(clashes)
}

/// Calculates a group's addresses, and whether it is mail-enabled.
pub fn settle_group_addresses(connection: &Connection, group: &mut Group) -> Result<Vec<Clash>, DirectoryError> {
    let was_sent = group.properties.contains_key(SENT_ADDRESSES);
    let mail = sent_mail(group.text(SENT_MAIL), group.mail.as_deref().filter(|_| !was_sent));
    let listed = sent_or_held(was_sent, &group.texts(SENT_ADDRESSES), &group.addresses());
    let (Addresses { mail, proxies }, clashes) = plain(connection, &group.id, mail, listed)?;
    group.mail_enabled = mail.as_deref().is_some_and(|mail| mail.contains('@')) || proxies.iter().any(|entry| entry.starts_with("SMTP:"));
    group.mail = mail;
    group.set("proxyAddresses", list_value(proxies));
    Ok(clashes)
}

/// Calculates a contact's addresses.
pub fn settle_contact_addresses(connection: &Connection, contact: &mut Contact) -> Result<Vec<Clash>, DirectoryError> {
    let was_sent = contact.properties.contains_key(SENT_ADDRESSES);
    let mail = sent_mail(contact.text(SENT_MAIL), contact.mail.as_deref().filter(|_| !was_sent));
    let listed = sent_or_held(was_sent, &contact.texts(SENT_ADDRESSES), &contact.addresses());
    let (Addresses { mail, proxies }, clashes) = plain(connection, &contact.id, mail, listed)?;
    contact.mail = mail;
    contact.set("proxyAddresses", list_value(proxies));
    Ok(clashes)
}

/// Calculates a user's UPN: the one sent where its domain is verified and the service takes its characters, else the address in the
/// tenant's first domain. While another object holds it: `<prefix>+<4 digits>` in the first domain.
pub fn settle_upn(connection: &Connection, user: &mut User) -> Result<Option<Clash>, DirectoryError> {
    let sent = user.text(SENT_UPN).or(user.text("onPremisesUserPrincipalName")).map(str::to_owned);
    let Some(sent) = sent else { return Ok(None) };
    let initial = organization::load(connection)?.name;
    let domain = names::domain_of(&sent).unwrap_or_default();
    let own = if is_upn_usable(&sent) && domains::is_verified(connection, &domain)? {
        Some(sent.clone())
    } else {
        own_address(connection, user, &initial)?
    };
    let reason = "no name can be made of it in the tenant's first domain";
    let wanted = own.ok_or_else(|| DirectoryError::invalid("userPrincipalName", &sent, reason))?;
    match keys::owner(connection, KeyKind::Upn, &fold(&wanted))?.filter(|holder| *holder != user.id) {
        None => {
            user.upn = wanted;
            Ok(None)
        }
        Some(holder) => {
            user.upn = placeholder(connection, user, &sent, &initial, &holder)?;
            Ok(Some(Clash { property: quarantine::UPN, value: sent, holder }))
        }
    }
}

/// When a domain was verified: users get the UPN that was sent for them, and addresses that had to be left out come back.
pub fn follow_verified_domain(connection: &Connection, domain: &str, now: i64) -> Result<(), DirectoryError> {
    for mut user in crate::store::users::with_source_upn(connection)? {
        if concerns(&user, domain) {
            resettle_user(connection, &mut user, now)?;
        }
    }
    Ok(())
}

/// Calculates UPN and addresses of a user again and stores what changed. Whoever holds a value keeps it; it waits for this user.
pub fn resettle_user(connection: &Connection, user: &mut User, now: i64) -> Result<(), DirectoryError> {
    let before = user.clone();
    let mut clashes = Vec::from_iter(settle_upn(connection, user)?);
    clashes.extend(settle_user_addresses(connection, user)?);
    super::users::save(connection, user, &before)?;
    park(connection, &user.id, &clashes, &[quarantine::UPN, quarantine::ADDRESS], now).map(drop)
}

/// Calculates a group's addresses again and stores what changed.
pub fn resettle_group(connection: &Connection, group: &mut Group, now: i64) -> Result<(), DirectoryError> {
    let before = group.clone();
    let clashes = settle_group_addresses(connection, group)?;
    super::groups::save(connection, group, &before)?;
    park(connection, &group.id, &clashes, &[quarantine::ADDRESS], now).map(drop)
}

/// Calculates a contact's addresses again and stores what changed.
pub fn resettle_contact(connection: &Connection, contact: &mut Contact, now: i64) -> Result<(), DirectoryError> {
    let before = contact.clone();
    let clashes = settle_contact_addresses(connection, contact)?;
    super::contacts::save(connection, contact, &before)?;
    park(connection, &contact.id, &clashes, &[quarantine::ADDRESS], now).map(drop)
}

/// Makes the parked values of a stored object exactly these, of the properties named. Answers whether anything changed.
pub fn park(connection: &Connection, object: &str, clashes: &[Clash], properties: &[&str], now: i64) -> Result<bool, DirectoryError> {
    if properties.is_empty() {
        return Ok(false);
    }
    let mut changed = false;
    for parked in quarantine::parked_of(connection, object)? {
        let stays = clashes.iter().any(|clash| clash.property == parked.property && fold(&clash.value) == fold(&parked.value));
        if !stays && properties.contains(&parked.property.as_str()) {
            changed |= quarantine::release(connection, object, &parked.property, &parked.value)?;
        }
    }
    if clashes.is_empty() {
        return Ok(changed);
    }
    let held = quarantine::parked_of(connection, object)?;
    for clash in clashes {
        if !held.iter().any(|parked| clash.property == parked.property && fold(&clash.value) == fold(&parked.value)) {
            changed |= quarantine::park(connection, object, clash.property, &clash.value, now)?;
        }
    }
    Ok(changed)
}

/// Whether the verification of a domain may change what is visible of a user.
fn concerns(user: &User, domain: &str) -> bool {
    let sent = [user.text(SENT_UPN), user.text("onPremisesUserPrincipalName"), user.text(SENT_MAIL)];
    let addresses = user.texts(SENT_ADDRESSES);
    let mut all = sent.into_iter().flatten().chain(addresses.iter().filter_map(|entry| addresses::smtp_of(entry)));
    all.any(|name| names::domain_of(name).as_deref() == Some(domain))
}

fn verified_domains(connection: &Connection) -> Result<BTreeSet<String>, DirectoryError> {
    let all = organization::domains(connection)?;
    Ok(all.into_iter().filter(|domain| domain.verified).map(|domain| domain.name).collect())
}

/// `held` is what the object has without having been told: where its addresses were sent, mail was made of those, and is made anew.
fn sent_mail(sent: Option<&str>, held: Option<&str>) -> Option<String> {
    sent.or(held).map(str::trim).filter(|mail| !mail.is_empty()).map(str::to_owned)
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| text.trim().to_owned()).collect()
}

/// Active Directory never said which addresses there are, so those of the cloud stay. With mail the primary one becomes a second one;
/// without, a mailbox keeps its own.
fn held(user: &User, has_mail: bool, mailbox: bool) -> Vec<String> {
    let held = user.addresses();
    match (has_mail, mailbox) {
        (true, _) => addresses::demote(&held),
        (false, true) => owned(&held),
        (false, false) => owned(&held).into_iter().filter(|entry| !entry.starts_with("SMTP:")).collect(),
    }
}

fn sent_or_held(was_sent: bool, sent: &[&str], held: &[&str]) -> Vec<String> {
    owned(if was_sent { sent } else { held })
}

/// Addresses of an object that nobody takes any from: what was sent, but for what others hold.
fn plain(connection: &Connection, id: &str, mail: Option<String>, listed: Vec<String>) -> Result<(Addresses, Vec<Clash>), DirectoryError> {
    let mut clashes = Vec::new();
    let listed = free(connection, id, listed, &|_| true, &mut clashes)?;
    let mail = free_mail(connection, id, mail, &|_| true, &mut clashes)?;
    let wish = Wish { mail: mail.as_deref(), listed: &listed, own: None, fallback: None };
    Ok((addresses::calculate(&wish, |_| true), clashes))
}

/// The entries without the SMTP addresses that other objects hold.
fn free(
    connection: &Connection,
    id: &str,
    listed: Vec<String>,
    usable: &impl Fn(&str) -> bool,
    clashes: &mut Vec<Clash>,
) -> Result<Vec<String>, DirectoryError> {
    let mut kept = Vec::with_capacity(listed.len());
    for entry in listed {
        let address = addresses::smtp_of(entry.trim()).filter(|address| names::is_address(address) && usable(address));
        let holder = match address {
            Some(address) => other_holder(connection, id, address)?,
            None => None,
        };
        match holder {
            Some(holder) => push(clashes, Clash { property: quarantine::ADDRESS, value: entry.trim().to_owned(), holder }),
            None => kept.push(entry),
        }
    }
    Ok(kept)
}

fn free_mail(
    connection: &Connection,
    id: &str,
    mail: Option<String>,
    usable: &impl Fn(&str) -> bool,
    clashes: &mut Vec<Clash>,
) -> Result<Option<String>, DirectoryError> {
    let entry = mail.iter().map(|mail| format!("SMTP:{mail}")).collect();
    let kept = free(connection, id, entry, usable, clashes)?;
    Ok(mail.filter(|_| !kept.is_empty()))
}

/// One address may clash as `SMTP:` entry and as mail: that is one clash.
fn push(clashes: &mut Vec<Clash>, clash: Clash) {
    if !clashes.iter().any(|known| fold(&known.value) == fold(&clash.value)) {
        clashes.push(clash);
    }
}

fn other_holder(connection: &Connection, id: &str, address: &str) -> Result<Option<String>, DirectoryError> {
    Ok(keys::owner(connection, KeyKind::Address, &fold(&format!("smtp:{address}")))?.filter(|holder| holder != id))
}

/// What the primary address of a mailbox becomes when nothing better is left: its UPN, else its address in the first domain.
fn fallback(
    connection: &Connection,
    user: &User,
    verified: &BTreeSet<String>,
    own: Option<&str>,
) -> Result<Option<String>, DirectoryError> {
    let upn = Some(user.upn.as_str()).filter(|upn| names::domain_of(upn).is_some_and(|domain| verified.contains(&domain)));
    let upn = match upn {
        Some(upn) if names::is_address(upn) && other_holder(connection, &user.id, upn)?.is_none() => Some(upn),
        _ => None,
    };
    Ok(upn.or(own).map(str::to_owned))
}

fn add_sip(connection: &Connection, user: &User, proxies: &mut Vec<String>) -> Result<(), DirectoryError> {
    let Some(sip) = user.text(SIP) else { return Ok(()) };
    let entry = format!("SIP:{sip}");
    let holder = keys::owner(connection, KeyKind::Address, &fold(&entry))?;
    let taken = holder.is_some_and(|holder| holder != user.id) || proxies.iter().any(|known| fold(known) == fold(&entry));
    if !taken {
        proxies.push(entry);
    }
    Ok(())
}

/// A name in the first domain that says whose it is; the one that the user has already, where it is one.
fn placeholder(connection: &Connection, user: &User, sent: &str, initial: &str, holder: &str) -> Result<String, DirectoryError> {
    let prefix = names::nickname_of(sent);
    let prefix: String = prefix.chars().take(LOCAL_MAX - 5).collect();
    let digits = user.upn.strip_prefix(&format!("{prefix}+")).and_then(|rest| rest.strip_suffix(&format!("@{initial}")));
    if digits.is_some_and(|digits| digits.len() == 4 && digits.bytes().all(|digit| digit.is_ascii_digit())) {
        return Ok(user.upn.clone());
    }
    for _ in 0..PLACEHOLDERS_MAX {
        let number = u32::from_be_bytes(random::bytes()?) % 10_000;
        let name = format!("{prefix}+{number:04}@{initial}");
        if keys::owner(connection, KeyKind::Upn, &fold(&name))?.is_none_or(|holder| holder == user.id) {
            return Ok(name);
        }
    }
    Err(DirectoryError::Conflict { property: "userPrincipalName", value: sent.to_owned(), holder: holder.to_owned() })
}

/// Characters before the `@` of a UPN at most.
const LOCAL_MAX: usize = 64;
/// Names that are tried before a user is refused: when so many are taken, ten thousand want the same one.
const PLACEHOLDERS_MAX: usize = 40;

fn list_value(proxies: Vec<String>) -> Option<Value> {
    Some(Value::from(proxies)).filter(|list| list.as_array().is_some_and(|list| !list.is_empty()))
}
