//! Where a secret is kept, and how it is read from there: late, and into a type that cannot be printed.

use std::path::PathBuf;

/// Where a secret is kept.
#[derive(Debug, PartialEq, Eq)]
pub enum SecretPlace {
    /// A file that holds nothing else. One line feed at its end is not part of the secret.
    File(PathBuf),
    /// An environment variable.
    Environment(String),
    /// A systemd credential (`LoadCredential=`).
    Credential(String),
}
