//! Somebody between us and the domain controller, who sees every fragment and may do with it what he likes.

use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::domain::Domain;

/// The address that this test binary alone uses.
pub const ADDRESS: &str = "127.0.0.41";
pub const KERBEROS: u16 = 88;
pub const ENDPOINT_MAPPER: u16 = 135;
/// Where Samba's RPC services listen, whichever of them is which.
const SERVICES: std::ops::RangeInclusive<u16> = 49152..=49154;

/// What becomes of a fragment from the server; the number counts the fragments of a connection to a service from 0.
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

pub struct Between {
    tasks: Vec<JoinHandle<()>>,
}

impl Between {
    /// Stands before the domain controller, with all ports but `closed` open, and meddles with what its RPC services send.
    pub async fn start(domain: &Domain, closed: &[u16], meddle: impl FnMut(usize, Vec<u8>) -> Sent + Send + 'static) -> Self {
        let server: IpAddr = domain.fact("address").parse().unwrap();
        let meddle: Arc<Mutex<Meddle>> = Arc::new(Mutex::new(Box::new(meddle)));
        let mut tasks = Vec::new();
        for port in [KERBEROS, ENDPOINT_MAPPER].into_iter().chain(SERVICES).filter(|port| !closed.contains(port)) {
            let listener = listen(port).await;
            let meddle = SERVICES.contains(&port).then(|| meddle.clone());
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
        match TcpListener::bind((ADDRESS, port)).await {
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => tokio::task::yield_now().await,
            result => return result.unwrap(),
        }
    }
    panic!("port {port} of {ADDRESS} is in use");
}

async fn carry(mut client: TcpStream, mut server: TcpStream, meddle: Option<Arc<Mutex<Meddle>>>) -> std::io::Result<()> {
    let Some(meddle) = meddle else { return tokio::io::copy_bidirectional(&mut client, &mut server).await.map(drop) };
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await });
    for number in 0.. {
        let mut fragment = vec![0; 16];
        from_server.read_exact(&mut fragment).await?;
        fragment.resize(usize::from(u16::from_le_bytes([fragment[8], fragment[9]])), 0);
        from_server.read_exact(&mut fragment[16..]).await?;
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
