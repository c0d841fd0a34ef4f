//! `samesign tenant`: the contract of its commands.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use common::Place;

#[test]
fn init_makes_a_tenant_and_tells_what_it_made() {
    let place = Place::new();
    let made =
        place.json(&["tenant", "init", "--data", "tenant", "--name", "contoso.onmicrosoft.com", "--domain", "contoso.example", "--json"]);
    assert_eq!(made["admin"]["upn"], "admin@contoso.onmicrosoft.com");
    assert!(made["admin"]["password"].as_str().is_some_and(|password| password.len() >= 12), "{made}");
    assert!(made["tenant_id"].as_str().is_some_and(|id| id.len() == 36), "{made}");
    for file in [&made["agent"]["certificate"], &made["ca"]] {
        assert!(std::path::Path::new(file.as_str().unwrap()).is_absolute() && std::fs::exists(file.as_str().unwrap()).unwrap(), "{made}");
    }
    let block: toml::Table = place.read("tenant/tenant.toml").parse().unwrap();
    assert_eq!(block.keys().collect::<Vec<_>>(), ["tenant"]);
    assert_eq!(block["tenant"]["endpoint"].as_str(), Some("https://localhost:8443"));
    assert_eq!(block["tenant"]["client_id"].as_str(), made["agent"]["client_id"].as_str());
}

#[test]
fn a_folder_holds_one_tenant() {
    let place = Place::new();
    let init = ["tenant", "init", "--data", "tenant", "--name", "contoso.onmicrosoft.com", "--domain", "contoso.example"];
    place.succeed(&init);
    let again = place.run(&init);
    assert_eq!((again.code, again.stdout.as_str()), (1, ""));
    assert!(
        again.stderr.starts_with("error: no tenant was made\n  because: ") && again.stderr.contains("tenant.db exists already"),
        "{again:?}"
    );
}

#[test]
fn a_running_tenant_says_where_it_is() {
    let place = Place::new();
    place.succeed(&["tenant", "init", "--data", "tenant", "--name", "contoso.onmicrosoft.com", "--domain", "contoso.example"]);
    let serving = place.serve();
    assert!(serving.url.starts_with("https://localhost:"), "{}", serving.url);
}

#[test]
fn a_command_line_that_is_wrong_ends_2() {
    let place = Place::new();
    assert_eq!(place.run(&["tenant", "init"]).code, 2);
    assert_eq!(place.run(&["tenant", "run", "--data", "x", "--listen", "nowhere"]).code, 2);
    assert_eq!(place.run(&["frobnicate"]).code, 2);
}
