//! What a reviewer should not have to look for. Every check runs, whatever the others found.

mod crates;
mod documents;
mod files;

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};

use crate::{packages, workspace};

const CARGO_DENY: &str = "0.20.2";

/// A check answers what is wrong, one line each.
type Check = fn() -> Result<Vec<String>>;

const CHECKS: &[(&str, Check)] = &[
    ("format", format),
    ("crate table", crates::follow_the_table),
    ("unsafe code", crates::forbid_unsafe_code),
    ("file sizes", files::short_enough),
    ("words that belong to one machine", files::portable),
    ("links in documents", documents::links_resolve),
    ("reference of findings", findings),
    ("coverage of the rules", crate::coverage::complaints),
    ("clippy", clippy),
    ("clippy of the feature gssapi", clippy_of_gssapi),
    ("dependencies", deny),
];

pub fn run() -> Result<ExitCode> {
    let mut clean = true;
    for (name, check) in CHECKS {
        let complaints = check().with_context(|| format!("check `{name}` could not run"))?;
        eprintln!("{} {name}", if complaints.is_empty() { "ok    " } else { "FAILED" });
        for complaint in &complaints {
            eprintln!("       {complaint}");
        }
        clean &= complaints.is_empty();
    }
    Ok(if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn format() -> Result<Vec<String>> {
    passes(cargo().args(["fmt", "--all", "--check"]), "run `cargo fmt --all`")
}

fn clippy() -> Result<Vec<String>> {
    clippy_with(&[])
}

/// The code that only a build with the feature has.
fn clippy_of_gssapi() -> Result<Vec<String>> {
    packages::require(packages::GSSAPI)?;
    clippy_with(&["--features", "samesign/gssapi"])
}

fn clippy_with(features: &[&str]) -> Result<Vec<String>> {
    let mut command = cargo();
    command.args(["clippy", "--quiet", "--locked", "--workspace", "--all-targets"]).args(features).args(["--", "-D", "warnings"]);
    passes(&mut command, "mend what clippy shows above")
}

/// The page is made of the engine's own table, so that the engine's own test knows whether it is up to date.
fn findings() -> Result<Vec<String>> {
    passes(
        cargo().args(["test", "--quiet", "--locked", "--package", "samesign-engine", "--test", "reference"]),
        "run `UPDATE=1 cargo test -p samesign-engine --test reference`, and read what it changed in docs/reference/findings.md",
    )
}

fn deny() -> Result<Vec<String>> {
    let tool = cargo_deny()?;
    let mut command = Command::new(tool);
    // Advisories need a database that not every build machine can reach; they are checked elsewhere.
    command.current_dir(workspace::root()).args(["--log-level", "error", "check", "licenses", "bans", "sources"]);
    passes(&mut command, "see deny.toml for what is allowed and why")
}

/// The cargo-deny of the version named above, installed when it is not there: that takes minutes, once.
fn cargo_deny() -> Result<PathBuf> {
    let tools = workspace::target().join("tools");
    let home = tools.join(format!("cargo-deny-{CARGO_DENY}"));
    let program = home.join("bin/cargo-deny");
    if !program.exists() {
        eprintln!("installing cargo-deny {CARGO_DENY}, once");
        let build = tools.join("build");
        let status = cargo()
            .args(["install", "--quiet", "--locked", &format!("cargo-deny@{CARGO_DENY}"), "--root"])
            .arg(&home)
            .env("CARGO_TARGET_DIR", &build)
            .status()?;
        ensure!(status.success(), "cannot install cargo-deny {CARGO_DENY}");
        std::fs::remove_dir_all(&build)?;
    }
    Ok(program)
}

fn passes(command: &mut Command, advice: &str) -> Result<Vec<String>> {
    let status = command.status().with_context(|| format!("cannot run {}", command.get_program().display()))?;
    Ok(if status.success() { Vec::new() } else { vec![advice.to_owned()] })
}

fn cargo() -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(workspace::root());
    command
}
