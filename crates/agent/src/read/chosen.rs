//! Who takes part because of the groups that the scope names: their members, those of nested groups included.
//!
//! INVARIANT: nobody drops out because something could not be read. After an incomplete read, or when a group cannot be found,
//! whoever took part before still does; the guard holds what follows from a group that has vanished.

use std::collections::{BTreeSet, HashMap};

use samesign_connect::ad::{AdSession, Found};
use samesign_engine::{Class, ObjectGuid, SourceObject, dn_key};

use super::delta::{Chosen, SourceDelta};
use crate::error::AgentError;
use crate::state::source::KeptGroup;
use crate::state::{Store, key_hash};

/// What was chosen when the directory was last read whole; `None` when the scope names no group.
pub fn kept(store: &Store, named: &[Box<str>]) -> Result<Option<Chosen>, AgentError> {
    if named.is_empty() {
        return Ok(None);
    }
    Ok(Some(Chosen { guids: store.chosen()?, groups: store.scope_groups()?, vanished: Vec::new() }))
}

/// Finds the groups and walks through their members. `session`: a domain, where a group may lie outside of what was read.
pub async fn choose(
    store: &Store,
    named: &[Box<str>],
    delta: &SourceDelta,
    changed: &[(SourceObject, [u8; 16])],
    complete: bool,
    mut session: Option<&mut AdSession>,
    attributes: &[&str],
) -> Result<Option<Chosen>, AgentError> {
    let Some(before) = kept(store, named)? else { return Ok(None) };
    let mut walk = Walk::new(store, delta, changed, attributes);
    let mut chosen = Chosen::default();
    for configured in named {
        let known = before.groups.iter().find(|group| *group.configured == **configured);
        match walk.named(configured, known, session.as_deref_mut()).await? {
            Some(group) => {
                chosen.groups.push(KeptGroup { configured: configured.to_string(), guid: group.guid, dn: group.dn.to_string() });
                walk.waiting.push(group);
            }
            None => {
                chosen.groups.extend(known.cloned());
                chosen.vanished.push(configured.clone());
            }
        }
    }
    chosen.guids = walk.members(session).await?;
    if !complete || !chosen.vanished.is_empty() {
        chosen.guids.extend(before.guids);
    }
    Ok(Some(chosen))
}

struct Walk<'a> {
    store: &'a Store,
    attributes: &'a [&'a str],
    /// Objects of this read by DN: what the mirror says of them is out of date.
    changed: HashMap<String, &'a SourceObject>,
    superseded: BTreeSet<ObjectGuid>,
    waiting: Vec<SourceObject>,
}

impl<'a> Walk<'a> {
    fn new(store: &'a Store, delta: &'a SourceDelta, changed: &'a [(SourceObject, [u8; 16])], attributes: &'a [&'a str]) -> Self {
        let by_dn = changed.iter().map(|(object, _)| (dn_key(&object.dn), object)).collect();
        let superseded = changed.iter().map(|(object, _)| object.guid).chain(delta.forget.iter().copied()).collect();
        Self { store, attributes, changed: by_dn, superseded, waiting: Vec::new() }
    }

    /// A group that the scope names: by objectGUID once it was seen, else by DN.
    async fn named(
        &self,
        configured: &str,
        known: Option<&KeptGroup>,
        session: Option<&mut AdSession>,
    ) -> Result<Option<SourceObject>, AgentError> {
        let found = match known {
            Some(known) => self.by_guid(&known.guid, session).await?,
            None => self.by_dn(configured, session).await?,
        };
        Ok(found.filter(|object| object.class == Class::Group))
    }

    async fn by_guid(&self, guid: &ObjectGuid, session: Option<&mut AdSession>) -> Result<Option<SourceObject>, AgentError> {
        if let Some(object) = self.changed.values().find(|object| object.guid == *guid) {
            return Ok(Some((*object).clone()));
        }
        let mirrored = if self.superseded.contains(guid) { None } else { self.store.source(guid)? };
        match (mirrored, session) {
            (None, Some(session)) => match session.look_up(*guid, self.attributes).await? {
                Found::Live(object) => Ok(Some(object)),
                Found::Tombstone { .. } | Found::NotFound => Ok(None),
            },
            (mirrored, _) => Ok(mirrored),
        }
    }

    async fn by_dn(&self, dn: &str, session: Option<&mut AdSession>) -> Result<Option<SourceObject>, AgentError> {
        let key = dn_key(dn);
        if let Some(object) = self.changed.get(&key) {
            return Ok(Some((*object).clone()));
        }
        let mirrored = self.store.sources_by_key(key_hash(&format!("dn:{key}")))?;
        let mirrored = mirrored.into_iter().find(|object| !self.superseded.contains(&object.guid) && dn_key(&object.dn) == key);
        match (mirrored, session) {
            (None, Some(session)) => Ok(session.find_by_dn(dn, self.attributes).await?),
            (mirrored, _) => Ok(mirrored),
        }
    }

    /// Everybody who is a member of the waiting groups, or of a group in them.
    async fn members(&mut self, mut session: Option<&mut AdSession>) -> Result<BTreeSet<ObjectGuid>, AgentError> {
        let mut members = BTreeSet::new();
        let mut walked = BTreeSet::new();
        while let Some(group) = self.waiting.pop() {
            if !walked.insert(group.guid) {
                continue;
            }
            for dn in group.attributes.texts("member") {
                // A member that lies outside of what is read can be a group with members who do not.
                let Some(member) = self.by_dn(dn, session.as_deref_mut()).await? else { continue };
                members.insert(member.guid);
                if member.class == Class::Group {
                    self.waiting.push(member);
                }
            }
        }
        Ok(members)
    }
}
