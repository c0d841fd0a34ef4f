//! A real domain controller for one test, and changes that an administrator makes there.

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
