//! The mass-harm drill: what goes wrong in real directories, played on a real domain controller, with samesign used as a person
//! uses it. Nobody may be deleted or disabled who should not be, and one message must say what happened.

mod damage;
mod directory;
mod export;
mod leaving;
mod people;
mod rights;
mod scenario;
mod scope;
mod stage;
mod tenant;

use std::process::{Command, ExitCode};

use anyhow::{Result, ensure};
use clap::Args;

use self::scenario::{Outcome, Scenario};
use crate::{packages, workspace};

#[derive(Args)]
pub struct Options {
    /// Play only these
    scenarios: Vec<String>,
    /// Name the scenarios and play none
    #[arg(long)]
    list: bool,
}

/// Every scenario, in the order in which they are played.
const GROUPS: &[&[Scenario]] =
    &[scope::SCENARIOS, rights::SCENARIOS, directory::SCENARIOS, leaving::SCENARIOS, people::SCENARIOS, export::SCENARIOS];

pub fn run(options: &Options) -> Result<ExitCode> {
    let all: Vec<&Scenario> = GROUPS.iter().copied().flatten().collect();
    if options.list {
        all.iter().for_each(|scenario| println!("{:<22} {}", scenario.name, scenario.story));
        return Ok(ExitCode::SUCCESS);
    }
    let chosen = choose(&all, &options.scenarios)?;
    packages::require(packages::TESTBED)?;
    build()?;
    let outcomes: Vec<Outcome> = chosen.iter().map(|scenario| scenario.play()).collect();
    scenario::print_table(&outcomes);
    let failed = outcomes.iter().filter(|outcome| outcome.error.is_some()).count();
    println!("\n{} scenarios, {failed} failed", outcomes.len());
    let long_ones_held = !options.scenarios.is_empty() || (histories()? && sign_ins()?);
    Ok(if failed == 0 && long_ones_held { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn choose<'a>(all: &[&'a Scenario], names: &[String]) -> Result<Vec<&'a Scenario>> {
    for name in names {
        ensure!(all.iter().any(|scenario| scenario.name == name), "there is no scenario `{name}`: `cargo xtask drill --list` names them");
    }
    Ok(all.iter().copied().filter(|scenario| names.is_empty() || names.iter().any(|name| name == scenario.name)).collect())
}

/// The engine's properties over ten times the random histories of a test run.
fn histories() -> Result<bool> {
    println!("\n== histories: 10,000 random histories of both directories, planned by the engine");
    let mut tests = Command::new(env!("CARGO"));
    tests.current_dir(workspace::root()).args(["test", "--locked", "-p", "samesign-engine", "--test", "properties"]);
    Ok(tests.env("SAMESIGN_HISTORIES", "10000").status()?.success())
}

/// Sign-ins while the signing key is replaced, ten times as many as in a test run.
fn sign_ins() -> Result<bool> {
    println!("\n== sign-ins: 10,000 across a rotation of the federation service's key, 500 by form, 500 by ticket");
    let mut tests = Command::new(env!("CARGO"));
    tests.current_dir(workspace::root()).args(["test", "--locked", "-p", "samesign", "--test", "federation"]);
    Ok(tests.args(["everywhere", "--", "--nocapture"]).env("SAMESIGN_SIGN_INS", "10000").status()?.success())
}

fn build() -> Result<()> {
    let built = Command::new(env!("CARGO")).current_dir(workspace::root()).args(["build", "--locked", "-p", "samesign"]).status()?;
    ensure!(built.success(), "the build failed");
    Ok(())
}
