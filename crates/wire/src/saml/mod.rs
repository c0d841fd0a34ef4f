//! SAML assertions and the messages that carry them: WS-Federation with SAML 1.1 tokens, SAML 2.0, WS-Trust.
//!
//! What is written is canonical by construction: [`xml::Writer`] emits nothing but exclusive canonical XML (W3C Exclusive XML
//! Canonicalization 1.0), so that signing is one digest and one signature. What is read is verified first, by a profile that is
//! as narrow as our partners allow, and then read again from the very bytes that were signed.
//!
//! Keys do not live here: a [`Signer`] is handed in.

mod assertion;
mod authn_request;
mod logout;
pub mod metadata;
pub(crate) mod names;
pub mod post;
pub(crate) mod read;
pub mod redirect;
pub mod saml11;
pub mod saml2;
pub mod signature;
mod signer;
pub(crate) mod time;
pub mod verify;
pub mod xml;

pub use assertion::{Assertion, Attribute, Authentication, AuthenticationMethod, Confirmation, NameId, NameIdFormat, Version};
pub use authn_request::{AskedFormat, AuthnRequest, Comparison};
pub use logout::{LogoutRequest, LogoutResponse};
pub use signer::{Signer, SigningError};
pub use verify::{Presented, Refusal, Verified, VerifyingKey};

impl From<xml::InvalidCharacter> for SigningError {
    fn from(_: xml::InvalidCharacter) -> Self {
        Self::Character
    }
}
