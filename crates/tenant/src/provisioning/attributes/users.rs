//! A user's attributes.

use rusqlite::Connection;
use samesign_wire::provisioning::{PropertyValue, features};
use serde_json::Value;

use super::values::{boolean, check_length, reference, sid, text, time};
use super::{Sent, Settled, first_nickname, set_plain};
use crate::directory::properties::{self, USER};
use crate::directory::synced::{self, FORMER_UPNS, MAILBOX, SENT_UPN, SIP};
use crate::directory::users::MANAGER_ANCHOR;
use crate::directory::{User, domain_of, domains, licensing, quarantine};
use crate::provisioning::refusal::{Refusal, Stop};
use crate::provisioning::shadow::Shadow;
use crate::store::organization;

/// Texts that go over as they are: the service's name and Graph's.
const PLAIN: &[(&str, &str)] = &[
    ("city", "city"),
    ("company", "companyName"),
    ("country", "country"),
    ("department", "department"),
    ("dnsDomainName", "onPremisesDomainName"),
    ("employeeId", "employeeId"),
    ("employeeType", "employeeType"),
    ("facsimileTelephoneNumber", "faxNumber"),
    ("givenName", "givenName"),
    ("mobile", "mobilePhone"),
    ("onPremisesDistinguishedName", "onPremisesDistinguishedName"),
    ("onPremisesSamAccountName", "onPremisesSamAccountName"),
    ("physicalDeliveryOfficeName", "officeLocation"),
    ("postalCode", "postalCode"),
    ("preferredLanguage", "preferredLanguage"),
    ("state", "state"),
    ("streetAddress", "streetAddress"),
    ("surname", "surname"),
    ("title", "jobTitle"),
];

/// A change of one of these makes the addresses anew.
const ADDRESS_SOURCES: &[&str] = &[
    "mail",
    "proxyAddresses",
    "alias",
    "userPrincipalName",
    "msExchRemoteRecipientType",
    "msExchRecipientTypeDetails",
    DISPLAY_TYPE,
    SIP_ADDRESS,
];
/// Exchange's kind of recipient, in which shared mailboxes and rooms differ from people.
const DISPLAY_TYPE: &str = "msExchRecipientDisplayType";
/// Kinds of recipients that are a mailbox of the service, whatever their licences.
const MAILBOX_TYPES: [i64; 11] = [0, 2, 7, 8, 10, 15, 16, 17, 18, 1_073_741_824, 1_073_741_840];
/// The address for calls and chat, as Active Directory has it.
const SIP_ADDRESS: &str = "msRTCSIP-PrimaryUserAddress";

/// Puts a user's attributes into its record.
pub fn apply(connection: &Connection, user: &mut User, sent: &Sent<'_>) -> Result<Settled, Stop> {
    for (name, value) in &sent.object.properties {
        apply_one(user, name, value)?;
    }
    settle_nickname(user, sent);
    set_recipient(user, sent.shadow);
    let mut settled = Settled::default();
    if sent.first || sent.changes("userPrincipalName") || sent.changes("onPremisesUserPrincipalName") {
        settle_upn(connection, user, sent, &mut settled)?;
    }
    if sent.first || sent.any_changes(ADDRESS_SOURCES) {
        settled.looked_at.push(quarantine::ADDRESS);
        settled.clashes.extend(synced::settle_user_addresses(connection, user)?);
    }
    if user.display_name.is_empty() {
        user.display_name = text(sent.shadow.get("commonName")).unwrap_or_else(|| user.upn.clone());
    }
    Ok(settled)
}

fn apply_one(user: &mut User, name: &str, value: &PropertyValue) -> Result<(), Stop> {
    if set_plain(&mut |graph, value| user.set(graph, value), &USER, PLAIN, name, value)? {
        return Ok(());
    }
    if let Some(number) = name.strip_prefix("extensionAttribute") {
        return set_extension_attribute(user, number, text(Some(value)));
    }
    match name {
        "accountEnabled" => user.enabled = boolean(name, value)?,
        "displayName" => {
            let text = text(Some(value));
            check_length(&USER, name, name, text.as_deref())?;
            user.display_name = text.unwrap_or_default();
        }
        "telephoneNumber" => user.set("businessPhones", text(Some(value)).map(|number| Value::from(vec![number]))),
        "usageLocation" => {
            // AD without a location leaves the one that was given in the cloud.
            if let Some(location) = text(Some(value)) {
                user.usage_location = Some(properties::usage_location(&Value::from(location))?);
            }
        }
        "onPremiseSecurityIdentifier" => user.set("onPremisesSecurityIdentifier", sid(value)?.map(Value::from)),
        "lastPasswordChangeTimestamp" => {
            user.set("lastPasswordChangeDateTime", text(Some(value)).and_then(|stamp| time(&stamp)).map(Value::from))
        }
        "manager" => {
            user.manager = None;
            user.set(MANAGER_ANCHOR, reference(value).map(Value::from));
        }
        _ => {}
    }
    Ok(())
}

/// The first alias is made; after that only Active Directory's own changes it.
fn settle_nickname(user: &mut User, sent: &Sent<'_>) {
    let alias = sent.object.property("alias").and_then(|alias| text(Some(alias)));
    let first = || first_nickname(sent.shadow).filter(|_| sent.first && user.text("mailNickname").is_none());
    if let Some(nickname) = alias.or_else(first) {
        user.set("mailNickname", Some(Value::from(nickname)));
    }
}

/// What of Exchange's attributes decides about addresses.
fn set_recipient(user: &mut User, shadow: &Shadow) {
    let display_type = text(shadow.get(DISPLAY_TYPE)).and_then(|kind| kind.parse::<i64>().ok());
    let mailbox = shadow.get("msExchRemoteRecipientType").is_some() || display_type.is_some_and(|kind| MAILBOX_TYPES.contains(&kind));
    user.set(MAILBOX, mailbox.then_some(Value::from(true)));
    let address = text(shadow.get(SIP_ADDRESS)).map(|address| {
        let bare = address.get(..4).filter(|prefix| prefix.eq_ignore_ascii_case("sip:")).and_then(|_| address.get(4..));
        bare.unwrap_or(&address).to_owned()
    });
    user.set(SIP, address.map(Value::from));
}

fn settle_upn(connection: &Connection, user: &mut User, sent: &Sent<'_>, settled: &mut Settled) -> Result<(), Stop> {
    let upn = text(sent.shadow.get("userPrincipalName")).filter(|upn| upn.split('@').filter(|part| !part.is_empty()).count() == 2);
    let upn = upn.ok_or_else(|| Refusal::validation("userPrincipalName", "it is missing, or has not the form name@domain"))?;
    check_length(&USER, "userPrincipalName", "onPremisesUserPrincipalName", Some(&upn))?;
    // With an alternate sign-in name, that name is sent as userPrincipalName, and Active Directory's own beside it.
    let source = text(sent.shadow.get("onPremisesUserPrincipalName")).unwrap_or_else(|| upn.clone());
    user.set("onPremisesUserPrincipalName", Some(Value::from(source)));
    user.set(SENT_UPN, Some(Value::from(upn)));
    let held = user.upn.clone();
    if !sent.first && !follows(connection, user)? {
        return Ok(());
    }
    settled.looked_at.push(quarantine::UPN);
    settled.clashes.extend(synced::settle_upn(connection, user)?);
    if !sent.first && held != user.upn {
        ensure_no_other_federation(connection, &held, &user.upn)?;
        keep_as_address(user);
    }
    Ok(())
}

/// A licensed user of a domain whose sign-in is the tenant's own keeps its name unless the tenant lets it follow.
fn follows(connection: &Connection, user: &User) -> Result<bool, Stop> {
    let on = organization::load(connection)?.sync_features & features::SYNCHRONIZE_UPN_FOR_MANAGED_USERS != 0;
    let licensed = licensing::plans(user).next().is_some();
    Ok(on || !licensed || domains::is_federated(connection, &domain_of(&user.upn).unwrap_or_default())?)
}

/// A name does not move from one federated domain to another: two sign-in services would have to change at once.
fn ensure_no_other_federation(connection: &Connection, held: &str, wanted: &str) -> Result<(), Stop> {
    let [from, to] = [held, wanted].map(|upn| domain_of(upn).unwrap_or_default());
    if from == to || !domains::is_federated(connection, &from)? || !domains::is_federated(connection, &to)? {
        return Ok(());
    }
    let description = format!(
        "The userPrincipalName cannot be changed from {held} to {wanted}: both domains are federated. Change it to a name in the first domain \
         of the tenant, and then synchronize again."
    );
    let mut refusal = Refusal::new("FederatedDomainChangeError", description);
    refusal.details = vec![("AttributeConflictName".to_owned(), "UserPrincipalName".to_owned())];
    Err(refusal.into())
}

/// Who has a mailbox is reached by the new name too.
fn keep_as_address(user: &mut User) {
    if licensing::has_exchange_plan(user) {
        let mut known: Vec<String> = user.texts(FORMER_UPNS).into_iter().map(str::to_owned).collect();
        if !known.contains(&user.upn) {
            known.push(user.upn.clone());
        }
        user.set(FORMER_UPNS, Some(Value::from(known)));
    }
}

fn set_extension_attribute(user: &mut User, number: &str, text: Option<String>) -> Result<(), Stop> {
    if !number.parse::<u8>().is_ok_and(|number| (1..=15).contains(&number)) {
        return Ok(());
    }
    let name = "onPremisesExtensionAttributes";
    let mut held = user.properties.get(name).and_then(Value::as_object).cloned().unwrap_or_default();
    match text {
        Some(text) => held.insert(format!("extensionAttribute{number}"), Value::from(text)),
        None => held.remove(&format!("extensionAttribute{number}")),
    };
    user.set(name, Some(Value::Object(held)).filter(|held| held.as_object().is_some_and(|held| !held.is_empty())));
    Ok(())
}
