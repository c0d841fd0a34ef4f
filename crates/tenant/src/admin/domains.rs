//! `tenant domain`.

use super::{Admin, AdminError};
use crate::directory::domains;
use crate::store::organization::Domain;

impl Admin {
    /// Adds a domain that is not verified yet; the answer holds what its owner would publish in DNS.
    pub fn add_domain(&self, name: &str) -> Result<Domain, AdminError> {
        self.change("add domain", name, |connection, now| Ok(domains::add(connection, name, now)?))
    }

    /// Takes a domain as proved. A local tenant does not look into DNS: whoever may write its data folder owns it.
    pub fn verify_domain(&self, name: &str) -> Result<Domain, AdminError> {
        self.change("verify domain", name, |connection, now| Ok(domains::verify(connection, name, now)?))
    }

    /// Every domain, the first one first.
    pub fn domains(&self) -> Result<Vec<Domain>, AdminError> {
        self.store.read(|connection| Ok(domains::list(connection)?))
    }
}
