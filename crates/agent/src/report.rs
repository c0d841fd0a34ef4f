//! What commands show: values that print as text and serialise as JSON.

mod status;

use std::collections::BTreeMap;
use std::fmt;

use samesign_connect::source::Completeness;
use samesign_engine::{Action, ChangeDigest, Plan, guard};
use serde::Serialize;

use crate::apply::Applied;
use crate::planning::Planned;
use crate::read::SourceDelta;
use crate::state::finding::OpenFinding;
use crate::state::run::{IntentRow, RunRow};

pub use status::{PasswordStatus, ServiceStatus, Status};

/// What a run did.
#[derive(Clone, Debug, Serialize)]
pub struct RunReport {
    /// Its number.
    pub run: i64,
    /// The run that it took back; not in the JSON of a run that took none back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undoes: Option<i64>,
    /// Objects of the source that were read.
    pub read: usize,
    /// Whether everything could be read.
    pub complete: bool,
    /// Changes done, by action.
    pub done: BTreeMap<Action, usize>,
    /// Changes that the service refused.
    pub refused: usize,
    /// Changes that the guard holds back.
    pub held: usize,
    /// Why. Not empty although nothing is held when the source is not to be trusted.
    pub held_because: Vec<&'static str>,
    /// The same in words, one line for each reason.
    pub why: Vec<String>,
    /// Why the source could not be read completely.
    pub incomplete_because: Option<String>,
    /// Approvals that did not fit any more.
    pub void_approvals: Vec<String>,
    /// Licences given by rule.
    #[serde(skip_serializing_if = "is_zero")]
    pub licences: usize,
    /// Members of groups that requests named.
    #[serde(skip_serializing_if = "is_zero")]
    pub references: usize,
    /// Objects in sync with Active Directory, after this run.
    pub synced: usize,
    /// What became of passwords; all zero where none are synchronized.
    pub passwords: PasswordCounts,
    /// What a person should know beside the counts, one line each.
    pub notes: Vec<String>,
    /// Everything a person must still repair, errors first.
    pub findings: Vec<OpenFinding>,
}

impl RunReport {
    pub(crate) fn new(
        run: i64,
        planned: &Planned,
        applied: &Applied,
        findings: Vec<OpenFinding>,
        synced: usize,
        source: &SourceDelta,
    ) -> Self {
        Self {
            run,
            undoes: None,
            read: source.objects,
            complete: source.completeness == Completeness::Complete,
            done: applied.done.clone(),
            refused: applied.refused.len(),
            licences: applied.licences,
            references: applied.references,
            held: planned.plan.changes.iter().filter(|change| change.held.is_some()).count(),
            held_because: planned.plan.held_because.clone(),
            why: planned.why.clone(),
            incomplete_because: match &source.completeness {
                Completeness::Complete => None,
                Completeness::Incomplete(reason) => Some(reason.clone()),
            },
            void_approvals: planned.void.clone(),
            synced,
            passwords: PasswordCounts::default(),
            notes: Vec::new(),
            findings,
        }
    }

    /// The report of a run that took another one back. It read no source.
    pub(crate) fn of_undo(run: i64, undoes: i64, planned: &Planned, applied: &Applied, findings: Vec<OpenFinding>, synced: usize) -> Self {
        Self {
            run,
            undoes: Some(undoes),
            read: 0,
            complete: true,
            done: applied.done.clone(),
            refused: applied.refused.len(),
            licences: applied.licences,
            references: applied.references,
            held: planned.plan.changes.iter().filter(|change| change.held.is_some()).count(),
            held_because: planned.plan.held_because.clone(),
            why: planned.why.clone(),
            incomplete_because: None,
            void_approvals: planned.void.clone(),
            synced,
            passwords: PasswordCounts::default(),
            notes: Vec::new(),
            findings,
        }
    }

    /// Whether a person must look before everything goes on.
    pub fn is_held(&self) -> bool {
        !self.held_because.is_empty()
    }

    /// How many changes of a kind were done.
    pub fn count(&self, action: Action) -> usize {
        self.done.get(&action).copied().unwrap_or(0)
    }

    /// How many changes were done.
    pub fn changes(&self) -> usize {
        self.done.values().sum()
    }

    /// What was done to objects, in words.
    pub fn done_in_words(&self) -> String {
        let mut done: Vec<String> = self.done.iter().map(|(action, count)| format!("{count} {}", done_word(*action, *count))).collect();
        done.extend((self.licences > 0).then(|| format!("{} licences given", self.licences)));
        if done.is_empty() { "nothing to do".to_owned() } else { done.join(", ") }
    }

    /// How many open findings have this severity (`error`, `warning`, `info`).
    pub fn findings_of(&self, severity: &str) -> usize {
        self.findings.iter().filter(|finding| finding.severity() == severity).count()
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// What became of passwords in a run, and how things stand after it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PasswordCounts {
    /// Sent, and stored by the service, in this run.
    pub sent: usize,
    /// Still to be sent.
    pub owed: usize,
    /// Kept back, each for a reason that `explain` tells.
    pub withheld: usize,
    /// Refused by the service.
    pub refused: usize,
}

impl fmt::Display for PasswordCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sent, owed, withheld, refused } = self;
        write!(f, "{sent} passwords sent")?;
        let rest = [(owed, "still to be sent"), (refused, "refused by the tenant"), (withheld, "withheld")];
        rest.iter().filter(|(count, _)| **count > 0).try_for_each(|(count, words)| write!(f, ", {count} {words}"))
    }
}

impl OpenFinding {
    /// `error`, `warning` or `info`.
    pub fn severity(&self) -> &str {
        self.text("severity")
    }

    /// The stable code.
    pub fn code(&self) -> &str {
        self.text("code")
    }

    fn text(&self, name: &str) -> &str {
        self.finding.get(name).and_then(serde_json::Value::as_str).unwrap_or_default()
    }

    fn objects(&self) -> Vec<&str> {
        let objects = self.finding.get("objects").and_then(serde_json::Value::as_array);
        objects.into_iter().flatten().filter_map(serde_json::Value::as_str).collect()
    }
}

impl fmt::Display for OpenFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.severity(), self.code())?;
        let (attribute, value) = (self.text("attribute"), self.text("value"));
        match (attribute, value) {
            ("", "") => {}
            ("", value) => write!(f, ": {value}")?,
            (attribute, value) => write!(f, ": {attribute} = {value}")?,
        }
        for object in self.objects() {
            write!(f, "\n  {object}")?;
        }
        write!(f, "\n  hint: {}", self.text("hint"))
    }
}

/// What was done to so many objects.
const fn done_word(action: Action, count: usize) -> &'static str {
    match action {
        Action::Create => "created",
        Action::Join => "joined",
        Action::Update => "updated",
        Action::Restore => "restored",
        Action::Delete => "deleted",
        Action::Password => "passwords sent",
        Action::Member if count == 1 => "group with other members",
        Action::Member => "groups with other members",
    }
}

impl fmt::Display for RunReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let done = self.done_in_words();
        let undoes = self.undoes.map(|run| format!("run {run} taken back: ")).unwrap_or_default();
        write!(f, "run {}: {undoes}{done}; {} in sync with Active Directory", self.run, self.synced)?;
        if self.refused > 0 {
            write!(f, "\n{} refused by the tenant: see the findings", self.refused)?;
        }
        let PasswordCounts { sent, owed, withheld: _, refused } = self.passwords;
        if sent + owed + refused > 0 {
            write!(f, "\n{}", self.passwords)?;
        }
        self.notes.iter().try_for_each(|note| write!(f, "\n{note}"))?;
        if let Some(reason) = &self.incomplete_because {
            write!(f, "\nthe source could not be read completely ({reason}): nobody was deleted")?;
        }
        for void in &self.void_approvals {
            write!(f, "\n{void}")?;
        }
        if self.held > 0 && self.held_because.contains(&guard::STAGING) {
            write!(
                f,
                "\nHELD: {} of its changes are not sent, and no approval releases them; look with `samesign runs {}`",
                self.held, self.run
            )?;
        } else if self.held > 0 {
            let waiting = if self.held == 1 { "1 change waits".to_owned() } else { format!("{} changes wait", self.held) };
            let run = self.run;
            write!(
                f,
                "\nHELD: {waiting} for a person; look with `samesign runs {run}`, release exactly that with `samesign approve {run}`"
            )?;
            self.undoes.map_or(Ok(()), |undone| write!(f, ", then run `samesign undo {undone}` again"))?;
        } else if self.is_held() {
            write!(
                f,
                "\nHELD: people who are in sync cannot be seen in the source any more, and nothing is taken from them; see `samesign findings`"
            )?;
        }
        self.why.iter().try_for_each(|why| write!(f, "\n  {why}"))?;
        let (errors, warnings) = (self.findings_of("error"), self.findings_of("warning"));
        if errors + warnings > 0 {
            write!(f, "\n{errors} errors and {warnings} warnings in the data: see `samesign findings`")?;
        }
        Ok(())
    }
}

/// One run in a list.
#[derive(Clone, Debug, Serialize)]
pub struct RunSummary {
    /// Its number.
    pub run: i64,
    /// When it began.
    pub started: String,
    /// When it ended.
    pub ended: Option<String>,
    /// `running`, `done`, `held`, `failed`, `cut off`.
    pub state: String,
    /// The digest of its plan.
    pub plan_digest: Option<String>,
    /// Its report.
    pub report: Option<serde_json::Value>,
}

impl RunSummary {
    pub(crate) fn new(row: RunRow) -> Self {
        let RunRow { id, started, ended, state, digest, report } = row;
        let report = report.and_then(|report| serde_json::from_str(&report).ok());
        Self { run: id, started: started.to_string(), ended: ended.map(|ended| ended.to_string()), state, plan_digest: digest, report }
    }
}

impl fmt::Display for RunSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.run, self.started, self.state)?;
        let Some(report) = &self.report else { return Ok(()) };
        if let Some(error) = report.get("error").and_then(serde_json::Value::as_str) {
            return write!(f, ": {error}");
        }
        if let Some(run) = report.get("undoes").and_then(serde_json::Value::as_i64) {
            write!(f, "  takes back run {run}:")?;
        }
        let done = report.get("done").and_then(serde_json::Value::as_object);
        for (action, count) in done.into_iter().flatten() {
            write!(f, "  {count} {action}")?;
        }
        let passwords = report.pointer("/passwords/sent").and_then(serde_json::Value::as_u64).filter(|sent| *sent > 0);
        // A run of the password lane counts them among what was done.
        if let Some(sent) = passwords.filter(|_| report.pointer("/done/password").is_none()) {
            write!(f, "  {sent} password")?;
        }
        match report.get("held").and_then(serde_json::Value::as_u64) {
            Some(held) if held > 0 => write!(f, "  {held} held"),
            _ => Ok(()),
        }
    }
}

/// One run with what it wrote and what it holds.
#[derive(Clone, Debug, Serialize)]
pub struct RunDetail {
    /// The run.
    #[serde(flatten)]
    pub summary: RunSummary,
    /// What it wrote. Passwords that the service stored are only counted.
    pub writes: Vec<IntentRow>,
    /// Passwords that the service stored.
    pub passwords_sent: usize,
    /// The changes it holds back.
    pub held_changes: Vec<serde_json::Value>,
}

impl fmt::Display for RunDetail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "run {}", self.summary)?;
        for write in &self.writes {
            let who = write.upn.as_deref().unwrap_or(&write.anchor);
            write!(f, "\n  {:<9} {:<7} {who}  {}", write.action, write.kind, write.outcome.as_deref().unwrap_or("outcome not known"))?;
            if let Some(message) = &write.message {
                write!(f, ": {message}")?;
            }
        }
        if self.passwords_sent > 0 {
            write!(f, "\n  {} passwords sent", self.passwords_sent)?;
        }
        for change in &self.held_changes {
            let text = |name: &str| change.get(name).and_then(serde_json::Value::as_str).unwrap_or_default();
            write!(f, "\n  held: {:<7} {:<7} {}  {}", text("action"), text("kind"), text("upn"), text("reason"))?;
        }
        Ok(())
    }
}

/// A plan that was computed and not applied.
pub struct PlanReport {
    /// The plan.
    pub plan: Plan,
    /// Its digest.
    pub digest: String,
    /// What should be known beside the plan, one line each.
    pub notes: Vec<String>,
    digests: Vec<ChangeDigest>,
}

impl PlanReport {
    pub(crate) fn new(planned: Planned) -> Self {
        let Planned { plan, digests, digest, void: notes, .. } = planned;
        Self { plan, digest, notes, digests }
    }

    /// Writes the plan as a file that `sync --plan` takes.
    pub fn write(&self, out: &mut dyn std::io::Write) -> std::io::Result<()> {
        crate::plan_file::write(&self.plan, &self.digests, &self.digest, None, out)
    }
}

/// An error with its causes, in one line.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
