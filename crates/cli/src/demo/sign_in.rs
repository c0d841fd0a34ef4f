//! A person signs in at the tenant with the Windows password, as a program of theirs does it: an application's token request over TLS.
//!
//! It stands outside: a client of its own that knows the tenant's address and authority, and nothing of how passwords got there.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use form_urlencoded::Serializer;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use serde::Serialize;
use serde_json::Value;

use super::people::TENANT;

/// Longer than any answer of a tenant on the same machine takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// The application through which people sign in.
pub struct App {
    pub client_id: String,
    pub secret: samesign_wire::Secret,
}

/// How it went.
#[derive(Serialize)]
pub struct SignIn {
    /// Who signed in.
    pub upn: String,
    /// Whether the Windows password opened the tenant, and another did not.
    pub ok: bool,
    /// What the tenant said to the Windows password, when it was refused.
    #[serde(skip)]
    pub refusal: Option<String>,
    /// What the tenant said to another password.
    #[serde(skip)]
    pub other: String,
}

/// Signs in with the password, then with another.
pub async fn sign_in(tenant: &str, ca: &Path, app: &App, upn: &str, password: &str) -> Result<SignIn> {
    let client = client(ca)?;
    let refusal = refusal(&client, tenant, app, upn, password).await?;
    let other = refusal_of_another(&client, tenant, app, upn).await?;
    Ok(SignIn { upn: upn.to_owned(), ok: refusal.is_none() && other.starts_with("AADSTS50126"), refusal, other })
}

async fn refusal_of_another(client: &reqwest::Client, tenant: &str, app: &App, upn: &str) -> Result<String> {
    Ok(refusal(client, tenant, app, upn, "not the password").await?.unwrap_or_else(|| "accepted".to_owned()))
}

/// Asks for a token with a name and a password; answers why there is none.
async fn refusal(client: &reqwest::Client, tenant: &str, app: &App, upn: &str, password: &str) -> Result<Option<String>> {
    let mut form = Serializer::new(String::new());
    form.append_pair("grant_type", "password")
        .append_pair("client_id", &app.client_id)
        .append_pair("client_secret", app.secret.expose())
        .append_pair("scope", "openid profile offline_access User.Read")
        .append_pair("username", upn)
        .append_pair("password", password);
    let request = client
        .post(format!("{tenant}/{TENANT}/oauth2/v2.0/token"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form.finish());
    let answer = request.send().await.context("the tenant cannot be reached to sign in")?;
    let answer: Value = answer.json().await.context("the tenant answered the sign-in with something else than JSON")?;
    let text = |name: &str| answer.get(name).and_then(Value::as_str);
    Ok(match (text("id_token"), text("error_description")) {
        (Some(_), _) => None,
        (None, Some(description)) => Some(in_short(description).to_owned()),
        (None, None) => Some("no token, and no reason".to_owned()),
    })
}

/// The code and the reason, without the ids for the support of the service.
fn in_short(description: &str) -> &str {
    let line = description.lines().next().unwrap_or_default();
    line.split_once(" Trace ID:").map_or(line, |(said, _)| said)
}

fn client(ca: &Path) -> Result<reqwest::Client> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(ca).with_context(|| format!("cannot read {}", ca.display()))?)?;
    let tls = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let client = reqwest::Client::builder().tls_backend_preconfigured(tls).https_only(true).no_proxy().timeout(PATIENCE);
    client.build().context("the client of the sign-in cannot be made")
}
