//! `samesign explain`.

use clap::Args;
use samesign_agent::Mode;

use crate::exit::{Exit, Outcome};
use crate::{Global, runtime, screen, session};

/// Say why somebody is as they are: scope, match, where each attribute comes from, what is pending
#[derive(Args)]
pub struct Arguments {
    /// UPN, mail address, DN, objectGUID or display name
    #[arg(value_name = "WHO")]
    who: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments, global: &Global) -> Outcome {
    let agent = session::open(global, Mode::Read)?;
    let explanation = runtime::block_on(agent.explain(&arguments.who))??;
    match arguments.json {
        true => screen::json(&explanation)?,
        false => screen::data(explanation.to_string().trim_end()),
    }
    Ok(Exit::Done)
}
