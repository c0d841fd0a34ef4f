//! What the commands of the federation service work with, opened from the configuration.

use std::path::PathBuf;

use anyhow::{Context, Result};
use samesign_agent::connect::entra::{Entra, Url};
use samesign_federation::FederationSettings;
use samesign_federation::directory::Directory;
use samesign_federation::keys::KeyRing;
use samesign_federation::store::Store;

use crate::Global;
use crate::config::{Config, Federation};
use crate::exit::Failure;

/// The service's configuration, its keys, and the way to the tenant. Holds keys, so it cannot be printed.
pub struct Parts {
    /// The table [federation].
    pub federation: Federation,
    /// The signing keys.
    pub keys: KeyRing,
    /// The tenant.
    pub entra: Entra,
    /// Where people sign in at the tenant, and the authority of a local one.
    pub sign_in: (Url, Option<PathBuf>),
    /// Whether passwords are synchronized.
    pub passwords: bool,
}

impl Parts {
    /// Opens all of it. Asks nobody yet.
    pub fn open(global: &Global) -> Result<Self, Failure> {
        let config = Config::load(&global.config)?;
        let passwords = config.passwords.enabled;
        let federation = config.federation.ok_or_else(|| no_table(global))?;
        let sign_in = Url::parse(&federation.tenant_origin).context("the tenant's address cannot be used")?;
        let authority = config.tenant.ca.clone();
        let keys = KeyRing::open(&federation.folder).context("the signing keys cannot be used")?;
        let entra = Entra::new(&config.tenant.into_connector()).context("the tenant cannot be reached")?;
        Ok(Self { federation, keys, entra, sign_in: (sign_in, authority), passwords })
    }
}

/// What the service itself takes.
pub fn settings(global: &Global) -> Result<FederationSettings, Failure> {
    let config = Config::load_for_federation(&global.config)?;
    if config.federation.is_none() {
        return Err(no_table(global));
    }
    Ok(config.federation_settings()?)
}

/// The service's own way to Active Directory.
pub fn directory(global: &Global) -> Result<Directory, Failure> {
    let config = Config::load(&global.config)?;
    let FederationSettings { ad, policy, folder, .. } = config.federation_settings()?;
    let store = Store::open(&store_of(&folder)).context("the service's database cannot be opened")?;
    Ok(Directory::new(ad, policy, store))
}

/// The service's database.
pub fn store_of(folder: &std::path::Path) -> PathBuf {
    folder.join("federation.db")
}

/// The configuration has no service.
pub fn no_table(global: &Global) -> Failure {
    Failure::usage(
        format!("{}: the table [federation] is missing", global.config.display()),
        "add it with `host` and `domains`; docs/guide/federation.md shows a whole file",
    )
}
