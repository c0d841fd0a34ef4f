//! Sign-in for applications: OAuth 2.0 client credentials and the discovery documents that clients read first.
//!
//! Sign-in of people (authorization code, device code, pages) is not here yet.

pub mod assertion;
pub mod bearer;
pub mod discovery;
pub mod error;
pub mod keys;
pub mod resource;
mod token;

use axum::Router;
use axum::routing::{get, post};

use crate::context::Context;
use crate::store::StoreError;
use crate::store::organization::{self, Tenant};
use error::{Refusal, SignInError};

/// The endpoints, for both generations of the protocol.
pub fn router(context: Context) -> Router {
    Router::new()
        .route("/common/discovery/instance", get(discovery::instance))
        .route("/{tenant}/v2.0/.well-known/openid-configuration", get(discovery::version_2))
        .route("/{tenant}/.well-known/openid-configuration", get(discovery::version_1))
        .route("/{tenant}/discovery/v2.0/keys", get(discovery::keys))
        .route("/{tenant}/discovery/keys", get(discovery::keys))
        .route("/{tenant}/oauth2/v2.0/token", post(token::answer))
        .route("/{tenant}/oauth2/token", post(token::answer))
        .with_state(context)
}

/// The tenant, when `name` is one of its own: its id, or a domain that is verified.
fn resolve(connection: &rusqlite::Connection, name: &str) -> Result<Tenant, Refusal> {
    let tenant = organization::load(connection)?;
    let own = tenant.id.eq_ignore_ascii_case(name) || domain_is_verified(connection, name)?;
    if own { Ok(tenant) } else { Err(SignInError::unknown_tenant(name).into()) }
}

fn domain_is_verified(connection: &rusqlite::Connection, name: &str) -> Result<bool, StoreError> {
    Ok(organization::domain(connection, name)?.is_some_and(|domain| domain.verified))
}

#[cfg(test)]
mod tests;
