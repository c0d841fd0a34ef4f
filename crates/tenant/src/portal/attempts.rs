//! Slows guessing down: after a few wrong passwords for one name, or from one address, the next try has to wait, longer each time.
//!
//! Nobody is locked out for good: the wait ends by itself. Kept in memory, because a restart is not in a guesser's hands.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Wrong passwords for one name before it has to wait.
const FREE_FOR_NAME: u32 = 5;
/// Wrong passwords from one address before it has to wait: several people may share one.
const FREE_FOR_ADDRESS: u32 = 20;
/// The longest wait, in seconds.
const WAIT_SECONDS_MAX: i64 = 300;
/// Failures are forgotten after this long without another, in seconds.
const FORGET_SECONDS: i64 = 3_600;
/// Names and addresses remembered at most, so that a flood of made-up names does not fill the memory.
const ENTRIES_MAX: usize = 20_000;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Subject {
    Name(String),
    Address(IpAddr),
}

#[derive(Clone, Copy, Debug, Default)]
struct Failures {
    count: u32,
    /// Unix seconds.
    last: i64,
}

/// The failures so far.
#[derive(Debug, Default)]
pub struct Attempts {
    failures: Mutex<HashMap<Subject, Failures>>,
}

impl Attempts {
    /// How many seconds to wait before another try is looked at; 0: go on. Times are Unix seconds.
    pub fn wait_seconds(&self, name: &str, address: IpAddr, now: i64) -> i64 {
        let failures = self.lock();
        subjects(name, address)
            .map(|(subject, free)| failures.get(&subject).map_or(0, |entry| entry.wait(free, now)))
            .into_iter()
            .max()
            .unwrap_or(0)
    }

    /// Notes a wrong password.
    pub fn failed(&self, name: &str, address: IpAddr, now: i64) {
        let mut failures = self.lock();
        if failures.len() >= ENTRIES_MAX {
            failures.retain(|_, entry| now - entry.last < FORGET_SECONDS);
        }
        let full = failures.len() >= ENTRIES_MAX;
        for (subject, _) in subjects(name, address) {
            if full && !failures.contains_key(&subject) {
                continue;
            }
            let entry = failures.entry(subject).or_default();
            let count = if now - entry.last < FORGET_SECONDS { entry.count } else { 0 };
            *entry = Failures { count: count.saturating_add(1), last: now };
        }
    }

    /// Forgets the failures for a name whose right password was given.
    pub fn succeeded(&self, name: &str) {
        self.lock().remove(&Subject::Name(name.to_lowercase()));
    }

    /// A thread that panicked here left whole entries behind.
    fn lock(&self) -> MutexGuard<'_, HashMap<Subject, Failures>> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Failures {
    fn wait(self, free: u32, now: i64) -> i64 {
        let Some(beyond) = self.count.checked_sub(free) else { return 0 };
        let pause = 1_i64.checked_shl(beyond.min(30)).unwrap_or(WAIT_SECONDS_MAX).min(WAIT_SECONDS_MAX);
        (self.last + pause - now).clamp(0, WAIT_SECONDS_MAX)
    }
}

fn subjects(name: &str, address: IpAddr) -> [(Subject, u32); 2] {
    [(Subject::Name(name.to_lowercase()), FREE_FOR_NAME), (Subject::Address(address), FREE_FOR_ADDRESS)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
    const THERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));

    #[test]
    fn ten_thousand_guesses_in_an_hour_lead_to_fewer_than_a_hundred_checks() {
        let attempts = Attempts::default();
        let checked = (0..10_000_i64).filter(|guess| {
            let now = guess * 3_600 / 10_000;
            let checked = attempts.wait_seconds("Ana@contoso.example", THERE, now) == 0;
            if checked {
                attempts.failed("ana@contoso.EXAMPLE", THERE, now);
            }
            checked
        });
        let checked = checked.count();
        assert!(checked < 100, "{checked} checks");
    }

    #[test]
    fn a_stranger_slows_only_the_name_he_guesses_and_only_for_a_while() {
        let attempts = Attempts::default();
        (0..15).for_each(|_| attempts.failed("ana", THERE, 0));
        assert_eq!(attempts.wait_seconds("ana", HERE, 0), WAIT_SECONDS_MAX);
        assert_eq!(attempts.wait_seconds("bob", HERE, 0), 0);
        assert_eq!(attempts.wait_seconds("ana", HERE, WAIT_SECONDS_MAX), 0);
        (0..15).for_each(|_| attempts.failed("someone else", THERE, 0));
        assert!(attempts.wait_seconds("bob", THERE, 0) > 0, "30 failures from one address");
    }

    #[test]
    fn the_right_password_starts_over() {
        let attempts = Attempts::default();
        (0..6).for_each(|_| attempts.failed("ana", HERE, 0));
        assert!(attempts.wait_seconds("ana", HERE, 0) > 0);
        attempts.succeeded("ANA");
        assert_eq!(attempts.wait_seconds("ana", HERE, 0), 0);
    }
}
