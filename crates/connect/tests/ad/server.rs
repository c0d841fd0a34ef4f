//! A server that answers as it is told: bytes over TLS, over StartTLS, or in the clear.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::BytesMut;
use ldap3_proto::LdapCodec;
use ldap3_proto::proto::{LdapExtendedResponse, LdapMsg, LdapOp, LdapResult, LdapResultCode};
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::codec::{Decoder as _, Encoder as _};

/// What is sent for a request, and whether the connection is closed after it.
pub struct Answer {
    pub bytes: Vec<u8>,
    pub close: bool,
}

pub type Respond = Arc<Mutex<dyn FnMut(LdapMsg) -> Answer + Send>>;

/// How the server begins a connection.
#[derive(Clone, Copy, PartialEq)]
pub enum Opening {
    Tls,
    StartTls,
    /// StartTLS, with bytes of somebody on the way behind the server's answer.
    StartTlsInjected,
    StartTlsRefused,
}

pub struct Server {
    pub port: u16,
    connections: Arc<AtomicUsize>,
}

impl Server {
    pub async fn start(config: Arc<ServerConfig>, opening: Opening, respond: impl FnMut(LdapMsg) -> Answer + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::new(AtomicUsize::new(0));
        let (counted, respond): (_, Respond) = (connections.clone(), Arc::new(Mutex::new(respond)));
        tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                counted.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(connection(socket, config.clone(), opening, respond.clone()));
            }
        });
        Self { port, connections }
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// A client that refuses us ends the connection, which is no fault of the server.
async fn connection(mut socket: TcpStream, config: Arc<ServerConfig>, opening: Opening, respond: Respond) -> Option<()> {
    if opening != Opening::Tls {
        let request = request(&mut socket, &mut BytesMut::new()).await?;
        let code = if opening == Opening::StartTlsRefused { LdapResultCode::Unavailable } else { LdapResultCode::Success };
        let mut answer =
            encoded(request.msgid, LdapOp::ExtendedResponse(LdapExtendedResponse { res: result(code), name: None, value: None }));
        if opening == Opening::StartTlsInjected {
            answer.extend(encoded(request.msgid + 1, LdapOp::SearchResultDone(result(LdapResultCode::Success))));
        }
        socket.write_all(&answer).await.ok()?;
    }
    let mut stream = TlsAcceptor::from(config).accept(socket).await.ok()?;
    let mut received = BytesMut::new();
    loop {
        let request = request(&mut stream, &mut received).await?;
        let answer = respond.lock().unwrap()(request);
        stream.write_all(&answer.bytes).await.ok()?;
        stream.flush().await.ok()?;
        if answer.close {
            stream.shutdown().await.ok()?;
            return None;
        }
    }
}

async fn request(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), received: &mut BytesMut) -> Option<LdapMsg> {
    loop {
        if let Some(message) = LdapCodec::default().decode(received).ok()? {
            return Some(message);
        }
        if stream.read_buf(received).await.ok()? == 0 {
            return None;
        }
    }
}

pub fn encoded(id: i32, op: LdapOp) -> Vec<u8> {
    encoded_message(LdapMsg::new(id, op))
}

pub fn encoded_message(message: LdapMsg) -> Vec<u8> {
    let mut bytes = BytesMut::new();
    LdapCodec::new(Some(16 << 20), None).encode(message, &mut bytes).unwrap();
    bytes.to_vec()
}

pub fn result(code: LdapResultCode) -> LdapResult {
    LdapResult { code, matcheddn: String::new(), message: String::new(), referral: Vec::new() }
}
