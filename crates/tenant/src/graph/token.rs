//! The opaque tokens in links: Base64url of JSON. A client may send anything back, so they are checked like any input.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A token is never longer than this; a longer one is not ours.
const BYTES_MAX: usize = 16 * 1024;

/// Makes a token.
pub fn encode<T: Serialize>(value: &T) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(value).unwrap_or_default())
}

/// Reads a token; `None` when it is not one of ours.
pub fn decode<T: DeserializeOwned>(token: &str) -> Option<T> {
    let bytes = (token.len() <= BYTES_MAX).then(|| URL_SAFE_NO_PAD.decode(token.trim_end_matches('=')).ok()).flatten()?;
    serde_json::from_slice(&bytes).ok()
}
