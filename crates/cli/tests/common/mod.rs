//! A sealed place to run the real binary in: its own folder, no settings of the person who runs the tests.
#![allow(dead_code, reason = "each test file uses its part")]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// A folder for one test.
pub struct Place {
    folder: TempDir,
}

/// What a command left behind.
#[derive(Debug)]
pub struct Ended {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// The domain of the exports that tests write.
pub const BASE: &str = "DC=corp,DC=contoso,DC=example";

impl Place {
    /// A running tenant with synchronization on, and a configuration that reads `export.ldif` into it; `more` are further tables.
    pub fn with_tenant(more: &str) -> (Self, Serving) {
        let place = Self::new();
        place.succeed(&["tenant", "init", "--data", "tenant", "--name", "contoso.onmicrosoft.com", "--domain", "contoso.example"]);
        place.succeed(&["tenant", "sync", "enable", "--data", "tenant"]);
        let serving = place.serve();
        let block = place.read("tenant/tenant.toml").replace("https://localhost:8443", &serving.url);
        let source = format!("[source]\nkind = \"ldif\"\npath = \"export.ldif\"\n[scope]\ninclude = [\"OU=Office365,{BASE}\"]\n");
        place.write("samesign.toml", &format!("{source}{block}\n{more}"));
        (place, serving)
    }

    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder for the test") }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).expect("a file of the test is written");
        path
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).expect("a file of the test is read")
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_samesign"));
        command
            .args(arguments)
            .current_dir(self.root())
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.root())
            .stdin(Stdio::null());
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Ended {
        ended(self.command(arguments).output().expect("the binary runs"))
    }

    /// Runs a command that must succeed.
    pub fn succeed(&self, arguments: &[&str]) -> String {
        let ended = self.run(arguments);
        assert_eq!(ended.code, 0, "{arguments:?}: {ended:?}");
        ended.stdout
    }

    /// Runs a command that must answer JSON.
    pub fn json(&self, arguments: &[&str]) -> serde_json::Value {
        let ended = self.run(arguments);
        serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{arguments:?}: {error}: {ended:?}"))
    }

    /// Runs a command that reads stdin.
    pub fn run_with_input(&self, arguments: &[&str], input: &str) -> Ended {
        use std::io::Write;
        let mut child =
            self.command(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
        child.stdin.take().expect("stdin is piped").write_all(input.as_bytes()).expect("the command reads its input");
        ended(child.wait_with_output().expect("the command ends"))
    }

    /// Runs a command in a pseudo-terminal and types answers as its questions come. Both streams are in `stdout`.
    pub fn converse(&self, arguments: &[&str], conversation: &[(&str, String)]) -> Ended {
        use std::io::Write;
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/common/converse.py");
        let mut command = Command::new("/usr/bin/python3");
        command.arg(script).arg(env!("CARGO_BIN_EXE_samesign")).args(arguments).current_dir(self.root());
        command.env_clear().env("PATH", "/usr/bin:/bin").env("TERM", "xterm").env("PYTHONDONTWRITEBYTECODE", "1");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("python3 runs");
        let conversation = serde_json::to_string(conversation).expect("the conversation is JSON");
        child.stdin.take().expect("stdin is piped").write_all(conversation.as_bytes()).expect("the conversation is read");
        ended(child.wait_with_output().expect("the conversation ends"))
    }

    /// Starts the tenant in `tenant` on a free port and answers it with its URL.
    pub fn serve(&self) -> Serving {
        let mut child = self
            .command(&["tenant", "run", "--data", "tenant", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the tenant starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("stdout is piped")).read_line(&mut line).expect("the tenant says that it is ready");
        let url = line.trim().strip_prefix("tenant ready on ").unwrap_or_else(|| panic!("the ready line is {line:?}")).to_owned();
        Serving { child, url }
    }
}

fn ended(output: std::process::Output) -> Ended {
    Ended {
        code: output.status.code().expect("the command was not killed"),
        stdout: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
    }
}

/// A running tenant; it is stopped when this value goes.
pub struct Serving {
    child: Child,
    pub url: String,
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Compares a screen with the one that is kept; `UPDATE=1` keeps the new one.
pub fn assert_screen(name: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/screens").join(name);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder of the screens");
        std::fs::write(&path, actual).expect("the screen is written");
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(actual == expected, "{} differs; UPDATE=1 writes it anew\n--- expected\n{expected}\n--- actual\n{actual}", path.display());
}
