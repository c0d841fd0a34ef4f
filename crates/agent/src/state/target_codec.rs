//! A cloud user as one row of the mirror.

use std::collections::BTreeMap;

use samesign_engine::{Kind, Parked, ServiceAttributes, TargetObject, Value, decode as decode_fields, encode as encode_fields};

use super::StateError;

/// Before a Graph property's name; the fields of [`TargetObject`] have names of their own.
const VISIBLE: &str = "visible:";

/// Writes a cloud user.
pub fn encode(user: &TargetObject) -> Vec<u8> {
    let TargetObject { id, upn, mail, addresses, anchor, synced, licensed, mailbox, privileged, soft_deleted, visible, kind, parked } =
        user;
    let mut fields = ServiceAttributes::new();
    let mut put = |name: &'static str, value: Value| fields.insert(name.into(), value);
    put("id", Value::Text(id.clone()));
    put("upn", Value::Text(upn.clone()));
    mail.as_ref().map(|mail| put("mail", Value::Text(mail.clone())));
    put("addresses", Value::Texts(addresses.clone().into_boxed_slice()));
    anchor.as_ref().map(|anchor| put("anchor", Value::Reference(anchor.clone())));
    // A user goes without saying.
    if *kind != Kind::User {
        put("kind", Value::Text(kind.as_str().into()));
    }
    if !parked.is_empty() {
        put("parked", Value::Texts(parked.iter().flat_map(|parked| [parked.property.clone(), parked.value.clone()]).collect()));
    }
    let flags = [("synced", synced), ("licensed", licensed), ("mailbox", mailbox), ("privileged", privileged), ("deleted", soft_deleted)];
    for (name, _) in flags.iter().filter(|(_, set)| **set) {
        put(name, Value::Boolean(true));
    }
    for (name, value) in visible {
        fields.insert(format!("{VISIBLE}{name}").into(), value.clone());
    }
    encode_fields(&fields)
}

/// Reads a cloud user.
pub fn decode(data: &[u8]) -> Result<TargetObject, StateError> {
    let damaged = StateError::Damaged { what: "cloud user" };
    let mut fields = decode_fields(data).map_err(|_| StateError::Damaged { what: "cloud user" })?;
    let mut text = |name: &str| match fields.remove(name) {
        Some(Value::Text(text)) => Some(text),
        _ => None,
    };
    let (Some(id), Some(upn), mail) = (text("id"), text("upn"), text("mail")) else { return Err(damaged) };
    let anchor = match fields.remove("anchor") {
        Some(Value::Reference(anchor)) => Some(anchor),
        _ => None,
    };
    let addresses = match fields.remove("addresses") {
        Some(Value::Texts(addresses)) => addresses.into_vec(),
        _ => Vec::new(),
    };
    let kind = match fields.remove("kind") {
        Some(Value::Text(kind)) if &*kind == Kind::Group.as_str() => Kind::Group,
        Some(Value::Text(kind)) if &*kind == Kind::Contact.as_str() => Kind::Contact,
        _ => Kind::User,
    };
    let parked = match fields.remove("parked") {
        Some(Value::Texts(parts)) => {
            let pairs = parts.chunks_exact(2);
            pairs.filter_map(|pair| Some(Parked { property: pair.first()?.clone(), value: pair.last()?.clone() })).collect()
        }
        _ => Vec::new(),
    };
    let set = |name: &str| fields.contains_key(name);
    let (synced, licensed, mailbox, privileged, soft_deleted) =
        (set("synced"), set("licensed"), set("mailbox"), set("privileged"), set("deleted"));
    let visible: BTreeMap<Box<str>, Value> =
        fields.into_iter().filter_map(|(name, value)| name.strip_prefix(VISIBLE).map(|name| (name.into(), value))).collect();
    Ok(TargetObject { id, upn, mail, addresses, anchor, synced, licensed, mailbox, privileged, soft_deleted, visible, kind, parked })
}
