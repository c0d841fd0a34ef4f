//! `samesign tenant sync`.

use clap::{Args, Subcommand};
use samesign_tenant::admin;

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
