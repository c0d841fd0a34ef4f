//! Wrong passwords in a row lock an account for a while, longer each time, never for good.
//!
//! After 10 wrong passwords for one minute; each further wrong one, after a lock has ended, locks again for 2, 4, 8 and then always
//! 15 minutes. An hour without a wrong one forgets them all; so do a right password, a password newly set or synchronized, and an
//! administrator's [`clear`]. While an account is locked nothing is counted: a flood makes no lock longer.
//!
//! Who types one of the last three wrong passwords again (a telephone with the old one) gives nothing away and is not counted. To
//! know them again their Argon2id hashes are kept, which are as slow to guess as the password's own.
//!
//! Addresses at which the user signed in during the last 30 days count apart from all others, so that a stranger elsewhere does not
//! lock the user out at home. A name that nobody has is counted like any other: a lock does not tell who exists.

use rusqlite::{Connection, OptionalExtension, params};
use subtle::ConstantTimeEq;

use super::passwords::{HASH_BYTES, SALT_BYTES};
use crate::random::{self, NoRandom};
use crate::store::StoreError;

/// Wrong passwords before the account is locked.
pub const FREE_TRIES: u32 = 10;
/// How long each lock lasts, in minutes; the last one repeats.
const LOCK_MINUTES: [i64; 5] = [1, 2, 4, 8, 15];
/// Wrong passwords are forgotten after this long without another, in seconds.
const FORGET_SECONDS: i64 = 3_600;
/// Wrong passwords that are known again.
const REMEMBERED: usize = 3;
/// An address stays familiar for this long, in seconds.
const FAMILIAR_SECONDS: i64 = 30 * 24 * 3_600;
/// Names that nobody has, kept at most: the ones used last.
const STRANGERS_MAX: i64 = 10_000;

/// Whose tries are counted, and where from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    key: String,
    familiar: bool,
}

impl Subject {
    /// A user, by row number, at an address.
    pub fn user(connection: &Connection, user: i64, address: &str, now: i64) -> Result<Self, StoreError> {
        let sql = "SELECT 1 FROM familiar_address WHERE user = ?1 AND address = ?2 AND seen > ?3";
        let familiar = connection.prepare_cached(sql)?.exists(params![user, address, now - FAMILIAR_SECONDS])?;
        Ok(Self { key: key(user), familiar })
    }

    /// A name that nobody has, folded.
    pub fn stranger(name: &str) -> Self {
        Self { key: name.to_owned(), familiar: false }
    }
}

/// What was counted for a subject.
#[derive(Clone)]
pub struct Count {
    failures: u32,
    last: i64,
    until: i64,
    salt: [u8; SALT_BYTES],
    recent: Vec<u8>,
}

impl Count {
    /// Nothing counted yet.
    pub fn empty() -> Result<Self, NoRandom> {
        Ok(Self { failures: 0, last: 0, until: 0, salt: random::bytes()?, recent: Vec::new() })
    }

    /// For how many more seconds the account is locked; 0: it is not.
    pub fn wait_seconds(&self, now: i64) -> i64 {
        let longest = LOCK_MINUTES.last().copied().unwrap_or(1) * 60;
        // A clock that was set back must not lock for longer than the rule says.
        (self.until - now).clamp(0, longest)
    }

    /// The salt for the hash of a wrong password, where the account has none of its own.
    pub fn salt(&self) -> &[u8] {
        &self.salt
    }

    /// The count after a wrong password with this hash; `None` when it is one of the last three again.
    fn after_wrong(mut self, hashed: &[u8; HASH_BYTES], now: i64) -> Option<Self> {
        if now - self.last.max(self.until) >= FORGET_SECONDS {
            (self.failures, self.recent) = (0, Vec::new());
        }
        if self.recent.chunks_exact(HASH_BYTES).any(|known| known.ct_eq(hashed).into()) {
            return None;
        }
        self.failures = self.failures.saturating_add(1);
        self.last = now;
        self.until = self.failures.checked_sub(FREE_TRIES).map_or(0, |beyond| now + lock_seconds(beyond));
        self.recent.truncate((REMEMBERED - 1) * HASH_BYTES);
        self.recent = [hashed.as_slice(), &self.recent].concat();
        Some(self)
    }
}

/// What is counted for a subject so far.
pub fn load(connection: &Connection, subject: &Subject) -> Result<Result<Count, NoRandom>, StoreError> {
    let sql = "SELECT failures, last, until, salt, recent FROM lockout WHERE subject = ?1 AND familiar = ?2";
    let row = |row: &rusqlite::Row<'_>| {
        Ok(Count { failures: row.get(0)?, last: row.get(1)?, until: row.get(2)?, salt: row.get(3)?, recent: row.get(4)? })
    };
    let found = connection.prepare_cached(sql)?.query_row(params![subject.key, subject.familiar], row).optional()?;
    Ok(found.map_or_else(Count::empty, Ok))
}

/// Counts a wrong password, by its hash.
pub fn count(connection: &Connection, subject: &Subject, count: &Count, hashed: &[u8; HASH_BYTES], now: i64) -> Result<(), StoreError> {
    let Some(Count { failures, last, until, salt, recent }) = count.clone().after_wrong(hashed, now) else { return Ok(()) };
    let sql = "INSERT OR REPLACE INTO lockout (subject, familiar, failures, last, until, salt, recent) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    connection.prepare_cached(sql)?.execute(params![subject.key, subject.familiar, failures, last, until, salt, recent])?;
    if !subject.key.starts_with('#') && failures == 1 {
        forget_strangers(connection)?;
    }
    Ok(())
}

/// A right password: the count where it was given begins anew, and the address is familiar from now on.
pub fn succeeded(connection: &Connection, subject: &Subject, user: i64, address: &str, now: i64) -> Result<(), StoreError> {
    let sql = "DELETE FROM lockout WHERE subject = ?1 AND familiar = ?2";
    connection.prepare_cached(sql)?.execute(params![subject.key, subject.familiar])?;
    // Once a day is often enough: a sign-in has to be quick.
    let sql = "INSERT INTO familiar_address (user, address, seen) VALUES (?1, ?2, ?3)
               ON CONFLICT (user, address) DO UPDATE SET seen = excluded.seen WHERE excluded.seen > seen + 86400";
    if connection.prepare_cached(sql)?.execute(params![user, address, now])? > 0 {
        let sql = "DELETE FROM familiar_address WHERE user = ?1 AND seen <= ?2";
        connection.prepare_cached(sql)?.execute(params![user, now - FAMILIAR_SECONDS])?;
    }
    Ok(())
}

/// Ends every lock of the user with this row number and forgets the wrong passwords.
pub fn clear(connection: &Connection, user: i64) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM lockout WHERE subject = ?1")?.execute([key(user)])?;
    Ok(())
}

fn key(user: i64) -> String {
    format!("#{user}")
}

fn lock_seconds(beyond: u32) -> i64 {
    let minutes = usize::try_from(beyond).ok().and_then(|step| LOCK_MINUTES.get(step)).or(LOCK_MINUTES.last());
    minutes.copied().unwrap_or(1) * 60
}

/// Made-up names must not fill the disk.
fn forget_strangers(connection: &Connection) -> Result<(), StoreError> {
    let sql = "DELETE FROM lockout WHERE subject NOT LIKE '#%' AND last < (
                   SELECT last FROM lockout WHERE subject NOT LIKE '#%' ORDER BY last DESC LIMIT 1 OFFSET ?1)";
    connection.prepare_cached(sql)?.execute([STRANGERS_MAX])?;
    Ok(())
}
