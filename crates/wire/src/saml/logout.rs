//! Somebody signs out everywhere (saml-core-2.0-os section 3.7).

use jiff::Timestamp;

use super::names::{SAML2, SAML2_PROTOCOL};
use super::saml2::response::{Envelope, Opened, protocol};
use super::saml2::{Status, name_id, saml};
use super::xml::{InvalidCharacter, Name, Text};
use super::{NameId, Refusal, Signer, SigningError, read, signature, time};

/// `samlp:LogoutRequest` (saml-core-2.0-os section 3.7.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogoutRequest {
    /// `ID`: an XML name; the answer says which one it answers.
    pub id: String,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// Who asks.
    pub issuer: String,
    /// The address it was meant for.
    pub destination: Option<String>,
    /// From when on it no longer counts.
    pub not_on_or_after: Option<Timestamp>,
    /// Who signs out, named as in the assertion.
    pub name_id: NameId,
    /// Which of the person's sessions; empty for all of them.
    pub session_indexes: Vec<String>,
}

/// `samlp:LogoutResponse` (saml-core-2.0-os section 3.7.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogoutResponse {
    /// `ID`: an XML name.
    pub id: String,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// Who answers.
    pub issuer: String,
    /// The address it is delivered to.
    pub destination: Option<String>,
    /// The request that it answers.
    pub in_response_to: Option<String>,
    /// How it went.
    pub status: Status,
}

impl LogoutRequest {
    /// The whole document in canonical form, signed when there is a signer. In a redirect the query is signed instead
    /// (saml-bindings-2.0-os section 3.4.4.1).
    ///
    /// # Errors
    /// When a value holds a character that XML cannot carry, or the key refuses.
    pub fn write(&self, signer: Option<&dyn Signer>) -> Result<String, SigningError> {
        signed(&self.id, signer, |signature| self.document(signature))
    }

    /// Reads a request. A signature in it is skipped; [`super::verify::request`] looks at it.
    ///
    /// # Errors
    /// When it is not XML as we accept it, or not such a request.
    pub fn read(document: &[u8]) -> Result<Self, Refusal> {
        let text = Text::read(document)?;
        let document = text.document()?;
        let Opened { id, issued_at, destination, issuer, mut children } = Opened::of(document.root(), "LogoutRequest")?;
        if children.optional(SAML2, "EncryptedID").is_some() {
            return Err(Refusal::Encrypted);
        }
        let name_id = name_id(children.required(SAML2, "NameID")?)?;
        let indexes = children.all(SAML2_PROTOCOL, "SessionIndex");
        children.end()?;
        let session_indexes: Result<_, _> = indexes.into_iter().map(|index| read::text(index, "SessionIndex").map(str::to_owned)).collect();
        let not_on_or_after = read::optional_time(document.root(), "NotOnOrAfter")?;
        Ok(Self { id, issued_at, issuer, destination, not_on_or_after, name_id, session_indexes: session_indexes? })
    }

    fn document(&self, signature: &str) -> Result<String, InvalidCharacter> {
        let Self { id, issued_at, issuer, destination, not_on_or_after, name_id, session_indexes } = self;
        let until = not_on_or_after.map(time::write);
        let more = until.as_deref().map(|until| ("NotOnOrAfter", until));
        let envelope = Envelope { id, issued_at: *issued_at, destination: destination.as_deref(), issuer };
        envelope.document("LogoutRequest", more.as_slice(), signature, |writer| {
            writer.leaf(saml("NameID"), &[(Name::plain("Format"), name_id.format.uri())], &name_id.value);
            session_indexes.iter().for_each(|index| writer.leaf(protocol("SessionIndex"), &[], index));
        })
    }
}

impl LogoutResponse {
    /// The whole document in canonical form, signed when there is a signer. In a redirect the query is signed instead
    /// (saml-bindings-2.0-os section 3.4.4.1).
    ///
    /// # Errors
    /// When a value holds a character that XML cannot carry, or the key refuses.
    pub fn write(&self, signer: Option<&dyn Signer>) -> Result<String, SigningError> {
        signed(&self.id, signer, |signature| self.document(signature))
    }

    /// Reads an answer. A signature in it is skipped.
    ///
    /// # Errors
    /// When it is not XML as we accept it, or not such an answer.
    pub fn read(document: &[u8]) -> Result<Self, Refusal> {
        let text = Text::read(document)?;
        let document = text.document()?;
        let Opened { id, issued_at, destination, issuer, mut children } = Opened::of(document.root(), "LogoutResponse")?;
        let status = Status::read(children.required(SAML2_PROTOCOL, "Status")?)?;
        children.end()?;
        let in_response_to = document.root().attribute("InResponseTo").map(str::to_owned);
        Ok(Self { id, issued_at, issuer, destination, in_response_to, status })
    }

    fn document(&self, signature: &str) -> Result<String, InvalidCharacter> {
        let Self { id, issued_at, issuer, destination, in_response_to, status } = self;
        let more = in_response_to.as_deref().map(|request| ("InResponseTo", request));
        let envelope = Envelope { id, issued_at: *issued_at, destination: destination.as_deref(), issuer };
        envelope.document("LogoutResponse", more.as_slice(), signature, |writer| status.write(writer))
    }
}

fn signed(
    id: &str,
    signer: Option<&dyn Signer>,
    document: impl Fn(&str) -> Result<String, InvalidCharacter>,
) -> Result<String, SigningError> {
    let unsigned = document("")?;
    let Some(signer) = signer else { return Ok(unsigned) };
    let signature = signature::element(id, &unsigned, signer)?;
    Ok(document(&signature)?)
}
