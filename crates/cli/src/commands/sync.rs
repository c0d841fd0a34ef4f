//! `samesign sync`.

use std::path::PathBuf;

use clap::Args;
use samesign_agent::engine::{Plan, guard};
use samesign_agent::{Mode, PlanFile, RunReport, SyncOptions};

use crate::exit::{Exit, Outcome};
use crate::{Global, harden, runtime, screen, session};

/// Bring the tenant in line with Active Directory, once
///
/// On a terminal it shows the plan and asks. What the guard holds is not sent, the rest is: then it ends 3, and `samesign approve` releases
/// exactly what was held.
#[derive(Args)]
pub struct Arguments {
    /// Send exactly this saved plan, or nothing of it when the world has moved
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// Do not ask; releases nothing that the guard holds
    #[arg(long)]
    yes: bool,
    /// Read and compare everything, not only what changed
    #[arg(long)]
    full: bool,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments, global: &Global) -> Outcome {
    harden::harden();
    let plan_file = arguments.plan.as_deref().map(PlanFile::read).transpose()?;
    let mut agent = session::open(global, Mode::Write)?;
    let ask = !arguments.yes && screen::can_ask();
    let mut confirm = |plan: &Plan| !ask || agrees(plan);
    let options = SyncOptions { full: arguments.full, plan_file: plan_file.as_ref(), confirm: &mut confirm };
    let report = runtime::block_on(agent.sync(options))??;
    match arguments.json {
        true => screen::json(&report)?,
        false => screen::data(report.to_string().trim_end()),
    }
    Ok(ending(&report))
}

/// Shows the plan and asks. A plan of which nothing would be sent needs no answer.
pub fn agrees(plan: &Plan) -> bool {
    let to_send = plan.changes.iter().filter(|change| change.held.is_none()).count();
    let to_give = if plan.held_because.contains(&guard::STAGING) { 0 } else { plan.licences.len() };
    screen::note(plan.to_string().trim_end());
    let licences = if to_give == 0 { String::new() } else { format!(", and licences to {to_give} users") };
    (to_send, to_give) == (0, 0) || screen::ask(&format!("Send {to_send} changes to the tenant{licences}?"))
}

/// The exit code that a run deserves.
pub fn ending(report: &RunReport) -> Exit {
    match (report.is_held(), report.findings_of("error")) {
        (true, _) => Exit::Held,
        (false, 1..) => Exit::Findings,
        (false, 0) => Exit::Done,
    }
}
