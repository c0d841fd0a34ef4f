//! The running tenant: one TLS listener that serves every protocol.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use samesign_web::server;
use tokio::net::TcpListener;
use tokio::sync::watch;

pub use samesign_web::server::Peer;

use crate::context::{Context, OpenError};
use crate::folder::{self, Folder, FolderError};
use crate::provisioning::release;
use crate::tls::{self, TlsError};
use crate::{clock, graph, oauth, origin, portal, sign_in, soap};

/// Between two looks at values that wait. The service looks every hour.
const RELEASE_PAUSE: Duration = Duration::from_secs(60);
/// The body of a request, in bytes, where an endpoint sets no other limit.
const BODY_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Whoever uses the tenant from its own computer may hold any number of connections: rehearsals and tests do.
const OWN_COMPUTER: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];

/// The server could not start, or could not go on.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The tenant's data.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A file of the tenant.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// Certificates.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The address is taken or not ours.
    #[error("cannot listen on {address}: is another server there? `--listen` chooses another address, port 0 a free one")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Signals cannot be awaited.
    #[error("cannot watch for signals")]
    Signals(#[source] io::Error),
}

/// A tenant that serves until it is shut down.
pub struct Server {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    serving: tokio::task::JoinHandle<()>,
}

impl Server {
    /// Opens the data folder and serves on `address`; port 0 takes a free one. When this returns, clients can connect.
    pub async fn start(dir: &Path, address: SocketAddr) -> Result<Self, ServerError> {
        let folder = Folder::new(dir);
        let context = Context::open(&folder)?;
        let authority_key = zeroize::Zeroizing::new(folder::read(&folder.ca_key())?);
        let (_, identity) = watch::channel(tls::identity(&context.tenant_id, &authority_key)?);
        let listen = |source| ServerError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(release_parked(context.clone(), stopped.clone()));
        let serving = tokio::spawn(server::serve(listener, identity, application(context), OWN_COMPUTER.to_vec(), stopped));
        Ok(Self { address, stop, serving })
    }

    /// The address that clients connect to, with the real port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The server's URL under the name in its certificate, without a slash at the end.
    pub fn url(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }

    /// Accepts no more, lets requests in flight finish (10 seconds at most), and ends.
    pub async fn shutdown(self) {
        self.stop.send_replace(true);
        // A panic in there was reported when it happened; nothing is left to do about it.
        let _ = self.serving.await;
    }
}

/// Serves until SIGTERM or SIGINT. `ready` is told the server's URL once clients can connect.
pub async fn run(dir: &Path, address: SocketAddr, ready: impl FnOnce(&str)) -> Result<(), ServerError> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).map_err(ServerError::Signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(ServerError::Signals)?;
    let server = Server::start(dir, address).await?;
    ready(&server.url());
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    server.shutdown().await;
    Ok(())
}

/// Once a minute, values that were put aside go to who wants them where nobody has them any more.
async fn release_parked(context: Context, mut stopped: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            _ = stopped.changed() => return,
            () = tokio::time::sleep(RELEASE_PAUSE) => {}
        }
        match context.blocking(|context| release::pass(&context.store, clock::now().as_second())).await {
            Ok(Ok(0)) => {}
            Ok(Ok(objects)) => tracing::info!(objects, "values that had waited were given to their objects"),
            Ok(Err(error)) => tracing::warn!(error = crate::chain(&error), "values that wait could not be looked at"),
            Err(crate::context::Interrupted) => return,
        }
    }
}

/// Every route, with the rules that hold for all of them.
pub(crate) fn application(context: Context) -> Router {
    oauth::router(context.clone())
        .merge(graph::router(context.clone()))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .merge(soap::router(context.clone()))
        .merge(sign_in::router(context.clone()))
        .merge(portal::router(context))
        .layer(middleware::from_fn(origin::require_own_name))
        .layer(middleware::from_fn(server::within_time))
}
