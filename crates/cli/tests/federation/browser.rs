//! Chromium on a person's computer.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::sdk_support::node_packages;
use crate::stage::{Person, Stage};

const CHROMIUM: &str = "/usr/bin/chromium";
/// An application of the federation service beside the tenant, and its identifier.
pub const APPLICATION: &str = "urn:payroll";

/// Where the way from one address ended.
#[derive(Debug)]
pub struct Ending {
    pub url: String,
    pub text: String,
    /// How often something had to be typed.
    pub prompts: u64,
}

/// Opens one address after the other in a fresh browser of this person, who types name and password where asked.
pub fn open(stage: &Stage, person: Person, ticket: Option<&Path>, application: &str, addresses: &[String]) -> Vec<Ending> {
    assert!(Path::new(CHROMIUM).exists(), "{CHROMIUM} is missing: run this through `cargo xtask test`, which installs it");
    let profile = stage.path(&format!("{}-{}", person.account(), if ticket.is_some() { "ticket" } else { "none" }));
    let asked = json!({"profile": profile, "certificate": stage.path("federation/tls.pem"), "application": application,
                       "upn": person.upn(), "password": person.password(), "open": addresses});
    let script: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/federation/browse.mjs");
    let mut command = Command::new("node");
    command.arg(script).env("PACKAGES", node_packages()).env("CHROMIUM", CHROMIUM);
    stage.as_client(&mut command, ticket);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(asked.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{command:?} failed");
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["complaints"], json!([]), "the browser complained");
    let ending = |ending: &Value| Ending {
        url: ending["url"].as_str().unwrap().to_owned(),
        text: ending["text"].as_str().unwrap().to_owned(),
        prompts: ending["prompts"].as_u64().unwrap(),
    };
    told["endings"].as_array().unwrap().iter().map(ending).collect()
}
