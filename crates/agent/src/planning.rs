//! From reads to a judged plan.

use std::collections::{BTreeSet, HashMap, HashSet};

use samesign_connect::entra::Entra;
use samesign_engine::{
    Adopt, Anchor, Change, ChangeDigest, Guard, Plan, Policy, Presence, Recent, Slice, Verdict, guard, keys, plan_digest, target_keys,
};

use crate::clock::Timestamp;
use crate::error::AgentError;
use crate::read::SourceDelta;
use crate::settings::Settings;
use crate::state::Store;
use crate::state::run::Approval;

/// The name under which the accepted scope is remembered.
pub const SCOPE: &str = "scope";
/// The name under which the accepted identity of the reader is remembered.
pub const IDENTITY: &str = "identity";
/// The name under which the fingerprint of the last policy is remembered.
pub const POLICY: &str = "policy";
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
    /// Reasons that hold whatever is planned.
    standing: Vec<&'static str>,
}

/// The policy of the configuration, with what the reads tell.
pub fn policy_of(settings: &Settings, source: &SourceDelta, verified_domains: Vec<Box<str>>) -> Policy {
    Policy {
        scope: source.scope.clone(),
        matching: settings.matching,
        adopt: settings.adopt,
        guard: settings.guard,
        dns_domain: source.dns_domain.clone(),
        netbios_domain: source.netbios_domain.clone(),
        verified_domains,
        rules: samesign_engine::Rules::default(),
        service: samesign_engine::Service::default(),
    }
}

/// What the guard must know beside the plan.
pub fn recent_of(
    store: &Store,
    settings: &Settings,
    source: &SourceDelta,
    rights_changed: bool,
    now: Timestamp,
) -> Result<Recent, AgentError> {
    let mut recent = Recent { rights_changed, ..store.recent(now)? };
    let changed = |name: &str, value: &str| Ok::<_, AgentError>(store.meta(name)?.is_some_and(|before| before != value));
    recent.scope_changed = changed(SCOPE, &scope_text(settings))?;
    recent.identity_changed = changed(IDENTITY, &source.identity)?;
    recent.source_restored = source.went_back(store)?.is_some();
    recent.unseen = source.gone.values().filter(|presence| **presence == Presence::Missing).count();
    recent.scope_emptied = crate::keep::emptied(source.kept_ous.get(..settings.include.len()).unwrap_or_default());
    let vanished = source.scope.include.iter().filter(|ou| ou.current.is_none());
    recent.scope_vanished = vanished.map(|ou| ou.configured.clone()).collect();
    Ok(recent)
}

/// The scope as it is configured, to notice when it changes.
pub fn scope_text(settings: &Settings) -> String {
    format!("{:?} {:?}", settings.include, settings.exclude)
}

/// Plans a slice and judges the plan.
pub fn plan(slice: &Slice, policy: &Policy, recent: &Recent, store: &Store, now: Timestamp) -> Result<Planned, AgentError> {
    let plan = samesign_engine::plan(slice, policy);
    judged(plan, &policy.fingerprint(), (&policy.guard, policy.adopt), recent, store, now, false)
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
    guard::judge(&mut plan, recent, guard, adopt);
    let digests: Vec<ChangeDigest> = plan.changes.iter().map(Change::digest).collect();
    let epoch = store.meta(EPOCH)?.unwrap_or_default();
    let digest = plan_digest(&digests, policy_fingerprint, &epoch);
    let mut planned = Planned {
        plan,
        digests,
        digest,
        approvals: Vec::new(),
        approved: BTreeSet::new(),
        void: Vec::new(),
        why: Vec::new(),
        standing: guard::standing(recent),
    };
    // An approval releases what the guard holds; an agent that stands by sends nothing, whoever approved it.
    let approvals = if recent.staging { Vec::new() } else { store.approvals(now)? };
    for approval in approvals.into_iter().filter(|approval| approval.of.starts_with(UNDO) == undo) {
        planned.release(approval);
    }
    Ok(planned)
}

impl Planned {
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

    /// Keeps only these changes; the others wait.
    pub fn keep_only(&mut self, wanted: &BTreeSet<ChangeDigest>) {
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
    for (place, user) in slice.targets.iter().enumerate().filter(|(_, user)| !user.synced && !user.soft_deleted) {
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

fn places_met(slice: &Slice, policy: &Policy, by_key: &HashMap<String, Vec<usize>>) -> BTreeSet<usize> {
    let linked: HashSet<&str> = slice.links.iter().map(|link| link.anchor.as_str()).collect();
    let unlinked = slice.source.iter().filter(|object| !linked.contains(Anchor::of(&object.guid).as_str()));
    unlinked.flat_map(|object| keys(object, policy)).filter_map(|key| by_key.get(&key)).flatten().copied().collect()
}
