//! What a program is answered when it gets no token.

use super::{Trust, envelope, soap};
use crate::saml::SigningError;
use crate::saml::names::SECURITY;
use crate::saml::xml::{Name, Writer};
use crate::soap::FAULT_ACTION;

/// Why there is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The person could not prove who they are (WS-Security 1.0 section 12, `FailedAuthentication`).
    FailedAuthentication,
    /// The request is not one that can be answered (WS-Trust 1.3 section 11, `InvalidRequest`).
    InvalidRequest,
    /// Nobody is vouched for, to that audience or for that person (WS-Trust 1.3 section 11, `RequestFailed`).
    RequestFailed,
}

const XML: &str = "http://www.w3.org/XML/1998/namespace";

impl Fault {
    /// Namespace and name of the code.
    fn code(self, trust: Trust) -> (&'static str, &'static str) {
        match self {
            Self::FailedAuthentication => (SECURITY, "FailedAuthentication"),
            Self::InvalidRequest => (trust.namespace(), "InvalidRequest"),
            Self::RequestFailed => (trust.namespace(), "RequestFailed"),
        }
    }

    const fn reason(self) -> &'static str {
        match self {
            Self::FailedAuthentication => "The user name or password is wrong, or the account may not sign in.",
            Self::InvalidRequest => "The request cannot be understood.",
            Self::RequestFailed => "No token is issued for this person or this audience.",
        }
    }
}

/// The answer that says why there is no token (SOAP 1.2 part 1 section 5.4). To be sent with HTTP status 500 (part 2 section 7.5.2.2).
///
/// `relates_to` is the request's message id, where it could be read.
///
/// # Errors
/// When a value holds a character that XML cannot carry.
pub fn fault(trust: Trust, relates_to: Option<&str>, fault: Fault) -> Result<String, SigningError> {
    let (namespace, code) = fault.code(trust);
    let relates_to = relates_to.filter(|message| !message.is_empty());
    let document = envelope(FAULT_ACTION, relates_to, |_| (), |writer| body(writer, code, fault.reason()))?;
    Ok(document.replace("<s:Value>c:", &format!("<s:Value xmlns:c=\"{namespace}\">c:")))
}

/// The prefix `c` of the code is declared afterwards: the writer declares only what names of elements use.
fn body(writer: &mut Writer, code: &str, reason: &str) {
    writer.element(soap("Fault"), &[], |writer| {
        writer.element(soap("Code"), &[], |writer| {
            writer.leaf(soap("Value"), &[], "s:Sender");
            writer.element(soap("Subcode"), &[], |writer| writer.leaf(soap("Value"), &[], &format!("c:{code}")));
        });
        writer.element(soap("Reason"), &[], |writer| {
            writer.leaf(soap("Text"), &[(Name::new("xml", XML, "lang"), "en")], reason);
        });
    });
}
