//! Why the service cannot start.

use std::io;
use std::net::SocketAddr;

use samesign_web::tls::TlsError;

use super::party::BadApplication;
use crate::keys::KeyError;
use crate::negotiate::NegotiateError;
use crate::store::StoreError;

/// The service could not start.
#[derive(Debug, thiserror::Error)]
pub enum FederationError {
    /// The certificate for TLS.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The keys that sign tokens.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keytab.
    #[error(transparent)]
    Negotiate(#[from] NegotiateError),
    /// An application of the configuration.
    #[error(transparent)]
    Application(#[from] BadApplication),
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
