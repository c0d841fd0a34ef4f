//! One TLS listener that serves HTTP/1.1, and keeps standing when clients are slow, many or malicious.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

use crate::tls::Identity;

/// Connections served at once; more wait to be accepted.
const CONNECTIONS_MAX: usize = 1024;
/// Connections of one address; more are closed at once.
const CONNECTIONS_PER_PEER_MAX: usize = 128;
/// A client that has not finished its TLS handshake, or the head of a request, by then is cut off.
const HEAD_TIMEOUT: Duration = Duration::from_secs(20);
/// No request may take longer, from its head to its answer.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(120);
/// A connection takes no more requests after this, so that a client that reads an answer one byte at a time does not hold it for ever.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(600);
/// How long requests in flight may take to finish when the server stops.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);
/// The head of a request, in bytes.
const HEAD_BYTES_MAX: usize = 64 * 1024;

/// The address a request comes from, as an axum extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

/// `tls-server-end-point` of the connection a request came by, as an axum extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndPoint(pub Arc<[u8]>);

/// Serves until `stopped` turns true; then lets requests in flight finish, 10 seconds at most. `crowded` are addresses that may
/// hold any number of connections, as a proxy does.
pub async fn serve(
    listener: TcpListener,
    identity: watch::Receiver<Identity>,
    application: Router,
    crowded: Vec<IpAddr>,
    mut stopped: watch::Receiver<bool>,
) {
    let free = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let crowd = Arc::new(Crowd { exempt: crowded, count: Mutex::default() });
    let mut connections = JoinSet::new();
    loop {
        let (stream, permit) = tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => break,
            // Finished connections are taken out as they end.
            Some(_) = connections.join_next() => continue,
            next = next_connection(&listener, &free) => match next {
                Some(next) => next,
                None => continue,
            },
        };
        let Ok(peer) = stream.peer_addr() else { continue };
        let Some(place) = Crowd::enter(&crowd, peer.ip()) else {
            tracing::debug!(peer = %peer.ip(), "an address holds too many connections");
            continue;
        };
        let (identity, application, stopped) = (identity.borrow().clone(), application.clone(), stopped.clone());
        connections.spawn(async move {
            let _held: (OwnedSemaphorePermit, Place) = (permit, place);
            one(stream, peer.ip(), identity, application, stopped).await;
        });
    }
    drop(listener);
    let all = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(STOP_TIMEOUT, all).await.is_err() {
        tracing::warn!("requests still in flight were cut off");
    }
}

/// Gives up on a request that takes too long, and sets the headers that hold for every answer. To be laid around all routes.
pub async fn within_time(request: Request, next: Next) -> Response {
    let mut response = match tokio::time::timeout(REQUEST_TIMEOUT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the request took too long; try again later\n").into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    response
}

async fn next_connection(listener: &TcpListener, free: &Arc<Semaphore>) -> Option<(TcpStream, OwnedSemaphorePermit)> {
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

async fn one(stream: TcpStream, peer: IpAddr, identity: Identity, application: Router, mut stopped: watch::Receiver<bool>) {
    // Answers are small and clients wait for them.
    let _ = stream.set_nodelay(true);
    let Identity { acceptor, end_point } = identity;
    let stream = match tokio::time::timeout(HEAD_TIMEOUT, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return tracing::debug!(%error, "a TLS handshake failed"),
        Err(_) => return tracing::debug!("a TLS handshake took too long"),
    };
    let service = TowerToHyperService::new(tower::service_fn(move |request: Request<hyper::body::Incoming>| {
        let application = application.clone();
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(Peer(peer));
        if let Some(end_point) = &end_point {
            request.extensions_mut().insert(EndPoint(end_point.clone()));
        }
        async move { Ok::<_, Infallible>(call(application, request).await) }
    }));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let last_call = async {
        tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => {}
            () = tokio::time::sleep(CONNECTION_TIMEOUT) => {}
        }
    };
    let ended = tokio::select! {
        ended = connection.as_mut() => Ok(ended),
        () = last_call => {
            connection.as_mut().graceful_shutdown();
            tokio::time::timeout(REQUEST_TIMEOUT, connection).await
        }
    };
    match ended {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "a connection ended"),
        Err(_) => tracing::debug!("a connection that takes no answers was cut off"),
    }
}

async fn call(application: Router, request: Request) -> Response {
    use tower::ServiceExt;
    match application.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// Who holds how many connections.
struct Crowd {
    exempt: Vec<IpAddr>,
    count: Mutex<HashMap<IpAddr, usize>>,
}

/// One connection of an address, counted until it is dropped.
struct Place {
    crowd: Arc<Crowd>,
    peer: IpAddr,
}

impl Crowd {
    fn enter(crowd: &Arc<Self>, peer: IpAddr) -> Option<Place> {
        let mut count = crowd.count.lock().unwrap_or_else(PoisonError::into_inner);
        let held = count.entry(peer).or_default();
        if *held >= CONNECTIONS_PER_PEER_MAX && !crowd.exempt.contains(&peer) {
            return None;
        }
        *held += 1;
        Some(Place { crowd: crowd.clone(), peer })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut count = self.crowd.count.lock().unwrap_or_else(PoisonError::into_inner);
        let left = count.get_mut(&self.peer).map_or(0, |held| {
            *held = held.saturating_sub(1);
            *held
        });
        if left == 0 {
            count.remove(&self.peer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_cannot_take_every_place_but_a_proxy_may() {
        let (stranger, proxy) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let crowd = Arc::new(Crowd { exempt: vec![proxy], count: Mutex::default() });
        let mut places: Vec<_> = (0..CONNECTIONS_PER_PEER_MAX).map(|_| Crowd::enter(&crowd, stranger).unwrap()).collect();
        assert!(Crowd::enter(&crowd, stranger).is_none());
        let proxied: Vec<_> = (0..CONNECTIONS_PER_PEER_MAX * 2).map(|_| Crowd::enter(&crowd, proxy).unwrap()).collect();
        places.pop();
        assert!(Crowd::enter(&crowd, stranger).is_some());
        drop((places, proxied));
        assert!(crowd.count.lock().unwrap().is_empty());
    }
}
