//! TLS to a domain controller: who is trusted, and why a certificate was refused, in words.
//!
//! There is no switch that skips the check. The check itself is rustls's own; what is added is only that the name of the
//! issuer is remembered, so that an administrator learns which CA is missing.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// The certificates that are trusted cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The file named by `ca` cannot be read.
    #[error("cannot read the CA file {}; check `ca` in [source]", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: rustls::pki_types::pem::Error,
    },
    /// The file named by `ca` holds no certificate.
    #[error("the CA file {} holds no certificate: it must be PEM, with -----BEGIN CERTIFICATE-----", .0.display())]
    Empty(PathBuf),
    /// The system has no trusted certificates, and `ca` is not set.
    #[error("this system has no trusted CA certificates: set `ca` in [source] to the CA that issued the domain controllers' certificates")]
    NoSystemRoots,
    /// rustls refused the set-up.
    #[error("cannot set up TLS")]
    Setup(#[source] rustls::Error),
    /// rustls refused the certificates of the file as a basis of trust.
    #[error("cannot use the CA certificates")]
    Verifier(#[source] rustls::client::VerifierBuilderError),
}

/// Whom to trust; made once, used for every server that is tried.
pub(crate) struct Trust {
    roots: Arc<RootCertStore>,
    from_file: bool,
}

impl Trust {
    /// The CA file given, or the system's certificates.
    pub(crate) fn load(ca: Option<&Path>) -> Result<Self, TrustError> {
        let mut roots = RootCertStore::empty();
        match ca {
            Some(path) => roots.add_parsable_certificates(read_pem(path)?),
            None => roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs),
        };
        if roots.is_empty() {
            return Err(ca.map_or(TrustError::NoSystemRoots, |path| TrustError::Empty(path.to_owned())));
        }
        Ok(Self { roots: Arc::new(roots), from_file: ca.is_some() })
    }

    /// Shakes hands over a connected socket. The certificate must be for `host`.
    pub(crate) async fn secure(&self, socket: TcpStream, host: &str) -> Result<TlsStream<TcpStream>, TlsRefusal> {
        let name =
            ServerName::try_from(host.to_owned()).map_err(|_| TlsRefusal::Name { host: host.to_owned(), presented: String::new() })?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let inner = WebPkiServerVerifier::builder_with_provider(self.roots.clone(), provider.clone())
            .build()
            .map_err(|error| TlsRefusal::Other(error.to_string()))?;
        let verifier = Arc::new(Remembering { inner, issuer: Mutex::new(None) });
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| TlsRefusal::Other(error.to_string()))?
            .dangerous() // rustls's word for a verifier of one's own; ours asks rustls's and adds nothing to its answer
            .with_custom_certificate_verifier(verifier.clone())
            .with_no_client_auth();
        match TlsConnector::from(Arc::new(config)).connect(name, socket).await {
            Ok(stream) => Ok(stream),
            Err(error) => Err(TlsRefusal::explain(&error, host, verifier.issuer(), self.from_file)),
        }
    }
}

fn read_pem(path: &Path) -> Result<Vec<CertificateDer<'static>>, TrustError> {
    let unreadable = |source| TrustError::Unreadable { path: path.to_owned(), source };
    CertificateDer::pem_file_iter(path).map_err(unreadable)?.collect::<Result<Vec<_>, _>>().map_err(unreadable)
}

/// Why TLS did not come about.
#[derive(Debug, thiserror::Error)]
pub enum TlsRefusal {
    /// The certificate is for another name.
    #[error(
        "its certificate is not for {host}{presented}: name the server in `servers` as its certificate does, or give it a certificate for this name"
    )]
    Name {
        /// The name that was asked for.
        host: String,
        /// The names it is for, as a clause.
        presented: String,
    },
    /// The certificate is too old.
    #[error("its certificate has expired: renew it on the domain controller (and check the clock of this machine)")]
    Expired,
    /// The certificate is not valid yet.
    #[error("its certificate is not valid yet: check the clock of this machine and of the domain controller")]
    NotYetValid,
    /// Nobody we trust issued it.
    #[error("its certificate was issued by \"{issuer}\", which is not trusted here: {mend}")]
    UnknownIssuer {
        /// The issuer that the certificate names.
        issuer: String,
        /// What to do.
        mend: &'static str,
    },
    /// The certificate may not be used for a server.
    #[error("its certificate is not meant for servers: it needs the extended key usage \"server authentication\"")]
    Purpose,
    /// The certificate was revoked.
    #[error("its certificate has been revoked: give the domain controller a new one")]
    Revoked,
    /// Any other fault of the certificate.
    #[error("its certificate was refused: {0}")]
    Certificate(String),
    /// TLS failed for another reason.
    #[error("TLS failed: {0}")]
    Other(String),
}

impl TlsRefusal {
    fn explain(error: &io::Error, host: &str, issuer: Option<String>, from_file: bool) -> Self {
        let Some(rustls::Error::InvalidCertificate(fault)) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) else {
            return Self::Other(error.to_string());
        };
        let host = host.to_owned();
        match fault {
            CertificateError::NotValidForName => Self::Name { host, presented: String::new() },
            CertificateError::NotValidForNameContext { presented, .. } => Self::Name { host, presented: for_names(presented) },
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Self::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Self::NotYetValid,
            CertificateError::Revoked => Self::Revoked,
            CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => Self::Purpose,
            CertificateError::UnknownIssuer | CertificateError::BadSignature => {
                Self::UnknownIssuer { issuer: issuer.unwrap_or_else(|| "nobody".to_owned()), mend: mend(from_file) }
            }
            other => Self::Certificate(other.to_string()),
        }
    }
}

fn for_names(presented: &[String]) -> String {
    if presented.is_empty() { " (it has no subject alternative name)".to_owned() } else { format!(" but for {}", presented.join(", ")) }
}

fn mend(from_file: bool) -> &'static str {
    if from_file {
        "the file named by `ca` must hold that CA's certificate"
    } else {
        "set `ca` in [source] to a PEM file with that CA's certificate"
    }
}

/// rustls's verifier, with a memory for the issuer's name.
#[derive(Debug)]
struct Remembering {
    inner: Arc<WebPkiServerVerifier>,
    issuer: Mutex<Option<String>>,
}

impl Remembering {
    fn issuer(&self) -> Option<String> {
        self.issuer.lock().ok().and_then(|mut issuer| issuer.take())
    }
}

impl ServerCertVerifier for Remembering {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let last = intermediates.last().unwrap_or(end_entity);
        if let (Ok(mut issuer), Ok((_, certificate))) = (self.issuer.lock(), x509_parser::parse_x509_certificate(last)) {
            *issuer = Some(certificate.issuer().to_string());
        }
        self.inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}
