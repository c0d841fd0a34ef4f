//! `samesign runs`.

use clap::Args;
use samesign_agent::Mode;

use crate::exit::{Exit, Failure, Outcome};
use crate::{Global, screen, session};

/// Show what happened: the latest runs, or one of them with what it wrote and what it holds
#[derive(Args)]
pub struct Arguments {
    /// The number of a run
    #[arg(value_name = "RUN")]
    run: Option<i64>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments, global: &Global) -> Outcome {
    let agent = session::open_state(global, Mode::Read)?;
    let Some(run) = arguments.run else {
        let runs = agent.runs()?;
        match arguments.json {
            true => screen::json(&runs)?,
            false if runs.is_empty() => screen::note("no run yet"),
            false => runs.iter().for_each(|run| screen::data(&run.to_string())),
        }
        return Ok(Exit::Done);
    };
    let Some(detail) = agent.run_detail(run)? else {
        return Err(Failure::usage(format!("there is no run {run}"), "`samesign runs` lists them"));
    };
    match arguments.json {
        true => screen::json(&detail)?,
        false => screen::data(&detail.to_string()),
    }
    Ok(Exit::Done)
}
