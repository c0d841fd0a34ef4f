//! `samesign status`.

use clap::Args;
use samesign_agent::Mode;

use crate::exit::{Exit, Outcome};
use crate::{Global, screen, session};

/// Show how things are: how many are in sync, what waits, how the last run ended
#[derive(Args)]
pub struct Arguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments, global: &Global) -> Outcome {
    let status = session::open_state(global, Mode::Read)?.status()?;
    match arguments.json {
        true => screen::json(&status)?,
        false => screen::data(status.to_string().trim_end()),
    }
    Ok(Exit::Done)
}
