//! `samesign federation`: the on-premises sign-in service, and what it takes to trust it.

use std::time::Duration;

use clap::{Args, Subcommand};

use crate::Global;
use crate::exit::Outcome;
use crate::logging::Level;

mod convert;
mod lockout;
mod metadata;
mod rotate_key;
mod run;
mod setup;
mod test;

/// Sign people of Active Directory in, and vouch for them to the tenant and to applications (single sign-on)
#[derive(Subcommand)]
pub enum Command {
    Setup(setup::Arguments),
    Run(run::Arguments),
    Test(test::Arguments),
    Metadata(metadata::Arguments),
    Convert(convert::Arguments),
    RotateKey(rotate_key::Arguments),
    #[command(subcommand)]
    Lockout(lockout::Command),
}

/// How a change at the tenant is waited for, and told.
#[derive(Args)]
pub struct Told {
    /// For how long to wait until the tenant shows the change
    #[arg(long, value_name = "DURATION", default_value = "2m", value_parser = crate::duration::parse)]
    wait: Duration,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Command {
    /// How much is logged unless somebody asks for more or less.
    pub fn log_level(&self) -> Level {
        match self {
            Self::Run(_) => Level::Info,
            _ => Level::Warn,
        }
    }

    /// Runs the command.
    pub fn run(self, global: &Global) -> Outcome {
        match self {
            Self::Setup(arguments) => setup::run(&arguments, global),
            Self::Run(arguments) => run::run(&arguments, global),
            Self::Test(arguments) => test::run(&arguments, global),
            Self::Metadata(arguments) => metadata::run(&arguments, global),
            Self::Convert(arguments) => convert::run(&arguments, global),
            Self::RotateKey(arguments) => rotate_key::run(&arguments, global),
            Self::Lockout(command) => command.run(global),
        }
    }
}
