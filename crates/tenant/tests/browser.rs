//! The portal and the sign-in pages in Chromium: what a browser enforces (policy, cookies, forms) and what a person sees.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod federated_support;
mod support;

#[path = "browser/objects.rs"]
mod objects;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use samesign_tenant::admin::NewAccount;
use samesign_tenant::identity::apps::{self, App, ClientType};
use samesign_tenant::store::federation::Protocol;
use samesign_tenant::store::{Store, StoreError};
use samesign_tenant::{Admin, clock, random};
use support::Tenant;

const CHROMIUM: &str = "/usr/bin/chromium";

/// A name that would run a script, load something from elsewhere, or stretch the page, were it not escaped and wrapped.
const HOSTILE: &str = "Ana<script>alert(1)</script><img src=https://evil.example/x onerror=alert(2)>\"'&amp;aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

#[tokio::test]
async fn an_administrator_signs_in_and_gives_a_licence() {
    require(CHROMIUM, &["chromium"]);
    require("node", &["nodejs", "npm"]);
    let packages = packages();
    let tenant = Tenant::start().await;
    let admin = Admin::open(tenant.folder.path()).unwrap();
    let upn = "ana.with.a.rather.long.name.for.a.telephone@contoso.example";
    admin.add_user(&NewAccount { upn: upn.to_owned(), display_name: HOSTILE.to_owned(), ..NewAccount::default() }).unwrap();

    let told = drive(&tenant, packages, "portal.mjs", &[upn]).await;

    let seen: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!(seen["heading"], HOSTILE);
    assert_well_made(&seen);
    assert_eq!(seen["cookies"], serde_json::json!(["__Host-samesign-form"]), "the session's cookie is gone");
    let users = admin.users().unwrap();
    let ana = users.iter().find(|user| user["userPrincipalName"] == upn).unwrap();
    assert_eq!((&ana["usageLocation"], ana["assignedLicenses"].as_array().unwrap().len()), (&"ES".into(), 1));
}

/// The pages of groups, contacts and deleted objects with nothing to show, with one of each, and with ten thousand.
#[tokio::test]
async fn lists_are_well_made_whatever_their_length() {
    require(CHROMIUM, &["chromium"]);
    require("node", &["nodejs", "npm"]);
    let packages = packages();
    for (size, count) in [("none", 0), ("one", 1), ("many", 10_000)] {
        let tenant = Tenant::start().await;
        objects::fill(&tenant, count, HOSTILE);
        let told = drive(&tenant, packages.clone(), "directory.mjs", &[size]).await;
        let seen: serde_json::Value = serde_json::from_str(&told).unwrap();
        assert_well_made(&seen);
        assert_eq!(seen["visited"].as_u64(), Some(if count == 0 { 5 } else { 8 }), "{size}");
    }
}

/// Sign-in begins at the service of a federated domain, told in `federated.mjs`.
#[tokio::test]
async fn people_of_other_domains_find_their_way_past_the_service() {
    require(CHROMIUM, &["chromium"]);
    require("node", &["nodejs", "npm"]);
    let packages = packages();
    let tenant = Tenant::start().await;
    let settings = federated_support::settings("fed.example", Protocol::WsFed, &federated_support::KEYS[0]);
    federated_support::federate(tenant.folder.path(), settings);
    Admin::open(tenant.folder.path()).unwrap().accelerate(Some("fed.example")).unwrap();

    let told = drive(&tenant, packages, "federated.mjs", &[]).await;

    let seen: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_well_made(&seen);
    assert_eq!(seen["titles"], serde_json::json!(["You were not signed in", "Sign in", "Domains", "You are signed out"]));
}

/// Cloud Identity as a whole, told in `people.mjs`.
#[tokio::test]
async fn a_cloud_account_lives_from_its_first_sign_in_to_its_lock() {
    require(CHROMIUM, &["chromium"]);
    require("node", &["nodejs", "npm"]);
    let packages = packages();
    let tenant = Tenant::start().await;
    let client_id = random::uuid().unwrap();
    let app = App {
        client_id: client_id.clone(),
        object_id: random::uuid().unwrap(),
        name: "Holiday planner".to_owned(),
        client_type: ClientType::Public,
    };
    let add = Store::open(tenant.folder.path()).unwrap().write(|connection| -> Result<(), StoreError> {
        apps::add(connection, &app, clock::now())?;
        apps::add_redirect(connection, &client_id, "http://localhost")
    });
    add.unwrap();
    let told = drive(&tenant, packages, "people.mjs", &[&client_id]).await;

    let seen: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_well_made(&seen);
    let ana = |method, state| serde_json::json!({"method": method, "state": state, "name": "ana@contoso.example", "nonce": "n"});
    let signed_out = serde_json::json!({"method": "GET"});
    assert_eq!(seen["told"], serde_json::json!([ana("GET", "s"), ana("POST", "posted"), ana("GET", "s"), signed_out]));
    assert_eq!(seen["device"], "string", "{}", seen["deviceError"]);
    assert!(seen["log"].as_u64().unwrap() >= 16, "{}", seen["log"]);
    for cookie in seen["cookies"].as_array().unwrap() {
        let name = cookie["name"].as_str().unwrap();
        let expected =
            serde_json::json!({"name": name, "secure": true, "httpOnly": true, "sameSite": "Lax", "path": "/", "domain": "localhost"});
        assert!(cookie == &expected && name.starts_with("__Host-"), "{cookie}");
    }
}

/// What holds for every page that a script has looked at.
fn assert_well_made(seen: &serde_json::Value) {
    assert_eq!(seen["complaints"], serde_json::json!([]), "the browser complained, or a script ran");
    assert_eq!(seen["foreign"], serde_json::json!([]), "something was loaded from elsewhere");
    assert_eq!(seen["wide"], serde_json::json!({}), "a page is wider than its window");
    assert_eq!(seen["unreachable"], serde_json::json!({}), "a page is not for everyone");
}

/// Runs a script against the tenant: its arguments begin with the server's URL and the first administrator's name.
async fn drive(tenant: &Tenant, packages: PathBuf, script: &str, more: &[&str]) -> String {
    let mut command = Command::new("node");
    command.arg(scripts().join(script)).args([&tenant.server.url(), &tenant.report.admin.upn]).args(more);
    command.env("SAMESIGN_NODE_PACKAGES", packages).env("SAMESIGN_CHROMIUM", CHROMIUM).env("NODE_EXTRA_CA_CERTS", &tenant.report.ca);
    let password = tenant.report.admin.password.expose().to_owned();
    tokio::task::spawn_blocking(move || run(&mut command, &password)).await.unwrap()
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser")
}

/// Installs from the distribution what is missing: a fresh machine has neither a browser nor Node.js.
fn require(program: &str, packages: &[&str]) {
    if Command::new(program).arg("--version").output().is_ok() {
        return;
    }
    let apt = |arguments: &[&str]| run(Command::new("apt-get").args(["-o", "DPkg::Lock::Timeout=300"]).args(arguments), "");
    apt(&["update"]);
    apt(&[&["install", "--yes", "--no-install-recommends"], packages].concat());
}

/// The folder with the packages that `package.json` names, installed once for each content of that file.
fn packages() -> PathBuf {
    let wanted = fs::read(scripts().join("package.json")).unwrap();
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &wanted);
    let version: String = digest.as_ref().iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    let tools = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("tools");
    let folder = tools.join(format!("portal-browser-{version}"));
    let complete = folder.join(".complete");
    fs::create_dir_all(&tools).unwrap();
    // A second test waits here until the first has installed.
    let lock = fs::File::create(tools.join("portal-browser.lock")).unwrap();
    lock.lock().unwrap();
    if !complete.exists() {
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("package.json"), &wanted).unwrap();
        run(Command::new("npm").args(["install", "--no-audit", "--no-fund", "--no-package-lock"]).current_dir(&folder), "");
        fs::write(complete, "").unwrap();
    }
    folder
}

/// What a command prints; panics with its complaints when it fails.
fn run(command: &mut Command, input: &str) -> String {
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}; install it"));
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{command:?} failed\n{}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}
