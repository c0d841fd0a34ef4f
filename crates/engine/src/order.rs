//! The order in which a plan is applied: whoever frees a name goes before whoever takes it, a manager comes before the people
//! who report to them.

mod circle;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use crate::flow::NAMES;
use crate::join::Names;
use crate::keys::value_names;
use crate::names::{FIRST_DOMAIN, smtp_address};
use crate::plan::{Action, Change};
use crate::slice::Slice;
use crate::world::{Map, World};
use crate::{Anchor, Value, fold};

/// What the order needs to know beside the changes.
pub(crate) trait Known {
    /// The folded names that a deleted object had.
    fn had(&self, change: &Change) -> Vec<String>;
    /// A sign-in name and address that nobody else has or wants, by which an object can go for a moment. `None`: there is none.
    fn spare(&self, change: &Change) -> Option<Box<str>>;
}

/// Puts changes that no [`plan`](crate::plan()) made, such as those of an undo, into its order. `slice` holds the links of the objects
/// that they concern and what the tenant shows of them; `verified_domains` are the tenant's, folded.
pub fn in_safe_order(changes: Vec<Change>, slice: &Slice, verified_domains: &[Box<str>]) -> Vec<Change> {
    safe(changes, &Names { world: &World::new(slice), verified_domains })
}

/// Puts changes into safe order: updates that free a name, deletes, creates with joins and restores, other updates, members; within
/// each by UPN. A change that depends on another comes after it. Where updates wait for each other's names in a circle, as when two
/// people swap theirs, one of them becomes two: the first frees its names, the second takes the new ones when they are free.
pub(crate) fn safe(mut changes: Vec<Change>, known: &dyn Known) -> Vec<Change> {
    sort(&mut changes);
    // A plan of a whole directory fills most of the memory: it is not copied without need.
    let mut members = changes.split_off(changes.partition_point(|change| change.action != Action::Member));
    let mut needs = dependencies(&changes, known);
    if needs.iter().any(|needs| !needs.is_empty()) {
        let cut = sequence(&needs).1;
        if circle::split(&mut changes, &mut needs, &cut, known) {
            debug_assert_eq!(changes.len(), needs.len());
        }
        arrange(&mut changes, &sequence(&needs).0);
    }
    changes.append(&mut members);
    changes
}

fn sort(changes: &mut [Change]) {
    changes.sort_by_cached_key(|change| (group(change), fold(&change.upn), change.anchor.clone()));
}

fn group(change: &Change) -> u8 {
    match change.action {
        Action::Update if !freed(change).is_empty() => 0,
        Action::Delete => 1,
        Action::Member => 6,
        // The service makes up names in the tenant's first domain for everybody: whoever was given one there comes before.
        _ if takes_first_domain(change) => 2,
        // Who is there, or was, has names of the service's making already: a new object gets others.
        Action::Join | Action::Restore => 3,
        Action::Create => 4,
        Action::Update | Action::Password => 5,
    }
}

fn takes_first_domain(change: &Change) -> bool {
    let ends = |name: &str| {
        name.trim().as_bytes().last_chunk().is_some_and(|end: &[u8; FIRST_DOMAIN.len()]| end.eq_ignore_ascii_case(FIRST_DOMAIN.as_bytes()))
    };
    change.attributes.sets_text(&NAMES, ends)
}

/// Puts changes into the order in which their places are named, each once. None is copied: they fill most of the memory.
fn arrange(changes: &mut [Change], sequence: &[usize]) {
    let mut goes_to: Vec<usize> = vec![0; changes.len()];
    for (to, from) in sequence.iter().enumerate() {
        if let Some(goes_to) = goes_to.get_mut(*from) {
            *goes_to = to;
        }
    }
    for place in 0..changes.len() {
        while let Some(to) = goes_to.get(place).copied().filter(|to| *to != place && *to < changes.len()) {
            changes.swap(place, to);
            goes_to.swap(place, to);
        }
    }
}

fn names_of(change: &Change, value: impl Fn(&crate::AttributeChange) -> Option<&Value>) -> BTreeSet<String> {
    change.attributes.of(&NAMES).flat_map(|edit| value(&edit).map(names_in).unwrap_or_default()).collect()
}

/// The names that a value holds. Addresses of other kinds than e-mail belong to one object, too.
pub(crate) fn names_in(value: &Value) -> Vec<String> {
    let mut found = value_names(value);
    if let Value::Texts(proxies) = value {
        found.extend(proxies.iter().filter(|proxy| smtp_address(proxy).is_none()).map(|proxy| fold(proxy)));
    }
    found
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

/// The places of those that must come before a change, sorted.
type Needs = Vec<usize>;

/// For every change, by place, those that must come before it.
fn dependencies(changes: &[Change], known: &dyn Known) -> Vec<Needs> {
    let mut freeing: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let mut making: Map<&Anchor, usize> = Map::default();
    for (place, change) in changes.iter().enumerate() {
        let deleted = if change.action == Action::Delete { known.had(change) } else { Vec::new() };
        for name in freed(change).into_iter().chain(deleted) {
            freeing.entry(name).or_default().push(place);
        }
        if makes(change) {
            making.insert(&change.anchor, place);
        }
    }
    let needs = |(place, change): (usize, &Change)| {
        let taken = if freeing.is_empty() { BTreeSet::new() } else { taken(change) };
        let mut needs: Needs = taken.iter().filter_map(|name| freeing.get(name)).flatten().copied().collect();
        if let Some(Value::Reference(manager)) = change.sets("manager").as_deref() {
            needs.extend(making.get(manager));
        }
        needs.retain(|need| *need != place);
        needs.sort_unstable();
        needs.dedup();
        needs.shrink_to_fit();
        needs
    };
    changes.iter().enumerate().map(needs).collect()
}

/// The places in an order that respects `needs`, the smallest first wherever there is a choice; and those at which a circle had to
/// be cut.
fn sequence(needs: &[Needs]) -> (Vec<usize>, Vec<usize>) {
    let mut open: Vec<usize> = needs.iter().map(Vec::len).collect();
    let mut needed_by: Map<usize, Vec<usize>> = Map::default();
    for (place, needs) in needs.iter().enumerate() {
        for need in needs {
            needed_by.entry(*need).or_default().push(place);
        }
    }
    let mut ready: BinaryHeap<Reverse<usize>> =
        open.iter().enumerate().filter(|(_, open)| **open == 0).map(|(place, _)| Reverse(place)).collect();
    let mut left = vec![true; needs.len()];
    // Before this place nothing is left.
    let mut first_left = 0;
    let mut cut = Vec::new();
    let mut sequence = Vec::with_capacity(needs.len());
    // Nothing ready while something is left: a circle, which is cut at its smallest place.
    while sequence.len() < needs.len() {
        let place = match ready.pop() {
            Some(Reverse(place)) => place,
            None => {
                first_left += left.iter().skip(first_left).take_while(|left| !**left).count();
                let Some(place) = circle::smallest(needs, &left, first_left) else { break };
                cut.push(place);
                place
            }
        };
        let Some(is_left) = left.get_mut(place).filter(|left| **left) else { continue };
        *is_left = false;
        sequence.push(place);
        for dependent in needed_by.get(&place).into_iter().flatten() {
            let Some(count) = open.get_mut(*dependent) else { continue };
            *count = count.saturating_sub(1);
            if *count == 0 {
                ready.push(Reverse(*dependent));
            }
        }
    }
    (sequence, cut)
}

#[cfg(test)]
mod tests;
