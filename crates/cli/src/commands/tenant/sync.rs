//! `samesign tenant sync`.

use anyhow::Context;
use clap::{Args, Subcommand};
use samesign_tenant::admin::SyncStatus;

use super::Folder;
use crate::exit::{Exit, Outcome};
use crate::screen;

/// Switch directory synchronization on or off, and show its state
#[derive(Subcommand)]
pub enum Command {
    Enable(Enable),
    Disable(Disable),
    Status(Status),
}

/// Switch synchronization on
#[derive(Args)]
pub struct Enable {
    #[command(flatten)]
    folder: Folder,
    /// Stay "enabling" for that long, as the real service may: 10s, 2m, 3h
    #[arg(long, value_name = "DURATION", value_parser = crate::duration::parse)]
    after: Option<std::time::Duration>,
}

/// Switch synchronization off
#[derive(Args)]
pub struct Disable {
    #[command(flatten)]
    folder: Folder,
}

/// Show whether synchronization is off, enabling or on
#[derive(Args)]
pub struct Status {
    #[command(flatten)]
    folder: Folder,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Command {
    /// Runs the command.
    pub fn run(self, quiet: bool) -> Outcome {
        let state = match self {
            Self::Enable(Enable { folder, after }) => {
                folder.open()?.enable_sync(after.unwrap_or_default()).context("synchronization was not switched on")?
            }
            Self::Disable(Disable { folder }) => folder.open()?.disable_sync().context("synchronization was not switched off")?,
            Self::Status(Status { folder, json }) => {
                let status = folder.open()?.sync_status().context("cannot tell the state of synchronization")?;
                match json {
                    true => screen::json(&status)?,
                    false => screen::data(&sentence(&status)),
                }
                return Ok(Exit::Done);
            }
        };
        if !quiet {
            screen::note(&sentence(&state));
        }
        Ok(Exit::Done)
    }
}

fn sentence(status: &SyncStatus) -> String {
    let until = status.on_from.as_ref().map(|time| format!("; it will be on from {time}")).unwrap_or_default();
    let last = status.last.as_ref().map(|time| format!("; last synchronized {time}")).unwrap_or_default();
    format!("synchronization is {}{until}{last}", status.state)
}
