//! SHA-256, for recognising a change.

use sha2::{Digest as _, Sha256};

use samesign_engine::ChangeDigest;

/// The digest of a change's canonical JSON.
pub fn of(json: &str) -> ChangeDigest {
    Sha256::digest(json.as_bytes()).into()
}

/// A digest in hexadecimal.
pub fn hexadecimal(digest: &ChangeDigest) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
