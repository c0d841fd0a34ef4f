//! An application asks who somebody is.

use jiff::Timestamp;

use super::names::HTTP_POST;
use super::saml2::response::{Envelope, protocol};
use super::saml2::saml;
use super::xml::{InvalidCharacter, Name};
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
    pub name_id_format: Option<NameIdFormat>,
    /// A session that stands already does not count: the person has to prove it again.
    pub force_authn: bool,
    /// The person must not be asked anything.
    pub is_passive: bool,
    /// Who the application thinks it is (the `NameID` of `Subject`).
    pub subject: Option<String>,
    /// Ways of proving it that the application would accept, URIs (`RequestedAuthnContext`); empty when any will do.
    pub context_classes: Vec<String>,
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

    /// Reads a request. A signature in it is skipped: where the answer goes does not depend on the request.
    ///
    /// # Errors
    /// When it is not XML as we accept it, or not such a request.
    pub fn read(document: &[u8]) -> Result<Self, Refusal> {
        let _ = document;
        Err(Refusal::Missing("AuthnRequest"))
    }

    fn document(&self, signature: &str) -> Result<String, InvalidCharacter> {
        let Self { id, issued_at, issuer, destination, acs_url, name_id_format, force_authn, is_passive, subject, context_classes } = self;
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
                writer.element(protocol("RequestedAuthnContext"), &[], |writer| {
                    context_classes.iter().for_each(|class| writer.leaf(saml("AuthnContextClassRef"), &[], class));
                });
            }
        })
    }
}
