//! What the browser posts to the application.

use jiff::Timestamp;

use crate::saml::SigningError;
use crate::saml::xml::Writer;
use crate::wstrust::{Trust, write_response};

/// The value of `wresult`: a `RequestSecurityTokenResponse` of WS-Trust of February 2005 around a SAML 1.1 assertion that is signed
/// already (MS-MWBF section 2.2.4.1).
///
/// # Errors
/// When the audience holds a character that XML cannot carry.
pub fn response(token: &str, audience: &str, issued_at: Timestamp, expires_at: Timestamp) -> Result<String, SigningError> {
    let mut writer = Writer::new();
    write_response(&mut writer, Trust::V2005, token, audience, issued_at, expires_at);
    Ok(writer.finish()?)
}
