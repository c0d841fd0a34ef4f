//! From reads to a judged plan.

use std::collections::{BTreeSet, HashMap, HashSet};

use samesign_connect::entra::{Entra, TenantFacts};
use samesign_engine::{
    Adopt, Anchor, Change, ChangeDigest, Guard, Kind, LicenceChange, Plan, Policy, Presence, Recent, Rules, Service, Slice, Verdict,
    anchor_of, fold, guard, keys, plan_digest, target_keys,
};
use samesign_wire::provisioning::features;

use crate::clock::Timestamp;
use crate::error::AgentError;
use crate::read::SourceDelta;
use crate::run::Reads;
use crate::settings::Settings;
use crate::state::Store;
use crate::state::run::Approval;

/// The name under which the accepted scope is remembered.
pub const SCOPE: &str = "scope";
/// The name under which the accepted identity of the reader is remembered.
pub const IDENTITY: &str = "identity";
/// The name under which the fingerprint of the last policy is remembered.
pub const POLICY: &str = "policy";
/// The name under which the accepted flows are remembered.
pub const FLOWS: &str = "flows";
/// The name under which the state's own identity is remembered.
pub const EPOCH: &str = "epoch";

/// How the name of an approval of an undo begins: a sync has nothing to do with it.
pub const UNDO: &str = "undo: ";

/// A plan with what is needed to apply, save or approve it.
pub struct Planned {
    /// The plan, judged.
    pub plan: Plan,
    /// The digest of each change, in the plan's order.
    pub digests: Vec<ChangeDigest>,
    /// The digest of the whole plan.
    pub digest: String,
    /// Approvals that release changes of this plan, to be used up when it is applied.
    pub approvals: Vec<Approval>,
    /// Changes that a person approved, by digest.
    pub approved: BTreeSet<ChangeDigest>,
    /// Approvals that do not fit any more, in words.
    pub void: Vec<String>,
    /// Why something is held, one line for each reason.
    pub why: Vec<String>,
    /// Licences that a rule gives and somebody holds already, whoever gave them: they count as given.
    pub licences_held: Vec<(Anchor, Box<str>)>,
    /// A person insists: what the service blocked within the last day is tried again.
    pub insists: bool,
    /// Reasons that hold whatever is planned.
    standing: Vec<&'static str>,
}

/// The policy of the configuration, with what the reads tell.
pub fn policy_of(settings: &Settings, source: &SourceDelta, facts: &TenantFacts) -> Policy {
    let domains = |names: &[String]| names.iter().map(|name| fold(name).into()).collect();
    let on = |feature: i32| facts.features & feature != 0;
    Policy {
        scope: source.scope.clone(),
        matching: settings.matching,
        adopt: settings.adopt,
        guard: settings.guard,
        dns_domain: source.dns_domain.clone(),
        netbios_domain: source.netbios_domain.clone(),
        verified_domains: domains(&facts.verified),
        rules: settings.rules.clone(),
        service: Service {
            federated_domains: domains(&facts.federated),
            soft_match_blocked: on(features::BLOCK_SOFT_MATCH),
            hard_match_blocked: on(features::BLOCK_HARD_MATCH_TAKEOVER),
            soft_match_on_upn: on(features::ENABLE_SOFT_MATCH_ON_UPN),
        },
    }
}

/// What the guard must know beside the plan.
pub fn recent_of(store: &Store, settings: &Settings, reads: &Reads, rights_changed: bool, now: Timestamp) -> Result<Recent, AgentError> {
    let source = &reads.source;
    let mut recent = Recent { rights_changed, ..store.recent(now)? };
    recent.staging = settings.staging || reads.rehearses.is_some();
    recent.unproven = unproven(reads);
    let changed = |name: &str, value: &str| Ok::<_, AgentError>(store.meta(name)?.is_some_and(|before| before != value));
    recent.scope_changed = changed(SCOPE, &scope_text(settings))?;
    recent.flows_changed = changed(FLOWS, &flows_text(settings))?;
    recent.identity_changed = changed(IDENTITY, &source.identity)?;
    recent.source_restored = source.went_back(store)?.is_some();
    recent.unseen = source.gone.values().filter(|presence| **presence == Presence::Missing).count();
    recent.scope_emptied = crate::keep::emptied(source.kept_ous.get(..settings.include.len()).unwrap_or_default());
    let vanished = source.scope.include.iter().filter(|ou| ou.current.is_none());
    recent.scope_vanished = vanished.map(|ou| ou.configured.clone()).collect();
    recent.scope_vanished.extend(source.chosen.iter().flat_map(|chosen| chosen.vanished.iter().cloned()));
    if source.is_empty_file && recent.synced > 0 {
        // Nobody can be seen, so a person must look although nothing is planned.
        recent.unseen = recent.synced;
        if recent.scope_emptied.is_empty() {
            recent.scope_emptied = settings.include.iter().map(|ou| ou.as_str().into()).collect();
        }
    }
    Ok(recent)
}

/// Who is gone without a tombstone although there should be one: none is seen among those that can be seen, or the last whole read is
/// so long ago that tombstones have gone as well.
fn unproven(reads: &Reads) -> BTreeSet<Anchor> {
    if !reads.overdue {
        return reads.source.unproven.clone();
    }
    reads.source.gone.iter().filter(|(_, presence)| **presence != Presence::Deleted).map(|(anchor, _)| anchor.clone()).collect()
}

/// The scope as it is configured, to notice when it changes. What an older version did not know is named only when it is set.
pub fn scope_text(settings: &Settings) -> String {
    let Rules { kinds, filter, members_of, anchor: _, licences: _, flows: _ } = &settings.rules;
    let mut text = format!("{:?} {:?}", settings.include, settings.exclude);
    for kind in [Kind::User, Kind::Group, Kind::Contact].into_iter().filter(|kind| !kinds.has(*kind)) {
        text.push_str(&format!(" no {}", kind.as_str()));
    }
    if let Some(filter) = filter {
        text.push_str(&format!(" {filter:?}"));
    }
    if !members_of.is_empty() {
        text.push_str(&format!(" {members_of:?}"));
    }
    text
}

/// The administrator's own flows as they are configured, to notice when they change.
pub fn flows_text(settings: &Settings) -> String {
    format!("{:?}", settings.rules.flows)
}

/// Judges a plan, and releases what a person approved of it. What a person took back waits for one; not so in an `undo`, which
/// takes back.
pub fn judged(
    mut plan: Plan,
    policy_fingerprint: &str,
    (guard, adopt): (&Guard, Adopt),
    recent: &Recent,
    store: &Store,
    now: Timestamp,
    undo: bool,
) -> Result<Planned, AgentError> {
    let undone = if undo { BTreeSet::new() } else { crate::undo::planned_again(&store.undone()?, &plan.changes) };
    let recent = &Recent { undone, ..recent.clone() };
    // An approval releases what the guard holds; an agent that stands by sends nothing, whoever approved it.
    let mut approvals = if recent.staging { Vec::new() } else { store.approvals(now)? };
    approvals.retain(|approval| approval.of.starts_with(UNDO) == undo);
    guard::hold(&mut plan, recent, guard, adopt);
    if approvals.is_empty() {
        guard::leave_out(&mut plan);
    }
    let mut planned = Planned {
        digests: plan.changes.iter().map(Change::digest).collect(),
        plan,
        digest: String::new(),
        approvals: Vec::new(),
        approved: BTreeSet::new(),
        void: Vec::new(),
        why: Vec::new(),
        licences_held: Vec::new(),
        insists: false,
        standing: guard::standing(recent),
    };
    if !approvals.is_empty() {
        approvals.into_iter().for_each(|approval| planned.release(approval));
        // What refers to an object that is released now goes with it.
        guard::leave_out(&mut planned.plan);
        planned.digests = planned.plan.changes.iter().map(Change::digest).collect();
    }
    planned.tell_digest(policy_fingerprint, store)?;
    Ok(planned)
}

impl Planned {
    /// The digest of the whole plan, anew.
    pub(crate) fn tell_digest(&mut self, policy_fingerprint: &str, store: &Store) -> Result<(), AgentError> {
        let licences = self.plan.licences.iter().map(LicenceChange::digest);
        let digests: Vec<ChangeDigest> = self.digests.iter().copied().chain(licences).collect();
        self.digest = plan_digest(&digests, policy_fingerprint, &store.meta(EPOCH)?.unwrap_or_default());
        Ok(())
    }

    /// Releases what a person approved: all of that list, or nothing when any of it is different now.
    fn release(&mut self, approval: Approval) {
        let held = self.digests.iter().zip(&self.plan.changes).filter(|(_, change)| change.held.is_some());
        let held: BTreeSet<ChangeDigest> = held.map(|(digest, _)| *digest).collect();
        let absent = approval.changes.iter().filter(|digest| !held.contains(*digest)).count();
        if absent > 0 || approval.changes.is_empty() {
            self.void.push(format!(
                "the approval of {} does not fit any more: {absent} of its {} changes are different now; look at the new plan and approve that",
                approval.of,
                approval.changes.len()
            ));
            return;
        }
        self.approved.extend(&approval.changes);
        for (change, digest) in self.plan.changes.iter_mut().zip(&self.digests) {
            if approval.changes.contains(digest) {
                change.held = None;
            }
        }
        self.approvals.push(approval);
        self.refresh_verdict();
    }

    /// Keeps only these changes and licences; the others wait.
    pub fn keep_only(&mut self, wanted: &BTreeSet<ChangeDigest>) {
        self.plan.licences.retain(|licence| wanted.contains(&licence.digest()));
        let keep: Vec<bool> = self.digests.iter().map(|digest| wanted.contains(digest)).collect();
        let mut flags = keep.iter();
        self.plan.changes.retain(|_| flags.next().copied().unwrap_or(false));
        let mut flags = keep.iter();
        self.digests.retain(|_| flags.next().copied().unwrap_or(false));
        self.refresh_verdict();
    }

    fn refresh_verdict(&mut self) {
        let held = self.plan.changes.iter().filter_map(|change| change.held);
        let because: BTreeSet<&'static str> = held.chain(self.standing.iter().copied()).collect();
        self.plan.verdict = if because.is_empty() { Verdict::Proceed } else { Verdict::Held };
        self.plan.held_because = because.into_iter().collect();
    }
}

/// Asks which of the cloud users that could be matched hold an admin role. Graph's list does not tell.
pub async fn mark_privileged(entra: &Entra, slice: &mut Slice, policy: &Policy) -> Result<(), AgentError> {
    // Few cloud users can be matched, and many people may look for one: the keys of the few are kept.
    let mut by_key: HashMap<String, Vec<usize>> = HashMap::new();
    for (place, user) in slice.targets.iter().enumerate().filter(|(_, user)| user.kind == Kind::User && !user.synced && !user.soft_deleted)
    {
        for key in target_keys(user) {
            by_key.entry(key).or_default().push(place);
        }
    }
    let met = if by_key.is_empty() { BTreeSet::new() } else { places_met(slice, policy, &by_key) };
    let candidates: Vec<Box<str>> = met.iter().filter_map(|place| slice.targets.get(*place)).map(|user| user.id.clone()).collect();
    if candidates.is_empty() {
        return Ok(());
    }
    let ids: Vec<&str> = candidates.iter().map(AsRef::as_ref).collect();
    let privileged = entra.admin_roles(&ids).await?;
    for user in &mut slice.targets {
        user.privileged = privileged.contains(&*user.id);
    }
    Ok(())
}

/// Asks which of the linked users that a plan would delete, disable or rename hold an admin role: nothing of that is done to them.
/// Adds them to `holders`; answers whether there is anybody new.
pub async fn mark_role_holders(
    entra: &Entra,
    slice: &mut Slice,
    plan: &Plan,
    holders: &mut BTreeSet<Box<str>>,
) -> Result<bool, AgentError> {
    let harms =
        |change: &&Change| change.kind == Kind::User && (guard::is_delete(change) || guard::is_disable(change) || guard::is_rename(change));
    let ids = plan.changes.iter().filter(harms).filter_map(|change| change.target_id.as_deref());
    let ids: Vec<&str> = ids.filter(|id| !holders.contains(*id)).collect();
    if ids.is_empty() {
        return Ok(false);
    }
    let found = entra.admin_roles(&ids).await?;
    for target in slice.targets.iter_mut().filter(|target| found.contains(&target.id)) {
        target.privileged = true;
    }
    let any = !found.is_empty();
    holders.extend(found);
    Ok(any)
}

fn places_met(slice: &Slice, policy: &Policy, by_key: &HashMap<String, Vec<usize>>) -> BTreeSet<usize> {
    let linked: HashSet<&str> = slice.links.iter().map(|link| link.anchor.as_str()).collect();
    let unlinked = slice.source.iter().filter(|object| !linked.contains(anchor_of(object, policy).as_str()));
    unlinked.flat_map(|object| keys(object, policy)).filter_map(|key| by_key.get(&key)).flatten().copied().collect()
}
