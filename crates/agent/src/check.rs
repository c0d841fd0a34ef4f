//! Preflight: is everything there, what is wrong with the data, who would meet whom.

use std::collections::BTreeMap;
use std::fmt;

use samesign_connect::entra::SyncState;
use samesign_connect::source::Completeness;
use samesign_engine::forecast::{Unmatched, unmatched};
use samesign_engine::{Action, Finding, FindingsScreen, Kind, Mend, Severity, Slice};
use serde::Serialize;

use crate::run::Reads;
use crate::settings::Settings;

/// One thing that must be right before the first sync.
#[derive(Clone, Debug, Serialize)]
pub struct Readiness {
    /// Whether it is.
    pub ok: bool,
    /// What was looked at, and what to do when it is not right.
    pub what: String,
}

/// What a check found.
#[derive(Clone, Debug, Serialize)]
pub struct CheckReport {
    /// What must be right before the first sync.
    pub readiness: Vec<Readiness>,
    /// Objects read from the source.
    pub read: usize,
    /// How many would be created, joined, updated ...
    pub forecast: BTreeMap<Action, usize>,
    /// The same by kind of object.
    pub forecast_by_kind: BTreeMap<Kind, BTreeMap<Action, usize>>,
    /// In-scope objects that would meet an existing cloud user.
    pub joins: Vec<Join>,
    /// Licensed cloud users whom no AD user will match.
    pub unmatched: Vec<Unmatched>,
    /// What a person should repair before the first sync.
    pub findings: Vec<Finding>,
    /// How the findings can be mended in Active Directory, in the same order.
    #[serde(skip)]
    pub mends: Vec<Mend>,
}

/// A forecast join.
#[derive(Clone, Debug, Serialize)]
pub struct Join {
    /// The DN in Active Directory.
    pub source_dn: Box<str>,
    /// The cloud user.
    pub upn: Box<str>,
    /// By which key.
    pub reason: Box<str>,
}

impl CheckReport {
    pub(crate) fn new(settings: &Settings, mut reads: Reads, slice: &Slice, state: SyncState) -> Self {
        let plan = samesign_engine::plan(slice, &reads.policy);
        let mut forecast_counts = BTreeMap::new();
        let mut by_kind: BTreeMap<Kind, BTreeMap<Action, usize>> = BTreeMap::new();
        for change in &plan.changes {
            *by_kind.entry(change.kind).or_default().entry(change.action).or_default() += 1;
            *forecast_counts.entry(change.action).or_default() += 1;
        }
        let joins = plan.changes.iter().filter(|change| change.action == Action::Join);
        let joins = joins.map(|change| Join {
            source_dn: change.source_dn.clone(),
            upn: change.upn.clone(),
            reason: change.reason.as_ref().into(),
        });
        let mut findings = plan.findings.clone();
        findings.append(&mut reads.source.findings);
        findings.extend(samesign_engine::review(slice, &reads.policy));
        findings.sort_by(|one, other| (one.severity, one.code, one).cmp(&(other.severity, other.code, other)));
        Self {
            readiness: readiness(settings, &reads, state),
            read: reads.source.objects,
            joins: joins.collect(),
            unmatched: unmatched(slice, &reads.policy),
            forecast: forecast_counts,
            forecast_by_kind: by_kind,
            mends: samesign_engine::mends(slice, &reads.policy, &findings),
            findings,
        }
    }

    /// Whether nothing is in the way of a first sync.
    pub fn is_ready(&self) -> bool {
        self.readiness.iter().all(|line| line.ok)
    }

    /// The mends as LDIF change records, for a person to read and to apply.
    pub fn mends_as_ldif(&self) -> String {
        samesign_engine::ldif(&self.mends)
    }

    /// How many mends the file suggests; the others are left to a person.
    pub fn suggested(&self) -> usize {
        self.mends.iter().filter(|mend| mend.edits.is_ok()).count()
    }

    /// How many findings are errors.
    pub fn errors(&self) -> usize {
        self.findings.iter().filter(|finding| finding.severity == Severity::Error).count()
    }
}

fn readiness(settings: &Settings, reads: &Reads, state: SyncState) -> Vec<Readiness> {
    let mut lines = Vec::new();
    let mut line = |ok: bool, what: String| lines.push(Readiness { ok, what });
    match state {
        SyncState::On => line(true, format!("synchronization is on for {}", settings.tenant.tenant)),
        SyncState::Off => line(
            false,
            format!(
                "synchronization is off for {}: switch it on in the portal, or with `samesign tenant sync enable`",
                settings.tenant.tenant
            ),
        ),
        SyncState::Enabling => {
            line(false, format!("synchronization is enabling for {}: wait until the service has switched it on", settings.tenant.tenant))
        }
    }
    match &reads.source.completeness {
        Completeness::Complete => line(true, format!("the source was read completely: {} objects", reads.source.objects)),
        Completeness::Incomplete(reason) => {
            line(false, format!("the source was not read completely, so nobody would be deleted: {reason}"))
        }
    }
    if settings.include.is_empty() {
        line(false, "no OU is in scope: name at least one in `scope.include`".to_owned());
    }
    for ou in &reads.source.scope.include {
        match &ou.current {
            Some(dn) => line(true, format!("in scope: {dn}")),
            None => line(false, format!("not found: {}; correct `scope.include`, or find out what became of the OU", ou.configured)),
        }
    }
    lines
}

fn forecast(counts: &BTreeMap<Action, usize>) -> String {
    let words: Vec<String> = counts.iter().map(|(action, count)| format!("{count} to {}", words_for(*action))).collect();
    if words.is_empty() { "nothing to do".to_owned() } else { words.join(", ") }
}

const fn words_for(action: Action) -> &'static str {
    match action {
        Action::Member => "change in members",
        action => action.as_str(),
    }
}

impl fmt::Display for CheckReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Readiness { ok, what } in &self.readiness {
            writeln!(f, "{}  {what}", if *ok { "ok     " } else { "NOT OK " })?;
        }
        writeln!(f, "\nforecast: {}", forecast(&self.forecast))?;
        let users_alone = self.forecast_by_kind.keys().all(|kind| *kind == Kind::User);
        for (kind, counts) in self.forecast_by_kind.iter().filter(|_| !users_alone) {
            writeln!(f, "  {:<9} {}", format!("{}s:", kind.as_str()), forecast(counts))?;
        }
        for Join { upn, reason, .. } in self.joins.iter().take(20) {
            writeln!(f, "  join  {upn}  {reason}")?;
        }
        if self.joins.len() > 20 {
            writeln!(f, "  and {} more joins: see `samesign plan`", self.joins.len() - 20)?;
        }
        if !self.unmatched.is_empty() {
            writeln!(f, "\nlicensed cloud users whom nobody in scope will match: {}", self.unmatched.len())?;
            for unmatched in self.unmatched.iter().take(20) {
                writeln!(f, "  {unmatched}")?;
            }
        }
        writeln!(f, "\nfindings: {} errors, {} in all", self.errors(), self.findings.len())?;
        write!(f, "{}", FindingsScreen(&self.findings))
    }
}
