//! How things are, from the state file alone.

use std::collections::BTreeMap;
use std::fmt;

use samesign_engine::Kind;
use serde::Serialize;

use super::RunSummary;

/// How things are.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// The tenant's name.
    pub tenant: String,
    /// Objects in sync with Active Directory.
    pub synced: usize,
    /// The same by kind of object.
    pub synced_by_kind: BTreeMap<Kind, usize>,
    /// Whether this agent stands by: it reads and plans, and sends nothing.
    pub staging: bool,
    /// Changes that a person took back and nobody has approved since.
    pub undone: usize,
    /// Objects in the mirror of the source.
    pub source_objects: usize,
    /// Changes planned but not done.
    pub owed: usize,
    /// Open findings of severity error.
    pub errors: usize,
    /// The OUs of the scope, where they were at the last run.
    pub scope: Vec<String>,
    /// How passwords stand.
    pub passwords: PasswordStatus,
    /// The service that works on this state file; `None` when none does.
    pub service: Option<ServiceStatus>,
    /// The last run.
    pub last_run: Option<RunSummary>,
    /// The last run that did all it planned.
    pub last_done: Option<RunSummary>,
}

/// How passwords stand.
#[derive(Clone, Debug, Default, Serialize)]
pub struct PasswordStatus {
    /// Whether they are synchronized.
    pub enabled: bool,
    /// People whose password is the same on both sides.
    pub synced: usize,
    /// Still to be sent.
    pub owed: usize,
    /// Kept back.
    pub withheld: usize,
    /// Refused by the service.
    pub refused: usize,
    /// When the source was last asked for changed passwords; written down once a minute.
    pub last_check: Option<String>,
    /// Why the last look failed; `None` when it did not.
    pub last_error: Option<String>,
}

/// A running service.
#[derive(Clone, Debug, Serialize)]
pub struct ServiceStatus {
    /// Who it is.
    pub holder: String,
    /// Since when it runs.
    pub since: String,
    /// When its next object cycle begins.
    pub next_object_cycle: Option<String>,
    /// Why its last object cycle failed; `None` when it did not.
    pub last_error: Option<String>,
}

impl fmt::Display for PasswordStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { enabled, synced, owed, withheld, refused, last_check, last_error } = self;
        if !enabled {
            return write!(f, "not synchronized: switch them on with `enabled = true` in [passwords]");
        }
        write!(f, "{synced} in sync")?;
        let rest = [(owed, "to be sent"), (refused, "refused: see `samesign findings`"), (withheld, "withheld")];
        rest.iter().filter(|(count, _)| **count > 0).try_for_each(|(count, words)| write!(f, ", {count} {words}"))?;
        last_check.iter().try_for_each(|at| write!(f, "; last looked at {at}"))?;
        last_error.iter().try_for_each(|error| write!(f, "\n           the last look failed: {error}"))
    }
}

impl fmt::Display for ServiceStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, since {}", self.holder, self.since)?;
        self.next_object_cycle.iter().try_for_each(|at| write!(f, "; next object cycle at {at}"))?;
        self.last_error.iter().try_for_each(|error| write!(f, "\n           its last object cycle failed: {error}"))
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "tenant     {}", self.tenant)?;
        let in_sync = |(kind, count): (&Kind, &usize)| format!("{count} {}{}", kind.as_str(), if *count == 1 { "" } else { "s" });
        let synced: Vec<String> =
            self.synced_by_kind.iter().filter(|(kind, count)| **kind == Kind::User || **count > 0).map(in_sync).collect();
        writeln!(f, "in sync    {} ({} known in the source)", synced.join(", "), self.source_objects)?;
        if self.staging {
            writeln!(f, "staging    this agent stands by: it reads and plans, and sends nothing (`guard.staging`)")?;
        }
        writeln!(f, "waiting    {} changes", self.owed)?;
        if self.undone > 0 {
            writeln!(
                f,
                "undone     {} changes that `samesign undo` took back wait for `samesign approve` when they are planned again",
                self.undone
            )?;
        }
        writeln!(f, "findings   {} errors{}", self.errors, if self.errors > 0 { ": see `samesign findings`" } else { "" })?;
        for ou in &self.scope {
            writeln!(f, "scope      {ou}")?;
        }
        writeln!(f, "passwords  {}", self.passwords)?;
        match &self.service {
            Some(service) => writeln!(f, "service    {service}")?,
            None => writeln!(f, "service    not running")?,
        }
        match &self.last_run {
            Some(run) => write!(f, "last run   {run}"),
            None => write!(f, "last run   none yet: begin with `samesign check`, then `samesign plan`"),
        }
    }
}
