//! Who signed in, as Active Directory knows them at that moment.

use jiff::Timestamp;
use samesign_engine::{Anchor, ObjectGuid};

/// A person of Active Directory. Read at every sign-in, never kept longer than the session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// objectGUID.
    pub guid: ObjectGuid,
    /// Where the account stands.
    pub dn: String,
    /// userPrincipalName; without one nobody can be vouched for to the tenant.
    pub upn: String,
    /// What the tenant knows as onPremisesImmutableId, made by the rule that synchronization uses.
    pub anchor: Anchor,
    /// objectSid in its text form (`S-1-5-21-…`).
    pub sid: String,
    /// sAMAccountName.
    pub account: String,
    /// The domain's NetBIOS name.
    pub domain: String,
    /// displayName, else the account.
    pub display_name: String,
    /// mail, if there is one.
    pub mail: Option<String>,
    /// Whether synchronization takes the account along: only then does the tenant know it.
    pub in_scope: bool,
}

/// How a person proved who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// A Kerberos ticket (SPNEGO).
    Kerberos,
    /// A password, checked by the domain controller.
    Password,
}

/// A person who proved it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIn {
    /// Who.
    pub person: Person,
    /// How.
    pub method: Method,
    /// When, which in a session may be hours ago.
    pub at: Timestamp,
}
