//! Active Directory at sign-in: who someone is, how the account stands, and whether a password is right.
//!
//! It asks and never writes. There is no way around it: where the domain cannot be asked, nobody is let in.

mod account;
mod error;
mod limits;
mod name;
mod pool;
mod state;
mod surroundings;

use std::sync::Arc;

use samesign_connect::ad::{AdConfig, AdSession, Found, PasswordAnswer, PasswordCheck};
use samesign_engine::{ObjectGuid, Policy, SourceObject};
use samesign_wire::Secret;
use tokio::sync::Mutex;

use crate::random;
use crate::store::Store;
pub use account::Account;
pub use error::DirectoryError;
pub use limits::AdLockout;
use name::{Name, Question};
use pool::{Errand, Pool};
pub use state::AccountState;
use surroundings::Surroundings;

/// What a domain controller said of a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    /// It is right, and the account may sign in.
    Right,
    /// It is wrong, or the account is not there any more.
    Wrong,
    /// The account may not sign in. Only [`AccountState::LockedOut`] is said to who does not know the password.
    Refused(AccountState),
}

/// The way to Active Directory. It holds the password of the service's account, so it can neither be printed nor copied.
pub struct Directory {
    config: AdConfig,
    policy: Policy,
    attributes: Vec<Box<str>>,
    store: Store,
    pool: Pool,
    passwords: PasswordCheck,
    surroundings: Mutex<Option<Arc<Surroundings>>>,
}

impl Directory {
    /// Nothing is asked yet. `store` remembers the places that the scope names, so that they may be renamed.
    pub fn new(config: AdConfig, policy: Policy, store: Store) -> Self {
        let attributes = account::attributes(&policy);
        let (passwords, surroundings) = (PasswordCheck::default(), Mutex::default());
        Self { config, policy, attributes, store, pool: Pool::new(), passwords, surroundings }
    }

    /// The account that someone means by `name`, as it was typed: a userPrincipalName of any suffix, `account@domain`, or
    /// `DOMAIN\account`. `None` when there is none, or the name is no name.
    ///
    /// # Errors
    /// When the domain cannot be asked, or the name is not one account's alone.
    pub async fn by_name(&self, name: &str) -> Result<Option<Account>, DirectoryError> {
        let Some(name) = Name::parse(name) else { return Ok(None) };
        self.find(&name).await
    }

    /// The account of a Kerberos principal. `None` when it is of another realm than the domain's, or there is none.
    ///
    /// # Errors
    /// As [`Directory::by_name`].
    pub async fn by_principal(&self, account: &str, realm: &str) -> Result<Option<Account>, DirectoryError> {
        if !realm.eq_ignore_ascii_case(self.config.domain.trim_end_matches('.')) {
            return Ok(None);
        }
        let Some(name) = Name::principal(account) else { return Ok(None) };
        self.find(&name).await
    }

    /// The account with this objectGUID.
    ///
    /// # Errors
    /// When the domain cannot be asked.
    pub async fn by_guid(&self, guid: ObjectGuid) -> Result<Option<Account>, DirectoryError> {
        self.pool.ask(&self.config, &ByGuid { directory: self, guid }).await
    }

    /// Whether `password` is the account's. An empty one, or one of white space, is wrong and never sent.
    ///
    /// # Errors
    /// When no domain controller could be asked, or the one that was asked did not answer: see [`DirectoryError::was_asked`].
    pub async fn check_password(&self, account: &Account, password: &Secret) -> Result<Checked, DirectoryError> {
        let answer = self.passwords.check(&self.config, &account.person.dn, password).await?;
        Ok(match answer {
            PasswordAnswer::Right => Checked::Right,
            PasswordAnswer::Wrong => Checked::Wrong,
            PasswordAnswer::Disabled => Checked::Refused(AccountState::Disabled),
            PasswordAnswer::Expired => Checked::Refused(AccountState::Expired),
            PasswordAnswer::PasswordExpired => Checked::Refused(AccountState::PasswordExpired),
            PasswordAnswer::MustChange => Checked::Refused(AccountState::MustChange),
            PasswordAnswer::LockedOut => Checked::Refused(AccountState::LockedOut),
            PasswordAnswer::OutsideHours => Checked::Refused(AccountState::OutsideHours),
            PasswordAnswer::OtherComputer => Checked::Refused(AccountState::OtherComputer),
        })
    }

    /// Costs what [`Directory::check_password`] costs, for a name that nobody has: a bind with a random password as someone who is
    /// not there.
    pub(crate) async fn check_nobody(&self) -> Result<(), DirectoryError> {
        let (Ok(name), Ok(password)) = (random::xml_id(), random::token()) else { return Ok(()) };
        let root: Vec<String> = self.config.domain.trim_end_matches('.').split('.').map(|label| format!("DC={label}")).collect();
        let dn = format!("CN={name},{}", root.join(","));
        self.passwords.check(&self.config, &dn, &Secret::new(password)).await?;
        Ok(())
    }

    /// The domain's rule for wrong passwords, where nobody in particular is meant.
    pub(crate) async fn lockout_of_strangers(&self) -> Result<AdLockout, DirectoryError> {
        let surroundings = self.pool.ask(&self.config, &TheDomain { directory: self }).await?;
        Ok(surroundings.rule.for_strangers())
    }

    async fn find(&self, name: &Name) -> Result<Option<Account>, DirectoryError> {
        self.pool.ask(&self.config, &ByName { directory: self, name }).await
    }

    /// The one object that answers a question.
    async fn one(&self, session: &mut AdSession, question: &Question) -> Result<Option<SourceObject>, DirectoryError> {
        let Question { attribute, value } = question;
        let found: Vec<SourceObject> = session.users_by(attribute, value, &self.asked()).await?;
        // A directory may take ä for a: who is meant must be called exactly so, but for case.
        let mut found: Vec<SourceObject> = found.into_iter().filter(|object| question.is_answered_by(object)).collect();
        if found.len() > 1 {
            let accounts = found.iter().map(|object| object.dn.to_string()).collect();
            return Err(DirectoryError::Ambiguous { attribute, value: value.clone(), accounts });
        }
        Ok(found.pop())
    }

    async fn account(&self, session: &mut AdSession, found: Option<SourceObject>) -> Result<Option<Account>, DirectoryError> {
        let Some(object) = found else { return Ok(None) };
        let mut surroundings = self.surroundings(session, false).await?;
        let mut account = account::read(session, &surroundings, &object).await?;
        // A unit that was just renamed leaves everybody in it out, until it is asked for again.
        if !account.person.in_scope && !surroundings.is_fresh(true) {
            surroundings = self.surroundings(session, true).await?;
            account = account::read(session, &surroundings, &object).await?;
        }
        Ok(Some(account))
    }

    /// The domain as it was a moment ago.
    async fn surroundings(&self, session: &mut AdSession, doubted: bool) -> Result<Arc<Surroundings>, DirectoryError> {
        let mut kept = self.surroundings.lock().await;
        if let Some(known) = kept.as_ref().filter(|known| known.is_fresh(doubted)) {
            return Ok(known.clone());
        }
        let read = Arc::new(Surroundings::read(session, &self.policy, &self.store).await?);
        *kept = Some(read.clone());
        Ok(read)
    }

    fn asked(&self) -> Vec<&str> {
        self.attributes.iter().map(AsRef::as_ref).collect()
    }
}

/// Who has this objectGUID.
struct ByGuid<'a> {
    directory: &'a Directory,
    guid: ObjectGuid,
}

impl Errand for ByGuid<'_> {
    type Answer = Option<Account>;

    async fn run(&self, session: &mut AdSession) -> Result<Option<Account>, DirectoryError> {
        let found = match session.look_up(self.guid, &self.directory.asked()).await? {
            Found::Live(object) => Some(object).filter(account::is_user),
            Found::Tombstone { .. } | Found::NotFound => None,
        };
        self.directory.account(session, found).await
    }
}

/// Who is called so.
struct ByName<'a> {
    directory: &'a Directory,
    name: &'a Name,
}

impl Errand for ByName<'_> {
    type Answer = Option<Account>;

    async fn run(&self, session: &mut AdSession) -> Result<Option<Account>, DirectoryError> {
        let mut found = None;
        for question in self.name.questions(session.identity(), &self.directory.config.domain) {
            found = self.directory.one(session, &question).await?;
            if found.is_some() {
                break;
            }
        }
        self.directory.account(session, found).await
    }
}

/// What holds for the whole domain.
struct TheDomain<'a> {
    directory: &'a Directory,
}

impl Errand for TheDomain<'_> {
    type Answer = Arc<Surroundings>;

    async fn run(&self, session: &mut AdSession) -> Result<Arc<Surroundings>, DirectoryError> {
        self.directory.surroundings(session, false).await
    }
}
