//! A browser that is signed in: what is kept of it, and how the account behind it is looked at again.
//!
//! The session remembers who and since when; what may be said of the account is read anew from Active Directory, at most a minute
//! old, so that whoever is disabled there is out within that minute.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use samesign_engine::ObjectGuid;
use serde::{Deserialize, Serialize};

use crate::directory::{Account, AccountState, Directory, DirectoryError};
use crate::{Method, Person};

/// How old what is known of an account may be, in seconds.
const KNOWN_SECONDS: i64 = 60;
/// Accounts remembered at once.
const KNOWN_MAX: usize = 100_000;

/// What the database keeps of a session.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub(crate) struct Kept {
    guid: String,
    upn: String,
    kerberos: bool,
    /// Unix milliseconds, as tokens write it.
    at: i64,
    /// Names the session to SAML 2.0 applications. Not the cookie, and no way to it.
    pub index: String,
}

impl Kept {
    /// The session of a person who has just proved who they are.
    pub fn new(person: &Person, method: Method, at: Timestamp, index: String) -> Self {
        Self {
            guid: person.guid.to_string(),
            upn: person.upn.clone(),
            kerberos: method == Method::Kerberos,
            at: at.as_millisecond(),
            index,
        }
    }

    /// objectGUID of the person.
    pub fn guid(&self) -> Option<ObjectGuid> {
        self.guid.parse().ok()
    }

    /// Sign-in name when the session began.
    pub fn upn(&self) -> &str {
        &self.upn
    }

    /// How the person proved it.
    pub fn method(&self) -> Method {
        if self.kerberos { Method::Kerberos } else { Method::Password }
    }

    /// When the person proved it.
    pub fn at(&self) -> Timestamp {
        Timestamp::from_millisecond(self.at).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

/// Whether somebody who has proved who they are, by a ticket or in a session, may be vouched for.
///
/// An account that is locked out for wrong passwords may: nobody guesses a ticket or a session, and strangers who guess
/// passwords must not end them.
pub(crate) fn may_go_on(state: AccountState) -> bool {
    matches!(state, AccountState::Enabled | AccountState::LockedOut)
}

/// Accounts as they were at most a minute ago.
#[derive(Default)]
pub(crate) struct People(Mutex<HashMap<ObjectGuid, (i64, Account)>>);

impl People {
    /// The account, from memory or from Active Directory. `None` when it is gone.
    pub async fn find(&self, directory: &Directory, guid: ObjectGuid, now: Timestamp) -> Result<Option<Account>, DirectoryError> {
        let second = now.as_second();
        if let Some(account) = self.known(guid, second) {
            return Ok(Some(account));
        }
        let account = directory.by_guid(guid).await?;
        match &account {
            Some(account) => self.note(account.clone(), now),
            None => self.forget(guid),
        }
        Ok(account)
    }

    /// Remembers what was read just now.
    pub fn note(&self, account: Account, now: Timestamp) {
        let second = now.as_second();
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KNOWN_MAX {
            known.retain(|_, (at, _)| is_fresh(*at, second));
        }
        if known.len() < KNOWN_MAX {
            known.insert(account.person.guid, (second, account));
        }
    }

    fn known(&self, guid: ObjectGuid, second: i64) -> Option<Account> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&guid).filter(|(at, _)| is_fresh(*at, second)).map(|(_, account)| account.clone())
    }

    fn forget(&self, guid: ObjectGuid) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&guid);
    }
}

/// A clock that was set back makes nothing fresh.
fn is_fresh(at: i64, second: i64) -> bool {
    (0..KNOWN_SECONDS).contains(&(second - at))
}
