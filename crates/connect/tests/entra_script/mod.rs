//! A scripted peer over real TLS: what a tenant could answer, whole or cut off.
#![allow(dead_code, reason = "each test program uses its own part of this")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that panics has failed, which is its purpose")]

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use samesign_connect::entra::{Entra, EntraConfig, Url};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// A request as it arrived.
#[derive(Clone)]
pub struct Seen {
    pub method: String,
    /// Path and query.
    pub target: String,
    /// In lower case.
    pub headers: String,
    pub body: Vec<u8>,
}

/// What the peer does with a request.
pub enum Reply {
    /// Answers with status, further header lines, and body.
    Http(u16, &'static str, Vec<u8>),
    /// Takes the request and closes the connection without a word.
    Cut,
}

impl Reply {
    pub fn json(value: serde_json::Value) -> Self {
        Self::Http(200, "", value.to_string().into_bytes())
    }

    pub fn token() -> Self {
        Self::json(serde_json::json!({"token_type": "Bearer", "expires_in": 3600, "access_token": "a.eyJ0aWQiOiIwMDAxIn0.c"}))
    }
}

/// A running peer and what a client needs to call it.
pub struct Script {
    pub url: Url,
    pub ca: PathBuf,
    pub agent: PathBuf,
    pub folder: tempfile::TempDir,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Script {
    /// Starts a peer that answers by `answer`; the token endpoint grants, unless `answer` has a word for it.
    pub async fn start(answer: impl Fn(&Seen, &Url) -> Option<Reply> + Send + Sync + 'static) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (ca, certificate, key) = authority_and_server();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("https://localhost:{}", listener.local_addr().unwrap().port())).unwrap();
        let tls = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        let script = Self {
            ca: folder.path().join("ca.pem"),
            agent: folder.path().join("agent.pem"),
            seen: Arc::default(),
            url: url.clone(),
            folder,
        };
        std::fs::write(&script.ca, ca).unwrap();
        std::fs::write(&script.agent, application(2100)).unwrap();
        let seen = script.seen.clone();
        tokio::spawn(serve(listener, TlsAcceptor::from(Arc::new(tls)), seen, url, Arc::new(answer)));
        script
    }

    pub fn config(&self) -> EntraConfig {
        let mut config = EntraConfig::new("contoso.onmicrosoft.com", "11111111-2222-3333-4444-555555555555", self.agent.clone());
        config.endpoint = Some(self.url.clone());
        config.ca = Some(self.ca.clone());
        config
    }

    pub fn entra(&self) -> Entra {
        Entra::new(&self.config()).unwrap()
    }

    /// The requests so far, those for tokens left out.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().iter().filter(|seen| !seen.target.ends_with("/token")).cloned().collect()
    }

    pub fn token_requests(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().iter().filter(|seen| seen.target.ends_with("/token")).cloned().collect()
    }
}

/// A self-signed certificate with its RSA key, valid up to the first day of `year`.
pub fn application(year: i32) -> String {
    let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
    let mut params = CertificateParams::default();
    params.not_before = rcgen::date_time_ymd(2001, 1, 1);
    params.not_after = rcgen::date_time_ymd(year, 1, 1);
    format!("{}{}", params.self_signed(&key).unwrap().pem(), key.serialize_pem())
}

fn authority_and_server() -> (String, CertificateDer<'static>, PrivateKeyDer<'static>) {
    let authority_key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = authority.self_signed(&authority_key).unwrap().pem();
    let key = KeyPair::generate().unwrap();
    let server = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = server.signed_by(&key, &Issuer::new(authority, authority_key)).unwrap();
    (ca, certificate.der().clone(), PrivateKeyDer::Pkcs8(key.serialize_der().into()))
}

type Answer = Arc<dyn Fn(&Seen, &Url) -> Option<Reply> + Send + Sync>;

async fn serve(listener: TcpListener, tls: TlsAcceptor, seen: Arc<Mutex<Vec<Seen>>>, url: Url, answer: Answer) {
    while let Ok((socket, _)) = listener.accept().await {
        let (tls, seen, url, answer) = (tls.clone(), seen.clone(), url.clone(), answer.clone());
        tokio::spawn(async move {
            let Ok(mut stream) = tls.accept(socket).await else { return };
            let Some(request) = read_request(&mut stream).await else { return };
            seen.lock().unwrap().push(request.clone());
            let granted = || if request.target.ends_with("/token") { Reply::token() } else { Reply::Http(404, "", Vec::new()) };
            match answer(&request, &url).unwrap_or_else(granted) {
                Reply::Cut => drop(stream),
                Reply::Http(status, headers, body) => {
                    let head = format!("HTTP/1.1 {status} X\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n", body.len());
                    let _ = stream.write_all(&[head.as_bytes(), &body].concat()).await;
                    let _ = stream.shutdown().await;
                }
            }
        });
    }
}

async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> Option<Seen> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).ok()?;
    let (line, headers) = head.split_once("\r\n")?;
    let headers = headers.to_ascii_lowercase();
    let length = headers.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or(0, |length| length.trim().parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    let mut parts = line.split(' ');
    Some(Seen { method: parts.next()?.to_owned(), target: parts.next()?.to_owned(), headers, body })
}
