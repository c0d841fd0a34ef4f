//! The tenant's one file, `tenant.db`: how it is opened, read and written.
//!
//! SQLite in WAL mode, so that commands and a running server share it and each sees the other's effect at once.
//! INVARIANT: nothing read from it outlives the transaction it was read in as a cache.
//! All SQL of the directory is in this module; the rules are in [`crate::directory`].

pub mod changes;
pub mod condition;
pub mod contacts;
pub mod exports;
pub mod federation;
pub mod groups;
pub mod keys;
pub mod licences;
pub mod listing;
pub mod members;
mod migrate;
pub mod objects;
pub mod organization;
pub mod properties;
pub mod quarantine;
pub mod roles;
mod select;
pub mod sync_objects;
pub mod users;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

/// Name of the database in a tenant's data folder.
pub const FILE_NAME: &str = "tenant.db";

/// How long a write waits for another process that writes.
const BUSY_WAIT: Duration = Duration::from_secs(30);
/// Connections kept open between requests.
const IDLE_MAX: usize = 8;

/// What can be wrong with the database itself.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no database in the folder.
    #[error("{} does not exist: make a tenant with `samesign tenant init --data {}`", path.join(FILE_NAME).display(), path.display())]
    Missing {
        /// The data folder.
        path: PathBuf,
    },
    /// There is a database in the folder already.
    #[error("{} exists already: choose an empty folder, or run the tenant that is there", path.join(FILE_NAME).display())]
    Exists {
        /// The data folder.
        path: PathBuf,
    },
    /// A newer version made it.
    #[error("the tenant's database has format {found}, this version knows up to {known}: use the newer samesign that wrote it")]
    Newer {
        /// The format found.
        found: usize,
        /// The newest format known.
        known: usize,
    },
    /// A row does not hold what this version writes.
    #[error("the tenant's database is damaged: {what}; restore it from a copy")]
    Damaged {
        /// Which value.
        what: String,
    },
    /// SQLite's own error.
    #[error("the tenant's database cannot be used")]
    Sqlite(#[from] rusqlite::Error),
}

/// The database of one tenant, shared by all threads.
pub struct Store {
    folder: PathBuf,
    idle: Mutex<Vec<Connection>>,
    /// Writers of this process take turns here instead of polling SQLite's lock.
    writer: Mutex<()>,
}

impl Store {
    /// Makes the database in `folder`, which must hold none.
    pub fn create(folder: &Path) -> Result<Self, StoreError> {
        if folder.join(FILE_NAME).exists() {
            return Err(StoreError::Exists { path: folder.to_owned() });
        }
        Self::open_with(folder, OpenFlags::SQLITE_OPEN_CREATE)
    }

    /// Opens the database in `folder` and brings an older one up to date.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        if !folder.join(FILE_NAME).exists() {
            return Err(StoreError::Missing { path: folder.to_owned() });
        }
        Self::open_with(folder, OpenFlags::empty())
    }

    fn open_with(folder: &Path, more: OpenFlags) -> Result<Self, StoreError> {
        let mut connection = connect(folder, more)?;
        migrate::run(&mut connection)?;
        Ok(Self { folder: folder.to_owned(), idle: Mutex::new(vec![connection]), writer: Mutex::new(()) })
    }

    /// The data folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Runs `work` on one consistent view of the database.
    pub fn read<T, E: From<StoreError>>(&self, work: impl FnOnce(&Connection) -> Result<T, E>) -> Result<T, E> {
        self.transact(TransactionBehavior::Deferred, work)
    }

    /// Runs `work` as one transaction: all of it is stored when it returns `Ok`, nothing when it returns an error.
    pub fn write<T, E: From<StoreError>>(&self, work: impl FnOnce(&Connection) -> Result<T, E>) -> Result<T, E> {
        let _turn = lock(&self.writer);
        self.transact(TransactionBehavior::Immediate, work)
    }

    fn transact<T, E: From<StoreError>>(
        &self,
        behavior: TransactionBehavior,
        work: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let idle = lock(&self.idle).pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => connect(&self.folder, OpenFlags::empty())?,
        };
        let transaction = connection.transaction_with_behavior(behavior).map_err(StoreError::from)?;
        let result = work(&transaction);
        let ended = if result.is_ok() { transaction.commit() } else { transaction.rollback() };
        match ended {
            // After a refusal too: opening a connection costs far more than most of what is refused.
            Ok(()) => self.keep(connection),
            Err(error) if result.is_ok() => return Err(StoreError::from(error).into()),
            Err(_) => {}
        }
        result
    }

    fn keep(&self, connection: Connection) {
        let mut idle = lock(&self.idle);
        if idle.len() < IDLE_MAX {
            idle.push(connection);
        }
    }
}

/// The form in which names and addresses are compared: lower case, white space at the ends removed.
pub fn fold(text: &str) -> String {
    text.trim().to_lowercase()
}

/// A poisoned lock guards no broken state here: a transaction that panicked was rolled back with its connection.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn connect(folder: &Path, more: OpenFlags) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | more;
    let connection = Connection::open_with_flags(folder.join(FILE_NAME), flags)?;
    connection.busy_timeout(BUSY_WAIT)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // What was answered with success must survive a power cut: WAL alone does not promise that.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.create_scalar_function("fold", 1, FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC, |context| {
        Ok(context.get_raw(0).as_str_or_null()?.map(fold))
    })?;
    Ok(connection)
}

#[cfg(test)]
mod tests;
