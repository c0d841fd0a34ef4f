//! From the configuration to what the agent and its connectors take.

use std::path::PathBuf;

use anyhow::{Context, Result};
use samesign_agent::connect::ad::{AdConfig, Credential};
use samesign_agent::connect::entra::EntraConfig;
use samesign_agent::{Batch, Settings};

use super::{AdSource, Config, CredentialPlace, Source, Tenant};

impl Config {
    /// What a run needs. Fetches the secrets.
    pub fn settings(self) -> Result<Settings> {
        let source = self.connector()?;
        Ok(self.with_source(source))
    }

    /// What the connector of the source takes. Fetches the password.
    pub fn connector(&self) -> Result<samesign_agent::Source> {
        Ok(match &self.source {
            Source::Ad(source) => samesign_agent::Source::Ad(source.to_connector()?),
            Source::Ldif(path) => samesign_agent::Source::Ldif(path.clone()),
        })
    }

    /// What a question to the state file needs. The source is not named, for it is not asked: an administrator may look at what
    /// happened without being allowed to read the password.
    pub fn settings_for_state(self) -> Settings {
        self.with_source(samesign_agent::Source::Ldif(PathBuf::new()))
    }

    fn with_source(self, source: samesign_agent::Source) -> Settings {
        let Self { source: _, include, exclude, rules, tenant, matching, adopt, passwords, guard, staging, schedule, state, federation: _ } =
            self;
        Settings {
            source,
            include,
            exclude,
            tenant: tenant.into_connector(),
            matching,
            adopt,
            rules,
            passwords,
            guard,
            staging,
            schedule,
            state,
            batch: Batch::default(),
        }
    }
}

impl AdSource {
    /// What the LDAP connector takes. Fetches the password.
    pub fn to_connector(&self) -> Result<AdConfig> {
        let credential = match &self.credential {
            CredentialPlace::Password(place) => {
                Credential::Password(place.read().with_context(|| format!("there is no password for {}", self.user))?)
            }
            CredentialPlace::Keytab(path) => Credential::Keytab(path.clone()),
        };
        Ok(AdConfig {
            domain: self.domain.clone(),
            servers: self.servers.clone(),
            user: self.user.clone(),
            credential,
            ca: self.ca.clone(),
            ntlm: self.ntlm,
        })
    }
}

impl Tenant {
    /// What the connector of the tenant takes.
    pub fn into_connector(self) -> EntraConfig {
        let Self { name, endpoint, ca, client_id, certificate } = self;
        EntraConfig { endpoint, ca, ..EntraConfig::new(&name, &client_id, certificate) }
    }
}
