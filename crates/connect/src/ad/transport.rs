//! Bytes to and from a domain controller, protected by TLS or by Kerberos.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::ber::MESSAGE_LENGTH_MAX;
use super::sasl::SecurityLayer;

/// How long a connection may take.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a handshake, or one answer during the set-up, may take.
pub(crate) const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(15);
/// How long the server may be silent while it owes an answer. A page of a busy domain controller takes seconds.
pub(crate) const SILENCE_TIMEOUT: Duration = Duration::from_secs(120);

/// How much is read from the socket at once, in bytes.
const READ_LENGTH: usize = 64 * 1024;

/// A connected socket and its protection.
pub(crate) enum Transport {
    /// Without protection: only while StartTLS or a Kerberos bind is under way. Nothing of worth goes through it.
    Bare(TcpStream),
    /// Inside TLS.
    Tls(Box<TlsStream<TcpStream>>),
    /// Signed and sealed by a SASL security layer (RFC 4422 3.7).
    Sealed(Box<Sealed>),
}

/// A socket with a SASL security layer.
pub(crate) struct Sealed {
    socket: TcpStream,
    layer: SecurityLayer,
    received: BytesMut,
}

impl Sealed {
    pub(crate) fn new(socket: TcpStream, layer: SecurityLayer) -> Self {
        Self { socket, layer, received: BytesMut::new() }
    }
}

impl Transport {
    /// Connects to the first address that answers.
    pub(crate) async fn connect(host: &str, port: u16) -> io::Result<(TcpStream, SocketAddr)> {
        let attempt = async {
            let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
            for address in tokio::net::lookup_host((host, port)).await? {
                match TcpStream::connect(address).await {
                    Ok(socket) => return Ok((socket, address)),
                    Err(error) => last = error,
                }
            }
            Err(last)
        };
        let (socket, address) =
            tokio::time::timeout(CONNECT_TIMEOUT, attempt).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        socket.set_nodelay(true)?;
        Ok((socket, address))
    }

    /// Sends a whole message.
    pub(crate) async fn send(&mut self, message: &[u8]) -> io::Result<()> {
        match self {
            Self::Bare(socket) => socket.write_all(message).await,
            Self::Tls(stream) => {
                stream.write_all(message).await?;
                stream.flush().await
            }
            Self::Sealed(sealed) => sealed.send(message).await,
        }
    }

    /// Appends what has come to `into`; 0 when the server has closed.
    pub(crate) async fn receive(&mut self, into: &mut BytesMut) -> io::Result<usize> {
        match self {
            Self::Bare(socket) => {
                into.reserve(READ_LENGTH);
                socket.read_buf(into).await
            }
            Self::Tls(stream) => {
                into.reserve(READ_LENGTH);
                stream.read_buf(into).await
            }
            Self::Sealed(sealed) => sealed.receive(into).await,
        }
    }
}

impl Sealed {
    async fn send(&mut self, message: &[u8]) -> io::Result<()> {
        let token = self.layer.seal(message).map_err(io::Error::other)?;
        let length = u32::try_from(token.len()).map_err(io::Error::other)?;
        let mut framed = length.to_be_bytes().to_vec();
        framed.extend_from_slice(&token);
        self.socket.write_all(&framed).await
    }

    async fn receive(&mut self, into: &mut BytesMut) -> io::Result<usize> {
        let before = into.len();
        loop {
            if let Some(mut token) = self.token()? {
                self.layer.unseal(&mut token, into).map_err(io::Error::other)?;
                if into.len() > before {
                    return Ok(into.len() - before);
                }
                continue;
            }
            self.received.reserve(READ_LENGTH);
            if self.socket.read_buf(&mut self.received).await? == 0 {
                return Ok(0);
            }
        }
    }

    fn token(&mut self) -> io::Result<Option<BytesMut>> {
        let Some(length) = self.received.first_chunk::<4>().map(|bytes| u32::from_be_bytes(*bytes)) else { return Ok(None) };
        let length = usize::try_from(length).map_err(io::Error::other)?;
        if length > MESSAGE_LENGTH_MAX {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a sealed message is longer than 16 MiB"));
        }
        if self.received.len() < 4 + length {
            return Ok(None);
        }
        self.received.advance(4);
        Ok(Some(self.received.split_to(length)))
    }
}
