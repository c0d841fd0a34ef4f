//! Sign-in by name and password, whole: whoever comes through a form, and whoever comes through WS-Trust.
//!
//! What is wrong is told to the audit log alone. Outside every refusal is the same, and is given at the same pace: neither the answer
//! nor its time tells who exists, or who is locked.

use std::net::IpAddr;
use std::time::Duration;

use jiff::Timestamp;
use samesign_wire::Secret;
use tokio::time::{Instant, sleep_until};

use crate::directory::{Account, AccountState, Checked, Directory, DirectoryError};
use crate::lockout::{Lockout, Verdict, Who};
use crate::person::{Method, Person, SignedIn};
use crate::store::StoreError;

/// Refusals are given only at multiples of this since the attempt began: longer than a domain controller takes to look at a password.
const PACE: Duration = Duration::from_millis(250);

/// Someone is not let in. The text is what they may be told.
#[derive(Debug, thiserror::Error)]
#[error("the name or the password is wrong, or the account may not sign in now")]
pub struct Denied {
    /// Why, for the audit log alone.
    pub reason: Reason,
    /// Who was meant, where there is such an account.
    pub person: Option<Box<Person>>,
}

/// Why someone is not let in.
#[derive(Debug, thiserror::Error)]
pub enum Reason {
    /// No password.
    #[error("the password is empty")]
    Blank,
    /// No account has that name.
    #[error("no account has that name")]
    UnknownName,
    /// Not the account's password.
    #[error("the password is wrong")]
    WrongPassword,
    /// Too many wrong passwords for the account: the domain was not asked.
    #[error("too many wrong passwords for this account from such addresses, until {until} (Unix seconds)")]
    Locked {
        /// Until then, in Unix seconds.
        until: i64,
    },
    /// Too many wrong passwords from the address: nothing was looked at.
    #[error("too many wrong names and passwords from this address")]
    TooManyFromHere,
    /// The account may not sign in.
    #[error("the account may not sign in: {0}")]
    State(AccountState),
    /// The domain cannot be asked.
    #[error("Active Directory cannot be asked")]
    Directory(#[source] DirectoryError),
    /// Our own memory fails.
    #[error("the try cannot be counted")]
    Store(#[source] StoreError),
}

impl Denied {
    /// Whether the fault is ours: the person should come back later, and the administrator look at the log.
    pub fn is_outage(&self) -> bool {
        matches!(self.reason, Reason::Directory(_) | Reason::Store(_))
    }
}

impl From<Reason> for Denied {
    fn from(reason: Reason) -> Self {
        Self { reason, person: None }
    }
}

/// Signs someone in by name and password.
///
/// # Errors
/// When they are not let in, for whatever reason; every failure of ours is one.
pub async fn sign_in(
    directory: &Directory,
    lockout: &Lockout,
    name: &str,
    password: Secret,
    address: IpAddr,
    now: Timestamp,
) -> Result<SignedIn, Denied> {
    let begun = Instant::now();
    let attempt = Attempt { directory, lockout, address, now: now.as_second() };
    let outcome = attempt.attend(name, &password).await;
    drop(password);
    match outcome {
        Ok(person) => Ok(SignedIn { person, method: Method::Password, at: now }),
        Err(denied) => {
            keep_pace(begun).await;
            Err(denied)
        }
    }
}

async fn keep_pace(begun: Instant) {
    let passed = begun.elapsed().as_millis() / PACE.as_millis().max(1);
    let steps = u32::try_from(passed).unwrap_or(u32::MAX).saturating_add(1);
    sleep_until(begun + PACE.saturating_mul(steps)).await;
}

struct Attempt<'a> {
    directory: &'a Directory,
    lockout: &'a Lockout,
    address: IpAddr,
    now: i64,
}

impl Attempt<'_> {
    async fn attend(&self, name: &str, password: &Secret) -> Result<Person, Denied> {
        if password.expose().trim().is_empty() {
            return Err(Reason::Blank.into());
        }
        match self.directory.by_name(name).await.map_err(Reason::Directory)? {
            Some(account) => match self.known(&account, password).await {
                Ok(()) => Ok(account.person),
                Err(reason) => Err(Denied { reason, person: Some(Box::new(account.person)) }),
            },
            None => Err(self.unknown(name).await.into()),
        }
    }

    async fn known(&self, account: &Account, password: &Secret) -> Result<(), Reason> {
        let who = Who::person(account.person.guid);
        let _turn = self.lockout.turn(&who).await;
        // Whoever shares an address with a guesser still gets in where they always do.
        let held_up = self.lockout.is_held_up(self.address, self.now);
        if held_up && !self.lockout.is_familiar(&who, self.address, self.now).await.map_err(Reason::Store)? {
            return Err(Reason::TooManyFromHere);
        }
        if account.state == AccountState::LockedOut {
            return Err(self.wrong(Reason::State(AccountState::LockedOut)));
        }
        let verdict = self.lockout.may_try(&who, self.address, account.lockout, self.now).await.map_err(Reason::Store)?;
        let tried = match verdict {
            Verdict::Go(tried) => tried,
            Verdict::Locked { until } => return Err(self.wrong(Reason::Locked { until })),
        };
        let state = match self.directory.check_password(account, password).await {
            Ok(Checked::Wrong) => return Err(self.wrong(Reason::WrongPassword)),
            // Said whether or not the password is right: the try stays counted.
            Ok(Checked::Refused(AccountState::LockedOut)) => return Err(self.wrong(Reason::State(AccountState::LockedOut))),
            Ok(Checked::Right) => account.state,
            Ok(Checked::Refused(state)) => state,
            Err(error) => {
                if !error.was_asked() {
                    self.lockout.take_back(&who, tried).await.map_err(Reason::Store)?;
                }
                return Err(Reason::Directory(error));
            }
        };
        if state != AccountState::Enabled {
            self.lockout.take_back(&who, tried).await.map_err(Reason::Store)?;
            return Err(Reason::State(state));
        }
        self.lockout.right(&who, tried, self.address, self.now).await.map_err(Reason::Store)
    }

    /// Someone who is not there is counted and asked for like anyone else.
    async fn unknown(&self, name: &str) -> Reason {
        if self.lockout.is_held_up(self.address, self.now) {
            return Reason::TooManyFromHere;
        }
        self.lockout.wrong(self.address, self.now);
        if self.lockout.too_many_strangers(self.now) {
            return Reason::UnknownName;
        }
        match self.count_stranger(name).await {
            Ok(Verdict::Locked { until }) => return Reason::Locked { until },
            Ok(Verdict::Go(_)) => {}
            Err(reason) => return reason,
        }
        match self.directory.check_nobody().await {
            Ok(()) => Reason::UnknownName,
            Err(error) => Reason::Directory(error),
        }
    }

    async fn count_stranger(&self, name: &str) -> Result<Verdict, Reason> {
        let ad = self.directory.lockout_of_strangers().await.map_err(Reason::Directory)?;
        let who = self.lockout.stranger(name);
        let _turn = self.lockout.turn(&who).await;
        self.lockout.may_try(&who, self.address, ad, self.now).await.map_err(Reason::Store)
    }

    fn wrong(&self, reason: Reason) -> Reason {
        self.lockout.wrong(self.address, self.now);
        reason
    }
}
