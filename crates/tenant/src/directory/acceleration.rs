//! The home realm discovery policy of the whole tenant, as far as it is about acceleration: whoever opens a page without a hint at
//! who they are is sent to the service of one federated domain, and not asked for a name first.
//!
//! The policy outlives the federation of its domain without having any effect; that a hint goes before it is the sign-in page's matter.

use rusqlite::Connection;

use super::DirectoryError;
use super::federation::{self, Realm};
use crate::store::federation::Federation;
use crate::store::organization;

/// The policy, and what comes of it now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acceleration {
    /// PreferredDomain.
    pub domain: String,
    /// Where its people sign in. `None`: the policy has no effect, because the domain is managed or its settings are missing.
    pub service: Option<Box<Federation>>,
}

/// The policy; `None`: there is none.
pub fn find(connection: &Connection) -> Result<Option<Acceleration>, DirectoryError> {
    let Some(domain) = organization::preferred_domain(connection)? else { return Ok(None) };
    let service = match federation::realm(connection, &domain)? {
        Realm::Federated { settings, .. } => settings,
        Realm::Managed => None,
    };
    Ok(Some(Acceleration { domain, service }))
}

/// Begins sign-in at a domain of the tenant, in place of the one it may have begun at before.
pub fn set(connection: &Connection, domain: &str) -> Result<(), DirectoryError> {
    let found = organization::domain(connection, domain)?;
    let domain = found.ok_or_else(|| DirectoryError::NotFound { what: format!("domain {domain}") })?.name;
    if !federation::realm(connection, &domain)?.is_federated() {
        return Err(DirectoryError::NotAccelerated { domain });
    }
    Ok(organization::set_preferred_domain(connection, Some(&domain))?)
}

/// Begins sign-in here, with the name.
pub fn end(connection: &Connection) -> Result<(), DirectoryError> {
    Ok(organization::set_preferred_domain(connection, None)?)
}
