//! `samesign check`.

use clap::Args;
use samesign_agent::{Agent, AgentError, CheckReport, Source};

use crate::exit::{Exit, Outcome};
use crate::{Global, rights, runtime, screen, session};

/// Look before the first sync: the data, the source, the tenant, the rights, and who would match whom
///
/// Changes nothing anywhere. Ends 5 when a finding is an error, 1 when the source or the tenant is not ready.
#[derive(Args, Default)]
pub struct Arguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments, global: &Global) -> Outcome {
    let (agent, passwords_from) = session::open_to_check(global)?;
    let report = runtime::block_on(look(&agent, passwords_from.as_ref()))??;
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

async fn look(agent: &Agent, passwords_from: Option<&Source>) -> Result<CheckReport, AgentError> {
    let mut report = agent.check().await?;
    if let Some(source) = passwords_from {
        report.readiness.push(rights::readiness(source).await);
    }
    Ok(report)
}
