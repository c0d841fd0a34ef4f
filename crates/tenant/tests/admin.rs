//! What the administrator's commands do to a folder.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

use std::time::Duration;

use samesign_tenant::admin::{AppCredential, NewAccount};
use samesign_tenant::{Admin, AdminError, init};
use samesign_wire::Secret;

fn tenant() -> (tempfile::TempDir, Admin) {
    let dir = tempfile::tempdir().unwrap();
    init(dir.path(), "contoso.onmicrosoft.com", &["contoso.example".to_owned()]).unwrap();
    let admin = Admin::open(dir.path()).unwrap();
    (dir, admin)
}

fn ana() -> NewAccount {
    NewAccount { upn: "ana@contoso.example".to_owned(), display_name: "Ana Ruiz".to_owned(), ..NewAccount::default() }
}

fn refusal<T>(result: Result<T, AdminError>) -> String {
    match result {
        Ok(_) => panic!("it was done"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_user_comes_with_all_that_was_asked_for() {
    let (_dir, admin) = tenant();
    let account = NewAccount {
        mail: Some("ana@contoso.example".to_owned()),
        usage_location: Some("es".to_owned()),
        licence: Some("O365_BUSINESS_PREMIUM".to_owned()),
        role: Some("User Administrator".to_owned()),
        password: Some(Secret::new("Correct-Horse-7".to_owned())),
        ..ana()
    };
    admin.add_user(&account).unwrap();
    let users = admin.users().unwrap();
    let ana = users.iter().find(|user| user["userPrincipalName"] == "ana@contoso.example").unwrap();
    assert_eq!((&ana["mail"], &ana["usageLocation"]), (&"ana@contoso.example".into(), &"ES".into()));
    assert_eq!(ana["assignedLicenses"][0]["skuId"], "f245ecc8-75af-4f8e-b61f-27d8114de5f3");
    assert!(ana["proxyAddresses"].as_array().unwrap().contains(&"SMTP:ana@contoso.example".into()), "{ana}");
    assert_eq!(ana["onPremisesSyncEnabled"], serde_json::Value::Null);
}

#[test]
fn a_user_with_anything_refused_is_not_made_at_all() {
    let (_dir, admin) = tenant();
    let cases = [
        (NewAccount { licence: Some("ENTERPRISEPACK".to_owned()), ..ana() }, "no usage location"),
        (NewAccount { licence: Some("MAGIC".to_owned()), usage_location: Some("ES".to_owned()), ..ana() }, "owns no licence MAGIC"),
        (NewAccount { role: Some("King".to_owned()), ..ana() }, "\"King\" is no directory role"),
        (NewAccount { password: Some(Secret::new("weak".to_owned())), ..ana() }, "8 to 256 characters"),
        (NewAccount { upn: "ana@fabrikam.example".to_owned(), ..ana() }, "fabrikam.example"),
        (NewAccount { upn: "ADMIN@contoso.onmicrosoft.com".to_owned(), ..ana() }, "held by another object"),
    ];
    for (account, expected) in cases {
        let text = refusal(admin.add_user(&account));
        assert!(text.contains(expected), "{text}");
    }
    assert_eq!(admin.users().unwrap().len(), 1);
}

#[test]
fn licences_are_given_and_taken_by_part_number() {
    let (_dir, admin) = tenant();
    admin.add_user(&NewAccount { usage_location: Some("ES".to_owned()), ..ana() }).unwrap();
    let held = || admin.users().unwrap()[1]["assignedLicenses"].as_array().unwrap().len();
    admin.assign_licence("Ana@contoso.example", "ENTERPRISEPACK").unwrap();
    assert_eq!(held(), 1);
    assert!(refusal(admin.remove_licence("ana@contoso.example", "EXCHANGESTANDARD")).contains("holds no licence EXCHANGESTANDARD"));
    admin.remove_licence("ana@contoso.example", "ENTERPRISEPACK").unwrap();
    assert_eq!(held(), 0);
    assert!(refusal(admin.assign_licence("bob@contoso.example", "ENTERPRISEPACK")).contains("no object bob@contoso.example"));
}

#[test]
fn a_domain_is_used_once_it_is_verified() {
    let (_dir, admin) = tenant();
    let domain = admin.add_domain("Fabrikam.example").unwrap();
    assert_eq!((domain.name.as_str(), domain.verified), ("fabrikam.example", false));
    assert!(domain.code.starts_with("MS=ms"));
    let account = NewAccount { upn: "ana@fabrikam.example".to_owned(), ..ana() };
    refusal(admin.add_user(&account));
    assert!(admin.verify_domain("fabrikam.example").unwrap().verified);
    admin.add_user(&account).unwrap();
    assert!(refusal(admin.verify_domain("unknown.example")).contains("unknown.example"));
}

#[test]
fn the_switch_knows_off_enabling_and_on() {
    let (_dir, admin) = tenant();
    let enabling = admin.enable_sync(Duration::from_secs(3_600)).unwrap();
    assert!(enabling.state == "enabling" && enabling.on_from.is_some(), "{enabling:?}");
    assert_eq!(admin.enable_sync(Duration::ZERO).unwrap().state, "on");
    assert_eq!(admin.enable_sync(Duration::from_secs(3_600)).unwrap().state, "on", "what is on stays on");
    assert_eq!(admin.disable_sync().unwrap().state, "off");
    assert_eq!(serde_json::to_value(admin.sync_status().unwrap()).unwrap(), serde_json::json!({"state": "off", "last": null}));
}

#[test]
fn an_application_gets_a_secret_or_a_certificate_file() {
    let (dir, admin) = tenant();
    let permissions = ["User.ReadWrite.All".to_owned()];
    let with_secret = admin.add_app("one", &permissions, true).unwrap();
    assert!(matches!(&with_secret.credential, AppCredential::Secret(secret) if secret.expose().len() == 43));
    let with_certificate = admin.add_app("two", &permissions, false).unwrap();
    let AppCredential::Certificate(path) = &with_certificate.credential else { panic!("no certificate") };
    assert!(path.starts_with(dir.path().canonicalize().unwrap()) && path.is_absolute() && path.exists(), "{path:?}");
    assert_ne!(with_secret.client_id, with_certificate.client_id);
    for bad in ["everything", "User.", "User Read.All", ""] {
        assert!(refusal(admin.add_app("three", &[bad.to_owned()], true)).contains("is no application permission"), "{bad}");
    }
}

#[test]
fn a_folder_without_a_tenant_is_told_how_to_make_one() {
    let dir = tempfile::tempdir().unwrap();
    assert!(refusal(Admin::open(dir.path())).contains("samesign tenant init"));
}
