//! `tenant domain`.

use rusqlite::Connection;
use serde::Serialize;
use serde_json::{Value, json};

use super::{Admin, AdminError};
use crate::directory::acceleration::{self, Acceleration};
use crate::directory::domains;
use crate::directory::federation::{self, Realm};
use crate::graph;
use crate::store::organization::Domain;

/// Where sign-in begins, by the names of the service's home realm discovery policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Accelerated {
    /// Whether there is a policy.
    pub accelerate_to_federated_domain: bool,
    /// Its domain.
    pub preferred_domain: Option<String>,
    /// Whether it has an effect: not while the domain is managed.
    pub applied: bool,
}

impl Accelerated {
    fn load(connection: &Connection) -> Result<Self, AdminError> {
        Ok(match acceleration::find(connection)? {
            Some(Acceleration { domain, service }) => {
                Self { accelerate_to_federated_domain: true, preferred_domain: Some(domain), applied: service.is_some() }
            }
            None => Self { accelerate_to_federated_domain: false, preferred_domain: None, applied: false },
        })
    }

    /// What the policy is to a domain; `None`: nothing.
    fn of(&self, domain: &str) -> Option<&'static str> {
        let preferred = self.preferred_domain.as_deref() == Some(domain);
        preferred.then_some(if self.applied { "applied" } else { "not-applied" })
    }
}

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

    /// Begins sign-in at the service of a federated domain: whoever gives no name is sent there. `None`: here, with the name.
    pub fn accelerate(&self, domain: Option<&str>) -> Result<Accelerated, AdminError> {
        let action = if domain.is_some() { "accelerate sign-in" } else { "stop accelerating sign-in" };
        self.change(action, domain.unwrap_or("tenant"), |connection, _| {
            match domain {
                Some(domain) => acceleration::set(connection, domain)?,
                None => acceleration::end(connection)?,
            }
            Accelerated::load(connection)
        })
    }

    /// Every domain as JSON, with where its people sign in and, where it is federated itself, its settings by Graph's names.
    pub fn domains_shown(&self) -> Result<Vec<Value>, AdminError> {
        self.store.read(|connection| {
            let domains = domains::list(connection)?;
            let accelerated = Accelerated::load(connection)?;
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
                    "acceleration": accelerated.of(&domain.name),
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
