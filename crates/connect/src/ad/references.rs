//! Search references: where a server says that a part of the answer is elsewhere (RFC 4511 4.5.3).
//!
//! They are never followed. What matters is whether one of them means that people of the base were not seen.

use super::identity::ServerIdentity;

/// Whether a reference (an LDAP URL) leads to objects that belong to the base.
///
/// Below the root of a domain a domain controller refers to the other naming contexts (`DC=ForestDnsZones,…`,
/// `CN=Configuration,…`, a child domain). Those are directories of their own and no part of the domain.
pub(crate) fn leads_into(reference: &str, base: &str, identity: &ServerIdentity) -> bool {
    let Some(dn) = dn_of(reference) else { return true };
    let (dn, base) = (dn.to_lowercase(), base.to_lowercase());
    if dn.is_empty() || dn == base {
        return true;
    }
    if base.starts_with("<guid=") {
        return true;
    }
    if !dn.ends_with(&format!(",{base}")) {
        return false;
    }
    let other_context = dn.starts_with("dc=") || dn == format!("cn=configuration,{base}");
    !(base == identity.default_naming_context.to_lowercase() && other_context)
}

/// The DN of an LDAP URL (`ldap://host/DN??sub`), its percent escapes undone; `None` when it is no LDAP URL.
fn dn_of(reference: &str) -> Option<String> {
    let (scheme, rest) = reference.split_once("://")?;
    if !scheme.eq_ignore_ascii_case("ldap") && !scheme.eq_ignore_ascii_case("ldaps") {
        return None;
    }
    let path = rest.split_once('/').map_or("", |(_, path)| path);
    unescape(path.split('?').next().unwrap_or_default())
}

fn unescape(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte != b'%' {
            bytes.push(*byte);
            continue;
        }
        let (digits, after) = rest.split_first_chunk::<2>()?;
        rest = after;
        bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
    }
    String::from_utf8(bytes).ok()
}
