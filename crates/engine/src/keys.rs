//! What can couple objects: the keys under which the agent indexes them, so that a slice can be closed.
//!
//! Two objects that share a key may have to be planned together. Sign-in names and e-mail addresses share one name space,
//! for the tenant gives each of them to one object only. A slice is closed over all keys but `ref:`: a reference is followed
//! for one step, from the object that holds it to the object with that `dn:` key and back, no further.

use crate::person::Person;
use crate::plan::Kind;
use crate::{Link, Policy, SourceObject, TargetObject, Value, dn_key, flow, fold, names};

/// The keys of a source object: `anchor:`, `dn:`, `name:` (UPN and addresses), `sid:`, and `ref:` for every DN that it refers to
/// (manager, managedBy, member, and Exchange's links). Sorted, none twice.
pub fn keys(object: &SourceObject, policy: &Policy) -> Vec<String> {
    let person = Person::new(object, policy);
    let mut keys = vec![anchor_key(person.anchor().as_str()), format!("dn:{}", dn_key(&object.dn))];
    keys.extend(source_names(&person).map(|name| format!("name:{name}")));
    keys.extend(person.first("objectSid").map(|sid| format!("sid:{}", hex(sid))));
    for (_, dns) in flow::referring(&person) {
        keys.extend(dns.filter_map(|dn| std::str::from_utf8(dn).ok()).map(|dn| format!("ref:{}", dn_key(dn))));
    }
    keys.extend(flow::own::keys(&person));
    sorted(keys)
}

/// The keys of a cloud user: `anchor:` and `name:`. Sorted, none twice.
pub fn target_keys(user: &TargetObject) -> Vec<String> {
    let mut keys: Vec<_> = user.anchor.iter().map(|anchor| anchor_key(anchor.as_str())).collect();
    keys.extend(target_names(user).into_iter().map(|name| format!("name:{name}")));
    sorted(keys)
}

/// The keys of a link: `anchor:`, `dn:` of the last DN, and `name:` of what was confirmed. Sorted, none twice.
pub fn link_keys(link: &Link) -> Vec<String> {
    let mut keys = vec![anchor_key(link.anchor.as_str())];
    if !link.last_dn.is_empty() {
        keys.push(format!("dn:{}", dn_key(&link.last_dn)));
    }
    keys.extend(link_names(link).into_iter().map(|name| format!("name:{name}")));
    sorted(keys)
}

/// Anchors are case-sensitive.
fn anchor_key(anchor: &str) -> String {
    format!("anchor:{anchor}")
}

fn sorted(mut keys: Vec<String>) -> Vec<String> {
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// The folded UPN and addresses of a person, some perhaps twice.
pub(crate) fn source_names(person: &Person<'_>) -> impl Iterator<Item = String> {
    let upn = person.upn().map(|upn| fold(&upn));
    let mail = person.text("mail").map(fold);
    upn.into_iter().chain(mail).chain(person.texts("proxyAddresses").filter_map(names::smtp_address))
}

/// The folded addresses of an object of the tenant, and the UPN of a user, sorted, none twice.
pub(crate) fn target_names(user: &TargetObject) -> Vec<String> {
    let mut names = target_addresses(user);
    if user.kind == Kind::User {
        names.push(fold(&user.upn));
    }
    sorted(names)
}

/// The folded addresses of a cloud user: `mail` and every SMTP proxy address. Sorted, none twice.
pub(crate) fn target_addresses(user: &TargetObject) -> Vec<String> {
    sorted(user.mail.iter().map(|mail| fold(mail)).chain(user.addresses.iter().filter_map(|proxy| names::smtp_address(proxy))).collect())
}

/// The folded UPN and addresses that were last confirmed. Sorted, none twice.
pub(crate) fn link_names(link: &Link) -> Vec<String> {
    let mut found: Vec<String> =
        flow::NAMES.iter().filter_map(|name| link.confirmed.get(name)).flat_map(|value| value_names(&value)).collect();
    if link.kind == Kind::User && !link.last_upn.is_empty() {
        found.push(fold(&link.last_upn));
    }
    sorted(found)
}

/// The folded names that a value of `userPrincipalName`, `mail` or `proxyAddresses` holds.
pub(crate) fn value_names(value: &Value) -> Vec<String> {
    match value {
        Value::Text(text) => vec![fold(text)],
        Value::Texts(proxies) => proxies.iter().filter_map(|proxy| names::smtp_address(proxy)).collect(),
        Value::Boolean(_) | Value::Long(_) | Value::Bytes(_) | Value::BytesList(_) | Value::Reference(_) | Value::References(_) => {
            Vec::new()
        }
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
