//! What a person sees who made a mistake: the configuration, the command line, a tenant that is not there.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use common::{Ended, Place};

const TENANT: &str = "[tenant]\nname = \"contoso.onmicrosoft.com\"\nclient_id = \"1\"\ncertificate = \"agent.pem\"\n";

fn refused(place: &Place, text: &str) -> Ended {
    place.write("samesign.toml", text);
    let ended = place.run(&["plan"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{ended:?}");
    ended
}

#[test]
fn no_configuration() {
    let place = Place::new();
    let ended = place.run(&["status"]);
    assert_eq!(ended.code, 2);
    assert_eq!(
        ended.stderr,
        "error: samesign.toml: there is no such file\n  hint: run `samesign init` to write one, name another with `--config FILE`, or try `samesign demo`, which needs none\n"
    );
}

#[test]
fn an_unknown_key() {
    let place = Place::new();
    let ended = refused(&place, "[source]\nkind = \"ldif\"\npaht = \"export.ldif\"\n");
    assert_eq!(ended.stderr, "error: samesign.toml:3: `source.paht`: unknown key\n  hint: did you mean `path`?\n");
}

#[test]
fn a_wrong_type() {
    let place = Place::new();
    let ended = refused(&place, &format!("{TENANT}[passwords]\nenabled = \"yes\"\n"));
    assert_eq!(
        ended.stderr,
        "error: samesign.toml:6: `passwords.enabled`: invalid type: string \"yes\", expected a boolean\n  hint: write it like this: enabled = true\n"
    );
}

#[test]
fn a_file_that_is_not_there() {
    let place = Place::new();
    let ended = refused(&place, &format!("[source]\nkind = \"ldif\"\npath = \"export.ldif\"\n{TENANT}"));
    assert!(ended.stderr.starts_with("error: samesign.toml:3: `source.path`: cannot read /"), "{ended:?}");
    assert!(ended.stderr.contains("/export.ldif: No such file or directory"), "{ended:?}");
}

#[test]
fn a_password_that_stands_in_the_file_is_not_repeated() {
    let place = Place::new();
    let source = "[source]\nkind = \"ad\"\ndomain = \"corp.example.com\"\nuser = \"svc\"\npassword = \"hunter2\"\n";
    let ended = refused(&place, &format!("{source}{TENANT}"));
    assert!(ended.stderr.contains("`source.password`: must say where the password is kept, not what it is"), "{ended:?}");
    assert!(!ended.stderr.contains("hunter2"), "{ended:?}");
}

#[test]
fn a_tenant_that_does_not_answer() {
    let place = Place::new();
    place.write("export.ldif", "version: 1\n");
    place.succeed(&["tenant", "init", "--data", "tenant", "--name", "contoso.onmicrosoft.com", "--domain", "contoso.example"]);
    let block = place.read("tenant/tenant.toml").replace(":8443", ":1");
    place.write("samesign.toml", &format!("[source]\nkind = \"ldif\"\npath = \"export.ldif\"\n{block}"));
    let ended = place.run(&["plan"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (1, ""), "{ended:?}");
    assert!(ended.stderr.starts_with("error: ") && ended.stderr.contains("localhost:1"), "{ended:?}");
}
