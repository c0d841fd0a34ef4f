//! Slows down an address from which much comes that is wrong, whatever the names, and all addresses together where the names are
//! nobody's. Wrong tries alone count: an office of thousands that all type the right password is never held up.
//!
//! Kept in memory: a restart is not in a guesser's hands, and the counts of the accounts survive one.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Wrong tries that an address has at once.
const OF_ADDRESS: f64 = 50.0;
/// How many an address gets back in a second.
const OF_ADDRESS_PER_SECOND: f64 = 0.2;
/// Names that nobody has, tried at once from everywhere.
const OF_STRANGERS: f64 = 1_000.0;
/// How many come back in a second.
const OF_STRANGERS_PER_SECOND: f64 = 10.0;
/// Addresses remembered at most: an attacker with more than this is held up by the counts of the accounts.
const ADDRESSES_MAX: usize = 20_000;

/// A number of tries that comes back with time.
#[derive(Clone, Copy, Debug)]
struct Level {
    left: f64,
    at: i64,
}

impl Level {
    fn at(self, now: i64, most: f64, per_second: f64) -> Self {
        let passed = now.saturating_sub(self.at).max(0) as f64;
        Self { left: (self.left + passed * per_second).min(most), at: now.max(self.at) }
    }
}

/// A bucket for each address.
#[derive(Default)]
pub(super) struct Buckets(Mutex<HashMap<IpAddr, Level>>);

impl Buckets {
    /// Takes one try, if there is one.
    pub(super) fn take(&self, address: IpAddr, now: i64) {
        let mut levels = lock(&self.0);
        if levels.len() >= ADDRESSES_MAX && !levels.contains_key(&address) {
            levels.retain(|_, level| refilled(*level, now).left < OF_ADDRESS);
            if levels.len() >= ADDRESSES_MAX {
                return;
            }
        }
        let level = levels.entry(address).or_insert(Level { left: OF_ADDRESS, at: now });
        *level = refilled(*level, now);
        level.left = (level.left - 1.0).max(0.0);
    }

    /// Whether there is none left.
    pub(super) fn is_empty(&self, address: IpAddr, now: i64) -> bool {
        lock(&self.0).get(&address).is_some_and(|level| refilled(*level, now).left < 1.0)
    }
}

fn refilled(level: Level, now: i64) -> Level {
    level.at(now, OF_ADDRESS, OF_ADDRESS_PER_SECOND)
}

/// One bucket for everybody.
pub(super) struct Bucket(Mutex<Level>);

impl Bucket {
    /// For names that nobody has.
    pub(super) fn of_strangers() -> Self {
        Self(Mutex::new(Level { left: OF_STRANGERS, at: 0 }))
    }

    /// Takes one, if there is one.
    pub(super) fn take(&self, now: i64) -> bool {
        let mut level = lock(&self.0);
        *level = level.at(now, OF_STRANGERS, OF_STRANGERS_PER_SECOND);
        let there = level.left >= 1.0;
        if there {
            level.left -= 1.0;
        }
        there
    }
}

/// A thread that panicked here left whole entries behind.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
