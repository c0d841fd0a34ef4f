//! The commands, one file each: its arguments, whose comments are the help text, then one function.

use clap::Subcommand;

use crate::Global;
use crate::exit::Outcome;
use crate::logging::Level;

mod agent;
mod anchor;
mod approve;
mod check;
mod demo;
mod explain;
mod federation;
mod findings;
mod init;
mod passwords;
mod plan;
mod runs;
mod status;
mod sync;
mod tenant;
mod undo;

/// A command of `samesign`.
#[derive(Subcommand)]
pub enum Command {
    Demo(demo::Arguments),
    Init(init::Arguments),
    Check(check::Arguments),
    Plan(plan::Arguments),
    Sync(sync::Arguments),
    Approve(approve::Arguments),
    Undo(undo::Arguments),
    Status(status::Arguments),
    Runs(runs::Arguments),
    Findings(findings::Arguments),
    Explain(explain::Arguments),
    #[command(subcommand)]
    Anchor(anchor::Command),
    #[command(subcommand)]
    Agent(agent::Command),
    #[command(subcommand)]
    Passwords(passwords::Command),
    #[command(subcommand)]
    Tenant(tenant::Command),
    #[command(subcommand)]
    Federation(federation::Command),
}

impl Command {
    /// How much is logged unless somebody asks for more or less. A service tells what it does; a command prints it.
    pub fn log_level(&self) -> Level {
        match self {
            Self::Agent(agent::Command::Run) => Level::Info,
            Self::Federation(command) => command.log_level(),
            _ => Level::Warn,
        }
    }

    /// Runs the command.
    pub fn run(self, global: &Global) -> Outcome {
        match self {
            Self::Demo(arguments) => demo::run(&arguments),
            Self::Init(arguments) => init::run(&arguments, global),
            Self::Check(arguments) => check::run(&arguments, global),
            Self::Plan(arguments) => plan::run(&arguments, global),
            Self::Sync(arguments) => sync::run(&arguments, global),
            Self::Approve(arguments) => approve::run(&arguments, global),
            Self::Undo(arguments) => undo::run(&arguments, global),
            Self::Status(arguments) => status::run(&arguments, global),
            Self::Runs(arguments) => runs::run(&arguments, global),
            Self::Findings(arguments) => findings::run(&arguments, global),
            Self::Explain(arguments) => explain::run(&arguments, global),
            Self::Anchor(command) => command.run(global),
            Self::Agent(command) => command.run(global),
            Self::Passwords(command) => command.run(global.quiet),
            Self::Tenant(command) => command.run(global.quiet),
            Self::Federation(command) => command.run(global),
        }
    }
}
