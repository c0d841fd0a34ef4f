//! Reads what another issuer, or ourselves, wrote.

use super::BEARER;
use crate::saml::names::SAML2;
use crate::saml::read::{Children, attribute, exactly, id, text, time, unexpected, value};
use crate::saml::verify::Refusal;
use crate::saml::xml::Element;
use crate::saml::{Assertion, Attribute, Authentication, AuthenticationMethod, Confirmation, NameId, NameIdFormat};

/// Reads `saml:Assertion`. Exactly one audience, one `AuthnStatement` and one bearer.
pub(in crate::saml) fn read(assertion: Element<'_>) -> Result<Assertion, Refusal> {
    exactly(assertion, "Version", "2.0")?;
    let mut children = Children::of(assertion)?;
    let issuer = text(children.required(SAML2, "Issuer")?, "Issuer")?;
    children.skip_signature();
    let (name_id, confirmation) = subject(children.required(SAML2, "Subject")?)?;
    let conditions = children.required(SAML2, "Conditions")?;
    let _ = children.optional(SAML2, "Advice");
    let (mut authentication, mut attributes) = (None, Vec::new());
    while let Some(statement) = children.any() {
        if statement.is(SAML2, "AuthnStatement") && authentication.is_none() {
            authentication = Some(authn_statement(statement)?);
        } else if statement.is(SAML2, "AttributeStatement") {
            attributes.extend(attribute_statement(statement)?);
        } else {
            return Err(unexpected(statement));
        }
    }
    Ok(Assertion {
        id: id(assertion, "ID")?,
        issuer: issuer.to_owned(),
        issued_at: time(assertion, "IssueInstant")?,
        not_before: time(conditions, "NotBefore")?,
        not_on_or_after: time(conditions, "NotOnOrAfter")?,
        audience: audience(conditions)?,
        name_id,
        authentication: authentication.ok_or(Refusal::Missing("AuthnStatement"))?,
        confirmation,
        attributes,
    })
}

pub(in crate::saml) fn name_id(element: Element<'_>) -> Result<NameId, Refusal> {
    let format = match element.attribute("Format") {
        Some(uri) => NameIdFormat::from_uri(uri).ok_or_else(|| value("Format", uri))?,
        None => NameIdFormat::Unspecified,
    };
    Ok(NameId { value: text(element, "NameID")?.to_owned(), format })
}

fn subject(subject: Element<'_>) -> Result<(NameId, Option<Confirmation>), Refusal> {
    let mut children = Children::of(subject)?;
    if children.optional(SAML2, "EncryptedID").is_some() {
        return Err(Refusal::Encrypted);
    }
    let name = name_id(children.required(SAML2, "NameID")?)?;
    let confirmation = children.required(SAML2, "SubjectConfirmation")?;
    children.end()?;
    exactly(confirmation, "Method", BEARER)?;
    let mut data = Children::of(confirmation)?;
    let found = data.optional(SAML2, "SubjectConfirmationData").map(confirmation_data).transpose()?;
    data.end()?;
    Ok((name, found))
}

/// A bearer's data has no `NotBefore` (saml-profiles-2.0-os section 4.1.4.2).
fn confirmation_data(data: Element<'_>) -> Result<Confirmation, Refusal> {
    if data.attribute("NotBefore").is_some() {
        return Err(Refusal::Unexpected("NotBefore".to_owned()));
    }
    Ok(Confirmation {
        recipient: attribute(data, "Recipient")?.to_owned(),
        in_response_to: data.attribute("InResponseTo").map(str::to_owned),
        not_on_or_after: time(data, "NotOnOrAfter")?,
    })
}

/// A condition that is not understood makes the assertion worthless (saml-core-2.0-os section 2.5.1.1).
fn audience(conditions: Element<'_>) -> Result<String, Refusal> {
    let mut children = Children::of(conditions)?;
    let restriction = children.required(SAML2, "AudienceRestriction")?;
    // It may be used once only anyway, and nothing is issued on the strength of it.
    let _ = (children.optional(SAML2, "OneTimeUse"), children.optional(SAML2, "ProxyRestriction"));
    children.end()?;
    let mut audiences = Children::of(restriction)?;
    let audience = text(audiences.required(SAML2, "Audience")?, "Audience")?;
    audiences.end()?;
    Ok(audience.to_owned())
}

fn authn_statement(statement: Element<'_>) -> Result<Authentication, Refusal> {
    let mut children = Children::of(statement)?;
    let _ = children.optional(SAML2, "SubjectLocality");
    let context = children.required(SAML2, "AuthnContext")?;
    children.end()?;
    let class = Children::of(context)?.optional(SAML2, "AuthnContextClassRef");
    let method = match class {
        Some(class) => AuthenticationMethod::from_uri(text(class, "AuthnContextClassRef")?),
        None => AuthenticationMethod::Other,
    };
    Ok(Authentication {
        at: time(statement, "AuthnInstant")?,
        method,
        session_index: statement.attribute("SessionIndex").map(str::to_owned),
    })
}

/// Attributes without a value are left out.
fn attribute_statement(statement: Element<'_>) -> Result<Vec<Attribute>, Refusal> {
    let mut found = Vec::new();
    for element in statement.elements()? {
        if element.is(SAML2, "EncryptedAttribute") {
            return Err(Refusal::Encrypted);
        }
        if !element.is(SAML2, "Attribute") {
            return Err(unexpected(element));
        }
        let mut children = Children::of(element)?;
        let values: Result<Vec<_>, _> = children.all(SAML2, "AttributeValue").iter().map(|value| value.text().map(str::to_owned)).collect();
        let values = values?;
        children.end()?;
        if !values.is_empty() {
            found.push(Attribute { name: attribute(element, "Name")?.to_owned(), values });
        }
    }
    Ok(found)
}
