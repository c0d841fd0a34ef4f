//! SAML 1.1 assertions (oasis-sstc-saml-core-1.1 section 2.3.2), as AD FS shapes them for Microsoft 365.
//!
//! Namespace and name of an attribute are one URI, parted at its last slash, which is how Windows Identity Foundation puts them
//! together again.

mod read;

pub(super) use read::read;

use super::names::SAML1;
use super::xml::{InvalidCharacter, Name, Writer};
use super::{Assertion, NameId, Signer, SigningError, Version, signature, time};

const fn saml(local: &'static str) -> Name {
    Name::new("saml", SAML1, local)
}

/// Confirmation method of whoever brings the assertion (oasis-sstc-saml-bindings-1.1 section 4.1.1.8).
const BEARER: &str = "urn:oasis:names:tc:SAML:1.0:cm:bearer";

/// Writes the assertion, signed, in canonical form. The signature is the last child, as the schema wants it.
///
/// `confirmation` and `session_index` do not exist in this version and are left out.
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
    let attributes = [
        (Name::plain("AssertionID"), assertion.id.as_str()),
        (Name::plain("IssueInstant"), &issued_at),
        (Name::plain("Issuer"), &assertion.issuer),
        (Name::plain("MajorVersion"), "1"),
        (Name::plain("MinorVersion"), "1"),
    ];
    let mut writer = Writer::new();
    writer.element(saml("Assertion"), &attributes, |writer| {
        conditions(writer, assertion);
        attribute_statement(writer, assertion);
        authentication_statement(writer, assertion);
        writer.canonical(signature);
    });
    writer.finish()
}

/// Section 2.3.2.1.
fn conditions(writer: &mut Writer, assertion: &Assertion) {
    let (from, until) = (time::write(assertion.not_before), time::write(assertion.not_on_or_after));
    writer.element(saml("Conditions"), &[(Name::plain("NotBefore"), &from), (Name::plain("NotOnOrAfter"), &until)], |writer| {
        writer.element(saml("AudienceRestrictionCondition"), &[], |writer| writer.leaf(saml("Audience"), &[], &assertion.audience));
    });
}

/// Section 2.4.4. The schema wants at least one attribute in a statement, so that none means no statement.
fn attribute_statement(writer: &mut Writer, assertion: &Assertion) {
    if assertion.attributes.is_empty() {
        return;
    }
    writer.element(saml("AttributeStatement"), &[], |writer| {
        subject(writer, &assertion.name_id);
        for attribute in &assertion.attributes {
            let (namespace, name) = part(&attribute.name);
            let names = [(Name::plain("AttributeName"), name), (Name::plain("AttributeNamespace"), namespace)];
            writer.element(saml("Attribute"), &names, |writer| {
                for value in &attribute.values {
                    writer.leaf(saml("AttributeValue"), &[], value);
                }
            });
        }
    });
}

/// Section 2.4.3.
fn authentication_statement(writer: &mut Writer, assertion: &Assertion) {
    let at = time::write(assertion.authentication.at);
    let method = assertion.authentication.method.uri(Version::One);
    let attributes = [(Name::plain("AuthenticationInstant"), at.as_str()), (Name::plain("AuthenticationMethod"), method)];
    writer.element(saml("AuthenticationStatement"), &attributes, |writer| subject(writer, &assertion.name_id));
}

/// Section 2.4.2.
fn subject(writer: &mut Writer, name: &NameId) {
    writer.element(saml("Subject"), &[], |writer| {
        writer.leaf(saml("NameIdentifier"), &[(Name::plain("Format"), name.format.uri())], &name.value);
        writer.element(saml("SubjectConfirmation"), &[], |writer| writer.leaf(saml("ConfirmationMethod"), &[], BEARER));
    });
}

/// Namespace and name of an attribute.
fn part(name: &str) -> (&str, &str) {
    name.rsplit_once('/').filter(|(namespace, _)| !namespace.is_empty()).unwrap_or(("", name))
}

/// The one URI of both.
fn join(namespace: &str, name: &str) -> String {
    if namespace.is_empty() { name.to_owned() } else { format!("{namespace}/{name}") }
}
