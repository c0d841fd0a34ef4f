//! The message that brings an assertion, or says why there is none.

use jiff::Timestamp;

use super::saml;
use crate::saml::names::{SAML2, SAML2_PROTOCOL};
use crate::saml::read::{self, Children};
use crate::saml::xml::{Element, InvalidCharacter, Name, Writer};
use crate::saml::{Refusal, Signer, SigningError, signature, time};

/// `samlp:Response` (saml-core-2.0-os section 3.3.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// `ID`: an XML name, unique for ever, and another than the assertion's.
    pub id: String,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// Who answers: entity id, or the `issuerUri` of a federated domain.
    pub issuer: String,
    /// The address it is delivered to.
    pub destination: String,
    /// The request that it answers.
    pub in_response_to: Option<String>,
    /// How it went.
    pub status: Status,
    /// The signed assertion as [`super::write`] gave it; only with [`Status::Success`].
    pub assertion: Option<String>,
}

impl Response {
    /// The whole document in canonical form, signed as a whole when there is a signer. The assertion in it stays as it is.
    ///
    /// # Errors
    /// When a value holds a character that XML cannot carry, or the key refuses.
    pub fn write(&self, signer: Option<&dyn Signer>) -> Result<String, SigningError> {
        let unsigned = self.document("")?;
        let Some(signer) = signer else { return Ok(unsigned) };
        let signature = signature::element(&self.id, &unsigned, signer)?;
        Ok(self.document(&signature)?)
    }

    fn document(&self, signature: &str) -> Result<String, InvalidCharacter> {
        let Self { id, issued_at, issuer, destination, in_response_to, status, assertion } = self;
        let envelope = Envelope { id, issued_at: *issued_at, destination: Some(destination), issuer };
        let in_response_to = in_response_to.as_deref().map(|request| ("InResponseTo", request));
        envelope.document("Response", in_response_to.as_slice(), signature, |writer| {
            status.write(writer);
            writer.canonical(assertion.as_deref().unwrap_or_default());
        })
    }
}

/// What all protocol messages share (saml-core-2.0-os sections 3.2.1 and 3.2.2).
pub(in crate::saml) struct Envelope<'a> {
    pub id: &'a str,
    pub issued_at: Timestamp,
    pub destination: Option<&'a str>,
    pub issuer: &'a str,
}

impl Envelope<'_> {
    /// Writes a message: its issuer, its signature, if there is one, then whatever `content` writes.
    pub fn document(
        &self,
        element: &'static str,
        more: &[(&'static str, &str)],
        signature: &str,
        content: impl FnOnce(&mut Writer),
    ) -> Result<String, InvalidCharacter> {
        let issued_at = time::write(self.issued_at);
        let mut attributes = vec![("ID", self.id), ("IssueInstant", &issued_at), ("Version", "2.0")];
        attributes.extend(self.destination.map(|destination| ("Destination", destination)));
        attributes.extend_from_slice(more);
        let attributes: Vec<_> = attributes.into_iter().map(|(name, value)| (Name::plain(name), value)).collect();
        let mut writer = Writer::new();
        writer.element(protocol(element), &attributes, |writer| {
            writer.leaf(saml("Issuer"), &[], self.issuer);
            writer.canonical(signature);
            content(writer);
        });
        writer.finish()
    }
}

/// What [`Envelope`] writes, read.
pub(in crate::saml) struct Opened<'a> {
    pub id: String,
    pub issued_at: Timestamp,
    pub destination: Option<String>,
    pub issuer: String,
    /// What follows issuer, signature and extensions.
    pub children: Children<'a>,
}

impl<'a> Opened<'a> {
    /// Opens a message. The profiles want an issuer (saml-profiles-2.0-os sections 4.1.4.1 and 4.4.4).
    pub fn of(message: Element<'a>, element: &'static str) -> Result<Self, Refusal> {
        if !message.is(SAML2_PROTOCOL, element) {
            return Err(Refusal::Missing(element));
        }
        read::exactly(message, "Version", "2.0")?;
        let mut children = Children::of(message)?;
        let issuer = read::text(children.required(SAML2, "Issuer")?, "Issuer")?.to_owned();
        children.skip_signature();
        let _ = children.optional(SAML2_PROTOCOL, "Extensions");
        let destination = message.attribute("Destination").filter(|destination| !destination.is_empty()).map(str::to_owned);
        Ok(Self { id: read::id(message, "ID")?, issued_at: read::time(message, "IssueInstant")?, destination, issuer, children })
    }
}

pub(in crate::saml) const fn protocol(local: &'static str) -> Name {
    Name::new("samlp", SAML2_PROTOCOL, local)
}

/// How a request went (saml-core-2.0-os section 3.2.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// It was done.
    Success,
    /// `IsPassive` was asked for, but the person would have had to do something.
    NoPassive,
    /// The person could not prove who they are.
    AuthnFailed,
    /// Nobody is vouched for: not to this application, or not for this person.
    RequestDenied,
    /// A sign-out did not reach every application.
    PartialLogout,
    /// The application asked for a kind of name that it is not given.
    InvalidNameIdPolicy,
    /// The application asked for a way of proving it that there is not.
    NoAuthnContext,
    /// The person whom a request names is not the one who is here.
    UnknownPrincipal,
    /// The fault is on this side.
    Responder,
    /// The fault is in the request.
    Requester,
    /// Anything else that was read; never written (then it is `Responder`).
    Other,
}

const PREFIX: &str = "urn:oasis:names:tc:SAML:2.0:status:";

impl Status {
    const ALL: [Self; 10] = [
        Self::Success,
        Self::NoPassive,
        Self::AuthnFailed,
        Self::RequestDenied,
        Self::PartialLogout,
        Self::InvalidNameIdPolicy,
        Self::NoAuthnContext,
        Self::UnknownPrincipal,
        Self::Responder,
        Self::Requester,
    ];

    /// The last parts of the first-level code and, if there is one, of the second-level code beneath it.
    fn codes(self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::Success => ("Success", None),
            Self::NoPassive => ("Responder", Some("NoPassive")),
            Self::AuthnFailed => ("Responder", Some("AuthnFailed")),
            Self::RequestDenied => ("Responder", Some("RequestDenied")),
            Self::PartialLogout => ("Responder", Some("PartialLogout")),
            Self::InvalidNameIdPolicy => ("Requester", Some("InvalidNameIDPolicy")),
            Self::NoAuthnContext => ("Responder", Some("NoAuthnContext")),
            Self::UnknownPrincipal => ("Requester", Some("UnknownPrincipal")),
            Self::Responder | Self::Other => ("Responder", None),
            Self::Requester => ("Requester", None),
        }
    }

    /// The status with these codes, whole URIs. Success with a second code is still success; every unknown failure is
    /// [`Status::Other`].
    pub fn from_codes(first: &str, second: Option<&str>) -> Self {
        let (first, second) = (first.strip_prefix(PREFIX), second.map(|code| code.strip_prefix(PREFIX).unwrap_or_default()));
        match (first, second) {
            (Some("Success"), _) => Self::Success,
            (Some("Responder" | "Requester"), Some(code)) => {
                Self::ALL.into_iter().find(|status| status.codes().1 == Some(code)).unwrap_or(Self::Other)
            }
            (Some(code), None) => Self::ALL.into_iter().find(|status| status.codes() == (code, None)).unwrap_or(Self::Other),
            _ => Self::Other,
        }
    }

    /// Reads `samlp:Status`.
    pub(in crate::saml) fn read(status: Element<'_>) -> Result<Self, Refusal> {
        let mut children = Children::of(status)?;
        let first = children.required(SAML2_PROTOCOL, "StatusCode")?;
        let _ = (children.optional(SAML2_PROTOCOL, "StatusMessage"), children.optional(SAML2_PROTOCOL, "StatusDetail"));
        children.end()?;
        let second = Children::of(first)?.optional(SAML2_PROTOCOL, "StatusCode");
        let second = second.map(|code| read::attribute(code, "Value")).transpose()?;
        Ok(Self::from_codes(read::attribute(first, "Value")?, second))
    }

    pub(in crate::saml) fn write(self, writer: &mut Writer) {
        let (first, second) = self.codes();
        let uri = |code: &str| format!("{PREFIX}{code}");
        writer.element(protocol("Status"), &[], |writer| {
            writer.element(protocol("StatusCode"), &[(Name::plain("Value"), &uri(first))], |writer| {
                if let Some(second) = second {
                    writer.leaf(protocol("StatusCode"), &[(Name::plain("Value"), &uri(second))], "");
                }
            });
        });
    }
}
