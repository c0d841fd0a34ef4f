//! Keeping what was read: mirrors, watermark and scope in one transaction.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use samesign_connect::source::Completeness;
use samesign_engine::{Anchor, Dn, Kind, Link, LinkState, Policy, Presence, SourceObject};

use crate::clock::Timestamp;
use crate::error::AgentError;
use crate::read::{ATTRIBUTES, SourceDelta, TargetDelta};
use crate::state::{Store, link, set_meta, source, target};

/// The name under which Graph's delta link of these objects is remembered.
pub const fn delta_link(kind: Kind) -> &'static str {
    match kind {
        Kind::User => "delta-link",
        Kind::Group => "delta-link groups",
        Kind::Contact => "delta-link contacts",
    }
}

/// Set while reads are kept that have not been planned: the next run plans everything.
pub const UNPLANNED: &str = "unplanned";

/// Whether the last export that was read whole ended with an empty line: one that does not is then taken for cut off.
pub const EXPORT_CLOSED: &str = "export-closed";

/// When the source was last read whole, in Unix seconds.
pub const LAST_WHOLE_READ: &str = "last-whole-read";

/// Keeps both reads. A crash before the plan is made leaves the mark [`UNPLANNED`].
pub fn keep_reads(
    store: &mut Store,
    source: &mut SourceDelta,
    tenant: &TargetDelta,
    links: Option<&BTreeMap<Anchor, Link>>,
    policy: &Policy,
    now: Timestamp,
) -> Result<(), AgentError> {
    count_objects(store, source)?;
    let soft_deleted = users_now_deleted(store, tenant)?;
    let vanished = links.map(|links| links_to_forget(store, links)).transpose()?.unwrap_or_default();
    store.transaction::<_, AgentError>(|transaction| {
        source::keep_sources(transaction, &mut source.changed, policy)?;
        source::forget_sources(transaction, &source.forget, policy)?;
        if let Some(chosen) = &source.chosen {
            source::keep_chosen(transaction, &chosen.groups, &chosen.guids)?;
        }
        source::keep_scope_ous(transaction, &source.kept_ous)?;
        if source.completeness == Completeness::Complete {
            let missing = source.gone.iter().filter(|(_, presence)| matches!(presence, Presence::Missing | Presence::LongMissing));
            if let Some(closed) = source.export_closed {
                set_meta(transaction, EXPORT_CLOSED, if closed { "yes" } else { "no" })?;
            }
            set_meta(transaction, ATTRIBUTES, &source.asked)?;
            source::keep_missing(transaction, &missing.map(|(anchor, _)| anchor.clone()).collect::<Vec<_>>(), now)?;
        }
        target::forget_all_targets(transaction, &tenant.anew)?;
        target::keep_targets(transaction, &tenant.present)?;
        target::keep_targets(transaction, &soft_deleted)?;
        target::forget_targets(transaction, &tenant.gone)?;
        for link in links.into_iter().flat_map(BTreeMap::values) {
            link::keep_link(transaction, link)?;
        }
        for anchor in &vanished {
            link::forget_link(transaction, anchor)?;
        }
        for (kind, link) in &tenant.links {
            set_meta(transaction, delta_link(*kind), link)?;
        }
        set_meta(transaction, UNPLANNED, "yes")?;
        Ok(())
    })
}

/// OUs that held objects and now hold none, by their configured DN.
pub fn emptied(included: &[source::KeptOu]) -> Vec<Box<str>> {
    included.iter().filter(|ou| ou.objects == 0 && ou.accepted > 0).map(|ou| ou.configured.as_str().into()).collect()
}

/// Brings the number of users in each OU up to date by what changed, so that its cost follows the changes.
pub fn count_objects(store: &Store, source: &mut SourceDelta) -> Result<(), AgentError> {
    let ous = store.scope_ous()?;
    let before: Vec<Option<Dn>> = source
        .kept_ous
        .iter()
        .map(|ou| ous.iter().find(|known| known.configured == ou.configured).and_then(|known| Dn::parse(&known.dn).ok()))
        .collect();
    let after: Vec<Option<Dn>> = source.kept_ous.iter().map(|ou| Dn::parse(&ou.dn).ok()).collect();
    let mut counts: Vec<i64> = source.kept_ous.iter().map(|ou| i64::try_from(ou.objects).unwrap_or(i64::MAX)).collect();
    let mut count = |ous: &[Option<Dn>], object: &SourceObject, change: i64| {
        let Ok(dn) = Dn::parse(&object.dn) else { return };
        for (counted, ou) in counts.iter_mut().zip(ous) {
            if ou.as_ref().is_some_and(|ou| dn.is_within(ou)) {
                *counted += change;
            }
        }
    };
    let empty = store.has_no_source()?;
    for (object, _) in &source.changed {
        count(&after, object, 1);
        if let Some(old) = if empty { None } else { store.source(&object.guid)? } {
            count(&before, &old, -1);
        }
    }
    for guid in &source.forget {
        if let Some(old) = store.source(guid)? {
            count(&before, &old, -1);
        }
    }
    for (ou, counted) in source.kept_ous.iter_mut().zip(counts) {
        ou.objects = usize::try_from(counted).unwrap_or(0);
    }
    Ok(())
}

/// Attributes that can no longer be read: most people had them, most of the directory changed at once, and nobody who changed
/// has them any more. That is no edit. They stay lost until somebody is seen with them, or a person approves.
pub fn lost_attributes(store: &Store, source: &SourceDelta) -> Result<BTreeSet<String>, AgentError> {
    let now: HashSet<&str> = source.changed.iter().flat_map(|(object, _)| object.attributes.iter().map(|(name, _)| name)).collect();
    let known = store.meta(LOST)?.unwrap_or_default();
    let mut lost: BTreeSet<String> = known.split_whitespace().filter(|name| !now.contains(name)).map(str::to_owned).collect();
    let changed = source.changed.len();
    if changed <= ALWAYS_AN_EDIT || changed * 2 < store.source_count()? {
        return Ok(lost);
    }
    let mut before: HashMap<String, usize> = HashMap::new();
    for (object, _) in &source.changed {
        for (name, _) in store.source(&object.guid)?.iter().flat_map(|old| old.attributes.iter()) {
            *before.entry(name.to_owned()).or_default() += 1;
        }
    }
    lost.extend(before.into_iter().filter(|(name, count)| count * 2 > changed && !now.contains(name.as_str())).map(|(name, _)| name));
    Ok(lost)
}

/// The name under which attributes that can no longer be read are remembered.
pub const LOST: &str = "lost-attributes";

/// So few people may lose anything together without a word about rights.
const ALWAYS_AN_EDIT: usize = 3;

fn users_now_deleted(store: &Store, tenant: &TargetDelta) -> Result<Vec<samesign_engine::TargetObject>, AgentError> {
    let mut users = Vec::new();
    for id in &tenant.soft_deleted {
        if let Some(mut user) = store.target(id)? {
            user.soft_deleted = true;
            users.push(user);
        }
    }
    Ok(users)
}

/// Live links that the service does not know: it was restored from a copy, or another tool cleared them.
fn links_to_forget(store: &Store, links: &BTreeMap<Anchor, Link>) -> Result<Vec<Anchor>, AgentError> {
    let mut forget = Vec::new();
    store.links(&mut |link| {
        if link.state == LinkState::Live && !links.contains_key(&link.anchor) {
            forget.push(link.anchor);
        }
    })?;
    Ok(forget)
}
