//! What the attributes sent become in the directory.

use rusqlite::Connection;
use samesign_wire::provisioning::{PropertyValue, SyncObject};
use serde_json::Value;

use super::refusal::{Refusal, Stop};
use super::shadow::Shadow;
use crate::directory::properties::{self, Kind};
use crate::directory::users::{MANAGER_ANCHOR, own_address, settle_addresses};
use crate::directory::{User, addresses, domains, is_upn_usable, nickname_of};
use crate::store::organization;

/// Texts that go over as they are: the service's name and Graph's.
const PLAIN: &[(&str, &str)] = &[
    ("alias", "mailNickname"),
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
    ("userPrincipalName", "onPremisesUserPrincipalName"),
];

/// Puts what was sent into the record. `shadow` holds everything sent so far, this included; `first`: the user was not synchronized before.
pub fn apply(connection: &Connection, user: &mut User, object: &SyncObject, shadow: &Shadow, first: bool) -> Result<(), Stop> {
    for (name, value) in &object.properties {
        apply_one(user, name, value)?;
    }
    if first && user.text("mailNickname").is_none() {
        let nickname = first_nickname(shadow).unwrap_or_default();
        user.set("mailNickname", Some(Value::from(nickname)).filter(|nickname| nickname != ""));
    }
    if first || object.property("userPrincipalName").is_some() {
        settle_upn(connection, user, shadow)?;
    }
    let sent = |name: &str| object.property(name).is_some();
    if first || sent("mail") || sent("proxyAddresses") || sent("alias") || sent("userPrincipalName") {
        settle_mail(connection, user, object, shadow)?;
    }
    if user.display_name.is_empty() {
        user.display_name = text(shadow.get("commonName")).unwrap_or_else(|| user.upn.clone());
    }
    Ok(())
}

fn apply_one(user: &mut User, name: &str, value: &PropertyValue) -> Result<(), Stop> {
    if let Some((_, graph)) = PLAIN.iter().find(|(service, _)| *service == name) {
        let text = text(Some(value));
        check_length(name, graph, text.as_deref())?;
        user.set(graph, text.map(Value::from));
        return Ok(());
    }
    if let Some(number) = name.strip_prefix("extensionAttribute") {
        return set_extension_attribute(user, number, text(Some(value)));
    }
    match name {
        "accountEnabled" => user.enabled = boolean(value)?,
        "displayName" => {
            let text = text(Some(value));
            check_length(name, name, text.as_deref())?;
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

/// The UPN of Active Directory where its domain is verified and the service takes its characters; else one in the first domain.
fn settle_upn(connection: &Connection, user: &mut User, shadow: &Shadow) -> Result<(), Stop> {
    let sent = text(shadow.get("userPrincipalName")).filter(|upn| upn.split('@').filter(|part| !part.is_empty()).count() == 2);
    let upn = sent.ok_or_else(|| Refusal::validation("userPrincipalName", "it is missing, or has not the form name@domain"))?;
    let domain = upn.rsplit_once('@').map(|(_, domain)| domain.to_owned()).unwrap_or_default();
    if is_upn_usable(&upn) && domains::is_verified(connection, &domain)? {
        user.upn = upn;
        return Ok(());
    }
    let initial = organization::load(connection)?.name;
    let own = own_address(connection, user, &initial)?;
    user.upn = own.ok_or_else(|| Refusal::validation("userPrincipalName", "no name can be made of it in the tenant's first domain"))?;
    Ok(())
}

fn settle_mail(connection: &Connection, user: &mut User, object: &SyncObject, shadow: &Shadow) -> Result<(), Stop> {
    match (text(shadow.get("mail")), object.property("mail")) {
        (Some(mail), _) => user.mail = Some(mail),
        (None, Some(_)) => user.mail = None,
        (None, None) => {}
    }
    let listed = match shadow.get("proxyAddresses") {
        Some(PropertyValue::Texts(addresses)) => Some(addresses.clone()),
        // Cleared just now: only what the service adds by itself stays.
        None if object.property("proxyAddresses").is_some() => Some(Vec::new()),
        _ => None,
    };
    Ok(settle_addresses(connection, user, listed.as_deref())?)
}

/// The alias of Active Directory, else what stands before the @ of the primary address, of mail, of the UPN, of another address.
fn first_nickname(shadow: &Shadow) -> Option<String> {
    let listed: &[String] = match shadow.get("proxyAddresses") {
        Some(PropertyValue::Texts(addresses)) => addresses,
        _ => &[],
    };
    let primary = listed.iter().find_map(|address| address.strip_prefix("SMTP:")).map(str::to_owned);
    let other = listed.iter().find_map(|address| addresses::smtp_of(address)).map(str::to_owned);
    let sources = [text(shadow.get("alias")), primary, text(shadow.get("mail")), text(shadow.get("userPrincipalName")), other];
    sources.into_iter().flatten().map(|name| nickname_of(&name)).find(|nickname| !nickname.is_empty())
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

fn check_length(service: &str, graph: &str, text: Option<&str>) -> Result<(), Stop> {
    let Some(Kind::Text(max)) = properties::find(graph).map(|property| property.kind) else { return Ok(()) };
    if text.is_some_and(|text| text.chars().count() > max) {
        let description = format!("The value of {service} is longer than {max} characters.");
        return Err(Refusal::new("ExceededAllowedLength", description).into());
    }
    Ok(())
}

fn text(value: Option<&PropertyValue>) -> Option<String> {
    let text = match value? {
        PropertyValue::Text(text) => text.trim().to_owned(),
        PropertyValue::Integer(number) => number.to_string(),
        PropertyValue::Long(number) => number.to_string(),
        PropertyValue::Texts(texts) => texts.first()?.trim().to_owned(),
        _ => return None,
    };
    Some(text).filter(|text| !text.is_empty())
}

fn boolean(value: &PropertyValue) -> Result<bool, Stop> {
    match value {
        PropertyValue::Boolean(value) => Ok(*value),
        PropertyValue::Text(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        PropertyValue::Text(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        PropertyValue::Nil => Ok(false),
        _ => Err(Refusal::validation("accountEnabled", "it is no boolean").into()),
    }
}

fn reference(value: &PropertyValue) -> Option<String> {
    match value {
        PropertyValue::References(changes) => changes
            .iter()
            .rfind(|change| change.operation == samesign_wire::provisioning::ReferenceOperation::Add)
            .map(|change| change.anchor.clone()),
        other => text(Some(other)),
    }
}

/// A SID in its text form (MS-DTYP 2.4.2.1).
fn sid(value: &PropertyValue) -> Result<Option<String>, Stop> {
    let bytes = match value {
        PropertyValue::Bytes(bytes) => bytes,
        PropertyValue::Text(text) if text.starts_with("S-") => return Ok(Some(text.clone())),
        _ => return Ok(None),
    };
    let text = sid_text(bytes).ok_or_else(|| Refusal::validation("onPremiseSecurityIdentifier", "it is no SID"))?;
    Ok(Some(text))
}

fn sid_text(bytes: &[u8]) -> Option<String> {
    let (&[revision, count], rest) = bytes.split_first_chunk::<2>()?;
    let (authority, rest) = rest.split_first_chunk::<6>()?;
    let authority = authority.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    if rest.len() != usize::from(count) * 4 {
        return None;
    }
    let parts = rest.chunks_exact(4).filter_map(|part| part.try_into().ok()).map(u32::from_le_bytes);
    Some(parts.fold(format!("S-{revision}-{authority}"), |text, part| format!("{text}-{part}")))
}

/// `yyyyMMddHHmmss.0Z` as Graph shows it.
fn time(stamp: &str) -> Option<String> {
    let digits = stamp.split('.').next()?.trim_end_matches('Z');
    let time = jiff::civil::DateTime::strptime("%Y%m%d%H%M%S", digits).ok()?;
    Some(time.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().to_string())
}
