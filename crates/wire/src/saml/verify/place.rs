//! Finds the one assertion of a message, at the one place where each kind of message has it.

use super::Refusal;
use crate::saml::Version;
use crate::saml::names::{SAML1, SAML2, SAML2_PROTOCOL as PROTOCOL};
use crate::saml::xml::{Element, names_an_element};

const TRUST_2005: &str = "http://schemas.xmlsoap.org/ws/2005/02/trust";
const TRUST_13: &str = "http://docs.oasis-open.org/ws-sx/ws-trust/200512";
const REQUEST_TO_SIGN_IN: &str = "AuthnRequest";
const REQUEST_TO_SIGN_OUT: &str = "LogoutRequest";
const SUCCESS: &str = "urn:oasis:names:tc:SAML:2.0:status:Success";

/// The assertion of a message.
pub(super) struct Place<'a> {
    pub(super) version: Version,
    pub(super) assertion: Element<'a>,
    /// Its id.
    pub(super) id: &'a str,
    /// Its signature, at its place.
    pub(super) signature: Element<'a>,
}

/// Finds it.
pub(super) fn find(root: Element<'_>) -> Result<Place<'_>, Refusal> {
    if root.is(PROTOCOL, "Response") {
        status(root)?;
    }
    let assertion = only_assertion(root)?;
    let version = version_of(assertion)?;
    let around = surroundings(root, assertion, version)?;
    refuse_strays(root, assertion, &around)?;
    let id = id_of(assertion, version)?;
    let signature = signature_of(assertion, version)?;
    // The signature does not cover itself.
    if let Some(stray) = signature.descendants().find(|element| of_token(*element)) {
        return Err(Refusal::unexpected(stray.local()));
    }
    Ok(Place { version, assertion, id, signature })
}

impl<'a> Place<'a> {
    /// Who the assertion says issued it.
    pub(super) fn issuer(&self) -> Result<&'a str, Refusal> {
        match self.version {
            Version::One => self.assertion.attribute("Issuer").ok_or(Refusal::Missing("Issuer")),
            Version::Two => self.assertion.required(SAML2, "Issuer")?.text(),
        }
    }
}

/// The signature of a request, and its id: the second child, after the issuer (saml-core-2.0-os section 3.2.1), for the request whole.
pub(super) fn of_request(root: Element<'_>) -> Result<(&str, Element<'_>), Refusal> {
    if ![REQUEST_TO_SIGN_IN, REQUEST_TO_SIGN_OUT].iter().any(|local| root.is(PROTOCOL, local)) {
        return Err(Refusal::unexpected(root.local()));
    }
    Ok((id_of(root, Version::Two)?, signature_of(root, Version::Two)?))
}

/// The status of a response comes before anything else in it.
fn status(response: Element<'_>) -> Result<(), Refusal> {
    let status = response.required(PROTOCOL, "Status")?;
    let code = status.required(PROTOCOL, "StatusCode")?;
    let value = code.attribute("Value").ok_or(Refusal::Missing("StatusCode"))?;
    if value == SUCCESS {
        return Ok(());
    }
    let second = code.optional(PROTOCOL, "StatusCode")?.and_then(|second| second.attribute("Value"));
    let message = status.optional(PROTOCOL, "StatusMessage")?.map(|message| message.text()).transpose()?;
    Err(Refusal::Status { code: super::quoted(value), second: second.map(super::quoted), message: message.map(super::quoted) })
}

/// The only element called `Assertion`, whatever its namespace and wherever it stands.
fn only_assertion(root: Element<'_>) -> Result<Element<'_>, Refusal> {
    if root.descendants().any(|element| element.local().starts_with("Encrypted")) {
        return Err(Refusal::Encrypted);
    }
    let mut found = root.descendants().filter(|element| element.local() == "Assertion");
    match (found.next(), found.next()) {
        (None, _) => Err(Refusal::NoAssertion),
        (Some(only), None) => Ok(only),
        (Some(_), Some(_)) => Err(Refusal::SeveralAssertions),
    }
}

fn version_of(assertion: Element<'_>) -> Result<Version, Refusal> {
    match (assertion.namespace(), assertion.attribute("MajorVersion"), assertion.attribute("MinorVersion"), assertion.attribute("Version"))
    {
        (SAML1, Some("1"), Some("1"), None) => Ok(Version::One),
        (SAML2, None, None, Some("2.0")) => Ok(Version::Two),
        (namespace, ..) => Err(Refusal::value("the version of the assertion", namespace)),
    }
}

/// The elements that lead to the assertion, from the root on, without itself. Each kind of message has one way.
fn surroundings<'a>(root: Element<'a>, assertion: Element<'a>, version: Version) -> Result<Vec<Element<'a>>, Refusal> {
    let mut path: Vec<_> = std::iter::successors(assertion.parent(), Element::parent).collect();
    path.reverse();
    let names: Vec<_> = path.iter().map(|element| (element.namespace(), element.local())).collect();
    let fits = match (version, names.as_slice()) {
        (_, []) => root == assertion,
        (Version::Two, [(PROTOCOL, "Response")]) => root.attribute("Version") == Some("2.0"),
        (Version::One, [(trust @ (TRUST_2005 | TRUST_13), "RequestSecurityTokenResponse"), (inner, "RequestedSecurityToken")]) => {
            trust == inner
        }
        (
            Version::One,
            [
                (TRUST_13, "RequestSecurityTokenResponseCollection"),
                (TRUST_13, "RequestSecurityTokenResponse"),
                (TRUST_13, "RequestedSecurityToken"),
            ],
        ) => root.elements()?.len() == 1,
        _ => false,
    };
    if fits { Ok(path) } else { Err(Refusal::unexpected(assertion.parent().map_or("Assertion", |parent| parent.local()))) }
}

/// Around the assertion stands nothing that could be taken for it, or for a part of it.
fn refuse_strays(root: Element<'_>, assertion: Element<'_>, path: &[Element<'_>]) -> Result<(), Refusal> {
    for (index, element) in path.iter().enumerate() {
        let children = element.elements()?;
        match element.local() {
            "Response" => response(&children)?,
            "RequestedSecurityToken" if children.len() != 1 => return Err(Refusal::unexpected("RequestedSecurityToken")),
            _ => {}
        }
        let inward = path.get(index + 1).copied().unwrap_or(assertion);
        for stray in children.into_iter().filter(|child| *child != inward).flat_map(|child| child.descendants()) {
            if of_token(stray) && !(stray.is(SAML2, "Issuer") && stray.parent() == Some(root)) {
                return Err(Refusal::unexpected(stray.local()));
            }
        }
    }
    Ok(())
}

/// Whether it belongs to assertions of either version.
fn of_token(element: Element<'_>) -> bool {
    matches!(element.namespace(), SAML1 | SAML2)
}

/// `Issuer?, Signature?, Status, Assertion` (saml-core-2.0-os section 3.2.2), without `Extensions`.
fn response(children: &[Element<'_>]) -> Result<(), Refusal> {
    const ORDER: [&str; 4] = ["Issuer", "Signature", "Status", "Assertion"];
    let mut at = 0;
    for child in children {
        let found = ORDER.iter().skip(at).position(|name| *name == child.local()).ok_or_else(|| Refusal::unexpected(child.local()))?;
        at += found + 1;
    }
    Ok(())
}

/// The id of an assertion: a plain attribute, a plain name. Ids in namespaces are refused in it and on it.
fn id_of(assertion: Element<'_>, version: Version) -> Result<&str, Refusal> {
    let own = match version {
        Version::One => "AssertionID",
        Version::Two => "ID",
    };
    let foreign = assertion
        .descendants()
        .flat_map(|element| element.attributes())
        .any(|(namespace, local, _)| !namespace.is_empty() && names_an_element(local));
    let second = assertion.attributes().any(|(_, local, _)| names_an_element(local) && local != own);
    if foreign || second {
        return Err(Refusal::ForeignId);
    }
    let id = assertion.attribute(own).ok_or(Refusal::Missing(own))?;
    let begins = id.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    let plain = id.chars().all(|character| character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.'));
    if begins && plain { Ok(id) } else { Err(Refusal::value(own, id)) }
}

/// The signature of an assertion: after the issuer in SAML 2.0 (saml-core-2.0-os section 2.3.3), last in SAML 1.1
/// (oasis-sstc-saml-core-1.1 section 2.3.2). No other stands in it, under whatever namespace.
fn signature_of(assertion: Element<'_>, version: Version) -> Result<Element<'_>, Refusal> {
    let mut found = assertion.descendants().filter(|element| element.local() == "Signature");
    let signature = found.next().ok_or(Refusal::Unsigned)?;
    if found.next().is_some() {
        return Err(Refusal::MisplacedSignature);
    }
    let children = assertion.elements()?;
    let place = match version {
        Version::One => children.last(),
        Version::Two => children.get(1).filter(|_| children.first().is_some_and(|first| first.is(SAML2, "Issuer"))),
    };
    if place == Some(&signature) && signature.namespace() == crate::saml::signature::NAMESPACE {
        Ok(signature)
    } else {
        Err(Refusal::MisplacedSignature)
    }
}
