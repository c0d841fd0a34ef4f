//! Messages in a form that the browser posts (saml-bindings-2.0-os section 3.5).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Refusal, read};

/// The largest message that is accepted, in bytes of its document.
pub const DOCUMENT_BYTES_MAX: usize = 256 * 1024;

/// The value of the field `SAMLRequest` or `SAMLResponse`.
pub fn encode(document: &str) -> String {
    STANDARD.encode(document)
}

/// The document in such a value. Line breaks in it, as MIME knows them, do not count (RFC 2045 section 6.8).
///
/// # Errors
/// When it is too long or not Base64.
pub fn decode(value: &str) -> Result<Vec<u8>, Refusal> {
    let too_long = value.len() > DOCUMENT_BYTES_MAX / 3 * 4 + DOCUMENT_BYTES_MAX / 16;
    if too_long {
        return Err(Refusal::TooLarge { bytes: value.len() / 4 * 3 });
    }
    let dense: Vec<u8> = value.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    STANDARD.decode(dense).map_err(|_| read::value("the message in the form", value))
}
