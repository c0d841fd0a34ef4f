//! What a program asks.

use jiff::Timestamp;

use super::{SAML11_ASSERTION, SAML11_PROFILE, SOAP, Trust};
use crate::Secret;
use crate::saml::Refusal;
use crate::saml::names::{ADDRESSING, POLICY, SECURITY, UTILITY};
use crate::saml::read::{Children, instant, uri, value};
use crate::saml::xml::{Element, Text};

/// A request for a token (`RequestSecurityToken` in a SOAP envelope, section 3.1) with a `UsernameToken` (WS-Security UsernameToken
/// Profile 1.0 section 3.1).
///
/// It holds a password, so it can neither be printed nor compared:
/// ```compile_fail,E0277
/// fn debug(_: impl std::fmt::Debug) {}
/// debug(samesign_wire::wstrust::RequestSecurityToken::read(b"").ok());
/// ```
pub struct RequestSecurityToken {
    /// The version it is written in, and is to be answered in.
    pub trust: Trust,
    /// `wsa:MessageID`; the answer says which one it answers. Empty when there was none.
    pub message_id: String,
    /// For whom the token is to be (`wsp:AppliesTo`): the audience.
    pub applies_to: String,
    /// `wsse:Username`
    pub username: String,
    /// `wsse:Password`, as it was typed.
    pub password: Secret,
    /// When it was made (`wsu:Timestamp`), where it says so.
    pub created: Option<Timestamp>,
    /// Until when it counts, where it says so.
    pub expires: Option<Timestamp>,
}

/// A password as it was typed; what the profile takes it for where nothing is said.
const PASSWORD_TEXT: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordText";

impl RequestSecurityToken {
    /// Reads a request. Headers that are not listed here are passed over, as are elements of the request that ask for what a token
    /// has anyway.
    ///
    /// # Errors
    /// When it is not XML as we accept it, not such a request, or when it asks for something else than a new SAML 1.1 bearer token.
    /// No refusal holds a password.
    pub fn read(document: &[u8]) -> Result<Self, Refusal> {
        Self::parse(document).map_err(without_text)
    }

    fn parse(document: &[u8]) -> Result<Self, Refusal> {
        let text = Text::read(document)?;
        let document = text.document()?;
        if !document.root().is(SOAP, "Envelope") {
            return Err(Refusal::Missing("Envelope"));
        }
        let mut envelope = Children::of(document.root())?;
        let header = envelope.required(SOAP, "Header")?;
        let mut body = Children::of(envelope.required(SOAP, "Body")?)?;
        envelope.end()?;
        let request = body.any().ok_or(Refusal::Missing("RequestSecurityToken"))?;
        body.end()?;
        let trust = version(request)?;
        let applies_to = asked(request, trust)?;
        let message_id = header.optional(ADDRESSING, "MessageID")?.map(|id| uri(id, "MessageID")).transpose()?;
        if let Some(action) = header.optional(ADDRESSING, "Action")? {
            expect(uri(action, "Action")?, "Action", &[&trust.request_action()])?;
        }
        let security = header.required(SECURITY, "Security")?;
        let (created, expires) = lifetime(security)?;
        let (username, password) = user(security)?;
        Ok(Self { trust, message_id: message_id.unwrap_or_default().to_owned(), applies_to, username, password, created, expires })
    }
}

/// Text that stands where none belongs may be a password.
fn without_text(refusal: Refusal) -> Refusal {
    match refusal {
        Refusal::Unexpected(_) => Refusal::Unexpected("what follows an element".to_owned()),
        other => other,
    }
}

fn version(request: Element<'_>) -> Result<Trust, Refusal> {
    let found = Trust::ALL.into_iter().find(|trust| request.is(trust.namespace(), "RequestSecurityToken"));
    found.ok_or(Refusal::Missing("RequestSecurityToken"))
}

/// What is asked for must be what we issue; the answer is for whom.
fn asked(request: Element<'_>, trust: Trust) -> Result<String, Refusal> {
    let namespace = trust.namespace();
    expect(uri(request.required(namespace, "RequestType")?, "RequestType")?, "RequestType", &[&trust.issue()])?;
    if let Some(key_type) = request.optional(namespace, "KeyType")? {
        expect(uri(key_type, "KeyType")?, "KeyType", &[trust.bearer(), Trust::V2005.bearer()])?;
    }
    if let Some(token_type) = request.optional(namespace, "TokenType")? {
        expect(uri(token_type, "TokenType")?, "TokenType", &[SAML11_ASSERTION, SAML11_PROFILE])?;
    }
    let applies_to = request.required(POLICY, "AppliesTo")?.required(ADDRESSING, "EndpointReference")?;
    Ok(uri(applies_to.required(ADDRESSING, "Address")?, "Address")?.to_owned())
}

fn expect(given: &str, what: &'static str, accepted: &[&str]) -> Result<(), Refusal> {
    if accepted.contains(&given) { Ok(()) } else { Err(value(what, given)) }
}

/// WS-Security 1.0 section 10.
fn lifetime(security: Element<'_>) -> Result<(Option<Timestamp>, Option<Timestamp>), Refusal> {
    let Some(timestamp) = security.optional(UTILITY, "Timestamp")? else { return Ok((None, None)) };
    let time = |local| match timestamp.optional(UTILITY, local)? {
        Some(element) => instant(local, uri(element, local)?).map(Some),
        None => Ok(None),
    };
    Ok((time("Created")?, time("Expires")?))
}

/// An error here must not quote what it found: in its place there may be a password.
fn user(security: Element<'_>) -> Result<(String, Secret), Refusal> {
    let token = security.required(SECURITY, "UsernameToken").map_err(|_| Refusal::Missing("UsernameToken"))?;
    let within = |local| token.required(SECURITY, local).map_err(|_| Refusal::Missing(local));
    let (username, password) = (within("Username")?, within("Password")?);
    if password.attribute("Type").is_some_and(|kind| kind != PASSWORD_TEXT) {
        return Err(Refusal::Missing("Password"));
    }
    let username = username.text().map_err(|_| Refusal::Missing("Username"))?;
    let password = password.text().map_err(|_| Refusal::Missing("Password"))?;
    if username.is_empty() {
        return Err(Refusal::Missing("Username"));
    }
    Ok((username.to_owned(), Secret::new(password.to_owned())))
}
