//! Same Sign-On against a real Active Directory: the Windows password opens the tenant, for whoever is in scope and for nobody else.
//!
//! People are signed in by official clients over TLS: MSAL for Python and for Node, and the page in Chromium.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![forbid(unsafe_code)]

#[path = "../samba/domain.rs"]
mod domain;
#[path = "../../../tenant/tests/sdk_support/mod.rs"]
mod sdk_support;
mod sign_in;
#[path = "../samba/tenant.rs"]
mod tenant;

use std::collections::BTreeMap;

use domain::Domain;
use serde_json::{Value, json};
use sign_in::{Application, by_msal_node, by_msal_python, by_page};
use tenant::{Agent, Tenant};

const PEOPLE: usize = 1_000;
const UNITS: usize = 3;
const IN_SCOPE: [&str; 2] = ["OU=Office365", "OU=Staff"];
/// As many people sign in with MSAL for Node as well, and as many on the page.
const WITH_NODE: usize = 100;
const ON_THE_PAGE: usize = 10;
const WRONG_NAME_OR_PASSWORD: u64 = 50126;

// Covers: password.complexity
#[test]
fn whoever_is_in_scope_signs_in_with_the_windows_password_and_nobody_else() {
    let domain = Domain::start("passwords", PEOPLE, "wild");
    let tenant = Tenant::start();
    let agent = tenant.configure(&domain, &IN_SCOPE, "svc-dirsync", "[passwords]\nenabled = true\n");
    let application = Application::register(&tenant);
    let passwords = domain.passwords(PEOPLE, "wild");

    agent.sync();
    let (in_scope, others): (Vec<_>, Vec<_>) = (0..PEOPLE).partition(|number| has_password_synced(*number));
    let in_scope: Vec<_> = in_scope.into_iter().map(|number| (upn(number), passwords[number].clone())).collect();
    all_sign_in(&application, &in_scope);
    wrong_passwords_fail(&application, &in_scope);
    nobody_else_signs_in(&application, others.into_iter().map(|number| (upn(number), passwords[number].clone())).collect());
    a_second_sync_sends_no_password(&agent);
    assert_eq!(domain.writes(), "", "the source is never written");
}

fn all_sign_in(application: &Application, people: &[(String, String)]) {
    let expected: Vec<Value> = people.iter().map(|(upn, _)| json!(upn)).collect();
    assert_eq!(by_msal_python(application, people), expected);
    let some = &people[..WITH_NODE];
    assert_eq!(by_msal_node(application, some), expected[..WITH_NODE]);
    // One of each kind of password, and two more.
    let apart = |number: usize| number * IN_SCOPE.len();
    let on_the_page: Vec<_> = (0..ON_THE_PAGE).map(|number| people[apart(number)].clone()).collect();
    assert_eq!(by_page(application, &on_the_page), (0..ON_THE_PAGE).map(|number| expected[apart(number)].clone()).collect::<Vec<_>>());
}

/// One character more, one less, another case: each is another password.
fn wrong_passwords_fail(application: &Application, people: &[(String, String)]) {
    let wrong = |(number, (upn, password)): (usize, &(String, String))| {
        let other = match number % 3 {
            0 => format!("{password} "),
            1 => password.chars().skip(1).collect(),
            _ => password.chars().rev().collect(),
        };
        (upn.clone(), other)
    };
    let people: Vec<_> = people.iter().take(60).enumerate().map(wrong).collect();
    assert_eq!(by_msal_python(application, &people), vec![json!(WRONG_NAME_OR_PASSWORD); people.len()]);
}

/// People of the other unit, disabled ones, and those of a class whose passwords are not synchronized.
fn nobody_else_signs_in(application: &Application, people: Vec<(String, String)>) {
    assert!(people.len() > PEOPLE / UNITS, "{}", people.len());
    let endings: BTreeMap<_, _> = people.iter().map(|(upn, _)| upn.clone()).zip(by_msal_python(application, &people)).collect();
    let signed_in: Vec<_> = endings.iter().filter(|(_, ending)| !ending.is_u64()).collect();
    assert!(signed_in.is_empty(), "{signed_in:?}");
}

fn a_second_sync_sends_no_password(agent: &Agent) {
    let report = agent.report();
    assert_eq!(report["passwords"]["sent"], 0, "{report}");
    assert_eq!(report["passwords"]["owed"], 0, "{report}");
}

/// In a unit of the scope, enabled, and a user (the testbed's people.py).
fn has_password_synced(number: usize) -> bool {
    number % UNITS < IN_SCOPE.len() && number % 50 != 49 && number % 97 != 96
}

fn upn(number: usize) -> String {
    format!("u{number:06}@contoso.example")
}
