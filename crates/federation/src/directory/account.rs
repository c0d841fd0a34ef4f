//! From an object of the directory to an account.

use std::collections::BTreeSet;

use samesign_connect::ad::{AdSession, sid_text};
use samesign_engine::{Kind, Policy, SourceObject, anchor_of, in_scope_among, source_attributes};

use super::DirectoryError;
use super::limits::{self, AdLockout};
use super::state::{self, AccountState};
use super::surroundings::Surroundings;
use crate::clock;
use crate::person::Person;

/// What makes a person, besides what synchronization needs.
const OF_PERSON: [&str; 5] = ["userPrincipalName", "sAMAccountName", "objectSid", "displayName", "mail"];

/// An account, as it is at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Whose it is.
    pub person: Person,
    /// Whether it may sign in now.
    pub state: AccountState,
    /// How soon Active Directory locks it.
    pub lockout: AdLockout,
}

/// Everything that is asked of an account, each attribute once.
pub(super) fn attributes(policy: &Policy) -> Vec<Box<str>> {
    let mut names: Vec<Box<str>> = Vec::new();
    let ours = source_attributes().iter().chain(&OF_PERSON).chain(&state::ATTRIBUTES).chain(&limits::ATTRIBUTES);
    for name in ours.map(|name| Box::from(*name)).chain(policy.rules.attributes()) {
        if !names.iter().any(|known| known.eq_ignore_ascii_case(&name)) {
            names.push(name);
        }
    }
    names
}

/// Whether it is someone who can sign in at all.
pub(super) fn is_user(object: &SourceObject) -> bool {
    object.class.kind() == Kind::User
}

/// The account that an object is.
pub(super) async fn read(session: &mut AdSession, surroundings: &Surroundings, object: &SourceObject) -> Result<Account, DirectoryError> {
    let now = clock::now();
    let lockout = limits::of_account(session, surroundings.rule, &object.attributes, now.as_second()).await?;
    let in_scope = is_in_scope(session, surroundings, object).await?;
    let person = person(session, &surroundings.policy, object, in_scope)?;
    Ok(Account { person, state: state::of(&object.attributes, now), lockout })
}

fn person(session: &AdSession, policy: &Policy, object: &SourceObject, in_scope: bool) -> Result<Person, DirectoryError> {
    let text = |name: &str| object.attributes.text(name).map(str::to_owned);
    let lacking = |attribute| DirectoryError::Lacking { dn: object.dn.to_string(), attribute };
    let account = text("samaccountname").ok_or_else(|| lacking("sAMAccountName"))?;
    let sid = object.attributes.first("objectsid").and_then(sid_text).ok_or_else(|| lacking("objectSid"))?;
    let known = Some(session.identity().netbios_name.as_str()).filter(|name| !name.is_empty()).or(policy.netbios_domain.as_deref());
    Ok(Person {
        guid: object.guid,
        dn: object.dn.to_string(),
        // As synchronization does where an account has none.
        upn: text("userprincipalname").unwrap_or_else(|| format!("{account}@{}", policy.dns_domain)),
        anchor: anchor_of(object, policy),
        sid,
        domain: known.unwrap_or_default().to_owned(),
        display_name: text("displayname").unwrap_or_else(|| account.clone()),
        mail: text("mail"),
        account,
        in_scope,
    })
}

async fn is_in_scope(session: &mut AdSession, surroundings: &Surroundings, object: &SourceObject) -> Result<bool, DirectoryError> {
    let Surroundings { policy, groups, .. } = surroundings;
    let mut chosen = BTreeSet::new();
    for group in groups {
        if session.is_member(object.guid, group).await? {
            chosen.insert(object.guid);
            break;
        }
    }
    let chosen = (!policy.rules.members_of.is_empty()).then_some(&chosen);
    Ok(in_scope_among(policy, chosen)(object))
}
