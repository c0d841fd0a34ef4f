//! SAML 2.0 assertions (saml-core-2.0-os section 2.3.3) and the response that carries one (section 3.3.3).

mod read;
pub(super) mod response;

pub(super) use read::{name_id, read};
pub use response::{Response, Status};

use super::names::SAML2;
use super::xml::{InvalidCharacter, Name, Writer};
use super::{Assertion, Signer, SigningError, Version, signature, time};

pub(super) const fn saml(local: &'static str) -> Name {
    Name::new("saml", SAML2, local)
}

/// Confirmation method of whoever brings the assertion (saml-profiles-2.0-os section 3.3).
pub(super) const BEARER: &str = "urn:oasis:names:tc:SAML:2.0:cm:bearer";

/// Writes the assertion, signed, in canonical form. The signature is the second child, after the issuer, as the schema wants it.
///
/// # Errors
/// When a value holds a character that XML cannot carry, or the key refuses.
pub fn write(assertion: &Assertion, signer: &dyn Signer) -> Result<String, SigningError> {
    let unsigned = document(assertion, "")?;
    let signature = signature::element(&assertion.id, &unsigned, signer)?;
    Ok(document(assertion, &signature)?)
}

fn document(assertion: &Assertion, signature: &str) -> Result<String, InvalidCharacter> {
    let issued_at = time::write(assertion.issued_at);
    let attributes =
        [(Name::plain("ID"), assertion.id.as_str()), (Name::plain("IssueInstant"), &issued_at), (Name::plain("Version"), "2.0")];
    let mut writer = Writer::new();
    writer.element(saml("Assertion"), &attributes, |writer| {
        writer.leaf(saml("Issuer"), &[], &assertion.issuer);
        writer.canonical(signature);
        subject(writer, assertion);
        conditions(writer, assertion);
        authn_statement(writer, assertion);
        attribute_statement(writer, assertion);
    });
    writer.finish()
}

/// Section 2.4.1.
fn subject(writer: &mut Writer, assertion: &Assertion) {
    let name = &assertion.name_id;
    writer.element(saml("Subject"), &[], |writer| {
        writer.leaf(saml("NameID"), &[(Name::plain("Format"), name.format.uri())], &name.value);
        writer.element(saml("SubjectConfirmation"), &[(Name::plain("Method"), BEARER)], |writer| {
            let Some(confirmation) = &assertion.confirmation else { return };
            let until = time::write(confirmation.not_on_or_after);
            let mut attributes = vec![(Name::plain("NotOnOrAfter"), until.as_str()), (Name::plain("Recipient"), &confirmation.recipient)];
            attributes.extend(confirmation.in_response_to.as_deref().map(|request| (Name::plain("InResponseTo"), request)));
            writer.leaf(saml("SubjectConfirmationData"), &attributes, "");
        });
    });
}

/// Section 2.5.1.
fn conditions(writer: &mut Writer, assertion: &Assertion) {
    let (from, until) = (time::write(assertion.not_before), time::write(assertion.not_on_or_after));
    writer.element(saml("Conditions"), &[(Name::plain("NotBefore"), &from), (Name::plain("NotOnOrAfter"), &until)], |writer| {
        writer.element(saml("AudienceRestriction"), &[], |writer| writer.leaf(saml("Audience"), &[], &assertion.audience));
    });
}

/// Section 2.7.2.
fn authn_statement(writer: &mut Writer, assertion: &Assertion) {
    let at = time::write(assertion.authentication.at);
    let mut attributes = vec![(Name::plain("AuthnInstant"), at.as_str())];
    attributes.extend(assertion.authentication.session_index.as_deref().map(|index| (Name::plain("SessionIndex"), index)));
    writer.element(saml("AuthnStatement"), &attributes, |writer| {
        let class = assertion.authentication.method.uri(Version::Two);
        writer.element(saml("AuthnContext"), &[], |writer| writer.leaf(saml("AuthnContextClassRef"), &[], class));
    });
}

/// Section 2.7.3. The schema wants at least one attribute in a statement, so that none means no statement.
fn attribute_statement(writer: &mut Writer, assertion: &Assertion) {
    if assertion.attributes.is_empty() {
        return;
    }
    writer.element(saml("AttributeStatement"), &[], |writer| {
        for attribute in &assertion.attributes {
            writer.element(saml("Attribute"), &[(Name::plain("Name"), &attribute.name)], |writer| {
                for value in &attribute.values {
                    writer.leaf(saml("AttributeValue"), &[], value);
                }
            });
        }
    });
}
