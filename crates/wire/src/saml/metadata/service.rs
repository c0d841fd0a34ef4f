//! What the federation service says of itself.

use jiff::Timestamp;

use super::descriptor::{Entity, endpoint, fed, keys, md, reference, role, wsa};
use crate::saml::names::{AUTHORIZATION, HTTP_POST, HTTP_REDIRECT, SAML1, SAML2_PROTOCOL};
use crate::saml::xml::{Name, Writer};
use crate::saml::{NameIdFormat, Signer, SigningError};

/// The federation service's metadata, shaped like the FederationMetadata.xml of AD FS: it offers WS-Federation and WS-Trust in a
/// `RoleDescriptor`, SAML 2.0 in an `IDPSSODescriptor`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FederationMetadata {
    /// `ID`: an XML name.
    pub id: String,
    /// The service's own name, `http://<host>/adfs/services/trust`.
    pub entity_id: String,
    /// Where browsers sign in, for WS-Federation and SAML 2.0 alike.
    pub passive_sign_in: String,
    /// Where programs sign in (WS-Trust).
    pub active_sign_in: String,
    /// Where programs learn how to (WS-MetadataExchange).
    pub mex: String,
    /// Where browsers sign out.
    pub sign_out: String,
    /// Certificates of the signing keys, DER: the current one first, then the next.
    pub certificates: Vec<Vec<u8>>,
    /// From when on it must be fetched anew.
    pub valid_until: Timestamp,
    /// URIs of the claims that are made.
    pub claims: Vec<String>,
}

/// What the `RoleDescriptor` speaks: WS-Trust 1.3, WS-Trust of February 2005, WS-Federation.
const PROTOCOLS: &str = "http://docs.oasis-open.org/ws-sx/ws-trust/200512 http://schemas.xmlsoap.org/ws/2005/02/trust \
                         http://docs.oasis-open.org/wsfed/federation/200706";
const MEX: &str = "http://schemas.xmlsoap.org/ws/2004/09/mex";

impl FederationMetadata {
    /// The signed document.
    ///
    /// # Errors
    /// When a value holds a character that XML cannot carry, or the key refuses.
    pub fn write(&self, signer: &dyn Signer) -> Result<String, SigningError> {
        let entity = Entity { id: &self.id, entity_id: &self.entity_id, valid_until: Some(self.valid_until) };
        entity.write(Some(signer), |writer| {
            self.security_token_service(writer);
            self.identity_provider(writer);
        })
    }

    /// ws-federation-1.2-spec section 3.1.2.
    fn security_token_service(&self, writer: &mut Writer) {
        role(writer, "SecurityTokenServiceType", PROTOCOLS, |writer| {
            keys(writer, &self.certificates);
            writer.element(fed("TokenTypesOffered"), &[], |writer| {
                writer.leaf(fed("TokenType"), &[(Name::plain("Uri"), SAML1)], "");
            });
            self.claim_types(writer);
            reference(writer, "SecurityTokenServiceEndpoint", &self.active_sign_in, |writer| self.metadata_reference(writer));
            reference(writer, "PassiveRequestorEndpoint", &self.passive_sign_in, |_| ());
        });
    }

    fn claim_types(&self, writer: &mut Writer) {
        if self.claims.is_empty() {
            return;
        }
        writer.element(fed("ClaimTypesOffered"), &[], |writer| {
            for claim in &self.claims {
                let attributes = [(Name::plain("Optional"), "true"), (Name::plain("Uri"), claim.as_str())];
                writer.leaf(Name::new("auth", AUTHORIZATION, "ClaimType"), &attributes, "");
            }
        });
    }

    /// Where the policy of the address stands (WS-MetadataExchange section 3).
    fn metadata_reference(&self, writer: &mut Writer) {
        let mex = |local| Name::new("mex", MEX, local);
        writer.element(wsa("Metadata"), &[], |writer| {
            writer.element(mex("Metadata"), &[], |writer| {
                writer.element(mex("MetadataSection"), &[(Name::plain("Dialect"), MEX)], |writer| {
                    writer.element(mex("MetadataReference"), &[], |writer| writer.leaf(wsa("Address"), &[], &self.mex));
                });
            });
        });
    }

    /// saml-metadata-2.0-os section 2.4.3.
    fn identity_provider(&self, writer: &mut Writer) {
        writer.element(md("IDPSSODescriptor"), &[(Name::plain("protocolSupportEnumeration"), SAML2_PROTOCOL)], |writer| {
            keys(writer, &self.certificates);
            endpoint(writer, "SingleLogoutService", HTTP_REDIRECT, &self.sign_out);
            endpoint(writer, "SingleLogoutService", HTTP_POST, &self.sign_out);
            for format in [NameIdFormat::Persistent, NameIdFormat::EmailAddress, NameIdFormat::Transient, NameIdFormat::Unspecified] {
                writer.leaf(md("NameIDFormat"), &[], format.uri());
            }
            endpoint(writer, "SingleSignOnService", HTTP_REDIRECT, &self.passive_sign_in);
            endpoint(writer, "SingleSignOnService", HTTP_POST, &self.passive_sign_in);
        });
    }
}
