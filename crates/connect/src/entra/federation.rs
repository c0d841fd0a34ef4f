//! The domains of a tenant and where their people sign in: Graph's `domains` and `internalDomainFederation`.
//!
//! Written so that a repeat does no harm: the caller reads back what is there now, whatever became of its request.

use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Entra;
use super::error::EntraError;
use super::http::escape;

/// Template id of the role that can undo anything.
const GLOBAL_ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";

/// A domain of the tenant, as far as it matters for where its people sign in.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Domain {
    /// Its name.
    #[serde(rename = "id")]
    pub name: String,
    /// `Managed` or `Federated`.
    #[serde(default)]
    pub authentication_type: String,
    /// The owner has proved that it is theirs.
    #[serde(default)]
    pub is_verified: bool,
    /// New users get it.
    #[serde(default)]
    pub is_default: bool,
    /// It came with the tenant.
    #[serde(default)]
    pub is_initial: bool,
    /// It is no subdomain of another one here.
    #[serde(default)]
    pub is_root: bool,
}

impl Domain {
    /// Whether its people sign in elsewhere.
    pub fn is_federated(&self) -> bool {
        self.authentication_type.eq_ignore_ascii_case("Federated")
    }
}

/// Where the people of a domain sign in, and by which keys that is believed (`internalDomainFederation`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DomainFederation {
    /// The service's own name of these settings; empty as long as they were not written.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// What people see.
    pub display_name: Option<String>,
    /// Who signs. One domain alone may have it.
    pub issuer_uri: String,
    /// Where browsers are sent.
    pub passive_sign_in_uri: String,
    /// Where programs send name and password (WS-Trust).
    pub active_sign_in_uri: Option<String>,
    /// Where a sign-out goes.
    pub sign_out_uri: Option<String>,
    /// Where programs learn of that (WS-MetadataExchange).
    pub metadata_exchange_uri: Option<String>,
    /// The certificate that is believed: Base64 of DER.
    pub signing_certificate: String,
    /// The one to come, believed as well.
    pub next_signing_certificate: Option<String>,
    /// `wsFed` or `saml`.
    pub preferred_authentication_protocol: Option<String>,
    /// What becomes of `prompt=login`.
    pub prompt_login_behavior: Option<String>,
    /// Whether the tenant signs its requests (SAML).
    pub is_signed_authentication_request_required: Option<bool>,
    /// Whether a second factor that was shown there counts.
    pub federated_idp_mfa_behavior: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Role {
    role_template_id: Option<Box<str>>,
}

impl Entra {
    /// Every domain of the tenant.
    pub async fn domains(&self) -> Result<Vec<Domain>, EntraError> {
        let mut domains = Vec::new();
        let url = self.graph("domains", "$select=id,authenticationType,isVerified,isDefault,isInitial,isRoot");
        self.pages(url, "the domains", &mut |domain| domains.push(domain)).await?;
        Ok(domains)
    }

    /// Where the people of a domain sign in; `None` when that is the tenant itself.
    pub async fn federation(&self, domain: &str) -> Result<Option<DomainFederation>, EntraError> {
        let mut found = None;
        let url = self.graph(&settings_of(domain), "");
        match self.pages(url, "the federation of a domain", &mut |settings| found = Some(settings)).await {
            Ok(_) => Ok(found),
            Err(EntraError::Refused { status: 404, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Federates a managed domain.
    pub async fn federate(&self, domain: &str, settings: &DomainFederation) -> Result<(), EntraError> {
        let body = body(settings)?;
        let url = self.graph(&settings_of(domain), "");
        self.ask(Method::POST, &url, "to federate a domain", Some(body)).await.map(drop)
    }

    /// Replaces the settings of a federated domain, which are named by `settings.id`.
    pub async fn update_federation(&self, domain: &str, settings: &DomainFederation) -> Result<(), EntraError> {
        let body = body(settings)?;
        let url = self.graph(&format!("{}/{}", settings_of(domain), escape(&settings.id)), "");
        self.ask(Method::PATCH, &url, "to change the federation of a domain", Some(body)).await.map(drop)
    }

    /// Makes a federated domain managed: its people sign in at the tenant, with the passwords that it knows.
    pub async fn make_managed(&self, domain: &str) -> Result<(), EntraError> {
        let body = json!({"authenticationType": "Managed"}).to_string().into_bytes();
        let url = self.graph(&format!("domains/{}", escape(domain)), "");
        self.ask(Method::PATCH, &url, "to make a domain managed", Some(body)).await.map(drop)
    }

    /// Whether a user is a Global Administrator, as the role is held now: not eligible for it only.
    pub async fn is_global_administrator(&self, id: &str) -> Result<bool, EntraError> {
        let mut is = false;
        let url = self.graph(&format!("users/{}/memberOf", escape(id)), "");
        self.pages(url, "the roles of a user", &mut |role: Role| {
            is |= role.role_template_id.is_some_and(|template| template.eq_ignore_ascii_case(GLOBAL_ADMINISTRATOR));
        })
        .await?;
        Ok(is)
    }
}

fn settings_of(domain: &str) -> String {
    format!("domains/{}/federationConfiguration", escape(domain))
}

/// The settings as a body. Its id stands in the address, and what is not set is named, so that it is cleared.
fn body(settings: &DomainFederation) -> Result<Vec<u8>, EntraError> {
    let settings = DomainFederation { id: String::new(), ..settings.clone() };
    let mut value = serde_json::to_value(settings).map_err(|error| EntraError::Setup(error.to_string()))?;
    if let Some(object) = value.as_object_mut() {
        object.insert("@odata.type".to_owned(), "#microsoft.graph.internalDomainFederation".into());
    }
    Ok(value.to_string().into_bytes())
}
