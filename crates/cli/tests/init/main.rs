//! `samesign init`, typed into a terminal, against a real domain controller and a real tenant.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "../common/mod.rs"]
mod common;
#[path = "../samba/domain.rs"]
mod domain;

use std::os::unix::fs::PermissionsExt;

use common::Place;
use domain::Domain;

const DOWN: &str = "\u{1b}[B";
const ENTER: &str = "\r";

fn line(text: &str) -> String {
    format!("{text}{ENTER}")
}

#[test]
fn writes_what_the_domain_and_the_tenant_accepted() {
    let domain = Domain::start("init", 30, "nthash");
    let place = Place::new();
    place.succeed(&["tenant", "init", "--data", "tenant", "--name", "contoso.onmicrosoft.com", "--domain", "contoso.example"]);
    place.succeed(&["tenant", "sync", "enable", "--data", "tenant"]);
    let serving = place.serve();
    let block = place.read("tenant/tenant.toml").replace("https://localhost:8443", &serving.url);
    place.write("tenant/tenant.toml", &block);

    let ended = place.converse(
        &["init"],
        &[
            ("Domain (", line(domain.fact("domain"))),
            ("Domain controllers", line(domain.fact("ldaps"))),
            ("certificate authority", line(domain.fact("ca"))),
            ("Account", line(domain.account("svc-samesign", "user"))),
            ("password", line("wrong")),
            ("Try again?", "y".to_owned()),
            ("Domain (", ENTER.to_owned()),
            ("Domain controllers", ENTER.to_owned()),
            ("certificate authority", ENTER.to_owned()),
            ("Account", ENTER.to_owned()),
            ("password", line(domain.account("svc-samesign", "password"))),
            // The domain itself, its Domain Controllers, then Office365.
            ("Space selects", format!("{DOWN}{DOWN} {ENTER}")),
            ("Synchronize passwords?", "y".to_owned()),
            ("Test it again", "n".to_owned()),
            ("tenant.toml", line("tenant/tenant.toml")),
            ("samesign check", "y".to_owned()),
        ],
    );
    assert!(
        ended.stdout.contains("Replicating Directory Changes All on DC=corp,DC=example,DC=com"),
        "the right that is missing: {ended:?}"
    );
    assert!(ended.stdout.contains("samba-tool dsacl set --objectdn="), "the command that gives it: {ended:?}");
    assert!(ended.stdout.contains("that did not work"), "a wrong password is not accepted: {ended:?}");
    assert!(ended.stdout.contains("synchronization is on"), "{ended:?}");
    assert!(ended.stdout.contains("10 people"), "the tree shows how many people are in a unit: {ended:?}");
    assert!(!ended.stdout.contains(domain.account("svc-samesign", "password")), "the password is never shown");

    let written = place.read("samesign.toml");
    assert!(
        written.contains("\ninclude = [\"OU=Office365,DC=corp,DC=example,DC=com\"]\n"),
        "what was selected, and nothing else: {written}"
    );
    assert_eq!(std::fs::metadata(place.path("secrets/ad")).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!written.contains(domain.account("svc-samesign", "password")), "{written}");
    assert!(written.contains("\n[passwords]\nenabled = false\n"), "a yes that would not work is not taken: {written}");

    let check = place.run(&["check", "--json"]);
    assert_eq!(check.code, ended.code, "the wizard ended with the check's own code: {ended:?}");
    let report: serde_json::Value = serde_json::from_str(&check.stdout).unwrap();
    assert!(report["readiness"].as_array().unwrap().iter().all(|line| line["ok"] == true), "{report}");

    rights_are_tested_by_the_preflight(&place, &written);
    passwords_are_switched_on_by_an_account_that_may_read_them(&domain, &place);
    assert_eq!(domain.writes(), "", "the source is never written");
}

/// The same file with passwords switched on by hand.
fn rights_are_tested_by_the_preflight(place: &Place, written: &str) {
    place.write("hopeful.toml", &written.replace("[passwords]\nenabled = false", "[passwords]\nenabled = true"));
    let check = place.run(&["check", "--config", "hopeful.toml"]);
    assert_eq!(check.code, 1, "{check:?}");
    assert!(check.stdout.contains("NOT OK   passwords cannot be read: "), "{check:?}");
    assert!(check.stdout.contains("samba-tool dsacl set --objectdn="), "the command that gives the right: {check:?}");
}

fn passwords_are_switched_on_by_an_account_that_may_read_them(domain: &Domain, place: &Place) {
    std::fs::create_dir(place.path("with")).unwrap();
    let ended = place.converse(
        &["init", "--config", "with/samesign.toml"],
        &[
            ("Domain (", line(domain.fact("domain"))),
            ("Domain controllers", line(domain.fact("ldaps"))),
            ("certificate authority", line(domain.fact("ca"))),
            ("Account", line(domain.account("svc-dirsync", "user"))),
            ("password", line(domain.account("svc-dirsync", "password"))),
            ("Space selects", format!("{DOWN}{DOWN} {ENTER}")),
            ("Synchronize passwords?", "y".to_owned()),
            ("tenant.toml", line("tenant/tenant.toml")),
            ("samesign check", "n".to_owned()),
        ],
    );
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(place.read("with/samesign.toml").contains("\n[passwords]\nenabled = true\n"), "{ended:?}");
    let check = place.run(&["check", "--config", "with/samesign.toml"]);
    assert!(check.stdout.contains("may read passwords"), "{check:?}");
}

#[test]
fn leaving_writes_nothing() {
    let place = Place::new();
    let ended = place.converse(&["init"], &[("Domain (", "\u{3}".to_owned())]);
    assert_ne!(ended.code, 0, "{ended:?}");
    assert_eq!(std::fs::read_dir(place.root()).unwrap().count(), 0, "{ended:?}");
}

#[test]
fn asks_only_on_a_terminal_and_overwrites_nothing() {
    let place = Place::new();
    let ended = place.run(&["init"]);
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.starts_with("error: init asks questions, and there is no terminal to ask them on\n  hint: "), "{ended:?}");
    place.write("samesign.toml", "");
    let ended = place.converse(&["init"], &[("exists already", String::new())]);
    assert_eq!(ended.code, 2, "{ended:?}");
}
