//! People's passwords, as hashes. The password itself is never stored.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::SecretError;
use crate::store::StoreError;

/// Checked against when there is no such user, so that the answer takes as long as for a wrong password.
///
/// Has the form and the parameters of a real one; nobody knows a password for it.
pub(super) const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$c2FtZXNpZ24gbm9ib2R5$pQ7v0xJmT1rGkz6iWnD3yHc9sLbE5fUaR8oX2tKqV4M";

/// What is stored of a password.
pub struct Stored {
    hash: String,
    one_time: bool,
}

impl Stored {
    /// Whether it was handed out by someone else and is to be changed.
    pub fn is_one_time(&self) -> bool {
        self.one_time
    }
}

/// Whether the right password was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    /// It is right.
    Right {
        /// It was handed out by someone else and is to be changed.
        one_time: bool,
    },
    /// It is wrong, or there is no such user, or the user has no password here: these are not told apart.
    Wrong,
}

/// Sets or replaces the password of the user with this row number. Slow on purpose.
pub fn set(connection: &Connection, user: i64, password: &str, one_time: bool, now: Timestamp) -> Result<(), SecretError> {
    let sql = "INSERT INTO password (user, hash, one_time, changed) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT (user) DO UPDATE SET hash = excluded.hash, one_time = excluded.one_time, changed = excluded.changed";
    connection.execute(sql, params![user, super::hash(password)?, one_time, now.as_second()])?;
    Ok(())
}

/// What is stored for the user with this row number.
pub fn stored(connection: &Connection, user: i64) -> Result<Option<Stored>, StoreError> {
    let sql = "SELECT hash, one_time FROM password WHERE user = ?1";
    let row = |row: &rusqlite::Row<'_>| Ok(Stored { hash: row.get(0)?, one_time: row.get(1)? });
    Ok(connection.prepare_cached(sql)?.query_row([user], row).optional()?)
}

/// Checks a password against what is stored; `None` (no such user, no password) takes just as long. Call it outside a transaction.
pub fn check(stored: Option<&Stored>, password: &str) -> Checked {
    let hash = stored.map_or(NOBODY, |stored| &stored.hash);
    match (super::matches(password, hash), stored) {
        (true, Some(stored)) => Checked::Right { one_time: stored.one_time },
        _ => Checked::Wrong,
    }
}

/// Whether a password is good enough by the service's rules: 8 to 256 characters, three of the four classes.
pub fn is_strong(password: &str) -> bool {
    let has = |class: fn(&char) -> bool| usize::from(password.chars().any(|character| class(&character)));
    let symbol = |character: &char| !character.is_alphanumeric() && !character.is_control();
    let classes =
        has(|character| character.is_lowercase()) + has(|character| character.is_uppercase()) + has(char::is_ascii_digit) + has(symbol);
    (8..=256).contains(&password.chars().count()) && classes >= 3
}
