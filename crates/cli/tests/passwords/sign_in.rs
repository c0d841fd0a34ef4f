//! Signing people in at the tenant with official clients.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::sdk_support::{node_packages, python, scripts};
use crate::tenant::{TENANT, Tenant, tenant};

const CHROMIUM: &str = "/usr/bin/chromium";

/// An application that people sign in to.
pub struct Application {
    url: String,
    client_id: String,
    ca: String,
}

impl Application {
    pub fn register(of: &Tenant) -> Self {
        let added = tenant(&of.data(), &["app", "add"], &["--name", "mail", "--json"]);
        let added: Value = serde_json::from_str(&added).unwrap();
        let client_id = added["client_id"].as_str().unwrap().to_owned();
        Self { url: of.endpoint.clone(), client_id, ca: of.data().join("ca.pem").display().to_string() }
    }

    /// Runs a script that signs `people` in; answers each one's name, or the number of the refusal.
    fn run(&self, command: &mut Command, people: &[(String, String)]) -> Vec<Value> {
        let asked = json!({"url": self.url, "tenant": TENANT, "client_id": self.client_id, "people": people});
        let command = command.env("REQUESTS_CA_BUNDLE", &self.ca).env("NODE_EXTRA_CA_CERTS", &self.ca).env("NO_PROXY", "localhost");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(asked.to_string().as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{command:?} failed");
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

pub fn by_msal_python(application: &Application, people: &[(String, String)]) -> Vec<Value> {
    application.run(Command::new(python()).arg(scripts().join("sign_in.py")), people)
}

pub fn by_msal_node(application: &Application, people: &[(String, String)]) -> Vec<Value> {
    application.run(Command::new("node").arg(scripts().join("sign_in.mjs")).env("PACKAGES", node_packages()), people)
}

/// On the tenant's own page in Chromium.
pub fn by_page(application: &Application, people: &[(String, String)]) -> Vec<Value> {
    assert!(Path::new(CHROMIUM).exists(), "{CHROMIUM} is missing: run this through `cargo xtask test`, which installs it");
    let mut command = Command::new("node");
    command.arg(scripts().join("sign_in_page.mjs")).env("PACKAGES", node_packages()).env("CHROMIUM", CHROMIUM);
    application.run(&mut command, people)
}
