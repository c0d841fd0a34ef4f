//! An assertion out of the bytes that were signed.

use crate::saml::names::{SAML1, SAML2};
use crate::saml::verify::Refusal;
use crate::saml::xml::{Element, Text};
use crate::saml::{Assertion, Version, saml2, saml11};

/// Reads an assertion of either version.
///
/// Everything is read from `canonical` alone, so that nothing counts but what was signed. A signature in it is passed over, not
/// verified: that is for whoever has the keys.
///
/// # Errors
/// What the version's schema does not have, or what we do not understand and therefore may not believe.
pub(crate) fn read(canonical: &str) -> Result<(Version, Assertion), Refusal> {
    let text = Text::read(canonical.as_bytes())?;
    let document = text.document()?;
    from_element(document.root())
}

fn from_element(root: Element<'_>) -> Result<(Version, Assertion), Refusal> {
    if root.is(SAML1, "Assertion") {
        return Ok((Version::One, saml11::read(root)?));
    }
    if root.is(SAML2, "Assertion") {
        return Ok((Version::Two, saml2::read(root)?));
    }
    Err(Refusal::NoAssertion)
}
