//! The end of a run: what it leaves behind for the next one, in one transaction.

use std::collections::{BTreeSet, HashSet};

use samesign_connect::source::Completeness;
use samesign_engine::{Action, Anchor, Change, ChangeDigest, Finding, LicenceChange, Severity, guard};

use super::{Prepared, Reads};
use crate::agent::Agent;
use crate::apply::Applied;
use crate::behind::STOOD_BY;
use crate::clock::Timestamp;
use crate::error::AgentError;
use crate::keep::{LAST_WHOLE_READ, LOST, UNPLANNED};
use crate::parked::parked_values;
use crate::passwords::{PASSWORD_HOLD, PASSWORD_RULES};
use crate::planning::{FLOWS, IDENTITY, Planned, SCOPE, flows_text, scope_text};
use crate::state::finding::replace_findings;
use crate::state::guard::forget_old_guard_events;
use crate::state::licence::keep_given;
use crate::state::link::keep_owed;
use crate::state::password::forget_passwords;
use crate::state::set_meta;
use crate::state::source::accept_scope_counts;
use crate::state::undo::forget_old_overwritten;

impl Agent {
    /// Keeps what the run found, what is still owed, and, where nothing is suspect, that the source as it is now is what the next one is
    /// compared with.
    pub(super) async fn settle(
        &mut self,
        reads: &Reads,
        prepared: &mut Prepared,
        applied: &Applied,
        whole: bool,
        now: Timestamp,
    ) -> Result<(), AgentError> {
        let Prepared { planned, recent, lost, planned_keys, looked_at, all, .. } = prepared;
        let passwords = self.settings.passwords.enabled;
        let (evaluation, rules) = match passwords {
            true => self.evaluate_passwords(looked_at.as_ref(), &made(planned, applied), reads, now).await?,
            false => Default::default(),
        };
        let owed = owed(planned, std::mem::take(all), applied);
        let held = std::mem::take(&mut planned.licences_held);
        let mut findings = std::mem::take(&mut planned.plan.findings);
        findings.extend(applied.findings.iter().cloned());
        findings.extend(incomplete(&reads.source.completeness).filter(|_| whole));
        findings.extend(parked_values(&self.store)?);
        let held_because = &planned.plan.held_because;
        let hold = held_because.iter().copied().find(|reason| holds_passwords(reason)).unwrap_or_default();
        let accepted = Accepted::of(held_because, reads, whole);
        let Self { store, settings, .. } = self;
        store.transaction::<_, AgentError>(|transaction| {
            replace_findings(transaction, planned_keys.as_ref(), &findings, whole, now)?;
            if accepted.read {
                set_meta(transaction, LAST_WHOLE_READ, &now.0.to_string())?;
            }
            if accepted.flows {
                set_meta(transaction, FLOWS, &flows_text(settings))?;
            }
            let database = reads.source.database.as_ref();
            if accepted.source {
                set_meta(transaction, SCOPE, &scope_text(settings))?;
                set_meta(transaction, IDENTITY, &reads.source.identity)?;
                accept_scope_counts(transaction)?;
                set_meta(transaction, LOST, "")?;
                database.map_or(Ok(()), |database| database.accept(transaction))?;
            } else if whole {
                set_meta(transaction, LOST, &lost.iter().map(String::as_str).collect::<Vec<_>>().join(" "))?;
                database.filter(|_| recent.source_restored).map_or(Ok(()), |database| database.suspect(transaction))?;
            }
            keep_owed(transaction, &owed)?;
            held.iter().try_for_each(|(anchor, sku)| keep_given(transaction, anchor, sku))?;
            evaluation.keep(transaction)?;
            set_meta(transaction, PASSWORD_HOLD, hold)?;
            if !passwords {
                // Whoever switches them on again sends everybody's again.
                forget_passwords(transaction)?;
            }
            if !rules.is_empty() || !passwords {
                set_meta(transaction, PASSWORD_RULES, &rules)?;
            }
            if settings.staging || whole {
                set_meta(transaction, STOOD_BY, if settings.staging { "yes" } else { "no" })?;
            }
            set_meta(transaction, UNPLANNED, "no")?;
            forget_old_overwritten(transaction, now)?;
            Ok(forget_old_guard_events(transaction, now)?)
        })
    }
}

/// Which parts of what was read the next run is compared with.
struct Accepted {
    /// The read was whole, and nobody is gone without a trace whom a person must look at first.
    read: bool,
    /// The configured flows.
    flows: bool,
    /// Scope, reader, readable attributes and database.
    source: bool,
}

impl Accepted {
    fn of(held_because: &[&'static str], reads: &Reads, whole: bool) -> Self {
        // Until somebody has looked at who is gone without a trace, the next run asks for that again.
        let overdue = reads.overdue && held_because.contains(&guard::NO_TOMBSTONE);
        Self {
            read: whole && !overdue && reads.source.completeness == Completeness::Complete,
            flows: whole && !held_because.contains(&guard::FLOWS_CHANGED),
            source: whole && !held_because.iter().any(|reason| is_about_the_source(reason)),
        }
    }
}

/// The objects of which a planned change was not done: held, waiting for another plan file or for somebody else, or refused.
fn owed(planned: &Planned, all: Vec<(Anchor, ChangeDigest)>, applied: &Applied) -> BTreeSet<Anchor> {
    let changes = planned.plan.changes.iter().zip(&planned.digests);
    let sent: HashSet<&ChangeDigest> = changes.filter(|(change, _)| change.held.is_none()).map(|(_, digest)| digest).collect();
    let licences: HashSet<ChangeDigest> = planned.plan.licences.iter().map(LicenceChange::digest).collect();
    let left = all.into_iter().filter(|(_, digest)| !sent.contains(digest) && !licences.contains(digest));
    let mut owed: BTreeSet<Anchor> = left.map(|(anchor, _)| anchor).collect();
    owed.extend(applied.refused.iter().chain(&applied.waiting).cloned());
    owed
}

/// Whose account in the tenant has come about in this run.
fn made(planned: &Planned, applied: &Applied) -> BTreeSet<Anchor> {
    let makes = |change: &&Change| change.held.is_none() && matches!(change.action, Action::Create | Action::Join | Action::Restore);
    let refused: BTreeSet<&Anchor> = applied.refused.iter().collect();
    let made = planned.plan.changes.iter().filter(makes).map(|change| &change.anchor);
    made.filter(|anchor| !refused.contains(anchor)).cloned().collect()
}

fn is_about_the_source(reason: &str) -> bool {
    [
        guard::SOURCE_RESTORED,
        guard::SCOPE_CHANGED,
        guard::IDENTITY_CHANGED,
        guard::RIGHTS_CHANGED,
        guard::SCOPE_VANISHED,
        guard::SCOPE_EMPTY,
    ]
    .contains(&reason)
}

/// Whether the hashes that the source gives could be those of other people.
fn holds_passwords(reason: &str) -> bool {
    [guard::STAGING, guard::SOURCE_RESTORED, guard::IDENTITY_CHANGED, guard::RIGHTS_CHANGED].contains(&reason)
}

fn incomplete(completeness: &Completeness) -> Option<Finding> {
    let Completeness::Incomplete(reason) = completeness else { return None };
    Some(Finding {
        code: "source-incomplete",
        severity: Severity::Warning,
        objects: Vec::new(),
        attribute: None,
        value: Some(reason.as_str().into()),
        hint: "not everything could be read, so nobody is deleted in this run; mend what the value names and run `samesign sync` again"
            .into(),
    })
}
