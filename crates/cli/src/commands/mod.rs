//! The commands, one file each: its arguments, whose comments are the help text, then one function.

use clap::Subcommand;

use crate::Global;
use crate::exit::Outcome;

mod check;

/// A command of `samesign`.
#[derive(Subcommand)]
pub enum Command {
    Check(check::Arguments),
}

impl Command {
    /// Runs the command.
    pub fn run(self, global: &Global) -> Outcome {
        match self {
            Self::Check(arguments) => check::run(&arguments, global),
        }
    }
}
