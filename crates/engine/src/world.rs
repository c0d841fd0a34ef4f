//! The tenant's side of a slice, indexed by what it is looked up by.

use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasherDefault, DefaultHasher, Hash};

use crate::identity::anchors;
use crate::keys::{link_names, target_addresses};
use crate::slice::{Link, LinkState, Presence, Slice, TargetObject};
use crate::subject::Subject;
use crate::{Anchor, fold, names};

/// Links and cloud users, with the names they will still hold when this plan has been applied.
pub(crate) struct World<'a> {
    pub links: Map<&'a Anchor, &'a Link>,
    /// Sorted by id, none twice.
    targets: Vec<&'a TargetObject>,
    by_id: Map<&'a str, &'a TargetObject>,
    by_anchor: Map<&'a Anchor, Vec<&'a TargetObject>>,
    owners: Map<&'a str, &'a Link>,
    by_upn: Map<String, Vec<&'a TargetObject>>,
    by_address: Map<String, Vec<&'a TargetObject>>,
    by_primary: Map<String, Vec<&'a TargetObject>>,
    /// Every account that was read whole has a userAccountControl.
    pub from_directory: bool,
}

/// A map that is the same in every run. In which order it is walked must make no difference all the same.
pub(crate) type Map<K, V> = HashMap<K, V, BuildHasherDefault<DefaultHasher>>;

impl<'a> World<'a> {
    /// Links and cloud users, before anything is known of names.
    pub fn new(slice: &'a Slice) -> Self {
        // Of two links with one anchor, or of one object, the live one counts, whatever the order in which they came.
        let links = first_of(slice.links.iter().map(|link| (&link.anchor, link)));
        // Who owns an object is asked of those alone that are shown.
        let owners = slice.links.iter().filter(|_| !slice.targets.is_empty()).filter_map(|link| Some((link.target_id.as_deref()?, link)));
        let owners = first_of(owners);
        let mut targets: Vec<&TargetObject> = slice.targets.iter().collect();
        targets.sort_by(|one, other| (&one.id, one.soft_deleted, &one.upn).cmp(&(&other.id, other.soft_deleted, &other.upn)));
        targets.dedup_by(|later, first| later.id == first.id);
        let mut by_anchor: Map<_, Vec<_>> = Map::default();
        for target in &targets {
            if let Some(anchor) = &target.anchor {
                by_anchor.entry(anchor).or_default().push(*target);
            }
        }
        Self {
            owners,
            links,
            by_id: targets.iter().map(|target| (&*target.id, *target)).collect(),
            targets,
            by_anchor,
            by_upn: Map::default(),
            by_address: Map::default(),
            by_primary: Map::default(),
            from_directory: slice.from_directory,
        }
    }

    /// Indexes the names of the live cloud users, less those that this plan frees: of users that it deletes, and those that
    /// a linked user gives up.
    pub fn index_names(&mut self, subjects: &[Subject<'_>], slice: &'a Slice) {
        if self.by_id.is_empty() {
            return;
        }
        (self.by_upn, self.by_address, self.by_primary) = Default::default();
        let subjects = anchors::by_anchor(subjects);
        let live: Vec<&TargetObject> = self.targets.iter().filter(|target| !target.soft_deleted).copied().collect();
        for target in live {
            let freed = match self.owner(target).filter(|link| link.state == LinkState::Live) {
                // Who holds an admin role is not deleted, see [`join::protect`](crate::join::protect).
                Some(link) if !target.privileged && leaves(link, subjects.get(&link.anchor).copied(), slice) => continue,
                Some(link) => subjects.get(&link.anchor).map(|subject| given_up(link, subject)).unwrap_or_default(),
                None => BTreeSet::new(),
            };
            let stays = |name: &String| !freed.contains(name);
            // What a group or a contact is known by is no sign-in name.
            let upn = (target.kind == crate::Kind::User).then(|| fold(&target.upn));
            for upn in upn.into_iter().filter(stays) {
                self.by_upn.entry(upn).or_default().push(target);
            }
            for primary in primary(target).into_iter().filter(stays) {
                self.by_primary.entry(primary).or_default().push(target);
            }
            for address in target_addresses(target).into_iter().filter(stays) {
                self.by_address.entry(address).or_default().push(target);
            }
        }
    }

    /// The link whose object a cloud user is.
    pub fn owner(&self, target: &TargetObject) -> Option<&'a Link> {
        target.anchor.as_ref().and_then(|anchor| self.links.get(anchor)).or_else(|| self.owners.get(&*target.id)).copied()
    }

    /// The cloud users that carry an anchor, live ones and soft-deleted ones.
    pub fn with_anchor(&self, anchor: &Anchor) -> &[&'a TargetObject] {
        self.by_anchor.get(anchor).map_or(&[], Vec::as_slice)
    }

    /// The cloud user of a link, where the tenant's mirror shows it.
    pub fn target_of(&self, link: &Link) -> Option<&'a TargetObject> {
        let by_id = link.target_id.as_deref().and_then(|id| self.by_id.get(id)).copied();
        by_id.or_else(|| self.with_anchor(&link.anchor).first().copied())
    }

    /// The live cloud users with a sign-in name.
    pub fn with_upn(&self, upn: &str) -> &[&'a TargetObject] {
        self.by_upn.get(upn).map_or(&[], Vec::as_slice)
    }

    /// The live cloud users with a primary address.
    pub fn with_primary(&self, address: &str) -> &[&'a TargetObject] {
        self.by_primary.get(address).map_or(&[], Vec::as_slice)
    }

    /// The live cloud users that have an address.
    pub fn with_address(&self, address: &str) -> &[&'a TargetObject] {
        self.by_address.get(address).map_or(&[], Vec::as_slice)
    }
}

/// The links by what they are looked up by; of several with the same, the one with the smallest anchor, then a live one.
fn first_of<'a, K: Eq + Hash>(links: impl Iterator<Item = (K, &'a Link)>) -> Map<K, &'a Link> {
    let rank = |link: &'a Link| (&link.anchor, link.state, &link.target_id);
    let mut first: Map<K, &Link> =
        HashMap::with_capacity_and_hasher(links.size_hint().1.unwrap_or_default(), BuildHasherDefault::default());
    for (key, link) in links {
        let held = first.entry(key).or_insert(link);
        if rank(link) < rank(held) {
            *held = link;
        }
    }
    first
}

/// The primary address that a cloud user has: the `SMTP:` entry, else `mail`.
pub(crate) fn primary(target: &TargetObject) -> Option<String> {
    names::primary_address(target.addresses.iter().map(|proxy| &**proxy)).or_else(|| target.mail.as_deref().map(fold))
}

/// Whether this plan deletes the object of a live link.
fn leaves(link: &Link, subject: Option<&Subject<'_>>, slice: &Slice) -> bool {
    match subject {
        Some(subject) => matches!(subject.standing, crate::scope::Answer::Out(_)),
        None => matches!(slice.gone.get(&link.anchor), Some(Presence::Deleted | Presence::Absent | Presence::LongMissing)),
    }
}

/// The names that a linked object had and will not have.
fn given_up(link: &Link, subject: &Subject<'_>) -> BTreeSet<String> {
    if !subject.in_scope() || (subject.kind() == crate::Kind::User && subject.upn.is_none()) || !subject.ignored.is_empty() {
        return BTreeSet::new();
    }
    link_names(link).into_iter().filter(|name| !subject.names.contains(name)).collect()
}
