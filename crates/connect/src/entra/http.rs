//! HTTPS to the tenant: trust, time limits, bounded answers, and what a failure means. Knows no protocol above HTTP.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use reqwest::{Method, RequestBuilder, Url};
use rustls::{CertificateError, ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use zeroize::Zeroizing;

use super::config::{Endpoints, EntraConfig, host_of};
use super::error::EntraError;

/// A longer answer is refused, in bytes, whether it was compressed or not.
const ANSWER_MAX: usize = 64 * 1024 * 1024;

/// The one client of a tenant, with its connections.
pub struct Http {
    client: reqwest::Client,
    ca: Option<PathBuf>,
}

/// A whole answer. It may hold a token, so it is wiped.
pub struct Answer {
    pub status: u16,
    pub retry_after: Option<String>,
    pub body: Zeroizing<Vec<u8>>,
}

/// Why there is no whole answer.
pub enum Failure {
    /// The request did not go out.
    NotSent(EntraError),
    /// The request may have arrived.
    Lost(EntraError),
}

impl Failure {
    pub fn into_error(self) -> EntraError {
        match self {
            Self::NotSent(error) | Self::Lost(error) => error,
        }
    }
}

impl Http {
    pub fn new(config: &EntraConfig, endpoints: &Endpoints) -> Result<Self, EntraError> {
        let setup = |error: &dyn Error| EntraError::Setup(error.to_string());
        let tls = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| setup(&error))?
            .with_root_certificates(roots(config.ca.as_deref())?)
            .with_no_client_auth();
        // Retrying is decided here by what a request does, never by the HTTP library.
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(config.connect_timeout)
            .timeout(config.request_timeout)
            .https_only(true);
        if endpoints.loopback {
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|error| setup(&error))?;
        Ok(Self { client, ca: config.ca.clone() })
    }

    /// Begins a request.
    pub fn request(&self, method: Method, url: &Url) -> RequestBuilder {
        self.client.request(method, url.clone())
    }

    /// Sends a request and reads the whole answer. Whatever the status is, it is an answer.
    pub async fn send(&self, url: &Url, request: RequestBuilder) -> Result<Answer, Failure> {
        let host = host_of(url);
        let mut response = request.send().await.map_err(|error| self.failure(&host, error))?;
        let status = response.status().as_u16();
        let retry_after = response.headers().get("retry-after").and_then(|value| value.to_str().ok()).map(ToOwned::to_owned);
        let mut body = Zeroizing::new(Vec::with_capacity(16 * 1024));
        while let Some(chunk) = response.chunk().await.map_err(|error| self.failure(&host, error))? {
            if body.len() + chunk.len() > ANSWER_MAX {
                let reason = format!("it is longer than {} MiB", ANSWER_MAX >> 20);
                return Err(Failure::Lost(EntraError::Answer { host, what: "a request", reason }));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, retry_after, body })
    }

    fn failure(&self, host: &str, error: reqwest::Error) -> Failure {
        let host = host.to_owned();
        let error = error.without_url();
        if let Some(tls) = tls_error(&error) {
            return Failure::NotSent(EntraError::Untrusted { host, reason: self.distrust(tls) });
        }
        match error.is_connect() || error.is_builder() {
            true => Failure::NotSent(EntraError::Unreachable { host, error }),
            false => Failure::Lost(EntraError::Broken { host, error }),
        }
    }

    /// What is wrong with a server's certificate, and the mend.
    fn distrust(&self, error: &rustls::Error) -> String {
        use CertificateError::{
            BadSignature, Expired, ExpiredContext, NotValidForName, NotValidForNameContext, NotValidYet, NotValidYetContext, UnknownIssuer,
        };
        let rustls::Error::InvalidCertificate(problem) = error else { return format!("encryption could not be agreed on ({error})") };
        match (problem, &self.ca) {
            // Two authorities of one name and two keys show as a bad signature.
            (UnknownIssuer | BadSignature, Some(ca)) => {
                format!(
                    "no authority in {} issued its certificate; `tenant.ca` must name the file with the tenant's own authority",
                    ca.display()
                )
            }
            (UnknownIssuer | BadSignature, None) => {
                "no authority this system trusts issued its certificate; name the file with its authority in `tenant.ca`".to_owned()
            }
            (Expired | ExpiredContext { .. }, _) => "its certificate has expired; renew it there, or check this machine's clock".to_owned(),
            (NotValidYet | NotValidYetContext { .. }, _) => "its certificate is not valid yet; check this machine's clock".to_owned(),
            (NotValidForName | NotValidForNameContext { .. }, _) => {
                "its certificate is for another name; call it in `tenant.endpoint` by a name that the certificate holds".to_owned()
            }
            _ => format!("its certificate is refused ({problem})"),
        }
    }
}

fn roots(ca: Option<&Path>) -> Result<RootCertStore, EntraError> {
    let mut roots = RootCertStore::empty();
    let Some(path) = ca else {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        return Ok(roots);
    };
    let pem = std::fs::read(path).map_err(|error| EntraError::File { path: path.to_owned(), key: "ca", error })?;
    let bad = || EntraError::FileContent {
        path: path.to_owned(),
        problem: "holds no certificate that can be read",
        mend: "`tenant.ca` must name a PEM file with the authority's certificate",
    };
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        roots.add(certificate.map_err(|_| bad())?).map_err(|_| bad())?;
    }
    if roots.is_empty() { Err(bad()) } else { Ok(roots) }
}

/// The TLS error inside an error of the HTTP library. An I/O error does not name what it wraps as its source.
fn tls_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        let wrapped = error.downcast_ref::<std::io::Error>().and_then(|error| error.get_ref());
        next = wrapped.map(|wrapped| wrapped as &(dyn Error + 'static)).or_else(|| error.source());
    }
    None
}

/// A text as part of a query: everything but unreserved characters is escaped (RFC 3986, 2.3).
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
