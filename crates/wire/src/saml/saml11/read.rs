//! Reads what another issuer, or ourselves, wrote.

use super::{BEARER, join};
use crate::saml::names::SAML1;
use crate::saml::read::{Children, attribute, exactly, id, text, time, unexpected, value};
use crate::saml::verify::Refusal;
use crate::saml::xml::Element;
use crate::saml::{Assertion, Attribute, Authentication, AuthenticationMethod, NameId, NameIdFormat};

/// Reads `saml:Assertion`. Exactly one audience and one `AuthenticationStatement`; all subjects name the same bearer.
pub(in crate::saml) fn read(assertion: Element<'_>) -> Result<Assertion, Refusal> {
    exactly(assertion, "MajorVersion", "1")?;
    exactly(assertion, "MinorVersion", "1")?;
    let mut children = Children::of(assertion)?;
    let conditions = children.required(SAML1, "Conditions")?;
    let _ = children.optional(SAML1, "Advice");
    let mut statements = Statements::default();
    while let Some(statement) =
        children.optional(SAML1, "AttributeStatement").or_else(|| children.optional(SAML1, "AuthenticationStatement"))
    {
        statements.add(statement)?;
    }
    children.skip_signature();
    children.end()?;
    Ok(Assertion {
        id: id(assertion, "AssertionID")?,
        issuer: Some(attribute(assertion, "Issuer")?).filter(|issuer| !issuer.is_empty()).ok_or(Refusal::Missing("Issuer"))?.to_owned(),
        issued_at: time(assertion, "IssueInstant")?,
        not_before: time(conditions, "NotBefore")?,
        not_on_or_after: time(conditions, "NotOnOrAfter")?,
        audience: audience(conditions)?,
        name_id: statements.name.ok_or(Refusal::Missing("Subject"))?,
        authentication: statements.authentication.ok_or(Refusal::Missing("AuthenticationStatement"))?,
        confirmation: None,
        attributes: statements.attributes,
    })
}

/// A condition that is not understood makes the assertion worthless (oasis-sstc-saml-core-1.1 section 2.3.2.1.1).
fn audience(conditions: Element<'_>) -> Result<String, Refusal> {
    let mut children = Children::of(conditions)?;
    let restriction = children.required(SAML1, "AudienceRestrictionCondition")?;
    // The assertion may be used once only anyway.
    let _ = children.optional(SAML1, "DoNotCacheCondition");
    children.end()?;
    let mut audiences = Children::of(restriction)?;
    let audience = text(audiences.required(SAML1, "Audience")?, "Audience")?;
    audiences.end()?;
    Ok(audience.to_owned())
}

#[derive(Default)]
struct Statements {
    name: Option<NameId>,
    authentication: Option<Authentication>,
    attributes: Vec<Attribute>,
}

impl Statements {
    fn add(&mut self, statement: Element<'_>) -> Result<(), Refusal> {
        let mut children = Children::of(statement)?;
        let name = subject(children.required(SAML1, "Subject")?)?;
        if self.name.as_ref().is_some_and(|known| *known != name) {
            return Err(value("Subject", &name.value));
        }
        self.name = Some(name);
        if statement.local() == "AttributeStatement" {
            for attribute in children.all(SAML1, "Attribute") {
                self.attributes.extend(read_attribute(attribute)?);
            }
            return children.end();
        }
        if self.authentication.is_some() {
            return Err(unexpected(statement));
        }
        let method = AuthenticationMethod::from_uri(attribute(statement, "AuthenticationMethod")?);
        self.authentication = Some(Authentication { at: time(statement, "AuthenticationInstant")?, method, session_index: None });
        let _ = children.optional(SAML1, "SubjectLocality");
        children.end()
    }
}

fn subject(subject: Element<'_>) -> Result<NameId, Refusal> {
    let mut children = Children::of(subject)?;
    let name = children.required(SAML1, "NameIdentifier")?;
    let format = match name.attribute("Format") {
        Some(uri) => NameIdFormat::from_uri(uri).ok_or_else(|| value("Format", uri))?,
        None => NameIdFormat::Unspecified,
    };
    let mut confirmation = Children::of(children.required(SAML1, "SubjectConfirmation")?)?;
    let method = text(confirmation.required(SAML1, "ConfirmationMethod")?, "ConfirmationMethod")?;
    confirmation.end()?;
    children.end()?;
    if method != BEARER {
        return Err(value("ConfirmationMethod", method));
    }
    Ok(NameId { value: text(name, "NameIdentifier")?.to_owned(), format })
}

/// Nothing where the attribute has no value.
fn read_attribute(element: Element<'_>) -> Result<Option<Attribute>, Refusal> {
    let name = join(attribute(element, "AttributeNamespace")?, attribute(element, "AttributeName")?);
    let mut children = Children::of(element)?;
    let values: Result<Vec<_>, _> = children.all(SAML1, "AttributeValue").iter().map(|value| value.text().map(str::to_owned)).collect();
    let values = values?;
    children.end()?;
    Ok((!values.is_empty()).then_some(Attribute { name, values }))
}
