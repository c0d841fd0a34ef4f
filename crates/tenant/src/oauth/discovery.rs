//! The documents by which a client finds the endpoints (OpenID Connect Discovery 1.0, and the service's instance discovery).

use axum::extract::{Path, State};
use axum::{Extension, Json};
use serde_json::{Value, json};

use super::error::Refusal;
use super::resolve;
use crate::context::{Context, Interrupted};
use crate::origin::Origin;

/// Which generation of endpoints and issuers a document describes.
#[derive(Clone, Copy)]
enum Version {
    One,
    Two,
}

impl Version {
    /// What follows the tenant's id in the issuer and comes before the endpoint's name in paths.
    const fn infix(self) -> &'static str {
        match self {
            Self::One => "",
            Self::Two => "/v2.0",
        }
    }
}

/// `/common/discovery/instance`: this host is its own cloud.
pub async fn instance(Extension(Origin(origin)): Extension<Origin>, State(context): State<Context>) -> Json<Value> {
    let host = origin.trim_start_matches("https://");
    Json(json!({
        "tenant_discovery_endpoint": format!("{origin}/{}/v2.0/.well-known/openid-configuration", context.tenant_id),
        "api-version": "1.1",
        "metadata": [{ "preferred_network": host, "preferred_cache": host, "aliases": [host] }],
    }))
}

/// `/{tenant}/v2.0/.well-known/openid-configuration`
pub async fn version_2(origin: Extension<Origin>, context: State<Context>, tenant: Path<String>) -> Result<Json<Value>, Refusal> {
    configuration(origin, context, tenant, Version::Two).await
}

/// `/{tenant}/.well-known/openid-configuration`
pub async fn version_1(origin: Extension<Origin>, context: State<Context>, tenant: Path<String>) -> Result<Json<Value>, Refusal> {
    configuration(origin, context, tenant, Version::One).await
}

/// `/{tenant}/discovery/v2.0/keys`
pub async fn keys(
    Extension(Origin(origin)): Extension<Origin>,
    State(context): State<Context>,
    Path(name): Path<String>,
) -> Result<Json<Value>, Refusal> {
    known(&context, name).await?;
    Ok(Json(context.token_key.to_jwks(&format!("{origin}/{}/v2.0", context.tenant_id))))
}

async fn configuration(
    Extension(Origin(origin)): Extension<Origin>,
    State(context): State<Context>,
    Path(name): Path<String>,
    version: Version,
) -> Result<Json<Value>, Refusal> {
    known(&context, name).await?;
    let base = format!("{origin}/{}", context.tenant_id);
    let infix = version.infix();
    let issuer = match version {
        Version::One => format!("{base}/"),
        Version::Two => format!("{base}/v2.0"),
    };
    Ok(Json(json!({
        "issuer": issuer,
        "token_endpoint": format!("{base}/oauth2{infix}/token"),
        "authorization_endpoint": format!("{base}/oauth2{infix}/authorize"),
        "device_authorization_endpoint": format!("{base}/oauth2{infix}/devicecode"),
        "end_session_endpoint": format!("{base}/oauth2{infix}/logout"),
        "jwks_uri": format!("{base}/discovery{infix}/keys"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "nonce", "preferred_username", "name", "tid", "ver", "oid"],
        "request_uri_parameter_supported": false,
        "http_logout_supported": true,
        "frontchannel_logout_supported": true,
        "tenant_region_scope": "NA",
        "cloud_instance_name": origin.trim_start_matches("https://"),
        "cloud_graph_host_name": "graph.windows.net",
        "msgraph_host": "graph.microsoft.com",
        "rbac_url": "https://pas.windows.net",
    })))
}

async fn known(context: &Context, name: String) -> Result<(), Refusal> {
    let found = context.blocking(move |context| context.store.read(|connection| resolve(connection, &name).map(drop))).await;
    found.map_err(|Interrupted| Refusal::Failed(Interrupted.into()))?
}
