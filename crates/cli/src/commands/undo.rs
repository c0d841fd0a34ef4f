//! `samesign undo`.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use samesign_agent::engine::{ChangesScreen, Plan};
use samesign_agent::{Mode, UndoPlan};

use crate::exit::{Exit, Outcome};
use crate::{Global, harden, runtime, screen, session};

use super::sync::ending;

/// Take a run back: what it created is deleted, what it deleted is restored, what it overwrote gets its values again
///
/// What was changed since is left alone and named. The guard judges an undo like any plan; what it holds needs `samesign approve`, then the
/// same undo again. What was taken back waits for an approval when the next run plans it again.
#[derive(Args)]
pub struct Arguments {
    /// The number of the run
    #[arg(value_name = "RUN")]
    run: i64,
    /// Save the plan to a file and send nothing
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Do not ask; without it and without a terminal the plan is only shown. Releases nothing that the guard holds
    #[arg(long)]
    yes: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments, global: &Global) -> Outcome {
    harden::harden();
    // Where nobody can be asked, it is looked at.
    if arguments.out.is_some() || !(arguments.yes || screen::can_ask()) {
        return plan(arguments, global);
    }
    take_back(arguments, global)
}

fn plan(arguments: &Arguments, global: &Global) -> Outcome {
    let agent = session::open(global, Mode::Read)?;
    let plan = runtime::block_on(agent.plan_undo(arguments.run))??;
    if let Some(path) = &arguments.out {
        save(&plan, path).with_context(|| format!("cannot save the plan as {}", path.display()))?;
    }
    match arguments.json {
        true => screen::json(&serde_json::json!({ "undoes": plan.run, "plan": plan.plan, "left": plan.left }))?,
        false => screen::data(ChangesScreen(&plan.plan).to_string().trim_end()),
    }
    if !global.quiet {
        plan.left.iter().for_each(|line| screen::note(line));
        let saved = arguments.out.as_ref().map_or_else(|| "nothing was sent".to_owned(), |path| format!("saved as {}", path.display()));
        screen::note(&format!("{saved}; `samesign undo {} --yes` sends it", plan.run));
    }
    Ok(Exit::Done)
}

fn take_back(arguments: &Arguments, global: &Global) -> Outcome {
    let ask = !arguments.yes;
    let mut agent = session::open(global, Mode::Write)?;
    let mut confirm = |plan: &Plan| !ask || super::sync::agrees(plan);
    let report = runtime::block_on(agent.undo(arguments.run, &mut confirm))??;
    match arguments.json {
        true => screen::json(&report)?,
        false => screen::data(report.to_string().trim_end()),
    }
    Ok(ending(&report))
}

fn save(plan: &UndoPlan, path: &Path) -> std::io::Result<()> {
    let mut file = std::io::BufWriter::new(std::fs::File::create(path)?);
    plan.write(&mut file)?;
    file.into_inner()?.sync_all()
}
