//! Namespaces, and the URIs that stand for values.

use super::{AuthenticationMethod, NameIdFormat, Version};

/// SAML 1.1 assertions (oasis-sstc-saml-core-1.1 section 1.2).
pub const SAML1: &str = "urn:oasis:names:tc:SAML:1.0:assertion";
/// SAML 2.0 assertions (saml-core-2.0-os section 1.1).
pub const SAML2: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
/// SAML 2.0 protocol messages (saml-core-2.0-os section 1.1).
pub const SAML2_PROTOCOL: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
/// SAML 2.0 metadata (saml-metadata-2.0-os section 1.1).
pub const METADATA: &str = "urn:oasis:names:tc:SAML:2.0:metadata";
/// XML signatures (xmldsig-core section 1.3).
pub const SIGNATURE: &str = "http://www.w3.org/2000/09/xmldsig#";
/// WS-Federation metadata (ws-federation-1.2-spec section 1.4).
pub const FEDERATION: &str = "http://docs.oasis-open.org/wsfed/federation/200706";
/// Descriptions of claims in metadata (ws-federation-1.2-spec section 1.4).
pub const AUTHORIZATION: &str = "http://docs.oasis-open.org/wsfed/authorization/200706";
/// WS-Addressing 1.0.
pub const ADDRESSING: &str = "http://www.w3.org/2005/08/addressing";
/// WS-Policy 1.2, for `AppliesTo`.
pub const POLICY: &str = "http://schemas.xmlsoap.org/ws/2004/09/policy";
/// WS-Security's security tokens.
pub const SECURITY: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";
/// WS-Security's ids and times.
pub const UTILITY: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd";
/// XML Schema instance.
pub const SCHEMA_INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// `POST` of a form (saml-bindings-2.0-os section 3.5).
pub const HTTP_POST: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";
/// A redirect with the message in the query (saml-bindings-2.0-os section 3.4).
pub const HTTP_REDIRECT: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";

impl NameIdFormat {
    const ALL: [Self; 4] = [Self::Unspecified, Self::EmailAddress, Self::Persistent, Self::Transient];

    /// The URI of the format (saml-core-2.0-os section 8.3).
    pub fn uri(self) -> &'static str {
        match self {
            Self::Unspecified => "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified",
            Self::EmailAddress => "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
            Self::Persistent => "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
            Self::Transient => "urn:oasis:names:tc:SAML:2.0:nameid-format:transient",
        }
    }

    /// The format with this URI, if it is one of those that are known here.
    pub fn from_uri(uri: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.uri() == uri)
    }
}

impl AuthenticationMethod {
    /// The URI of the method: `AuthenticationMethod` of SAML 1.1 (oasis-sstc-saml-core-1.1 section 7.1),
    /// `AuthnContextClassRef` of SAML 2.0 (saml-authn-context-2.0-os section 3.4).
    pub fn uri(self, version: Version) -> &'static str {
        match (self, version) {
            (Self::Password, Version::One) => "urn:oasis:names:tc:SAML:1.0:am:password",
            (Self::Password, Version::Two) => "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport",
            (Self::Windows, _) => "urn:federation:authentication:windows",
            (Self::Other, Version::One) => "urn:oasis:names:tc:SAML:1.0:am:unspecified",
            (Self::Other, Version::Two) => "urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified",
        }
    }

    /// The method with this URI, of whichever version.
    pub fn from_uri(uri: &str) -> Self {
        let is = |method: Self| [Version::One, Version::Two].into_iter().any(|version| method.uri(version) == uri);
        [Self::Password, Self::Windows].into_iter().find(|method| is(*method)).unwrap_or(Self::Other)
    }
}
