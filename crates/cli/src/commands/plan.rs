//! `samesign plan`.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use samesign_agent::engine::{ChangesScreen, Finding, Severity};
use samesign_agent::{Mode, PlanReport};

use crate::exit::{Exit, Outcome};
use crate::{Global, runtime, screen, session};

/// Show what a sync would do, attribute by attribute, and why
///
/// Changes nothing anywhere. Ends 5 when a finding is an error.
#[derive(Args)]
pub struct Arguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Save the plan to a file, for `sync --plan` and `approve`
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Read and compare everything, not only what changed
    #[arg(long)]
    full: bool,
    /// List every change and every finding, however many there are
    #[arg(long)]
    all: bool,
    /// End 4 when changes are pending
    #[arg(long)]
    exit_code: bool,
}

pub fn run(arguments: &Arguments, global: &Global) -> Outcome {
    let agent = session::open(global, Mode::Read)?;
    let report = runtime::block_on(agent.plan(arguments.full))??;
    if let Some(path) = &arguments.out {
        save(&report, path).with_context(|| format!("cannot save the plan as {}", path.display()))?;
    }
    show(arguments, global, &report)?;
    let pending = arguments.exit_code && !(report.plan.changes.is_empty() && report.plan.licences.is_empty());
    Ok(match (pending, report.plan.findings.iter().any(is_error)) {
        (true, _) => Exit::Pending,
        (false, true) => Exit::Findings,
        (false, false) => Exit::Done,
    })
}

fn show(arguments: &Arguments, global: &Global, report: &PlanReport) -> Result<(), crate::exit::Failure> {
    match arguments.json {
        true => screen::json(&report.plan)?,
        false if arguments.all => {
            report.plan.findings.iter().for_each(|finding| screen::data(finding.to_string().trim_end()));
            screen::data(ChangesScreen::all(&report.plan).to_string().trim_end());
        }
        false => screen::data(report.plan.to_string().trim_end()),
    }
    if !global.quiet {
        report.notes.iter().for_each(|note| screen::note(note));
        arguments
            .out
            .iter()
            .for_each(|path| screen::note(&format!("saved as {}; `samesign sync --plan` sends exactly that", path.display())));
    }
    Ok(())
}

fn is_error(finding: &Finding) -> bool {
    finding.severity == Severity::Error
}

fn save(report: &PlanReport, path: &Path) -> std::io::Result<()> {
    let mut file = std::io::BufWriter::new(std::fs::File::create(path)?);
    report.write(&mut file)?;
    file.into_inner()?.sync_all()
}
