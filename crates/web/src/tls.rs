//! The server's side of TLS, by rustls on aws-lc-rs, with a certificate that is read again when its file changes.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use std::{fs, io};

use aws_lc_rs::digest::{SHA256, SHA384, SHA512, digest};
use rustls::ServerConfig;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

/// Between two looks at the file.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// A certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The file cannot be read.
    #[error("cannot read the certificate {}: may the service's user read it?", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file holds no certificate, or no key.
    #[error("{} does not hold a certificate chain and its private key in PEM: write both into that one file, the server's certificate first", path.display())]
    Content {
        /// The file.
        path: PathBuf,
    },
    /// The TLS library refuses it.
    #[error("the TLS library refuses the certificate in {}: does the key belong to it?", path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// What it said.
        #[source]
        source: rustls::Error,
    },
}

/// A certificate with its key, ready to serve.
#[derive(Clone)]
pub struct Identity {
    pub(crate) acceptor: TlsAcceptor,
    /// `tls-server-end-point` (RFC 5929 section 4.1): the certificate's hash, by the hash of its own signature. Absent where
    /// that signature has none, as with Ed25519.
    pub(crate) end_point: Option<Arc<[u8]>>,
}

impl Identity {
    /// Reads a chain and its key from one PEM file.
    pub fn load(path: &Path) -> Result<Self, TlsError> {
        let pem = fs::read(path).map_err(|source| TlsError::Read { path: path.to_owned(), source })?;
        let content = || TlsError::Content { path: path.to_owned() };
        let chain: Vec<_> = CertificateDer::pem_slice_iter(&pem).collect::<Result<_, _>>().map_err(|_| content())?;
        let key = PrivateKeyDer::from_pem_slice(&pem).map_err(|_| content())?;
        if chain.is_empty() {
            return Err(content());
        }
        Self::new(chain, key).map_err(|source| TlsError::Refused { path: path.to_owned(), source })
    }

    /// Takes a chain, the server's certificate first, and its key.
    ///
    /// # Errors
    /// When the TLS library refuses them: there is no certificate, or the key is another's.
    pub fn new(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Result<Self, rustls::Error> {
        let end_point = chain.first().and_then(|certificate| end_point(certificate));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), end_point })
    }
}

/// The identity in `path`, now and whenever the file changes. A file that cannot be used is reported, and the one before it serves on.
pub fn follow(path: &Path) -> Result<watch::Receiver<Identity>, TlsError> {
    let mut seen = stamp(path);
    let (sender, receiver) = watch::channel(Identity::load(path)?);
    let path = path.to_owned();
    tokio::spawn(async move {
        loop {
            tokio::select! {
                () = sender.closed() => return,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            let now = stamp(&path);
            if now == seen {
                continue;
            }
            seen = now;
            match Identity::load(&path) {
                Ok(identity) => {
                    tracing::info!(path = %path.display(), "the server's certificate was read again");
                    sender.send_replace(identity);
                }
                Err(error) => tracing::warn!(%error, "the server's new certificate cannot be used; the one before it serves on"),
            }
        }
    });
    Ok(receiver)
}

/// Tells whether a file was written or replaced. `None` while it is away.
fn stamp(path: &Path) -> Option<(SystemTime, u64)> {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

fn end_point(certificate: &[u8]) -> Option<Arc<[u8]>> {
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate).ok()?;
    let algorithm = match parsed.signature_algorithm.algorithm.to_id_string().as_str() {
        // MD5, SHA-1 and SHA-256, with RSA or ECDSA: RFC 5929 takes SHA-256 for the two that are broken.
        "1.2.840.113549.1.1.4" | "1.2.840.113549.1.1.5" | "1.2.840.113549.1.1.11" | "1.2.840.10045.4.1" | "1.2.840.10045.4.3.2" => &SHA256,
        "1.2.840.113549.1.1.12" | "1.2.840.10045.4.3.3" => &SHA384,
        "1.2.840.113549.1.1.13" | "1.2.840.10045.4.3.4" => &SHA512,
        _ => return None,
    };
    Some(digest(algorithm, certificate).as_ref().into())
}
