//! What the browser posts to the application.

use jiff::Timestamp;

use crate::saml::names::{ADDRESSING, POLICY, UTILITY};
use crate::saml::xml::{Name, Writer};
use crate::saml::{SigningError, time};

/// WS-Trust of February 2005, which MS-MWBF section 2.2.4.1 builds upon.
const TRUST: &str = "http://schemas.xmlsoap.org/ws/2005/02/trust";
const BEARER: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/NoProofKey";
const ISSUE: &str = "http://schemas.xmlsoap.org/ws/2005/02/trust/Issue";
/// A SAML 1.1 assertion, as AD FS names it.
const TOKEN_TYPE: &str = "urn:oasis:names:tc:SAML:1.0:assertion";

const fn trust(local: &'static str) -> Name {
    Name::new("t", TRUST, local)
}

/// The value of `wresult`: a `RequestSecurityTokenResponse` around a SAML 1.1 assertion that is signed already.
///
/// # Errors
/// When the audience holds a character that XML cannot carry.
pub fn response(token: &str, audience: &str, issued_at: Timestamp, expires_at: Timestamp) -> Result<String, SigningError> {
    let mut writer = Writer::new();
    writer.element(trust("RequestSecurityTokenResponse"), &[], |writer| {
        writer.element(trust("Lifetime"), &[], |writer| {
            writer.leaf(Name::new("wsu", UTILITY, "Created"), &[], &time::write(issued_at));
            writer.leaf(Name::new("wsu", UTILITY, "Expires"), &[], &time::write(expires_at));
        });
        writer.element(Name::new("wsp", POLICY, "AppliesTo"), &[], |writer| {
            writer.element(Name::new("wsa", ADDRESSING, "EndpointReference"), &[], |writer| {
                writer.leaf(Name::new("wsa", ADDRESSING, "Address"), &[], audience);
            });
        });
        writer.element(trust("RequestedSecurityToken"), &[], |writer| writer.canonical(token));
        writer.leaf(trust("TokenType"), &[], TOKEN_TYPE);
        writer.leaf(trust("RequestType"), &[], ISSUE);
        writer.leaf(trust("KeyType"), &[], BEARER);
    });
    Ok(writer.finish()?)
}
