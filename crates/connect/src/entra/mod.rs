//! Microsoft 365, or a local tenant that speaks the same protocols: sign-in as an application, the provisioning service, Graph.
//!
//! The one connector to a tenant. It decides nothing and repeats nothing that writes: whether an object was stored, was
//! refused, or may have been stored is told to the caller, who knows what was intended.

mod config;
mod error;
mod federation;
mod find;
mod graph;
mod group;
mod http;
mod identity;
mod licences;
mod provisioning;
mod reads;
mod retry;
mod roles;
mod tenant;
#[cfg(test)]
mod tests;
mod token;
mod user;

use std::sync::Arc;

pub use config::EntraConfig;
pub use error::{EntraError, SendError};
pub use federation::{Domain, DomainFederation};
pub use licences::SubscribedSku;
pub use reads::{DeltaEnd, DeltaItem};
pub use reqwest::Url;
use samesign_wire::Secret;
pub use tenant::{Organization, SyncState, TenantFacts, VerifiedDomain};

use config::Endpoints;
use http::Http;
use identity::Identity;
use provisioning::Redirect;
use token::{Audience, Tokens};

/// A tenant, seen as the application that synchronizes it. No `Debug`: it holds the application's key and tokens.
pub struct Entra {
    tenant: String,
    endpoints: Endpoints,
    http: Http,
    identity: Identity,
    tokens: Tokens,
    redirect: Redirect,
    recorder: Option<Recorder>,
}

/// A request to Graph as it was sent, without its token.
#[derive(Clone, Copy, Debug)]
pub struct Recorded<'a> {
    /// The HTTP method.
    pub method: &'a str,
    /// The whole address.
    pub url: &'a str,
    /// The JSON body.
    pub body: Option<&'a [u8]>,
}

/// Sees every request to Graph. For tests that hold the requests against Graph's published contract.
pub type Recorder = Arc<dyn Fn(&Recorded<'_>) + Send + Sync>;

impl Entra {
    /// Reads the certificate, its key and the authorities to trust. Sends nothing yet.
    pub fn new(config: &EntraConfig) -> Result<Self, EntraError> {
        let endpoints = Endpoints::of(config)?;
        Ok(Self {
            tenant: config.tenant.clone(),
            http: Http::new(config, &endpoints)?,
            identity: Identity::read(&config.certificate, &config.client_id)?,
            endpoints,
            tokens: Tokens::default(),
            redirect: Redirect::default(),
            recorder: None,
        })
    }

    /// Shows every request to Graph to `recorder`.
    pub fn with_recorder(mut self, recorder: Recorder) -> Self {
        self.recorder = Some(recorder);
        self
    }

    async fn token(&self, audience: Audience) -> Result<Secret, EntraError> {
        self.tokens.get(audience, &self.http, &self.endpoints, &self.identity).await
    }
}
