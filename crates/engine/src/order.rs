//! The order in which a plan is applied: whoever frees a name goes before whoever takes it, a manager comes before the people
//! who report to them.

use std::collections::{BTreeMap, BTreeSet};

use crate::flow::NAMES;
use crate::keys::value_names;
use crate::plan::{Action, Change};
use crate::{Anchor, Value, fold};

/// Puts changes into safe order: updates that free a name, deletes, creates with joins and restores, other updates; within
/// each by UPN. A change that depends on another comes after it. Where two depend on each other, one of them goes first, and
/// the service has the last word.
pub(crate) fn safe(mut changes: Vec<Change>) -> Vec<Change> {
    let rank = |change: &Change| (group(change), fold(&change.upn), change.anchor.clone());
    changes.sort_by_cached_key(rank);
    let needs = dependencies(&changes);
    if needs.iter().all(BTreeSet::is_empty) {
        return changes;
    }
    let mut slots: Vec<Option<Change>> = changes.into_iter().map(Some).collect();
    sequence(&needs).into_iter().filter_map(|place| slots.get_mut(place)?.take()).collect()
}

fn group(change: &Change) -> u8 {
    match change.action {
        Action::Update if !freed(change).is_empty() => 0,
        Action::Delete => 1,
        _ if makes(change) => 2,
        Action::Create | Action::Join | Action::Restore | Action::Update | Action::Password | Action::Member => 3,
    }
}

fn names_of(change: &Change, value: impl Fn(&crate::AttributeChange) -> Option<&Value>) -> BTreeSet<String> {
    let edits = change.attributes.iter().filter(|edit| NAMES.contains(&edit.name));
    edits.filter_map(value).flat_map(value_names).collect()
}

/// The names that the object has after the change, as far as the change tells.
pub(crate) fn taken(change: &Change) -> BTreeSet<String> {
    names_of(change, |edit| edit.to.as_ref())
}

/// Whether the tenant has the object only after the change.
pub(crate) fn makes(change: &Change) -> bool {
    matches!(change.action, Action::Create | Action::Join | Action::Restore)
}

/// The names that the object no longer has after the change.
pub(crate) fn freed(change: &Change) -> BTreeSet<String> {
    match change.action {
        Action::Delete => BTreeSet::from([fold(&change.upn)]),
        Action::Update => {
            let kept = taken(change);
            names_of(change, |edit| edit.from.as_deref()).difference(&kept).cloned().collect()
        }
        _ => BTreeSet::new(),
    }
}

/// For every change, by place, those that must come before it.
fn dependencies(changes: &[Change]) -> Vec<BTreeSet<usize>> {
    let mut freeing: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let mut making: BTreeMap<&Anchor, usize> = BTreeMap::new();
    for (place, change) in changes.iter().enumerate() {
        for name in freed(change) {
            freeing.entry(name).or_default().push(place);
        }
        if makes(change) {
            making.insert(&change.anchor, place);
        }
    }
    let needs = |(place, change): (usize, &Change)| {
        let taken = if freeing.is_empty() { BTreeSet::new() } else { taken(change) };
        let mut needs: BTreeSet<usize> = taken.iter().filter_map(|name| freeing.get(name)).flatten().copied().collect();
        if let Some(Value::Reference(manager)) = change.sets("manager") {
            needs.extend(making.get(manager));
        }
        needs.remove(&place);
        needs
    };
    changes.iter().enumerate().map(needs).collect()
}

/// The places in an order that respects `needs`, the smallest first wherever there is a choice.
fn sequence(needs: &[BTreeSet<usize>]) -> Vec<usize> {
    let mut open: Vec<usize> = needs.iter().map(BTreeSet::len).collect();
    let mut needed_by: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (place, needs) in needs.iter().enumerate() {
        for need in needs {
            needed_by.entry(*need).or_default().push(place);
        }
    }
    let mut ready: BTreeSet<usize> = open.iter().enumerate().filter(|(_, open)| **open == 0).map(|(place, _)| place).collect();
    let mut left: BTreeSet<usize> = (0..needs.len()).collect();
    let mut sequence = Vec::with_capacity(needs.len());
    // Nothing ready while something is left: a circle, which is cut at its smallest place.
    while let Some(place) = ready.pop_first().or_else(|| left.first().copied()) {
        if !left.remove(&place) {
            continue;
        }
        sequence.push(place);
        for dependent in needed_by.get(&place).into_iter().flatten() {
            let Some(count) = open.get_mut(*dependent) else { continue };
            *count = count.saturating_sub(1);
            if *count == 0 {
                ready.insert(*dependent);
            }
        }
    }
    sequence
}

#[cfg(test)]
mod tests;
