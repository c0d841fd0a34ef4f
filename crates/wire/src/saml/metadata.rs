//! Metadata (saml-metadata-2.0-os, ws-federation-1.2-spec section 3): what a federation service and an application say of
//! themselves.

use jiff::Timestamp;

use super::{Signer, SigningError};

/// The federation service's metadata, shaped like the FederationMetadata.xml of AD FS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FederationMetadata {
    /// `ID`: an XML name.
    pub id: String,
    /// The service's own name, `http://<host>/adfs/services/trust`.
    pub entity_id: String,
    /// Where browsers sign in, for WS-Federation and SAML 2.0 alike.
    pub passive_sign_in: String,
    /// Where programs sign in (WS-Trust); `None` when they cannot.
    pub active_sign_in: Option<String>,
    /// Where programs learn how to (WS-MetadataExchange).
    pub mex: Option<String>,
    /// Where browsers sign out.
    pub sign_out: String,
    /// Certificates of the signing keys, DER: the current one first, then the next.
    pub certificates: Vec<Vec<u8>>,
    /// From when on it must be fetched anew.
    pub valid_until: Timestamp,
    /// URIs of the claims that are made.
    pub claims: Vec<String>,
}

impl FederationMetadata {
    /// The signed document. The signature is the first child, as the schema wants it.
    ///
    /// # Errors
    /// When a value holds a character that XML cannot carry, or the key refuses.
    pub fn write(&self, signer: &dyn Signer) -> Result<String, SigningError> {
        let _ = signer;
        Err(SigningError::Key)
    }
}

/// An application's metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelyingPartyMetadata {
    /// `ID`: an XML name.
    pub id: String,
    /// The application's entity id or wtrealm.
    pub entity_id: String,
    /// Where it takes tokens.
    pub reply: String,
    /// Where it is told of a sign-out.
    pub sign_out: Option<String>,
    /// Certificates of the keys that sign its requests, DER; empty when it signs none.
    pub certificates: Vec<Vec<u8>>,
    /// From when on it must be fetched anew.
    pub valid_until: Option<Timestamp>,
}

impl RelyingPartyMetadata {
    /// What a SAML 2.0 issuer is told: `SPSSODescriptor`.
    ///
    /// # Errors
    /// When a value holds a character that XML cannot carry, or the key refuses.
    pub fn write_saml2(&self, signer: Option<&dyn Signer>) -> Result<String, SigningError> {
        let _ = signer;
        Err(SigningError::Key)
    }

    /// What a WS-Federation issuer is told: `RoleDescriptor` of type `ApplicationServiceType`.
    ///
    /// # Errors
    /// When a value holds a character that XML cannot carry, or the key refuses.
    pub fn write_wsfed(&self, signer: Option<&dyn Signer>) -> Result<String, SigningError> {
        let _ = signer;
        Err(SigningError::Key)
    }
}
