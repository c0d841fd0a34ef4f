//! A wire between the agent and the tenant that can be cut. It sees only TLS, so it knows a request by its size.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A request of more bytes than this is a batch of objects.
const BATCH_BYTES: usize = 8_000;

/// What happens to the next batch.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Fault {
    /// It goes through.
    None = 0,
    /// It arrives; its reply is lost.
    LoseReply = 1,
    /// The connection breaks before all of it has arrived.
    LoseRequest = 2,
    /// It arrives; nothing ever comes back.
    Stall = 3,
}

#[derive(Clone)]
pub struct Proxy {
    pub address: SocketAddr,
    fault: Arc<AtomicU8>,
    /// Batches that still go through before the fault strikes.
    before: Arc<AtomicUsize>,
    /// What becomes of connections.
    gate: Arc<AtomicU8>,
    /// Whether open connections are cut.
    cuts: Arc<AtomicBool>,
}

const OPEN: u8 = 0;
const CLOSED: u8 = 1;
const HELD: u8 = 2;

impl Proxy {
    pub async fn start(to: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let proxy = Self {
            address: listener.local_addr().expect("an address"),
            fault: Arc::default(),
            before: Arc::default(),
            gate: Arc::default(),
            cuts: Arc::default(),
        };
        let shared = proxy.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(relay(client, to, shared.clone()));
            }
        });
        proxy
    }

    /// Does this to the next batch, once.
    pub fn next(&self, fault: Fault) {
        self.after(0, fault);
    }

    /// Does this to the batch after so many, once.
    pub fn after(&self, batches: usize, fault: Fault) {
        self.before.store(batches, Ordering::SeqCst);
        self.fault.store(fault as u8, Ordering::SeqCst);
    }

    /// Whoever connects is sent away.
    pub fn close(&self) {
        self.gate.store(CLOSED, Ordering::SeqCst);
    }

    /// As [`Proxy::close`], and whoever is connected is cut off at the next byte.
    pub fn cut(&self) {
        self.close();
        self.cuts.store(true, Ordering::SeqCst);
    }

    /// Whoever connects waits until it opens.
    pub fn hold(&self) {
        self.gate.store(HELD, Ordering::SeqCst);
    }

    pub fn open(&self) {
        self.cuts.store(false, Ordering::SeqCst);
        self.gate.store(OPEN, Ordering::SeqCst);
    }

    async fn lets_in(&self) -> bool {
        while self.gate.load(Ordering::SeqCst) == HELD {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        self.gate.load(Ordering::SeqCst) == OPEN
    }

    fn is_due(&self) -> bool {
        self.before.load(Ordering::SeqCst) == 0
    }

    /// Counts a batch that goes through.
    fn skips(&self) -> bool {
        let count = |left: usize| left.checked_sub(1);
        self.before.fetch_update(Ordering::SeqCst, Ordering::SeqCst, count).is_ok()
    }

    /// Whether the fault has struck.
    pub fn has_struck(&self) -> bool {
        self.fault.load(Ordering::SeqCst) == Fault::None as u8
    }
}

async fn relay(mut client: TcpStream, to: SocketAddr, proxy: Proxy) {
    if !proxy.lets_in().await {
        return;
    }
    let Ok(mut server) = TcpStream::connect(to).await else { return };
    let (mut from_client, mut from_server) = (vec![0; 65_536], vec![0; 65_536]);
    let mut request_bytes = 0;
    let fault = &*proxy.fault;
    loop {
        tokio::select! {
            read = client.read(&mut from_client) => {
                let Ok(read @ 1..) = read else { return };
                if proxy.cuts.load(Ordering::SeqCst) {
                    return;
                }
                request_bytes += read;
                if request_bytes > BATCH_BYTES && proxy.is_due() && strikes(fault, Fault::LoseRequest) {
                    return;
                }
                if server.write_all(&from_client[..read]).await.is_err() { return }
            }
            read = server.read(&mut from_server) => {
                let Ok(read @ 1..) = read else { return };
                let batch = std::mem::take(&mut request_bytes) > BATCH_BYTES;
                let skipped = batch && proxy.skips();
                if batch && !skipped && proxy.is_due() && strikes(fault, Fault::LoseReply) {
                    return;
                }
                if batch && !skipped && proxy.is_due() && strikes(fault, Fault::Stall) {
                    std::future::pending::<()>().await;
                }
                if client.write_all(&from_server[..read]).await.is_err() { return }
            }
        }
    }
}

fn strikes(fault: &AtomicU8, which: Fault) -> bool {
    fault.compare_exchange(which as u8, Fault::None as u8, Ordering::SeqCst, Ordering::SeqCst).is_ok()
}
