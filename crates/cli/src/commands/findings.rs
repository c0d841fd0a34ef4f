//! `samesign findings`.

use clap::Args;
use samesign_agent::Mode;

use crate::exit::{Exit, Outcome};
use crate::{Global, screen, session};

/// Show what is wrong in the data, with the mend, as of the last run
#[derive(Args)]
pub struct Arguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments, global: &Global) -> Outcome {
    let findings = session::open_state(global, Mode::Read)?.findings()?;
    match arguments.json {
        true => screen::json(&findings)?,
        false if findings.is_empty() => screen::note("no findings"),
        false => findings.iter().for_each(|finding| screen::data(&finding.to_string())),
    }
    Ok(Exit::Done)
}
