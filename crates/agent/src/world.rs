//! The world that a plan is made for: the kept mirrors with today's reads laid over them, cut down to the slice that matters.
//!
//! The same code serves `plan`, which keeps nothing, and `sync`, which has kept the reads before: then there is nothing to
//! lay over. INVARIANT: a slice is closed. Whatever shares a key with an object of the slice is in the slice, so that its
//! plan is the same as in the plan of everything.

use std::collections::{BTreeMap, HashMap, HashSet};

use samesign_engine::{Anchor, Link, LinkState, ObjectGuid, Policy, Presence, Slice, SourceObject, TargetObject, keys, target_keys};

use crate::error::AgentError;
use crate::read::{SourceDelta, TargetDelta};
use crate::state::{StateError, Store, key_hash};

/// The prefix of the keys that name another object: they are followed for one step only.
const REFERENCE: &str = "ref:";

/// What today's reads say that the store does not say yet.
#[derive(Default)]
pub struct Overlay<'a> {
    sources: HashMap<ObjectGuid, &'a SourceObject>,
    sources_gone: HashSet<ObjectGuid>,
    source_keys: HashMap<i64, Vec<ObjectGuid>>,
    targets: HashMap<&'a str, &'a TargetObject>,
    targets_gone: HashSet<&'a str>,
    targets_soft_deleted: HashSet<&'a str>,
    target_keys: HashMap<i64, Vec<&'a str>>,
    targets_anew: bool,
    links: Option<&'a BTreeMap<Anchor, Link>>,
}

impl<'a> Overlay<'a> {
    /// Lays reads that are not kept over the store.
    pub fn new(source: &'a SourceDelta, tenant: &'a TargetDelta, links: Option<&'a BTreeMap<Anchor, Link>>, policy: &Policy) -> Self {
        let mut overlay = Self { targets_anew: tenant.anew, links, ..Self::default() };
        for (object, _) in &source.changed {
            overlay.sources.insert(object.guid, object);
            for key in keys(object, policy) {
                overlay.source_keys.entry(key_hash(&key)).or_default().push(object.guid);
            }
        }
        overlay.sources_gone.extend(&source.forget);
        overlay.sources_gone.extend(source.gone.keys().filter_map(Anchor::guid));
        for user in &tenant.present {
            overlay.targets.insert(&user.id, user);
            for key in target_keys(user) {
                overlay.target_keys.entry(key_hash(&key)).or_default().push(&user.id);
            }
        }
        overlay.targets_gone.extend(tenant.gone.iter().map(AsRef::as_ref));
        overlay.targets_soft_deleted.extend(tenant.soft_deleted.iter().map(AsRef::as_ref));
        overlay
    }
}

/// Store and overlay as one.
pub struct World<'a> {
    store: &'a Store,
    policy: &'a Policy,
    overlay: Overlay<'a>,
}

impl<'a> World<'a> {
    /// The store, with an overlay.
    pub const fn new(store: &'a Store, policy: &'a Policy, overlay: Overlay<'a>) -> Self {
        Self { store, policy, overlay }
    }

    /// Everything.
    pub fn everything(&self, gone: &BTreeMap<Anchor, Presence>) -> Result<Slice, AgentError> {
        let mut slice = Slice { gone: gone.clone(), ..Slice::default() };
        slice.source.reserve(self.store.source_count()?.max(self.overlay.sources.len()));
        self.store.sources(&mut |object| {
            if !self.overlay.sources.contains_key(&object.guid) && !self.overlay.sources_gone.contains(&object.guid) {
                slice.source.push(object);
            }
        })?;
        slice.source.extend(self.overlay.sources.values().map(|object| (*object).clone()));
        if !self.overlay.targets_anew {
            self.store.targets(&mut |user| slice.targets.extend(self.current(user)))?;
        }
        slice.targets.extend(self.overlay.targets.values().map(|user| (*user).clone()));
        match self.overlay.links {
            Some(links) => slice.links.extend(links.values().cloned()),
            None => self.store.links(&mut |link| slice.links.push(link))?,
        }
        Ok(slice)
    }

    /// The objects that these seeds reach.
    pub fn closure(&self, seeds: &Seeds, gone: &BTreeMap<Anchor, Presence>) -> Result<Slice, AgentError> {
        let mut growing = Growing {
            world: self,
            sources: BTreeMap::new(),
            targets: BTreeMap::new(),
            links: BTreeMap::new(),
            queue: Vec::new(),
            met: HashSet::new(),
        };
        for guid in &seeds.guids {
            growing.add_anchor(&Anchor::of(guid))?;
        }
        for anchor in seeds.anchors.iter().chain(gone.keys()) {
            growing.add_anchor(anchor)?;
        }
        seeds.keys.iter().for_each(|key| growing.push(*key));
        growing.grow()?;
        growing.into_slice(gone)
    }

    /// A cloud user of the store as it is now; `None` when the overlay has another word on it.
    fn current(&self, mut user: TargetObject) -> Option<TargetObject> {
        let id = &*user.id;
        if self.overlay.targets_anew || self.overlay.targets.contains_key(id) || self.overlay.targets_gone.contains(id) {
            return None;
        }
        user.soft_deleted |= self.overlay.targets_soft_deleted.contains(id);
        Some(user)
    }

    fn source(&self, guid: &ObjectGuid) -> Result<Option<SourceObject>, StateError> {
        if let Some(object) = self.overlay.sources.get(guid) {
            return Ok(Some((*object).clone()));
        }
        if self.overlay.sources_gone.contains(guid) { Ok(None) } else { self.store.source(guid) }
    }

    fn target(&self, id: &str) -> Result<Option<TargetObject>, StateError> {
        if let Some(user) = self.overlay.targets.get(id) {
            return Ok(Some((*user).clone()));
        }
        Ok(self.store.target(id)?.and_then(|user| self.current(user)))
    }

    fn link(&self, anchor: &Anchor) -> Result<Option<Link>, StateError> {
        match self.overlay.links {
            Some(links) => Ok(links.get(anchor).cloned()),
            None => self.store.link(anchor),
        }
    }

    fn sources_by_key(&self, key: i64) -> Result<Vec<SourceObject>, StateError> {
        let mut found = self.store.sources_by_key(key)?;
        found.retain(|object| !self.overlay.sources.contains_key(&object.guid) && !self.overlay.sources_gone.contains(&object.guid));
        let laid_over = self.overlay.source_keys.get(&key).into_iter().flatten();
        found.extend(laid_over.filter_map(|guid| self.overlay.sources.get(guid)).map(|object| (*object).clone()));
        Ok(found)
    }

    fn targets_by_key(&self, key: i64) -> Result<Vec<TargetObject>, StateError> {
        let mut found: Vec<TargetObject> = self.store.targets_by_key(key)?.into_iter().filter_map(|user| self.current(user)).collect();
        let laid_over = self.overlay.target_keys.get(&key).into_iter().flatten();
        found.extend(laid_over.filter_map(|id| self.overlay.targets.get(id)).map(|user| (*user).clone()));
        Ok(found)
    }
}

/// Where a slice begins: what changed, what is owed, what has an open finding.
#[derive(Default)]
pub struct Seeds {
    /// Source objects.
    pub guids: HashSet<ObjectGuid>,
    /// Linked objects.
    pub anchors: HashSet<Anchor>,
    /// Keys, old and new.
    pub keys: HashSet<i64>,
}

impl Seeds {
    /// Collects the seeds. Must be called before the reads are kept: it needs the keys that the objects had before.
    pub fn collect(store: &Store, source: &SourceDelta, tenant: &TargetDelta, policy: &Policy) -> Result<Self, AgentError> {
        let mut seeds = Self::default();
        seeds.keys.extend(store.finding_keys()?);
        for anchor in store.owed()? {
            if let Some(guid) = anchor.guid() {
                seeds.add_before(store, &guid, policy)?;
            }
            seeds.anchors.insert(anchor);
        }
        for (object, _) in &source.changed {
            seeds.guids.insert(object.guid);
            seeds.add_object(&keys(object, policy));
            seeds.add_before(store, &object.guid, policy)?;
        }
        for guid in source.forget.iter().copied().chain(source.gone.keys().filter_map(Anchor::guid)) {
            seeds.add_before(store, &guid, policy)?;
        }
        for user in &tenant.present {
            seeds.add_target(store, user)?;
        }
        for id in tenant.soft_deleted.iter().chain(&tenant.gone) {
            if let Some(before) = store.target(id)? {
                seeds.add_keys(&target_keys(&before));
            }
        }
        Ok(seeds)
    }

    fn add_before(&mut self, store: &Store, guid: &ObjectGuid, policy: &Policy) -> Result<(), StateError> {
        if let Some(before) = store.source(guid)? {
            self.add_object(&keys(&before, policy));
        }
        Ok(())
    }

    fn add_keys(&mut self, keys: &[String]) {
        self.keys.extend(keys.iter().filter(|key| !key.starts_with(REFERENCE)).map(|key| key_hash(key)));
    }

    /// An object, and the objects that name it: whether they may refer to it depends on what becomes of it.
    fn add_object(&mut self, keys: &[String]) {
        self.add_keys(keys);
        let incoming = keys.iter().filter_map(|key| key.strip_prefix("dn:").map(|dn| format!("{REFERENCE}{dn}")));
        self.keys.extend(incoming.map(|key| key_hash(&key)));
    }

    /// A cloud user matters when it may be matched, or when it is ours and something happened to it. What we wrote ourselves
    /// comes back here too, and must not be planned all over again.
    fn add_target(&mut self, store: &Store, user: &TargetObject) -> Result<(), StateError> {
        let before = store.target(&user.id)?;
        let link = user.anchor.as_ref().map(|anchor| store.link(anchor)).transpose()?.flatten();
        let ours = link.is_some_and(|link| link.target_id.as_ref() == Some(&user.id) && link.state == LinkState::Live);
        let names = target_keys(user);
        let same_names = before.as_ref().is_none_or(|before| target_keys(before) == names && before.soft_deleted == user.soft_deleted);
        if ours && user.synced && !user.soft_deleted && same_names {
            return Ok(());
        }
        self.add_keys(&names);
        self.add_keys(&before.map(|before| target_keys(&before)).unwrap_or_default());
        Ok(())
    }
}

/// A slice while it grows.
struct Growing<'w, 'a> {
    world: &'w World<'a>,
    sources: BTreeMap<ObjectGuid, SourceObject>,
    targets: BTreeMap<Box<str>, TargetObject>,
    links: BTreeMap<Anchor, Link>,
    queue: Vec<i64>,
    met: HashSet<i64>,
}

impl Growing<'_, '_> {
    fn push(&mut self, key: i64) {
        if self.met.insert(key) {
            self.queue.push(key);
        }
    }

    fn push_keys(&mut self, keys: &[String]) {
        keys.iter().filter(|key| !key.starts_with(REFERENCE)).for_each(|key| self.push(key_hash(key)));
    }

    fn grow(&mut self) -> Result<(), StateError> {
        while let Some(key) = self.queue.pop() {
            for object in self.world.sources_by_key(key)? {
                self.add_source(object)?;
            }
            for user in self.world.targets_by_key(key)? {
                self.add_target(user)?;
            }
        }
        Ok(())
    }

    fn add_anchor(&mut self, anchor: &Anchor) -> Result<(), StateError> {
        self.push(key_hash(&format!("anchor:{anchor}")));
        if let Some(link) = self.world.link(anchor)? {
            self.add_link(link)?;
        }
        let object = anchor.guid().map(|guid| self.world.source(&guid)).transpose()?.flatten();
        object.map_or(Ok(()), |object| self.add_source(object))
    }

    fn add_source(&mut self, object: SourceObject) -> Result<(), StateError> {
        if self.sources.contains_key(&object.guid) {
            return Ok(());
        }
        let anchor = Anchor::of(&object.guid);
        self.push_keys(&keys(&object, self.world.policy));
        self.sources.insert(object.guid, object);
        self.add_anchor(&anchor)
    }

    fn add_target(&mut self, user: TargetObject) -> Result<(), StateError> {
        if self.targets.contains_key(&user.id) {
            return Ok(());
        }
        let anchor = user.anchor.clone();
        self.push_keys(&target_keys(&user));
        self.targets.insert(user.id.clone(), user);
        anchor.map_or(Ok(()), |anchor| self.add_anchor(&anchor))
    }

    fn add_link(&mut self, link: Link) -> Result<(), StateError> {
        if self.links.contains_key(&link.anchor) {
            return Ok(());
        }
        let target = link.target_id.as_ref().map(|id| self.world.target(id)).transpose()?.flatten();
        self.links.insert(link.anchor.clone(), link);
        target.map_or(Ok(()), |target| self.add_target(target))
    }

    fn into_slice(self, gone: &BTreeMap<Anchor, Presence>) -> Result<Slice, AgentError> {
        let mut references = BTreeMap::new();
        for object in self.sources.values() {
            for dn in keys(object, self.world.policy).iter().filter_map(|key| key.strip_prefix(REFERENCE)) {
                for named in self.world.sources_by_key(key_hash(&format!("dn:{dn}")))? {
                    let anchor = Anchor::of(&named.guid);
                    let live = self.world.link(&anchor)?.is_some_and(|link| link.state == LinkState::Live);
                    if live && !self.sources.contains_key(&named.guid) {
                        references.insert(dn.to_owned(), anchor);
                    }
                }
            }
        }
        Ok(Slice {
            gone: gone
                .iter()
                .filter(|(anchor, _)| self.links.contains_key(*anchor))
                .map(|(anchor, presence)| (anchor.clone(), *presence))
                .collect(),
            source: self.sources.into_values().collect(),
            targets: self.targets.into_values().collect(),
            links: self.links.into_values().collect(),
            references,
            chosen: None,
        })
    }
}
