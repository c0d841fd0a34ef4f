//! What a program is answered when it gets its token.

use jiff::{SignedDuration, Timestamp};

use super::{SAML11_ASSERTION, Trust, envelope, security, soap, utility};
use crate::saml::names::{ADDRESSING, POLICY, UTILITY};
use crate::saml::xml::{Name, Writer};
use crate::saml::{SigningError, time};

/// How long the answer itself is good for; the token has its own lifetime.
const ANSWER_LIFETIME: SignedDuration = SignedDuration::from_mins(5);

/// The answer that brings a token: a SAML 1.1 assertion that is signed already.
///
/// `relates_to` is the request's message id; empty when it had none.
///
/// # Errors
/// When a value holds a character that XML cannot carry.
pub fn response(
    trust: Trust,
    relates_to: &str,
    token: &str,
    audience: &str,
    issued_at: Timestamp,
    expires_at: Timestamp,
) -> Result<String, SigningError> {
    let relates_to = Some(relates_to).filter(|message| !message.is_empty());
    let collection = Name::new("trust", Trust::V13.namespace(), "RequestSecurityTokenResponseCollection");
    let header = |writer: &mut Writer| answer_lifetime(writer, issued_at);
    envelope(&trust.response_action(), relates_to, header, |writer| match trust {
        Trust::V2005 => write_response(writer, trust, token, audience, issued_at, expires_at),
        Trust::V13 => writer.element(collection, &[], |writer| write_response(writer, trust, token, audience, issued_at, expires_at)),
    })
}

/// WS-Security 1.0 section 10.
fn answer_lifetime(writer: &mut Writer, issued_at: Timestamp) {
    let until = issued_at.checked_add(ANSWER_LIFETIME).unwrap_or(issued_at);
    writer.element(security("Security"), &[(soap("mustUnderstand"), "1")], |writer| {
        writer.element(utility("Timestamp"), &[(utility("Id"), "_0")], |writer| {
            writer.leaf(utility("Created"), &[], &time::write(issued_at));
            writer.leaf(utility("Expires"), &[], &time::write(until));
        });
    });
}

/// `RequestSecurityTokenResponse` (section 3.2).
pub(crate) fn write_response(writer: &mut Writer, trust: Trust, token: &str, audience: &str, issued_at: Timestamp, expires_at: Timestamp) {
    let prefix = match trust {
        Trust::V2005 => "t",
        Trust::V13 => "trust",
    };
    let name = |local| Name::new(prefix, trust.namespace(), local);
    writer.element(name("RequestSecurityTokenResponse"), &[], |writer| {
        writer.element(name("Lifetime"), &[], |writer| {
            writer.leaf(Name::new("wsu", UTILITY, "Created"), &[], &time::write(issued_at));
            writer.leaf(Name::new("wsu", UTILITY, "Expires"), &[], &time::write(expires_at));
        });
        writer.element(Name::new("wsp", POLICY, "AppliesTo"), &[], |writer| {
            writer.element(Name::new("wsa", ADDRESSING, "EndpointReference"), &[], |writer| {
                writer.leaf(Name::new("wsa", ADDRESSING, "Address"), &[], audience);
            });
        });
        writer.element(name("RequestedSecurityToken"), &[], |writer| writer.canonical(token));
        writer.leaf(name("TokenType"), &[], SAML11_ASSERTION);
        writer.leaf(name("RequestType"), &[], &trust.issue());
        writer.leaf(name("KeyType"), &[], trust.bearer());
    });
}
