//! Verifies signed assertions, and signed requests. [`Verified`] is the only door to what assertions claim.
//!
//! "The signature is valid" is no answer: of what, and is that what will be read? So a message is taken apart by one narrow profile:
//! one assertion, at its one place, with one signature, over that assertion whole, by a key that is known beforehand. What the
//! signature covers is canonicalised, and claims are read from those very bytes; no other code sees the document.
//!
//! Whether the assertion is for us, in time, new, and by an issuer who may speak for that person is not decided here.

mod key;
mod place;
mod refusal;
mod signed;
#[cfg(test)]
mod tests;

pub use key::VerifyingKey;
pub use refusal::Refusal;
pub(crate) use refusal::quoted;

use super::xml::Text;
use super::{Assertion, Version, assertion};
use signed::Signed;

/// A message that has the shape of a signed assertion. Nothing in it is believed.
#[derive(Clone, Debug)]
pub struct Presented {
    version: Version,
    claimed_issuer: String,
    signed: Signed,
}

impl Presented {
    /// Takes a SAML 2.0 `Response` whose status is success, a WS-Trust `RequestSecurityTokenResponse` of February 2005 or 1.3 (there
    /// also in its collection) with a SAML 1.1 assertion, or an assertion of either version by itself.
    ///
    /// A signature over the message around the assertion is neither needed nor looked at.
    ///
    /// # Errors
    /// Whatever the profile does not have; a status other than success before all that follows the checks of the text.
    pub fn read(document: &[u8]) -> Result<Self, Refusal> {
        let text = Text::read(document)?;
        let document = text.document()?;
        let place = place::find(document.root())?;
        let signed = Signed::read(place.assertion, place.id, place.signature)?;
        Ok(Self { version: place.version, claimed_issuer: place.issuer()?.to_owned(), signed })
    }

    /// The version of the assertion.
    pub const fn version(&self) -> Version {
        self.version
    }

    /// Who the assertion says issued it. Good for choosing keys, for nothing else.
    pub fn claimed_issuer(&self) -> &str {
        &self.claimed_issuer
    }

    /// Checks digest and signature with the keys that the issuer is known by, then reads what was signed.
    ///
    /// # Errors
    /// [`Refusal::NoKey`] without keys, [`Refusal::Digest`] or [`Refusal::Signature`] when they do not fit, and whatever in the
    /// assertion we do not understand and therefore may not believe.
    pub fn verify(&self, keys: &[VerifyingKey]) -> Result<Verified, Refusal> {
        let (version, assertion) = assertion::read(self.signed.verify(keys)?)?;
        if version != self.version || assertion.issuer != self.claimed_issuer {
            return Err(Refusal::value("Issuer", &assertion.issuer));
        }
        Ok(Verified { version, assertion })
    }
}

/// The `AuthnRequest` or `LogoutRequest` of a form, when one of the keys signed it: its canonical form without the signature, which is
/// all of it that may be read.
///
/// The profile is that of [`Presented`]: one signature, at its place, over the request whole (saml-bindings-2.0-os section 3.5.5.2).
///
/// # Errors
/// [`Refusal::Unsigned`] without a signature, [`Refusal::NoKey`] without keys, [`Refusal::Digest`] or [`Refusal::Signature`] when they do
/// not fit, and whatever the profile does not have.
pub fn request(document: &[u8], keys: &[VerifyingKey]) -> Result<String, Refusal> {
    let text = Text::read(document)?;
    let document = text.document()?;
    let (id, signature) = place::of_request(document.root())?;
    Ok(Signed::read(document.root(), id, signature)?.verify(keys)?.to_owned())
}

/// An assertion that one of the given keys signed, read from the bytes that it signed.
#[derive(Debug, PartialEq, Eq)]
pub struct Verified {
    version: Version,
    assertion: Assertion,
}

impl Verified {
    /// What is claimed.
    pub const fn assertion(&self) -> &Assertion {
        &self.assertion
    }

    /// Its version.
    pub const fn version(&self) -> Version {
        self.version
    }
}
