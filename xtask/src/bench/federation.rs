//! What a token of the federation service costs beside the signature in it, and what a sign-in by form costs beside its questions
//! to Active Directory.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::json;

use super::cargo;
use super::table::Row;
use crate::testbed::DomainController;
use crate::{packages, workspace};

/// Tokens per second of a processor, of as many signatures as it could make.
const TOKENS_TO_SIGNATURES: f64 = 0.8;
const FORM_MS: f64 = 1.0;
/// What stands behind the @ in the sign-in names of the testbed.
const SUFFIX: &str = "contoso.example";
/// Every fiftieth is disabled.
const PEOPLE: usize = 49;
const TOKENS: usize = 20_000;

#[derive(Deserialize)]
struct Measured {
    signature_ms: f64,
    token_ms: f64,
    token_p99_ms: f64,
    form_ms: f64,
    directory_ms: f64,
}

pub fn run() -> Result<Vec<Row>> {
    packages::require(packages::TESTBED)?;
    cargo(&["build", "--release", "--locked", "-p", "samesign-federation", "--example", "tokens"])?;
    let people = PEOPLE.to_string();
    let domain_controller = DomainController::start("bench-federation", &["--users", &people, "--password", "real"])?;
    let measured = measure(&domain_controller)?;
    ensure!(domain_controller.was_only_read()?, "samesign wrote to the directory, which it must never do");
    let Measured { signature_ms, token_ms, token_p99_ms, form_ms, directory_ms } = measured;
    Ok(vec![
        Row::new("federation: a signature of RSA-2048, CPU", signature_ms, "ms"),
        Row::new("federation: a token by session, CPU", token_ms, "ms"),
        Row::new("federation: tokens to signatures", signature_ms / token_ms, "x").at_least(TOKENS_TO_SIGNATURES),
        Row::new("federation: a token by session, wall, p99", token_p99_ms, "ms"),
        Row::new("federation: a sign-in by form, CPU", form_ms, "ms"),
        Row::new("federation: of that for Active Directory, CPU", directory_ms, "ms"),
        Row::new("federation: a form's own cost beyond a signature, CPU", form_ms - directory_ms - signature_ms, "ms").at_most(FORM_MS),
    ])
}

fn measure(domain_controller: &DomainController) -> Result<Measured> {
    let facts = &domain_controller.facts;
    let reader = facts.account("svc-samesign")?;
    let people: Vec<_> = passwords(domain_controller)?
        .into_iter()
        .map(|(account, password)| json!({ "upn": format!("{account}@{SUFFIX}"), "password": password }))
        .collect();
    let folder = super::fresh("federation")?;
    std::fs::create_dir_all(&folder)?;
    let input = json!({
        "server": facts.ldaps, "ca": facts.ca, "domain": facts.domain, "user": reader.user, "password": reader.password,
        "units": super::units(facts), "people": people, "tokens": TOKENS, "folder": folder,
    });
    let mut program = Command::new(workspace::target().join("release/examples/tokens"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot run the example `tokens`")?;
    program.stdin.take().context("no way to tell the example anything")?.write_all(input.to_string().as_bytes())?;
    let output = program.wait_with_output()?;
    ensure!(output.status.success(), "the example `tokens` ended with {}", output.status);
    serde_json::from_slice(&output.stdout).context("the example `tokens` told something else than figures")
}

fn passwords(domain_controller: &DomainController) -> Result<BTreeMap<String, String>> {
    let told = domain_controller.ask(&["passwords", &PEOPLE.to_string(), "--password", "real"])?;
    serde_json::from_str(&told).context("the testbed told no passwords")
}
