//! Reading the source: what changed against the mirror, what is gone, and how sure that is.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;

use samesign_connect::ad::{self, AdConfig, AdSession, Found};
use samesign_connect::ldif::{self, Ending};
use samesign_connect::source::{Completeness, Container, Known, Read, ReadReport};
use samesign_engine::{Anchor, Dn, Kind, Kinds, ObjectGuid, Presence, Rules, Scope, ScopeOu};

use super::chosen;
use super::delta::{SourceDelta, domain_of};
use crate::clock::Timestamp;
use crate::error::AgentError;
use crate::keep::EXPORT_CLOSED;
use crate::progress::{Progress, Step};
use crate::settings::{Settings, Source, borrowed};
use crate::state::Store;
use crate::state::source::{KeptOu, SourceChange};

/// How much is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// What has not changed is recognised by its digest.
    Changes,
    /// Everything is taken as changed.
    Full,
}

/// An object without a digest of its own is taken as changed at the next read.
const NO_DIGEST: [u8; 16] = [0; 16];

/// For how long an object must have been missing, in seconds, before that counts.
const LONG_MISSING: i64 = 60 * 60;

/// Reads the source.
pub async fn read_source(
    settings: &Settings,
    store: &Store,
    extent: Extent,
    now: Timestamp,
    progress: &dyn Progress,
) -> Result<SourceDelta, AgentError> {
    let mirror = store.known()?;
    let asked = settings.attributes().join(" ");
    let same = store.meta(ATTRIBUTES)?.is_some_and(|before| before == asked);
    let known = if extent == Extent::Full || !same { &Known::new() } else { &mirror };
    let mut collected = Collected { progress, mirror: &mirror, changed: Vec::new(), seen: HashSet::with_capacity(mirror.len()) };
    let mut delta = match &settings.source {
        Source::Ldif(path) => read_ldif(path, settings, store, known, &mut collected).await?,
        Source::Ad(config) => read_ad(config, settings, store, known, &mut collected, now).await?,
    };
    delta.asked = asked;
    delta.objects = collected.seen.len();
    delta.changed = collected.changed;
    Ok(delta)
}

/// The name under which the attributes that are asked for are remembered.
pub const ATTRIBUTES: &str = "attributes";

/// Which of the mirror's objects a complete read did not show, linked or not.
fn forget_the_unseen(collected: &Collected<'_>, delta: &mut SourceDelta) {
    if delta.completeness == Completeness::Complete {
        delta.forget = collected.mirror.values().filter(|guid| !collected.seen.contains(*guid)).copied().collect();
    }
}

struct Collected<'a> {
    progress: &'a dyn Progress,
    mirror: &'a Known,
    changed: Vec<SourceChange>,
    seen: HashSet<ObjectGuid>,
}

impl Collected<'_> {
    fn take(&mut self, read: Read) {
        match read {
            Read::Object { object, digest } => {
                self.seen.insert(object.guid);
                self.changed.push((object, digest));
            }
            Read::Unchanged(guid) => {
                self.seen.insert(guid);
            }
        }
        if self.seen.len().is_multiple_of(500) {
            self.progress.at(Step::ReadSource, self.seen.len(), None);
        }
    }
}

async fn read_ldif(
    path: &Path,
    settings: &Settings,
    store: &Store,
    known: &Known,
    collected: &mut Collected<'_>,
) -> Result<SourceDelta, AgentError> {
    let closed_before = store.meta(EXPORT_CLOSED)?.is_some_and(|mark| mark == "yes");
    let ending = if closed_before { Ending::EmptyLine } else { Ending::Any };
    let asked = settings.attributes();
    let attributes = borrowed(&asked);
    let wanted = ldif::Wanted { kinds: kinds_to_read(&settings.rules, store)?, attributes: &attributes, known, ending };
    let report = ldif::read_objects(path, &wanted, &mut |read| collected.take(read), None)?;
    let closed = report.closed;
    let ous = kept_or_configured(settings, store)?;
    let located: Vec<Option<Container>> = ous.iter().map(|ou| find_container(ou, &report.containers)).collect();
    let mut delta = delta_of(report, settings, &ous, located);
    delta.identity = "ldif".to_owned();
    delta.export_closed = Some(closed);
    delta.is_empty_file = collected.seen.is_empty();
    delta.dns_domain = settings.include.first().map(|dn| domain_of(dn)).unwrap_or_default();
    let complete = delta.completeness == Completeness::Complete;
    if complete {
        delta.gone = unseen_links(store, &collected.seen)?.into_iter().map(|(anchor, _)| (anchor, Presence::Absent)).collect();
    }
    forget_the_unseen(collected, &mut delta);
    let named = &settings.rules.members_of;
    delta.chosen = chosen::choose(store, named, &delta, &collected.changed, complete, None, &attributes).await?;
    Ok(delta)
}

async fn read_ad(
    config: &AdConfig,
    settings: &Settings,
    store: &Store,
    known: &Known,
    collected: &mut Collected<'_>,
    now: Timestamp,
) -> Result<SourceDelta, AgentError> {
    let mut session = ad::connect(config).await?;
    let start = session.identity().clone();
    let ous = kept_or_configured(settings, store)?;
    let mut located = Vec::with_capacity(ous.len());
    for ou in &ous {
        located.push(session.locate(ou.guid, &ou.dn).await?);
    }
    let mut whole =
        ReadReport { completeness: Completeness::Complete, containers: Vec::new(), findings: Vec::new(), objects: 0, closed: true };
    let asked = settings.attributes();
    let attributes = borrowed(&asked);
    let included: Vec<&Container> = located.iter().take(settings.include.len()).flatten().collect();
    let kinds = kinds_to_read(&settings.rules, store)?;
    for base in outermost(&included) {
        let report = session.read_objects(base, kinds, &attributes, known, &mut |read| collected.take(read)).await;
        whole.findings.extend(report.findings);
        if whole.completeness == Completeness::Complete {
            whole.completeness = report.completeness;
        }
    }
    read_groups_elsewhere(&mut session, &settings.rules, &attributes, store, collected).await?;
    let end = session.end_identity().await?;
    if (&end.ds_service_name, &end.invocation_id) != (&start.ds_service_name, &start.invocation_id) {
        whole.completeness = Completeness::Incomplete("another domain controller answered at the end than at the start".to_owned());
    }
    let complete = whole.completeness == Completeness::Complete;
    let mut delta = delta_of(whole, settings, &ous, located);
    delta.tell_identity(&start);
    if complete {
        look_for_the_unseen(&mut session, &attributes, store, collected, &mut delta, now).await?;
    }
    forget_the_unseen(collected, &mut delta);
    let named = &settings.rules.members_of;
    delta.chosen = chosen::choose(store, named, &delta, &collected.changed, complete, Some(&mut session), &attributes).await?;
    Ok(delta)
}

/// Reads the groups whose members get licences where they lie outside of what was read.
async fn read_groups_elsewhere(
    session: &mut AdSession,
    rules: &Rules,
    attributes: &[&str],
    store: &Store,
    collected: &mut Collected<'_>,
) -> Result<(), AgentError> {
    for dn in rules.licences.iter().filter_map(|rule| rule.group.as_deref()) {
        let Some(group) = session.find_by_dn(dn, attributes).await? else { continue };
        let changed = store.source(&group.guid)?.is_none_or(|before| before != group);
        if collected.seen.insert(group.guid) && changed {
            collected.changed.push((group, NO_DIGEST));
        }
    }
    Ok(())
}

/// The classes that are read: those that take part, those of which something is linked (that it is out of scope now is known by
/// reading it), and groups where one decides about others.
fn kinds_to_read(rules: &Rules, store: &Store) -> Result<Kinds, AgentError> {
    let decide = !rules.members_of.is_empty() || rules.licences.iter().any(|rule| rule.group.is_some());
    let reads = |kind| Ok::<_, AgentError>(rules.kinds.has(kind) || store.synced_of(kind)? > 0);
    Ok(Kinds { users: reads(Kind::User)?, groups: decide || reads(Kind::Group)?, contacts: reads(Kind::Contact)? })
}

/// Reads these people alone. It is no read of the source: nothing follows from whoever is not among them.
pub async fn read_noticed(config: &AdConfig, settings: &Settings, store: &Store, people: &[ObjectGuid]) -> Result<SourceDelta, AgentError> {
    let mut session = ad::connect(config).await?;
    let ous = kept_or_configured(settings, store)?;
    let mut located = Vec::with_capacity(ous.len());
    for ou in &ous {
        located.push(session.locate(ou.guid, &ou.dn).await?);
    }
    let completeness = Completeness::Incomplete("only a few people were looked at".to_owned());
    let report = ReadReport { completeness, containers: Vec::new(), findings: Vec::new(), objects: people.len(), closed: true };
    let mut delta = delta_of(report, settings, &ous, located);
    delta.tell_identity(session.identity());
    let asked = settings.attributes();
    let attributes = borrowed(&asked);
    delta.chosen = chosen::kept(store, &settings.rules.members_of)?;
    for guid in people {
        match session.look_up(*guid, &attributes).await? {
            Found::Live(object) => delta.changed.push((object, NO_DIGEST)),
            Found::Tombstone { .. } => {
                delta.forget.push(*guid);
                delta.gone.extend(store.anchor_of(guid)?.map(|anchor| (anchor, Presence::Deleted)));
            }
            // No evidence: the object cycle decides.
            Found::NotFound => {}
        }
    }
    session.close().await;
    Ok(delta)
}

/// Where the OUs of the scope are now, without those that lie within another.
pub async fn outermost_scope(settings: &Settings, store: &Store, session: &mut AdSession) -> Result<Vec<String>, AgentError> {
    let mut located = Vec::new();
    for ou in kept_or_configured(settings, store)?.iter().take(settings.include.len()) {
        located.extend(session.locate(ou.guid, &ou.dn).await?);
    }
    Ok(outermost(&located.iter().collect::<Vec<_>>()).into_iter().map(str::to_owned).collect())
}

/// Asks for every linked object that the read did not show, by its objectGUID: only a tombstone, or the object itself
/// somewhere else, says what became of it.
async fn look_for_the_unseen(
    session: &mut AdSession,
    attributes: &[&str],
    store: &Store,
    collected: &mut Collected<'_>,
    delta: &mut SourceDelta,
    now: Timestamp,
) -> Result<(), AgentError> {
    let unseen = unseen_links(store, &collected.seen)?;
    let sees_tombstones = !unseen.is_empty() && session.sees_deleted_objects().await?;
    for (anchor, guid) in unseen {
        let presence = match session.look_up(guid, attributes).await? {
            Found::Live(object) => {
                collected.seen.insert(guid);
                collected.changed.push((object, NO_DIGEST));
                continue;
            }
            Found::Tombstone { .. } => Presence::Deleted,
            Found::NotFound => match store.missing_since(&anchor)? {
                Some(since) if since <= now.minus(LONG_MISSING) => {
                    delta.unproven.extend(sees_tombstones.then(|| anchor.clone()));
                    Presence::LongMissing
                }
                _ => Presence::Missing,
            },
        };
        delta.gone.insert(anchor, presence);
    }
    Ok(())
}

/// Live links whose source object was not seen, each with its objectGUID.
fn unseen_links(store: &Store, seen: &HashSet<ObjectGuid>) -> Result<Vec<(Anchor, ObjectGuid)>, AgentError> {
    let mut unseen = Vec::new();
    store.live_sources(&mut |anchor, guid| unseen.extend(guid.filter(|guid| !seen.contains(guid)).map(|guid| (anchor, guid))))?;
    Ok(unseen)
}

/// The OUs of the configuration, included ones first, each where it was last seen.
fn kept_or_configured(settings: &Settings, store: &Store) -> Result<Vec<KeptOu>, AgentError> {
    let kept = store.scope_ous()?;
    let configured = settings.include.iter().chain(&settings.exclude);
    Ok(configured
        .map(|configured| {
            let known = kept.iter().find(|ou| ou.configured == *configured).cloned();
            known.unwrap_or_else(|| KeptOu { configured: configured.clone(), guid: None, dn: configured.clone(), objects: 0, accepted: 0 })
        })
        .collect())
}

/// Where an OU is in an LDIF file: by objectGUID, else by DN. A file without any container says nothing about OUs.
fn find_container(ou: &KeptOu, containers: &[Container]) -> Option<Container> {
    let by_guid = containers.iter().find(|container| Some(container.guid) == ou.guid);
    let same_dn = |container: &&Container| Dn::parse(&container.dn).ok() == Dn::parse(&ou.dn).ok();
    by_guid.or_else(|| containers.iter().filter(|_| ou.guid.is_none()).find(same_dn)).cloned()
}

fn delta_of(report: ReadReport, settings: &Settings, ous: &[KeptOu], located: Vec<Option<Container>>) -> SourceDelta {
    let complete = report.completeness == Completeness::Complete;
    let mut scope = Scope::default();
    let mut kept_ous = Vec::with_capacity(ous.len());
    for (index, (ou, found)) in ous.iter().zip(located).enumerate() {
        // An OU that was never seen as an object (an export of users alone) is known by its DN. One that an incomplete read did
        // not show is where it was: nothing follows from that.
        let by_name = || (ou.guid.is_none() || !complete).then(|| ou.dn.as_str().into());
        let current: Option<Box<str>> = found.as_ref().map(|container| container.dn.clone()).or_else(by_name);
        let guid = ou.guid.or(found.as_ref().map(|container| container.guid));
        let list = if index < settings.include.len() { &mut scope.include } else { &mut scope.exclude };
        list.push(ScopeOu { configured: ou.configured.as_str().into(), guid, current: current.clone() });
        let dn = current.map_or_else(|| ou.dn.clone(), |dn| dn.to_string());
        kept_ous.push(KeptOu { configured: ou.configured.clone(), guid, dn, objects: ou.objects, accepted: ou.accepted });
    }
    SourceDelta {
        changed: Vec::new(),
        gone: BTreeMap::new(),
        forget: Vec::new(),
        unproven: BTreeSet::new(),
        chosen: None,
        asked: String::new(),
        scope,
        kept_ous,
        findings: report.findings,
        completeness: report.completeness,
        identity: String::new(),
        database: None,
        dns_domain: Box::default(),
        netbios_domain: None,
        objects: 0,
        export_closed: None,
        is_empty_file: false,
    }
}

/// The DNs that are not within another one, so that nothing is read twice.
fn outermost<'a>(containers: &[&'a Container]) -> Vec<&'a str> {
    let parsed: Vec<(usize, &'a str, Option<Dn>)> =
        containers.iter().enumerate().map(|(index, container)| (index, &*container.dn, Dn::parse(&container.dn).ok())).collect();
    let covered = |index: usize, dn: &Option<Dn>| {
        parsed.iter().any(|(other, _, outer)| match (dn, outer) {
            (Some(dn), Some(outer)) => *other != index && dn.is_within(outer) && (dn != outer || *other < index),
            _ => false,
        })
    };
    parsed.iter().filter(|(index, _, dn)| !covered(*index, dn)).map(|(_, text, _)| *text).collect()
}
