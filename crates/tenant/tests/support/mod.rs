//! A real tenant in a temporary folder, served over real TLS.
#![allow(dead_code, reason = "each test program uses its own part of this")]

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use samesign_tenant::{InitReport, Server};
use serde_json::{Value, json};
use tempfile::TempDir;

pub const GRAPH_SCOPE: &str = "https://graph.microsoft.com/.default";
pub const SYNC_SCOPE: &str = "6bf85cfa-ac8a-4be5-b5de-425a0d0dc016/.default";

/// A tenant that is being served, and a client that trusts its authority and nothing else.
pub struct Tenant {
    pub folder: TempDir,
    pub report: InitReport,
    pub server: Server,
    pub client: reqwest::Client,
}

impl Tenant {
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let report = samesign_tenant::init(folder.path(), "contoso.onmicrosoft.com", &["contoso.example".to_owned()]).unwrap();
        let server = Server::start(folder.path(), SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.unwrap();
        let client = client(&std::fs::read(&report.ca).unwrap());
        Self { folder, report, server, client }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.server.url())
    }

    pub fn token_endpoint(&self) -> String {
        self.url(&format!("/{}/oauth2/v2.0/token", self.report.tenant_id))
    }

    /// What the token endpoint answers to a form: status and body.
    pub async fn token(&self, form: &[(&str, &str)]) -> (u16, Value) {
        let response = self.client.post(self.token_endpoint()).form(form).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    /// An access token for the agent's own application.
    pub async fn agent_token(&self, scope: &str) -> String {
        let assertion = self.assertion(&self.claims(), Algorithm::PS256, Thumbprint::Sha256);
        let (status, body) = self.token(&assertion_form(&assertion, scope)).await;
        assert_eq!(status, 200, "{body}");
        body["access_token"].as_str().unwrap().to_owned()
    }

    /// The claims of a good client assertion of the agent; each call has its own `jti`.
    pub fn claims(&self) -> Value {
        let now = unix_now();
        json!({
            "iss": self.report.agent.client_id, "sub": self.report.agent.client_id, "aud": self.token_endpoint(),
            "iat": now, "nbf": now, "exp": now + 600, "jti": samesign_tenant::random::uuid().unwrap(),
        })
    }

    pub fn assertion(&self, claims: &Value, algorithm: Algorithm, thumbprint: Thumbprint) -> String {
        let pem = std::fs::read(&self.report.agent.certificate).unwrap();
        sign(&pem, claims, algorithm, thumbprint)
    }
}

/// How an assertion names the certificate it is signed with.
#[derive(Clone, Copy, Debug)]
pub enum Thumbprint {
    Sha1,
    Sha256,
    Chain,
    Nothing,
}

pub fn sign(pem: &[u8], claims: &Value, algorithm: Algorithm, thumbprint: Thumbprint) -> String {
    use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    use rustls_pki_types::pem::PemObject;

    let certificate = rustls_pki_types::CertificateDer::from_pem_slice(pem).unwrap();
    let mut header = Header::new(algorithm);
    match thumbprint {
        Thumbprint::Sha1 => header.x5t = Some(URL_SAFE_NO_PAD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, &certificate))),
        Thumbprint::Sha256 => header.x5t_s256 = Some(URL_SAFE_NO_PAD.encode(digest(&SHA256, &certificate))),
        Thumbprint::Chain => header.x5c = Some(vec![STANDARD.encode(&certificate)]),
        Thumbprint::Nothing => {}
    }
    let text = std::str::from_utf8(pem).unwrap();
    let key = &text[text.find("-----BEGIN PRIVATE KEY").unwrap()..];
    jsonwebtoken::encode(&header, claims, &EncodingKey::from_rsa_pem(key.as_bytes()).unwrap()).unwrap()
}

pub fn assertion_form<'a>(assertion: &'a str, scope: &'a str) -> [(&'a str, &'a str); 4] {
    [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", assertion),
        ("scope", scope),
    ]
}

pub fn client(ca_pem: &[u8]) -> reqwest::Client {
    builder(ca_pem).build().unwrap()
}

/// A client that calls from another address of this machine.
pub fn client_from(ca_pem: &[u8], address: std::net::IpAddr) -> reqwest::Client {
    builder(ca_pem).local_address(address).build().unwrap()
}

fn builder(ca_pem: &[u8]) -> reqwest::ClientBuilder {
    // A second test of this process finds it installed: that is as good.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let authority = reqwest::Certificate::from_pem(ca_pem).unwrap();
    reqwest::Client::builder().tls_certs_only([authority]).redirect(reqwest::redirect::Policy::none())
}

#[allow(clippy::disallowed_methods)]
pub fn unix_now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().try_into().unwrap()
}
