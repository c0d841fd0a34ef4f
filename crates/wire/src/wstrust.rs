//! WS-Trust for programs that hold a user name and a password: how they learn where to ask (MEX), what they ask, what they are
//! answered. SOAP 1.2 over HTTPS, in the shape of AD FS's `usernamemixed` addresses.
//!
//! Sections are those of WS-Trust 1.3 unless another standard is named; the edition of February 2005 differs in its URIs only.

mod fault;
mod mex;
mod request;
mod response;

pub use fault::{Fault, fault};
pub use mex::mex;
pub use request::RequestSecurityToken;
pub use response::response;
pub(crate) use response::write_response;

use crate::saml::names::{ADDRESSING, SECURITY, UTILITY};
use crate::saml::xml::{Name, Writer};

/// A version of WS-Trust.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trust {
    /// `http://schemas.xmlsoap.org/ws/2005/02/trust`
    V2005,
    /// `http://docs.oasis-open.org/ws-sx/ws-trust/200512`, WS-Trust 1.3
    V13,
}

/// SOAP 1.2.
const SOAP: &str = crate::soap::NAMESPACE;
/// A SAML 1.1 assertion, as AD FS names it (oasis-sstc-saml-core-1.1 section 1.2).
const SAML11_ASSERTION: &str = "urn:oasis:names:tc:SAML:1.0:assertion";
/// The same, as WS-Security names it (wss-v1.1-spec-os-SAMLTokenProfile section 3.3).
const SAML11_PROFILE: &str = "http://docs.oasis-open.org/wss/oasis-wss-saml-token-profile-1.1#SAMLV1.1";

impl Trust {
    const ALL: [Self; 2] = [Self::V2005, Self::V13];

    /// The namespace of its elements (section 1.4).
    pub const fn namespace(self) -> &'static str {
        match self {
            Self::V2005 => "http://schemas.xmlsoap.org/ws/2005/02/trust",
            Self::V13 => "http://docs.oasis-open.org/ws-sx/ws-trust/200512",
        }
    }

    /// The request is for a new token (section 4.1); also the last part of the actions.
    fn issue(self) -> String {
        format!("{}/Issue", self.namespace())
    }

    /// Whoever holds the token may use it (section 9.2; Identity Selector Interoperability Profile 1.5 section 3.1.3).
    const fn bearer(self) -> &'static str {
        match self {
            Self::V2005 => "http://schemas.xmlsoap.org/ws/2005/05/identity/NoProofKey",
            Self::V13 => "http://docs.oasis-open.org/ws-sx/ws-trust/200512/Bearer",
        }
    }

    /// The action of a request (section 3.1), also the SOAPAction of its HTTP header.
    pub fn request_action(self) -> String {
        format!("{}/RST/Issue", self.namespace())
    }

    /// The action of the answer (section 3.2).
    fn response_action(self) -> String {
        match self {
            Self::V2005 => format!("{}/RSTR/Issue", self.namespace()),
            Self::V13 => format!("{}/RSTRC/IssueFinal", self.namespace()),
        }
    }
}

const fn soap(local: &'static str) -> Name {
    Name::new("s", SOAP, local)
}

const fn addressing(local: &'static str) -> Name {
    Name::new("a", ADDRESSING, local)
}

const fn security(local: &'static str) -> Name {
    Name::new("o", SECURITY, local)
}

const fn utility(local: &'static str) -> Name {
    Name::new("u", UTILITY, local)
}

/// Writes an envelope: action, the message that is answered, whatever else stands in the header, and the body.
fn envelope(
    action: &str,
    relates_to: Option<&str>,
    header: impl FnOnce(&mut Writer),
    body: impl FnOnce(&mut Writer),
) -> Result<String, crate::saml::SigningError> {
    let mut writer = Writer::new();
    writer.element(soap("Envelope"), &[], |writer| {
        writer.element(soap("Header"), &[], |writer| {
            writer.leaf(addressing("Action"), &[(soap("mustUnderstand"), "1")], action);
            if let Some(message) = relates_to {
                writer.leaf(addressing("RelatesTo"), &[], message);
            }
            header(writer);
        });
        writer.element(soap("Body"), &[], body);
    });
    Ok(writer.finish()?)
}
