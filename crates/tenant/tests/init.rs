//! What `tenant init` leaves in a folder, and what it refuses.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use samesign_tenant::{Admin, InitError, init};

const NAME: &str = "contoso.onmicrosoft.com";

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_new_tenant_has_its_files_and_nobody_else_reads_the_secret_ones() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("deep/tenant");
    let report = init(&dir, NAME, &["contoso.example".to_owned()]).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&dir), 0o700);
    for (name, expected) in [
        ("agent.pem", 0o600),
        ("ca-key.pem", 0o600),
        ("ca.pem", 0o644),
        ("tenant.db", 0o600),
        ("tenant.toml", 0o644),
        ("token-signing.pem", 0o600),
    ] {
        assert_eq!(mode(&dir.join(name)), expected, "{name}");
    }
    let agent = fs::read_to_string(&report.agent.certificate).unwrap();
    assert_eq!((agent.matches("-----BEGIN CERTIFICATE").count(), agent.matches("-----BEGIN PRIVATE KEY").count()), (1, 1));
    assert!(!fs::read_to_string(&report.ca).unwrap().contains("PRIVATE"));
}

#[test]
fn the_configuration_block_is_whole_and_absolute() {
    let dir = tempfile::tempdir().unwrap();
    let report = init(dir.path(), NAME, &["contoso.example".to_owned()]).unwrap();
    let file: toml::Table = fs::read_to_string(&report.configuration).unwrap().parse().unwrap();
    assert_eq!(file.keys().collect::<Vec<_>>(), ["tenant"]);
    let tenant = file["tenant"].as_table().unwrap();
    let text = |key: &str| tenant[key].as_str().unwrap();
    assert_eq!((text("name"), text("endpoint")), (NAME, "https://localhost:8443"));
    assert_eq!(text("client_id"), report.agent.client_id);
    for (key, path) in [("ca", &report.ca), ("certificate", &report.agent.certificate)] {
        assert_eq!(Path::new(text(key)), path);
        assert!(path.is_absolute() && path.exists(), "{key}");
    }
    assert_eq!(tenant.len(), 5);
}

#[test]
fn a_folder_that_holds_a_tenant_is_refused_and_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    init(dir.path(), NAME, &[]).unwrap();
    let before = fs::read(dir.path().join("agent.pem")).unwrap();
    let Err(error @ InitError::NotEmpty { .. }) = init(dir.path(), NAME, &[]) else { panic!("it was made again") };
    assert!(error.to_string().contains("tenant.db exists already"), "{error}");
    assert_eq!(fs::read(dir.path().join("agent.pem")).unwrap(), before);
}

#[test]
fn a_refused_name_leaves_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    for (name, domain) in [("not a name", "contoso.example"), (NAME, "no domain either")] {
        let Err(error) = init(dir.path(), name, &[domain.to_owned()]) else { panic!("{name} {domain} was taken") };
        assert!(error.to_string().contains("no domain name"), "{error}");
        assert_eq!(names(dir.path()), [""; 0], "{name} {domain}");
    }
    init(dir.path(), NAME, &[]).unwrap();
}

#[test]
fn a_new_tenant_has_one_administrator_verified_domains_and_synchronization_off() {
    let dir = tempfile::tempdir().unwrap();
    let report = init(dir.path(), NAME, &["contoso.example".to_owned(), "fabrikam.example".to_owned()]).unwrap();
    let admin = Admin::open(dir.path()).unwrap();
    let users = admin.users().unwrap();
    assert_eq!(users.iter().map(|user| user["userPrincipalName"].as_str().unwrap()).collect::<Vec<_>>(), ["admin@contoso.onmicrosoft.com"]);
    let domains: Vec<(String, bool)> = admin.domains().unwrap().into_iter().map(|domain| (domain.name, domain.verified)).collect();
    assert_eq!(domains, [(NAME.to_owned(), true), ("contoso.example".to_owned(), true), ("fabrikam.example".to_owned(), true)]);
    assert_eq!(admin.sync_status().unwrap().state, "off");
    let password = report.admin.password.expose().as_bytes();
    for name in names(dir.path()) {
        let kept = fs::read(dir.path().join(&name)).unwrap();
        assert!(!kept.windows(password.len()).any(|window| window == password), "the one-time password is in {name}");
    }
}
