//! What the tenant is: its domains, and how its switches stand.

use serde::Deserialize;

use super::Entra;
use super::error::EntraError;

/// The tenant as Graph describes it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Organization {
    /// The tenant's id.
    pub id: String,
    /// The name that people see.
    pub display_name: Option<String>,
    /// Whether synchronization is switched on: `None` never was.
    pub on_premises_sync_enabled: Option<bool>,
    /// When the last synchronization ended, as Graph writes it.
    pub on_premises_last_sync_date_time: Option<String>,
    /// The domains that are verified.
    #[serde(default)]
    pub verified_domains: Vec<VerifiedDomain>,
}

/// A domain of the tenant.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VerifiedDomain {
    /// The domain's name.
    pub name: String,
    /// The `onmicrosoft.com` domain that came with the tenant.
    #[serde(default)]
    pub is_initial: bool,
    /// The domain that new users get.
    #[serde(default)]
    pub is_default: bool,
}

/// Whether the tenant takes objects from Active Directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncState {
    /// Not switched on.
    Off,
    /// Switched on, but the provisioning service does not take objects yet. May last for up to 72 hours.
    Enabling,
    /// In effect.
    On,
}

impl SyncState {
    /// `off`, `enabling` or `on`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Enabling => "enabling",
            Self::On => "on",
        }
    }
}

/// What a plan must know of the tenant itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantFacts {
    /// Whether objects may be sent.
    pub state: SyncState,
    /// The names of the verified domains.
    pub verified: Vec<String>,
    /// The names of those whose users sign in elsewhere.
    pub federated: Vec<String>,
    /// The feature bits, see [`samesign_wire::provisioning::features`].
    pub features: i32,
    /// When the tenant was last sent anything by synchronization, as Graph writes it.
    pub last_sync: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Domain {
    id: String,
    authentication_type: Option<Box<str>>,
}

impl Entra {
    /// The tenant itself.
    pub async fn organization(&self) -> Result<Organization, EntraError> {
        let url = self.graph("organization", "$select=id,displayName,onPremisesSyncEnabled,onPremisesLastSyncDateTime,verifiedDomains");
        let mut found = None;
        self.pages(url, "the organization", &mut |organization| found = Some(organization)).await?;
        found.ok_or_else(|| self.answer("the organization", "it is empty".to_owned()))
    }

    /// Whether objects may be sent. The switch shows in Graph at once; the provisioning service follows in its own time.
    pub async fn synchronization_state(&self) -> Result<SyncState, EntraError> {
        if self.organization().await?.on_premises_sync_enabled != Some(true) {
            return Ok(SyncState::Off);
        }
        let active = self.company_configuration().await?.is_dirsyncing;
        Ok(if active { SyncState::On } else { SyncState::Enabling })
    }

    /// The names of the tenant's verified domains.
    pub async fn verified_domains(&self) -> Result<Vec<String>, EntraError> {
        Ok(self.organization().await?.verified_domains.into_iter().map(|domain| domain.name).collect())
    }

    /// Everything that a plan must know of the tenant itself, each of its sources asked once.
    pub async fn tenant_facts(&self) -> Result<TenantFacts, EntraError> {
        let organization = self.organization().await?;
        let configuration = self.company_configuration().await?;
        let state = match (organization.on_premises_sync_enabled, configuration.is_dirsyncing) {
            (Some(true), true) => SyncState::On,
            (Some(true), false) => SyncState::Enabling,
            _ => SyncState::Off,
        };
        let mut federated = Vec::new();
        self.pages(self.graph("domains", "$select=id,authenticationType"), "the domains", &mut |domain: Domain| {
            let signs_in_elsewhere = domain.authentication_type.is_some_and(|kind| kind.eq_ignore_ascii_case("Federated"));
            federated.extend(signs_in_elsewhere.then_some(domain.id));
        })
        .await?;
        let verified = organization.verified_domains.into_iter().map(|domain| domain.name).collect();
        let last_sync = organization.on_premises_last_sync_date_time;
        Ok(TenantFacts { state, verified, federated, features: configuration.dirsync_features, last_sync })
    }
}
