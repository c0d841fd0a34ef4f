//! Which addresses a user has: the service's own calculation from what was given, in a plain form.

use crate::store::fold;

/// What is given.
#[derive(Clone, Debug)]
pub struct Wish<'a> {
    /// mail.
    pub mail: Option<&'a str>,
    /// Addresses with their prefixes. An `SMTP:` entry among them is the primary one and goes before `mail`.
    pub listed: &'a [String],
    /// The address in the tenant's first domain, which every user with mail has.
    pub own: Option<&'a str>,
    /// What the primary address becomes where there is a mailbox and nothing better is left.
    pub fallback: Option<&'a str>,
}

/// What the user has then. `mail` and the `SMTP:` entry agree.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Addresses {
    /// mail.
    pub mail: Option<String>,
    /// proxyAddresses.
    pub proxies: Vec<String>,
}

/// Calculates the addresses. `usable` tells whether an address may be kept: a mailbox keeps none of an unverified domain.
pub fn calculate(wish: &Wish<'_>, usable: impl Fn(&str) -> bool) -> Addresses {
    let listed: Vec<&str> = wish.listed.iter().map(|address| address.trim()).filter(|address| !address.is_empty()).collect();
    let candidate = |address: &str| is_address(address) && usable(address);
    let primary = listed
        .iter()
        .find_map(|address| address.strip_prefix("SMTP:"))
        .filter(|address| candidate(address))
        .or_else(|| wish.mail.map(str::trim).filter(|mail| candidate(mail)))
        .or(wish.fallback);
    let Some(primary) = primary else {
        let proxies = secondary(&listed, "", &usable);
        return Addresses { mail: wish.mail.map(|mail| mail.trim().to_owned()), proxies };
    };
    let mut proxies = vec![format!("SMTP:{primary}")];
    proxies.extend(secondary(&listed, primary, &usable));
    for address in [wish.mail, wish.own].into_iter().flatten().filter(|address| candidate(address)) {
        push(&mut proxies, format!("smtp:{}", address.trim()));
    }
    Addresses { mail: Some(primary.to_owned()), proxies }
}

/// Turns the primary address into a secondary one, for when another becomes primary.
pub fn demote(addresses: &[&str]) -> Vec<String> {
    addresses
        .iter()
        .map(|address| address.strip_prefix("SMTP:").map_or_else(|| (*address).to_owned(), |address| format!("smtp:{address}")))
        .collect()
}

/// The address of an `smtp:` or `SMTP:` entry, or of an entry without a prefix.
pub fn smtp_of(entry: &str) -> Option<&str> {
    match entry.split_once(':') {
        Some((prefix, address)) => prefix.eq_ignore_ascii_case("smtp").then_some(address),
        None => Some(entry),
    }
}

fn secondary(listed: &[&str], primary: &str, usable: impl Fn(&str) -> bool) -> Vec<String> {
    let mut kept = Vec::new();
    for entry in listed {
        match smtp_of(entry) {
            Some(address) if is_address(address) && usable(address) && fold(address) != fold(primary) => {
                push(&mut kept, format!("smtp:{address}"));
            }
            Some(_) => {}
            None => push(&mut kept, (*entry).to_owned()),
        }
    }
    kept
}

fn push(addresses: &mut Vec<String>, address: String) {
    if !addresses.iter().any(|known| fold(known) == fold(&address)) {
        addresses.push(address);
    }
}

fn is_address(address: &str) -> bool {
    super::names::is_address(address)
}
