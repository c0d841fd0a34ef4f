//! The settings of federated domains: internalDomainFederation, as Graph calls them.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::StoreError;

/// Protocols of a sign-in service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// WS-Federation, with WS-Trust beside it.
    WsFed,
    /// SAML 2.0.
    Saml,
}

impl Protocol {
    /// Graph's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::WsFed => "wsFed",
            Self::Saml => "saml",
        }
    }

    /// Reads Graph's name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::WsFed, Self::Saml].into_iter().find(|protocol| protocol.name() == name)
    }
}

/// How a wish for a fresh sign-in is handed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PromptLogin {
    /// `wfresh=0` with a `wauth` that asks for the password.
    Translate,
    /// As it came: `prompt=login`.
    Native,
    /// As `wfresh=0` alone.
    Disabled,
}

impl PromptLogin {
    /// Graph's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Translate => "translateToFreshPasswordAuthentication",
            Self::Native => "nativeSupport",
            Self::Disabled => "disabled",
        }
    }

    /// Reads Graph's name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Translate, Self::Native, Self::Disabled].into_iter().find(|behavior| behavior.name() == name)
    }
}

/// What counts of several factors at the sign-in service. Kept and shown; this tenant asks for none and believes none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MfaBehavior {
    /// Taken where they were asked for.
    Accept,
    /// Asked for there.
    Enforce,
    /// Never taken.
    Reject,
}

impl MfaBehavior {
    /// Graph's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accept => "acceptIfMfaDoneByFederatedIdp",
            Self::Enforce => "enforceMfaByFederatedIdp",
            Self::Reject => "rejectMfaByFederatedIdp",
        }
    }

    /// Reads Graph's name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Accept, Self::Enforce, Self::Reject].into_iter().find(|behavior| behavior.name() == name)
    }
}

/// Where the people of a domain sign in, and by which keys that is believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Federation {
    /// The domain, lower case.
    pub domain: String,
    /// UUID.
    pub id: String,
    /// issuerUri: how the service names itself in assertions about this domain. No other domain has the same.
    pub issuer: String,
    /// displayName.
    pub display_name: Option<String>,
    /// passiveSignInUri: where browsers are sent.
    pub passive: String,
    /// activeSignInUri: where clients send names and passwords (WS-Trust).
    pub active: Option<String>,
    /// signOutUri.
    pub sign_out: Option<String>,
    /// metadataExchangeUri.
    pub metadata: Option<String>,
    /// signingCertificate, DER.
    pub signing: Vec<u8>,
    /// nextSigningCertificate, DER. Believed as well.
    pub next_signing: Option<Vec<u8>>,
    /// preferredAuthenticationProtocol.
    pub protocol: Protocol,
    /// promptLoginBehavior.
    pub prompt: Option<PromptLogin>,
    /// federatedIdpMfaBehavior.
    pub mfa: Option<MfaBehavior>,
    /// isSignedAuthenticationRequestRequired.
    pub signed_requests: bool,
    /// Since when the signing certificate is the one it is, Unix seconds.
    pub updated: i64,
}

impl Federation {
    /// What people call the service.
    pub fn brand(&self) -> &str {
        self.display_name.as_deref().unwrap_or(&self.domain)
    }
}

const COLUMNS: &str = "domain, id, issuer, display_name, passive, active, sign_out, metadata, signing, next_signing, protocol, prompt, mfa,
    signed_requests, updated";

/// The settings of a domain, by its name in any case.
pub fn of_domain(connection: &Connection, domain: &str) -> Result<Option<Federation>, StoreError> {
    one(connection, "domain = fold(?1)", domain)
}

/// The settings under which a service with this name speaks.
pub fn by_issuer(connection: &Connection, issuer: &str) -> Result<Option<Federation>, StoreError> {
    one(connection, "issuer = ?1", issuer)
}

/// The settings of every federated domain, by its name.
pub fn all(connection: &Connection) -> Result<Vec<Federation>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM federation ORDER BY domain"))?;
    let rows = statement.query_map([], |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

/// Writes the settings of a domain, in place of those it had.
pub fn put(connection: &Connection, federation: &Federation) -> Result<(), StoreError> {
    remove(connection, &federation.domain)?;
    let sql = format!("INSERT INTO federation ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)");
    connection.prepare_cached(&sql)?.execute(params![
        federation.domain,
        federation.id,
        federation.issuer,
        federation.display_name,
        federation.passive,
        federation.active,
        federation.sign_out,
        federation.metadata,
        federation.signing,
        federation.next_signing,
        federation.protocol.name(),
        federation.prompt.map(PromptLogin::name),
        federation.mfa.map(MfaBehavior::name),
        federation.signed_requests,
        federation.updated,
    ])?;
    Ok(())
}

/// Forgets the settings of a domain.
pub fn remove(connection: &Connection, domain: &str) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM federation WHERE domain = fold(?1)")?.execute([domain])?;
    Ok(())
}

/// `condition` is one of the texts above, never data.
fn one(connection: &Connection, condition: &str, value: &str) -> Result<Option<Federation>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM federation WHERE {condition}"))?;
    statement.query_row([value], |row| Ok(read(row))).optional()?.transpose()
}

fn read(row: &Row<'_>) -> Result<Federation, StoreError> {
    fn named<T>(what: &str, name: &str, read: impl Fn(&str) -> Option<T>) -> Result<T, StoreError> {
        read(name).ok_or_else(|| StoreError::Damaged { what: format!("unknown {what} {name:?} of a federated domain") })
    }
    let optional: (Option<String>, Option<String>) = (row.get(11)?, row.get(12)?);
    Ok(Federation {
        domain: row.get(0)?,
        id: row.get(1)?,
        issuer: row.get(2)?,
        display_name: row.get(3)?,
        passive: row.get(4)?,
        active: row.get(5)?,
        sign_out: row.get(6)?,
        metadata: row.get(7)?,
        signing: row.get(8)?,
        next_signing: row.get(9)?,
        protocol: named("protocol", &row.get::<_, String>(10)?, Protocol::from_name)?,
        prompt: optional.0.map(|name| named("promptLoginBehavior", &name, PromptLogin::from_name)).transpose()?,
        mfa: optional.1.map(|name| named("federatedIdpMfaBehavior", &name, MfaBehavior::from_name)).transpose()?,
        signed_requests: row.get(13)?,
        updated: row.get(14)?,
    })
}
