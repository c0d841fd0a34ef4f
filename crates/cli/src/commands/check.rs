//! `samesign check`.

use clap::Args;
use samesign_agent::Mode;

use crate::exit::{Exit, Outcome};
use crate::{Global, runtime, screen, session};

/// Look before the first sync: the data, the source, the tenant, and who would match whom
///
/// Changes nothing anywhere. Ends 5 when a finding is an error, 1 when the source or the tenant is not ready.
#[derive(Args, Default)]
pub struct Arguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments, global: &Global) -> Outcome {
    let agent = session::open(global, Mode::Read)?;
    let report = runtime::block_on(agent.check())??;
    match arguments.json {
        true => screen::json(&report)?,
        false => screen::data(report.to_string().trim_end()),
    }
    Ok(match (report.is_ready(), report.errors()) {
        (false, _) => Exit::Failed,
        (true, 0) => Exit::Done,
        (true, _) => Exit::Findings,
    })
}
