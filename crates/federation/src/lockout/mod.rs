//! Wrong passwords, modelled on AD FS Extranet Smart Lockout: tries from addresses at which a person was let in before count apart
//! from all others, so that strangers elsewhere lock nobody out at the usual desk.
//!
//! INVARIANT: fewer wrong passwords reach Active Directory than lock the account there, however many are typed here, from wherever,
//! and however many at the same time. Each try is counted in the file before it is made, and taken back only when it was right or
//! was never made; whoever has none left is refused without asking the domain.

mod buckets;
mod rule;

use std::hash::{BuildHasher as _, RandomState};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use samesign_engine::{ObjectGuid, fold};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::directory::{Account, AdLockout};
use crate::settings;
use crate::store::{Group, Store, StoreError, Subject};
use buckets::{Bucket, Buckets};
use rule::Rule;

/// Accounts that share a turn are those with the same number of this many.
const TURNS: usize = 1_024;

/// Whether a password may be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may. The try is counted already.
    Go(Try),
    /// It may not: nothing is asked before this Unix second.
    Locked {
        /// Until then.
        until: i64,
    },
}

/// A try that is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Try(Group);

/// Whose password is tried.
#[derive(Clone, Debug)]
pub struct Who {
    subject: Subject,
}

/// What is counted for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Wrong passwords from addresses at which the person was never let in.
    pub unknown: u32,
    /// How many of those there may be.
    pub unknown_max: u32,
    /// Wrong passwords from the other ones.
    pub familiar: u32,
    /// How many of those there may be.
    pub familiar_max: u32,
    /// The Unix second at which both are forgotten, if there are any.
    pub until: Option<i64>,
    /// Familiar addresses (networks, of IPv6), each with the Unix second at which the person was last let in there.
    pub addresses: Vec<(String, i64)>,
}

/// The counts.
pub struct Lockout {
    settings: settings::Lockout,
    store: Store,
    addresses: Buckets,
    strangers: Bucket,
    turns: Vec<Arc<Mutex<()>>>,
    spread: RandomState,
}

impl Who {
    /// A person.
    pub fn person(guid: ObjectGuid) -> Self {
        Self { subject: Subject { key: guid.as_bytes().to_vec(), stranger: false } }
    }
}

impl Lockout {
    /// The counts of `store`, which go on where they ended.
    pub fn new(settings: settings::Lockout, store: Store) -> Self {
        let turns = (0..TURNS).map(|_| Arc::default()).collect();
        Self { settings, store, addresses: Buckets::default(), strangers: Bucket::of_strangers(), turns, spread: RandomState::new() }
    }

    /// A name that nobody has. It is counted like any other: a lock does not tell who exists.
    pub fn stranger(&self, name: &str) -> Who {
        Who { subject: Subject { key: self.store.masked(&fold(name)).to_vec(), stranger: true } }
    }

    /// Counts a try, unless there were too many. `ad`: how soon Active Directory would lock the account.
    ///
    /// # Errors
    /// When it cannot be counted: then the password must not be looked at.
    pub async fn may_try(&self, who: &Who, address: IpAddr, ad: AdLockout, now: i64) -> Result<Verdict, StoreError> {
        let rule = Rule::new(self.settings, ad);
        let counted =
            self.store.charge(who.subject.clone(), place(address), now, move |group, count| rule.charge(group, count, now)).await?;
        Ok(counted.map_or_else(|until| Verdict::Locked { until }, |group| Verdict::Go(Try(group))))
    }

    /// The password was right and the person is let in: wrong tries from such addresses are forgotten, and this one is familiar.
    ///
    /// # Errors
    /// When that cannot be written down.
    pub async fn right(&self, who: &Who, tried: Try, address: IpAddr, now: i64) -> Result<(), StoreError> {
        self.store.let_in(who.subject.clone(), tried.0, place(address), now).await
    }

    /// The password was wrong: the try stays counted, and the address is held up when many of its tries are wrong.
    pub fn wrong(&self, address: IpAddr, now: i64) {
        self.addresses.take(network(address), now);
    }

    /// The password was not looked at, or was right though the account may not sign in: the domain has counted nothing.
    ///
    /// # Errors
    /// When that cannot be written down: the try stays counted.
    pub async fn take_back(&self, who: &Who, tried: Try) -> Result<(), StoreError> {
        self.store.take_back(who.subject.clone(), tried.0).await
    }

    /// Whether an address has typed so much that was wrong that it has to wait.
    pub fn is_held_up(&self, address: IpAddr, now: i64) -> bool {
        self.addresses.is_empty(network(address), now)
    }

    /// Whether the person was let in from there before.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn is_familiar(&self, who: &Who, address: IpAddr, now: i64) -> Result<bool, StoreError> {
        self.store.is_familiar(who.subject.clone(), place(address), now).await
    }

    /// Whether so many names that nobody has were tried lately, from wherever, that no more are looked into.
    pub fn too_many_strangers(&self, now: i64) -> bool {
        !self.strangers.take(now)
    }

    /// Waits until no other try for this account is under way, so that two right passwords at the same time do not count as one wrong.
    pub async fn turn(&self, who: &Who) -> Option<OwnedMutexGuard<()>> {
        let number = usize::try_from(self.spread.hash_one(&who.subject.key)).unwrap_or_default() % TURNS.max(1);
        Some(self.turns.get(number)?.clone().lock_owned().await)
    }

    /// What is counted for a person.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn show(&self, account: &Account, now: i64) -> Result<Shown, StoreError> {
        let rule = Rule::new(self.settings, account.lockout);
        let (count, addresses) = self.store.tries(Who::person(account.person.guid).subject).await?;
        let until = rule.until(count, now);
        let count = if until.is_some() { count } else { Default::default() };
        let Rule { unknown_max, familiar_max, .. } = rule;
        Ok(Shown { unknown: count.unknown, unknown_max, familiar: count.familiar, familiar_max, until, addresses })
    }

    /// Forgets a person's wrong tries. Active Directory's own count is not ours to reset: who is locked there stays so.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub async fn reset(&self, person: ObjectGuid) -> Result<(), StoreError> {
        self.store.forget_tries(Who::person(person).subject).await
    }
}

/// What one customer of a provider has: a whole /64 of IPv6, one address of IPv4.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
        address => address,
    }
}

fn place(address: IpAddr) -> String {
    network(address).to_string()
}

#[cfg(test)]
mod tests;
