//! The tenant's domains. Names and addresses are taken in verified ones only.

use rusqlite::Connection;

use super::{DirectoryError, federation, names, synced};
use crate::random;
use crate::store::organization::{self, Domain};

/// Every domain, the first one first.
pub fn list(connection: &Connection) -> Result<Vec<Domain>, DirectoryError> {
    Ok(organization::domains(connection)?)
}

/// Adds a domain that is not verified yet. Adding one that is there changes nothing.
pub fn add(connection: &Connection, name: &str, now: i64) -> Result<Domain, DirectoryError> {
    if let Some(domain) = organization::domain(connection, name)? {
        return Ok(domain);
    }
    put(connection, name, false, false, now)
}

/// Adds a domain as verified; `standard` makes it the one that new users get.
pub fn add_verified(connection: &Connection, name: &str, standard: bool, now: i64) -> Result<Domain, DirectoryError> {
    match organization::domain(connection, name)? {
        Some(_) => verify(connection, name, now),
        None => put(connection, name, true, standard, now),
    }
}

/// Marks a domain as verified and gives synchronized users of that domain the UPN that Active Directory has for them.
pub fn verify(connection: &Connection, name: &str, now: i64) -> Result<Domain, DirectoryError> {
    let found = organization::domain(connection, name)?;
    let domain = found.ok_or_else(|| DirectoryError::NotFound { what: format!("domain {name}") })?;
    if domain.verified {
        return Ok(domain);
    }
    let domain = Domain { verified: true, ..domain };
    organization::put_domain(connection, &domain, now)?;
    synced::follow_verified_domain(connection, &domain.name, now)?;
    Ok(domain)
}

/// Says whether the users of a verified domain sign in elsewhere. The first domain is always the tenant's own.
pub fn set_federated(connection: &Connection, name: &str, federated: bool, now: i64) -> Result<Domain, DirectoryError> {
    let found = organization::domain(connection, name)?;
    let domain = found.ok_or_else(|| DirectoryError::NotFound { what: format!("domain {name}") })?;
    if federated && (domain.initial || !domain.verified) {
        return Err(DirectoryError::invalid("authenticationType", "Federated", "only a verified domain of your own can be federated"));
    }
    let domain = Domain { federated, ..domain };
    organization::put_domain(connection, &domain, now)?;
    Ok(domain)
}

/// Makes a domain the one that new users get.
pub fn set_default(connection: &Connection, name: &str, now: i64) -> Result<Domain, DirectoryError> {
    let found = organization::domain(connection, name)?;
    let domain = found.ok_or_else(|| DirectoryError::NotFound { what: format!("domain {name}") })?;
    let refused = |reason: &str| Err(DirectoryError::NotDefault { domain: domain.name.clone(), reason: reason.to_owned() });
    if !domain.verified {
        return refused("it is not verified");
    }
    if is_federated(connection, &domain.name)? {
        return refused("it is federated");
    }
    for other in organization::domains(connection)?.into_iter().filter(|other| other.standard) {
        organization::put_domain(connection, &Domain { standard: false, ..other }, now)?;
    }
    let domain = Domain { standard: true, ..domain };
    organization::put_domain(connection, &domain, now)?;
    Ok(domain)
}

/// Whether the users of this domain sign in elsewhere, because it is federated or follows a domain that is.
pub fn is_federated(connection: &Connection, name: &str) -> Result<bool, DirectoryError> {
    Ok(federation::realm(connection, name)?.is_federated())
}

/// Whether names and addresses of this domain may be used.
pub fn is_verified(connection: &Connection, name: &str) -> Result<bool, DirectoryError> {
    Ok(organization::domain(connection, name)?.is_some_and(|domain| domain.verified))
}

/// What an owner publishes in DNS to prove a domain.
pub(super) fn new_code() -> Result<String, DirectoryError> {
    let number = u32::from_be_bytes(random::bytes()?) % 100_000_000;
    Ok(format!("MS=ms{number:08}"))
}

fn put(connection: &Connection, name: &str, verified: bool, standard: bool, now: i64) -> Result<Domain, DirectoryError> {
    if !names::is_domain(name) {
        return Err(DirectoryError::invalid("domain", name, "it is no domain name; give one such as contoso.example"));
    }
    let domain = Domain { name: name.to_lowercase(), verified, initial: false, standard, code: new_code()?, federated: false };
    organization::put_domain(connection, &domain, now)?;
    Ok(domain)
}
