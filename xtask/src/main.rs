//! Developer commands. `cargo xtask` lists them.

#![forbid(unsafe_code)]

mod bench;
mod clock;
mod coverage;
mod drill;
mod packages;
mod test;
mod testbed;
mod tidy;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Developer commands of samesign")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run every test beside a real domain controller; arguments go to `cargo test`
    Test {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Check format, lints, the crate table, documents and dependencies
    Tidy,
    /// Write docs/reference/coverage.md: which test holds which rule
    Coverage,
    /// Measure what a sync costs, beside what we want to reach
    Bench(bench::Options),
    /// Play what goes wrong in real directories, and expect that nobody is harmed
    Drill(drill::Options),
    /// Start, fill, change or stop a real domain controller on loopback (`testbed --help` tells how)
    #[command(disable_help_flag = true)]
    Testbed {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Test { arguments } => test::run(&arguments),
        Command::Tidy => tidy::run(),
        Command::Coverage => coverage::run(),
        Command::Bench(options) => bench::run(&options),
        Command::Drill(options) => drill::run(&options),
        Command::Testbed { arguments } => testbed::run(&arguments),
    }
}
