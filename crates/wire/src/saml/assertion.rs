//! What an assertion says, in either version of SAML.

mod read;

pub(crate) use read::read;

use jiff::Timestamp;

/// The version of an assertion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Version {
    /// SAML 1.1 (oasis-sstc-saml-core-1.1), what WS-Federation and WS-Trust carry.
    One,
    /// SAML 2.0 (saml-core-2.0-os).
    Two,
}

/// A statement by an issuer about one person, for one audience.
///
/// Values are Unicode text; what XML cannot carry is refused when it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assertion {
    /// `ID` or `AssertionID`: an XML name, unique for ever.
    pub id: String,
    /// Who says it: the `issuerUri` of a federated domain.
    pub issuer: String,
    /// When it was said.
    pub issued_at: Timestamp,
    /// From when on it may be used.
    pub not_before: Timestamp,
    /// From when on it may no longer be used.
    pub not_on_or_after: Timestamp,
    /// Whom it is for (`AudienceRestriction`). Exactly one.
    pub audience: String,
    /// Whom it is about.
    pub name_id: NameId,
    /// How and when that person proved it.
    pub authentication: Authentication,
    /// Where it may be delivered. SAML 2.0 only; always there in one that was written by us.
    pub confirmation: Option<Confirmation>,
    /// What else is known of the person.
    pub attributes: Vec<Attribute>,
}

/// The name of a person, and what kind of name it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameId {
    /// The name, such as an anchor.
    pub value: String,
    /// What kind of name.
    pub format: NameIdFormat,
}

/// Formats of names (saml-core-2.0-os section 8.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NameIdFormat {
    /// `urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified`
    Unspecified,
    /// `urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress`
    EmailAddress,
    /// `urn:oasis:names:tc:SAML:2.0:nameid-format:persistent`
    Persistent,
    /// `urn:oasis:names:tc:SAML:2.0:nameid-format:transient`
    Transient,
}

/// How and when a person proved who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authentication {
    /// When they did, which may be hours before the assertion was issued.
    pub at: Timestamp,
    /// How.
    pub method: AuthenticationMethod,
    /// Names the session at the issuer (`SessionIndex`, SAML 2.0 only).
    pub session_index: Option<String>,
}

/// Ways to prove who one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuthenticationMethod {
    /// `urn:oasis:names:tc:SAML:1.0:am:password` or `urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport`
    Password,
    /// `urn:federation:authentication:windows` in both versions, as AD FS names it.
    Windows,
    /// Anything else that was read; never written (then it is `unspecified`).
    Other,
}

/// The bearer's `SubjectConfirmationData` (saml-profiles-2.0-os section 4.1.4.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmation {
    /// The address it is delivered to.
    pub recipient: String,
    /// The request that it answers.
    pub in_response_to: Option<String>,
    /// Until when it may be delivered.
    pub not_on_or_after: Timestamp,
}

/// One attribute with its values, at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// The whole name. SAML 1.1 parts a URI at its last slash into namespace and name.
    pub name: String,
    /// Its values.
    pub values: Vec<String>,
}
