//! One run: read both sides, plan, apply, record.

mod settle;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use samesign_connect::entra::{SyncState, TenantFacts};
use samesign_engine::{Action, Anchor, Change, ChangeDigest, Kind, Link, LinkState, Plan, Policy, Recent, Slice, anchor_of};

use crate::agent::Agent;
use crate::anchor::fix;
use crate::apply::{Applied, Sender, members_in_words, members_named};
use crate::behind::{left_behind, stood_by};
use crate::clock::Timestamp;
use crate::error::AgentError;
use crate::keep::{LAST_WHOLE_READ, UNPLANNED, delta_link, keep_reads, lost_attributes};
use crate::plan_file::PlanFile;
use crate::planning::{EPOCH, POLICY, Planned, judged, mark_privileged, mark_role_holders, policy_of, recent_of};
use crate::progress::Step;
use crate::read::{Extent, SourceDelta, TargetDelta, read_back_links, read_source, read_tenant, rebuild_links};
use crate::report::RunReport;
use crate::state::finding::object_key;
use crate::state::link::keep_link;
use crate::state::run::{Outcome, keep_plan, note_outcome, settle_before, use_approval};
use crate::state::set_meta;
use crate::state::undo::plan_again;
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

/// A judged plan, with what of its making is needed until the run is over.
struct Prepared {
    planned: Planned,
    recent: Recent,
    /// Attributes that nobody can be read with any more.
    lost: BTreeSet<String>,
    /// The keys and anchors of whoever was planned; `None` for everybody.
    planned_keys: Option<HashSet<i64>>,
    looked_at: Option<BTreeSet<Anchor>>,
    /// Every change and licence of the plan, also those that another plan file leaves waiting.
    all: Vec<(Anchor, ChangeDigest)>,
    /// How many members come and leave, by group, before the guard had its say.
    memberships: BTreeMap<Anchor, usize>,
}

/// Both reads, and the policy that follows from them.
pub(crate) struct Reads {
    pub source: SourceDelta,
    pub tenant: TargetDelta,
    pub links: Option<BTreeMap<Anchor, Link>>,
    pub policy: Policy,
    /// Everything must be planned.
    pub everything: bool,
    /// The state file is new or an old copy, and the tenant is neither: this run shows what it would do, and sends nothing. Why.
    pub rehearses: Option<String>,
    /// The last whole read is so old that what is gone since may have left no trace.
    pub overdue: bool,
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
        self.anchor_agrees()?;
        let facts = self.entra()?.tenant_facts().await?;
        if let Some((state, advice)) = not_on(facts.state) {
            return Err(AgentError::SynchronizationNotOn { tenant: self.settings.tenant.tenant.clone(), state, advice });
        }
        self.features.set(Some(facts.features));
        self.look_up_open_intents(turn.run).await?;
        let reads = self.read(options.full, &facts).await?;
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
        let mut made = self.prepare(&mut reads, &options, now).await?;
        self.keep_planned(turn.run, &made.planned, Some(&reads.policy), now)?;
        let Plan { changes, licences, .. } = &made.planned.plan;
        let any = !changes.is_empty() || !licences.is_empty();
        if any && !(options.confirm)(&made.planned.plan) {
            return Err(AgentError::Declined);
        }
        let mut applied = self.apply(turn, &made.planned).await?;
        applied.waiting.extend(left_out(std::mem::take(&mut made.memberships), &made.planned.plan));
        if made.recent.staging {
            applied.waiting.extend(made.planned.plan.licences.iter().map(|licence| licence.anchor.clone()));
        } else {
            self.give_licences(turn, &made.planned, &mut applied).await?;
        }
        self.settle(&reads, &mut made, &applied, whole, now).await?;
        Ok(RunReport::new(turn.run, &made.planned, &applied, self.store.findings()?, self.store.synced()?, &reads.source))
    }

    /// Keeps the reads and plans what they concern, judged, and cut down to the plan file where there is one.
    async fn prepare(&mut self, reads: &mut Reads, options: &SyncOptions<'_>, now: Timestamp) -> Result<Prepared, AgentError> {
        let lost = lost_attributes(&self.store, &reads.source)?;
        let mut seeds = self.seeds(reads)?;
        keep_reads(&mut self.store, &mut reads.source, &reads.tenant, reads.links.as_ref(), &reads.policy, now)?;
        reads.source.changed = Vec::new();
        reads.tenant.present = Vec::new();
        reads.links = None;

        let (mut slice, plan) = self.slice_and_plan(reads, seeds.as_mut(), Overlay::default()).await?;
        let planned_keys = (!reads.everything).then(|| slice_keys(&slice));
        let looked_at = (!reads.everything).then(|| slice_anchors(&slice, &reads.policy));
        let recent = recent_of(&self.store, &self.settings, reads, !lost.is_empty(), now)?;
        let policy = &reads.policy;
        self.name_licences(&mut slice, policy).await?;
        let licences = samesign_engine::licences(&slice, policy, &plan);
        drop(slice);
        let memberships = memberships(&plan);
        let mut planned = judged(plan, &policy.fingerprint(), (&policy.guard, policy.adopt), &recent, &self.store, now, false)?;
        self.plan_licences(&mut planned, licences, policy)?;
        planned.insists = options.full;
        planned.why = why(&planned.plan, &recent, &reads.source, &lost, &self.store)?;
        if let Some(cause) = reads.rehearses.as_ref().filter(|_| !self.settings.staging) {
            let line = format!("staging: {cause}: this run only shows what it would do, and the next one does it");
            planned.why.iter_mut().filter(|line| line.starts_with("staging")).for_each(|told| line.clone_into(told));
        }
        planned.plan.findings.append(&mut reads.source.findings);
        let changes = planned.plan.changes.iter().map(|change| change.anchor.clone()).zip(planned.digests.iter().copied());
        let licences = planned.plan.licences.iter().map(|licence| (licence.anchor.clone(), licence.digest()));
        let all = changes.chain(licences).collect();
        if let Some(file) = options.plan_file {
            planned.keep_only(&file.changes_still_planned(&planned)?);
        }
        Ok(Prepared { planned, recent, lost, planned_keys, looked_at, all, memberships })
    }

    /// Reads both sides. Keeps nothing. While synchronization is not on, the service tells nothing of what it accepted.
    pub(crate) async fn read(&self, full: bool, facts: &TenantFacts) -> Result<Reads, AgentError> {
        let now = self.clock.now();
        let new = self.store.meta(EPOCH)?.is_none();
        let behind = left_behind(&self.store, facts.last_sync.as_deref())?;
        let full = full || new || behind.is_some() || (!self.settings.staging && stood_by(&self.store)?);
        let extent = if full { Extent::Full } else { Extent::Changes };
        let source = read_source(&self.settings, &self.store, extent, now, &*self.progress).await?;
        let entra = self.entra()?;
        let tenant = read_tenant(&entra, &if full { BTreeMap::new() } else { self.delta_links()? }, &*self.progress).await?;
        let links = if full && facts.state == SyncState::On { Some(self.rebuilt_links(&source).await?) } else { None };
        let policy = policy_of(&self.settings, &source, facts);
        let same_policy = self.store.meta(POLICY)?.is_some_and(|before| before == policy.fingerprint());
        let unplanned = self.store.meta(UNPLANNED)?.is_some_and(|mark| mark == "yes");
        let any = links.as_ref().is_some_and(|links| links.values().any(|link| link.state == LinkState::Live));
        let rehearses = if new { Some(NEW.to_owned()) } else { behind.map(|behind| format!("{behind}; {BEHIND}")) }.filter(|_| any);
        let last: Option<i64> = self.store.meta(LAST_WHOLE_READ)?.and_then(|last| last.parse().ok());
        let overdue = last.is_some_and(|last| Timestamp(last) <= now.minus(TRACES_LAST));
        Ok(Reads { everything: full || unplanned || !same_policy, source, tenant, links, policy, rehearses, overdue })
    }

    /// Where the next read of the tenant goes on.
    fn delta_links(&self) -> Result<BTreeMap<Kind, String>, AgentError> {
        let mut links = BTreeMap::new();
        for kind in [Kind::User, Kind::Group, Kind::Contact] {
            links.extend(self.store.meta(delta_link(kind))?.map(|link| (kind, link)));
        }
        Ok(links)
    }

    /// The links as the service has them, each with the DN at which its object was read.
    async fn rebuilt_links(&self, source: &SourceDelta) -> Result<BTreeMap<Anchor, Link>, AgentError> {
        let mut links = rebuild_links(&*self.entra()?, &self.store).await?;
        let mut nameless: BTreeMap<_, _> =
            links.values_mut().filter(|link| link.last_dn.is_empty()).filter_map(|link| Some((link.guid()?, link))).collect();
        for (object, _) in &source.changed {
            if let Some(link) = nameless.get_mut(&object.guid) {
                link.last_dn.clone_from(&object.dn);
            }
        }
        Ok(links)
    }

    /// Where the slice begins; `None` when everything must be planned. Must be asked before the reads are kept.
    pub(crate) fn seeds(&self, reads: &Reads) -> Result<Option<Seeds>, AgentError> {
        let collect = || Seeds::collect(&self.store, &reads.source, &reads.tenant, &reads.policy);
        (!reads.everything).then(collect).transpose()
    }

    /// The part of the world that must be planned, with the admin roles of whoever could be matched or harmed; and its plan, which
    /// nobody has judged yet. Grows `seeds` by whoever names an object that comes or goes.
    pub(crate) async fn slice_and_plan(
        &self,
        reads: &Reads,
        mut seeds: Option<&mut Seeds>,
        overlay: Overlay<'_>,
    ) -> Result<(Slice, Plan), AgentError> {
        let world = World::new(&self.store, &reads.policy, overlay);
        let mut holders = BTreeSet::new();
        loop {
            let mut slice = match &seeds {
                Some(seeds) => world.closure(seeds, &reads.source.gone)?,
                None => world.everything(&reads.source.gone)?,
            };
            if seeds.is_none() {
                self.store.release_memory()?;
            }
            slice.chosen = reads.source.chosen.as_ref().map(|chosen| {
                let guids = slice.source.iter().map(|object| object.guid);
                guids.filter(|guid| chosen.guids.contains(guid)).collect()
            });
            slice.from_directory = reads.source.database.is_some();
            self.progress.at(Step::Plan, 0, Some(slice.source.len()));
            let entra = self.entra()?;
            mark_privileged(&entra, &mut slice, &reads.policy).await?;
            slice.targets.iter_mut().for_each(|target| target.privileged |= holders.contains(&target.id));
            let mut plan = samesign_engine::plan(&slice, &reads.policy);
            if mark_role_holders(&entra, &mut slice, &plan, &mut holders).await? {
                plan = samesign_engine::plan(&slice, &reads.policy);
            }
            if !seeds.as_deref_mut().is_some_and(|seeds| reaches_further(&plan, seeds)) {
                return Ok((slice, plan));
            }
        }
    }

    /// As [`Agent::slice_and_plan`], without the plan.
    pub(crate) async fn slice(&self, reads: &Reads, seeds: Option<&mut Seeds>, overlay: Overlay<'_>) -> Result<Slice, AgentError> {
        Ok(self.slice_and_plan(reads, seeds, overlay).await?.0)
    }

    /// Remembers what is held back, and uses approvals up.
    pub(crate) fn keep_planned(&mut self, run: i64, planned: &Planned, policy: Option<&Policy>, now: Timestamp) -> Result<(), AgentError> {
        let held = planned.plan.changes.iter().zip(&planned.digests).filter(|(change, _)| change.held.is_some());
        let held: Vec<_> = held.map(|(change, digest)| (*digest, change.canonical_json())).collect();
        let epoch = self.store.meta(EPOCH)?.map_or_else(crate::holder::new_epoch, Ok)?;
        self.store.transaction::<_, AgentError>(|transaction| {
            keep_plan(transaction, run, &planned.digest, &held)?;
            for approval in &planned.approvals {
                use_approval(transaction, approval.id, now)?;
            }
            if let Some(policy) = policy {
                set_meta(transaction, POLICY, &policy.fingerprint())?;
                fix(transaction, policy.rules.anchor)?;
            }
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

    /// A run that was cut off left intents whose outcome nobody knows: each object is looked up at the service, which tells what it
    /// holds, and is planned again.
    pub(crate) async fn look_up_open_intents(&mut self, run: i64) -> Result<(), AgentError> {
        let (repeatable, open): (Vec<_>, Vec<_>) =
            self.store.open_intents()?.into_iter().partition(|intent| ["password", "licence"].contains(&intent.action.as_str()));
        for intent in repeatable {
            // It is still owed, and sending it again does no harm.
            let outcome = Outcome::LookedUp("cut off; it is sent again");
            let number = intent.number..=intent.number;
            self.store.transaction::<_, AgentError>(|transaction| Ok(note_outcome(transaction, intent.run, number, &outcome)?))?;
        }
        let anchors: BTreeSet<Anchor> = open.iter().map(|intent| intent.anchor.clone()).collect();
        let there = if anchors.is_empty() { BTreeMap::new() } else { read_back_links(&*self.entra()?, &anchors).await? };
        for intent in open {
            let found = there.get(&intent.anchor);
            tracing::warn!(run, anchor = %intent.anchor, action = intent.action, there = found.is_some(), "a run was cut off here; looked up");
            let link = self.store.link(&intent.anchor)?;
            self.store.transaction::<_, AgentError>(|transaction| {
                let words = if found.is_some() { "cut off; the object is there" } else { "cut off; the object is not there" };
                note_outcome(transaction, intent.run, intent.number..=intent.number, &Outcome::LookedUp(words))?;
                plan_again(transaction, &intent.anchor)?;
                match (found, link) {
                    (Some(found), before) => keep_link(transaction, &named_as_before(found, before))?,
                    (None, Some(link)) if intent.action == "delete" => {
                        keep_link(transaction, &Link { state: LinkState::Deleted, ..link })?;
                    }
                    _ => {}
                }
                Ok(())
            })?;
        }
        Ok(self.store.transaction(|transaction| settle_before(transaction, run))?)
    }
}

/// A link as the service tells it, under the names by which it was known here.
fn named_as_before(found: &Link, before: Option<Link>) -> Link {
    let mut link = found.clone();
    if let Some(before) = before {
        link.last_dn = before.last_dn;
        link.target_id = link.target_id.or(before.target_id);
    }
    link
}

/// Adds to the seeds whoever names an object that comes about or goes with this plan, and the members whom its reasons name; answers
/// whether there is anybody new.
fn reaches_further(plan: &Plan, seeds: &mut Seeds) -> bool {
    let comes_or_goes = |change: &&Change| matches!(change.action, Action::Create | Action::Join | Action::Restore | Action::Delete);
    let mut further = false;
    for change in plan.changes.iter().filter(comes_or_goes) {
        further |= seeds.add_incoming(&change.source_dn);
    }
    for member in plan.changes.iter().flat_map(members_in_words) {
        further |= seeds.anchors.insert(member.clone());
    }
    further
}

/// Why nothing is sent in a first run.
const NEW: &str = "the state file is new, but the tenant holds objects that are synchronized";

/// What that may come from, and what was done about it.
const BEHIND: &str = "it was put back from an old copy, or another agent sends as well, which must be ended; what was sent was read back";

/// For so long, in seconds, what is gone leaves a trace at least: the shortest life of a tombstone, less a week.
const TRACES_LAST: i64 = 53 * 24 * 60 * 60;

/// The word for a state in which nothing may be written, and what to do about it.
pub(crate) const fn not_on(state: SyncState) -> Option<(&'static str, &'static str)> {
    match state {
        SyncState::On => None,
        SyncState::Off => Some(("off", "switch it on in the portal or with `samesign tenant sync enable`, then run this again")),
        SyncState::Enabling => Some(("enabling", "the service is still switching it on, which can take a while; run this again later")),
    }
}

/// How many members come and leave, by group.
fn memberships(plan: &Plan) -> BTreeMap<Anchor, usize> {
    let changes = plan.changes.iter().filter(|change| change.action == Action::Member);
    changes.map(|change| (change.anchor.clone(), members_named(change))).collect()
}

/// The groups of which somebody was left out of the plan because they wait themselves.
fn left_out(planned: BTreeMap<Anchor, usize>, plan: &Plan) -> impl Iterator<Item = Anchor> {
    let judged = memberships(plan);
    planned.into_iter().filter(move |(anchor, count)| judged.get(anchor).copied().unwrap_or(0) < *count).map(|(anchor, _)| anchor)
}

/// Everybody whom a slice holds.
fn slice_anchors(slice: &Slice, policy: &Policy) -> BTreeSet<Anchor> {
    let linked = slice.links.iter().map(|link| link.anchor.clone());
    slice.source.iter().map(|object| anchor_of(object, policy)).chain(linked).collect()
}

/// The keys under which the findings of the planned objects are kept.
fn slice_keys(slice: &Slice) -> HashSet<i64> {
    let dns = slice.source.iter().map(|object| object_key(&object.dn)).chain(slice.links.iter().map(|link| object_key(&link.last_dn)));
    dns.chain(slice.targets.iter().map(|user| object_key(&user.upn))).collect()
}
