//! Federated domains: whose people sign in at a service of their own, and what settings that takes.
//!
//! A subdomain follows its parent: its people sign in where the parent's people do.

use rusqlite::Connection;
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::PublicKey;

use super::{DirectoryError, domains};
use crate::random;
use crate::store::federation::{self, Federation};
use crate::store::organization::{self, Domain};

/// Sizes of RSA keys that are believed, in bits.
const KEY_BITS: std::ops::RangeInclusive<usize> = 2_048..=8_192;
/// Longest address or name in the settings, in bytes.
const TEXT_BYTES_MAX: usize = 1_024;

/// Where the people of a domain sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Realm {
    /// Here.
    Managed,
    /// Elsewhere; the domain is federated itself, or the nearest one above it is.
    Federated {
        /// The domain that is federated.
        root: String,
        /// Its settings. `None`: they are missing, so that nobody can sign in.
        settings: Option<Box<Federation>>,
    },
}

impl Realm {
    /// Whether people sign in elsewhere.
    pub fn is_federated(&self) -> bool {
        matches!(self, Self::Federated { .. })
    }
}

/// Where the people of `domain` sign in. A domain that the tenant does not have, and that lies under no federated one, is managed.
pub fn realm(connection: &Connection, domain: &str) -> Result<Realm, DirectoryError> {
    let mut name = domain.trim();
    loop {
        if let Some(Domain { name, .. }) = organization::domain(connection, name)?.filter(|domain| domain.federated) {
            let settings = federation::of_domain(connection, &name)?.map(Box::new);
            return Ok(Realm::Federated { root: name, settings });
        }
        match name.split_once('.') {
            Some((_, parent)) => name = parent,
            None => return Ok(Realm::Managed),
        }
    }
}

/// The same for a user name: what stands after its last `@` decides.
pub fn realm_of_name(connection: &Connection, upn: &str) -> Result<Realm, DirectoryError> {
    match super::domain_of(&crate::store::fold(upn)) {
        Some(domain) => realm(connection, &domain),
        None => Ok(Realm::Managed),
    }
}

/// The verified domain of the tenant above a domain, if there is one.
pub fn parent(domains: &[Domain], name: &str) -> Option<String> {
    let above = |candidate: &&Domain| {
        candidate.verified && name.len() > candidate.name.len() && name.ends_with(&candidate.name) && {
            let dot = name.len() - candidate.name.len() - 1;
            name.as_bytes().get(dot) == Some(&b'.')
        }
    };
    domains.iter().filter(above).min_by_key(|candidate| candidate.name.len()).map(|domain| domain.name.clone())
}

/// Federates a domain. The id in `wanted` is replaced by a new one.
pub fn create(connection: &Connection, wanted: Federation, now: i64) -> Result<Federation, DirectoryError> {
    let domain = federable(connection, &wanted.domain)?;
    if domain.federated && federation::of_domain(connection, &domain.name)?.is_some() {
        return Err(refused(&domain.name, "it is federated already: change its settings instead"));
    }
    let new = Federation { domain: domain.name.clone(), id: random::uuid()?, updated: now, ..wanted };
    check(connection, &new)?;
    domains::set_federated(connection, &domain.name, true, now)?;
    federation::put(connection, &new)?;
    Ok(new)
}

/// Replaces the settings of a federated domain.
pub fn update(connection: &Connection, before: &Federation, wanted: Federation, now: i64) -> Result<Federation, DirectoryError> {
    let updated = if wanted.signing == before.signing { before.updated } else { now };
    let new = Federation { domain: before.domain.clone(), id: before.id.clone(), updated, ..wanted };
    check(connection, &new)?;
    federation::put(connection, &new)?;
    Ok(new)
}

/// Makes a domain managed: its settings are forgotten, its people sign in here.
pub fn end(connection: &Connection, domain: &str, now: i64) -> Result<Domain, DirectoryError> {
    federation::remove(connection, domain)?;
    domains::set_federated(connection, domain, false, now)
}

/// A verified domain of the owner's own that people may do without here.
fn federable(connection: &Connection, name: &str) -> Result<Domain, DirectoryError> {
    let found = organization::domain(connection, name)?;
    let domain = found.ok_or_else(|| DirectoryError::NotFound { what: name.to_owned() })?;
    let parent = parent(&organization::domains(connection)?, &domain.name);
    match (&domain, parent) {
        (Domain { initial: true, .. }, _) => Err(refused(&domain.name, "it is the tenant's initial domain, which stays managed")),
        (Domain { verified: false, .. }, _) => Err(refused(&domain.name, "it is not verified")),
        (Domain { standard: true, .. }, _) => {
            Err(refused(&domain.name, "it is the tenant's default domain: make another one the default first"))
        }
        (_, Some(parent)) => Err(refused(&domain.name, &format!("it is a subdomain of {parent} and follows it: federate {parent}"))),
        _ => Ok(domain),
    }
}

/// Whether the settings can be used as they are.
fn check(connection: &Connection, federation: &Federation) -> Result<(), DirectoryError> {
    let Federation { domain, issuer, display_name, passive, active, sign_out, metadata, signing, next_signing, .. } = federation;
    let plain = |text: &str| text.len() <= TEXT_BYTES_MAX && text.bytes().all(|byte| byte.is_ascii_graphic());
    if issuer.is_empty() {
        return Err(DirectoryError::Required { property: "issuerUri" });
    }
    if !issuer.contains(':') || !plain(issuer) {
        return Err(DirectoryError::invalid("issuerUri", issuer, "it is no URI"));
    }
    if display_name.as_ref().is_some_and(|name| name.len() > TEXT_BYTES_MAX || name.chars().any(char::is_control)) {
        return Err(DirectoryError::invalid("displayName", "", "it is too long or holds control characters"));
    }
    if passive.is_empty() {
        return Err(DirectoryError::Required { property: "passiveSignInUri" });
    }
    let addresses = [
        ("passiveSignInUri", Some(passive)),
        ("activeSignInUri", active.as_ref()),
        ("signOutUri", sign_out.as_ref()),
        ("metadataExchangeUri", metadata.as_ref()),
    ];
    for (property, address) in addresses {
        if let Some(address) = address.filter(|address| !plain(address) || !is_https(address)) {
            return Err(DirectoryError::invalid(property, address, "it is no https address"));
        }
    }
    if signing.is_empty() {
        return Err(DirectoryError::Required { property: "signingCertificate" });
    }
    check_certificate("signingCertificate", signing)?;
    next_signing.as_ref().map_or(Ok(()), |next| check_certificate("nextSigningCertificate", next))?;
    match federation::by_issuer(connection, issuer)? {
        Some(other) if other.domain != *domain => Err(DirectoryError::IssuerTaken { issuer: issuer.clone(), domain: other.domain }),
        _ => Ok(()),
    }
}

/// `https`, a host, no user name, no fragment: what a browser can be sent to.
fn is_https(address: &str) -> bool {
    let Some(rest) = address.strip_prefix("https://") else { return false };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
    !authority.is_empty() && authority.bytes().all(plain) && !address.bytes().any(|byte| b"\\\"<>^`{|}#".contains(&byte))
}

fn check_certificate(property: &str, der: &[u8]) -> Result<(), DirectoryError> {
    let invalid = |reason: &str| DirectoryError::invalid(property, "certificate", reason);
    let (rest, certificate) = X509Certificate::from_der(der).map_err(|_| invalid("it is no X.509 certificate"))?;
    if !rest.is_empty() {
        return Err(invalid("something follows the certificate"));
    }
    match certificate.public_key().parsed() {
        Ok(PublicKey::RSA(key)) if KEY_BITS.contains(&key.key_size()) => Ok(()),
        Ok(PublicKey::RSA(_)) => Err(invalid("its RSA key has fewer than 2048 or more than 8192 bits")),
        _ => Err(invalid("it holds no RSA key")),
    }
}

fn refused(domain: &str, reason: &str) -> DirectoryError {
    DirectoryError::NotFederable { domain: domain.to_owned(), reason: reason.to_owned() }
}
