//! WS-Trust for programs that hold a user name and a password (WS-Trust 1.3 and of February 2005, MS-WSTEP's neighbours of AD FS):
//! how they learn where to ask (MEX), what they ask, what they are answered. SOAP 1.2 over HTTPS.

use jiff::Timestamp;

use crate::Secret;
use crate::saml::{Refusal, SigningError};

/// A version of WS-Trust.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trust {
    /// `http://schemas.xmlsoap.org/ws/2005/02/trust`
    V2005,
    /// `http://docs.oasis-open.org/ws-sx/ws-trust/200512`, WS-Trust 1.3
    V13,
}

/// A request for a token (`RequestSecurityToken` in a SOAP envelope, WS-Trust 1.3 section 3.1).
///
/// It holds a password, so it can neither be printed nor compared.
pub struct RequestSecurityToken {
    /// The version it is written in, and is to be answered in.
    pub trust: Trust,
    /// `wsa:MessageID`; the answer says which one it answers.
    pub message_id: String,
    /// For whom the token is to be (`wsp:AppliesTo`).
    pub applies_to: String,
    /// `wsse:Username`
    pub username: String,
    /// `wsse:Password`
    pub password: Secret,
    /// When it was made (`wsu:Timestamp`), where it says so.
    pub created: Option<Timestamp>,
    /// Until when it counts.
    pub expires: Option<Timestamp>,
}

impl RequestSecurityToken {
    /// Reads a request.
    ///
    /// # Errors
    /// When it is not XML as we accept it, or not such a request.
    pub fn read(document: &[u8]) -> Result<Self, Refusal> {
        let _ = document;
        Err(Refusal::Missing("RequestSecurityToken"))
    }
}

/// The answer that brings a token: an assertion that is signed already.
///
/// # Errors
/// When a value holds a character that XML cannot carry.
pub fn response(
    trust: Trust,
    relates_to: &str,
    token: &str,
    audience: &str,
    issued_at: Timestamp,
    expires_at: Timestamp,
) -> Result<String, SigningError> {
    let _ = (trust, relates_to, token, audience, issued_at, expires_at);
    Err(SigningError::Key)
}

/// Why there is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The person could not prove who they are (`wsse:FailedAuthentication`).
    FailedAuthentication,
    /// The request is not one that can be answered (`wst:InvalidRequest`).
    InvalidRequest,
    /// Nobody is vouched for, to that audience or for that person (`wst:RequestFailed`).
    RequestFailed,
}

/// The answer that says why there is no token (SOAP 1.2 part 1 section 5.4). To be sent with HTTP status 500.
///
/// `relates_to` is the request's message id, where it could be read.
///
/// # Errors
/// When a value holds a character that XML cannot carry.
pub fn fault(trust: Trust, relates_to: Option<&str>, fault: Fault) -> Result<String, SigningError> {
    let _ = (trust, relates_to, fault);
    Err(SigningError::Key)
}

/// What the service offers programs: a WSDL with a policy for each address, where passwords are taken.
///
/// # Errors
/// When an address holds a character that XML cannot carry.
pub fn mex(endpoint_2005: &str, endpoint_13: &str) -> Result<String, SigningError> {
    let _ = (endpoint_2005, endpoint_13);
    Err(SigningError::Key)
}
