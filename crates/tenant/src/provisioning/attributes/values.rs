//! Values as they were sent, in the forms in which the directory keeps them.

use samesign_wire::provisioning::{PropertyValue, ReferenceOperation};
use serde_json::Value;

use crate::directory::properties::{Kind, Resource};
use crate::provisioning::refusal::{Refusal, Stop};

/// A text without white space at its ends; `None` when nothing is left. Of a list, the first one.
pub fn text(value: Option<&PropertyValue>) -> Option<String> {
    let text = match value? {
        PropertyValue::Text(text) => text.trim().to_owned(),
        PropertyValue::Integer(number) => number.to_string(),
        PropertyValue::Long(number) => number.to_string(),
        PropertyValue::Texts(texts) => texts.first()?.trim().to_owned(),
        _ => return None,
    };
    Some(text).filter(|text| !text.is_empty())
}

/// A list of texts; `None` when the value is none.
pub fn texts(value: Option<&PropertyValue>) -> Option<Vec<String>> {
    match value? {
        PropertyValue::Texts(texts) => Some(texts.clone()),
        PropertyValue::Text(text) => Some(vec![text.clone()]),
        _ => None,
    }
}

/// A value of the tenant's own schema in the type in which it was sent; `None` for what Graph has no such type for.
pub fn extension(value: &PropertyValue) -> Option<Value> {
    match value {
        PropertyValue::Boolean(value) => Some(Value::from(*value)),
        PropertyValue::Integer(number) => Some(Value::from(*number)),
        PropertyValue::Long(number) => Some(Value::from(*number)),
        PropertyValue::Texts(list) => Some(Value::from(list.clone())).filter(|_| !list.is_empty()),
        other => text(Some(other)).map(Value::from),
    }
}

/// A boolean; nil is false.
pub fn boolean(name: &str, value: &PropertyValue) -> Result<bool, Stop> {
    match value {
        PropertyValue::Boolean(value) => Ok(*value),
        PropertyValue::Text(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        PropertyValue::Text(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        PropertyValue::Nil => Ok(false),
        _ => Err(Refusal::validation(name, "it is no boolean").into()),
    }
}

/// The anchor that a single reference points to.
pub fn reference(value: &PropertyValue) -> Option<String> {
    match value {
        PropertyValue::References(changes) => {
            changes.iter().rfind(|change| change.operation == ReferenceOperation::Add).map(|change| change.anchor.clone())
        }
        other => text(Some(other)),
    }
}

/// A SID in its text form (MS-DTYP 2.4.2.1).
pub fn sid(value: &PropertyValue) -> Result<Option<String>, Stop> {
    let bytes = match value {
        PropertyValue::Bytes(bytes) => bytes,
        PropertyValue::Text(text) if text.starts_with("S-") => return Ok(Some(text.clone())),
        _ => return Ok(None),
    };
    let text = sid_text(bytes).ok_or_else(|| Refusal::validation("onPremiseSecurityIdentifier", "it is no SID"))?;
    Ok(Some(text))
}

/// `yyyyMMddHHmmss.0Z` as Graph shows it.
pub fn time(stamp: &str) -> Option<String> {
    let digits = stamp.split('.').next()?.trim_end_matches('Z');
    let time = jiff::civil::DateTime::strptime("%Y%m%d%H%M%S", digits).ok()?;
    Some(time.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().to_string())
}

/// Refuses a text that is longer than what Graph's property takes.
pub fn check_length(resource: &Resource, service: &str, graph: &str, text: Option<&str>) -> Result<(), Stop> {
    let Some(Kind::Text(max)) = resource.find(graph).map(|property| property.kind) else { return Ok(()) };
    match text {
        Some(text) if text.chars().count() > max => Err(Refusal::too_long(service, max).into()),
        _ => Ok(()),
    }
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
