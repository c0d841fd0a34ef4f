//! `samesign demo`: the product's calling card.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use common::{Place, assert_screen};

#[test]
fn tells_its_story_in_under_sixty_lines() {
    let place = Place::new();
    let told = place.succeed(&["demo", "--once"]);
    assert!(told.lines().count() < 60, "{} lines", told.lines().count());
    assert!(told.lines().all(|line| line.chars().count() <= 120), "a line is too wide: {told}");
    assert_screen("demo.txt", &without_ports(&told));
}

#[test]
fn answers_the_stable_object() {
    let place = Place::new();
    let report = place.json(&["demo", "--once", "--json"]);
    assert_eq!(report["in_scope"], 73);
    assert_eq!((report["joined"].as_u64(), report["created"].as_u64(), report["synced"].as_u64()), (Some(23), Some(40), Some(63)));
    assert_eq!((report["cleanup"]["changes"].as_u64(), report["second_run"]["changes"].as_u64()), (Some(2), Some(0)));
    assert_eq!(report["sign_in"], serde_json::json!({ "upn": "ulrike.schaefer@nordlicht.example", "ok": true }));
    let codes: Vec<&str> = report["findings"].as_array().unwrap().iter().map(|finding| finding["code"].as_str().unwrap()).collect();
    for code in [
        "match-mail-blank",
        "match-mail-differs",
        "match-no-mailbox",
        "match-privileged",
        "match-address-taken",
        "new-user-has-mail",
        "duplicate-address",
        "upn-invalid",
    ] {
        assert!(codes.contains(&code), "{code} is not among {codes:?}");
    }
}

#[test]
fn leaves_a_folder_that_every_command_can_look_at() {
    let place = Place::new();
    place.succeed(&["demo", "--once", "--dir", "show"]);
    let status = place.json(&["status", "--json", "--config", "show/samesign.toml"]);
    assert_eq!(status["synced"], 65, "{status}");
    let findings = place.json(&["findings", "--json", "--config", "show/samesign.toml"]);
    assert!(findings.as_array().is_some_and(|findings| findings.len() >= 8), "{findings}");
    let users = place.json(&["tenant", "user", "list", "--json", "--data", "show/tenant"]);
    let synced = users.as_array().unwrap().iter().filter(|user| user["onPremisesSyncEnabled"] == true).count();
    assert_eq!(synced, 65);
    let again = place.run(&["demo", "--once", "--dir", "show"]);
    assert_eq!(again.code, 1);
    assert!(again.stderr.contains("show is not empty: name a new folder with --dir, or remove this one"), "{again:?}");
}

/// The tenant listens on another port each time.
fn without_ports(text: &str) -> String {
    let mut parts = text.split("https://localhost:");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str("https://localhost:PORT");
        out.push_str(part.trim_start_matches(|letter: char| letter.is_ascii_digit()));
    }
    out
}
