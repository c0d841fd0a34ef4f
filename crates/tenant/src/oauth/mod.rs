//! Tokens for applications, as themselves and in people's names: OAuth 2.0 and OpenID Connect as the service speaks them, and the
//! documents that clients read first.
//!
//! The pages that people see on the way are in [`crate::sign_in`].

pub mod assertion;
pub mod bearer;
mod client;
mod device;
pub mod discovery;
pub mod error;
mod grants;
mod id_token;
pub mod keys;
mod realm;
pub mod resource;
mod scope;
mod token;
mod userinfo;

use axum::Router;
use axum::routing::{get, post};

use crate::context::Context;
use crate::store::StoreError;
use crate::store::organization::{self, Tenant};
use error::{Refusal, SignInError};
pub(crate) use id_token::issuer;
pub(crate) use scope::Scope;

/// Which generation of endpoints was asked: they differ in issuers and in how a request names what it wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// `/{tenant}/oauth2/...`
    One,
    /// `/{tenant}/oauth2/v2.0/...`
    Two,
}

impl Version {
    /// What stands before an endpoint's name in paths.
    const fn infix(self) -> &'static str {
        match self {
            Self::One => "",
            Self::Two => "/v2.0",
        }
    }
}

/// The endpoints, for both generations of the protocol.
pub fn router(context: Context) -> Router {
    Router::new()
        .route("/common/discovery/instance", get(discovery::instance))
        .route("/{tenant}/v2.0/.well-known/openid-configuration", get(discovery::version_2))
        .route("/{tenant}/.well-known/openid-configuration", get(discovery::version_1))
        .route("/{tenant}/discovery/v2.0/keys", get(discovery::keys))
        .route("/{tenant}/discovery/keys", get(discovery::keys))
        .route("/{tenant}/userrealm/{upn}", get(realm::answer))
        .route("/{tenant}/oauth2/v2.0/token", post(token::version_2))
        .route("/{tenant}/oauth2/token", post(token::version_1))
        .route("/{tenant}/oauth2/v2.0/devicecode", post(device::version_2))
        .route("/{tenant}/oauth2/devicecode", post(device::version_1))
        .route("/oidc/userinfo", get(userinfo::answer).post(userinfo::answer))
        .with_state(context)
}

/// Whether a name in a path stands for any tenant of an organization: there is one, so it is this one.
fn is_any(name: &str) -> bool {
    ["common", "organizations"].iter().any(|any| any.eq_ignore_ascii_case(name))
}

/// The tenant, when `name` is one of its own or one for any; and whether it is one for any.
fn authority(connection: &rusqlite::Connection, name: &str) -> Result<(Tenant, bool), Refusal> {
    if is_any(name) { Ok((organization::load(connection)?, true)) } else { Ok((resolve(connection, name)?, false)) }
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
