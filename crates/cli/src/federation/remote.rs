//! The federation service and the tenant's sign-in page seen from outside, as browsers see them.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use samesign_federation::metadata;
use serde::Deserialize;

/// Who does not answer within this time would not answer a browser either.
const PATIENCE: Duration = Duration::from_secs(15);
/// A running service takes up keys that the command line changed within a second; this is longer.
const KEYS_TAKEN_UP: Duration = Duration::from_secs(3);
/// Far more than metadata holds.
const BYTES_MAX: usize = 1024 * 1024;

/// A client that trusts the system's authorities and these.
pub struct Client(reqwest::Client);

/// What the tenant answers to a name (`userrealm` 1.0).
#[derive(Debug, Deserialize)]
pub struct Realm {
    /// `Managed` or `Federated`.
    pub account_type: String,
}

impl Client {
    /// For one host. Trusts the authorities of the system, and those in these files where they are there. A name below `localhost`
    /// leads to where the service listens, as RFC 6761 wants it: not every system knows those names.
    pub fn new(authorities: &[&Path], host: &str, listen: Option<SocketAddr>) -> Result<Self> {
        let mut roots = RootCertStore::empty();
        for authority in authorities.iter().filter(|authority| authority.exists()) {
            let certificates = CertificateDer::pem_file_iter(authority).and_then(Iterator::collect::<Result<Vec<_>, _>>);
            roots.add_parsable_certificates(certificates.with_context(|| format!("{} is no PEM file", authority.display()))?);
        }
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let tls = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(reqwest::redirect::Policy::none())
            .https_only(true)
            .timeout(PATIENCE);
        if is_loopback(host) {
            builder = builder.no_proxy();
        }
        if let Some(listen) = listen.filter(|_| host.ends_with(".localhost")) {
            let ip = if listen.ip().is_unspecified() { IpAddr::from([127, 0, 0, 1]) } else { listen.ip() };
            builder = builder.resolve(host, SocketAddr::new(ip, 0));
        }
        Ok(Self(builder.build()?))
    }

    /// The certificates (Base64 of DER) that the service's metadata names.
    ///
    /// A service that runs takes up new keys within a second: one that does not name them all is asked again for a while.
    pub async fn certificates(&self, origin: &str, awaited: &[String]) -> Result<Vec<String>> {
        let deadline = tokio::time::Instant::now() + KEYS_TAKEN_UP;
        loop {
            let shown = self.certificates_now(origin).await?;
            if awaited.iter().all(|certificate| shown.contains(certificate)) || tokio::time::Instant::now() > deadline {
                return Ok(shown);
            }
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }

    async fn certificates_now(&self, origin: &str) -> Result<Vec<String>> {
        let text = self.get(&format!("{origin}{}", metadata::PATH)).await?;
        let certificates = certificates_in(&text);
        if certificates.is_empty() {
            bail!("what it answers is not the metadata of a federation service");
        }
        Ok(certificates)
    }

    /// How the tenant would let somebody of this domain sign in.
    pub async fn realm(&self, tenant: &str, domain: &str) -> Result<Realm> {
        let text = self.get(&format!("{tenant}/common/userrealm/nobody@{domain}?api-version=1.0")).await?;
        serde_json::from_str(&text).context("the tenant's answer about the domain cannot be understood")
    }

    async fn get(&self, url: &str) -> Result<String> {
        let mut response = self.0.get(url).send().await.map_err(reqwest::Error::without_url)?;
        if response.status().as_u16() != 200 {
            bail!("it answers with status {}", response.status().as_u16());
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(reqwest::Error::without_url)? {
            body.extend_from_slice(&chunk);
            if body.len() > BYTES_MAX {
                bail!("its answer is far too long");
            }
        }
        String::from_utf8(body).context("its answer is not text")
    }
}

/// The texts of all X509Certificate elements, each once. What they are worth is found out by comparing them with our own.
fn certificates_in(metadata: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for part in metadata.split("X509Certificate>").skip(1).step_by(2) {
        let Some((text, _)) = part.split_once("</") else { continue };
        let certificate: String = text.split_whitespace().collect();
        if !certificate.is_empty() && !found.contains(&certificate) {
            found.push(certificate);
        }
    }
    found
}

/// All causes of an error in one line.
pub fn chain(error: &anyhow::Error) -> String {
    let mut causes: Vec<String> = error.chain().map(ToString::to_string).collect();
    causes.dedup();
    causes.join(": ")
}

/// Whether a host is this machine, which no proxy can reach.
fn is_loopback(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host == "localhost" || host.ends_with(".localhost") || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_tells_its_certificates_once_each() {
        let metadata = "<a><ds:X509Certificate>QUJD\nRA==</ds:X509Certificate><b><X509Certificate>RUZH</X509Certificate></b>\
                        <X509Certificate>QUJDRA==</X509Certificate><X509Certificate></X509Certificate></a>";
        assert_eq!(certificates_in(metadata), ["QUJDRA==", "RUZH"]);
        assert!(certificates_in("<html>").is_empty());
    }
}
