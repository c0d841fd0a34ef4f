//! A plan of thousands of changes on a screen or two: grouped by what is done to which class, held ones first; of each group how many,
//! where, why, which attributes, and the first few.

use std::collections::BTreeMap;
use std::fmt::{self, Formatter};

use super::{Widths, before_and_after, clean, counted, screen_order};
use crate::plan::{Action, AttributeChange, Change, Kind};
use crate::{Dn, Value};

/// So many lines for all groups together: with the totals below them they fit on two screens.
const LINES_MAX: usize = 96;
/// Of every group this many changes are shown, as far as the lines suffice; of grave ones three times as many.
const EXAMPLES: usize = 5;
/// What a group has besides its changes: its heading, where, why, attributes, and how many more.
const FRAME_LINES: usize = 5;
const PLACES_SHOWN: usize = 3;
const REASONS_SHOWN: usize = 3;
const ATTRIBUTES_SHOWN: usize = 8;
const EDITS_SHOWN: usize = 2;

/// What is done to which class, and whether it is held. Held ones and deletes come first.
type Group = (bool, u8, Kind);

/// The changes, grouped and shortened.
pub(super) fn shortened(f: &mut Formatter<'_>, changes: &[Change]) -> fmt::Result {
    let mut groups: BTreeMap<Group, Vec<&Change>> = BTreeMap::new();
    for change in changes {
        groups.entry((change.held.is_none(), screen_order(change.action), change.kind)).or_default().push(change);
    }
    let weights: usize = groups.values().map(|group| weight(group)).sum();
    let room = LINES_MAX.saturating_sub(FRAME_LINES * groups.len()) / weights.max(1);
    groups.values().try_for_each(|group| group_of(f, group, room))
}

/// Deletes and held changes are what a person must look at: three times as many of them are shown.
fn weight(group: &[&Change]) -> usize {
    let grave = group.first().is_some_and(|first| first.action == Action::Delete || first.held.is_some());
    if grave { 3 } else { 1 }
}

fn group_of(f: &mut Formatter<'_>, group: &[&Change], room: usize) -> fmt::Result {
    let Some(first) = group.first() else { return Ok(()) };
    writeln!(f, "{}", heading(first, group))?;
    let examples = (room.min(EXAMPLES) * weight(group)).max(1);
    // Where there are many groups, none is told at length.
    if room > 0 {
        writeln!(f, "    where: {}", places(group))?;
        if let Some(reasons) = reasons(first, group) {
            writeln!(f, "    why: {reasons}")?;
        }
        if let Some(attributes) = attributes(first, group) {
            writeln!(f, "    attributes: {attributes}")?;
        }
    }
    let shown = || group.iter().take(examples);
    let widths = Widths::of(shown().copied());
    shown().try_for_each(|change| writeln!(f, "    {:<upn$}   {}", clean(&change.upn), told(change), upn = widths.upn))?;
    match group.len().saturating_sub(examples) {
        more @ 1.. if room > 0 => writeln!(f, "    … and {more} more"),
        _ => Ok(()),
    }
}

/// `to delete: 520 users  [held: too-many-deletes 500, no-tombstone 20]`
fn heading(first: &Change, group: &[&Change]) -> String {
    let held = tally(group.iter().filter_map(|change| change.held));
    let held = match held.as_slice() {
        [] => String::new(),
        [(code, _)] => format!("  [held: {code}]"),
        several => format!("  [held: {}]", listed(several, several.len(), "more")),
    };
    let done = if first.action == Action::Member { "change members of" } else { first.action.as_str() };
    format!("to {done}: {}{held}", counted(group.len(), first.kind.as_str()))
}

/// The containers in which the objects lie, those with most of them first.
fn places(group: &[&Change]) -> String {
    let places = tally(group.iter().map(|change| container(&change.source_dn)));
    listed(&places, PLACES_SHOWN, "more places")
}

/// Without the domain, which is the same for all.
fn container(dn: &str) -> String {
    let Some(parent) = Dn::parse(dn).ok().and_then(|dn| dn.parent()) else { return "(unknown)".to_owned() };
    let text = parent.as_str();
    let end = text.to_lowercase().find(",dc=").unwrap_or(text.len());
    clean(text.get(..end).filter(|text| !text.is_empty()).unwrap_or(text))
}

fn reasons(first: &Change, group: &[&Change]) -> Option<String> {
    match first.action {
        // Why a new object is made is the same everywhere.
        Action::Create | Action::Password => None,
        Action::Member => Some(members(group)),
        Action::Join | Action::Update | Action::Restore | Action::Delete => {
            Some(clean(&listed(&tally(group.iter().map(|change| &*change.reason)), REASONS_SHOWN, "more reasons")))
        }
    }
}

/// `312 members added, 40 removed; most of them from all-staff (38 of 4000)`
fn members(group: &[&Change]) -> String {
    let count = |value: Option<&Value>| if let Some(Value::References(anchors)) = value { anchors.len() } else { 0 };
    let added: usize = group.iter().map(|change| change.attributes.all().iter().map(|edit| count(edit.to.as_ref())).sum::<usize>()).sum();
    let leave = |change: &Change| crate::guard::members_leave(change);
    let removed: usize = group.iter().map(|change| leave(change)).sum();
    let most = group.iter().max_by_key(|change| leave(change)).filter(|change| leave(change) > 0);
    let most = most.map(|most| format!("; most of them from {} ({} of {})", clean(&most.upn), leave(most), most.members_before));
    format!("{} added, {removed} removed{}", counted(added, "member"), most.unwrap_or_default())
}

/// `department 118 (3 cleared), title 3`: most often touched first.
fn attributes(first: &Change, group: &[&Change]) -> Option<String> {
    if first.action != Action::Update {
        return None;
    }
    let edits = || group.iter().flat_map(|change| change.attributes.all().into_owned()).filter(AttributeChange::differs);
    let cleared: BTreeMap<&str, usize> = tally(edits().filter(|edit| edit.to.is_none()).map(|edit| edit.name)).into_iter().collect();
    let counts = tally(edits().map(|edit| edit.name));
    let more = counts.len().saturating_sub(ATTRIBUTES_SHOWN);
    let told = counts.iter().take(ATTRIBUTES_SHOWN).map(|(name, count)| match cleared.get(name) {
        Some(cleared) => format!("{name} {count} ({cleared} cleared)"),
        None => format!("{name} {count}"),
    });
    Some(told.chain((more > 0).then(|| format!("and {more} more attributes"))).collect::<Vec<_>>().join(", "))
}

/// What a change does, in short: what is done, and mostly why, stands in the heading.
fn told(change: &Change) -> String {
    let all = change.attributes.all();
    let edits: Vec<&AttributeChange> = match change.action {
        Action::Update => all.iter().filter(|edit| edit.differs()).collect(),
        // Of an account that is taken over, what is overwritten matters.
        Action::Join | Action::Restore => all.iter().filter(|edit| edit.differs() && edit.from.is_some()).collect(),
        Action::Create => return container(&change.source_dn),
        Action::Delete | Action::Password | Action::Member => return clean(&change.reason),
    };
    let reason = (change.action != Action::Update).then(|| clean(&change.reason));
    let more = edits.len().saturating_sub(EDITS_SHOWN);
    let told = reason.into_iter().chain(edits.iter().take(EDITS_SHOWN).map(|edit| before_and_after(edit)));
    told.chain((more > 0).then(|| format!("and {more} more"))).collect::<Vec<_>>().join("; ")
}

/// How often each comes, the most frequent first.
pub(super) fn tally<T: Ord + Clone>(items: impl Iterator<Item = T>) -> Vec<(T, usize)> {
    let mut counts: BTreeMap<T, usize> = BTreeMap::new();
    for item in items {
        *counts.entry(item).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by(|(one, times), (other, other_times)| other_times.cmp(times).then_with(|| one.cmp(other)));
    counts
}

/// `OU=Staff 40, OU=Sales 3, and 2 more places`
fn listed<T: AsRef<str>>(counts: &[(T, usize)], shown: usize, more_of: &str) -> String {
    let mut told: Vec<String> = counts.iter().take(shown).map(|(item, count)| format!("{} {count}", item.as_ref())).collect();
    let more = counts.len().saturating_sub(shown);
    told.extend((more > 0).then(|| format!("and {more} {more_of}")));
    told.join(", ")
}
