//! The world that a plan is made for: the kept mirrors with today's reads laid over them, cut down to the slice that matters.
//!
//! The same code serves `plan`, which keeps nothing, and `sync`, which has kept the reads before: then there is nothing to
//! lay over. INVARIANT: a slice is closed. Whatever shares a key with an object of the slice is in the slice, so that its
//! plan is the same as in the plan of everything.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use samesign_engine::{
    Anchor, Kind, Link, LinkState, ObjectGuid, Policy, Presence, Slice, SourceObject, TargetObject, anchor_of, dn_key, keys, target_keys,
};

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
    targets_anew: BTreeSet<Kind>,
    links: Option<&'a BTreeMap<Anchor, Link>>,
    links_by_source: HashMap<ObjectGuid, &'a Anchor>,
}

impl<'a> Overlay<'a> {
    /// Lays reads that are not kept over the store.
    pub fn new(source: &'a SourceDelta, tenant: &'a TargetDelta, links: Option<&'a BTreeMap<Anchor, Link>>, policy: &Policy) -> Self {
        let mut overlay = Self { targets_anew: tenant.anew.clone(), links, ..Self::default() };
        for (object, _) in &source.changed {
            overlay.sources.insert(object.guid, object);
            for key in keys(object, policy) {
                overlay.source_keys.entry(key_hash(&key)).or_default().push(object.guid);
            }
        }
        overlay.sources_gone.extend(&source.forget);
        for user in &tenant.present {
            overlay.targets.insert(&user.id, user);
            for key in target_keys(user) {
                overlay.target_keys.entry(key_hash(&key)).or_default().push(&user.id);
            }
        }
        overlay.targets_gone.extend(tenant.gone.iter().map(AsRef::as_ref));
        overlay.targets_soft_deleted.extend(tenant.soft_deleted.iter().map(AsRef::as_ref));
        // A live link last: of two with one objectGUID it counts.
        let mut links: Vec<&Link> = links.into_iter().flat_map(BTreeMap::values).collect();
        links.sort_by_key(|link| link.state == LinkState::Live);
        overlay.links_by_source.extend(links.into_iter().filter_map(|link| Some((link.guid()?, &link.anchor))));
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
        self.store.targets(&mut |user| slice.targets.extend(self.current(user)))?;
        slice.targets.extend(self.overlay.targets.values().map(|user| (*user).clone()));
        match self.overlay.links {
            Some(links) => slice.links.extend(links.values().cloned()),
            None => self.store.links(&mut |link| slice.links.push(link))?,
        }
        self.add_missing(gone, &mut slice.references)?;
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
            references: HashSet::new(),
        };
        for guid in &seeds.guids {
            growing.add_guid(guid)?;
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
        if self.overlay.targets_anew.contains(&user.kind) || self.overlay.targets.contains_key(id) || self.overlay.targets_gone.contains(id)
        {
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

    /// The anchor by which a source object is joined, live or deleted.
    fn anchor_of(&self, guid: &ObjectGuid) -> Result<Option<Anchor>, StateError> {
        match self.overlay.links {
            Some(_) => Ok(self.overlay.links_by_source.get(guid).map(|anchor| (*anchor).clone())),
            None => self.store.anchor_of(guid),
        }
    }

    /// The anchor of the link to an object of the tenant.
    fn owner_of(&self, target_id: &str) -> Result<Option<Anchor>, StateError> {
        match self.overlay.links {
            Some(links) => Ok(links.values().find(|link| link.target_id.as_deref() == Some(target_id)).map(|link| link.anchor.clone())),
            None => self.store.owner_anchor(target_id),
        }
    }

    fn is_live(&self, anchor: &Anchor) -> Result<bool, StateError> {
        match self.overlay.links {
            Some(links) => Ok(links.get(anchor).is_some_and(|link| link.state == LinkState::Live)),
            None => self.store.is_live(anchor),
        }
    }

    /// The live objects that the objects with these DNs are joined to.
    fn live_anchors_of(&self, dn_keys: &HashSet<String>) -> Result<BTreeMap<String, Anchor>, StateError> {
        let mut found = BTreeMap::new();
        let is_current = |guid: &ObjectGuid| !self.overlay.sources.contains_key(guid) && !self.overlay.sources_gone.contains(guid);
        if self.overlay.links.is_none() {
            let take = &mut |key: &str, anchor| drop(found.insert(key.to_owned(), anchor));
            self.store.live_anchors_of(dn_keys.iter().map(String::as_str), &is_current, take)?;
        }
        for object in self.overlay.sources.values() {
            let key = dn_key(&object.dn);
            if dn_keys.contains(&key)
                && let Some(anchor) = self.anchor_of(&object.guid)?
                && self.is_live(&anchor)?
            {
                found.insert(key, anchor);
            }
        }
        Ok(found)
    }

    /// An object that nobody can see although nothing says that it is gone is still what others refer to: who lists it as a member must
    /// not lose it.
    fn add_missing(&self, gone: &BTreeMap<Anchor, Presence>, references: &mut BTreeMap<String, Anchor>) -> Result<(), StateError> {
        for (anchor, _) in gone.iter().filter(|(_, presence)| **presence == Presence::Missing) {
            if let Some(link) = self.link(anchor)?.filter(|link| link.state == LinkState::Live && !link.last_dn.is_empty()) {
                references.entry(dn_key(&link.last_dn)).or_insert_with(|| anchor.clone());
            }
        }
        Ok(())
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
            seeds.anchors.insert(anchor);
        }
        for (object, _) in &source.changed {
            seeds.guids.insert(object.guid);
            seeds.add_keys(&keys(object, policy));
            let before = seeds.add_before(store, &object.guid, policy)?;
            // Whoever names the object by its old or its new DN. That it comes or goes is seen when it has been planned.
            if let Some(before) = before.filter(|before| dn_key(before) != dn_key(&object.dn)) {
                seeds.add_incoming(&before);
                seeds.add_incoming(&object.dn);
            }
        }
        for guid in &source.forget {
            seeds.add_before(store, guid, policy)?;
        }
        if let Some(chosen) = &source.chosen {
            seeds.guids.extend(chosen.guids.symmetric_difference(&store.chosen()?));
        }
        for user in &tenant.present {
            seeds.add_target(store, user)?;
        }
        for id in tenant.soft_deleted.iter().chain(&tenant.gone) {
            if let Some(before) = store.target(id)? {
                seeds.add_keys(&target_keys(&before));
            }
        }
        seeds.add_licence_groups(store, source, policy)?;
        Ok(seeds)
    }

    /// The groups whose members get licences, where there is anything to plan at all, and whoever came into one.
    fn add_licence_groups(&mut self, store: &Store, source: &SourceDelta, policy: &Policy) -> Result<(), StateError> {
        if self.guids.is_empty() && self.anchors.is_empty() && self.keys.is_empty() {
            return Ok(());
        }
        let groups: HashSet<String> = policy.rules.licences.iter().filter_map(|rule| rule.group.as_deref()).map(dn_key).collect();
        for (group, _) in source.changed.iter().filter(|(object, _)| !groups.is_empty() && groups.contains(&dn_key(&object.dn))) {
            let before = store.source(&group.guid)?;
            let before: HashSet<&str> = before.iter().flat_map(|group| group.attributes.texts("member")).collect();
            let came = group.attributes.texts("member").filter(|dn| !before.contains(dn));
            self.keys.extend(came.map(|dn| key_hash(&format!("dn:{}", dn_key(dn)))));
        }
        self.keys.extend(groups.iter().map(|key| key_hash(&format!("dn:{key}"))));
        Ok(())
    }

    /// What an object coupled before; gives the DN that it had.
    fn add_before(&mut self, store: &Store, guid: &ObjectGuid, policy: &Policy) -> Result<Option<Box<str>>, StateError> {
        let Some(before) = store.source(guid)? else { return Ok(None) };
        self.add_keys(&keys(&before, policy));
        Ok(Some(before.dn))
    }

    /// The objects that name the one with this DN. Answers whether that is new.
    pub fn add_incoming(&mut self, dn: &str) -> bool {
        self.keys.insert(key_hash(&format!("{REFERENCE}{}", dn_key(dn))))
    }

    fn add_keys(&mut self, keys: &[String]) {
        self.keys.extend(keys.iter().filter(|key| !key.starts_with(REFERENCE)).map(|key| key_hash(key)));
    }

    /// A cloud user matters when it may be matched, or when it is ours and something happened to it. What we wrote ourselves
    /// comes back here too, and must not be planned all over again.
    fn add_target(&mut self, store: &Store, user: &TargetObject) -> Result<(), StateError> {
        let before = store.target(&user.id)?;
        let owner = match &user.anchor {
            Some(anchor) => store.link_head(anchor)?,
            // Graph shows no anchor of groups and contacts.
            None => store.owner_of(&user.id)?,
        };
        let ours = owner.is_some_and(|(target_id, live)| target_id.as_ref() == Some(&user.id) && live);
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
    /// The DNs that its objects name, as keys.
    references: HashSet<String>,
}

impl Growing<'_, '_> {
    fn push(&mut self, key: i64) {
        if self.met.insert(key) {
            self.queue.push(key);
        }
    }

    fn push_keys(&mut self, keys: Vec<String>) {
        for mut key in keys {
            if key.starts_with(REFERENCE) {
                key.drain(..REFERENCE.len());
                self.references.insert(key);
            } else {
                self.push(key_hash(&key));
            }
        }
    }

    fn add_guid(&mut self, guid: &ObjectGuid) -> Result<(), StateError> {
        if let Some(anchor) = self.world.anchor_of(guid)? {
            self.add_anchor(&anchor)?;
        }
        self.world.source(guid)?.map_or(Ok(()), |object| self.add_source(object))
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
        if self.links.contains_key(anchor) {
            return Ok(());
        }
        let link = self.world.link(anchor)?;
        let guid = link.as_ref().map_or_else(|| anchor.guid(), Link::guid);
        if let Some(link) = link {
            self.add_link(link)?;
        }
        let object = guid.filter(|guid| !self.sources.contains_key(guid)).map(|guid| self.world.source(&guid)).transpose()?.flatten();
        object.map_or(Ok(()), |object| self.add_source(object))
    }

    fn add_source(&mut self, object: SourceObject) -> Result<(), StateError> {
        if self.sources.contains_key(&object.guid) {
            return Ok(());
        }
        let anchor = anchor_of(&object, self.world.policy);
        // Whoever is joined stays so, whatever anchor would be made of the object today.
        let joined = self.world.anchor_of(&object.guid)?.filter(|joined| *joined != anchor);
        self.push_keys(keys(&object, self.world.policy));
        self.sources.insert(object.guid, object);
        self.add_anchor(&anchor)?;
        joined.map_or(Ok(()), |joined| self.add_anchor(&joined))
    }

    fn add_target(&mut self, user: TargetObject) -> Result<(), StateError> {
        if self.targets.contains_key(&user.id) {
            return Ok(());
        }
        let anchor = match &user.anchor {
            Some(anchor) => Some(anchor.clone()),
            None => self.world.owner_of(&user.id)?,
        };
        self.push_keys(target_keys(&user));
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

    fn into_slice(mut self, gone: &BTreeMap<Anchor, Presence>) -> Result<Slice, AgentError> {
        for object in self.sources.values() {
            self.references.remove(&dn_key(&object.dn));
        }
        let mut references = self.world.live_anchors_of(&self.references)?;
        self.world.add_missing(gone, &mut references)?;
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
            from_directory: false,
        })
    }
}
