//! MSAL's federated password flow: userrealm, MEX, usernamemixed, and the assertion exchanged for a token.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::installed;
use crate::stage::Stage;
use crate::tenant::{TENANT, tenant, text};

pub fn signs_in_with_a_user_name_and_a_password(stage: &Stage) {
    let (first, second) = (Stage::person(1), Stage::person(2));
    let people = [(first.upn(), first.password()), (second.upn(), second.password()), (first.upn(), "wrong".to_owned())];
    let endings = run(stage, &people);

    for (person, ending) in [(first, &endings[0]), (second, &endings[1])] {
        assert_eq!(ending["signed_in"], person.upn(), "{ending}");
        let asked: Vec<&str> = ending["asked"].as_array().unwrap().iter().map(|url| url.as_str().unwrap()).collect();
        let realm = format!("{}/common/userrealm/{}", stage.tenant.endpoint, person.upn());
        let service = |path: &str| format!("{}{path}", stage.origin);
        for expected in [&realm, &service("/adfs/services/trust/mex"), &service("/adfs/services/trust/13/usernamemixed")] {
            assert!(asked.contains(&expected.as_str()), "{expected} in {asked:?}");
        }
        assert!(asked.last().unwrap().starts_with(&stage.tenant.endpoint), "{asked:?}");
    }
    let fault = text(&endings[2]["fault"]);
    assert!(fault.contains("FailedAuthentication"), "{fault}");
}

/// Runs the script: how each person's sign-in ended.
fn run(stage: &Stage, people: &[(String, String)]) -> Vec<Value> {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/federation_peers");
    let asked = json!({
        "url": stage.tenant.endpoint,
        "tenant": TENANT,
        "client_id": client_id(stage),
        "authorities": [stage.tenant.data().join("ca.pem"), service_authority(stage)],
        "people": people,
    });
    let mut child = Command::new(installed::python_for("federation-peers-python", &scripts))
        .arg(scripts.join("sign_in.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(asked.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "MSAL: its errors stand above");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn client_id(stage: &Stage) -> String {
    let app = tenant(&stage.tenant.data(), &["app", "add"], &["--name", "desk", "--permission", "User.Read", "--json", "--secret"]);
    text(&serde_json::from_str::<Value>(&app).unwrap()["client_id"])
}

/// The authority that `federation setup` made for the service's TLS.
fn service_authority(stage: &Stage) -> std::path::PathBuf {
    let folder = stage.folder();
    let nested = folder.join("federation/tls-ca.pem");
    if nested.exists() { nested } else { folder.join("tls-ca.pem") }
}
