//! The server's side of TLS: a certificate of the tenant's own authority.

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use samesign_web::tls::Identity;

use crate::certificates::{self, CertificateError};
use crate::clock;

/// The server's certificate could not be made or used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The authority's key is not one.
    #[error("ca-key.pem is not a private key as `tenant init` wrote it: restore it from a copy")]
    AuthorityKey,
    /// The certificate could not be made.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The TLS library refuses it.
    #[error("the TLS library refuses the server's new certificate")]
    Configuration(#[source] rustls::Error),
}

/// Makes a server certificate from the tenant's authority, fresh at each start, so that it never runs out in a folder.
pub fn identity(tenant_id: &str, authority_key_pem: &[u8]) -> Result<Identity, TlsError> {
    let authority_key = std::str::from_utf8(authority_key_pem).map_err(|_| TlsError::AuthorityKey)?;
    let identity = certificates::server(tenant_id, authority_key, clock::now())?;
    let key = PrivateKeyDer::from_pem_slice(identity.key_pem.as_bytes()).map_err(|_| TlsError::AuthorityKey)?;
    Identity::new(vec![CertificateDer::from(identity.certificate_der)], key).map_err(TlsError::Configuration)
}
