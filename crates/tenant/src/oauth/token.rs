//! The token endpoint: an application proves who it is and gets an access token (RFC 6749 section 4.4).

use std::collections::HashMap;

use axum::extract::rejection::FormRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Form, Json};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use rusqlite::Connection;
use samesign_wire::Secret;
use serde_json::json;

use super::bearer::{Claims, LIFETIME_SECONDS};
use super::error::{Refusal, SignInError};
use super::resource::Resource;
use super::{assertion, resolve};
use crate::context::{Context, Interrupted};
use crate::identity::apps::{self, App};
use crate::origin::Origin;
use crate::{clock, random};

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// `POST /{tenant}/oauth2/v2.0/token` and `POST /{tenant}/oauth2/token`
pub async fn answer(
    State(context): State<Context>,
    Extension(origin): Extension<Origin>,
    Path(tenant): Path<String>,
    headers: HeaderMap,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Result<Response, Refusal> {
    let Form(fields) = form.map_err(|_| SignInError::unreadable_form())?;
    let request = TokenRequest::read(fields, &headers)?;
    // Hashes take memory, so few are checked at once; an assertion is quick and can wait with them.
    let permit = context.password_checks.clone().acquire_owned().await.map_err(|error| Refusal::Failed(error.into()))?;
    let token = context.blocking(move |context| {
        let _permit = permit;
        issue(context, &request, &tenant, &origin, clock::now())
    });
    let token = token.await.map_err(|Interrupted| Refusal::Failed(Interrupted.into()))??;
    let body = json!({"token_type": "Bearer", "expires_in": LIFETIME_SECONDS, "ext_expires_in": LIFETIME_SECONDS, "access_token": token});
    Ok(([(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(body)).into_response())
}

/// What an application proves itself with. Neither printed nor compared.
enum Credential {
    Assertion(Secret),
    Secret(Secret),
}

/// The parts of the form that matter; whatever else clients send is ignored.
struct TokenRequest {
    client_id: String,
    credential: Credential,
    scope: String,
}

impl TokenRequest {
    fn read(fields: Vec<(String, String)>, headers: &HeaderMap) -> Result<Self, SignInError> {
        let mut fields: HashMap<String, String> = fields.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        match fields.get("grant_type").map(String::as_str) {
            Some("client_credentials") => {}
            Some(other) => return Err(SignInError::grant_type(other)),
            None => return Err(SignInError::missing("grant_type")),
        }
        let basic = basic_credential(headers);
        let assertion = fields.remove("client_assertion");
        let from_assertion = assertion.as_deref().and_then(assertion::claimed_client);
        let from_basic = basic.as_ref().map(|(client_id, _)| client_id.clone());
        let client_id = fields.remove("client_id").or(from_basic).or(from_assertion).ok_or_else(|| SignInError::missing("client_id"))?;
        let assertion_type = fields.remove("client_assertion_type");
        let secret = fields.remove("client_secret").map(Secret::new).or(basic.map(|(_, secret)| secret));
        let credential = match (assertion, secret) {
            (Some(_), _) if assertion_type.as_deref() != Some(ASSERTION_TYPE) => return Err(SignInError::missing("client_assertion_type")),
            (Some(assertion), _) => Credential::Assertion(Secret::new(assertion)),
            (None, Some(secret)) => Credential::Secret(secret),
            (None, None) => return Err(SignInError::no_credential()),
        };
        // The first generation names the resource in a field of its own.
        let resource = fields.remove("resource").map(|resource| format!("{resource}/.default"));
        let scope = fields.remove("scope").or(resource).ok_or_else(|| SignInError::missing("scope"))?;
        Ok(Self { client_id, credential, scope })
    }
}

/// Client id and secret by HTTP Basic, each percent-encoded first (RFC 6749 section 2.3.1).
fn basic_credential(headers: &HeaderMap) -> Option<(String, Secret)> {
    let encoded = headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Basic ")?;
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (client_id, secret) = text.split_once(':')?;
    let plain = |part: &str| Some(percent_decode_str(&part.replace('+', " ")).decode_utf8().ok()?.into_owned());
    Some((plain(client_id)?, Secret::new(plain(secret)?)))
}

fn issue(context: &Context, request: &TokenRequest, tenant_name: &str, origin: &Origin, now: Timestamp) -> Result<String, Refusal> {
    let known = context.store.read(|connection| -> Result<_, Refusal> {
        let tenant = resolve(connection, tenant_name)?;
        let app =
            apps::find(connection, &request.client_id)?.ok_or_else(|| SignInError::unknown_client(&request.client_id, &tenant.name))?;
        Ok((tenant, apps::secrets(connection, &app.client_id)?, app))
    });
    let (tenant, secrets, app) = known?;
    match &request.credential {
        Credential::Secret(secret) => check_secret(secret, &secrets, &app)?,
        Credential::Assertion(assertion) => {
            let audiences = audiences(&origin.0, tenant_name, &tenant.id);
            let check = |connection: &Connection| assertion::verify(connection, &app.client_id, assertion.expose(), &audiences, now);
            context.store.write(check)?;
        }
    }
    let resource = resource_of(&request.scope, &origin.0, &tenant.name)?;
    let claims = claims(context, &app, resource, matches!(request.credential, Credential::Assertion(_)), now)?;
    context.token_key.sign(&claims).map_err(|error| Refusal::Failed(error.into()))
}

fn check_secret(secret: &Secret, hashes: &[String], app: &App) -> Result<(), SignInError> {
    let right = apps::secret_matches(secret.expose(), hashes);
    if right { Ok(()) } else { Err(SignInError::wrong_secret(&app.client_id)) }
}

/// What `aud` of an assertion may be: the endpoint as advertised first, then as called, for both generations, then the issuer.
fn audiences(origin: &str, called: &str, tenant_id: &str) -> Vec<String> {
    let endpoints = |name: &str| [format!("{origin}/{name}/oauth2/v2.0/token"), format!("{origin}/{name}/oauth2/token")];
    let issuers = [format!("{origin}/{tenant_id}/v2.0"), format!("{origin}/{tenant_id}/")];
    endpoints(tenant_id).into_iter().chain(endpoints(called)).chain(issuers).collect()
}

/// The one resource that the scope names with `/.default`; scopes of OpenID Connect beside it say nothing here.
fn resource_of(scope: &str, origin: &str, tenant_name: &str) -> Result<Resource, SignInError> {
    let mut named = scope.split_ascii_whitespace().filter(|part| !matches!(*part, "openid" | "profile" | "offline_access" | "email"));
    let (Some(only), None) = (named.next(), named.next()) else { return Err(SignInError::scope_not_default(scope)) };
    let name = only.strip_suffix("/.default").ok_or_else(|| SignInError::scope_not_default(scope))?;
    // A client that was told this server as its Graph asks for a token by that address.
    let own = name.trim_end_matches('/').eq_ignore_ascii_case(origin).then_some(Resource::Graph);
    own.or_else(|| Resource::parse(name)).ok_or_else(|| SignInError::unknown_resource(name, tenant_name))
}

fn claims(context: &Context, app: &App, resource: Resource, by_certificate: bool, now: Timestamp) -> Result<Claims, Refusal> {
    let granted = context.store.read(|connection| apps::permissions(connection, &app.client_id))?;
    let uti = random::token().map_err(|error| Refusal::Failed(error.into()))?;
    let roles = granted.into_iter().filter(|permission| resource.offers(permission)).collect();
    Ok(Claims::for_app(&context.tenant_id, app, resource, roles, by_certificate, uti, now))
}
