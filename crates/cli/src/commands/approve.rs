//! `samesign approve`.

use std::path::Path;

use clap::Args;
use samesign_agent::{Approve, Mode, PlanFile};

use crate::exit::{Exit, Outcome};
use crate::{Global, screen, session};

/// Release what the guard holds: exactly that list, once
///
/// Sends nothing itself; the next `samesign sync` does, if everything on the list is still the same.
#[derive(Args)]
pub struct Arguments {
    /// The number of a run that was held, or a plan that `samesign plan --out` saved
    #[arg(value_name = "RUN|PLAN")]
    what: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments, global: &Global) -> Outcome {
    let Arguments { what, json } = arguments;
    let mut agent = session::open_state(global, Mode::Write)?;
    let changes = match what.parse() {
        Ok(run) => agent.approve(&Approve::Run(run))?,
        Err(_) => agent.approve(&Approve::Plan(&PlanFile::read(Path::new(what))?))?,
    };
    match json {
        true => screen::json(&serde_json::json!({ "approved": what, "changes": changes }))?,
        false => screen::data(&format!("released {changes} changes of {}; `samesign sync` sends them", name(what))),
    }
    Ok(Exit::Done)
}

fn name(what: &str) -> String {
    what.parse::<i64>().map_or_else(|_| what.to_owned(), |run| format!("run {run}"))
}
