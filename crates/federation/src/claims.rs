//! What is said of a person, and by whom: nothing is decided here but that.

use samesign_wire::saml::{Attribute, NameId, NameIdFormat};

use crate::{NameSource, Person};

/// The audience of every token for the tenant, and the name it calls itself by (docs "Use a SAML 2.0 IdP for SSO").
pub const TENANT: &str = "urn:federation:MicrosoftOnline";

const UPN: &str = "http://schemas.xmlsoap.org/claims/UPN";
const IMMUTABLE_ID: &str = "http://schemas.microsoft.com/LiveID/Federation/2008/05/ImmutableID";
const INSIDE: &str = "http://schemas.microsoft.com/ws/2012/01/insidecorporatenetwork";
const IDP_EMAIL: &str = "IDPEmail";

/// Names that AD FS gives to what applications are told.
const APPLICATION_UPN: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn";
const APPLICATION_NAME: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name";
const APPLICATION_MAIL: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress";
const APPLICATION_ACCOUNT: &str = "http://schemas.microsoft.com/ws/2008/06/identity/claims/windowsaccountname";
const APPLICATION_DISPLAY_NAME: &str = "http://schemas.microsoft.com/identity/claims/displayname";

/// Every claim that may be made, for the metadata.
pub const OFFERED: [&str; 8] =
    [UPN, IMMUTABLE_ID, INSIDE, APPLICATION_UPN, APPLICATION_NAME, APPLICATION_MAIL, APPLICATION_ACCOUNT, APPLICATION_DISPLAY_NAME];

/// What a token carries, and in which dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// SAML 1.1: WS-Federation and WS-Trust.
    One,
    /// SAML 2.0.
    Two,
}

/// What a token will say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// Who says it.
    pub issuer: String,
    /// Whom it is about.
    pub name_id: NameId,
    /// What else is known.
    pub attributes: Vec<Attribute>,
}

/// Why a person cannot be vouched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoClaims {
    /// Synchronization does not take the account along, so the tenant does not know it.
    #[error("the account is not in the scope of synchronization")]
    OutOfScope,
    /// The sign-in name ends in a domain that is not federated through this service.
    #[error("the sign-in name is not under a domain that is federated here")]
    ForeignDomain,
    /// There is nothing to name the person by.
    #[error("the account has no value for the name that the application wants")]
    NoName,
    /// A value that a person's name is made of holds a control character.
    #[error("a name of the account holds a control character")]
    ControlCharacter,
}

/// What the tenant is told, under the rules of its own claim set.
pub fn for_tenant(person: &Person, domains: &Domains, inside: bool, dialect: Dialect) -> Result<Claims, NoClaims> {
    if !person.in_scope {
        return Err(NoClaims::OutOfScope);
    }
    let issuer = domains.issuer(&person.upn).ok_or(NoClaims::ForeignDomain)?;
    let anchor = plain(person.anchor.as_str())?;
    let upn = plain(&person.upn)?;
    let (format, attributes) = match dialect {
        Dialect::One => {
            let inside = if inside { "true" } else { "false" };
            (NameIdFormat::Unspecified, vec![one(UPN, &upn), one(IMMUTABLE_ID, &anchor), one(INSIDE, inside)])
        }
        Dialect::Two => (NameIdFormat::Persistent, vec![one(IDP_EMAIL, &upn)]),
    };
    Ok(Claims { issuer, name_id: NameId { value: anchor, format }, attributes })
}

/// What any other application is told. `issuer` is the service's own name.
pub fn for_application(person: &Person, name: NameSource, issuer: &str, dialect: Dialect) -> Result<Claims, NoClaims> {
    let account = format!("{}\\{}", person.domain, person.account);
    let value = match name {
        NameSource::Upn => person.upn.clone(),
        NameSource::Mail => person.mail.clone().unwrap_or_default(),
        NameSource::Anchor => person.anchor.as_str().to_owned(),
        NameSource::Account => account.clone(),
    };
    let mut attributes = Vec::new();
    if !person.upn.is_empty() {
        let upn = plain(&person.upn)?;
        attributes.extend([one(APPLICATION_UPN, &upn), one(APPLICATION_NAME, &upn)]);
    }
    if let Some(mail) = &person.mail {
        attributes.push(one(APPLICATION_MAIL, &plain(mail)?));
    }
    attributes.push(one(APPLICATION_ACCOUNT, &plain(&account)?));
    // For people to read only, so that one damaged by a control character need not keep its owner out.
    attributes.push(one(APPLICATION_DISPLAY_NAME, &person.display_name.replace(char::is_control, " ")));
    Ok(Claims { issuer: issuer.to_owned(), name_id: NameId { value: plain(&value)?, format: format_of(name, dialect) }, attributes })
}

/// The kind of name that an application is given when it asks for this kind (SAML 2.0); `None` when there is none.
///
/// A UPN has the form of an address. A name that lasts for one answer tells nothing of anybody, so that whoever asks has it; what is
/// known of the person stands in the attributes all the same.
pub fn granted(name: NameSource, asked: NameIdFormat) -> Option<NameIdFormat> {
    let own = format_of(name, Dialect::Two);
    match (name, asked) {
        (_, NameIdFormat::Unspecified) => Some(own),
        (_, NameIdFormat::Transient) | (NameSource::Upn, NameIdFormat::EmailAddress) => Some(asked),
        _ => (asked == own).then_some(own),
    }
}

/// The kind of name that an application is given which does not say what it wants.
pub fn format_of(name: NameSource, dialect: Dialect) -> NameIdFormat {
    match (name, dialect) {
        (NameSource::Mail, _) => NameIdFormat::EmailAddress,
        (NameSource::Anchor, Dialect::Two) => NameIdFormat::Persistent,
        (NameSource::Anchor | NameSource::Upn | NameSource::Account, _) => NameIdFormat::Unspecified,
    }
}

fn one(name: &str, value: &str) -> Attribute {
    Attribute { name: name.to_owned(), values: vec![value.to_owned()] }
}

/// A value that names somebody. Verifiers differ over white space and control characters, so that there are none.
fn plain(value: &str) -> Result<String, NoClaims> {
    if value.trim().is_empty() {
        return Err(NoClaims::NoName);
    }
    if value.chars().any(char::is_control) {
        return Err(NoClaims::ControlCharacter);
    }
    Ok(value.to_owned())
}

/// The domains that are federated through this service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Domains(Vec<String>);

impl Domains {
    /// Of these names, in any case.
    pub fn new(names: &[String]) -> Self {
        Self(names.iter().map(|name| name.trim_end_matches('.').to_lowercase()).collect())
    }

    /// The first of them.
    pub fn first(&self) -> Option<&str> {
        self.0.first().map(String::as_str)
    }

    /// The federated domain that a sign-in name belongs to: the one after the at sign, or the nearest above it, whose settings
    /// it inherits.
    pub fn of(&self, upn: &str) -> Option<&str> {
        let (local, suffix) = upn.rsplit_once('@')?;
        let suffix = suffix.to_lowercase();
        let under = |name: &&String| suffix == **name || suffix.strip_suffix(name.as_str()).is_some_and(|rest| rest.ends_with('.'));
        let nearest = self.0.iter().filter(under).max_by_key(|name| name.len())?;
        (!local.is_empty()).then_some(nearest.as_str())
    }

    /// Who vouches for the owner of this sign-in name: the `issuerUri` of the federated domain. No two domains share one.
    pub fn issuer(&self, upn: &str) -> Option<String> {
        self.of(upn).map(issuer_of)
    }
}

/// The `issuerUri` of a federated domain, in AD FS's form.
pub fn issuer_of(domain: &str) -> String {
    format!("http://{domain}/adfs/services/trust/")
}

#[cfg(test)]
mod tests;
