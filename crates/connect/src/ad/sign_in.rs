//! What it takes to sign someone in: finding the account by what it is called, and asking whether a password is right.
//!
//! Names become typed assertions of a filter (RFC 4511 4.5.1.7), never text of one, so nothing in a name can mean anything.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ldap3_proto::proto::{LdapFilter, LdapMatchingRuleAssertion, LdapOp, LdapResultCode, LdapSearchScope};
use samesign_engine::{Attributes, AttributesBuilder, ObjectGuid, SourceObject};
use samesign_wire::Secret;

use super::connection::{secured, servers};
use super::credential::is_blank;
use super::error::{Attempt, Chain, Fault, Refusal, ServerRefusal, credential_code};
use super::object::Partial;
use super::parts::complete;
use super::read::attribute_list;
use super::session::{Search, Session, base_search};
use super::tls::Trust;
use super::transport::HANDSHAKE_TIMEOUT;
use super::{AdConfig, AdError, AdSession, bind, identity};

/// LDAP_MATCHING_RULE_IN_CHAIN (MS-ADTS 3.1.1.3.4.4.3): members of members too.
const IN_CHAIN: &str = "1.2.840.113556.1.4.1941";
/// Objects of one name that are looked at: a directory may take several names for one.
const MATCHES_MAX: usize = 10;
/// How long a domain controller may think about a password.
const BIND_TIMEOUT: Duration = Duration::from_secs(15);
/// Connections that wait for the next password.
const IDLE_MAX: usize = 8;
/// More is no password: Active Directory's have at most 256 characters.
const PASSWORD_LENGTH_MAX: usize = 1_024;

/// The text form of an objectSid (MS-DTYP 2.4.2.1); `None` when the bytes are none.
pub fn sid_text(bytes: &[u8]) -> Option<String> {
    identity::sid(bytes)
}

impl AdSession {
    /// The users (inetOrgPersons too, computers never) of which `attribute` is `value` as the directory compares it, ten at most.
    ///
    /// # Errors
    /// When the session has failed, or the server refuses.
    pub async fn users_by(&mut self, attribute: &str, value: &str, attributes: &[&str]) -> Result<Vec<SourceObject>, AdError> {
        let result = users_by(&mut self.session, &self.identity.default_naming_context, attribute, value, attributes).await;
        self.named(result)
    }

    /// Whether an object is a member of a group, or of a group in it.
    ///
    /// # Errors
    /// When the session has failed, or the server refuses for another reason than that the object is not there.
    pub async fn is_member(&mut self, member: ObjectGuid, group: &str) -> Result<bool, AdError> {
        let mut search = base_search(&format!("<GUID={member}>"), &["objectGUID"]);
        search.filter = LdapFilter::Extensible(LdapMatchingRuleAssertion {
            matching_rule: Some(IN_CHAIN.to_owned()),
            type_: Some("memberOf".to_owned()),
            match_value: group.to_owned(),
            dn_attributes: false,
        });
        let mut found = false;
        let look = self.session.look(&search, |_| found = true).await;
        let result = present(look).map(|there| there && found);
        self.named(result)
    }

    /// These attributes of one object of any class; `None` when it is not there, or may not be seen.
    ///
    /// # Errors
    /// When the session has failed, or the server refuses.
    pub async fn attributes_of(&mut self, dn: &str, attributes: &[&str]) -> Result<Option<Attributes>, AdError> {
        let mut found = None;
        let look = self
            .session
            .look(&base_search(dn, attributes), |entry| {
                let mut builder = AttributesBuilder::default();
                for attribute in entry.attributes().filter_map(Result::ok) {
                    let Ok(name) = std::str::from_utf8(attribute.name) else { continue };
                    attribute.values().filter_map(Result::ok).for_each(|value| builder.add(name, value));
                }
                found = Some(builder.build());
            })
            .await;
        let result = present(look).map(|_| found);
        self.named(result)
    }
}

/// Whether the object that was asked for is there.
fn present(look: Result<(), Fault>) -> Result<bool, Fault> {
    match look {
        Ok(()) => Ok(true),
        Err(Fault::Refused(refusal)) if refusal.is_absence() => Ok(false),
        Err(fault) => Err(fault),
    }
}

async fn users_by(
    session: &mut Session,
    root: &str,
    attribute: &str,
    value: &str,
    attributes: &[&str],
) -> Result<Vec<SourceObject>, Fault> {
    if value.is_empty() {
        return Ok(Vec::new());
    }
    let is = |attribute: &str, value: &str| LdapFilter::Equality(attribute.to_owned(), value.to_owned());
    let search = Search {
        base: root.to_owned(),
        scope: LdapSearchScope::Subtree,
        filter: LdapFilter::And(vec![is("objectCategory", "person"), is("objectClass", "user"), is(attribute, value)]),
        attributes: attribute_list(attributes),
        controls: Vec::new(),
    };
    let keep_class = attributes.iter().any(|name| name.eq_ignore_ascii_case("objectClass"));
    let mut partials = Vec::new();
    session
        .look(&search, |entry| {
            if partials.len() < MATCHES_MAX {
                partials.extend(Partial::read(&entry, keep_class));
            }
        })
        .await?;
    let mut found = Vec::with_capacity(partials.len());
    for mut partial in partials {
        complete(session, &mut partial).await?;
        found.push(partial.finish());
    }
    Ok(found)
}

/// What a domain controller says of a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordAnswer {
    /// It is right.
    Right,
    /// It is wrong (52e), or there is no such account (525), or the server does not say what is the matter.
    Wrong,
    /// The account is disabled (533).
    Disabled,
    /// The account has expired (701).
    Expired,
    /// The password has expired (532).
    PasswordExpired,
    /// The password must be changed before anything else (773).
    MustChange,
    /// The account is locked (775). Said whether or not the password is right.
    LockedOut,
    /// Not at this hour (530).
    OutsideHours,
    /// Not from this computer (531).
    OtherComputer,
}

/// Nobody said whether the password is right.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// The password was not sent anywhere.
    #[error(transparent)]
    NotAsked(AdError),
    /// It was sent, and may have been counted as a wrong one.
    #[error(transparent)]
    NoAnswer(AdError),
}

/// Asks domain controllers whether passwords are right, by a bind as the account over TLS. Connections are used again.
#[derive(Default)]
pub struct PasswordCheck {
    idle: Mutex<Vec<(Session, String)>>,
    trust: Mutex<Option<Arc<Trust>>>,
}

impl PasswordCheck {
    /// Asks one domain controller, once: a second one would count a wrong password a second time.
    ///
    /// # Errors
    /// When none can be asked, or the one that was asked does not answer.
    pub async fn check(&self, config: &AdConfig, dn: &str, password: &Secret) -> Result<PasswordAnswer, PasswordError> {
        // INVARIANT: a bind without a name or without a password succeeds as anonymous (RFC 4513 5.1): it is never sent.
        if dn.is_empty() || is_blank(password) || password.expose().len() > PASSWORD_LENGTH_MAX {
            return Ok(PasswordAnswer::Wrong);
        }
        let (mut session, server) = self.connection(config).await.map_err(PasswordError::NotAsked)?;
        let asked = tokio::time::timeout(BIND_TIMEOUT, ask(&mut session, dn, password)).await;
        match asked.unwrap_or(Err(Fault::Silent)) {
            Ok(answer) => {
                self.keep(session, server);
                Ok(answer)
            }
            Err(fault) => Err(PasswordError::NoAnswer(AdError::Session { server, fault })),
        }
    }

    /// A connection inside TLS that is known to be alive: what goes wrong after the password was sent cannot be tried again.
    async fn connection(&self, config: &AdConfig) -> Result<(Session, String), AdError> {
        loop {
            // The lock is let go of before the domain controller is asked.
            let idle = self.idle().pop();
            let Some((mut session, server)) = idle else { break };
            if let Ok(Ok(_)) = tokio::time::timeout(HANDSHAKE_TIMEOUT, identity::root_dse(&mut session)).await {
                return Ok((session, server));
            }
        }
        let trust = self.trust(config)?;
        let mut attempts = Vec::new();
        for server in servers(config).await? {
            let refusal = match tokio::time::timeout(2 * HANDSHAKE_TIMEOUT, secured(&server, &trust)).await {
                Ok(Ok((session, _))) => return Ok((session, server.to_string())),
                Ok(Err(refusal)) => refusal,
                Err(_) => ServerRefusal::Fault(Fault::Silent),
            };
            tracing::warn!(%server, reason = %Chain(&refusal), "domain controller left out");
            attempts.push(Attempt { server: server.to_string(), refusal });
        }
        // The file may be mended before the next attempt.
        *self.trust.lock().unwrap_or_else(PoisonError::into_inner) = None;
        Err(AdError::NoServer { domain: config.domain.clone(), attempts })
    }

    fn trust(&self, config: &AdConfig) -> Result<Arc<Trust>, AdError> {
        let mut kept = self.trust.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(trust) = &*kept {
            return Ok(trust.clone());
        }
        let trust = Arc::new(Trust::load(config.ca.as_deref())?);
        *kept = Some(trust.clone());
        Ok(trust)
    }

    fn keep(&self, session: Session, server: String) {
        let mut idle = self.idle();
        if idle.len() < IDLE_MAX {
            idle.push((session, server));
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<(Session, String)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn ask(session: &mut Session, dn: &str, password: &Secret) -> Result<PasswordAnswer, Fault> {
    let id = session.next_id();
    session.send_bytes(&bind::simple_request(id, dn, password)).await?;
    let LdapOp::BindResponse(response) = session.answer(id).await?.op else { return Err(Fault::Unexpected) };
    match Refusal::of(&response.res) {
        None => Ok(PasswordAnswer::Right),
        Some(refusal) if refusal.code == LdapResultCode::InvalidCredentials as i64 => Ok(meaning(&credential_code(&refusal.text))),
        Some(refusal) => Err(Fault::Refused(refusal)),
    }
}

fn meaning(code: &str) -> PasswordAnswer {
    match code {
        "530" => PasswordAnswer::OutsideHours,
        "531" => PasswordAnswer::OtherComputer,
        "532" => PasswordAnswer::PasswordExpired,
        "533" => PasswordAnswer::Disabled,
        "701" => PasswordAnswer::Expired,
        "773" => PasswordAnswer::MustChange,
        "775" => PasswordAnswer::LockedOut,
        _ => PasswordAnswer::Wrong,
    }
}
