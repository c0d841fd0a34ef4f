//! `tenant domain`.

use serde_json::{Value, json};

use super::{Admin, AdminError};
use crate::directory::domains;
use crate::directory::federation::{self, Realm};
use crate::graph;
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

    /// Makes a domain the one that new users get. A federated domain cannot be it.
    pub fn set_default_domain(&self, name: &str) -> Result<Domain, AdminError> {
        self.change("make default domain", name, |connection, now| Ok(domains::set_default(connection, name, now)?))
    }

    /// Every domain as JSON, with where its people sign in and, where it is federated itself, its settings by Graph's names.
    pub fn domains_shown(&self) -> Result<Vec<Value>, AdminError> {
        self.store.read(|connection| {
            let domains = domains::list(connection)?;
            let shown = |domain: &Domain| -> Result<Value, AdminError> {
                let (kind, root, settings) = match federation::realm(connection, &domain.name)? {
                    Realm::Managed => ("Managed", None, None),
                    Realm::Federated { root, settings } => ("Federated", Some(root), settings),
                };
                Ok(json!({
                    "name": domain.name,
                    "verified": domain.verified,
                    "initial": domain.initial,
                    "default": domain.standard,
                    "authentication_type": kind,
                    "follows": root.filter(|root| *root != domain.name),
                    "federation": settings.filter(|settings| settings.domain == domain.name).map(|settings| graph::federation_shown(&settings)),
                }))
            };
            domains.iter().map(shown).collect()
        })
    }

    /// Every domain, the first one first.
    pub fn domains(&self) -> Result<Vec<Domain>, AdminError> {
        self.store.read(|connection| Ok(domains::list(connection)?))
    }
}
