//! A real domain controller on loopback: `testbed/testbed.py` does the work, with Debian's Python, which has Samba's bindings.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::{packages, workspace};

/// Runs one `testbed` command as the caller gave it.
pub fn run(arguments: &[String]) -> Result<ExitCode> {
    packages::require(packages::TESTBED)?;
    let status = script().args(arguments).status().context("cannot run testbed/testbed.py")?;
    Ok(ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)))
}

/// What a client needs to know of a running domain controller; the whole of it is `testbed.json` in `directory`.
#[derive(Deserialize)]
pub struct Facts {
    pub directory: PathBuf,
    pub ldaps: String,
    pub ca: PathBuf,
    pub base_dn: String,
    pub domain: String,
    accounts: BTreeMap<String, Account>,
}

/// An account that every domain of the testbed has; its password is no secret.
#[derive(Deserialize)]
pub struct Account {
    pub user: String,
    pub password: String,
}

impl Facts {
    pub fn account(&self, name: &str) -> Result<&Account> {
        self.accounts.get(name).with_context(|| format!("the testbed has no account {name}"))
    }
}

/// A domain controller that lives as long as this value. It ends when its standard input does, so nothing this process
/// meets, not even SIGKILL, leaves it behind.
pub struct DomainController {
    process: Child,
    pub facts: Facts,
}

impl DomainController {
    /// Starts one, `options` being those of `testbed.py serve`; returns when it answers.
    pub fn start(name: &str, options: &[&str]) -> Result<Self> {
        packages::require(packages::TESTBED)?;
        let mut process = script()
            .args(["serve", "--name", name])
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot run testbed/testbed.py")?;
        let mut line = String::new();
        if let Some(output) = process.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        let facts = serde_json::from_str(&line).context("the domain controller did not start")?;
        Ok(Self { process, facts })
    }

    /// Makes changes as an administrator would: `operations` are those of `testbed.py ad`.
    pub fn change(&self, operations: &[&str]) -> Result<()> {
        let changed = script().arg("ad").args(operations).env("SAMESIGN_TESTBED", &self.facts.directory).status()?;
        ensure!(changed.success(), "the directory did not take `{}`", operations.join(" "));
        Ok(())
    }

    /// Keeps a copy of its database.
    pub fn backup(&self) -> Result<()> {
        self.run("backup")
    }

    /// Puts the copy back in place, as a snapshot of a virtual machine does.
    pub fn restore(&self) -> Result<()> {
        self.run("restore")
    }

    /// What a command of `testbed.py` prints.
    pub fn ask(&self, arguments: &[&str]) -> Result<String> {
        let output = script().args(arguments).env("SAMESIGN_TESTBED", &self.facts.directory).output()?;
        ensure!(output.status.success(), "`testbed {}` failed: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?)
    }

    fn run(&self, command: &str) -> Result<()> {
        let done = script().arg(command).env("SAMESIGN_TESTBED", &self.facts.directory).status()?;
        ensure!(done.success(), "`testbed {command}` failed");
        Ok(())
    }

    /// Whether samesign's own accounts left the directory as it was; prints what they wrote.
    pub fn was_only_read(&self) -> Result<bool> {
        Ok(script().arg("writes").env("SAMESIGN_TESTBED", &self.facts.directory).status()?.success())
    }
}

impl Drop for DomainController {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        if let Err(error) = self.process.wait() {
            eprintln!("cannot wait for the domain controller to stop: {error}");
        }
    }
}

fn script() -> Command {
    let mut command = Command::new(Path::new("/usr/bin/python3"));
    command.arg(workspace::root().join("testbed/testbed.py")).arg("--root").arg(workspace::target().join("testbed"));
    // Compiled files beside the scripts would look like changes to the repository.
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command
}
