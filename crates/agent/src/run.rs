//! One run: read both sides, plan, apply, record.

use std::collections::{BTreeMap, BTreeSet};

use samesign_connect::entra::SyncState;
use samesign_connect::source::Completeness;
use samesign_engine::{Action, Anchor, Change, Finding, Link, Plan, Policy, Severity, Slice, fold, guard};

use crate::agent::Agent;
use crate::apply::{Applied, Sender};
use crate::clock::Timestamp;
use crate::error::AgentError;
use crate::keep::{DELTA_LINK, LOST, UNPLANNED, keep_reads, lost_attributes};
use crate::passwords::{PASSWORD_HOLD, PASSWORD_RULES};
use crate::plan_file::PlanFile;
use crate::planning::{EPOCH, IDENTITY, POLICY, Planned, SCOPE, mark_privileged, plan, policy_of, recent_of, scope_text};
use crate::progress::Step;
use crate::read::{Extent, SourceDelta, TargetDelta, read_source, read_tenant, rebuild_links};
use crate::report::RunReport;
use crate::state::finding::{object_key, replace_findings};
use crate::state::guard::forget_old_guard_events;
use crate::state::link::keep_owed;
use crate::state::run::{Outcome, keep_plan, note_outcome, settle_before, use_approval};
use crate::state::set_meta;
use crate::state::source::accept_scope_counts;
use crate::state::undo::forget_old_overwritten;
use crate::turn::Turn;
use crate::why::why;
use crate::world::{Overlay, Seeds, World};

/// How a sync is done.
pub struct SyncOptions<'a> {
    /// Reads and compares everything, and rebuilds the links from the service.
    pub full: bool,
    /// Sends exactly this plan, or refuses.
    pub plan_file: Option<&'a PlanFile>,
    /// Asked once the plan is known, before anything is sent.
    pub confirm: &'a mut dyn FnMut(&Plan) -> bool,
}

/// Both reads, and the policy that follows from them.
pub(crate) struct Reads {
    pub source: SourceDelta,
    pub tenant: TargetDelta,
    pub links: Option<BTreeMap<Anchor, Link>>,
    pub policy: Policy,
    /// Everything must be planned.
    pub everything: bool,
}

impl Reads {
    /// The reads laid over what is kept, for whoever keeps nothing.
    pub fn overlay(&self) -> Overlay<'_> {
        Overlay::new(&self.source, &self.tenant, self.links.as_ref(), &self.policy)
    }
}

impl Agent {
    /// Does one run: objects first, then the passwords that are owed.
    pub async fn sync(&mut self, options: SyncOptions<'_>) -> Result<RunReport, AgentError> {
        let mut turn = self.take_turn().await?;
        let objects = self.run(&mut turn, options).await;
        let mut turn = Some(turn);
        let done = match objects {
            Ok(report) => self.passwords_after(&mut turn, report).await,
            Err(error) => Err(error),
        };
        turn.map_or(Ok(()), |turn| self.end_turn(&turn, &done))?;
        done
    }

    async fn passwords_after(&mut self, turn: &mut Option<Turn>, mut report: RunReport) -> Result<RunReport, AgentError> {
        match self.send_owed(turn).await {
            Ok(counts) => report.passwords = counts,
            Err(error) => {
                let objects = report.done_in_words();
                return Err(AgentError::Passwords { objects, error: Box::new(error) });
            }
        }
        report.findings = self.store.findings()?;
        report.notes = std::mem::take(&mut self.notes);
        Ok(report)
    }

    /// Reads both sides, plans and applies.
    pub(crate) async fn run(&mut self, turn: &mut Turn, options: SyncOptions<'_>) -> Result<RunReport, AgentError> {
        self.notes.clear();
        let state = self.entra()?.synchronization_state().await?;
        if let Some((state, advice)) = not_on(state) {
            return Err(AgentError::SynchronizationNotOn { tenant: self.settings.tenant.tenant.clone(), state, advice });
        }
        self.look_up_open_intents(turn.run).await?;
        let reads = self.read(options.full, state).await?;
        self.plan_and_apply(turn, reads, true, options).await
    }

    /// Keeps the reads, plans what they concern, and applies it. `whole`: the reads are of the whole source.
    pub(crate) async fn plan_and_apply(
        &mut self,
        turn: &mut Turn,
        mut reads: Reads,
        whole: bool,
        options: SyncOptions<'_>,
    ) -> Result<RunReport, AgentError> {
        let now = self.clock.now();
        let lost = lost_attributes(&self.store, &reads.source)?;
        let seeds = self.seeds(&reads)?;
        keep_reads(&mut self.store, &mut reads.source, &reads.tenant, reads.links.as_ref(), &reads.policy, now)?;
        reads.source.changed = Vec::new();
        reads.tenant.present = Vec::new();
        reads.links = None;

        let slice = self.slice(&reads, seeds.as_ref(), Overlay::default()).await?;
        let planned_keys = (!reads.everything).then(|| slice_keys(&slice));
        let looked_at = (!reads.everything).then(|| slice_anchors(&slice));
        let recent = recent_of(&self.store, &self.settings, &reads.source, !lost.is_empty(), now)?;
        let mut planned = plan(&slice, &reads.policy, &recent, &self.store, now)?;
        drop(slice);
        planned.why = why(&planned.plan, &recent, &reads.source, &lost, &self.store)?;
        planned.plan.findings.append(&mut reads.source.findings);
        let all: BTreeSet<Anchor> = planned.plan.changes.iter().map(|change| change.anchor.clone()).collect();
        if let Some(file) = options.plan_file {
            planned.keep_only(&file.changes_still_planned(&planned)?);
        }
        self.keep_planned(turn.run, &planned, Some(&reads.policy), now)?;
        if !planned.plan.changes.is_empty() && !(options.confirm)(&planned.plan) {
            return Err(AgentError::Declined);
        }

        let applied = self.apply(turn, &planned).await?;
        let suspected = planned.plan.held_because.iter().any(|reason| is_about_the_source(reason));
        let (evaluation, rules) = if self.settings.passwords.enabled {
            self.evaluate_passwords(looked_at.as_ref(), &made(&planned, &applied), &reads.policy, now).await?
        } else {
            Default::default()
        };
        let hold = planned.plan.held_because.iter().copied().find(|reason| holds_passwords(reason)).unwrap_or_default();
        let owed = owed(&planned, all, &applied);
        let mut findings = std::mem::take(&mut planned.plan.findings);
        findings.extend(applied.findings.iter().cloned());
        findings.extend(incomplete(&reads.source.completeness).filter(|_| whole));
        self.store.transaction::<_, AgentError>(|transaction| {
            replace_findings(transaction, planned_keys.as_ref(), &findings, whole, now)?;
            let database = reads.source.database.as_ref();
            if whole && !suspected {
                set_meta(transaction, SCOPE, &scope_text(&self.settings))?;
                set_meta(transaction, IDENTITY, &reads.source.identity)?;
                accept_scope_counts(transaction)?;
                set_meta(transaction, LOST, "")?;
                database.map_or(Ok(()), |database| database.accept(transaction))?;
            } else if whole {
                set_meta(transaction, LOST, &lost.into_iter().collect::<Vec<_>>().join(" "))?;
                database.filter(|_| recent.source_restored).map_or(Ok(()), |database| database.suspect(transaction))?;
            }
            keep_owed(transaction, &owed)?;
            evaluation.keep(transaction)?;
            set_meta(transaction, PASSWORD_HOLD, hold)?;
            if !rules.is_empty() {
                set_meta(transaction, PASSWORD_RULES, &rules)?;
            }
            set_meta(transaction, UNPLANNED, "no")?;
            forget_old_overwritten(transaction, now)?;
            Ok(forget_old_guard_events(transaction, now)?)
        })?;
        Ok(RunReport::new(turn.run, &planned, &applied, self.store.findings()?, self.store.synced()?, &reads.source))
    }

    /// Reads both sides. Keeps nothing. While synchronization is not on, the service tells nothing of what it accepted.
    pub(crate) async fn read(&self, full: bool, state: SyncState) -> Result<Reads, AgentError> {
        let now = self.clock.now();
        let full = full || self.store.meta(EPOCH)?.is_none();
        let extent = if full { Extent::Full } else { Extent::Changes };
        let source = read_source(&self.settings, &self.store, extent, now, &*self.progress).await?;
        let link = self.store.meta(DELTA_LINK)?.filter(|_| !full);
        let entra = self.entra()?;
        let tenant = read_tenant(&entra, link.as_deref(), &*self.progress).await?;
        let links = if full && state == SyncState::On { Some(rebuild_links(&entra, &self.store).await?) } else { None };
        let verified = entra.verified_domains().await?.iter().map(|domain| fold(domain).into()).collect();
        let policy = policy_of(&self.settings, &source, verified);
        let same_policy = self.store.meta(POLICY)?.is_some_and(|before| before == policy.fingerprint());
        let unplanned = self.store.meta(UNPLANNED)?.is_some_and(|mark| mark == "yes");
        Ok(Reads { everything: full || unplanned || !same_policy, source, tenant, links, policy })
    }

    /// Where the slice begins; `None` when everything must be planned. Must be asked before the reads are kept.
    pub(crate) fn seeds(&self, reads: &Reads) -> Result<Option<Seeds>, AgentError> {
        let collect = || Seeds::collect(&self.store, &reads.source, &reads.tenant, &reads.policy);
        (!reads.everything).then(collect).transpose()
    }

    /// The part of the world that must be planned, with the admin roles of whoever could be matched.
    pub(crate) async fn slice(&self, reads: &Reads, seeds: Option<&Seeds>, overlay: Overlay<'_>) -> Result<Slice, AgentError> {
        let world = World::new(&self.store, &reads.policy, overlay);
        let mut slice = match seeds {
            Some(seeds) => world.closure(seeds, &reads.source.gone)?,
            None => world.everything(&reads.source.gone)?,
        };
        if seeds.is_none() {
            self.store.release_memory()?;
        }
        self.progress.at(Step::Plan, 0, Some(slice.source.len()));
        mark_privileged(&*self.entra()?, &mut slice, &reads.policy).await?;
        Ok(slice)
    }

    /// Remembers what is held back, and uses approvals up.
    pub(crate) fn keep_planned(
        &mut self,
        run: i64,
        planned: &Planned,
        policy: Option<&Policy>,
        now: Timestamp,
    ) -> Result<(), AgentError> {
        let held = planned.plan.changes.iter().zip(&planned.digests).filter(|(change, _)| change.held.is_some());
        let held: Vec<_> = held.map(|(change, digest)| (*digest, change.canonical_json())).collect();
        let epoch = self.store.meta(EPOCH)?.map_or_else(crate::holder::new_epoch, Ok)?;
        self.store.transaction::<_, AgentError>(|transaction| {
            keep_plan(transaction, run, &planned.digest, &held)?;
            for approval in &planned.approvals {
                use_approval(transaction, approval.id, now)?;
            }
            policy.map_or(Ok(()), |policy| set_meta(transaction, POLICY, &policy.fingerprint()))?;
            Ok(set_meta(transaction, EPOCH, &epoch)?)
        })
    }

    pub(crate) async fn apply(&mut self, turn: &mut Turn, planned: &Planned) -> Result<Applied, AgentError> {
        let entra = self.entra()?;
        let Self { store, clock, progress, settings, halt, .. } = self;
        let Turn { run, lease } = turn;
        let (clock, progress) = (&**clock, &**progress);
        Sender { store, entra: &entra, lease, clock, progress, halt, run: *run, batch: settings.batch }.send(planned).await
    }

    /// A run that was cut off left intents whose outcome nobody knows: each object is looked up by its anchor, and planned again.
    pub(crate) async fn look_up_open_intents(&mut self, run: i64) -> Result<(), AgentError> {
        for intent in self.store.open_intents()? {
            if intent.action == "password" {
                // It is still owed, and sending it again does no harm.
                let outcome = Outcome::LookedUp("cut off; the password is sent again");
                let number = intent.number..=intent.number;
                self.store.transaction::<_, AgentError>(|transaction| Ok(note_outcome(transaction, intent.run, number, &outcome)?))?;
                continue;
            }
            let there = self.entra()?.find_by_anchor(&intent.anchor).await?;
            tracing::warn!(run, anchor = %intent.anchor, action = intent.action, there = there.is_some(), "a run was cut off here; looked up");
            let link = self.store.link(&intent.anchor)?;
            self.store.transaction::<_, AgentError>(|transaction| {
                let words = if there.is_some() { "cut off; the object is there" } else { "cut off; the object is not there" };
                note_outcome(transaction, intent.run, intent.number..=intent.number, &Outcome::LookedUp(words))?;
                match (there, link) {
                    (Some(user), None) if user.synced => crate::state::link::keep_link(transaction, &link_found(&intent.anchor, &user))?,
                    (None, Some(link)) if intent.action == "delete" => {
                        crate::state::link::keep_link(transaction, &Link { state: samesign_engine::LinkState::Deleted, ..link })?;
                    }
                    _ => {}
                }
                Ok(())
            })?;
        }
        Ok(self.store.transaction(|transaction| settle_before(transaction, run))?)
    }
}

/// The word for a state in which nothing may be written, and what to do about it.
pub(crate) const fn not_on(state: SyncState) -> Option<(&'static str, &'static str)> {
    match state {
        SyncState::On => None,
        SyncState::Off => Some(("off", "switch it on in the portal or with `samesign tenant sync enable`, then run this again")),
        SyncState::Enabling => Some(("enabling", "the service is still switching it on, which can take a while; run this again later")),
    }
}

/// The objects whose planned change was not done: held, waiting for another plan file, or refused.
fn owed(planned: &Planned, mut all: BTreeSet<Anchor>, applied: &Applied) -> BTreeSet<Anchor> {
    for change in planned.plan.changes.iter().filter(|change| change.held.is_none()) {
        all.remove(&change.anchor);
    }
    all.extend(applied.refused.iter().cloned());
    all
}

/// Whose account in the tenant has come about in this run.
fn made(planned: &Planned, applied: &Applied) -> BTreeSet<Anchor> {
    let makes = |change: &&Change| change.held.is_none() && matches!(change.action, Action::Create | Action::Join | Action::Restore);
    let refused: BTreeSet<&Anchor> = applied.refused.iter().collect();
    let made = planned.plan.changes.iter().filter(makes).map(|change| &change.anchor);
    made.filter(|anchor| !refused.contains(anchor)).cloned().collect()
}

/// A link to an object that we made but whose reply was lost: what it holds is not known, so everything will be sent again.
fn link_found(anchor: &Anchor, user: &samesign_engine::TargetObject) -> Link {
    Link {
        kind: samesign_engine::Kind::User,
        anchor: anchor.clone(),
        target_id: Some(user.id.clone()),
        last_dn: Box::default(),
        last_upn: user.upn.clone(),
        confirmed: BTreeMap::new(),
        state: samesign_engine::LinkState::Live,
    }
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
    [guard::SOURCE_RESTORED, guard::IDENTITY_CHANGED, guard::RIGHTS_CHANGED].contains(&reason)
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

/// Everybody whom a slice holds.
fn slice_anchors(slice: &Slice) -> BTreeSet<Anchor> {
    let linked = slice.links.iter().map(|link| link.anchor.clone());
    slice.source.iter().map(|object| Anchor::of(&object.guid)).chain(linked).collect()
}

/// The keys under which the findings of the planned objects are kept.
fn slice_keys(slice: &Slice) -> std::collections::HashSet<i64> {
    let dns = slice.source.iter().map(|object| object_key(&object.dn)).chain(slice.links.iter().map(|link| object_key(&link.last_dn)));
    dns.chain(slice.targets.iter().map(|user| object_key(&user.upn))).collect()
}
