//! Every test of the workspace, beside a real domain controller.
//!
//! Tests find it through `SAMESIGN_TESTBED`, the directory with its `testbed.json`.

use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::clock::Phases;
use crate::testbed::DomainController;
use crate::{packages, workspace};

/// The one test that the feature changes. Of the whole workspace, so that what was built for the others serves here too.
const GSSAPI: [&str; 4] = ["--features", "samesign-federation/gssapi", "--test", "kerberos"];

/// Runs `cargo test` with `arguments`, or for the whole workspace where they choose no package.
pub fn run(arguments: &[String]) -> Result<ExitCode> {
    let mut phases = Phases::default();
    let passed = all(arguments, &mut phases);
    phases.report();
    Ok(if passed? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn all(arguments: &[String], phases: &mut Phases) -> Result<bool> {
    phases.time("packages", packages::require_for_tests)?;
    // Built first: a domain controller need not wait for the compiler.
    if !phases.time("build", || cargo_test(arguments, Some("--no-run"), None))? {
        return Ok(false);
    }
    let name = format!("test-{}", std::process::id());
    let domain_controller = phases.time("domain controller", || DomainController::start(&name, &[]))?;
    let passed = phases.time("tests", || cargo_test(arguments, None, Some(&domain_controller)))?;
    let only_read = domain_controller.was_only_read()?;
    if !only_read {
        eprintln!("error: samesign wrote to the directory, which it must never do (see above)");
    }
    phases.time("domain controller, stopping", || drop(domain_controller));
    let passed = passed && only_read;
    if !passed || !arguments.is_empty() {
        return Ok(passed);
    }
    // It starts a domain controller of its own.
    phases.time("feature gssapi", || cargo_test(&GSSAPI.map(str::to_owned), None, None))
}

fn cargo_test(arguments: &[String], option: Option<&str>, domain_controller: Option<&DomainController>) -> Result<bool> {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(workspace::root()).args(["test", "--locked"]).args(option);
    if !arguments.iter().any(|argument| argument == "-p" || argument.starts_with("--package")) {
        command.arg("--workspace");
    }
    if let Some(domain_controller) = domain_controller {
        command.env("SAMESIGN_TESTBED", &domain_controller.facts.directory);
    }
    let arguments = if option.is_some() { before_separator(arguments) } else { arguments };
    Ok(command.args(arguments).status().context("cannot run cargo test")?.success())
}

/// What stands after `--` is for the test programs, which `--no-run` does not start.
fn before_separator(arguments: &[String]) -> &[String] {
    arguments.split(|argument| argument == "--").next().unwrap_or_default()
}
