//! A domain is federated and made managed again, as an administrator does it: on a real Active Directory, a real tenant over TLS, and
//! the service between them. What would lock people out is refused each time.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![forbid(unsafe_code)]

#[path = "../samba/domain.rs"]
mod domain;
mod graph;
#[path = "../federation/stage.rs"]
mod stage;
#[path = "../samba/tenant.rs"]
mod tenant;

use std::path::PathBuf;

use serde_json::{Value, json};

use graph::Graph;
use stage::{HOST, SUFFIX, Stage};
use tenant::text;

/// More federated domains than the one whose people there are.
const MORE: &str =
    "[[federation.application]]\nname = \"Wiki\"\nidentifier = \"https://wiki.example/\"\nreply = [\"https://wiki.example/acs\"]\n";

#[test]
fn a_domain_goes_to_the_service_and_back_and_nobody_is_locked_out() {
    let mut stage = Stage::start("convert", 12, MORE);
    let graph = Graph::of(&stage);
    what_setup_made_is_found_in_order(&stage);
    metadata_and_counts_can_be_looked_at(&stage);
    what_would_lock_out_is_refused(&mut stage, &graph);
    a_dry_run_writes_nothing(&stage, &graph);
    federated(&stage, &graph);
    keys_follow_one_another(&stage, &graph);
    an_emergency_replaces_them_all(&stage, &graph);
    the_way_back_needs_passwords(&stage, &graph);
    managed(&stage, &graph);
    a_backup_is_put_back(&stage, &graph);
    assert_eq!(stage.domain.writes(), "", "the source is never written");
}

fn what_setup_made_is_found_in_order(stage: &Stage) {
    let report = answer(stage, &["federation", "test", "--user", &Stage::person(1).upn()], 0);
    for name in ["signing-key", "signature", "kerberos", "directory", "clock", "service", "person", "claims", "lockout"] {
        assert_eq!(verdict(&report["checks"], name), "ok", "{name}: {report:#}");
    }
    assert_eq!(verdict(&report["checks"], "tls"), "warning", "our own authority: {report:#}");
    assert_eq!(verdict(&report["checks"], "tenant"), "warning", "managed still: {report:#}");
    let again = answer(stage, &["federation", "setup"], 0);
    assert!(text(&again["checks"][0]["says"]).contains("is valid until"), "what is there stays: {again:#}");
}

fn metadata_and_counts_can_be_looked_at(stage: &Stage) {
    let metadata = stage.succeed(&["federation", "metadata"]);
    assert!(metadata.starts_with('<') && metadata.contains(&format!("http://{HOST}/adfs/services/trust")), "{metadata}");
    let told = answer(stage, &["federation", "metadata"], 0);
    assert_eq!((told["certificates"].as_array().unwrap().len(), text(&told["document"]).starts_with('<')), (1, true));
    assert_eq!(answer(stage, &["federation", "metadata", "--check-remote"], 0)["ok"], true);
    let upn = Stage::person(1).upn();
    for verb in ["show", "reset"] {
        let shown = answer(stage, &["federation", "lockout", verb, &upn], 0);
        assert_eq!((&shown["upn"], &shown["unknown"]["wrong"], &shown["account"]), (&json!(upn), &json!(0), &json!("enabled")));
    }
    let nobody = stage.run(&["federation", "lockout", "show", "nobody@contoso.example"]);
    assert_eq!(nobody.status.code(), Some(2), "{nobody:?}");
}

fn what_would_lock_out_is_refused(stage: &mut Stage, graph: &Graph) {
    let refused = |stage: &Stage, domain: &str, name: &str| {
        let report = answer(stage, &["federation", "convert", domain, "federated", "--yes"], 1);
        assert_eq!(report["written"], false);
        let check = check(&report["plan"]["checks"], name);
        assert_eq!(check["verdict"], "refused", "{report:#}");
        text(&check["says"])
    };
    let data = stage.tenant.data();
    let data = data.to_str().unwrap();
    assert!(refused(stage, "contoso.onmicrosoft.com", "domain-convertible").contains("initial domain"));
    assert!(refused(stage, "fabrikam.example", "domain-verified").contains("the tenant has no domain"));
    stage.succeed(&["tenant", "domain", "add", "--data", data, "fabrikam.example"]);
    assert!(refused(stage, "fabrikam.example", "domain-verified").contains("is not verified"));
    assert!(refused(stage, "fabrikam.example", "domain-configured").contains("does not vouch"));
    stage.succeed(&["tenant", "domain", "add", "--data", data, "eu.contoso.example"]);
    stage.succeed(&["tenant", "domain", "verify", "--data", data, "eu.contoso.example"]);
    assert!(refused(stage, "eu.contoso.example", "domain-root").contains("subdomain of contoso.example"));

    let cloud = ["tenant", "user", "add", "--data", data, "--display-name", "Cloud", "--upn", "cloud@contoso.example"];
    stage.succeed(&cloud);
    assert!(refused(stage, SUFFIX, "people").contains("cloud@contoso.example: lives in the tenant alone"));
    graph.delete("/users/cloud@contoso.example");

    // Renamed since the last sync, and out of the scope since.
    let (renamed, moved) = (Stage::person(1), Stage::person(2));
    stage.domain.change(&[
        "set",
        &renamed.account(),
        "userPrincipalName=renamed@contoso.example",
        "--",
        "move",
        &moved.account(),
        "OU=Other",
    ]);
    let said = refused(stage, SUFFIX, "people");
    assert!(said.contains(&format!("{}: Active Directory has no account with this userPrincipalName", renamed.upn())), "{said}");
    assert!(said.contains(&format!("{}: the account is not in the scope of synchronization", moved.upn())), "{said}");
    let upn = format!("userPrincipalName={}", renamed.upn());
    stage.domain.change(&["set", &renamed.account(), &upn, "--", "move", &moved.account(), "OU=Office365"]);

    let users = graph.get("/users?$select=id,userPrincipalName");
    let admin = users["value"].as_array().unwrap().iter().find(|user| text(&user["userPrincipalName"]).ends_with(".onmicrosoft.com"));
    let admin = format!("/users/{}", text(&admin.unwrap()["id"]));
    graph.patch(&admin, &json!({ "accountEnabled": false }));
    assert!(refused(stage, SUFFIX, "administrator-outside").contains("no Global Administrator"));
    graph.patch(&admin, &json!({ "accountEnabled": true }));

    stage.succeed(&["tenant", "domain", "default", "--data", data, SUFFIX]);
    assert!(refused(stage, SUFFIX, "domain-convertible").contains("default domain"));
    stage.succeed(&["tenant", "domain", "default", "--data", data, "contoso.onmicrosoft.com"]);

    stage.stop();
    assert!(refused(stage, SUFFIX, "service-answers").contains("does not answer at https://sts.localhost"));
    stage.serve();
    assert_eq!(graph.authentication_type(), "Managed");
    assert!(!stage.path("federation/backups").exists(), "nothing was about to be written");
}

fn a_dry_run_writes_nothing(stage: &Stage, graph: &Graph) {
    for arguments in [&["federation", "convert", SUFFIX, "federated", "--dry-run"][..], &["federation", "convert", SUFFIX, "federated"]] {
        let report = answer(stage, arguments, 0);
        assert_eq!((&report["written"], &report["plan"]["after"]["issuerUri"]), (&false.into(), &issuer().into()));
    }
    assert_eq!(graph.authentication_type(), "Managed");
    let shown = stage.succeed(&["federation", "convert", SUFFIX, "federated", "--dry-run"]);
    assert!(shown.starts_with("contoso.example: managed -> federated\n"), "{shown}");
    assert!(shown.contains("passiveSignInUri: (none) -> https://sts.localhost:"), "{shown}");
}

fn federated(stage: &Stage, graph: &Graph) {
    let report = answer(stage, &["federation", "convert", SUFFIX, "federated", "--yes"], 0);
    assert_eq!((&report["written"], &report["done"]["sign_in_page"]), (&true.into(), &true.into()), "{report:#}");
    assert_eq!(report["done"]["way_back"], "samesign federation convert contoso.example managed");
    assert_eq!(graph.authentication_type(), "Federated");
    let settings = graph.settings();
    assert_eq!(text(&settings["issuerUri"]), issuer());
    assert!(text(&settings["passiveSignInUri"]).starts_with(&format!("https://{HOST}:")));
    assert_eq!(
        (&settings["preferredAuthenticationProtocol"], &settings["federatedIdpMfaBehavior"]),
        (&"wsFed".into(), &"rejectMfaByFederatedIdp".into())
    );
    let again = answer(stage, &["federation", "convert", SUFFIX, "federated", "--yes"], 0);
    assert_eq!(again["written"], false, "there is nothing to do");
    let report = answer(stage, &["federation", "test"], 0);
    assert_eq!((verdict(&report["checks"], "tenant"), verdict(&report["checks"], "sign-in-page")), ("ok".to_owned(), "ok".to_owned()));
}

fn keys_follow_one_another(stage: &Stage, graph: &Graph) {
    let first = graph.settings();
    let refused = stage.run(&["federation", "rotate-key", "activate"]);
    assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("rotate-key stage` first"));
    let staged = answer(stage, &["federation", "rotate-key", "stage"], 0);
    let next = graph.settings();
    assert_eq!(next["signingCertificate"], first["signingCertificate"]);
    assert!(next["nextSigningCertificate"].is_string() && staged["next"].is_string());
    assert_eq!(staged["applications"], json!(["Wiki"]));

    // Somebody took it out of the tenant: everybody would be locked out.
    let path = format!("/domains/{SUFFIX}/federationConfiguration/{}", text(&next["id"]));
    graph.patch(&path, &json!({ "nextSigningCertificate": null }));
    let refused = stage.run(&["federation", "rotate-key", "activate"]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("does not show the next certificate for contoso.example yet"), "{refused:?}");
    answer(stage, &["federation", "rotate-key", "stage"], 0);
    let activated = answer(stage, &["federation", "rotate-key", "activate"], 0);
    assert_eq!((&activated["current"], &activated["retired"][0]), (&staged["next"], &staged["current"]));
    let then = graph.settings();
    assert_eq!(then["signingCertificate"], next["nextSigningCertificate"]);
    assert_eq!(then["nextSigningCertificate"], first["signingCertificate"], "both are believed while tokens are on their way");
    let refused = stage.run(&["federation", "rotate-key", "retire"]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("stays known for 24 hours"), "{refused:?}");
}

fn an_emergency_replaces_them_all(stage: &Stage, graph: &Graph) {
    let before = graph.settings();
    let asked = stage.run(&["federation", "rotate-key", "--emergency"]);
    assert!(asked.status.success() && String::from_utf8_lossy(&asked.stderr).contains("nothing was changed"));
    answer(stage, &["federation", "rotate-key", "--emergency", "--yes"], 0);
    let after = graph.settings();
    assert_eq!(after["nextSigningCertificate"], Value::Null);
    assert!(after["signingCertificate"] != before["signingCertificate"] && after["signingCertificate"] != before["nextSigningCertificate"]);
    wait_for(|| verdict(&answer(stage, &["federation", "test"], 0)["checks"], "service") == "ok");
}

fn the_way_back_needs_passwords(stage: &Stage, graph: &Graph) {
    let config = std::fs::read_to_string(&stage.agent.config).unwrap();
    std::fs::write(&stage.agent.config, config.replace("[passwords]\nenabled = true", "[passwords]\nenabled = false")).unwrap();
    let report = answer(stage, &["federation", "convert", SUFFIX, "managed", "--yes"], 1);
    assert_eq!(verdict(&report["plan"]["checks"], "passwords-enabled"), "refused");
    assert_eq!(verdict(&report["plan"]["checks"], "people"), "refused");
    std::fs::write(&stage.agent.config, config).unwrap();
    assert_eq!(graph.authentication_type(), "Federated");
}

fn managed(stage: &Stage, graph: &Graph) {
    let report = answer(stage, &["federation", "convert", SUFFIX, "managed", "--yes"], 0);
    assert_eq!(report["done"]["way_back"], "samesign federation convert contoso.example federated");
    assert_eq!(graph.authentication_type(), "Managed");
}

fn a_backup_is_put_back(stage: &Stage, graph: &Graph) {
    let backups: Vec<PathBuf> = std::fs::read_dir(stage.path("federation/backups")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(backups.len(), 2, "one for each conversion: {backups:?}");
    let read = |path: &PathBuf| serde_json::from_str::<Value>(&std::fs::read_to_string(path).unwrap()).unwrap();
    let of_federated = backups.iter().find(|path| read(path)["federation"].is_object()).unwrap();
    let of_managed = backups.iter().find(|path| read(path)["federation"].is_null()).unwrap();
    let restored = answer(stage, &["federation", "convert", SUFFIX, "--restore", of_federated.to_str().unwrap(), "--yes"], 0);
    assert_eq!(restored["written"], true);
    assert_eq!(graph.settings()["signingCertificate"], read(of_federated)["federation"]["signingCertificate"]);
    assert_eq!(graph.authentication_type(), "Federated");
    answer(stage, &["federation", "convert", SUFFIX, "--restore", of_managed.to_str().unwrap(), "--yes"], 0);
    assert_eq!(graph.authentication_type(), "Managed");
    let other = stage.run(&["federation", "convert", "other.example", "--restore", of_managed.to_str().unwrap()]);
    assert_eq!(other.status.code(), Some(2));
}

fn issuer() -> String {
    format!("http://{SUFFIX}/adfs/services/trust/")
}

/// What a command answers as JSON, with this exit code.
fn answer(stage: &Stage, arguments: &[&str], code: i32) -> Value {
    let output = stage.run(&[arguments, &["--json"]].concat());
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {output:?}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
}

fn check(checks: &Value, name: &str) -> Value {
    let found = checks.as_array().unwrap().iter().find(|check| check["check"] == name);
    found.unwrap_or_else(|| panic!("no check {name}: {checks:#}")).clone()
}

fn verdict(checks: &Value, name: &str) -> String {
    text(&check(checks, name)["verdict"])
}

/// Waits until something is so; fails when it never is.
fn wait_for(mut is_so: impl FnMut() -> bool) {
    for _ in 0..60 {
        if is_so() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(500));
    }
    panic!("it never became so");
}
