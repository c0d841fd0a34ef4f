//! Slows down an address from which many wrong passwords come, whatever the names.
//!
//! Failures alone count: an office of thousands that all type the right password is never held up. From the 50th failure in ten
//! minutes on each one makes the address wait: 5, 10, 20, 40 and then always 60 seconds. Kept in memory: a restart is not in a
//! guesser's hands, and the counts of the accounts survive one.

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Failures before an address has to wait.
const FREE_FAILURES: usize = 50;
/// Failures count for this long, in seconds.
const WINDOW_SECONDS: i64 = 600;
/// How long an address waits, in seconds; the last one repeats.
const WAIT_SECONDS: [i64; 5] = [5, 10, 20, 40, 60];
/// Addresses remembered at most: an attacker with more than this is held up by the counts of the accounts.
const ADDRESSES_MAX: usize = 20_000;

/// The failures of each address, as Unix seconds, oldest first.
#[derive(Debug, Default)]
pub struct Addresses {
    failures: Mutex<HashMap<IpAddr, VecDeque<i64>>>,
}

impl Addresses {
    /// How many seconds this address has to wait; 0: go on. `now`: Unix seconds.
    pub fn wait_seconds(&self, address: IpAddr, now: i64) -> i64 {
        let failures = self.lock();
        let Some(times) = failures.get(&network(address)) else { return 0 };
        let recent = times.iter().filter(|time| now - **time < WINDOW_SECONDS).count();
        let (Some(beyond), Some(last)) = (recent.checked_sub(FREE_FAILURES), times.back()) else { return 0 };
        let longest = WAIT_SECONDS.last().copied().unwrap_or(1);
        let wait = WAIT_SECONDS.get(beyond).copied().unwrap_or(longest);
        (last + wait - now).clamp(0, wait)
    }

    /// Notes a failure.
    pub fn failed(&self, address: IpAddr, now: i64) {
        let mut failures = self.lock();
        let network = network(address);
        if failures.len() >= ADDRESSES_MAX && !failures.contains_key(&network) {
            failures.retain(|_, times| times.back().is_some_and(|last| now - last < WINDOW_SECONDS));
            if failures.len() >= ADDRESSES_MAX {
                return;
            }
        }
        let times = failures.entry(network).or_default();
        times.retain(|time| now - time < WINDOW_SECONDS);
        if times.len() >= FREE_FAILURES + WAIT_SECONDS.len() {
            times.pop_front();
        }
        times.push_back(now);
    }

    /// A thread that panicked here left whole entries behind.
    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, VecDeque<i64>>> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What one customer of a provider has: a whole /64 of IPv6, one address of IPv4.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
    const THERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));

    #[test]
    fn an_address_waits_from_its_fiftieth_failure_on_and_longer_each_time() {
        let addresses = Addresses::default();
        (0..49).for_each(|_| addresses.failed(THERE, 100));
        assert_eq!(addresses.wait_seconds(THERE, 100), 0);
        let mut waits = Vec::new();
        let mut now = 100;
        for _ in 0..7 {
            addresses.failed(THERE, now);
            let wait = addresses.wait_seconds(THERE, now);
            assert_eq!(addresses.wait_seconds(THERE, now + wait), 0);
            waits.push(wait);
            now += wait;
        }
        assert_eq!(waits, [5, 10, 20, 40, 60, 60, 60]);
        assert_eq!(addresses.wait_seconds(HERE, now), 0, "another address does not wait");
        assert_eq!(addresses.wait_seconds(THERE, 100 + WINDOW_SECONDS), 0, "the first fifty are forgotten");
    }

    #[test]
    fn ten_thousand_guesses_of_one_address_in_an_hour_lead_to_few_checks() {
        let addresses = Addresses::default();
        let checks = (0..10_000_i64).filter(|guess| {
            let now = guess * 3_600 / 10_000;
            let checked = addresses.wait_seconds(THERE, now) == 0;
            checked.then(|| addresses.failed(THERE, now));
            checked
        });
        let checks = checks.count();
        assert!(checks < 500, "{checks} checks");
    }

    #[test]
    fn one_subscriber_of_ipv6_is_one_address() {
        let addresses = Addresses::default();
        for host in 0..60_u128 {
            addresses.failed(IpAddr::V6(Ipv6Addr::from_bits((0x2001_0db8_u128 << 96) | host)), 0);
        }
        assert!(addresses.wait_seconds("2001:db8::ffff:1".parse().unwrap(), 0) > 0);
        assert_eq!(addresses.wait_seconds("2001:db8:0:1::1".parse().unwrap(), 0), 0);
    }

    #[test]
    fn a_flood_of_addresses_does_not_fill_the_memory() {
        let addresses = Addresses::default();
        for number in 0..30_000_u32 {
            addresses.failed(IpAddr::V4(Ipv4Addr::from_bits(number)), 0);
        }
        assert_eq!(addresses.lock().len(), ADDRESSES_MAX);
        addresses.failed(THERE, WINDOW_SECONDS);
        assert_eq!(addresses.lock().len(), 1);
    }
}
