//! The documents by which a client finds the endpoints (OpenID Connect Discovery 1.0, and the service's instance discovery).

use axum::extract::{Path, State};
use axum::{Extension, Json};
use serde_json::{Value, json};

use super::error::Refusal;
use super::{Version, authority, id_token};
use crate::context::Context;
use crate::origin::Origin;

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
    named(&context, name).await?;
    Ok(Json(context.token_key.to_jwks(&format!("{origin}/{}/v2.0", context.tenant_id))))
}

async fn configuration(
    Extension(Origin(origin)): Extension<Origin>,
    State(context): State<Context>,
    Path(name): Path<String>,
    version: Version,
) -> Result<Json<Value>, Refusal> {
    let name = named(&context, name).await?;
    let base = format!("{origin}/{name}");
    let infix = version.infix();
    // Under a name for any tenant the issuer is a pattern, as at the service: the client puts in whose token it got.
    let issuer = id_token::issuer(&origin, if name == *context.tenant_id { &name } else { "{tenantid}" }, version);
    Ok(Json(json!({
        "issuer": issuer,
        "token_endpoint": format!("{base}/oauth2{infix}/token"),
        "authorization_endpoint": format!("{base}/oauth2{infix}/authorize"),
        "device_authorization_endpoint": format!("{base}/oauth2{infix}/devicecode"),
        "end_session_endpoint": format!("{base}/oauth2{infix}/logout"),
        "userinfo_endpoint": format!("{origin}/oidc/userinfo"),
        "jwks_uri": format!("{base}/discovery{infix}/keys"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials", "password", super::token::DEVICE_GRANT],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "nonce", "preferred_username", "name", "tid", "ver", "oid", "email"],
        "request_uri_parameter_supported": false,
        "http_logout_supported": false,
        "frontchannel_logout_supported": false,
        "tenant_region_scope": "NA",
        "cloud_instance_name": origin.trim_start_matches("https://"),
        "cloud_graph_host_name": "graph.windows.net",
        "msgraph_host": "graph.microsoft.com",
        "rbac_url": "https://pas.windows.net",
    })))
}

/// How the endpoints name the tenant: by its id, or as they were asked for any.
async fn named(context: &Context, name: String) -> Result<String, Refusal> {
    let own = context.tenant_id.clone();
    let found = context.blocking(move |context| {
        context.store.read(|connection| authority(connection, &name).map(|(_, any)| any.then(|| name.to_ascii_lowercase())))
    });
    Ok(found.await??.unwrap_or_else(|| own.to_string()))
}
