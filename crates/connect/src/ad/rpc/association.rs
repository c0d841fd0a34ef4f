//! A TCP connection that carries fragments.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use samesign_wire::rpc::pdu::{FRAGMENT_LENGTH_MAX, HEADER_LENGTH, Header};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::RpcError;
use crate::ad::transport::{CONNECT_TIMEOUT, SILENCE_TIMEOUT};

/// A connection. It is closed by the first thing that goes wrong: what comes afterwards belongs to no question.
pub(super) struct Association {
    socket: Option<TcpStream>,
    /// How long the server may be silent.
    patience: Duration,
}

impl Association {
    pub(super) async fn connect(address: IpAddr, port: u16, patience: Duration) -> io::Result<Self> {
        let connecting = TcpStream::connect(SocketAddr::new(address, port));
        let socket = tokio::time::timeout(CONNECT_TIMEOUT, connecting).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        socket.set_nodelay(true)?;
        Ok(Self { socket: Some(socket), patience })
    }

    /// The handshake is over: answers may take as long as the work behind them.
    pub(super) fn be_patient(&mut self) {
        self.patience = SILENCE_TIMEOUT;
    }

    pub(super) async fn send(&mut self, fragment: &[u8]) -> Result<(), RpcError> {
        let socket = self.socket.as_mut().ok_or(RpcError::Closed)?;
        let sent = tokio::time::timeout(self.patience, socket.write_all(fragment)).await;
        let result = sent.map_err(|_| RpcError::Silent).and_then(|sent| sent.map_err(RpcError::Broken));
        self.unless_failed(result)
    }

    /// The next whole fragment, in `into`. Its lengths and its type are possible ones; nothing else is known of it.
    pub(super) async fn receive(&mut self, into: &mut Vec<u8>) -> Result<Header, RpcError> {
        let socket = self.socket.as_mut().ok_or(RpcError::Closed)?;
        let result = match tokio::time::timeout(self.patience, fragment(socket, into)).await {
            Ok(result) => result,
            Err(_) => Err(RpcError::Silent),
        };
        self.unless_failed(result)
    }

    /// Hands a result on, and gives the connection up when it is an error.
    pub(super) fn unless_failed<T, E: Into<RpcError>>(&mut self, result: Result<T, E>) -> Result<T, RpcError> {
        if result.is_err() {
            self.socket = None;
        }
        result.map_err(Into::into)
    }
}

async fn fragment(socket: &mut TcpStream, into: &mut Vec<u8>) -> Result<Header, RpcError> {
    let mut first = [0_u8; HEADER_LENGTH];
    match socket.read_exact(&mut first).await {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Err(RpcError::Closed),
        Err(error) => return Err(error.into()),
    }
    let header = Header::read(&first)?;
    if header.fragment_length > FRAGMENT_LENGTH_MAX {
        return Err(samesign_wire::rpc::Malformed::Length.into());
    }
    into.clear();
    into.extend_from_slice(&first);
    into.resize(usize::from(header.fragment_length), 0);
    let rest = into.get_mut(HEADER_LENGTH..).unwrap_or_default();
    match socket.read_exact(rest).await {
        Ok(_) => Ok(header),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(RpcError::Closed),
        Err(error) => Err(error.into()),
    }
}
