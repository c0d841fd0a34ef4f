//! Who may sign in: applications with their credentials, and people's passwords.
//!
//! Rows of the tables made by `store/migrations/0002_sign_in.sql`.

pub mod apps;
pub mod passwords;
pub mod sessions;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};

use crate::store::StoreError;

/// A secret could not be stored.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// Argon2 failed, which means that memory is short.
    #[error("cannot compute the hash of a secret: it needs 19 MiB of memory")]
    Hash(#[source] argon2::password_hash::Error),
    /// The database refused.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for SecretError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Argon2id with OWASP's parameters, in PHC form. Takes about 20 ms of processor time and 19 MiB.
fn hash(secret: &str) -> Result<String, SecretError> {
    Ok(Argon2::default().hash_password(secret.as_bytes()).map_err(SecretError::Hash)?.to_string())
}

/// Whether `secret` is the one that was hashed. As costly as [`hash`].
fn matches(secret: &str, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|parsed| Argon2::default().verify_password(secret.as_bytes(), &parsed).is_ok())
}

#[cfg(test)]
mod tests;
