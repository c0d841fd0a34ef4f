//! Members of groups: differences, sent once everybody they name is there, in requests of a bounded number of references.
//!
//! Who is deleted in this run leaves their groups before: the service gives whoever it brings back their groups again. Who is not in
//! the tenant cannot leave a group, and is only forgotten here.

use std::collections::BTreeSet;

use samesign_engine::{Action, Anchor, AttributeChange, Change, Link, Value};

use super::{Applied, Item, Sender};
use crate::convert::MEMBER;
use crate::error::AgentError;
use crate::planning::Planned;
use crate::progress::Step;
use crate::state::StateError;
use crate::state::link::keep_link;

/// References that one request holds at the most.
pub const REFERENCES_MAX: usize = 15_000;

/// A part of a change of members.
#[derive(Clone, Debug, Default)]
pub struct Part {
    /// Who comes.
    pub come: Vec<Anchor>,
    /// Who leaves.
    pub leave: Vec<Anchor>,
    /// Nothing of the change follows this part.
    pub last: bool,
}

impl Part {
    /// How many members it names.
    pub fn len(&self) -> usize {
        self.come.len() + self.leave.len()
    }
}

impl Sender<'_> {
    /// Takes whoever this plan deletes out of their groups first.
    pub(super) async fn send_leavers(&mut self, planned: &Planned, applied: &mut Applied) -> Result<(), AgentError> {
        let sent = planned.plan.changes.iter().filter(|change| change.held.is_none());
        let deleted: BTreeSet<&Anchor> = sent.filter(|change| change.action == Action::Delete).map(|change| &change.anchor).collect();
        if deleted.is_empty() {
            return Ok(());
        }
        let mut items = Vec::new();
        for item in member_items(planned) {
            let leave: Vec<Anchor> = leaving(item.change).iter().filter(|anchor| deleted.contains(*anchor)).cloned().collect();
            if !leave.is_empty() && self.store.is_live(&item.change.anchor)? {
                let whole = leave.len() == leaving(item.change).len() && coming(item.change).is_empty();
                items.extend(split(item, Vec::new(), leave, whole));
            }
        }
        self.send_parts(items, applied).await
    }

    /// Sends who comes and who leaves. Who is not there yet waits, and the group with them.
    pub(super) async fn send_members(&mut self, planned: &Planned, applied: &mut Applied) -> Result<(), AgentError> {
        let mut items = Vec::new();
        let (mut done, total) = (0, planned.plan.changes.iter().filter(|change| change.held.is_none()).count());
        for item in member_items(planned) {
            let group = &item.change.anchor;
            if !self.store.is_live(group)? {
                applied.waiting.insert(group.clone());
                continue;
            }
            let come = self.among(coming(item.change), true)?;
            let leave = self.among(leaving(item.change), true)?;
            if come.len() < coming(item.change).len() {
                applied.waiting.insert(group.clone());
            }
            self.forget_members(item.change)?;
            if come.is_empty() && leave.is_empty() {
                // Whoever left did so with the account itself.
                continue;
            }
            done += 1;
            items.extend(split(item, come, leave, true));
        }
        self.send_parts(items, applied).await?;
        if done > 0 {
            self.progress.at(Step::Send, total, Some(total));
        }
        Ok(())
    }

    /// Those of these objects that are in the tenant, or those that are not.
    fn among(&self, anchors: &[Anchor], live: bool) -> Result<Vec<Anchor>, StateError> {
        let mut found = Vec::with_capacity(anchors.len());
        for anchor in anchors {
            if self.store.is_live(anchor)? == live {
                found.push(anchor.clone());
            }
        }
        Ok(found)
    }

    /// Forgets members that are not in the tenant any more.
    fn forget_members(&mut self, change: &Change) -> Result<(), AgentError> {
        let gone = self.among(leaving(change), false)?;
        let link = if gone.is_empty() { None } else { self.store.link(&change.anchor)? };
        let Some(mut link) = link else { return Ok(()) };
        confirm(&mut link, &Part { leave: gone, ..Part::default() });
        self.store.transaction(|transaction| keep_link(transaction, &link))?;
        Ok(())
    }

    /// Sends parts in as few requests as hold them.
    async fn send_parts(&mut self, items: Vec<Item<'_>>, applied: &mut Applied) -> Result<(), AgentError> {
        let (mut request, mut references): (Vec<Item<'_>>, usize) = (Vec::new(), 0);
        for item in items {
            let size = item.members.as_ref().map_or(0, Part::len);
            let full = references + size > REFERENCES_MAX || request.len() >= self.batch.objects;
            // Results are told apart by anchor.
            let twice = request.iter().any(|other| other.change.anchor == item.change.anchor);
            if !request.is_empty() && (full || twice) {
                self.stop_if_asked()?;
                self.send_items(std::mem::take(&mut request), applied).await?;
                references = 0;
            }
            references += size;
            request.push(item);
        }
        self.send_items(request, applied).await
    }
}

/// The changes of members that may be sent.
fn member_items(planned: &Planned) -> impl Iterator<Item = Item<'_>> {
    let pairs = planned.plan.changes.iter().zip(&planned.digests);
    let pairs = pairs.filter(|(change, _)| change.held.is_none() && change.action == Action::Member);
    pairs.map(|(change, digest)| Item::new(change, *digest, planned.approved.contains(digest)))
}

/// How many members a change names.
pub fn members_named(change: &Change) -> usize {
    coming(change).len() + leaving(change).len()
}

/// The members whom the reason of a change names.
pub fn members_in_words(change: &Change) -> impl Iterator<Item = &Anchor> {
    const NAMED_MAX: usize = 3;
    let changes = change.action == Action::Member;
    coming(change).iter().take(NAMED_MAX).chain(leaving(change).iter().take(NAMED_MAX)).filter(move |_| changes)
}

fn coming(change: &Change) -> &[Anchor] {
    of_members(change).and_then(|edit| edit.to.as_ref()).map_or(&[], references)
}

fn leaving(change: &Change) -> &[Anchor] {
    of_members(change).and_then(|edit| edit.from.as_deref()).map_or(&[], references)
}

fn of_members(change: &Change) -> Option<&AttributeChange> {
    change.attributes.of_known().iter().find(|edit| edit.name == MEMBER)
}

fn references(value: &Value) -> &[Anchor] {
    if let Value::References(anchors) = value { anchors } else { &[] }
}

/// Parts of which each fits into a request. `whole`: the last of them ends the change.
fn split<'p>(item: Item<'p>, come: Vec<Anchor>, leave: Vec<Anchor>, whole: bool) -> Vec<Item<'p>> {
    let mut parts: Vec<Part> = Vec::new();
    for leave in leave.chunks(REFERENCES_MAX) {
        parts.push(Part { leave: leave.to_vec(), ..Part::default() });
    }
    let room = parts.last().map_or(0, |part| REFERENCES_MAX - part.len());
    let (first, rest) = come.split_at(room.min(come.len()));
    if let Some(part) = parts.last_mut() {
        part.come = first.to_vec();
    }
    parts.extend(rest.chunks(REFERENCES_MAX).map(|come| Part { come: come.to_vec(), ..Part::default() }));
    if let Some(last) = parts.last_mut() {
        last.last = whole;
    }
    parts.into_iter().map(|part| Item { members: Some(part), ..item.clone() }).collect()
}

/// What is confirmed of a group's members once a part was accepted.
pub fn confirm(link: &mut Link, part: &Part) {
    let before = match link.confirmed.remove(MEMBER) {
        Some(Value::References(anchors)) => anchors.into_vec(),
        _ => Vec::new(),
    };
    let leave: BTreeSet<&Anchor> = part.leave.iter().collect();
    let mut after: Vec<Anchor> = before.into_iter().filter(|anchor| !leave.contains(anchor)).chain(part.come.iter().cloned()).collect();
    // Runs that are sorted already: that takes linear time.
    after.sort();
    after.dedup();
    if !after.is_empty() {
        link.confirmed.insert(MEMBER.into(), Value::References(after.into_boxed_slice()));
    }
}

#[cfg(test)]
mod tests;
