//! The one door for every password of a person: checked, counted, written down.
//!
//! An attempt that fails has always run one PBKDF2 and one Argon2id, over stand-ins where the account has none of the kind, for
//! unknown, blocked and locked accounts too: neither the answer nor its time tells who exists. That an account is blocked, or has to
//! change its password, is told only to one who knows the password. No password is looked at for a name of a federated domain. Attempts for one account take turns, so that guesses sent at the
//! same time all count; a synchronized user's right password takes no turn at Argon2's memory.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::Arc;

use rusqlite::Connection;
use samesign_wire::Secret;
use tokio::sync::{Mutex, OwnedMutexGuard, Semaphore};

use super::addresses::{self, Addresses};
use super::lockout::{self, Subject};
use super::log::{self, Entry};
use super::passwords::{self, Hashed, SecretError, Stored};
use super::{refresh, sessions};
use crate::clock;
use crate::context::{Context, Interrupted};
use crate::directory::{DirectoryError, User, federation};
use crate::random::NoRandom;
use crate::store::{StoreError, changes, fold, users};

/// Accounts that share a turn are those with the same number of this many.
const TURNS: usize = 1_024;
/// Attempts under way at once; more wait. They may outlive their connections, which are bounded elsewhere.
const ATTEMPTS_MAX: usize = 1_024;

/// By which door someone comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// The sign-in page.
    Page,
    /// The password grant: there is no page on which a password could be changed.
    PasswordGrant,
    /// The page for devices.
    DeviceCode,
    /// The administrator's portal.
    Portal,
    /// The service of a federated domain vouched for the person, by the browser.
    Federation,
    /// An application brought a token of such a service.
    TokenGrant,
}

impl Via {
    /// As the sign-in log names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::PasswordGrant => "password grant",
            Self::DeviceCode => "device code",
            Self::Portal => "portal",
            Self::Federation => "federation",
            Self::TokenGrant => "token grant",
        }
    }
}

/// Someone who wants to come in. Holds a password, so it cannot be printed.
pub struct Attempt<'a> {
    /// The name, as it was typed.
    pub upn: &'a str,
    /// The password, as it was typed.
    pub password: Secret,
    /// Where from.
    pub address: IpAddr,
    /// Client id, or "portal", "my account".
    pub client: &'a str,
    /// By which door.
    pub via: Via,
}

/// Someone whose password was right.
#[derive(Clone, Debug, PartialEq)]
pub struct SignedIn {
    /// Who it is.
    pub user: User,
    /// The password was handed out by someone else and is to be changed before anything else.
    pub must_change: bool,
}

/// Why someone does not come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignInError {
    /// There is no such user, or the password is another: not told apart.
    #[error("the name or the password is wrong")]
    Wrong,
    /// Too many wrong passwords for this account.
    #[error("too many wrong passwords for this account: try again in {wait_seconds} seconds")]
    Locked {
        /// Until then.
        wait_seconds: i64,
    },
    /// Too many wrong passwords from this address. The password was not looked at.
    #[error("too many wrong passwords from this address: try again in {wait_seconds} seconds")]
    TooManyFromHere {
        /// Until then.
        wait_seconds: i64,
    },
    /// The password is right, but sign-in is blocked.
    #[error("sign-in of this account is blocked: an administrator can allow it again")]
    Disabled,
    /// The name is of a federated domain, whose passwords are not checked here. Said of every such name, whether there is a user or
    /// not, and whatever the password.
    #[error("the domain of this name is federated: its people sign in at their own service, and no password of theirs is taken here")]
    Federated,
    /// The password is right, but has to be changed, and there is no page to do it on.
    #[error("the password has to be changed first: {}", if *synced { "change it in Active Directory" } else { "sign in with a browser to do so" })]
    MustChange {
        /// Active Directory is where to change it.
        synced: bool,
    },
}

impl SignInError {
    /// The service's number.
    pub const fn code(self) -> u32 {
        match self {
            Self::Wrong | Self::Federated => 50126,
            Self::Locked { .. } | Self::TooManyFromHere { .. } => 50053,
            Self::Disabled => 50057,
            Self::MustChange { synced: false } => 50055,
            Self::MustChange { synced: true } => 50144,
        }
    }
}

/// Why a new password was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangeRefused {
    /// There is no password of this account here.
    #[error("people of this domain sign in at their own service: change the password there")]
    Federated,
    /// The password is Active Directory's.
    #[error("this account is synchronized: change its password in Active Directory, it is the same here seconds later")]
    Synced,
    /// Too weak.
    #[error("the password needs 8 to 256 characters, with three of: lower case, upper case, digits, symbols")]
    Weak,
    /// No change at all.
    #[error("the new password is the old one: choose another")]
    Same,
}

/// Our own failure: the check could not be made, so nobody comes in.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The directory.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// Memory is short.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// No random bytes.
    #[error(transparent)]
    Random(#[from] NoRandom),
    /// The server is stopping.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

/// What the door keeps in memory between attempts.
pub struct Door {
    addresses: Addresses,
    turns: Vec<Arc<Mutex<()>>>,
    spread: RandomState,
    slots: Arc<Semaphore>,
    /// How often each of the two functions ran.
    #[cfg(test)]
    work: [std::sync::atomic::AtomicUsize; 2],
}

impl Default for Door {
    fn default() -> Self {
        let turns = (0..TURNS).map(|_| Arc::default()).collect();
        Self {
            addresses: Addresses::default(),
            turns,
            spread: RandomState::new(),
            slots: Arc::new(Semaphore::new(ATTEMPTS_MAX)),
            #[cfg(test)]
            work: Default::default(),
        }
    }
}

impl Door {
    /// Waits until no other attempt for the account is under way. Which accounts share a turn, nobody outside can know.
    async fn turn(&self, name: &str) -> Option<OwnedMutexGuard<()>> {
        let number = usize::try_from(self.spread.hash_one(fold(name))).unwrap_or_default() % TURNS.max(1);
        Some(self.turns.get(number)?.clone().lock_owned().await)
    }
}

/// The attempt as the steps hand it on.
struct Visitor {
    upn: String,
    password: Secret,
    address: IpAddr,
    shown_address: String,
    client: String,
    via: Via,
}

/// The account that is named, as far as there is one.
struct Account {
    user: Option<User>,
    /// The user's own name is of a federated domain, whatever was typed, or became so while this attempt waited.
    federated: bool,
    stored: Option<Stored>,
    /// `None`: what was typed cannot be a name, so there is nothing to count.
    subject: Option<Subject>,
    count: lockout::Count,
}

/// Checks a password, counts it when it is wrong, and writes the attempt down.
pub async fn sign_in(context: &Context, attempt: Attempt<'_>) -> Result<Result<SignedIn, SignInError>, Failed> {
    let Attempt { upn, password, address, client, via } = attempt;
    let shown_address = addresses::network(address).to_string();
    let visitor = Visitor { upn: upn.trim().to_owned(), password, address, shown_address, client: client.to_owned(), via };
    let slot = context.door.slots.clone().acquire_owned().await.map_err(|_| Interrupted)?;
    let context = context.clone();
    // A task of its own goes on when the client hangs up: who does so as soon as an answer takes longer than that to a right password
    // would guess without being counted.
    let attended = tokio::spawn(async move {
        let _slot = slot;
        attend(&context, visitor).await
    });
    attended.await.map_err(|_| Interrupted)?
}

async fn attend(context: &Context, visitor: Visitor) -> Result<Result<SignedIn, SignInError>, Failed> {
    let _turn = context.door.turn(&visitor.upn).await;
    let upn = visitor.upn.clone();
    let federated = context.blocking(move |context| context.store.read(|connection| federation::realm_of_name(connection, &upn)));
    if federated.await??.is_federated() {
        return context.blocking(move |context| turn_away(context, &visitor, SignInError::Federated)).await?;
    }
    // Looked at when the turn has come: what failed while this one waited counts.
    let wait_seconds = context.door.addresses.wait_seconds(visitor.address, clock::now().as_second());
    if wait_seconds > 0 {
        let refusal = SignInError::TooManyFromHere { wait_seconds };
        return context.blocking(move |context| turn_away(context, &visitor, refusal)).await?;
    }
    let (visitor, account, right) = match context.blocking(move |context| check_blob(context, visitor)).await?? {
        Halfway::Done(outcome) => return Ok(*outcome),
        Halfway::Argon2(visitor, account, right) => (visitor, account, right),
    };
    let permit = context.password_checks.clone().acquire_owned().await.map_err(|_| Interrupted)?;
    context
        .blocking(move |context| {
            let _permit = permit;
            check_argon2(context, &visitor, &account, right)
        })
        .await?
}

/// Replaces a cloud user's password after it was asked for: every session and refresh token of the user ends.
///
/// Who asks has to have signed in with the old one just before.
pub async fn change_password(context: &Context, user: &User, new: Secret) -> Result<Result<(), ChangeRefused>, Failed> {
    let upn = user.upn.clone();
    let realm = context.blocking(move |context| context.store.read(|connection| federation::realm_of_name(connection, &upn)));
    if realm.await??.is_federated() {
        return Ok(Err(ChangeRefused::Federated));
    }
    if user.synced == Some(true) {
        return Ok(Err(ChangeRefused::Synced));
    }
    if !passwords::is_strong(new.expose()) {
        return Ok(Err(ChangeRefused::Weak));
    }
    let permit = context.password_checks.clone().acquire_owned().await.map_err(|_| Interrupted)?;
    let (number, upn) = (user.number, user.upn.clone());
    context
        .blocking(move |context| {
            let _permit = permit;
            replace(context, number, &upn, &new)
        })
        .await?
}

fn replace(context: &Context, user: i64, upn: &str, new: &Secret) -> Result<Result<(), ChangeRefused>, Failed> {
    let stored = context.store.read(|connection| passwords::stored(connection, user))?;
    let same_as_synced = passwords::check_blob(stored.as_ref(), new);
    let (same, _) = passwords::check_argon2(stored.as_ref(), &[0; passwords::SALT_BYTES], new)?;
    if same || same_as_synced {
        return Ok(Err(ChangeRefused::Same));
    }
    let now = clock::now();
    context.store.write(|connection| -> Result<_, Failed> {
        passwords::set(connection, user, new.expose(), false, now)?;
        sessions::end_all(connection, user)?;
        refresh::revoke_user(connection, user)?;
        Ok(changes::audit(connection, now.as_second(), upn, "change password", upn, "own")?)
    })?;
    Ok(Ok(()))
}

enum Halfway {
    Done(Box<Result<SignedIn, SignInError>>),
    /// With whether the blob was right: of a blocked account it may be.
    Argon2(Box<Visitor>, Box<Account>, bool),
}

/// The first half. A synchronized user with the right password is through after it.
fn check_blob(context: &Context, visitor: Visitor) -> Result<Halfway, Failed> {
    let now = clock::now().as_second();
    let account = context.store.read(|connection| look_up(connection, &visitor, now))?;
    let right = passwords::check_blob(account.stored.as_ref(), &visitor.password);
    #[cfg(test)]
    context.door.work[0].fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    match judge(&account, right, visitor.via, now) {
        Ok(signed_in) => Ok(Halfway::Done(Box::new(conclude(context, &visitor, &account, Ok(signed_in), None, now)?))),
        Err(_) => Ok(Halfway::Argon2(Box::new(visitor), Box::new(account), right)),
    }
}

/// The second half, for everyone else.
fn check_argon2(
    context: &Context,
    visitor: &Visitor,
    account: &Account,
    right_by_blob: bool,
) -> Result<Result<SignedIn, SignInError>, Failed> {
    let now = clock::now().as_second();
    let (right, hashed) = passwords::check_argon2(account.stored.as_ref(), account.count.salt(), &visitor.password)?;
    #[cfg(test)]
    context.door.work[1].fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    let outcome = judge(account, right || right_by_blob, visitor.via, now);
    conclude(context, visitor, account, outcome, Some(&hashed), now)
}

fn look_up(connection: &Connection, visitor: &Visitor, now: i64) -> Result<Account, Failed> {
    let user = users::by_upn(connection, &visitor.upn)?.filter(User::live);
    let stored = user.as_ref().map(|user| passwords::stored(connection, user.number)).transpose()?.flatten();
    let subject = match &user {
        Some(user) => Some(Subject::user(connection, user.number, &visitor.shown_address, now)?),
        None => visitor.upn.contains('@').then(|| Subject::stranger(&fold(&visitor.upn))),
    };
    let count = match &subject {
        Some(subject) => lockout::load(connection, subject)??,
        None => lockout::Count::empty()?,
    };
    let realm = user.as_ref().map(|user| federation::realm_of_name(connection, &user.upn)).transpose()?;
    Ok(Account { federated: realm.is_some_and(|realm| realm.is_federated()), user, stored, subject, count })
}

/// What the attempt comes to. Everything but a lock is told only to one whose password is right.
fn judge(account: &Account, right: bool, via: Via, now: i64) -> Result<SignedIn, SignInError> {
    let wait_seconds = account.count.wait_seconds(now);
    if wait_seconds > 0 {
        return Err(SignInError::Locked { wait_seconds });
    }
    let (Some(user), Some(stored), true) = (&account.user, &account.stored, right) else { return Err(SignInError::Wrong) };
    if account.federated {
        return Err(SignInError::Federated);
    }
    if !user.enabled {
        return Err(SignInError::Disabled);
    }
    if stored.is_one_time() && via == Via::PasswordGrant {
        return Err(SignInError::MustChange { synced: stored.is_synced() });
    }
    Ok(SignedIn { user: user.clone(), must_change: stored.is_one_time() })
}

/// Counts and writes down what came of it, in one transaction.
fn conclude(
    context: &Context,
    visitor: &Visitor,
    account: &Account,
    outcome: Result<SignedIn, SignInError>,
    hashed: Option<&Hashed>,
    now: i64,
) -> Result<Result<SignedIn, SignInError>, Failed> {
    if matches!(outcome, Err(SignInError::Wrong | SignInError::Locked { .. })) {
        context.door.addresses.failed(visitor.address, now);
    }
    context.store.write(|connection| -> Result<(), StoreError> {
        match (&outcome, &account.subject, hashed) {
            (Ok(signed_in), Some(subject), _) => {
                lockout::succeeded(connection, subject, signed_in.user.number, &visitor.shown_address, now)?;
            }
            (Err(SignInError::Wrong), Some(subject), Some(hashed)) => lockout::count(connection, subject, &account.count, hashed, now)?,
            _ => {}
        }
        write_down(connection, visitor, account.user.as_ref(), outcome.as_ref().err(), now)
    })?;
    Ok(outcome)
}

/// An address that has to wait: nothing is checked, so nothing is told.
fn turn_away(context: &Context, visitor: &Visitor, refusal: SignInError) -> Result<Result<SignedIn, SignInError>, Failed> {
    let now = clock::now().as_second();
    context.store.write(|connection| -> Result<(), StoreError> {
        let user = users::by_upn(connection, &visitor.upn)?.filter(User::live);
        write_down(connection, visitor, user.as_ref(), Some(&refusal), now)
    })?;
    Ok(Err(refusal))
}

fn write_down(
    connection: &Connection,
    visitor: &Visitor,
    user: Option<&User>,
    refusal: Option<&SignInError>,
    at: i64,
) -> Result<(), StoreError> {
    let Visitor { upn, password: _, address: _, shown_address, client, via } = visitor;
    let code = refusal.map_or(0, |refusal| refusal.code());
    let detail = if refusal == Some(&SignInError::Federated) { "a password for a federated domain: not looked at" } else { "" };
    let user = user.map(|user| user.id.as_str());
    log::record(connection, &Entry { at, upn, user, client, via: *via, address: shown_address, code, detail })
}

#[cfg(test)]
mod tests;
