//! A real domain controller for one test, and changes that an administrator makes there.
#![allow(dead_code, reason = "each test program uses its own part of this")]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

const INSTALL: &str = "run this through `cargo xtask test`, which installs the domain controller's packages";

pub struct Domain {
    /// Ends when its standard input does, so it never outlives the test.
    server: Child,
    facts: Value,
}

impl Domain {
    /// Starts one with `people` in the units Office365, Staff and Other: person N in unit N modulo 3. `passwords` is the testbed's
    /// word for the kind.
    pub fn start(name: &str, people: usize, passwords: &str) -> Self {
        let mut server = testbed()
            .args(["serve", "--name", &format!("{name}-{}", std::process::id())])
            .args(["--users", &people.to_string(), "--password", passwords])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect(INSTALL);
        let mut line = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let facts = serde_json::from_str(&line).expect(INSTALL);
        Self { server, facts }
    }

    pub fn fact(&self, name: &str) -> &str {
        self.facts[name].as_str().unwrap()
    }

    pub fn account(&self, name: &str, what: &str) -> &str {
        self.facts["accounts"][name][what].as_str().unwrap()
    }

    /// Makes changes as an administrator: the operations of `testbed.py ad`.
    pub fn change(&self, operations: &[&str]) {
        let changed = self.command("ad").args(operations).status().unwrap();
        assert!(changed.success(), "the directory did not take {operations:?}");
    }

    /// Runs another command of the testbed on this domain: its name, then its arguments.
    pub fn run(&self, command: &[&str]) {
        let output = self.command(command[0]).args(&command[1..]).output().unwrap();
        assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// One attribute of an account, as LDIF shows it; Base64 where it is binary.
    pub fn attribute(&self, account: &str, name: &str) -> String {
        let output = self.command("ad").args(["show", account, name]).output().unwrap();
        let shown = String::from_utf8(output.stdout).unwrap().replace("\n ", "");
        let prefix = format!("{name}:");
        let line = shown.lines().find_map(|line| line.strip_prefix(&prefix));
        line.unwrap_or_else(|| panic!("{account} has no {name}: {shown}")).trim_start_matches(':').trim().to_owned()
    }

    /// The password of each person, in order.
    pub fn passwords(&self, people: usize, kind: &str) -> Vec<String> {
        let output = self.command("passwords").args([&people.to_string(), "--password", kind]).output().unwrap();
        let passwords: Value = serde_json::from_slice(&output.stdout).unwrap();
        (0..people).map(|number| passwords[format!("u{number:06}")].as_str().unwrap().to_owned()).collect()
    }

    /// What our own accounts wrote to the directory, which must be nothing.
    pub fn writes(&self) -> String {
        String::from_utf8(self.command("writes").output().unwrap().stdout).unwrap()
    }

    fn command(&self, verb: &str) -> Command {
        let mut command = testbed();
        command.arg(verb).env("SAMESIGN_TESTBED", self.fact("directory"));
        command
    }
}

impl Drop for Domain {
    fn drop(&mut self) {
        drop(self.server.stdin.take());
        self.server.wait().unwrap();
    }
}

fn testbed() -> Command {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| repository.join("target"), PathBuf::from);
    let mut command = Command::new("/usr/bin/python3");
    command.arg(repository.join("testbed/testbed.py")).arg("--root").arg(target.join("testbed"));
    command.env("PYTHONDONTWRITEBYTECODE", "1").env_remove("SAMESIGN_TESTBED");
    command
}
