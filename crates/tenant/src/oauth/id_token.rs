//! ID tokens: who signed in, told to one application (OpenID Connect Core section 2), in the shapes of both generations.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;

use super::Version;
use super::bearer::LIFETIME_SECONDS;
use super::scope::Scope;
use crate::directory::User;

/// The claims of an ID token.
#[derive(Serialize)]
pub struct IdToken {
    aud: String,
    iss: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<String>,
    oid: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    preferred_username: Option<String>,
    sub: String,
    tid: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    unique_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upn: Option<String>,
    uti: String,
    ver: &'static str,
}

/// Whom a token is about, for whom, and from which endpoint.
#[derive(Clone, Copy)]
pub struct About<'a> {
    /// Scheme, host and port as the client called them.
    pub origin: &'a str,
    /// The tenant's id.
    pub tenant: &'a str,
    /// The application.
    pub client_id: &'a str,
    /// The person.
    pub user: &'a User,
    /// Which endpoint was asked.
    pub version: Version,
}

impl IdToken {
    /// The claims for what was asked: the name with `profile`, the address with `email`.
    pub fn new(about: About<'_>, scope: &Scope, nonce: Option<String>, uti: String, now: Timestamp) -> Self {
        let About { origin, tenant, client_id, user, version } = about;
        let now = now.as_second();
        let upn = || scope.profile.then(|| user.upn.clone());
        let first = version == Version::One;
        Self {
            aud: client_id.to_owned(),
            iss: issuer(origin, tenant, version),
            iat: now,
            nbf: now,
            exp: now + LIFETIME_SECONDS,
            email: user.mail.clone().filter(|_| scope.email),
            name: scope.profile.then(|| user.display_name.clone()),
            nonce,
            oid: user.id.clone(),
            preferred_username: upn().filter(|_| !first),
            sub: subject(tenant, client_id, &user.id),
            tid: tenant.to_owned(),
            unique_name: upn().filter(|_| first),
            upn: upn().filter(|_| first),
            uti,
            ver: if first { "1.0" } else { "2.0" },
        }
    }
}

/// The issuer of ID tokens, as discovery names it.
pub fn issuer(origin: &str, tenant: &str, version: Version) -> String {
    match version {
        Version::One => format!("{origin}/{tenant}/"),
        Version::Two => format!("{origin}/{tenant}/v2.0"),
    }
}

/// Names a person to one application alone: two applications cannot compare theirs.
pub fn subject(tenant: &str, client_id: &str, user: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, format!("samesign subject {tenant} {client_id} {user}").as_bytes()))
}

/// `client_info`: the account, for a client to file its tokens under.
pub fn client_info(tenant: &str, user: &User) -> String {
    URL_SAFE_NO_PAD.encode(json!({"uid": user.id, "utid": tenant}).to_string())
}
