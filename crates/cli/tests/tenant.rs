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

/// A tenant that does not run: the commands work on its folder.
fn stopped() -> Place {
    let place = Place::new();
    place.succeed(&[
        "tenant",
        "init",
        "--data",
        "t",
        "--name",
        "contoso.onmicrosoft.com",
        "--domain",
        "contoso.example",
        "--domain",
        "fabrikam.example",
    ]);
    place
}

#[test]
fn users_are_added_listed_and_licensed() {
    let place = stopped();
    let ana = ["--upn", "ana@contoso.example", "--display-name", "Ana Ruiz", "--mail", "ana@contoso.example", "--password-stdin"];
    let added = place.run_with_input(&[&["tenant", "user", "add", "--data", "t"][..], &ana].concat(), "Correct-Horse-7\n");
    assert_eq!((added.code, added.stdout.as_str()), (0, ""), "{added:?}");

    let licence = ["--data", "t", "--upn", "ana@contoso.example", "--sku", "O365_BUSINESS_PREMIUM"];
    let refused = place.run(&[&["tenant", "licence", "assign"][..], &licence].concat());
    assert_eq!(refused.code, 1, "a licence needs a usage location: {refused:?}");
    assert!(refused.stderr.contains("usage location"), "{refused:?}");

    let bob = ["--upn", "bob@fabrikam.example", "--display-name", "Bob", "--usage-location", "ES", "--licence", "ENTERPRISEPACK"];
    place.succeed(&[&["tenant", "user", "add", "--data", "t"][..], &bob].concat());
    let licences = |place: &Place| {
        let users = place.json(&["tenant", "user", "list", "--data", "t", "--json"]);
        let bob = users.as_array().unwrap().iter().find(|user| user["userPrincipalName"] == "bob@fabrikam.example").unwrap().clone();
        bob["assignedLicenses"].as_array().unwrap().len()
    };
    assert_eq!(licences(&place), 1);
    place.succeed(&["tenant", "licence", "remove", "--data", "t", "--upn", "bob@fabrikam.example", "--sku", "ENTERPRISEPACK"]);
    assert_eq!(licences(&place), 0);
}

#[test]
fn a_weak_password_is_refused_and_not_repeated() {
    let place = stopped();
    let add = ["tenant", "user", "add", "--data", "t", "--upn", "ana@contoso.example", "--display-name", "Ana", "--password-stdin"];
    let refused = place.run_with_input(&add, "hunter2\n");
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(!refused.stderr.contains("hunter2"), "{refused:?}");
}

#[test]
fn an_application_gets_its_identity_once() {
    let place = stopped();
    let secret =
        place.json(&["tenant", "app", "add", "--data", "t", "--name", "report", "--permission", "User.Read.All", "--secret", "--json"]);
    assert!(secret["client_id"].is_string() && secret["secret"].is_string() && secret.get("certificate").is_none(), "{secret}");
    let certificate = place.json(&["tenant", "app", "add", "--data", "t", "--name", "report", "--json"]);
    let path = certificate["certificate"].as_str().unwrap();
    assert!(std::fs::read_to_string(path).unwrap().contains("PRIVATE KEY"), "certificate and key: {path}");
    assert_eq!(place.run(&["tenant", "app", "add", "--data", "t", "--name", "x", "--permission", "everything"]).code, 1);
}

#[test]
fn domains_are_added_and_verified() {
    let place = stopped();
    place.succeed(&["tenant", "domain", "add", "--data", "t", "new.example"]);
    let verified = |place: &Place| {
        let list = place.json(&["tenant", "domain", "list", "--data", "t", "--json"]);
        list.as_array()
            .unwrap()
            .iter()
            .map(|domain| (domain["name"].as_str().unwrap().to_owned(), domain["verified"] == true))
            .collect::<Vec<_>>()
    };
    assert!(verified(&place).contains(&("fabrikam.example".to_owned(), true)), "every --domain of init is verified");
    assert!(verified(&place).contains(&("new.example".to_owned(), false)));
    place.succeed(&["tenant", "domain", "verify", "--data", "t", "new.example"]);
    assert!(verified(&place).contains(&("new.example".to_owned(), true)));
}

#[test]
fn a_folder_without_a_tenant_is_named() {
    let place = Place::new();
    let ended = place.run(&["tenant", "user", "list", "--data", "nowhere"]);
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.starts_with("error: cannot open the tenant in nowhere\n  because: "), "{ended:?}");
    assert!(!place.path("nowhere").exists(), "looking makes nothing");
}
