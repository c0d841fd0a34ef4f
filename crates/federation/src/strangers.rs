//! What anybody may send, read as the service reads it, and thrown away: here the fuzzer knocks.

use crate::{negotiate, service};

/// A token behind `Authorization: Negotiate`, after its Base64. Whether what is handed on of it reads alike.
pub fn token(bytes: &[u8]) -> bool {
    negotiate::read_token(bytes)
}

/// A query or a form at `/adfs/ls/`.
pub fn request(text: &str) {
    service::read_request(text);
}
