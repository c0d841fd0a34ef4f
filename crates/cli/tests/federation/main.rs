//! Single Sign-On from end to end: whoever is signed in to the domain is signed in at the tenant, and is not asked.
//!
//! One story in one test, each step standing on the one before. Every part is the real one: Samba's domain controller, the three
//! programs of samesign, curl and Chromium with Kerberos as their clients.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![forbid(unsafe_code)]

mod browser;
#[path = "../samba/domain.rs"]
mod domain;
mod return_trip;
mod rotation;
#[path = "../../../tenant/tests/sdk_support/mod.rs"]
mod sdk_support;
mod stage;
#[path = "../samba/tenant.rs"]
mod tenant;

use browser::{APPLICATION, Ending};
use return_trip::Application;
use serde_json::Value;
use stage::{Person, SUFFIX, Stage, free_port};

const PEOPLE: usize = 24;

#[test]
fn who_is_signed_in_to_the_domain_is_signed_in_everywhere() {
    let application = format!("https://payroll.localhost:{}/", free_port());
    let more = format!(
        "[[federation.application]]\nname = \"Payroll\"\nidentifier = \"{APPLICATION}\"\nprotocol = \"wsfed\"\nreply = [\"{application}\"]\n\
         name_id = \"upn\"\n"
    );
    let mut stage = Stage::start("federation", PEOPLE, &more);
    let program = Application::of(&stage);
    program.takes_the_windows_password(&stage, Stage::person(6));
    stage.convert("federated");
    assert_eq!((stage.authentication_type(), stage.domain_fact("acceleration")), ("Federated".into(), Value::Null));
    program.takes_no_password(&stage, Stage::person(6));

    curl_signs_in_with_a_ticket_and_is_not_asked(&stage);
    curl_without_a_ticket_finds_one_form(&stage);
    chromium_with_a_ticket_is_never_asked(&stage, &application);
    chromium_without_a_ticket_is_asked_once(&stage, &application);
    the_other_direction_asks_nothing_either(&stage, &application);
    chromium_opens_the_bare_address_and_is_not_asked(&stage, &application);
    a_restart_of_the_service_asks_nobody_again(&mut stage);
    rotation::a_rotation_fails_no_sign_in(&stage);

    stage.convert("managed");
    assert_eq!((stage.authentication_type(), stage.domain_fact("acceleration")), ("Managed".into(), "not-applied".into()));
    program.takes_the_windows_password(&stage, Stage::person(6));
    assert_eq!(stage.domain.writes(), "", "the directory is never written");
}

/// The same with a tenant that speaks SAML 2.0, as far as that differs.
#[test]
fn by_saml_nobody_is_asked_either() {
    let (stage, application) = federated("federation-saml", "saml");
    chromium_with_a_ticket_is_never_asked(&stage, &application);
    chromium_without_a_ticket_is_asked_once(&stage, &application);
}

/// A stage whose tenant sends people to the federation service, and the address of an application beside it.
fn federated(name: &str, protocol: &str) -> (Stage, String) {
    let application = format!("https://payroll.localhost:{}/", free_port());
    let more = format!(
        "protocol = \"{protocol}\"\n\n[[federation.application]]\nname = \"Payroll\"\nidentifier = \"{APPLICATION}\"\n\
         protocol = \"wsfed\"\nreply = [\"{application}\"]\nname_id = \"upn\"\n"
    );
    let stage = Stage::start(name, PEOPLE, &more);
    stage.convert("federated");
    assert_eq!(stage.authentication_type(), "Federated");
    (stage, application)
}

fn curl_signs_in_with_a_ticket_and_is_not_asked(stage: &Stage) {
    let (person, jar) = (Stage::person(1), stage.path("curl-ticket.jar"));
    let ticket = stage.ticket(&person.account());
    let handed_over = stage.curl(Some(&ticket), &jar, &[&my_account(stage)]);
    assert!(handed_over.url.starts_with(&format!("{}/adfs/ls/wia?", stage.origin)), "{handed_over:?}");
    assert_account(&send(stage, &jar, &handed_over), person);
    let again = stage.curl(Some(&ticket), &jar, &[&my_account(stage)]);
    assert_account(&again, person);
}

fn curl_without_a_ticket_finds_one_form(stage: &Stage) {
    let (person, jar) = (Stage::person(2), stage.path("curl-form.jar"));
    let form = stage.curl(None, &jar, &[&my_account(stage)]);
    assert_eq!(form.status, 401, "asked for a ticket, with the form in the very same answer: {form:?}");
    let (_, mut fields) = form.form();
    for (name, value) in &mut fields {
        match name.as_str() {
            "name" => *value = person.upn(),
            "password" => *value = person.password(),
            _ => {}
        }
    }
    let origin = format!("Origin: {}", stage.origin);
    let mut arguments = vec!["-H".to_owned(), origin];
    arguments.extend(fields.into_iter().flat_map(|(name, value)| ["--data-urlencode".to_owned(), format!("{name}={value}")]));
    arguments.push(format!("{}/adfs/ls/form", stage.origin));
    let handed_over = stage.curl(None, &jar, &arguments.iter().map(String::as_str).collect::<Vec<_>>());
    assert_account(&send(stage, &jar, &handed_over), person);
}

fn chromium_with_a_ticket_is_never_asked(stage: &Stage, application: &str) {
    let person = Stage::person(3);
    let ticket = stage.ticket(&person.account());
    let endings = browser::open(stage, person, Some(&ticket), application, &[my_account(stage), payroll(stage), my_account(stage)]);
    assert_eq!(prompts(&endings), [0, 0, 0], "{endings:?}");
    assert!(endings[0].url.starts_with(&stage.tenant.endpoint) && endings[0].text.contains(&person.upn()), "{endings:?}");
    assert_eq!((endings[1].url.as_str(), endings[1].text.as_str()), (application, format!("Hello {}", person.upn()).as_str()));
}

fn chromium_without_a_ticket_is_asked_once(stage: &Stage, application: &str) {
    let person = Stage::person(4);
    let endings = browser::open(stage, person, None, application, &[my_account(stage), payroll(stage)]);
    assert_eq!(prompts(&endings), [1, 0], "signed in at the tenant, the application opens: {endings:?}");
    assert!(endings[0].url.starts_with(&stage.tenant.endpoint) && endings[0].text.contains(&person.upn()), "{endings:?}");
    assert_eq!(endings[1].text, format!("Hello {}", person.upn()));
}

fn the_other_direction_asks_nothing_either(stage: &Stage, application: &str) {
    let person = Stage::person(5);
    let endings = browser::open(stage, person, None, application, &[payroll(stage), my_account(stage)]);
    assert_eq!(prompts(&endings), [1, 0], "signed in at the application, the tenant opens: {endings:?}");
    assert_eq!(endings[0].text, format!("Hello {}", person.upn()));
    assert!(endings[1].url.starts_with(&stage.tenant.endpoint) && endings[1].text.contains(&person.upn()), "{endings:?}");
}

/// No link that tells whose people follow it: sign-in begins at the service, once an administrator of the tenant said so.
fn chromium_opens_the_bare_address_and_is_not_asked(stage: &Stage, application: &str) {
    let person = Stage::person(7);
    let ticket = stage.ticket(&person.account());
    let bare = ["account", "portal", ""].map(|page| format!("{}/{page}", stage.tenant.endpoint));
    tenant::tenant(&stage.tenant.data(), &["domain", "accelerate"], &[SUFFIX]);
    let endings = browser::open(stage, person, Some(&ticket), application, &bare);
    assert_eq!(prompts(&endings), [0, 0, 0], "{endings:?}");
    for ending in &endings {
        assert!(ending.url.starts_with(&stage.tenant.endpoint) && ending.text.contains(&person.upn()), "{endings:?}");
    }
    // The portal first: whoever may not use it is told so, and not sent to and fro.
    let person = Stage::person(1);
    let ticket = stage.ticket(&person.account());
    let endings = browser::open(stage, person, Some(&ticket), application, &[format!("{}/portal", stage.tenant.endpoint)]);
    assert!(prompts(&endings) == [0] && endings[0].text.contains("Administrators only"), "{endings:?}");
}

/// Sessions of the federation service outlive its process.
fn a_restart_of_the_service_asks_nobody_again(stage: &mut Stage) {
    stage.stop();
    stage.serve();
    let jar = stage.path("curl-form.jar");
    let page = stage.curl(None, &jar, &[&payroll(stage)]);
    let (action, _) = page.form();
    assert!(page.status == 200 && action.starts_with("https://payroll.localhost:"), "{page:?}");
}

/// A link as companies hand them out: it says whose people follow it.
fn my_account(stage: &Stage) -> String {
    format!("{}/account?whr={SUFFIX}", stage.tenant.endpoint)
}

fn payroll(stage: &Stage) -> String {
    format!("{}/adfs/ls/?wa=wsignin1.0&wtrealm={APPLICATION}", stage.origin)
}

/// Sends the form that a browser's script sends by itself.
fn send(stage: &Stage, jar: &std::path::Path, page: &stage::Page) -> stage::Page {
    let arguments = page.submit();
    stage.curl(None, jar, &arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

fn assert_account(page: &stage::Page, person: Person) {
    assert!(page.status == 200 && page.url.contains("/account") && page.body.contains(&person.upn()), "{page:?}");
}

fn prompts(endings: &[Ending]) -> Vec<u64> {
    endings.iter().map(|ending| ending.prompts).collect()
}
