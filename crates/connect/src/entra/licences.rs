//! Licences: what the tenant owns, and who gets one. The only thing that is written through Graph.

use reqwest::Method;
use serde::{Deserialize, Serialize};

use super::Entra;
use super::error::EntraError;
use super::http::escape;

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

impl Entra {
    /// The tenant's subscriptions.
    pub async fn subscribed_skus(&self) -> Result<Vec<SubscribedSku>, EntraError> {
        let mut skus = Vec::new();
        self.pages(self.graph("subscribedSkus", ""), "the subscriptions", &mut |sku| skus.push(sku)).await?;
        Ok(skus)
    }

    /// Gives a user licences, by the ids of their SKUs, beside those it has. To give one again changes nothing, so that this may
    /// be repeated.
    pub async fn assign_licence(&self, user_id: &str, add: &[&str]) -> Result<(), EntraError> {
        const WHAT: &str = "a licence for a user";
        let licences = add.iter().map(|sku_id| Licence { sku_id, disabled_plans: [] }).collect();
        let body = serde_json::to_vec(&Assignment { add_licenses: licences, remove_licenses: [] });
        let body = body.map_err(|error| EntraError::Setup(error.to_string()))?;
        let url = self.graph(&format!("users/{}/assignLicense", escape(user_id)), "");
        self.ask(Method::POST, &url, WHAT, Some(body)).await.map(drop)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Assignment<'a> {
    add_licenses: Vec<Licence<'a>>,
    remove_licenses: [&'static str; 0],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Licence<'a> {
    disabled_plans: [&'static str; 0],
    sku_id: &'a str,
}
