//! Whether a token is believed, and about whom.

use jiff::Timestamp;
use rusqlite::Connection;
use samesign_wire::saml::verify::{Presented, Verified, VerifyingKey};
use samesign_wire::saml::{Assertion, AuthenticationMethod, NameIdFormat, Version};
use serde::{Deserialize, Serialize};
use x509_parser::prelude::{FromDer, X509Certificate};

use super::{AUDIENCE, Refusal, SKEW_SECONDS};
use crate::directory::federation::{self, Realm};
use crate::directory::{DirectoryError, User, domain_of};
use crate::store::federation::{self as rows, Federation, Protocol};
use crate::store::{fold, users};

/// No token is valid for longer, in seconds: that bounds what has to be remembered.
const LIFETIME_SECONDS_MAX: i64 = 24 * 60 * 60;
/// Characters of an issuer that are quoted.
const QUOTED_MAX: usize = 200;

/// The user name, in SAML 1.1.
const UPN: &str = "http://schemas.xmlsoap.org/claims/UPN";
/// The anchor, in SAML 1.1.
const IMMUTABLE_ID: &str = "http://schemas.microsoft.com/LiveID/Federation/2008/05/ImmutableID";
/// The user name, in SAML 2.0.
const EMAIL: &str = "IDPEmail";
/// Whether the person is inside the organization's network.
const INSIDE: &str = "http://schemas.microsoft.com/ws/2012/01/insidecorporatenetwork";

/// What is known of the sign-in that a token answers.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The protocol.
    pub protocol: Protocol,
    /// The domain that was asked; `None`: the token comes unasked from an application that holds it, and any issuer may speak for
    /// its own domain.
    pub domain: Option<&'a str>,
    /// The address it was delivered to. SAML 2.0 tokens name it.
    pub recipient: &'a str,
    /// Id of the request that it answers. SAML 2.0 tokens name it.
    pub request: &'a str,
    /// The person has to have proved who they are no earlier than this, Unix seconds; 0: whenever.
    pub fresh: i64,
}

/// Somebody a token is believed about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// Row number of the user.
    pub user: i64,
    /// The user name in the token.
    pub upn: String,
    /// The federated domain whose service made it.
    pub domain: String,
    /// The service's name.
    pub issuer: String,
    /// Id of the token.
    pub token: String,
    /// The token could be shown until then, Unix seconds, skew included.
    pub until: i64,
    /// How the person proved it, in words.
    pub method: String,
    /// When the person proved it, Unix seconds.
    pub at: i64,
    /// The service's name for the session there (SAML 2.0).
    pub session_index: Option<String>,
    /// Whether the service saw the person inside the organization's network.
    pub inside: Option<bool>,
}

impl Accepted {
    /// For the sign-in log.
    pub fn detail(&self) -> String {
        let Self { issuer, token, method, at, inside, .. } = self;
        let at = Timestamp::from_second(*at).map(|at| at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()).unwrap_or_default();
        let place = match inside {
            Some(true) => ", inside the organization's network",
            Some(false) => ", outside the organization's network",
            None => "",
        };
        format!("{issuer}: {method} at {at}{place}; token {token}")
    }
}

/// A token that is not believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Why.
    pub refusal: Refusal,
    /// Whom it is about and who made it, once that was proved.
    pub about: Option<(String, String)>,
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, about: None }
    }
}

/// Reads a message, verifies it with the keys of the domain that its issuer speaks for, and finds whom it is about.
///
/// `Ok(Err(_))`: it is not believed. Whether it was used before is not asked here.
pub fn judge(
    connection: &Connection,
    document: &[u8],
    expected: &Expected<'_>,
    now: Timestamp,
) -> Result<Result<Accepted, Refused>, DirectoryError> {
    let presented = match Presented::read(document) {
        Ok(presented) => presented,
        Err(refusal) => return Ok(Err(Refusal::of(refusal, expected.protocol).into())),
    };
    let unknown = || Refusal::Issuer { issuer: presented.claimed_issuer().chars().take(QUOTED_MAX).collect() };
    let Some(federation) = rows::by_issuer(connection, presented.claimed_issuer())? else { return Ok(Err(unknown().into())) };
    // INVARIANT: the service that answers is the one that was asked, by the protocol it was asked by.
    if expected.domain.is_some_and(|domain| domain != federation.domain) {
        return Ok(Err(unknown().into()));
    }
    if expected.domain.is_some() && expected.protocol != federation.protocol {
        return Ok(Err(Refusal::Assertion("the domain has another protocol").into()));
    }
    let verified = match verify(&presented, &federation, expected.protocol, now) {
        Ok(verified) => verified,
        Err(refusal) => return Ok(Err(refusal.into())),
    };
    let assertion = verified.assertion();
    let judged = match check(verified.version(), assertion, expected, now.as_second()) {
        Ok(upn) => whom(connection, assertion, &upn, &federation)?,
        Err(refusal) => Err(refusal),
    };
    let named = || only(assertion, UPN).ok().flatten().or(only(assertion, EMAIL).ok().flatten()).unwrap_or_default().to_owned();
    Ok(judged.map_err(|refusal| Refused { refusal, about: Some((named(), federation.issuer.clone())) }))
}

fn verify(presented: &Presented, federation: &Federation, protocol: Protocol, now: Timestamp) -> Result<Verified, Refusal> {
    let certificates = std::iter::once(&federation.signing).chain(&federation.next_signing);
    let valid = certificates.filter(|der| is_valid(der, now.as_second()));
    let keys: Vec<_> = valid.filter_map(|der| VerifyingKey::from_certificate(der).ok()).collect();
    if keys.is_empty() {
        return Err(Refusal::NoKey { domain: federation.domain.clone() });
    }
    presented.verify(&keys).map_err(|refusal| Refusal::of(refusal, protocol))
}

/// Whether a certificate is within its time. The one of a service that nobody renews must not be believed for ever.
fn is_valid(der: &[u8], now: i64) -> bool {
    X509Certificate::from_der(der).is_ok_and(|(_, certificate)| {
        let validity = certificate.validity();
        validity.not_before.timestamp() <= now + SKEW_SECONDS && now < validity.not_after.timestamp()
    })
}

/// Whether the assertion is for us and of now; answers the user name in it.
fn check(version: Version, assertion: &Assertion, expected: &Expected<'_>, now: i64) -> Result<String, Refusal> {
    let Assertion {
        id: _,
        issuer: _,
        issued_at,
        not_before,
        not_on_or_after,
        audience,
        name_id,
        authentication,
        confirmation,
        attributes: _,
    } = assertion;
    let (protocol, name) = match version {
        Version::One => (Protocol::WsFed, UPN),
        Version::Two => (Protocol::Saml, EMAIL),
    };
    if protocol != expected.protocol {
        return Err(Refusal::Assertion("it is of another version of SAML than the domain's protocol has"));
    }
    if audience != AUDIENCE {
        return Err(Refusal::Assertion("it is for another audience"));
    }
    let [issued, from, until] = [issued_at, not_before, not_on_or_after].map(|time| time.as_second());
    if issued > now + SKEW_SECONDS || from > now + SKEW_SECONDS || authentication.at.as_second() > now + SKEW_SECONDS {
        return Err(Refusal::Time("it is of the future"));
    }
    if until <= now - SKEW_SECONDS {
        return Err(Refusal::Time("it has expired"));
    }
    if until.saturating_sub(from) > LIFETIME_SECONDS_MAX {
        return Err(Refusal::Assertion("it is valid for more than a day"));
    }
    if expected.fresh > 0 && authentication.at.as_second() < expected.fresh - SKEW_SECONDS {
        return Err(Refusal::Assertion("a fresh sign-in was asked for, and it is of an earlier one"));
    }
    match (version, confirmation) {
        (Version::One, _) => {}
        (Version::Two, None) => return Err(Refusal::Assertion("it has no bearer confirmation")),
        (Version::Two, Some(confirmation)) => {
            if confirmation.recipient != expected.recipient {
                return Err(Refusal::Assertion("it is for another recipient"));
            }
            if confirmation.in_response_to.as_deref() != Some(expected.request) {
                return Err(Refusal::Assertion("it does not answer the request of this sign-in"));
            }
            if confirmation.not_on_or_after.as_second() <= now - SKEW_SECONDS {
                return Err(Refusal::Time("it was to be delivered earlier"));
            }
            if name_id.format != NameIdFormat::Persistent {
                return Err(Refusal::Assertion("its NameID is not of the persistent format"));
            }
        }
    }
    if only(assertion, IMMUTABLE_ID)?.is_some_and(|anchor| anchor != name_id.value) {
        return Err(Refusal::Assertion("its NameID and its ImmutableID differ"));
    }
    only(assertion, name)?.map(str::to_owned).ok_or(Refusal::Assertion("it holds no user name"))
}

/// The one value of an attribute; `None`: there is no such attribute.
fn only<'a>(assertion: &'a Assertion, name: &str) -> Result<Option<&'a str>, Refusal> {
    let mut values = assertion.attributes.iter().filter(|attribute| attribute.name == name).flat_map(|attribute| &attribute.values);
    match (values.next(), values.next()) {
        (value, None) => Ok(value.map(String::as_str)),
        (_, Some(_)) => Err(Refusal::Assertion("an attribute has several values")),
    }
}

/// The user whom name and anchor both name, under the domain that the service speaks for.
fn whom(
    connection: &Connection,
    assertion: &Assertion,
    upn: &str,
    federation: &Federation,
) -> Result<Result<Accepted, Refusal>, DirectoryError> {
    // A token vouches for nobody of another domain, federated elsewhere or not at all.
    if !speaks_for(connection, federation, upn)? {
        return Ok(Err(Refusal::Domain { domain: federation.domain.clone() }));
    }
    let user = users::by_upn(connection, upn)?.filter(User::live);
    let user = user.filter(|user| user.anchor.as_deref().is_some_and(|anchor| !anchor.is_empty() && anchor == assertion.name_id.value));
    let Some(user) = user else { return Ok(Err(Refusal::NoUser)) };
    if !speaks_for(connection, federation, &user.upn)? {
        return Ok(Err(Refusal::Domain { domain: federation.domain.clone() }));
    }
    if !user.enabled {
        return Ok(Err(Refusal::Disabled));
    }
    Ok(Ok(accepted(assertion, &user, federation)))
}

fn speaks_for(connection: &Connection, spoken: &Federation, upn: &str) -> Result<bool, DirectoryError> {
    let Some(domain) = domain_of(&fold(upn)) else { return Ok(false) };
    Ok(matches!(federation::realm(connection, &domain)?, Realm::Federated { root, .. } if root == spoken.domain))
}

fn accepted(assertion: &Assertion, user: &User, federation: &Federation) -> Accepted {
    let inside = only(assertion, INSIDE).ok().flatten();
    Accepted {
        user: user.number,
        upn: user.upn.clone(),
        domain: federation.domain.clone(),
        issuer: federation.issuer.clone(),
        token: assertion.id.clone(),
        until: assertion.not_on_or_after.as_second().saturating_add(SKEW_SECONDS),
        method: method(assertion.authentication.method).to_owned(),
        at: assertion.authentication.at.as_second(),
        session_index: assertion.authentication.session_index.clone(),
        inside: inside.and_then(|inside| inside.parse().ok()),
    }
}

const fn method(method: AuthenticationMethod) -> &'static str {
    match method {
        AuthenticationMethod::Password => "password",
        AuthenticationMethod::Windows => "Windows sign-in",
        AuthenticationMethod::Other => "another method",
    }
}
