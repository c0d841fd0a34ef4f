//! Resolves DNs into the anchors of objects that the tenant has, or will have once the plan has been applied.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::block::Given;
use crate::flow::Flowed;
use crate::join::Pair;
use crate::scope::Answer;
use crate::slice::{Link, LinkState, Presence, Slice};
use crate::subject::Subject;
use crate::world::World;
use crate::{Anchor, Value, dn_key};

/// The objects that DNs may name.
pub(crate) struct References<'a> {
    here: HashMap<&'a str, (&'a Subject<'a>, bool)>,
    /// Linked objects whose source object is not to be seen, though nothing says that it is gone: by DN, and their anchors.
    unseen: HashMap<String, &'a Anchor>,
    unseen_anchors: HashSet<&'a Anchor>,
    elsewhere: &'a BTreeMap<String, Anchor>,
}

impl<'a> References<'a> {
    pub fn new(subjects: &'a [Subject<'_>], pairs: &[Pair<'_>], slice: &'a Slice, world: &World<'a>) -> Self {
        let exists = |subject: &Subject<'_>, pair: &Pair<'_>| pair.will_exist() || stays(subject, world);
        let here = subjects.iter().zip(pairs).map(|(subject, pair)| (&*subject.dn_key, (subject, exists(subject, pair)))).collect();
        let unseen = unseen(subjects, slice, world);
        Self { here, unseen_anchors: unseen.values().copied().collect(), unseen, elsewhere: &slice.references }
    }

    /// Whether nobody can tell what has become of an object: it is linked, its source object is not to be seen, and nothing says
    /// that it is gone.
    pub fn is_unseen(&self, anchor: &Anchor) -> bool {
        self.unseen_anchors.contains(anchor)
    }

    /// The anchor of the object with a DN, by its key, and the object where it is in the slice. `None` for an object that the
    /// tenant will not have: a dangling reference is dropped.
    pub fn resolve(&self, dn_key: &str) -> Option<(&'a Anchor, Option<&'a Subject<'a>>)> {
        match self.here.get(dn_key) {
            Some((subject, exists)) => exists.then_some((&subject.anchor, Some(*subject))),
            None => self.elsewhere.get(dn_key).or_else(|| self.unseen.get(dn_key).copied()).map(|anchor| (anchor, None)),
        }
    }

    fn anchor(&self, dn_key: &str) -> Option<Anchor> {
        self.resolve(dn_key).map(|(anchor, _)| anchor.clone())
    }
}

/// Whether a linked object that nothing is done for stays in the tenant: its data is faulty, or it holds an admin role.
fn stays(subject: &Subject<'_>, world: &World<'_>) -> bool {
    let link = world.links.get(&subject.anchor).filter(|link| link.state == LinkState::Live);
    let privileged = |link: &&&Link| world.target_of(link).is_some_and(|target| target.privileged);
    link.filter(|link| !matches!(subject.standing, Answer::Out(_)) || privileged(link)).is_some()
}

fn unseen<'a>(subjects: &[Subject<'_>], slice: &Slice, world: &World<'a>) -> HashMap<String, &'a Anchor> {
    let seen: HashSet<&Anchor> = subjects.iter().map(|subject| &subject.anchor).collect();
    let gone = |link: &Link| matches!(slice.gone.get(&link.anchor), Some(Presence::Deleted | Presence::Absent | Presence::LongMissing));
    let links = world.links.values().filter(|link| link.state == LinkState::Live && !link.last_dn.is_empty());
    let mut unseen: HashMap<String, &Anchor> = HashMap::new();
    for link in links.filter(|link| !seen.contains(&link.anchor) && !gone(link)) {
        // Of several that were last seen at one DN, the one with the greatest anchor, as good as any other.
        let held = unseen.entry(dn_key(&link.last_dn)).or_insert(&link.anchor);
        *held = (*held).max(&link.anchor);
    }
    unseen
}

/// The value of a flow, its references resolved; `None` for a flow without one.
pub(crate) fn resolved<'f>(flowed: Flowed<'f>, references: &References<'_>) -> Option<Given<'f>> {
    match flowed {
        Flowed::Value(given) => Some(given),
        Flowed::Reference(dn_key) => references.anchor(&dn_key).map(|anchor| Given::Value(Value::Reference(anchor))),
        Flowed::References(dn_keys) => {
            let mut anchors: Vec<Anchor> = dn_keys.iter().filter_map(|dn_key| references.anchor(dn_key)).collect();
            anchors.sort_unstable();
            anchors.dedup();
            (!anchors.is_empty()).then(|| Given::Value(Value::References(anchors.into())))
        }
        Flowed::Clear | Flowed::Ignore => None,
    }
}
