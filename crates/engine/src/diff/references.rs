//! Resolves DNs into the anchors of objects that the tenant has, or will have once the plan has been applied.

use std::collections::{BTreeMap, HashMap};

use crate::flow::Flowed;
use crate::join::Pair;
use crate::slice::Slice;
use crate::subject::Subject;
use crate::{Anchor, Value};

/// The objects that DNs may name.
pub(crate) struct References<'a> {
    here: HashMap<&'a str, (&'a Subject<'a>, bool)>,
    elsewhere: &'a BTreeMap<String, Anchor>,
}

impl<'a> References<'a> {
    pub fn new(subjects: &'a [Subject<'_>], pairs: &[Pair<'_>], slice: &'a Slice) -> Self {
        let here = subjects.iter().zip(pairs).map(|(subject, pair)| (&*subject.dn_key, (subject, pair.will_exist()))).collect();
        Self { here, elsewhere: &slice.references }
    }

    /// The anchor of the object with a DN, by its key, and the object where it is in the slice. `None` for an object that the
    /// tenant will not have: a dangling reference is dropped.
    pub fn resolve(&self, dn_key: &str) -> Option<(&'a Anchor, Option<&'a Subject<'a>>)> {
        match self.here.get(dn_key) {
            Some((subject, exists)) => exists.then_some((&subject.anchor, Some(*subject))),
            None => self.elsewhere.get(dn_key).map(|anchor| (anchor, None)),
        }
    }

    fn anchor(&self, dn_key: &str) -> Option<Anchor> {
        self.resolve(dn_key).map(|(anchor, _)| anchor.clone())
    }
}

/// The value of a flow, its references resolved; `None` for a flow without one.
pub(crate) fn resolved(flowed: Flowed, references: &References<'_>) -> Option<Value> {
    match flowed {
        Flowed::Value(value) => Some(value),
        Flowed::Reference(dn_key) => references.anchor(&dn_key).map(Value::Reference),
        Flowed::References(dn_keys) => {
            let mut anchors: Vec<Anchor> = dn_keys.iter().filter_map(|dn_key| references.anchor(dn_key)).collect();
            anchors.sort_unstable();
            anchors.dedup();
            (!anchors.is_empty()).then(|| Value::References(anchors.into()))
        }
        Flowed::Clear | Flowed::Ignore => None,
    }
}
