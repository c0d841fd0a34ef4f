//! The form in which a Windows password reaches the tenant: a salted PBKDF2 digest of its NT hash, `v1;PPH1_MD4,...`.
//!
//! Salts come in as arguments, from the operating system's generator. Neither a clear password nor an NT hash leaves this module but through
//! [`NtHash::expose`].

mod credential;
mod derive;
mod nt_hash;
#[cfg(test)]
mod tests;

pub use credential::{CredentialData, CredentialDataError, ITERATIONS_MAX};
pub use derive::{ITERATIONS, derive};
pub use nt_hash::NtHash;

/// The random bytes that make two people with one password look different. New ones for every blob.
pub type Salt = [u8; 10];
