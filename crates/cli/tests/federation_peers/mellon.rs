//! The whole flow of SAML 2.0 with mod_auth_mellon: a signed request in a redirect, our answer in a form, the page behind it, and
//! the way out, where it verifies the signature of our query.

use std::path::Path;

use crate::apache::Apache;
use crate::stage::{Page, Stage};

pub fn signs_in_and_out(stage: &Stage, apache: &Apache) {
    let nobody = stage.path("metadata.jar");
    let metadata = stage.curl(None, &nobody, &[&format!("{}/FederationMetadata/2007-06/FederationMetadata.xml", stage.origin)]);
    assert_eq!(metadata.status, 200, "{metadata:?}");
    apache.start(&metadata.body);

    let jar = stage.path("mellon.jar");
    let person = Stage::person(2);
    let ticket = stage.ticket(&person.account());
    let answer = ask(stage, apache, &ticket, &jar);
    tampered_answers_are_refused(stage, apache, &answer);
    let page = stage.curl(None, &jar, &sent(&answer.submit()));
    assert_eq!((page.status, page.url.as_str()), (200, &*format!("{}/secret/", apache.origin)), "{page:?}\n{}", apache.log());
    assert!(page.body.ends_with("the wiki's secret page\n"), "{page:?}");
    let shown = page.body.to_lowercase();
    // Left alone, the module asks for a name that lasts for one session (`transient`); who it is stands in the attributes.
    assert!(shown.contains("x-name: _") && shown.contains(&format!("x-upn: {}\r\n", person.upn())), "{page:?}");
    again_without_being_asked(stage, apache, &jar);
    replayed_answers_are_refused(stage, apache, &answer);
    leaves(stage, apache, &jar);
}

/// Opens the secret page: what the federation service wants to be posted to the application.
fn ask(stage: &Stage, apache: &Apache, ticket: &Path, jar: &Path) -> Page {
    let answer = stage.curl(Some(ticket), jar, &[&format!("{}/secret/", apache.origin)]);
    assert!(answer.url.starts_with(&stage.origin), "{answer:?}\n{}", apache.log());
    assert_eq!(answer.form().0, format!("{}/mellon/postResponse", apache.origin), "{answer:?}");
    answer
}

/// One letter of the assertion is another, in a browser that waits for the answer too.
fn tampered_answers_are_refused(stage: &Stage, apache: &Apache, answer: &Page) {
    let jar = stage.path("tampered.jar");
    std::fs::copy(stage.path("mellon.jar"), &jar).unwrap();
    let (action, fields) = answer.form();
    let changed = |field: &(String, String)| match field.0.as_str() {
        "SAMLResponse" => format!("SAMLResponse={}", tampered(&field.1)),
        _ => format!("{}={}", field.0, field.1),
    };
    let arguments: Vec<String> = fields.iter().flat_map(|field| ["--data-urlencode".to_owned(), changed(field)]).chain([action]).collect();
    let page = stage.curl(None, &jar, &sent(&arguments));
    assert!(page.status >= 400, "{page:?}");
    assert!(!page.body.contains("secret page"), "{page:?}");
    assert!(apache.log().contains("Error processing authn response"), "{}", apache.log());
}

fn tampered(response: &str) -> String {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    let document = String::from_utf8(STANDARD.decode(response).unwrap()).unwrap();
    let (before, claims) = document.split_once("<saml:AttributeStatement>").unwrap();
    let changed = claims.replacen("contoso", "contosa", 1);
    assert_ne!(changed, claims);
    STANDARD.encode(format!("{before}<saml:AttributeStatement>{changed}"))
}

/// The same answer a second time, in a browser that never asked.
fn replayed_answers_are_refused(stage: &Stage, apache: &Apache, answer: &Page) {
    let page = stage.curl(None, &stage.path("thief.jar"), &sent(&answer.submit()));
    assert!(page.status >= 400 && !page.body.contains("secret page"), "{page:?}\n{}", apache.log());
}

/// The application forgot who it was; the federation service did not.
fn again_without_being_asked(stage: &Stage, apache: &Apache, jar: &Path) {
    let kept = std::fs::read_to_string(jar).unwrap();
    let only_ours: String = kept.lines().filter(|line| !line.contains("wiki.localhost")).map(|line| format!("{line}\n")).collect();
    let other = stage.path("again.jar");
    std::fs::write(&other, only_ours).unwrap();
    let answer = stage.curl(None, &other, &[&format!("{}/secret/", apache.origin)]);
    let page = stage.curl(None, &other, &sent(&answer.submit()));
    assert_eq!((page.status, page.url.as_str()), (200, &*format!("{}/secret/", apache.origin)), "{page:?}\n{}", apache.log());
}

/// The application signs out at the federation service, verifies its signed answer, and sends the browser on.
fn leaves(stage: &Stage, apache: &Apache, jar: &Path) {
    let target = format!("{}/", apache.origin);
    let page =
        stage.curl(None, jar, &["-G", "--data-urlencode", &format!("ReturnTo={target}"), &format!("{}/mellon/logout", apache.origin)]);
    assert_eq!((page.status, page.url.as_str()), (200, &*target), "{page:?}\n{}", apache.log());
    let page = stage.curl(None, jar, &[&format!("{}/secret/", apache.origin)]);
    assert!(page.url.starts_with(&stage.origin), "{page:?}");
    assert!(page.form().1.iter().any(|(name, _)| name == "password"), "who has left is asked again: {page:?}");
}

/// What curl posts, and shows with the headers of every answer; after a redirect it goes on with GET, as browsers do.
fn sent(arguments: &[String]) -> Vec<&str> {
    ["-i"].into_iter().chain(arguments.iter().map(String::as_str)).collect()
}
