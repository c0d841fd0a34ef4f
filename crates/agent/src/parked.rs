//! Values that the service stored nowhere: somebody else has them, so it keeps them parked until they are free. It reports success,
//! and tries again by itself; only Graph tells. So each is an open finding until Graph no longer shows it, and is not sent again.

use samesign_engine::{Finding, Severity, TargetObject, fold};

use crate::error::AgentError;
use crate::state::{Store, key_hash};

/// The code of such a finding.
pub const VALUE_PARKED: &str = "value-parked";

/// A finding for every parked value of an object of ours.
pub fn parked_values(store: &Store) -> Result<Vec<Finding>, AgentError> {
    let mut findings = Vec::new();
    for object in store.targets_with_parked_values()? {
        let Some(owner) = own_dn(store, &object)? else { continue };
        for parked in &object.parked {
            findings.push(finding(&owner, holder(store, &object, &parked.value)?, &parked.property, &parked.value));
        }
    }
    findings.sort();
    findings.dedup();
    Ok(findings)
}

/// The DN of the source object of one of ours.
fn own_dn(store: &Store, object: &TargetObject) -> Result<Option<Box<str>>, AgentError> {
    let anchor = match &object.anchor {
        Some(anchor) => Some(anchor.clone()),
        None => store.owner_anchor(&object.id)?,
    };
    let link = anchor.map(|anchor| store.link(&anchor)).transpose()?.flatten();
    Ok(link.map(|link| link.last_dn).filter(|dn| !dn.is_empty()))
}

/// Who has the value: another object of the tenant, by the DN of its source object where it is ours, else by its name.
fn holder(store: &Store, object: &TargetObject, value: &str) -> Result<Option<Box<str>>, AgentError> {
    let (prefix, address) = value.split_once(':').unwrap_or_default();
    let name = if prefix.eq_ignore_ascii_case("smtp") { address } else { value };
    let others = store.targets_by_key(key_hash(&format!("name:{}", fold(name))))?;
    let Some(other) = others.into_iter().find(|other| other.id != object.id && !other.soft_deleted) else { return Ok(None) };
    Ok(Some(own_dn(store, &other)?.unwrap_or(other.upn)))
}

/// Active Directory's name of a property that Graph calls `ProxyAddresses`.
fn attribute_of(property: &str) -> Box<str> {
    let mut letters = property.chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect::<String>().into()
}

fn finding(owner: &str, holder: Option<Box<str>>, property: &str, value: &str) -> Finding {
    let hint = match &holder {
        Some(holder) => format!("{holder} has it too: keep it on one of both; the service gives it to the other by itself, within an hour"),
        None => "another object of the tenant has it too: find that one in the portal, and keep the value on one of both".to_owned(),
    };
    Finding {
        code: VALUE_PARKED,
        severity: Severity::Error,
        objects: std::iter::once(owner.into()).chain(holder).collect(),
        attribute: Some(attribute_of(property)),
        value: Some(value.into()),
        hint: hint.into(),
    }
}
