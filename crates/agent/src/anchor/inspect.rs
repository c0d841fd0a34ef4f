//! How the anchors of both sides stand to each other.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use samesign_engine::{Anchor, AnchorAttribute, Kind, LinkState, ObjectGuid, Policy, Slice, SourceObject, anchor_of};
use serde::Serialize;

use super::name;

/// So many objects are named.
const NAMED_MAX: usize = 20;

/// The anchors of both sides.
#[derive(Clone, Debug, Serialize)]
pub struct AnchorReport {
    /// The attribute that the configuration names.
    pub configured: &'static str,
    /// The attribute that the first run fixed; what is configured where there was none.
    pub in_use: &'static str,
    /// The source's users and groups. A contact's anchor is always made of its objectGUID.
    pub source: BTreeMap<Kind, KindAnchors>,
    /// Anchors of the tenant that are the objectGUID of an object of the source.
    pub of_object_guid: usize,
    /// Anchors of the tenant that are another object's, or the same object's, ms-DS-ConsistencyGuid and not its objectGUID.
    pub of_consistency_guid: usize,
    /// Anchors of the tenant that belong to no object that was read.
    pub of_nobody: usize,
    /// Values of ms-DS-ConsistencyGuid that several objects have, each with their DNs.
    pub duplicates: Vec<Vec<Box<str>>>,
    /// Synchronized objects that the other attribute would give another anchor, by DN.
    pub would_change: Vec<Box<str>>,
}

/// How many objects of one kind have a ms-DS-ConsistencyGuid.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct KindAnchors {
    /// Objects that were read.
    pub objects: usize,
    /// Of these, with a value.
    pub with_consistency_guid: usize,
    /// With their own objectGUID as value.
    pub equal: usize,
    /// With another GUID.
    pub different: usize,
    /// With something that is no GUID.
    pub invalid: usize,
}

impl AnchorReport {
    pub(super) fn new(configured: AnchorAttribute, in_use: AnchorAttribute, slice: &Slice, policy: &Policy) -> Self {
        let mut source: BTreeMap<Kind, KindAnchors> = BTreeMap::new();
        let (mut guids, mut values) = (BTreeSet::new(), BTreeMap::<Anchor, Vec<Box<str>>>::new());
        for object in &slice.source {
            guids.insert(Anchor::of(&object.guid));
            if object.class.kind() == Kind::Contact {
                continue;
            }
            let counts = source.entry(object.class.kind()).or_default();
            counts.objects += 1;
            let Some(value) = object.attributes.first("ms-ds-consistencyguid") else { continue };
            counts.with_consistency_guid += 1;
            match ObjectGuid::from_slice(value) {
                Err(_) => counts.invalid += 1,
                Ok(guid) => {
                    let same = guid == object.guid;
                    *(if same { &mut counts.equal } else { &mut counts.different }) += 1;
                    values.entry(Anchor::of(&guid)).or_default().push(object.dn.clone());
                }
            }
        }
        let anchors = tenant_anchors(slice);
        let of_object_guid = anchors.iter().filter(|anchor| guids.contains(**anchor)).count();
        let of_consistency_guid = anchors.iter().filter(|anchor| !guids.contains(**anchor) && values.contains_key(**anchor)).count();
        Self {
            configured: name(configured),
            in_use: name(in_use),
            source,
            of_object_guid,
            of_consistency_guid,
            of_nobody: anchors.len() - of_object_guid - of_consistency_guid,
            duplicates: values.into_values().filter(|dns| dns.len() > 1).collect(),
            would_change: would_change(in_use, slice, policy),
        }
    }
}

/// The anchors in the tenant: those of our links, and those that Graph shows.
fn tenant_anchors(slice: &Slice) -> BTreeSet<&Anchor> {
    let linked = slice.links.iter().filter(|link| link.state == LinkState::Live).map(|link| &link.anchor);
    linked.chain(slice.targets.iter().filter(|target| !target.soft_deleted).filter_map(|target| target.anchor.as_ref())).collect()
}

/// Linked objects whose anchor would be another one, were it made of the other attribute.
fn would_change(in_use: AnchorAttribute, slice: &Slice, policy: &Policy) -> Vec<Box<str>> {
    let other = match in_use {
        AnchorAttribute::ObjectGuid => AnchorAttribute::ConsistencyGuid,
        AnchorAttribute::ConsistencyGuid => AnchorAttribute::ObjectGuid,
    };
    let mut moved = policy.clone();
    moved.rules.anchor = other;
    let linked: BTreeMap<ObjectGuid, &Anchor> =
        slice.links.iter().filter(|link| link.state == LinkState::Live).filter_map(|link| Some((link.guid()?, &link.anchor))).collect();
    let changes = |object: &&SourceObject| linked.get(&object.guid).is_some_and(|anchor| **anchor != anchor_of(object, &moved));
    slice.source.iter().filter(changes).map(|object| object.dn.clone()).collect()
}

impl fmt::Display for AnchorReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "in use      {}", self.in_use)?;
        if self.configured != self.in_use {
            write!(f, "\nconfigured  {}: nothing is synchronized until both are the same", self.configured)?;
        }
        for (kind, counts) in &self.source {
            let KindAnchors { objects, with_consistency_guid, equal, different, invalid } = counts;
            write!(f, "\n{:<12}{objects} read, {with_consistency_guid} with ms-DS-ConsistencyGuid", format!("{}s", kind.as_str()))?;
            write!(f, " ({equal} equal to objectGUID, {different} not, {invalid} no GUID)")?;
        }
        let Self { of_object_guid, of_consistency_guid, of_nobody, .. } = self;
        write!(
            f,
            "\ntenant      {of_object_guid} anchors are an objectGUID, {of_consistency_guid} a ms-DS-ConsistencyGuid, {of_nobody} of no object that was read"
        )?;
        for dns in &self.duplicates {
            write!(f, "\nduplicate   {}", dns.join(" and "))?;
        }
        if self.would_change.is_empty() {
            return write!(f, "\nmove        every synchronized object would keep its anchor under the other attribute");
        }
        write!(f, "\nmove        {} synchronized objects would get another anchor, so none is possible now", self.would_change.len())?;
        self.would_change.iter().take(NAMED_MAX).try_for_each(|dn| write!(f, "\n            {dn}"))?;
        match self.would_change.len().saturating_sub(NAMED_MAX) {
            0 => Ok(()),
            more => write!(f, "\n            and {more} more"),
        }
    }
}
