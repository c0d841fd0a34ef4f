//! Where tokens are made, and nowhere else. The audit log has the line before the token exists.

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use samesign_wire::saml::{Assertion, Authentication, AuthenticationMethod, Confirmation, Signer, SigningError, saml2, saml11};

use crate::audit::{Audit, AuditError, Entry, Event, foreign, method_name};
use crate::claims::{Claims, Dialect};
use crate::random::{self, NoRandom};
use crate::{Method, SignedIn};

/// How far back a token counts: clocks differ.
const BEFORE: SignedDuration = SignedDuration::from_secs(60);
/// How long a token counts.
const LIFE: SignedDuration = SignedDuration::from_mins(60);
/// How long a token may take to its application (SAML 2.0).
const DELIVERY: SignedDuration = SignedDuration::from_mins(5);

/// What is to be said, to whom, and where that goes.
pub(crate) struct Order {
    /// The person, with the account as it was just now.
    pub signed_in: SignedIn,
    /// What is said of them.
    pub claims: Claims,
    /// Which version of SAML.
    pub dialect: Dialect,
    /// For whom it is.
    pub audience: String,
    /// The address it is delivered to.
    pub recipient: String,
    /// The request it answers (SAML 2.0).
    pub in_response_to: Option<String>,
    /// Names the session (SAML 2.0).
    pub session_index: Option<String>,
    /// The client.
    pub client: IpAddr,
    /// The sign-in that this belongs to.
    pub correlation_id: String,
}

/// A signed assertion.
pub(crate) struct Token {
    /// In canonical form.
    pub xml: String,
    /// When it was made.
    pub issued_at: Timestamp,
    /// Until when it counts.
    pub expires_at: Timestamp,
}

/// There is no token.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IssueError {
    #[error(transparent)]
    Random(#[from] NoRandom),
    #[error(transparent)]
    Audit(#[from] AuditError),
    #[error(transparent)]
    Signing(#[from] SigningError),
}

/// Makes a token. Takes a millisecond of a processor, and writes to a file.
pub(crate) fn issue(order: Order, signer: &dyn Signer, audit: &Audit, now: Timestamp) -> Result<Token, IssueError> {
    let Order { signed_in, claims, dialect, audience, recipient, in_response_to, session_index, client, correlation_id } = order;
    let id = random::xml_id()?;
    let entry = Entry {
        who: Some(foreign(&signed_in.person.upn)),
        guid: Some(signed_in.person.guid.to_string()),
        application: Some(audience.clone()),
        method: Some(method_name(signed_in.method)),
        assertion: Some(id.clone()),
        ..Entry::new(now, Event::Issue, &correlation_id, client)
    };
    audit.write(&entry)?;
    let expires_at = later(now, LIFE);
    let confirmation = Confirmation { recipient, in_response_to, not_on_or_after: later(now, DELIVERY) };
    let assertion = Assertion {
        id,
        issuer: claims.issuer,
        issued_at: now,
        not_before: now.checked_sub(BEFORE).unwrap_or(now),
        not_on_or_after: expires_at,
        audience,
        name_id: claims.name_id,
        authentication: Authentication { at: signed_in.at, method: method(signed_in.method), session_index },
        confirmation: Some(confirmation),
        attributes: claims.attributes,
    };
    let xml = match dialect {
        Dialect::One => saml11::write(&assertion, signer)?,
        Dialect::Two => saml2::write(&assertion, signer)?,
    };
    Ok(Token { xml, issued_at: now, expires_at })
}

fn method(method: Method) -> AuthenticationMethod {
    match method {
        Method::Kerberos => AuthenticationMethod::Windows,
        Method::Password => AuthenticationMethod::Password,
    }
}

/// A clock at the end of all times stands still.
fn later(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.checked_add(by).unwrap_or(now)
}
