//! What an application says of itself.

use jiff::Timestamp;

use super::descriptor::{Entity, endpoint, keys, md, reference, role};
use crate::saml::names::{FEDERATION, HTTP_POST, HTTP_REDIRECT, SAML2_PROTOCOL};
use crate::saml::xml::Name;
use crate::saml::{NameIdFormat, Signer, SigningError};

/// An application's metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelyingPartyMetadata {
    /// `ID`: an XML name.
    pub id: String,
    /// The application's entity id or wtrealm.
    pub entity_id: String,
    /// Where it takes tokens.
    pub reply: String,
    /// Where it is told of a sign-out, by redirect (SAML 2.0 only).
    pub sign_out: Option<String>,
    /// Certificates of the keys that sign its requests, DER; empty when it signs none.
    pub certificates: Vec<Vec<u8>>,
    /// From when on it must be fetched anew.
    pub valid_until: Option<Timestamp>,
}

impl RelyingPartyMetadata {
    /// What a SAML 2.0 issuer is told: an `SPSSODescriptor` that wants signed assertions with persistent names, by POST
    /// (saml-metadata-2.0-os section 2.4.4). Signed when there is a signer.
    ///
    /// # Errors
    /// When a value holds a character that XML cannot carry, or the key refuses.
    pub fn write_saml2(&self, signer: Option<&dyn Signer>) -> Result<String, SigningError> {
        let signs = if self.certificates.is_empty() { "false" } else { "true" };
        let attributes = [
            (Name::plain("AuthnRequestsSigned"), signs),
            (Name::plain("WantAssertionsSigned"), "true"),
            (Name::plain("protocolSupportEnumeration"), SAML2_PROTOCOL),
        ];
        self.entity().write(signer, |writer| {
            writer.element(md("SPSSODescriptor"), &attributes, |writer| {
                keys(writer, &self.certificates);
                if let Some(sign_out) = &self.sign_out {
                    endpoint(writer, "SingleLogoutService", HTTP_REDIRECT, sign_out);
                }
                writer.leaf(md("NameIDFormat"), &[], NameIdFormat::Persistent.uri());
                let consumer = [
                    (Name::plain("Binding"), HTTP_POST),
                    (Name::plain("Location"), self.reply.as_str()),
                    (Name::plain("index"), "0"),
                    (Name::plain("isDefault"), "true"),
                ];
                writer.leaf(md("AssertionConsumerService"), &consumer, "");
            });
        })
    }

    /// What a WS-Federation issuer is told: a `RoleDescriptor` of type `ApplicationServiceType` (ws-federation-1.2-spec section
    /// 3.1.2). Signed when there is a signer.
    ///
    /// # Errors
    /// When a value holds a character that XML cannot carry, or the key refuses.
    pub fn write_wsfed(&self, signer: Option<&dyn Signer>) -> Result<String, SigningError> {
        self.entity().write(signer, |writer| {
            role(writer, "ApplicationServiceType", FEDERATION, |writer| {
                keys(writer, &self.certificates);
                reference(writer, "TargetScopes", &self.entity_id, |_| ());
                reference(writer, "PassiveRequestorEndpoint", &self.reply, |_| ());
            });
        })
    }

    fn entity(&self) -> Entity<'_> {
        Entity { id: &self.id, entity_id: &self.entity_id, valid_until: self.valid_until }
    }
}
