//! What is read through Microsoft Graph v1.0: users, their changes, and what the tenant is. Nothing is written through Graph.

use reqwest::Url;
use samesign_engine::{Anchor, TargetObject};
use serde::Deserialize;

use super::Entra;
use super::error::EntraError;
use super::http::escape;
use super::user::{GraphUser, SELECT};

/// Users per page, as many as Graph gives.
const PAGE: &str = "999";

/// One step of a delta.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeltaItem {
    /// The user is there, and is now so.
    Present(TargetObject),
    /// The user with this id is in deletedItems.
    SoftDeleted(Box<str>),
    /// The user with this id is gone for good.
    Deleted(Box<str>),
}

/// How a delta ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeltaEnd {
    /// Where the next read goes on. Holds good for seven days.
    pub link: String,
}

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

/// A subscription of the tenant.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SubscribedSku {
    /// The SKU's id.
    pub sku_id: String,
    /// The SKU's name, such as `ENTERPRISEPACK`.
    pub sku_part_number: String,
    /// Seats in use.
    #[serde(default)]
    pub consumed_units: i64,
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

    /// The tenant's subscriptions.
    pub async fn subscribed_skus(&self) -> Result<Vec<SubscribedSku>, EntraError> {
        let mut skus = Vec::new();
        self.pages(self.graph("subscribedSkus", ""), "the subscriptions", &mut |sku| skus.push(sku)).await?;
        Ok(skus)
    }

    /// Every user (without a link) or what changed since `link`. One user may come more than once: the last word counts.
    ///
    /// [`EntraError::ResyncRequired`]: the link is too old or of another tenant; call again without one.
    pub async fn users_delta(&self, link: Option<&str>, sink: &mut (impl FnMut(DeltaItem) + ?Sized)) -> Result<DeltaEnd, EntraError> {
        let first = match link {
            None => self.graph("users/delta", &format!("$select={SELECT}")),
            Some(link) => Url::parse(link).ok().filter(|link| self.endpoints.is_graph(link)).ok_or(EntraError::ResyncRequired)?,
        };
        let end = self.pages(first, "the changes of users", &mut |user: GraphUser| sink(delta_item(user))).await?;
        let end = end.ok_or_else(|| self.answer("the changes of users", "it ends without a delta link".to_owned()))?;
        Ok(DeltaEnd { link: end.into() })
    }

    /// The users in deletedItems.
    pub async fn deleted_users(&self, sink: &mut (impl FnMut(TargetObject) + ?Sized)) -> Result<(), EntraError> {
        let url = self.graph("directory/deletedItems/microsoft.graph.user", &format!("$select={SELECT}&$top={PAGE}"));
        self.pages(url, "the deleted users", &mut |user: GraphUser| sink(user.into_target(true))).await?;
        Ok(())
    }

    /// The live user that carries this anchor.
    pub async fn find_by_anchor(&self, anchor: &Anchor) -> Result<Option<TargetObject>, EntraError> {
        let filter = format!("onPremisesImmutableId eq '{}'", anchor.as_str().replace('\'', "''"));
        let url = self.graph("users", &format!("$select={SELECT}&$filter={}", escape(&filter)));
        let mut found = Vec::new();
        self.pages(url, "a user by its anchor", &mut |user: GraphUser| found.push(user)).await?;
        let user = found.pop();
        match found.is_empty() {
            true => Ok(user.map(|user| user.into_target(false))),
            false => Err(EntraError::AnchorTwice { anchor: anchor.to_string() }),
        }
    }
}

fn delta_item(user: GraphUser) -> DeltaItem {
    match &user.removed {
        None => DeltaItem::Present(user.into_target(false)),
        Some(removed) if &*removed.reason == "deleted" => DeltaItem::Deleted(user.id),
        Some(_) => DeltaItem::SoftDeleted(user.id),
    }
}
