//! The agent as its commands see it.

use std::cell::{Cell, OnceCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use samesign_connect::ad::Replication;
use samesign_connect::entra::{Entra, TenantFacts};
use samesign_engine::{Anchor, Explanation, Kind, fold};

use crate::check::CheckReport;
use crate::clock::{Clock, SystemClock, Timestamp};
use crate::error::AgentError;
use crate::passwords::{Reached, explained};
use crate::plan_file::PlanFile;
use crate::planning::{Planned, UNDO, judged, recent_of};
use crate::progress::Progress;
use crate::report::{PasswordStatus, PlanReport, RunDetail, RunSummary, Status};
use crate::run::not_on;
use crate::serve::ServiceNote;
use crate::settings::Settings;
use crate::state::finding::OpenFinding;
use crate::state::password::{PasswordState, PasswordTally};
use crate::state::{Mode, Store, key_hash};
use crate::turn::PATIENCE;
use crate::world::Seeds;

/// What a person approves.
pub enum Approve<'a> {
    /// What a run held back.
    Run(i64),
    /// What the guard held of a saved plan.
    Plan(&'a PlanFile),
}

/// Reads, plans and applies for one tenant.
pub struct Agent {
    pub(crate) settings: Settings,
    pub(crate) store: Store,
    /// Made when it is first needed: what the state file tells must be told even when the tenant's files are gone.
    entra: OnceCell<Rc<Entra>>,
    pub(crate) clock: Rc<dyn Clock>,
    pub(crate) progress: Box<dyn Progress>,
    /// Set when somebody asks to stop: whatever sends ends after the request under way.
    pub(crate) halt: Rc<Cell<bool>>,
    /// How long to wait for somebody else's turn at writing.
    pub(crate) patience: Duration,
    /// The feature bits of the tenant, once they were asked for.
    pub(crate) features: Cell<Option<i32>>,
    /// A session of replication that is kept open between two looks.
    pub(crate) replication: Option<Replication>,
    /// How far that was read, beyond what is kept.
    pub(crate) reached: Option<Reached>,
    /// What the next report tells beside its counts.
    pub(crate) notes: Vec<String>,
}

impl Agent {
    /// Opens the state file. [`Mode::Read`] changes nothing anywhere.
    pub fn open(settings: Settings, mode: Mode, progress: Box<dyn Progress>) -> Result<Self, AgentError> {
        let store = Store::open(&settings.state, mode)?;
        Ok(Self {
            settings,
            store,
            entra: OnceCell::new(),
            clock: Rc::new(SystemClock),
            progress,
            halt: Rc::default(),
            patience: PATIENCE,
            features: Cell::new(None),
            replication: None,
            reached: None,
            notes: Vec::new(),
        })
    }

    /// The connector to the tenant.
    pub(crate) fn entra(&self) -> Result<Rc<Entra>, AgentError> {
        if let Some(entra) = self.entra.get() {
            return Ok(Rc::clone(entra));
        }
        let made = Rc::new(Entra::new(&self.settings.tenant)?);
        Ok(Rc::clone(self.entra.get_or_init(|| made)))
    }

    /// Takes another clock.
    pub fn with_clock(mut self, clock: Rc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Waits so long, and no longer, for another samesign that is writing to the tenant.
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// How many NT hashes the present session of replication has decrypted: nobody's but theirs who get a password.
    pub fn passwords_opened(&self) -> u64 {
        self.replication.as_ref().map_or(0, Replication::opened)
    }

    /// What a sync would do. Changes nothing anywhere.
    pub async fn plan(&self, full: bool) -> Result<PlanReport, AgentError> {
        self.anchor_agrees()?;
        let facts = self.entra()?.tenant_facts().await?;
        let mut planned = self.planned(full, &facts).await?;
        if let Some((state, advice)) = not_on(facts.state) {
            planned
                .void
                .push(format!("synchronization is {state} for {}: a sync would write nothing; {advice}", self.settings.tenant.tenant));
        }
        Ok(PlanReport::new(planned))
    }

    /// The forecast: what everybody in scope would meet, and what is in the way.
    pub async fn check(&self) -> Result<CheckReport, AgentError> {
        self.anchor_agrees()?;
        let facts = self.entra()?.tenant_facts().await?;
        let reads = self.read(true, &facts).await?;
        let slice = self.slice(&reads, None, reads.overlay()).await?;
        Ok(CheckReport::new(&self.settings, reads, &slice, facts.state))
    }

    /// Why somebody is as they are.
    pub async fn explain(&self, who: &str) -> Result<Explanation, AgentError> {
        self.anchor_agrees()?;
        let reads = self.read(false, &self.entra()?.tenant_facts().await?).await?;
        if let Some(mut seeds) = seeds_of(who) {
            let slice = self.slice(&reads, Some(&mut seeds), reads.overlay()).await?;
            if let Some(explanation) = samesign_engine::explain(&slice, &reads.policy, who) {
                return self.completed(explanation);
            }
        }
        // A display name is not indexed: it is looked for among everybody.
        let everybody = self.slice(&reads, None, reads.overlay()).await?;
        let explanation =
            samesign_engine::explain(&everybody, &reads.policy, who).ok_or_else(|| AgentError::NobodyFound(who.to_owned()))?;
        self.completed(explanation)
    }

    /// Adds what the state file tells: what was sent, what was refused, when it goes on, and how the password stands.
    fn completed(&self, mut explanation: Explanation) -> Result<Explanation, AgentError> {
        if let Some(anchor) = explanation.anchor.as_deref().map(Anchor::from_text) {
            explanation.last_sent = self.store.last_sent(&anchor)?.map(|at| at.to_string().into());
            explanation.last_error = self.store.last_refusal(&anchor)?.map(|(at, words)| format!("{at}: {words}").into());
            let service = self.service_note()?.map(|note| note.status());
            let next = service.and_then(|service| service.next_object_cycle);
            explanation.next_run = Some(next.unwrap_or_else(|| "with the next `samesign sync`: no service runs".to_owned()).into());
        }
        if self.settings.passwords.enabled
            && let Some(anchor) = &explanation.anchor
            && let Some(row) = self.store.password(&Anchor::from_text(anchor))?
        {
            explanation.password = Some(explained(&row).into());
        }
        Ok(explanation)
    }

    async fn planned(&self, full: bool, facts: &TenantFacts) -> Result<Planned, AgentError> {
        let now = self.clock.now();
        let mut reads = self.read(full, facts).await?;
        let mut seeds = self.seeds(&reads)?;
        crate::keep::count_objects(&self.store, &mut reads.source)?;
        let lost = crate::keep::lost_attributes(&self.store, &reads.source)?;
        let (mut slice, plan) = self.slice_and_plan(&reads, seeds.as_mut(), reads.overlay()).await?;
        let recent = recent_of(&self.store, &self.settings, &reads, !lost.is_empty(), now)?;
        let policy = &reads.policy;
        self.name_licences(&mut slice, policy).await?;
        let licences = samesign_engine::licences(&slice, policy, &plan);
        let mut planned = judged(plan, &policy.fingerprint(), (&policy.guard, policy.adopt), &recent, &self.store, now, false)?;
        self.plan_licences(&mut planned, licences, policy)?;
        planned.plan.findings.append(&mut reads.source.findings);
        Ok(planned)
    }

    /// Releases what the guard holds: exactly that list, once. Gives the number of changes.
    pub fn approve(&mut self, what: &Approve<'_>) -> Result<usize, AgentError> {
        let now = self.clock.now();
        let (of, changes) = match what {
            Approve::Run(run) => {
                if self.store.run(*run)?.is_none() {
                    return Err(AgentError::NothingToApprove(format!("there is no run {run}: see `samesign runs`")));
                }
                let undo = if self.undoes(*run)?.is_some() { UNDO } else { "" };
                (format!("{undo}run {run}"), self.store.held(*run)?.into_iter().map(|(digest, _)| digest).collect::<Vec<_>>())
            }
            Approve::Plan(file) => (format!("{}{}", if file.undoes.is_some() { UNDO } else { "" }, file.path()), file.held()),
        };
        if changes.is_empty() {
            return Err(AgentError::NothingToApprove(format!("{of} holds nothing back: there is nothing to approve")));
        }
        self.store.approve(&of, &changes, now)?;
        Ok(changes.len())
    }

    /// How things are, from the state file alone.
    pub fn status(&self) -> Result<Status, AgentError> {
        let runs = self.store.runs(50)?;
        let last_done = runs.iter().find(|run| run.state == "done").cloned();
        let note = self.service_note()?;
        Ok(Status {
            tenant: self.settings.tenant.tenant.clone(),
            synced: self.store.synced()?,
            synced_by_kind: self.synced_by_kind()?,
            staging: self.settings.staging,
            undone: self.store.undone()?.len(),
            source_objects: self.store.source_count()?,
            owed: self.store.owed()?.len(),
            errors: self.store.error_findings()?,
            scope: self.store.scope_ous()?.into_iter().map(|ou| ou.dn).collect(),
            passwords: self.password_status(note.as_ref())?,
            service: note.map(|note| note.status()),
            last_run: runs.into_iter().next().map(RunSummary::new),
            last_done: last_done.map(RunSummary::new),
        })
    }

    fn synced_by_kind(&self) -> Result<BTreeMap<Kind, usize>, AgentError> {
        let kinds = [Kind::User, Kind::Group, Kind::Contact];
        kinds.into_iter().map(|kind| Ok((kind, self.store.synced_of(kind)?))).collect()
    }

    fn password_status(&self, note: Option<&ServiceNote>) -> Result<PasswordStatus, AgentError> {
        let PasswordTally { sent, owed, withheld, refused } = self.store.password_tally()?;
        let enabled = self.settings.passwords.enabled;
        let last_check = note.and_then(|note| note.looked).map(|looked| Timestamp(looked).to_string());
        let last_error = note.and_then(|note| note.passwords_error.clone());
        Ok(PasswordStatus { enabled, synced: sent, owed, withheld, refused, last_check, last_error })
    }

    /// The latest runs, the newest first.
    pub fn runs(&self) -> Result<Vec<RunSummary>, AgentError> {
        Ok(self.store.runs(50)?.into_iter().map(RunSummary::new).collect())
    }

    /// One run; `None` when there is none with that number.
    pub fn run_detail(&self, id: i64) -> Result<Option<RunDetail>, AgentError> {
        let Some(row) = self.store.run(id)? else { return Ok(None) };
        let held = self.store.held(id)?;
        let held_changes = held.iter().filter_map(|(_, json)| serde_json::from_str(json).ok()).collect();
        Ok(Some(RunDetail {
            summary: RunSummary::new(row),
            writes: self.store.intents(id)?,
            passwords_sent: self.store.passwords_sent(id)?,
            held_changes,
        }))
    }

    /// How the password of each linked person stands, by anchor: `None` once the tenant has it, else why it has not, in words.
    /// Empty where passwords are not synchronized.
    pub fn passwords(&self) -> Result<BTreeMap<Anchor, Option<String>>, AgentError> {
        let mut all = BTreeMap::new();
        if self.settings.passwords.enabled {
            self.store.passwords(&mut |row| {
                let missing = (row.state != PasswordState::Sent).then(|| explained(&row));
                all.insert(row.anchor, missing);
            })?;
        }
        Ok(all)
    }

    /// What a person must still repair.
    pub fn findings(&self) -> Result<Vec<OpenFinding>, AgentError> {
        Ok(self.store.findings()?)
    }
}

/// Where the slice of one person begins; `None` for what is not indexed, such as a display name.
fn seeds_of(who: &str) -> Option<Seeds> {
    let mut seeds = Seeds::default();
    if let Ok(guid) = who.parse() {
        seeds.guids.insert(guid);
    } else if who.contains('=') {
        seeds.keys.insert(key_hash(&format!("dn:{}", samesign_engine::dn_key(who))));
    } else if who.contains('@') {
        seeds.keys.insert(key_hash(&format!("name:{}", fold(who))));
    } else {
        return None;
    }
    Some(seeds)
}
