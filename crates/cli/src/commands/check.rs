//! `samesign check`.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use samesign_agent::{Agent, AgentError, CheckReport, Source};

use crate::exit::{Exit, Failure, Outcome};
use crate::{Global, rights, runtime, screen, session};

/// Look before the first sync: the data, the source, the tenant, the rights, and who would match whom
///
/// Changes nothing anywhere. Ends 5 when a finding is an error, 1 when the source or the tenant is not ready.
#[derive(Args, Default)]
pub struct Arguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Write what mends the findings to FILE as LDIF, for you to read and to apply; an existing file is left alone
    #[arg(long, value_name = "FILE")]
    ldif: Option<PathBuf>,
}

pub fn run(arguments: &Arguments, global: &Global) -> Outcome {
    let (agent, passwords_from) = session::open_to_check(global)?;
    // Asked before the reading, which may take minutes.
    if let Some(path) = arguments.ldif.as_deref().filter(|path| path.exists()) {
        return Err(exists(path));
    }
    let report = runtime::block_on(look(&agent, passwords_from.as_ref()))??;
    match arguments.json {
        true => screen::json(&report)?,
        false => screen::data(report.to_string().trim_end()),
    }
    if let Some(path) = &arguments.ldif {
        write(&report, path)?;
    }
    Ok(match (report.is_ready(), report.errors()) {
        (false, _) => Exit::Failed,
        (true, 0) => Exit::Done,
        (true, _) => Exit::Findings,
    })
}

/// Nobody's review is overwritten.
fn exists(path: &Path) -> Failure {
    Failure::usage(format!("{} exists already", path.display()), "name another file for --ldif, or remove this one")
}

fn write(report: &CheckReport, path: &Path) -> Result<(), Failure> {
    let file = File::create_new(path);
    if matches!(&file, Err(error) if error.kind() == ErrorKind::AlreadyExists) {
        return Err(exists(path));
    }
    let written = file.and_then(|mut file| file.write_all(report.mends_as_ldif().as_bytes()).and_then(|()| file.sync_all()));
    written.with_context(|| format!("cannot write {}", path.display()))?;
    let left = report.mends.len().saturating_sub(report.suggested());
    screen::note(&format!(
        "{}: {} suggested, {left} left to you as comments; read it before you apply it",
        path.display(),
        match report.suggested() {
            1 => "1 mend".to_owned(),
            count => format!("{count} mends"),
        }
    ));
    Ok(())
}

async fn look(agent: &Agent, passwords_from: Option<&Source>) -> Result<CheckReport, AgentError> {
    let mut report = agent.check().await?;
    if let Some(source) = passwords_from {
        report.readiness.push(rights::readiness(source).await);
    }
    Ok(report)
}
