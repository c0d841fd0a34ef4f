//! `samesign findings`.

use clap::Args;
use samesign_agent::Mode;

use crate::exit::{Exit, Outcome};
use crate::{Global, runtime, screen, session};

/// Show what is wrong in the data, with the mend, as of the last run
#[derive(Args)]
pub struct Arguments {
    /// Read both sides now, and show what a review of everything finds too, as `samesign check` does
    #[arg(long)]
    all: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments, global: &Global) -> Outcome {
    if arguments.all {
        return reviewed(arguments, global);
    }
    let findings = session::open_state(global, Mode::Read)?.findings()?;
    match arguments.json {
        true => screen::json(&findings)?,
        false if findings.is_empty() => screen::note("no findings"),
        false => findings.iter().for_each(|finding| screen::data(&finding.to_string())),
    }
    Ok(Exit::Done)
}

fn reviewed(arguments: &Arguments, global: &Global) -> Outcome {
    let agent = session::open(global, Mode::Read)?;
    let findings = runtime::block_on(agent.check())??.findings;
    match arguments.json {
        true => screen::json(&findings)?,
        false if findings.is_empty() => screen::note("no findings"),
        false => findings.iter().for_each(|finding| screen::data(finding.to_string().trim_end())),
    }
    Ok(Exit::Done)
}
