//! The running tenant: one TLS listener that serves every protocol.

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::context::{Context, OpenError};
use crate::folder::{self, Folder, FolderError};
use crate::provisioning::release;
use crate::tls::{self, TlsError};
use crate::{clock, graph, oauth, origin, portal, sign_in, soap};

/// Connections served at once; more wait to be accepted.
const CONNECTIONS_MAX: usize = 512;
/// A client that has not finished its TLS handshake, or the head of a request, by then is cut off.
const HEAD_TIMEOUT: Duration = Duration::from_secs(20);
/// No request may take longer.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(120);
/// Between two looks at values that wait. The service looks every hour.
const RELEASE_PAUSE: Duration = Duration::from_secs(60);
/// How long requests in flight may take to finish when the server stops.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);
/// The head of a request, in bytes.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// The body of a request, in bytes, where an endpoint sets no other limit.
const BODY_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The address a request comes from, as an axum extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

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
        let acceptor = tls::acceptor(&context.tenant_id, &authority_key)?;
        let listen = |source| ServerError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(release_parked(context.clone(), stopped.clone()));
        let serving = tokio::spawn(accept(listener, acceptor, application(context), stopped));
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
        .layer(middleware::from_fn(within_time))
}

/// Gives up on a request that takes too long, and sets the headers that hold for every answer.
async fn within_time(request: Request, next: Next) -> Response {
    let mut response = match tokio::time::timeout(REQUEST_TIMEOUT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the request took too long; try again later\n").into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    response
}

async fn accept(listener: TcpListener, acceptor: TlsAcceptor, application: Router, mut stopped: watch::Receiver<bool>) {
    let free = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut connections = JoinSet::new();
    loop {
        let (stream, permit) = tokio::select! {
            _ = stopped.changed() => break,
            // Finished connections are taken out as they end.
            Some(_) = connections.join_next() => continue,
            next = next_connection(&listener, &free) => match next {
                Some(next) => next,
                None => continue,
            },
        };
        let (acceptor, application, stopped) = (acceptor.clone(), application.clone(), stopped.clone());
        connections.spawn(async move {
            serve(stream, acceptor, application, stopped).await;
            drop(permit);
        });
    }
    drop(listener);
    let all = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(STOP_TIMEOUT, all).await.is_err() {
        tracing::warn!("requests still in flight were cut off");
    }
}

async fn next_connection(listener: &TcpListener, free: &Arc<Semaphore>) -> Option<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let permit = free.clone().acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => Some((stream, permit)),
        Err(error) => {
            // Out of file descriptors, as a rule: waiting lets connections end.
            tracing::warn!(%error, "cannot accept a connection");
            tokio::time::sleep(Duration::from_millis(100)).await;
            None
        }
    }
}

async fn serve(stream: TcpStream, acceptor: TlsAcceptor, application: Router, mut stopped: watch::Receiver<bool>) {
    let peer = stream.peer_addr().ok();
    // Answers are small and clients wait for them.
    let _ = stream.set_nodelay(true);
    let stream = match tokio::time::timeout(HEAD_TIMEOUT, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return tracing::debug!(%error, "a TLS handshake failed"),
        Err(_) => return tracing::debug!("a TLS handshake took too long"),
    };
    let service = TowerToHyperService::new(tower::service_fn(move |request: Request<hyper::body::Incoming>| {
        let application = application.clone();
        let mut request = request.map(Body::new);
        if let Some(peer) = peer {
            request.extensions_mut().insert(Peer(peer.ip()));
        }
        async move { Ok::<_, Infallible>(call(application, request).await) }
    }));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = async { drop(stopped.wait_for(|stop| *stop).await) } => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended");
    }
}

async fn call(application: Router, request: Request) -> Response {
    use tower::ServiceExt;
    match application.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}
