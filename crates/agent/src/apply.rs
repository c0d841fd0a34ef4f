//! Applying a plan: durable intent, request, outcome, batch by batch.
//!
//! One refused object never stops the others. When a reply is lost nobody knows what happened, so every object of that
//! request is looked up by its anchor before any of it is sent again.

mod members;
mod outcome;
mod refusal;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::RangeInclusive;

use samesign_connect::entra::{Entra, EntraError, SendError};
use samesign_engine::{Action, Anchor, Change, ChangeDigest, Finding, Kind, ServiceName, Value};
use samesign_wire::provisioning::{Fault, FaultDetail, SyncObject, SyncObjectResult};

use members::Part;
pub use members::{members_in_words, members_named};

use crate::clock::Clock;
use crate::convert::{member_object, reference_object, size_of, sync_object};
use crate::error::AgentError;
use crate::planning::Planned;
use crate::progress::{Progress, Step};
use crate::settings::Batch;
use crate::state::lease::{Lease, LeaseError, renew};
use crate::state::run::{Intent, Outcome, intend, note_outcome};
use crate::state::{StateError, Store};

/// What was sent, and how it ended.
#[derive(Clone, Debug, Default)]
pub struct Applied {
    /// Changes done, by what they did.
    pub done: BTreeMap<Action, usize>,
    /// Objects that the service refused, or that it is not known to have taken.
    pub refused: Vec<Anchor>,
    /// Objects of which something waits: a member who is not there yet, a licence that nobody has.
    pub waiting: BTreeSet<Anchor>,
    /// Licences given.
    pub licences: usize,
    /// Objects that requests held.
    pub sent: usize,
    /// Members that requests named, each time they were sent.
    pub references: usize,
    /// What a person must mend about refused or altered objects.
    pub findings: Vec<Finding>,
}

/// The numbers of the intents of one request.
type Numbers = RangeInclusive<i64>;

/// Sends one plan.
pub struct Sender<'a> {
    /// The state store.
    pub store: &'a mut Store,
    /// The tenant.
    pub entra: &'a Entra,
    /// The right to write.
    pub lease: &'a mut Lease,
    /// The time.
    pub clock: &'a dyn Clock,
    /// Where the progress goes.
    pub progress: &'a dyn Progress,
    /// Set when somebody asked us to stop.
    pub halt: &'a Cell<bool>,
    /// The run.
    pub run: i64,
    /// How much is sent at once.
    pub batch: Batch,
}

/// One object of a request.
#[derive(Clone)]
struct Item<'p> {
    change: &'p Change,
    digest: ChangeDigest,
    /// A person approved it, so the guard does not count it.
    approved: bool,
    /// References whose object is not there yet: they follow in a second pass.
    deferred: Vec<(ServiceName, Anchor)>,
    /// This is the second pass.
    second: bool,
    /// A part of the members that come and leave.
    members: Option<Part>,
}

impl Sender<'_> {
    /// Sends every change that is not held.
    pub async fn send(&mut self, planned: &Planned) -> Result<Applied, AgentError> {
        let mut applied = Applied::default();
        let total = planned.plan.changes.iter().filter(|change| change.held.is_none()).count();
        let mut sent = 0;
        let mut deferred: Vec<(usize, Vec<(ServiceName, Anchor)>)> = Vec::new();
        let mut next = 0;
        self.send_leavers(planned, &mut applied).await?;
        while next < planned.plan.changes.len() {
            self.stop_if_asked()?;
            let items = self.next_batch(planned, &mut next, &mut deferred, &mut applied)?;
            sent += items.len();
            self.send_items(items, &mut applied).await?;
            self.progress.at(Step::Send, sent, Some(total));
        }
        self.send_references(planned, &deferred, &mut applied).await?;
        self.send_members(planned, &mut applied).await?;
        if applied.sent > 0 {
            let successes = applied.sent.saturating_sub(applied.refused.len());
            self.entra.finalize_export(applied.sent, successes).await?;
        }
        Ok(applied)
    }

    fn stop_if_asked(&self) -> Result<(), AgentError> {
        if self.halt.get() { Err(AgentError::Stopped) } else { Ok(()) }
    }

    fn next_batch<'p>(
        &self,
        planned: &'p Planned,
        next: &mut usize,
        deferred: &mut Vec<(usize, Vec<(ServiceName, Anchor)>)>,
        applied: &mut Applied,
    ) -> Result<Vec<Item<'p>>, AgentError> {
        let (mut items, mut bytes, mut anchors) = (Vec::with_capacity(self.batch.objects), 0, HashSet::with_capacity(self.batch.objects));
        while let Some(((change, digest), index)) = planned.plan.changes.get(*next).zip(planned.digests.get(*next)).zip(Some(*next)) {
            if change.held.is_none() && change.action != Action::Member && !self.is_blocked(planned, change, applied)? {
                let absent = self.absent_references(change)?;
                let size = size_of(change);
                // Results are told apart by anchor, and an object may have two changes.
                let full = items.len() >= self.batch.objects || bytes + size > self.batch.bytes || anchors.contains(&change.anchor);
                if !items.is_empty() && full {
                    break;
                }
                anchors.insert(&change.anchor);
                bytes += size;
                if !absent.is_empty() {
                    deferred.push((index, absent.clone()));
                }
                let approved = planned.approved.contains(digest);
                items.push(Item { deferred: absent, ..Item::new(change, *digest, approved) });
            }
            *next += 1;
        }
        Ok(items)
    }

    /// Whether the service blocked this take-over within the last day: then it is not tried, and its words stand.
    fn is_blocked(&self, planned: &Planned, change: &Change, applied: &mut Applied) -> Result<bool, StateError> {
        let takes_over = matches!(change.action, Action::Create | Action::Join | Action::Restore) && !planned.insists;
        let words = if takes_over { self.store.blocked(&change.anchor, self.clock.now())? } else { None };
        if let Some(words) = &words {
            applied.refuse(change, words);
        }
        Ok(words.is_some())
    }

    fn absent_references(&self, change: &Change) -> Result<Vec<(ServiceName, Anchor)>, StateError> {
        let mut absent = Vec::new();
        for attribute in change.attributes.all().iter() {
            if let Some(Value::Reference(anchor)) = &attribute.to
                && !self.store.is_live(anchor)?
            {
                absent.push((attribute.name.into(), anchor.clone()));
            }
        }
        Ok(absent)
    }

    /// The second pass: references to objects that were made in this run.
    async fn send_references(
        &mut self,
        planned: &Planned,
        deferred: &[(usize, Vec<(ServiceName, Anchor)>)],
        applied: &mut Applied,
    ) -> Result<(), AgentError> {
        for group in deferred.chunks(self.batch.objects.max(1)) {
            let mut items = Vec::with_capacity(group.len());
            for (index, references) in group {
                let Some((change, digest)) = planned.plan.changes.get(*index).zip(planned.digests.get(*index)) else { continue };
                let mut there = Vec::new();
                for reference in references {
                    if self.store.is_live(&reference.1)? && self.store.is_live(&change.anchor)? {
                        there.push(reference.clone());
                    }
                }
                if !there.is_empty() {
                    items.push(Item { deferred: there, second: true, ..Item::new(change, *digest, true) });
                }
            }
            self.send_items(items, applied).await?;
        }
        Ok(())
    }

    /// Sends items in one request; halves them when the service takes the request for broken or too large.
    async fn send_items(&mut self, items: Vec<Item<'_>>, applied: &mut Applied) -> Result<(), AgentError> {
        let mut waiting = vec![items];
        while let Some(mut items) = waiting.pop() {
            if items.is_empty() {
                continue;
            }
            let numbers = self.intend(&items)?;
            applied.sent += items.iter().filter(|item| !item.second).count();
            applied.references += references_in(&items);
            match self.request(&items).await {
                Ok(results) => self.note_results(&items, &numbers, &results, applied)?,
                Err(SendError::Unknown(error)) => self.look_up_and_resend(&items, &numbers, &error, applied).await?,
                Err(SendError::Fault(fault)) if concerns_every_request(&fault) => {
                    let error = EntraError::Fault(fault);
                    self.note_all(&numbers, &Outcome::NotSent(error.to_string()))?;
                    return Err(error.into());
                }
                Err(SendError::NotSent(error)) => {
                    self.note_all(&numbers, &Outcome::NotSent(error.to_string()))?;
                    return Err(error.into());
                }
                Err(error) if items.len() > 1 => {
                    self.note_all(&numbers, &Outcome::NotSent(format!("{error}; sent again in halves")))?;
                    applied.sent = applied.sent.saturating_sub(items.iter().filter(|item| !item.second).count());
                    let rest = items.split_off(items.len() / 2);
                    waiting.extend([rest, items]);
                }
                Err(error) => self.note_refused(&items, &numbers, &error.to_string(), applied)?,
            }
        }
        Ok(())
    }

    async fn request(&self, items: &[Item<'_>]) -> Result<Vec<SyncObjectResult>, SendError> {
        let objects: Vec<SyncObject> = items.iter().map(Item::object).collect();
        self.entra.provision(&objects).await
    }

    /// Writes the intents down, under a lease that is still ours.
    fn intend(&mut self, items: &[Item<'_>]) -> Result<Numbers, AgentError> {
        let (run, now) = (self.run, self.clock.now());
        let intents: Vec<Intent> = items
            .iter()
            .map(|item| Intent {
                anchor: item.change.anchor.clone(),
                action: if item.second { "reference" } else { item.change.action.as_str() },
                digest: item.digest,
            })
            .collect();
        let lease = &mut *self.lease;
        let first = self.store.transaction::<_, LeaseError>(|transaction| {
            renew(transaction, lease, now)?;
            Ok(intend(transaction, run, lease.token, &intents)?)
        })?;
        Ok(first..=first + i64::try_from(items.len()).unwrap_or(i64::MAX) - 1)
    }

    fn note_all(&mut self, numbers: &Numbers, outcome: &Outcome) -> Result<(), StateError> {
        let run = self.run;
        self.store.transaction(|transaction| note_outcome(transaction, run, numbers.clone(), outcome))
    }

    /// Which objects are there. Users are asked for one by one; groups and contacts, whose anchors Graph does not show, all together.
    async fn find(&self, items: &[Item<'_>]) -> Result<BTreeSet<Anchor>, AgentError> {
        let mut found = BTreeSet::new();
        for kind in [Kind::User, Kind::Group, Kind::Contact] {
            let anchors: BTreeSet<Anchor> =
                items.iter().filter(|item| item.change.kind == kind).map(|item| item.change.anchor.clone()).collect();
            if kind == Kind::User {
                for anchor in anchors {
                    if self.entra.find_by_anchor(&anchor).await?.is_some() {
                        found.insert(anchor);
                    }
                }
            } else {
                found.extend(self.entra.find_all_synced(kind, &anchors).await?.into_keys());
            }
        }
        Ok(found)
    }

    /// The reply was lost: every object is looked up by its anchor, then what is still to be done is sent once more.
    async fn look_up_and_resend(
        &mut self,
        items: &[Item<'_>],
        numbers: &Numbers,
        error: &EntraError,
        applied: &mut Applied,
    ) -> Result<(), AgentError> {
        tracing::warn!(%error, objects = items.len(), "the reply was lost; looking every object up by its anchor");
        let found = self.find(items).await?;
        for (item, number) in items.iter().zip(numbers.clone()) {
            let there = found.contains(&item.change.anchor);
            let words = if there { "reply lost; the object is there" } else { "reply lost; the object is not there" };
            self.note_all(&(number..=number), &Outcome::LookedUp(words))?;
        }
        // Every change is keyed by its anchor and says what shall be, so sending it again does no harm once we know that no
        // other object took the anchor. A delete that arrived needs nothing more.
        let (arrived, again): (Vec<&Item<'_>>, Vec<&Item<'_>>) =
            items.iter().partition(|item| item.change.action == Action::Delete && !found.contains(&item.change.anchor));
        for item in arrived {
            let number = self.intend(std::slice::from_ref(item))?;
            self.note_deleted(item, &number, applied)?;
        }
        if again.is_empty() {
            return Ok(());
        }
        let again: Vec<Item<'_>> = again.into_iter().cloned().collect();
        let numbers = self.intend(&again)?;
        applied.references += references_in(&again);
        match self.request(&again).await {
            Ok(results) => self.note_results(&again, &numbers, &results, applied),
            Err(error) => {
                // The intents stay open: the next run looks them up first.
                Err(EntraError::from(error).into())
            }
        }
    }
}

impl<'p> Item<'p> {
    const fn new(change: &'p Change, digest: ChangeDigest, approved: bool) -> Self {
        Self { change, digest, approved, deferred: Vec::new(), second: false, members: None }
    }

    fn object(&self) -> SyncObject {
        if let Some(part) = &self.members {
            return member_object(self.change, &part.come, &part.leave);
        }
        if self.second {
            return reference_object(self.change, &self.deferred);
        }
        sync_object(self.change, &|anchor| !self.deferred.iter().any(|(_, absent)| absent == anchor))
    }
}

/// How many members items name.
fn references_in(items: &[Item<'_>]) -> usize {
    items.iter().filter_map(|item| item.members.as_ref()).map(Part::len).sum()
}

/// Whether a fault is about the caller and not about what it sent: then no smaller request fares better.
pub fn concerns_every_request(fault: &Fault) -> bool {
    match &fault.detail {
        FaultDetail::AdminWebService { error_code, .. } => !DATA_FAULTS.contains(&error_code.as_str()),
        FaultDetail::BindingRedirection { .. } => true,
        FaultDetail::None => false,
    }
}

/// Error codes of the service that one object of the request can cause.
const DATA_FAULTS: &[&str] = &["InvalidRequest", "InvalidParameter", "InvalidData", "RequestTooLarge"];
