//! The state store: everything the agent remembers, in one SQLite file behind set-oriented calls.
//!
//! All SQL of the agent lives in this folder. INVARIANT: no password, no NT hash and no digest of one is ever stored.

pub mod blocked;
pub mod finding;
pub mod guard;
pub mod lease;
pub mod licence;
pub mod link;
pub mod password;
pub mod run;
pub mod source;
pub mod target;
mod target_codec;
pub mod undo;

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, Transaction, params};

/// The state file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// SQLite refused.
    #[error("cannot use the state file {path}")]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        #[source]
        source: rusqlite::Error,
    },
    /// SQLite refused a statement.
    #[error("the state file refused a statement")]
    Statement(#[from] rusqlite::Error),
    /// A newer samesign wrote the file.
    #[error(
        "the state file {path} was written by a newer samesign (format {found}, this one knows {known}); use that version, or restore a copy"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The newest format this program knows.
        known: i64,
    },
    /// A row does not hold what it should.
    #[error(
        "the state file holds a damaged {what}; run `samesign sync --full` after moving the file away: links are rebuilt from the tenant"
    )]
    Damaged {
        /// Which row.
        what: &'static str,
    },
}

/// The agent's memory.
pub struct Store {
    connection: Connection,
}

/// How the file is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Reads only; a missing file is an empty state, and none is made.
    Read,
    /// Reads and writes; a missing file is made.
    Write,
}

const MIGRATIONS: &[&str] = &[include_str!("schema.sql"), include_str!("password.sql"), include_str!("format3.sql")];

impl Store {
    /// Opens the state file and brings it to today's format.
    pub fn open(path: &Path, mode: Mode) -> Result<Self, StateError> {
        let at = |source| StateError::Sqlite { path: path.to_owned(), source };
        let mut connection = match mode {
            Mode::Read if !path.exists() => Connection::open_in_memory().map_err(at)?,
            Mode::Read | Mode::Write => Connection::open(path).map_err(at)?,
        };
        if mode == Mode::Read && format_of(&connection)? == 0 {
            // Another process is just making it: nothing is remembered yet.
            connection = Connection::open_in_memory().map_err(at)?;
        } else if mode == Mode::Read && is_older(&connection, path)? {
            connection = copied(path, format_of(&connection)?)?;
        }
        connection.busy_timeout(std::time::Duration::from_secs(10)).map_err(at)?;
        connection.set_prepared_statement_cache_capacity(64);
        connection.pragma_update(None, "foreign_keys", true).map_err(at)?;
        let in_memory = connection.path().is_none_or(str::is_empty);
        if mode == Mode::Write || in_memory {
            connection.pragma_update(None, "journal_mode", "wal").map_err(at)?;
            connection.pragma_update(None, "synchronous", "full").map_err(at)?;
            migrate(&mut connection, path)?;
        } else {
            connection.pragma_update(None, "query_only", true).map_err(at)?;
            // One state of the file until the store is dropped, whoever writes meanwhile. It locks nobody out.
            connection.execute_batch("BEGIN").map_err(at)?;
        }
        Ok(Self { connection })
    }

    /// Does several things that happen together or not at all.
    pub fn transaction<T, E: From<StateError>>(&mut self, work: impl FnOnce(&Transaction<'_>) -> Result<T, E>) -> Result<T, E> {
        let begun = self.connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate);
        let transaction = begun.map_err(StateError::from)?;
        let value = work(&transaction)?;
        transaction.commit().map_err(StateError::from)?;
        Ok(value)
    }

    /// Gives the page cache back. What was just kept fills it, and a plan of everything needs the memory more.
    pub fn release_memory(&self) -> Result<(), StateError> {
        Ok(self.connection.execute_batch("PRAGMA shrink_memory")?)
    }

    /// A remembered single value (`delta-link`, `policy`).
    pub fn meta(&self, name: &str) -> Result<Option<String>, StateError> {
        let mut statement = self.connection.prepare_cached("SELECT value FROM meta WHERE name = ?1")?;
        Ok(statement.query_row([name], |row| row.get(0)).optional()?)
    }
}

/// Remembers a single value.
pub fn set_meta(transaction: &Transaction<'_>, name: &str, value: &str) -> Result<(), StateError> {
    transaction
        .prepare_cached("INSERT INTO meta VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value")?
        .execute(params![name, value])?;
    Ok(())
}

/// Remembers a single value, where none is remembered under that name.
pub fn set_meta_once(transaction: &Transaction<'_>, name: &str, value: &str) -> Result<(), StateError> {
    transaction.prepare_cached("INSERT OR IGNORE INTO meta VALUES (?1, ?2)")?.execute(params![name, value])?;
    Ok(())
}

/// The 64-bit hash under which a key is indexed: FNV-1a, because it must be the same in every version.
pub fn key_hash(key: &str) -> i64 {
    let hash = key.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    hash.cast_signed()
}

fn format_of(connection: &Connection) -> Result<i64, StateError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

fn check_format(connection: &Connection, path: &Path) -> Result<i64, StateError> {
    let (found, known) = (format_of(connection)?, i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX));
    if found > known {
        return Err(StateError::Newer { path: path.to_owned(), found, known });
    }
    Ok(found)
}

/// Whether an older version wrote the file.
fn is_older(connection: &Connection, path: &Path) -> Result<bool, StateError> {
    Ok(usize::try_from(check_format(connection, path)?).is_ok_and(|found| found < MIGRATIONS.len()))
}

/// A copy in memory of a file of an older format, to be brought to today's: it can be looked at without being changed.
fn copied(path: &Path, found: i64) -> Result<Connection, StateError> {
    let copy = Connection::open_in_memory()?;
    for migration in MIGRATIONS.iter().take(usize::try_from(found).unwrap_or(0)) {
        copy.execute_batch(migration)?;
    }
    copy.pragma_update(None, "foreign_keys", false)?;
    copy.busy_timeout(std::time::Duration::from_secs(10))?;
    copy.execute("ATTACH DATABASE ?1 AS old", [path.to_string_lossy()])?;
    // One state of the file, whoever writes meanwhile.
    copy.execute_batch("BEGIN")?;
    let mut statement = copy.prepare("SELECT name FROM main.sqlite_master WHERE type = 'table' ORDER BY rowid")?;
    let tables: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    drop(statement);
    // In the order in which they were made: what a trigger counts comes after what it counts.
    for table in &tables {
        copy.execute_batch(&format!("DELETE FROM main.{table}; INSERT INTO main.{table} SELECT * FROM old.{table}"))?;
    }
    copy.execute_batch("COMMIT; DETACH DATABASE old")?;
    copy.pragma_update(None, "user_version", found)?;
    Ok(copy)
}

fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StateError> {
    let found = check_format(connection, path)?;
    for (migration, version) in MIGRATIONS.iter().zip(1_i64..).skip(usize::try_from(found).unwrap_or(0)) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "user_version", version)?;
        transaction.commit()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
