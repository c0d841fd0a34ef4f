//! Microsoft's sign-in libraries against the tenant over TLS: password, code with PKCE, device code, refresh; the pages in between
//! are filled in as a browser would.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod people_support;
mod sdk_support;
mod support;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use people_support::{PASSWORD, People};
use sdk_support::{node_packages_for, python_for};
use serde_json::{Value, json};

const UPN: &str = "zoe.o'ruiz@contoso.example";

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/msal")
}

/// Runs a script for a synchronized person and answers what it printed.
async fn run(program: PathBuf, script: &'static str, packages: PathBuf) -> Value {
    let people = People::start().await;
    people.synced(UPN, PASSWORD);
    let (confidential_id, secret) = people.confidential();
    let asked = json!({
        "url": people.tenant.server.url(), "tenant": people.tenant.report.tenant_id, "client_id": people.client_id,
        "confidential_id": confidential_id, "secret": secret.expose(), "upn": UPN, "password": PASSWORD, "packages": packages,
    });
    let ca = people.tenant.report.ca.clone();
    let output = tokio::task::spawn_blocking(move || {
        let mut command = Command::new(program);
        command.arg(scripts().join(script)).env("REQUESTS_CA_BUNDLE", &ca).env("NODE_EXTRA_CA_CERTS", &ca).env("NO_PROXY", "localhost");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(asked.to_string().as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    });
    let output = output.await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    people.tenant.server.shutdown().await;
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn msal_for_python_signs_people_in() {
    let python = tokio::task::spawn_blocking(|| python_for("msal-python", &scripts())).await.unwrap();
    let seen = run(python, "people.py", PathBuf::new()).await;
    let tokens = json!([UPN, ["openid", "profile", "User.Read"], true, "Bearer", 3599]);
    for way in ["password", "code", "single", "device", "confidential"] {
        assert_eq!(seen[way], tokens, "{way}");
    }
    assert_eq!((&seen["me"], &seen["account"]), (&json!(UPN), &json!(UPN)));
    assert_eq!(seen["silent"], json!(["cache", UPN]));
    assert_eq!(seen["refreshed"], json!(["identity_provider", UPN, true]));
    assert_eq!(seen["again"], json!(["identity_provider", UPN]));
    assert_eq!(seen["returned"], json!(["http://localhost:8400", ["client_info", "code", "iss", "state"]]));
    assert_eq!(seen["wrong"], json!(["invalid_grant", [50126]]));
    assert_eq!(seen["twice"], json!(["invalid_grant", [54005]]));
    assert_eq!(seen["unproved"], tokens, "an application with a secret serves people on their own machine without it");
}

#[tokio::test(flavor = "multi_thread")]
async fn msal_for_node_signs_people_in() {
    let packages = tokio::task::spawn_blocking(|| node_packages_for("msal-javascript", &scripts())).await.unwrap();
    let seen = run("node".into(), "people.mjs", packages).await;
    for way in ["password", "refreshed", "again", "code", "device", "confidential"] {
        assert_eq!(seen[way], json!([UPN, ["User.Read"], "Bearer", false]), "{way}");
    }
    assert_eq!(seen["silent"], json!([UPN, ["User.Read"], "Bearer", true]));
    assert_eq!((&seen["me"], &seen["account"]), (&json!(UPN), &json!(UPN)));
    assert_eq!(seen["returned"], json!(["http://localhost:8401", "s"]));
    assert_eq!(seen["wrong"], json!(["invalid_grant", 50126]));
    assert_eq!(seen["twice"], json!(["invalid_grant", 54005]));
}
