//! Why Active Directory could not be asked. Nobody is let in then.

use samesign_connect::ad::{AdError, PasswordError};

use crate::store::StoreError;

/// Active Directory could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// No domain controller could be used, or the one that was asked failed.
    #[error(transparent)]
    Unreachable(Box<AdError>),
    /// Nobody said whether a password is right.
    #[error(transparent)]
    Password(Box<PasswordError>),
    /// No domain controller answered in time.
    #[error("no domain controller answered in {seconds} seconds")]
    Slow {
        /// How long was waited.
        seconds: u64,
    },
    /// Several accounts have one name.
    #[error("{} accounts have the {attribute} \"{value}\": clear it on all but one", .accounts.len())]
    Ambiguous {
        /// The attribute.
        attribute: &'static str,
        /// Its value.
        value: String,
        /// The accounts, by DN, two of them at most.
        accounts: Vec<String>,
    },
    /// An account lacks what an account must have, or the service's account may not read it.
    #[error("{dn} shows no {attribute}: the account of [source] needs the right to read it")]
    Lacking {
        /// The account.
        dn: String,
        /// The attribute.
        attribute: &'static str,
    },
    /// What the scope resolved to cannot be remembered.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl DirectoryError {
    /// Whether a password may have reached a domain controller, and been counted there as a wrong one.
    pub fn was_asked(&self) -> bool {
        matches!(self, Self::Password(error) if matches!(**error, PasswordError::NoAnswer(_)))
    }
}

impl From<AdError> for DirectoryError {
    fn from(error: AdError) -> Self {
        Self::Unreachable(Box::new(error))
    }
}

impl From<PasswordError> for DirectoryError {
    fn from(error: PasswordError) -> Self {
        Self::Password(Box::new(error))
    }
}
