//! Microsoft's own clients against the tenant over TLS: sign-in with certificate and secret; list, filter, page, delta, create, delete, of users and groups.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

mod sdk_support;
mod support;

use std::process::Command;

use samesign_tenant::Admin;
use samesign_tenant::admin::{AppCredential, NewAccount};
use samesign_tenant::directory::{DirectoryError, contacts};
use samesign_tenant::store::Store;
use sdk_support::{node_packages, python, scripts, succeed};
use serde_json::{Value, json};
use support::Tenant;

const USERS: usize = 20;
/// The users made here and the first administrator.
const ALL: usize = USERS + 1;

/// A tenant with users, and what a script has to know about it.
struct Stage {
    tenant: Tenant,
    variables: Vec<(&'static str, String)>,
}

impl Stage {
    async fn new() -> Self {
        let tenant = Tenant::start().await;
        let admin = Admin::open(tenant.folder.path()).unwrap();
        for number in 0..USERS {
            let (upn, display_name) = (format!("user{number:02}@contoso.example"), format!("user{number:02}"));
            admin.add_user(&NewAccount { upn, display_name, ..NewAccount::default() }).unwrap();
        }
        make_contact(&tenant);
        let permissions = ["User.ReadWrite.All", "Group.ReadWrite.All", "OrgContact.Read.All"].map(str::to_owned);
        let by_certificate = admin.add_app("by certificate", &permissions, false).unwrap();
        let by_secret = admin.add_app("by secret", &permissions, true).unwrap();
        let AppCredential::Certificate(certificate) = by_certificate.credential else { panic!("a certificate was asked for") };
        let AppCredential::Secret(secret) = by_secret.credential else { panic!("a secret was asked for") };
        let ca = tenant.report.ca.display().to_string();
        let variables = vec![
            ("TENANT_URL", tenant.server.url()),
            ("TENANT_ID", tenant.report.tenant_id.clone()),
            ("CLIENT_ID", by_certificate.client_id),
            ("CERTIFICATE", certificate.display().to_string()),
            ("SECRET_CLIENT_ID", by_secret.client_id),
            ("SECRET", secret.expose().to_owned()),
            ("REQUESTS_CA_BUNDLE", ca.clone()),
            ("SSL_CERT_FILE", ca.clone()),
            ("NODE_EXTRA_CA_CERTS", ca),
            ("NO_PROXY", "localhost".to_owned()),
        ];
        Self { tenant, variables }
    }

    /// Runs a script and answers what it printed.
    async fn run(&self, program: std::path::PathBuf, script: &str, more: Vec<(&'static str, String)>) -> Value {
        let mut command = Command::new(program);
        command.arg(scripts().join(script)).envs(self.variables.iter().cloned()).envs(more);
        let output = tokio::task::spawn_blocking(move || succeed(&mut command)).await.unwrap();
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

/// What only synchronization can make.
fn make_contact(tenant: &Tenant) {
    let store = Store::open(tenant.folder.path()).unwrap();
    let made = store.write(|connection| -> Result<_, DirectoryError> {
        let mut contact = contacts::blank(0)?;
        contact.display_name = "Eve".to_owned();
        contact.synced = Some(true);
        contacts::insert(connection, contact)
    });
    made.unwrap();
}

fn check(seen: &Value) {
    let tens: Vec<_> = (10..USERS).map(|number| format!("user{number}")).collect();
    let mut sorted = vec!["Administrator".to_owned()];
    sorted.extend((0..USERS).map(|number| format!("user{number:02}")));
    assert_eq!(seen["listed"], json!(ALL));
    assert_eq!(seen["filtered"], json!(tens));
    assert_eq!(seen["sorted"], json!(sorted));
    assert_eq!(seen["delta"], json!(ALL));
    assert_eq!(seen["created"], json!([true]));
    assert_eq!(seen["removed"], json!([[true, {"reason": "changed"}]]));
    assert_eq!(seen["one"], json!("user03"));
    let groups = &seen["groups"];
    assert_eq!((&groups["delta"], &groups["gone"]), (&json!(ALL), &json!([[1, true]])), "{groups}");
    assert_eq!((&groups["member_of"], &groups["contacts"], &groups["left"]), (&json!(["Team"]), &json!(["Eve"]), &json!(0)));
    assert_eq!(seen["signed_in"], json!([true, true]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_sdk_works() {
    let python = tokio::task::spawn_blocking(python).await.unwrap();
    let stage = Stage::new().await;
    let seen = stage.run(python, "graph.py", Vec::new()).await;
    check(&seen);
    assert_eq!(seen["pages"], json!([7, 7, 7]));
    assert_eq!((&seen["groups"]["members"], &seen["groups"]["types"]), (&json!([8, 8, 5]), &json!(["User"])));
    stage.tenant.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_javascript_sdk_works() {
    let packages = tokio::task::spawn_blocking(node_packages).await.unwrap();
    let stage = Stage::new().await;
    let seen = stage.run("node".into(), "graph.mjs", vec![("PACKAGES", packages.display().to_string())]).await;
    check(&seen);
    assert_eq!(seen["counted"], json!(ALL));
    assert_eq!((&seen["groups"]["members"], &seen["groups"]["types"]), (&json!(ALL), &json!(["#microsoft.graph.user"])));
    stage.tenant.server.shutdown().await;
}
