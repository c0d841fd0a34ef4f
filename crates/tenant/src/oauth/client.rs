//! Which application asks for a token, and its proof (RFC 6749 section 2.3, RFC 7523).

use std::collections::HashMap;

use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use rusqlite::Connection;
use samesign_wire::Secret;

use super::assertion;
use super::error::{Refusal, SignInError};
use crate::context::Context;
use crate::identity::apps::{self, App, ClientType};
use crate::store::organization::Tenant;

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// By what an application proved who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// By nothing: it is a public client, or people sign in to it as to one.
    None,
    /// By a secret.
    Secret,
    /// By the key of a certificate.
    Certificate,
}

/// What an application proves itself with. Neither printed nor compared.
enum Credential {
    Assertion(Secret),
    Secret(Secret),
}

/// Who a request says it is from. Holds a credential, so it cannot be printed.
pub struct Claimed {
    client_id: String,
    credential: Option<Credential>,
}

impl Claimed {
    /// Takes the application's name and credential out of a form and its headers.
    pub fn read(fields: &mut HashMap<String, String>, headers: &HeaderMap) -> Result<Self, SignInError> {
        let basic = basic_credential(headers);
        let assertion = fields.remove("client_assertion").map(Secret::new);
        let from_assertion = assertion.as_ref().and_then(|assertion| assertion::claimed_client(assertion.expose()));
        let from_basic = basic.as_ref().map(|(client_id, _)| client_id.clone());
        let client_id = fields.remove("client_id").or(from_basic).or(from_assertion).ok_or_else(|| SignInError::missing("client_id"))?;
        let assertion_type = fields.remove("client_assertion_type");
        let secret = fields.remove("client_secret").map(Secret::new).or(basic.map(|(_, secret)| secret));
        let credential = match (assertion, secret) {
            (Some(_), _) if assertion_type.as_deref() != Some(ASSERTION_TYPE) => return Err(SignInError::missing("client_assertion_type")),
            (Some(assertion), _) => Some(Credential::Assertion(assertion)),
            (None, secret) => secret.map(Credential::Secret),
        };
        Ok(Self { client_id, credential })
    }

    /// Whether it comes with any credential.
    pub fn has_credential(&self) -> bool {
        self.credential.is_some()
    }

    /// The application, once it is proved: a public client comes without a credential, one with public client flows may, any other
    /// needs one.
    pub fn prove(&self, context: &Context, tenant: &Tenant, called: &str, origin: &str, now: Timestamp) -> Result<(App, Proof), Refusal> {
        let (app, secrets) = context.store.read(|connection| -> Result<_, Refusal> {
            let app = apps::find(connection, &self.client_id)?;
            let app = app.ok_or_else(|| SignInError::unknown_client(&self.client_id, &tenant.name))?;
            let secrets = apps::secrets(connection, &app.client_id)?;
            Ok((app, secrets))
        })?;
        let proof = match &self.credential {
            None if app.client_type != ClientType::Confidential => Proof::None,
            None => return Err(SignInError::no_credential().into()),
            Some(_) if app.client_type == ClientType::Public => return Err(SignInError::public_client_with_credential().into()),
            Some(Credential::Secret(secret)) if apps::secret_matches(secret.expose(), &secrets) => Proof::Secret,
            Some(Credential::Secret(_)) => return Err(SignInError::wrong_secret(&app.client_id).into()),
            Some(Credential::Assertion(assertion)) => {
                let audiences = audiences(origin, called, &tenant.id);
                let check = |connection: &Connection| assertion::verify(connection, &app.client_id, assertion.expose(), &audiences, now);
                context.store.write(check)?;
                Proof::Certificate
            }
        };
        Ok((app, proof))
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

/// What `aud` of an assertion may be: the endpoint as advertised first, then as called, for both generations, then the issuer.
fn audiences(origin: &str, called: &str, tenant_id: &str) -> Vec<String> {
    let endpoints = |name: &str| [format!("{origin}/{name}/oauth2/v2.0/token"), format!("{origin}/{name}/oauth2/token")];
    let issuers = [format!("{origin}/{tenant_id}/v2.0"), format!("{origin}/{tenant_id}/")];
    endpoints(tenant_id).into_iter().chain(endpoints(called)).chain(issuers).collect()
}
