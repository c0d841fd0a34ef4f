//! Home realm discovery: from what is known before anybody typed anything, to the page that comes first.
//!
//! A hint goes before the policy of the tenant ([`acceleration`]), and a wish to be asked goes before the policy too. A hint at a
//! domain whose people sign in here leads to the page for the name, so that they have a way past the policy.

use rusqlite::Connection;
use serde::Deserialize;

use super::error::PageError;
use super::{Destination, departure};
use crate::directory::{acceleration, federation};
use crate::store::federation::Federation;
use crate::store::organization;

/// Where the person is on the way to, and what is known of who it is.
#[derive(Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    to: String,
    /// The person wants to be asked for a name, whatever is known.
    other: Option<String>,
    login_hint: Option<String>,
    username: Option<String>,
    domain_hint: Option<String>,
    whr: Option<String>,
}

/// What comes first.
pub enum Lead {
    /// The service of a federated domain, with the name where one is known.
    Away(Box<Federation>, Option<String>),
    /// The page for the password of this name.
    Password(String),
    /// The page for the name.
    Name,
}

impl Asked {
    /// Where the person is on the way to.
    pub fn destination(&self) -> Destination {
        Destination::parse(&self.to)
    }

    /// Decides what comes first.
    pub fn lead(&self, connection: &Connection) -> Result<Lead, PageError> {
        let destination = self.destination();
        if self.other.is_some() {
            return Ok(Lead::Name);
        }
        if let Some(name) = self.name(&destination) {
            let service = departure::settings(federation::realm_of_name(connection, name)?)?;
            return Ok(service.map_or_else(|| Lead::Password(name.to_owned()), |service| Lead::Away(service, Some(name.to_owned()))));
        }
        if let Some(domain) = self.domain(&destination) {
            if let Some(service) = departure::settings(federation::realm(connection, domain)?)? {
                return Ok(Lead::Away(service, None));
            }
            // A hint at none of the tenant's domains tells nothing.
            if organization::domain(connection, domain)?.is_some() {
                return Ok(Lead::Name);
            }
        }
        if destination.asks_who() {
            return Ok(Lead::Name);
        }
        let accelerated = acceleration::find(connection)?.and_then(|policy| policy.service);
        Ok(accelerated.map_or(Lead::Name, |service| Lead::Away(service, None)))
    }

    /// The name that is hinted at, by the application or in the address.
    fn name<'a>(&'a self, destination: &'a Destination) -> Option<&'a str> {
        let own = self.login_hint.as_deref().or(self.username.as_deref()).map(str::trim).filter(|hint| !hint.is_empty());
        own.or(destination.login_hint())
    }

    /// The domain that is hinted at.
    fn domain<'a>(&'a self, destination: &'a Destination) -> Option<&'a str> {
        let own = self.domain_hint.as_deref().or(self.whr.as_deref()).map(str::trim).filter(|hint| !hint.is_empty());
        own.or(destination.domain_hint())
    }
}
