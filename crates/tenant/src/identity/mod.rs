//! Who may sign in: applications with their credentials, people with their passwords, and what a sign-in leaves behind.
//!
//! Rows of the tables made by `store/migrations/0002_sign_in.sql` and `0003_people.sql`. Every password of a person is checked
//! through one door: [`sign_in::sign_in`].

pub mod addresses;
pub mod apps;
pub mod codes;
pub mod device;
pub mod federated;
pub mod lockout;
pub mod log;
pub mod passwords;
pub mod refresh;
pub mod sessions;
pub mod sign_in;

use aws_lc_rs::digest::{SHA256, digest};

pub use passwords::SecretError;

/// What the database holds of a code or token: a digest, so that a copy of the database opens nothing.
fn id(token: &str) -> [u8; 32] {
    let mut id = [0; 32];
    id.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
    id
}

#[cfg(test)]
mod tests;
