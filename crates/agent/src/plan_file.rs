//! A saved plan: `plan --out F` writes it, `sync --plan F` does exactly that, or refuses.
//!
//! The file is the plan's JSON with one change per line. A change is recognised by the digest of its line, so an edited line
//! is another change.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::Path;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::digest::{hexadecimal, of};
use crate::error::AgentError;
use crate::planning::Planned;
use samesign_engine::{ChangeDigest, LicenceChange, Plan};

/// What kind of file this is, so that another JSON file is not taken for a plan.
const FORMAT: &str = "samesign plan 1";

/// How many changes that differ are named.
const DIFFERENCES_SHOWN: usize = 10;

/// A plan that was saved.
pub struct PlanFile {
    path: String,
    /// The digest of the whole plan.
    pub digest: String,
    changes: Vec<(ChangeDigest, String)>,
    licences: Vec<(ChangeDigest, String)>,
    held: BTreeSet<String>,
    /// The run that it takes back; `None` for the plan of a sync.
    pub undoes: Option<i64>,
}

#[derive(Deserialize)]
struct Saved<'a> {
    format: String,
    digest: String,
    undoes: Option<i64>,
    held: BTreeSet<String>,
    #[serde(borrow)]
    changes: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    licences: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Name {
    action: String,
    kind: String,
    upn: String,
}

#[derive(Deserialize)]
struct Licensed {
    upn: String,
}

/// Writes a plan file; `undoes` names the run that the plan takes back.
pub fn write(plan: &Plan, digests: &[ChangeDigest], digest: &str, undoes: Option<i64>, out: &mut dyn Write) -> io::Result<()> {
    let held = digests.iter().zip(&plan.changes).filter(|(_, change)| change.held.is_some());
    let held: Vec<String> = held.map(|(digest, _)| hexadecimal(digest)).collect();
    writeln!(out, "{{\"format\":\"{FORMAT}\",\n\"digest\":\"{digest}\",")?;
    if let Some(run) = undoes {
        writeln!(out, "\"undoes\":{run},")?;
    }
    writeln!(out, "\"verdict\":{},", serde_json::to_string(&plan.verdict)?)?;
    writeln!(out, "\"held_because\":{},", serde_json::to_string(&plan.held_because)?)?;
    writeln!(out, "\"held\":{},\n\"changes\":[", serde_json::to_string(&held)?)?;
    for (place, change) in plan.changes.iter().enumerate() {
        writeln!(out, "{}{}", if place == 0 { "" } else { "," }, change.canonical_json())?;
    }
    writeln!(out, "],\n\"licences\":[")?;
    for (place, licence) in plan.licences.iter().enumerate() {
        writeln!(out, "{}{}", if place == 0 { "" } else { "," }, licence.canonical_json())?;
    }
    writeln!(out, "],\n\"findings\":{},", serde_json::to_string(&plan.findings)?)?;
    writeln!(out, "\"unchanged\":{}}}", plan.unchanged)
}

impl PlanFile {
    /// Reads a saved plan.
    pub fn read(path: &Path) -> Result<Self, AgentError> {
        let not_a_plan = |reason: String| AgentError::NotAPlan { path: path.display().to_string(), reason };
        let text = std::fs::read_to_string(path).map_err(|error| not_a_plan(error.to_string()))?;
        let saved: Saved<'_> = serde_json::from_str(&text).map_err(|error| not_a_plan(error.to_string()))?;
        if saved.format != FORMAT {
            return Err(not_a_plan(format!("its format is {:?}, not {FORMAT:?}", saved.format)));
        }
        let name_of = |change: &RawValue| {
            let name: Name = serde_json::from_str(change.get()).map_err(|error| not_a_plan(error.to_string()))?;
            Ok((of(change.get()), format!("{} {} {}", name.action, name.kind, name.upn)))
        };
        let changes = saved.changes.iter().map(|change| name_of(change)).collect::<Result<_, AgentError>>()?;
        let user_of = |licence: &RawValue| {
            let user: Licensed = serde_json::from_str(licence.get()).map_err(|error| not_a_plan(error.to_string()))?;
            Ok((of(licence.get()), format!("licence user {}", user.upn)))
        };
        let licences = saved.licences.iter().map(|licence| user_of(licence)).collect::<Result<_, AgentError>>()?;
        Ok(Self { path: path.display().to_string(), digest: saved.digest, changes, licences, held: saved.held, undoes: saved.undoes })
    }

    /// Where it was read from.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The changes and licences of this file, when every one of them is planned today exactly as it was then.
    pub fn changes_still_planned(&self, planned: &Planned) -> Result<BTreeSet<ChangeDigest>, AgentError> {
        if let Some(run) = self.undoes {
            return Err(AgentError::PlanOfUndo { path: self.path.clone(), run });
        }
        let licences = planned.plan.licences.iter().map(LicenceChange::digest);
        let today: BTreeSet<ChangeDigest> = planned.digests.iter().copied().chain(licences).collect();
        let all = || self.changes.iter().chain(&self.licences);
        let moved: Vec<&str> = all().filter(|(digest, _)| !today.contains(digest)).map(|(_, name)| &**name).collect();
        if moved.is_empty() {
            return Ok(all().map(|(digest, _)| *digest).collect());
        }
        let mut difference: Vec<String> =
            moved.iter().take(DIFFERENCES_SHOWN).map(|name| format!("  no longer the same: {name}")).collect();
        if moved.len() > DIFFERENCES_SHOWN {
            difference.push(format!("  and {} more", moved.len() - DIFFERENCES_SHOWN));
        }
        Err(AgentError::PlanMoved { difference: difference.join("\n") })
    }

    /// The changes of this file that the guard held.
    pub fn held(&self) -> Vec<ChangeDigest> {
        self.changes.iter().map(|(digest, _)| *digest).filter(|digest| self.held.contains(&hexadecimal(digest))).collect()
    }
}
