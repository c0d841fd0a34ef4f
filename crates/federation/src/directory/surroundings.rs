//! What a sign-in has to know of the domain besides the account: where the places of the scope are now, and how soon accounts lock.

use std::time::Duration;

use samesign_connect::ad::{AdSession, Found};
use samesign_engine::{ObjectGuid, Policy, ScopeOu};
use tokio::time::Instant;

use super::DirectoryError;
use super::limits::{OF_DOMAIN, Rule};
use crate::store::Store;

/// How long it is believed.
const BELIEVED: Duration = Duration::from_secs(60);
/// How soon it is asked again because of someone whom it leaves out.
const DOUBTED: Duration = Duration::from_secs(5);

/// The domain as it was a moment ago.
pub(super) struct Surroundings {
    /// The rules of synchronization, every place where it is now.
    pub(super) policy: Policy,
    /// The groups that the scope names, where they are now. One that was not found has no members.
    pub(super) groups: Vec<Box<str>>,
    /// The domain's rule for wrong passwords.
    pub(super) rule: Rule,
    since: Instant,
}

impl Surroundings {
    /// Asks for everything. What was seen before is found by its objectGUID.
    pub(super) async fn read(session: &mut AdSession, policy: &Policy, store: &Store) -> Result<Self, DirectoryError> {
        let since = Instant::now();
        let known = store.places().await?;
        let guid_of = |configured: &str| known.iter().find(|(name, _)| name == configured).map(|(_, guid)| *guid);
        let mut policy = Policy { dns_domain: domain_of(&session.identity().default_naming_context), ..policy.clone() };
        for ou in policy.scope.include.iter_mut().chain(&mut policy.scope.exclude) {
            locate(session, store, ou, guid_of(&ou.configured)).await?;
        }
        let mut groups = Vec::new();
        for configured in &policy.rules.members_of {
            groups.extend(group(session, store, configured, guid_of(configured)).await?);
        }
        let root = session.identity().default_naming_context.clone();
        let domain = session.attributes_of(&root, &OF_DOMAIN).await?.unwrap_or_default();
        Ok(Self { policy, groups, rule: Rule::of_domain(&domain), since })
    }

    /// Whether it can be relied on; `doubted`: by someone who came off badly with it.
    pub(super) fn is_fresh(&self, doubted: bool) -> bool {
        self.since.elapsed() < if doubted { DOUBTED } else { BELIEVED }
    }
}

/// The DNS name of a naming context (`DC=corp,DC=example,DC=com`).
fn domain_of(naming_context: &str) -> Box<str> {
    let labels = naming_context.split(',').filter_map(|part| part.trim().split_once('=')).map(|(_, label)| label.to_lowercase());
    labels.collect::<Vec<_>>().join(".").into()
}

async fn locate(session: &mut AdSession, store: &Store, ou: &mut ScopeOu, known: Option<ObjectGuid>) -> Result<(), DirectoryError> {
    let guid = known.or(ou.guid);
    let found = session.locate(guid, &ou.configured).await?;
    if let (None, Some(found)) = (known, &found) {
        store.keep_place(&ou.configured, found.guid).await?;
    }
    if found.is_none() {
        tracing::warn!(ou = %ou.configured, "a place that the scope names is not there: nobody in it is vouched for to the tenant");
    }
    ou.current = found.map(|found| found.dn);
    Ok(())
}

/// Where a group is now.
async fn group(
    session: &mut AdSession,
    store: &Store,
    configured: &str,
    known: Option<ObjectGuid>,
) -> Result<Option<Box<str>>, DirectoryError> {
    let found = match known {
        Some(guid) => match session.look_up(guid, &[]).await? {
            Found::Live(object) => Some(object),
            Found::Tombstone { .. } | Found::NotFound => None,
        },
        None => session.find_by_dn(configured, &[]).await?,
    };
    let Some(found) = found else {
        tracing::warn!(group = %configured, "a group that the scope names is not there: it has no members");
        return Ok(None);
    };
    if known.is_none() {
        store.keep_place(configured, found.guid).await?;
    }
    Ok(Some(found.dn))
}
