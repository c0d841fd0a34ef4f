//! Access tokens by client credentials: asked for when needed, kept until shortly before their end.

use bytes::Bytes;
use jiff::Timestamp;
use reqwest::Method;
use samesign_wire::Secret;
use samesign_wire::provisioning::names;
use serde::Deserialize;
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use super::config::{Endpoints, host_of};
use super::error::EntraError;
use super::http::{Answer, Http, escape};
use super::identity::{Identity, spread};
use super::retry;
use crate::clock;

/// A token this close to its end is not used any more, in seconds.
const RENEW_BEFORE: i64 = 300;

/// What a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    Graph,
    Provisioning,
}

impl Audience {
    fn scope(self) -> String {
        match self {
            Self::Graph => "https://graph.microsoft.com/.default".to_owned(),
            Self::Provisioning => format!("{}/.default", names::RESOURCE_ID),
        }
    }
}

/// The tokens in use. No `Debug`: they are as good as the key for an hour.
#[derive(Default)]
pub struct Tokens {
    graph: Mutex<Option<Held>>,
    provisioning: Mutex<Option<Held>>,
}

struct Held {
    token: Secret,
    renew: Timestamp,
}

impl Tokens {
    /// A token that is valid for some minutes yet. Callers who come together wait for one request.
    pub async fn get(&self, audience: Audience, http: &Http, endpoints: &Endpoints, identity: &Identity) -> Result<Secret, EntraError> {
        let mut held = self.slot(audience).lock().await;
        if let Some(held) = held.as_ref().filter(|held| clock::now() < held.renew) {
            return Ok(held.token.clone());
        }
        let fresh = ask(audience, http, endpoints, identity).await?;
        let token = fresh.token.clone();
        *held = Some(fresh);
        Ok(token)
    }

    /// Forgets a token that the service refused, unless another one has taken its place.
    pub async fn refused(&self, audience: Audience, token: &Secret) {
        let mut held = self.slot(audience).lock().await;
        held.take_if(|held| held.token.expose() == token.expose());
    }

    fn slot(&self, audience: Audience) -> &Mutex<Option<Held>> {
        match audience {
            Audience::Graph => &self.graph,
            Audience::Provisioning => &self.provisioning,
        }
    }
}

/// Asks the token endpoint. Each try carries a fresh assertion, for one serves once.
async fn ask(audience: Audience, http: &Http, endpoints: &Endpoints, identity: &Identity) -> Result<Held, EntraError> {
    let mut tried = 0;
    loop {
        tried += 1;
        let body = form(audience, identity, &identity.assertion(endpoints.token.as_str(), clock::now())?);
        let request = http
            .request(Method::POST, &endpoints.token)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept", "application/json")
            .body(Bytes::from_owner(body));
        let answer = http.send(&endpoints.token, request).await.map_err(|failure| failure.into_error())?;
        if !retry::is_later(answer.status) || tried == retry::TRIES_MAX {
            return read(&answer, endpoints);
        }
        tokio::time::sleep(retry::wait(tried, answer.retry_after.as_deref(), clock::now(), spread())).await;
    }
}

fn form(audience: Audience, identity: &Identity, assertion: &str) -> Zeroizing<Vec<u8>> {
    let fields = [
        ("client_id", identity.client_id()),
        ("scope", &audience.scope()),
        ("grant_type", "client_credentials"),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", assertion),
    ];
    let mut body = Zeroizing::new(Vec::with_capacity(assertion.len() + 512));
    for (index, (name, value)) in fields.iter().enumerate() {
        if index > 0 {
            body.push(b'&');
        }
        body.extend_from_slice(name.as_bytes());
        body.push(b'=');
        body.extend_from_slice(escape(value).as_bytes());
    }
    body
}

#[derive(Deserialize)]
struct Granted<'a> {
    access_token: &'a str,
    expires_in: serde_json::Value,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Denied {
    error: String,
    error_description: String,
    error_codes: Vec<u32>,
}

fn read(answer: &Answer, endpoints: &Endpoints) -> Result<Held, EntraError> {
    if answer.status != 200 {
        return Err(denied(answer, endpoints));
    }
    // The reason is told without the text of the JSON library, which could quote the token.
    let granted: Granted<'_> = serde_json::from_slice(&answer.body).map_err(|_| EntraError::Answer {
        host: host_of(&endpoints.token),
        what: "a sign-in",
        reason: "it holds no access token".to_owned(),
    })?;
    let lifetime = granted.expires_in.as_i64().or_else(|| granted.expires_in.as_str()?.parse().ok()).unwrap_or_default().clamp(0, 86_400);
    // A token of a few minutes is used for half its life.
    let usable = (lifetime - RENEW_BEFORE).max(lifetime / 2);
    let renew = clock::now().checked_add(jiff::SignedDuration::from_secs(usable)).unwrap_or(Timestamp::MIN);
    Ok(Held { token: Secret::new(granted.access_token.to_owned()), renew })
}

fn denied(answer: &Answer, endpoints: &Endpoints) -> EntraError {
    let denied: Denied = serde_json::from_slice(&answer.body).unwrap_or_default();
    if denied.error.is_empty() {
        return EntraError::Refused {
            host: host_of(&endpoints.token),
            what: "the sign-in",
            status: answer.status,
            code: String::new(),
            message: "is this the address of a tenant? check `tenant.endpoint`".to_owned(),
        };
    }
    let number = denied.error_codes.first().copied().unwrap_or_default();
    let text = denied.error_description.split(" Trace ID:").next().unwrap_or_default();
    let text = text.split_once(": ").filter(|(code, _)| code.starts_with("AADSTS")).map_or(text, |(_, text)| text);
    EntraError::SignIn {
        code: if number == 0 { denied.error } else { format!("AADSTS{number}") },
        advice: advice(number),
        description: text.trim().trim_end_matches('.').to_owned(),
    }
}

/// Who must do what, by the number after AADSTS.
const fn advice(number: u32) -> &'static str {
    match number {
        90002 => "check `tenant.name`",
        700_016 | 700_038 => "check `tenant.client_id`; the application must be registered in this very tenant",
        700_027 => "register the certificate of `tenant.certificate` at the application, or configure the one that is registered",
        700_024 => "check this machine's clock",
        700_023 => "check `tenant.endpoint`: the tenant knows itself by another address",
        500_011 => "give the application the permission ADSynchronization.ReadWrite.All, which brings that service into the tenant",
        7_000_215 | 7_000_218 => "the application must have a certificate, and `tenant.certificate` must name it",
        _ => "look the number up in the tenant's sign-in log",
    }
}
