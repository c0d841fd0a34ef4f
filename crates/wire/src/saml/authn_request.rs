//! An application asks who somebody is.

use jiff::Timestamp;

use super::names::{HTTP_POST, SAML2, SAML2_PROTOCOL};
use super::read::{Children, flag, text, uri, value};
use super::saml2::response::{Envelope, Opened, protocol};
use super::saml2::saml;
use super::xml::{Element, InvalidCharacter, Name, Text};
use super::{NameIdFormat, Refusal, Signer, SigningError, signature};

/// `samlp:AuthnRequest` (saml-core-2.0-os section 3.4.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthnRequest {
    /// `ID`: an XML name; the answer says which one it answers.
    pub id: String,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// The application's entity id.
    pub issuer: String,
    /// The address it was meant for. Signed requests must name one (saml-bindings-2.0-os sections 3.4.5.2 and 3.5.5.2).
    pub destination: Option<String>,
    /// Where the application would like the answer (`AssertionConsumerServiceURL`). Microsoft 365 leaves it out. A wish only: an
    /// answer goes nowhere but to an address from the configuration.
    pub acs_url: Option<String>,
    /// What kind of name is asked for (`NameIDPolicy`); `None` leaves it to the issuer.
    pub name_id_format: Option<AskedFormat>,
    /// A session that stands already does not count: the person has to prove it again.
    pub force_authn: bool,
    /// The person must not be asked anything.
    pub is_passive: bool,
    /// Who the application thinks it is (the `NameID` of `Subject`).
    pub subject: Option<String>,
    /// Ways of proving it that the application would accept, URIs of classes or declarations (`RequestedAuthnContext`); empty when
    /// any will do.
    pub context_classes: Vec<String>,
    /// How those ways are meant.
    pub comparison: Comparison,
}

/// A kind of name that is asked for (saml-core-2.0-os section 3.4.1.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AskedFormat {
    /// One that is known here.
    Known(NameIdFormat),
    /// The URI of another, which no answer has.
    Other(String),
}

/// How a way of proving it has to compare to those that are asked for (saml-core-2.0-os section 3.3.2.2.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Comparison {
    /// One of them.
    #[default]
    Exact,
    /// At least as strong as one of them.
    Minimum,
    /// As strong as possible, and no stronger than one of them.
    Maximum,
    /// Stronger than each of them.
    Better,
}

impl AuthnRequest {
    /// The whole document in canonical form, signed when there is a signer. The answer is asked for by POST.
    ///
    /// # Errors
    /// When a value holds a character that XML cannot carry, or the key refuses.
    pub fn write(&self, signer: Option<&dyn Signer>) -> Result<String, SigningError> {
        let unsigned = self.document("")?;
        let Some(signer) = signer else { return Ok(unsigned) };
        let signature = signature::element(&self.id, &unsigned, signer)?;
        Ok(self.document(&signature)?)
    }

    /// Reads a request. A signature in it is skipped, as [`super::verify::request`] is there for it: where the answer goes does not
    /// depend on the request.
    ///
    /// # Errors
    /// When it is not XML as we accept it, or not such a request.
    pub fn read(document: &[u8]) -> Result<Self, Refusal> {
        let text = Text::read(document)?;
        let document = text.document()?;
        let request = document.root();
        let Opened { id, issued_at, destination, issuer, mut children } = Opened::of(request, "AuthnRequest")?;
        if let Some(binding) = request.attribute("ProtocolBinding").filter(|binding| *binding != HTTP_POST) {
            return Err(value("ProtocolBinding", binding));
        }
        let subject = children.optional(SAML2, "Subject").map(subject).transpose()?.flatten();
        let name_id_format = children.optional(SAML2_PROTOCOL, "NameIDPolicy").and_then(AskedFormat::of);
        let _ = children.optional(SAML2, "Conditions");
        let context = children.optional(SAML2_PROTOCOL, "RequestedAuthnContext");
        let (context_classes, comparison) = context.map(requested_context).transpose()?.unwrap_or_default();
        let _ = children.optional(SAML2_PROTOCOL, "Scoping");
        children.end()?;
        Ok(Self {
            id,
            issued_at,
            issuer,
            destination,
            acs_url: request.attribute("AssertionConsumerServiceURL").filter(|url| !url.is_empty()).map(str::to_owned),
            name_id_format,
            force_authn: flag(request, "ForceAuthn")?,
            is_passive: flag(request, "IsPassive")?,
            subject,
            context_classes,
            comparison,
        })
    }

    fn document(&self, signature: &str) -> Result<String, InvalidCharacter> {
        let Self { id, issued_at, issuer, destination, acs_url, name_id_format, force_authn, is_passive, subject, .. } = self;
        let (context_classes, comparison) = (&self.context_classes, self.comparison.name());
        let mut more = Vec::new();
        more.extend(acs_url.as_deref().map(|url| ("AssertionConsumerServiceURL", url)));
        more.extend(acs_url.is_some().then_some(("ProtocolBinding", HTTP_POST)));
        more.extend(force_authn.then_some(("ForceAuthn", "true")));
        more.extend(is_passive.then_some(("IsPassive", "true")));
        let envelope = Envelope { id, issued_at: *issued_at, destination: destination.as_deref(), issuer };
        envelope.document("AuthnRequest", &more, signature, |writer| {
            if let Some(subject) = subject {
                writer.element(saml("Subject"), &[], |writer| writer.leaf(saml("NameID"), &[], subject));
            }
            if let Some(format) = name_id_format {
                writer.leaf(protocol("NameIDPolicy"), &[(Name::plain("Format"), format.uri())], "");
            }
            if !context_classes.is_empty() {
                let comparison = comparison.map(|comparison| (Name::plain("Comparison"), comparison));
                writer.element(protocol("RequestedAuthnContext"), comparison.as_slice(), |writer| {
                    context_classes.iter().for_each(|class| writer.leaf(saml("AuthnContextClassRef"), &[], class));
                });
            }
        })
    }
}

impl AskedFormat {
    /// The URI of the format.
    pub fn uri(&self) -> &str {
        match self {
            Self::Known(format) => format.uri(),
            Self::Other(uri) => uri,
        }
    }

    fn of(policy: Element<'_>) -> Option<Self> {
        let uri = policy.attribute("Format")?;
        Some(NameIdFormat::from_uri(uri).map_or_else(|| Self::Other(uri.to_owned()), Self::Known))
    }
}

impl From<NameIdFormat> for AskedFormat {
    fn from(format: NameIdFormat) -> Self {
        Self::Known(format)
    }
}

impl Comparison {
    /// As it is written; `None` for what nothing said means.
    const fn name(self) -> Option<&'static str> {
        match self {
            Self::Exact => None,
            Self::Minimum => Some("minimum"),
            Self::Maximum => Some("maximum"),
            Self::Better => Some("better"),
        }
    }

    fn of(context: Element<'_>) -> Result<Self, Refusal> {
        match context.attribute("Comparison") {
            None | Some("exact") => Ok(Self::Exact),
            Some("minimum") => Ok(Self::Minimum),
            Some("maximum") => Ok(Self::Maximum),
            Some("better") => Ok(Self::Better),
            Some(other) => Err(value("Comparison", other)),
        }
    }
}

/// The name in it, if it is one that can be read; it is a hint only.
fn subject(subject: Element<'_>) -> Result<Option<String>, Refusal> {
    let name = Children::of(subject)?.optional(SAML2, "NameID");
    name.map(|name| text(name, "NameID").map(str::to_owned)).transpose()
}

/// Section 3.3.2.2.1: classes, or declarations, which nobody but their author knows.
fn requested_context(context: Element<'_>) -> Result<(Vec<String>, Comparison), Refusal> {
    let mut children = Children::of(context)?;
    let mut asked = children.all(SAML2, "AuthnContextClassRef");
    asked.extend(children.all(SAML2, "AuthnContextDeclRef"));
    children.end()?;
    if asked.is_empty() {
        return Err(Refusal::Missing("AuthnContextClassRef"));
    }
    let ways: Result<_, _> = asked.into_iter().map(|way| uri(way, "AuthnContextClassRef").map(str::to_owned)).collect();
    Ok((ways?, Comparison::of(context)?))
}
