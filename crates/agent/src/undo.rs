//! Taking a run back: the reverse of what it wrote, judged by the guard and sent like any other plan.
//!
//! What was changed since is left alone and named. What was taken back waits for a person when the next run plans it again.

mod reverse;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use samesign_engine::{Action, Anchor, Change, ChangeDigest, Plan, Recent, Slice, Value, Verdict, fold, guard};

use crate::agent::Agent;
use crate::apply::Applied;
use crate::behind::left_behind;
use crate::error::AgentError;
use crate::planning::{POLICY, Planned, judged};
use crate::report::{RunReport, RunSummary};
use crate::run::not_on;
use crate::state::undo::{Undone, forget_undone_by, members_of, note_undone, same_in_effect, settle_undone};
use crate::turn::Turn;

use reverse::Reverse;

/// The plan of an undo, not sent.
pub struct UndoPlan {
    /// Which run it takes back.
    pub run: i64,
    /// The plan.
    pub plan: Plan,
    /// What cannot be taken back, one line each.
    pub left: Vec<String>,
    digest: String,
    digests: Vec<ChangeDigest>,
}

impl UndoPlan {
    /// Writes the plan as a file that `approve` takes.
    pub fn write(&self, out: &mut dyn std::io::Write) -> std::io::Result<()> {
        crate::plan_file::write(&self.plan, &self.digests, &self.digest, Some(self.run), out)
    }
}

impl Agent {
    /// What taking a run back would do. Changes nothing anywhere.
    pub async fn plan_undo(&self, run: i64) -> Result<UndoPlan, AgentError> {
        let (planned, reverse) = self.undo_planned(run).await?;
        let Planned { plan, digests, digest, .. } = planned;
        Ok(UndoPlan { run, plan, left: reverse.left, digest, digests })
    }

    /// Takes a run back, as far as it can be. `confirm` is asked once.
    pub async fn undo(&mut self, run: i64, confirm: &mut dyn FnMut(&Plan) -> bool) -> Result<RunReport, AgentError> {
        let mut turn = self.take_turn().await?;
        let done = self.undo_in(&mut turn, run, confirm).await;
        self.end_turn(&turn, &done)?;
        done
    }

    async fn undo_in(&mut self, turn: &mut Turn, run: i64, confirm: &mut dyn FnMut(&Plan) -> bool) -> Result<RunReport, AgentError> {
        let state = self.entra()?.synchronization_state().await?;
        if let Some((state, advice)) = not_on(state) {
            return Err(AgentError::SynchronizationNotOn { tenant: self.settings.tenant.tenant.clone(), state, advice });
        }
        self.look_up_open_intents(turn.run).await?;
        let (planned, reverse) = self.undo_planned(run).await?;
        let undoes_an_undo = self.undoes(run)?.is_some();
        self.keep_planned(turn.run, &planned, None, self.clock.now())?;
        if !confirm(&planned.plan) {
            return Err(AgentError::Declined);
        }
        if !undoes_an_undo {
            self.note_what_goes_back(turn.run, &planned, &reverse)?;
        }
        let applied = self.apply(turn, &planned).await;
        let taken_back = planned.plan.changes.iter().filter(|change| change.held.is_none()).map(|change| change.anchor.clone());
        let taken_back: BTreeSet<Anchor> = taken_back.collect();
        self.store.transaction::<_, AgentError>(|transaction| {
            settle_undone(transaction, turn.run)?;
            if undoes_an_undo {
                forget_undone_by(transaction, run, &taken_back)?;
            }
            Ok(())
        })?;
        self.undo_report(turn.run, run, &planned, &applied?, reverse.left)
    }

    async fn undo_planned(&self, run: i64) -> Result<(Planned, Reverse), AgentError> {
        let row = self.store.run(run)?.ok_or(AgentError::NoSuchRun(run))?;
        if let Some(behind) = left_behind(&self.store, self.entra()?.organization().await?.on_premises_last_sync_date_time.as_deref())? {
            return Err(AgentError::LeftBehind(behind));
        }
        let written = self.store.written(run)?;
        let restores = written.iter().any(|change| change.action == "delete");
        let deleted = if restores { self.deleted_users().await? } else { HashSet::new() };
        let mut reverse = Reverse::of(&self.store, run, &written, &deleted)?;
        self.leave_role_holders(&mut reverse).await?;
        if reverse.changes.is_empty() {
            let taken_back = self.store.undone_by(run)?;
            let left = reverse.left.iter().map(|line| format!("\n  {line}")).collect();
            return Err(AgentError::NothingToUndo { run: row.id, taken_back, left });
        }
        let now = self.clock.now();
        let recent = Recent { staging: self.settings.staging, ..self.store.recent(now)? };
        let plan = Plan {
            verdict: Verdict::Proceed,
            held_because: Vec::new(),
            changes: self.in_safe_order(reverse.changes.clone()).await?,
            findings: Vec::new(),
            unchanged: 0,
            licences: Vec::new(),
        };
        let policy = self.store.meta(POLICY)?.unwrap_or_default();
        let mut planned = judged(plan, &policy, (&self.settings.guard, self.settings.adopt), &recent, &self.store, now, true)?;
        planned.why = planned.plan.held_because.iter().map(|code| format!("{code}: {}", guard::meaning(code))).collect();
        Ok((planned, reverse))
    }

    /// Whoever frees a name before whoever takes it; people who swapped their names go by another one for a moment.
    async fn in_safe_order(&self, changes: Vec<Change>) -> Result<Vec<Change>, AgentError> {
        if changes.iter().all(|change| change.attributes.of(&["userPrincipalName", "mail", "proxyAddresses"]).next().is_none()) {
            return Ok(changes);
        }
        let verified = self.entra()?.verified_domains().await?;
        let verified: Vec<Box<str>> = verified.iter().map(|domain| fold(domain).into()).collect();
        let mut slice = Slice::default();
        for change in &changes {
            slice.links.extend(self.store.link(&change.anchor)?);
            let target = change.target_id.as_deref().map(|id| self.store.target(id)).transpose()?;
            slice.targets.extend(target.flatten());
        }
        Ok(samesign_engine::in_safe_order(changes, &slice, &verified))
    }

    /// Whoever holds an admin role is not deleted, disabled or renamed, whoever asks for it.
    async fn leave_role_holders(&self, reverse: &mut Reverse) -> Result<(), AgentError> {
        let harms = |change: &&Change| guard::is_delete(change) || guard::is_disable(change) || guard::is_rename(change);
        let ids: Vec<&str> = reverse.changes.iter().filter(harms).filter_map(|change| change.target_id.as_deref()).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let holders = self.entra()?.admin_roles(&ids).await?;
        reverse.leave(
            &|change| harms(&change) && change.target_id.as_deref().is_some_and(|id| holders.contains(id)),
            "it holds an admin role",
        );
        Ok(())
    }

    /// The ids of the users in the tenant's recycle bin: whoever is not there cannot be restored.
    async fn deleted_users(&self) -> Result<HashSet<Box<str>>, AgentError> {
        let mut ids = HashSet::new();
        self.entra()?.deleted_users(&mut |user| ids.extend([user.id])).await?;
        Ok(ids)
    }

    /// The run that a run took back, where it is an undo.
    pub(crate) fn undoes(&self, run: i64) -> Result<Option<i64>, AgentError> {
        let row = self.store.run(run)?.map(RunSummary::new);
        Ok(row.and_then(|row| row.report).and_then(|report| report.get("undoes").and_then(serde_json::Value::as_i64)))
    }

    /// Remembers what is about to be taken back, before any of it is sent.
    fn note_what_goes_back(&mut self, by: i64, planned: &Planned, reverse: &Reverse) -> Result<(), AgentError> {
        let sent = planned.plan.changes.iter().filter(|change| change.held.is_none());
        let sent: HashSet<(&Anchor, Action)> = sent.map(|change| (&change.anchor, change.action)).collect();
        self.store.transaction::<_, AgentError>(|transaction| {
            for (change, undone) in reverse.changes.iter().zip(&reverse.undone) {
                if let Some(undone) = undone.as_ref().filter(|_| sent.contains(&(&change.anchor, change.action))) {
                    note_undone(transaction, undone, by)?;
                }
            }
            Ok(())
        })
    }

    fn undo_report(&self, by: i64, run: i64, planned: &Planned, applied: &Applied, left: Vec<String>) -> Result<RunReport, AgentError> {
        let mut notes = left;
        notes.extend(applied.findings.iter().filter_map(|finding| {
            let words = finding.value.as_deref()?;
            Some(format!("{}: {words}", finding.objects.join(" and ")))
        }));
        let report = RunReport::of_undo(by, run, planned, applied, self.store.findings()?, self.store.synced()?);
        Ok(RunReport { notes, ..report })
    }
}

/// The changes of a plan that would do again what a person took back.
pub fn planned_again(undone: &[Undone], changes: &[Change]) -> BTreeSet<ChangeDigest> {
    let mut by_anchor: BTreeMap<&Anchor, Vec<&Undone>> = BTreeMap::new();
    for row in undone {
        by_anchor.entry(&row.anchor).or_default().push(row);
    }
    let again = |change: &&Change| by_anchor.get(&change.anchor).is_some_and(|rows| rows.iter().any(|row| does_again(change, row)));
    changes.iter().filter(again).map(Change::digest).collect()
}

fn does_again(change: &Change, undone: &Undone) -> bool {
    if !same_in_effect(change.action).contains(&undone.action.as_str()) {
        return false;
    }
    let (before, after) = (&undone.overwritten.before, &undone.overwritten.after);
    match change.action {
        Action::Update => change.attributes.all().iter().any(|edit| match &edit.to {
            Some(value) => after.get(edit.name) == Some(value),
            None => before.contains_key(edit.name) && !after.contains_key(edit.name),
        }),
        Action::Member => change.attributes.all().iter().any(|edit| {
            let named = |value: Option<&Value>| match value {
                Some(Value::References(anchors)) => anchors.iter().cloned().collect(),
                _ => BTreeSet::new(),
            };
            !named(edit.to.as_ref()).is_disjoint(&members_of(after)) || !named(edit.from.as_deref()).is_disjoint(&members_of(before))
        }),
        _ => true,
    }
}
