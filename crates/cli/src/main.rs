//! The one binary. This file holds what all commands share; each command is one file under `commands`.
#![forbid(unsafe_code)]

mod clock;
mod commands;
mod config;
mod demo;
mod duration;
mod exit;
mod federation;
mod harden;
mod init;
mod logging;
mod progress;
mod rights;
mod runtime;
mod screen;
mod service_log;
mod session;
mod signals;
mod stdin;
mod supervisor;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser};

use commands::Command;
use exit::Failure;

/// Keep the accounts of a Microsoft 365 tenant the same as those of an Active Directory
///
/// Active Directory is the source and is never written. Nothing takes part until an organizational unit is named in the configuration.
#[derive(Parser)]
#[command(name = "samesign", version, max_term_width = 120, after_help = EXIT_CODES)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 done, 1 failed, 2 usage or configuration, 3 held by the guard, 4 changes pending (plan --exit-code), \
5 done with findings of severity error.\nNew here? `samesign demo` shows the whole job with nothing installed.";

/// What every command takes.
#[derive(Args)]
pub struct Global {
    /// The configuration file
    #[arg(long, global = true, value_name = "FILE", default_value = "samesign.toml", env = "SAMESIGN_CONFIG")]
    pub config: PathBuf,
    /// Print data and failures only
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// How much is logged to stderr [default: warn; info for the service]
    #[arg(long, global = true, value_name = "LEVEL", value_enum)]
    log_level: Option<logging::Level>,
    /// How the log is written
    #[arg(long, global = true, value_name = "FORMAT", value_enum, default_value = "text")]
    log_format: logging::Format,
}

fn main() -> ExitCode {
    let Cli { global, command } = Cli::parse();
    let level = if global.quiet { logging::Level::Error } else { global.log_level.unwrap_or(command.log_level()) };
    logging::start(level, global.log_format);
    command.run(&global).unwrap_or_else(|failure: Failure| failure.report()).into()
}
