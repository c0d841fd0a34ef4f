//! Somebody between us and the domain controller, who sees every message and may do with it what he likes.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::domain::Domain;

pub const KERBEROS: u16 = 88;
pub const ENDPOINT_MAPPER: u16 = 135;
const LDAP: u16 = 389;
/// Where Samba's RPC services listen, whichever of them is which.
const SERVICES: std::ops::RangeInclusive<u16> = 49152..=49154;

/// What becomes of a message from the server, an RPC fragment or an LDAP message; the number counts those of a connection from 0.
pub type Meddle = Box<dyn FnMut(usize, Vec<u8>) -> Sent + Send>;

pub enum Sent {
    /// These instead.
    Fragments(Vec<Vec<u8>>),
    /// This, and then the connection is closed.
    Cut(Vec<u8>),
}

pub fn untouched(fragment: Vec<u8>) -> Sent {
    Sent::Fragments(vec![fragment])
}

/// An address that this process alone uses: ports as low as 88 cannot be chosen.
pub fn address() -> IpAddr {
    let [high, middle, low, lowest] = std::process::id().to_be_bytes();
    Ipv4Addr::new(127, 40 + high + middle, low, lowest).into()
}

pub struct Between {
    tasks: Vec<JoinHandle<()>>,
}

impl Between {
    /// Stands before the domain controller, with all ports but `closed` open, and meddles with what its RPC services and its LDAP send.
    pub async fn start(domain: &Domain, closed: &[u16], meddle: impl FnMut(usize, Vec<u8>) -> Sent + Send + 'static) -> Self {
        let server: IpAddr = domain.fact("address").parse().unwrap();
        let meddle: Arc<Mutex<Meddle>> = Arc::new(Mutex::new(Box::new(meddle)));
        let mut tasks = Vec::new();
        for port in [KERBEROS, ENDPOINT_MAPPER, LDAP].into_iter().chain(SERVICES).filter(|port| !closed.contains(port)) {
            let listener = listen(port).await;
            let meddle = (port == LDAP || SERVICES.contains(&port)).then(|| meddle.clone());
            tasks.push(tokio::spawn(async move {
                loop {
                    let (client, _) = listener.accept().await.unwrap();
                    let server = TcpStream::connect((server, port)).await.unwrap();
                    tokio::spawn(carry(client, server, meddle.clone()));
                }
            }));
        }
        Self { tasks }
    }
}

impl Drop for Between {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// The one before may not quite have let go of the port: its tasks end when they are next looked at.
async fn listen(port: u16) -> TcpListener {
    for _ in 0..1_000 {
        match TcpListener::bind((address(), port)).await {
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => tokio::task::yield_now().await,
            result => return result.unwrap(),
        }
    }
    panic!("port {port} of {} is in use", address());
}

async fn carry(mut client: TcpStream, mut server: TcpStream, meddle: Option<Arc<Mutex<Meddle>>>) -> std::io::Result<()> {
    let Some(meddle) = meddle else { return tokio::io::copy_bidirectional(&mut client, &mut server).await.map(drop) };
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await });
    for number in 0.. {
        let fragment = message(&mut from_server).await?;
        let sent = meddle.lock().unwrap()(number, fragment);
        match sent {
            Sent::Fragments(fragments) => to_client.write_all(&fragments.concat()).await?,
            Sent::Cut(part) => {
                to_client.write_all(&part).await?;
                return to_client.shutdown().await;
            }
        }
    }
    Ok(())
}

/// The next message: an RPC fragment, an LDAP message, or one of LDAP that is sealed, which never begins as the others do.
async fn message(from: &mut (impl AsyncRead + Unpin)) -> std::io::Result<Vec<u8>> {
    let mut message = vec![0; 2];
    from.read_exact(&mut message).await?;
    let head = match message[..] {
        [0x05, 0x00] => 16,
        [0x30, length] if length > 0x80 => 2 + usize::from(length - 0x80),
        [0x30, _] => 2,
        _ => 4,
    };
    message.resize(head, 0);
    from.read_exact(&mut message[2..]).await?;
    let big_endian = |bytes: &[u8]| bytes.iter().fold(0, |value, byte| value << 8 | usize::from(*byte));
    let whole = match message[..] {
        [0x05, ..] => big_endian(&[message[9], message[8]]),
        [0x30, length] => 2 + usize::from(length),
        [0x30, _, ref length @ ..] => head + big_endian(length),
        ref length => head + big_endian(length),
    };
    message.resize(whole, 0);
    from.read_exact(&mut message[head..]).await?;
    Ok(message)
}
