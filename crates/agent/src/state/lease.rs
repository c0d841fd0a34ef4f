//! One writer at a time.

use rusqlite::{OptionalExtension, Transaction, params};

use super::{StateError, Store, set_meta};
use crate::clock::Timestamp;

/// How long a lease lasts, in seconds. A request to the service may take six minutes; the lease outlives it.
const LEASE_SECONDS: i64 = 15 * 60;

/// The right to write to the tenant. An old holder cannot use it again: its token is out of date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Who holds it, for people.
    pub holder: String,
    /// Grows with every holder.
    pub token: i64,
    /// When it ends.
    pub until: Timestamp,
}

/// The lease cannot be had, or was lost.
#[derive(Debug, thiserror::Error)]
pub enum LeaseError {
    /// Someone else holds it.
    #[error("{holder} is writing to the tenant; wait for it to end (its lease ends at {until} at the latest)")]
    Taken {
        /// Who.
        holder: String,
        /// When its lease ends, as a date and time.
        until: String,
    },
    /// Someone else took it while we waited.
    #[error("another samesign took over; this run stops and nothing more is sent")]
    Lost,
    /// The state file.
    #[error(transparent)]
    State(#[from] StateError),
}

/// The name under which it is remembered when whoever had the lease before and never gave it back used it last.
const LAST_ACTIVE: &str = "last active";

impl Store {
    /// When this state file last took part in anything, as far as it knows: the end of a run, or the last sign of one that was cut off
    /// or is still running elsewhere. The turn of `holder`, who asks, does not count. `None` for a new file.
    pub fn last_active(&self, holder: &str) -> Result<Option<Timestamp>, StateError> {
        let runs: Option<i64> = self
            .connection
            .prepare_cached("SELECT max(coalesce(ended, started)) FROM run WHERE state != 'running'")?
            .query_row([], |row| row.get(0))?;
        let lease: Option<i64> = self
            .connection
            .prepare_cached("SELECT until FROM lease WHERE until > 0 AND holder != ?1")?
            .query_row([holder], |row| row.get(0))
            .optional()?;
        let cut_off = self.meta(LAST_ACTIVE)?.and_then(|at| at.parse().ok());
        let lease = lease.map(|until| until.saturating_sub(LEASE_SECONDS));
        Ok([runs, lease, cut_off].into_iter().flatten().max().map(Timestamp))
    }

    /// Takes the lease, or names who holds it. `is_gone` tells whether a holder is known to have died, so that nobody waits
    /// for a crashed run's lease to end.
    pub fn take_lease(&mut self, holder: &str, now: Timestamp, is_gone: &dyn Fn(&str) -> bool) -> Result<Lease, LeaseError> {
        self.transaction(|transaction| {
            let held = read(transaction)?;
            if let Some(held) = held.as_ref().filter(|held| held.until > now && !is_gone(&held.holder)) {
                return Err(LeaseError::Taken { holder: held.holder.clone(), until: held.until.to_string() });
            }
            if let Some(held) = held.as_ref().filter(|held| held.until > Timestamp(0)) {
                set_meta(transaction, LAST_ACTIVE, &held.until.minus(LEASE_SECONDS).0.to_string())?;
            }
            let token = held.map_or(1, |held| held.token.saturating_add(1));
            let lease = Lease { holder: holder.to_owned(), token, until: now.plus(LEASE_SECONDS) };
            transaction
                .execute("INSERT OR REPLACE INTO lease VALUES (1, ?1, ?2, ?3)", params![lease.holder, token, lease.until.0])
                .map_err(StateError::from)?;
            Ok(lease)
        })
    }

    /// Gives the lease back.
    pub fn give_lease_back(&mut self, lease: &Lease) -> Result<(), StateError> {
        self.transaction(|transaction| {
            transaction.execute("UPDATE lease SET until = 0 WHERE token = ?1", [lease.token])?;
            Ok(())
        })
    }
}

/// Makes sure that the lease is still ours, and lengthens it. Called in the transaction that writes the intents.
pub fn renew(transaction: &Transaction<'_>, lease: &mut Lease, now: Timestamp) -> Result<(), LeaseError> {
    match read(transaction)? {
        Some(held) if held.token == lease.token && held.until > now => {
            lease.until = now.plus(LEASE_SECONDS);
            transaction.execute("UPDATE lease SET until = ?1", [lease.until.0]).map_err(StateError::from)?;
            Ok(())
        }
        _ => Err(LeaseError::Lost),
    }
}

fn read(transaction: &Transaction<'_>) -> Result<Option<Lease>, StateError> {
    let mut statement = transaction.prepare_cached("SELECT holder, token, until FROM lease WHERE id = 1")?;
    let lease =
        statement.query_row([], |row| Ok(Lease { holder: row.get(0)?, token: row.get(1)?, until: Timestamp(row.get(2)?) })).optional()?;
    Ok(lease)
}
