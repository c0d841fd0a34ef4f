//! `samesign tenant`: a local Microsoft 365 directory, and what an administrator does in its portal.
//!
//! All of these work on the data folder, whether or not the server runs.

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Subcommand};
use samesign_tenant::admin::Admin;

use crate::exit::Outcome;

mod app;
mod domain;
mod init;
mod licence;
mod run;
mod sync;
mod user;

/// Run a local Microsoft 365 directory, for rehearsals, demos and tests
#[derive(Subcommand)]
pub enum Command {
    Init(init::Arguments),
    Run(run::Arguments),
    #[command(subcommand)]
    User(user::Command),
    #[command(subcommand)]
    Licence(licence::Command),
    #[command(subcommand)]
    App(app::Command),
    #[command(subcommand)]
    Domain(domain::Command),
    #[command(subcommand)]
    Sync(sync::Command),
}

/// Which tenant.
#[derive(Args)]
pub struct Folder {
    /// The tenant's data folder
    #[arg(long = "data", value_name = "DIR")]
    pub path: PathBuf,
}

impl Folder {
    fn open(&self) -> anyhow::Result<Admin> {
        Admin::open(&self.path).with_context(|| format!("cannot open the tenant in {}", self.path.display()))
    }
}

impl Command {
    /// Runs the command.
    pub fn run(self, quiet: bool) -> Outcome {
        match self {
            Self::Init(arguments) => init::run(&arguments, quiet),
            Self::Run(arguments) => run::run(&arguments),
            Self::User(command) => command.run(quiet),
            Self::Licence(command) => command.run(quiet),
            Self::App(command) => command.run(quiet),
            Self::Domain(command) => command.run(quiet),
            Self::Sync(command) => command.run(quiet),
        }
    }
}
