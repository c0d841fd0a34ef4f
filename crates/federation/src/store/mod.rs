//! What the service remembers, in one SQLite file behind one writer.
//!
//! Calls that arrive together share a transaction, and each is answered when that is in the file, so that nothing which was answered
//! is lost with the process. INVARIANT: neither a session's token nor a handle nor what may be used once stands in the file, only
//! their SHA-256; no password and no digest of one ever gets here.

mod pending;
mod places;
mod sessions;
mod tries;
mod used;
mod writer;

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use aws_lc_rs::{digest, hmac};
use rusqlite::{Connection, OptionalExtension as _};
use tokio::sync::{Semaphore, oneshot};

use crate::random::{self, NoRandom};
use sessions::Sessions;
use writer::{Job, Reply};

pub(crate) use tries::{Count, Group, Subject};

/// How long a write waits for another process that writes: the command line.
const BUSY_WAIT: Duration = Duration::from_secs(10);
/// Calls that wait for the writer at most; others wait until one of them is answered.
const WAITING_MAX: usize = 1_024;
const MIGRATIONS: &[&str] = &[include_str!("schema.sql")];

/// The service's memory cannot be used. Whoever asked must refuse.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file cannot be made or opened.
    #[error("cannot open {}: check `folder` in [federation] and its owner", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A newer version made it.
    #[error("{} has format {found}, this version knows up to {known}: use the newer samesign that wrote it", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// The format found.
        found: usize,
        /// The newest format known.
        known: usize,
    },
    /// SQLite's own error.
    #[error("the federation service's database cannot be used")]
    Sqlite(#[from] rusqlite::Error),
    /// What was done could not be made to last, so it was not done.
    #[error("the federation service's database could not keep what was written ({0}): is the disk full?")]
    NotKept(String),
    /// So much was used once that no more can be told apart.
    #[error("{max} tickets and requests of the last minutes are remembered, and no more can be: nobody is let in until some run out")]
    Full {
        /// The most that is remembered.
        max: u64,
    },
    /// A request that does not fit.
    #[error("the request has {length} bytes, more than the {max} that are kept")]
    TooLong {
        /// Its length in bytes.
        length: usize,
        /// The most that is kept, in bytes.
        max: usize,
    },
    /// The writer has ended.
    #[error("the federation service's database is closed")]
    Closed,
    /// No random bytes.
    #[error(transparent)]
    Random(#[from] NoRandom),
}

/// The service's memory. Clones share it.
#[derive(Clone)]
pub struct Store {
    jobs: mpsc::Sender<Job>,
    places: Arc<Semaphore>,
    sessions: Arc<Sessions>,
    rows: Arc<Rows>,
    mask: Arc<hmac::Key>,
}

/// How many rows there are where there may not be more than so many.
#[derive(Default)]
struct Rows {
    used: AtomicU64,
    pending: AtomicU64,
}

/// What stands in the file in place of a token: nobody who reads the file can use it.
type Digest = [u8; 32];

impl Store {
    /// Opens the file, or makes it, readable by its owner alone.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let at = |source| StoreError::File { path: path.to_owned(), source };
        // SQLite gives its side files the permissions of this one.
        OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path).map_err(at)?;
        let mut connection = Connection::open(path)?;
        connection.busy_timeout(BUSY_WAIT)?;
        connection.set_prepared_statement_cache_capacity(64);
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // Survives the end of the process at any moment. After a power cut the last moments may be missing: what was used once in
        // them has run out by the time the machine is up again, or belongs to a session that is gone too.
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        migrate(&mut connection, path)?;
        let mask = Arc::new(hmac::Key::new(hmac::HMAC_SHA256, &mask(&connection)?));
        let rows = Arc::new(Rows::default());
        rows.count(&connection)?;
        let sessions = Arc::new(Sessions::default());
        sessions.reload(&connection)?;
        let (jobs, waiting) = mpsc::channel();
        let state = writer::State { connection, sessions: sessions.clone(), rows: rows.clone() };
        let named = std::thread::Builder::new().name("federation-store".to_owned());
        named.spawn(move || writer::run(state, &waiting)).map_err(at)?;
        Ok(Self { jobs, places: Arc::new(Semaphore::new(WAITING_MAX)), sessions, rows, mask })
    }

    /// Forgets what has run out by `now`.
    pub async fn expire(&self, now: i64) -> Result<(), StoreError> {
        let (rows, sessions) = (self.rows.clone(), self.sessions.clone());
        self.call(move |connection| {
            used::expire(connection, &rows, now)?;
            pending::expire(connection, &rows, now)?;
            tries::expire(connection, now)?;
            connection.prepare_cached("DELETE FROM session WHERE until <= ?1")?.execute([now])?;
            sessions.expire(now);
            Ok(())
        })
        .await
    }

    /// A name as it is kept where it may be anything that someone typed, a password in the wrong field too.
    pub(crate) fn masked(&self, text: &str) -> [u8; 32] {
        let mut masked = [0; 32];
        let tag = hmac::sign(&self.mask, text.as_bytes());
        masked.iter_mut().zip(tag.as_ref()).for_each(|(to, from)| *to = *from);
        masked
    }

    /// Does `work` on the writer's thread, all of it or nothing, and answers when it is in the file.
    async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.call_then(work, |_| {}).await
    }

    /// The same; `then` is called on the writer's thread when what was done is in the file.
    async fn call_then<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
        then: impl FnOnce(&T) + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let place = self.places.clone().acquire_owned().await.map_err(|_| StoreError::Closed)?;
        let job: Job = Box::new(move |connection| {
            let outcome = connection.and_then(work);
            let keep = outcome.is_ok();
            let reply: Reply = Box::new(move |kept| {
                let outcome = outcome.and_then(|value| kept.map(|()| value));
                if let Ok(value) = &outcome {
                    then(value);
                }
                drop(place);
                // Who asked may have left meanwhile.
                let _ = answer.send(outcome);
            });
            (keep, reply)
        });
        self.jobs.send(job).map_err(|_| StoreError::Closed)?;
        answered.await.map_err(|_| StoreError::Closed)?
    }
}

fn digest_of(parts: &[&[u8]]) -> Digest {
    let mut context = digest::Context::new(&digest::SHA256);
    parts.iter().for_each(|part| context.update(part));
    let mut out = [0; 32];
    out.iter_mut().zip(context.finish().as_ref()).for_each(|(to, from)| *to = *from);
    out
}

fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let found: u32 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let found = usize::try_from(found).unwrap_or(usize::MAX);
    if found > MIGRATIONS.len() {
        return Err(StoreError::Newer { path: path.to_owned(), found, known: MIGRATIONS.len() });
    }
    for (migration, version) in MIGRATIONS.iter().zip(1_i64..).skip(found) {
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "user_version", version)?;
    }
    Ok(transaction.commit()?)
}

/// The key under which names are masked, made once.
fn mask(connection: &Connection) -> Result<[u8; 32], StoreError> {
    let read =
        |connection: &Connection| connection.query_row("SELECT value FROM meta WHERE name = 'mask'", [], |row| row.get(0)).optional();
    let found: Option<[u8; 32]> = read(connection)?;
    if let Some(found) = found {
        return Ok(found);
    }
    // Another process may be doing the same: the first one's stands.
    connection.execute("INSERT OR IGNORE INTO meta VALUES ('mask', ?1)", [random::bytes::<32>()?])?;
    read(connection)?.ok_or(StoreError::Closed)
}
