//! Why the service cannot start.

use std::io;
use std::net::SocketAddr;

use samesign_web::tls::TlsError;

/// The service could not start.
#[derive(Debug, thiserror::Error)]
pub enum FederationError {
    /// The certificate for TLS.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The address is taken or not ours.
    #[error(
        "cannot listen on {address}: is another server there, or does the port need a right? `listen` in [federation] chooses another address"
    )]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}
