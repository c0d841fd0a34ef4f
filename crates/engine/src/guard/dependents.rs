//! What must wait with a change that is held: whoever takes a name that it would free. And what must not be sent before it:
//! references to an object that it would make.

use std::collections::{BTreeMap, BTreeSet};

use crate::order::{freed, makes, taken};
use crate::plan::{Action, Change, Plan};
use crate::{Anchor, AttributeChange, Value};

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

/// The members of a group that waits to be made wait with it.
pub(super) fn hold_members(changes: &mut [Change]) {
    let waiting: BTreeMap<Anchor, &'static str> =
        changes.iter().filter(|change| makes(change)).filter_map(|change| Some((change.anchor.clone(), change.held?))).collect();
    for change in changes.iter_mut().filter(|change| change.action == Action::Member) {
        change.held = change.held.or_else(|| waiting.get(&change.anchor).copied());
    }
}

/// Leaves out references to objects that wait: they follow with the run that makes those objects. Who waits to be deleted stays a
/// member where they are one. A change that has nothing else to say is left out as a whole.
pub(super) fn leave_out_references(plan: &mut Plan) {
    let held = |is: fn(&Change) -> bool| -> BTreeSet<Anchor> {
        plan.changes.iter().filter(|change| change.held.is_some() && is(change)).map(|change| change.anchor.clone()).collect()
    };
    let (made, deleted) = (held(makes), held(|change| change.action == Action::Delete));
    if made.is_empty() && deleted.is_empty() {
        return;
    }
    let mut left_out = BTreeSet::new();
    plan.changes.retain_mut(|change| {
        let said = !change.attributes.is_empty();
        if change.held.is_none() {
            let leaves = change.action == Action::Member;
            if change.attributes.all().iter().any(|edit| names_any(edit, &made, leaves.then_some(&deleted))) {
                change.attributes.retain_mut(|edit| says_more(edit, &made, leaves.then_some(&deleted)));
            }
        }
        let stays = makes(change) || !said || !change.attributes.is_empty();
        if !stays {
            left_out.insert(change.anchor.clone());
        }
        stays
    });
    plan.changes.iter().for_each(|change| {
        left_out.remove(&change.anchor);
    });
    plan.unchanged += left_out.len();
}

/// Takes those who wait out of an edit; whether it says anything then.
fn says_more(edit: &mut AttributeChange, made: &BTreeSet<Anchor>, deleted: Option<&BTreeSet<Anchor>>) -> bool {
    if !names_any(edit, made, deleted) {
        return true;
    }
    edit.to = edit.to.take().and_then(|to| without(to, made));
    match deleted {
        Some(deleted) => {
            edit.from = edit.from.take().and_then(|from| without(*from, deleted)).map(Box::new);
            edit.from.is_some() || edit.to.is_some()
        }
        // A list of which nothing is left is no reason to clear what the tenant has.
        None => edit.to.is_some() && edit.differs(),
    }
}

/// Whether an edit brings somebody who waits to be made, or takes somebody away who waits to be deleted.
fn names_any(edit: &AttributeChange, made: &BTreeSet<Anchor>, deleted: Option<&BTreeSet<Anchor>>) -> bool {
    let dangles = |value: &Value| match value {
        Value::Reference(anchor) => made.contains(anchor),
        Value::References(anchors) => anchors.iter().any(|anchor| made.contains(anchor)),
        _ => false,
    };
    let stays = |value: &Value| matches!(value, Value::References(anchors) if deleted.is_some_and(|deleted| anchors.iter().any(|anchor| deleted.contains(anchor))));
    edit.to.as_ref().is_some_and(dangles) || edit.from.as_deref().is_some_and(stays)
}

fn without(value: Value, waiting: &BTreeSet<Anchor>) -> Option<Value> {
    match value {
        Value::Reference(anchor) if waiting.contains(&anchor) => None,
        Value::References(anchors) => {
            let kept: Box<[Anchor]> = anchors.into_iter().filter(|anchor| !waiting.contains(anchor)).collect();
            (!kept.is_empty()).then_some(Value::References(kept))
        }
        other => Some(other),
    }
}
