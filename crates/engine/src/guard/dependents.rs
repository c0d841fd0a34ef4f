//! What must wait with a change that is held: whoever takes a name that it would free. And what must not be sent before it:
//! references to an object that it would make.

use std::collections::{BTreeMap, BTreeSet};

use crate::order::{freed, makes, taken};
use crate::plan::{Action, Change, Plan};
use crate::{Anchor, Value};

/// Holds the changes that take a name which a held change frees: the service would refuse them. One pass is enough, for in
/// safe order whoever frees a name goes before whoever takes it.
pub(super) fn hold_takers(changes: &mut [Change]) {
    if changes.iter().all(|change| change.held.is_none()) {
        return;
    }
    hold_both_parts(changes);
    let mut kept: BTreeMap<String, &'static str> = BTreeMap::new();
    for change in &mut *changes {
        if change.held.is_none() {
            change.held = taken(change).iter().find_map(|name| kept.get(name)).copied();
        }
        if let Some(reason) = change.held {
            kept.extend(freed(change).into_iter().map(|name| (name, reason)));
        }
    }
    hold_both_parts(changes);
}

/// An update in two parts, of which the first only frees names, waits as a whole: nobody is to stay half renamed.
fn hold_both_parts(changes: &mut [Change]) {
    let updates = |change: &&mut Change| change.action == Action::Update;
    let held: BTreeMap<Anchor, &'static str> =
        changes.iter_mut().filter(updates).filter_map(|change| Some((change.anchor.clone(), change.held?))).collect();
    for change in changes.iter_mut().filter(updates) {
        change.held = change.held.or_else(|| held.get(&change.anchor).copied());
    }
}

/// Leaves out references to objects that wait: they follow with the run that makes those objects. An update that has nothing
/// else to say is left out as a whole.
pub(super) fn leave_out_references(plan: &mut Plan) {
    let waiting: BTreeSet<Anchor> =
        plan.changes.iter().filter(|change| change.held.is_some() && makes(change)).map(|change| change.anchor.clone()).collect();
    if waiting.is_empty() {
        return;
    }
    let dangles = |to: &Option<Value>| matches!(to, Some(Value::Reference(anchor)) if waiting.contains(anchor));
    let before = plan.changes.len();
    plan.changes.retain_mut(|change| {
        if change.held.is_none() {
            change.attributes.retain(|edit| !dangles(&edit.to));
        }
        change.action != Action::Update || !change.attributes.is_empty()
    });
    plan.unchanged += before - plan.changes.len();
}
