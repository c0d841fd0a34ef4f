//! The federation service as a whole: what it holds, its addresses, and how it is run.

mod error;
mod party;
mod visitor;

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use samesign_web::{assets, server, tls};
use tokio::net::TcpListener;
use tokio::sync::watch;

pub use error::FederationError;

use crate::FederationSettings;

/// The service, opened. Cheap to clone.
#[derive(Clone)]
pub struct Service(Arc<Parts>);

/// What its handlers share.
pub(crate) struct Parts {
    settings: FederationSettings,
}

impl Service {
    /// Opens keys, database and keytab. Active Directory is asked when somebody signs in, so it need not answer now.
    pub fn open(settings: FederationSettings) -> Result<Self, FederationError> {
        Ok(Self(Arc::new(Parts { settings })))
    }

    /// Every address of the service, to be called in process or served by [`run`].
    pub fn router(&self) -> Router {
        Router::new()
            .route("/adfs/probe", get(|| async { "ok\n" }))
            .merge(assets::router())
            .layer(axum::middleware::from_fn(server::within_time))
    }
}

/// Serves until `shutdown` is done. `ready` is told the service's address (its origin) once clients can connect.
///
/// # Errors
/// When it cannot start. Once it serves, it goes on.
pub async fn run(
    settings: FederationSettings,
    ready: impl FnOnce(&str),
    shutdown: impl Future<Output = ()>,
) -> Result<(), FederationError> {
    let (address, certificate) = (settings.listen, settings.certificate.clone());
    let (origin, proxies) = (settings.origin.clone(), settings.proxies.clone());
    let service = Service::open(settings)?;
    let identity = tls::follow(&certificate)?;
    let listener = TcpListener::bind(address).await.map_err(|source| FederationError::Listen { address, source })?;
    let (stop, stopped) = watch::channel(false);
    let serving = tokio::spawn(server::serve(listener, identity, service.router(), proxies, stopped));
    ready(&origin);
    shutdown.await;
    stop.send_replace(true);
    // A panic in there was reported when it happened; nothing is left to do about it.
    let _ = serving.await;
    Ok(())
}
