//! Other people's libraries accept what we sign, read the same person in it, and refuse it as soon as a claim or the signature changes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "../../tenant/tests/sdk_support/mod.rs"]
mod installed;
#[path = "saml_messages/key.rs"]
mod key;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use key::{ANCHOR, AUDIENCE, ISSUER, ODD, RECIPIENT, REQUEST, TestKey, UPN, saml2_assertion, saml11_assertion};
use samesign_wire::saml::metadata::FederationMetadata;
use samesign_wire::saml::saml2::{Response, Status};
use samesign_wire::saml::{Signer, saml2, saml11};
use samesign_wire::wsfed;
use samesign_wire::wstrust::{self, Fault, RequestSecurityToken, Trust};
use serde_json::{Value, json};

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/verifiers")
}

#[allow(clippy::disallowed_methods)]
fn now() -> Timestamp {
    Timestamp::now()
}

fn response(signer: &TestKey, whole: bool) -> String {
    let now = now();
    let response = Response {
        id: "_fedcba9876543210fedcba9876543210".to_owned(),
        issued_at: now,
        issuer: ISSUER.to_owned(),
        destination: RECIPIENT.to_owned(),
        in_response_to: Some(REQUEST.to_owned()),
        status: Status::Success,
        assertion: Some(saml2::write(&saml2_assertion(now), signer).unwrap()),
    };
    response.write(whole.then_some(signer as &dyn Signer)).unwrap()
}

fn wresult(signer: &TestKey) -> String {
    let now = now();
    let token = saml11::write(&saml11_assertion(now), signer).unwrap();
    wsfed::response(&token, AUDIENCE, now, now + SignedDuration::from_hours(1)).unwrap()
}

fn metadata(signer: &TestKey) -> String {
    let metadata = FederationMetadata {
        id: "_0a1b2c3d4e5f60718293a4b5c6d7e8f9".to_owned(),
        entity_id: ISSUER.to_owned(),
        passive_sign_in: "https://sts.contoso.example/adfs/ls/".to_owned(),
        active_sign_in: "https://sts.contoso.example/adfs/services/trust/2005/usernamemixed".to_owned(),
        mex: "https://sts.contoso.example/adfs/services/trust/mex".to_owned(),
        sign_out: "https://sts.contoso.example/adfs/ls/?wa=wsignout1.0&wreply=x".to_owned(),
        certificates: vec![signer.certificate().to_vec()],
        valid_until: now() + SignedDuration::from_hours(24 * 7),
        claims: vec!["http://schemas.xmlsoap.org/claims/UPN".to_owned()],
    };
    metadata.write(signer).unwrap()
}

/// The document with another letter in the first place where `text` stands.
fn other_claim(document: &str, text: &str) -> String {
    assert!(document.contains(text), "{text} is in {document}");
    document.replacen(text, &format!("x{}", text.get(1..).unwrap()), 1)
}

/// The document with another letter in its last signature, which is the assertion's.
fn other_signature(document: &str) -> String {
    let (at, tag) = document.rmatch_indices("<ds:SignatureValue>").next().unwrap();
    let place = at + tag.len() + 100;
    let other = if &document[place..=place] == "A" { "B" } else { "A" };
    format!("{}{other}{}", &document[..place], &document[place + 1..])
}

/// Documents by name. Whatever has a name after a dot was tampered with.
struct Corpus(Vec<(String, String)>);

impl Corpus {
    fn new(signer: &TestKey) -> Self {
        let mut documents = Vec::new();
        for (name, document, claim) in [
            ("saml2-assertion", response(signer, false), "anna.o'brien"),
            ("saml2-both", response(signer, true), "anna.o'brien"),
            ("wsfed", wresult(signer), "anna.o'brien"),
            ("metadata", metadata(signer), "sts.contoso.example/adfs/ls"),
        ] {
            documents.push((format!("{name}.claim"), other_claim(&document, claim)));
            if name != "metadata" {
                documents.push((format!("{name}.name"), other_claim(&document, ANCHOR)));
            }
            documents.push((format!("{name}.signature"), other_signature(&document)));
            documents.push((name.to_owned(), document));
        }
        Self(documents)
    }

    fn write(&self, folder: &Path, signer: &TestKey) {
        for (name, document) in &self.0 {
            fs::write(folder.join(format!("{name}.xml")), document).unwrap();
        }
        let about = json!({ "issuer": ISSUER, "audience": AUDIENCE, "recipient": RECIPIENT, "request": REQUEST });
        fs::write(folder.join("about.json"), about.to_string()).unwrap();
        let pem = STANDARD.encode(signer.certificate());
        let lines: Vec<&str> = pem.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
        fs::write(
            folder.join("certificate.pem"),
            format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n")),
        )
        .unwrap();
    }
}

/// A folder under `target` that goes away with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn verdicts(command: &mut Command) -> Vec<Value> {
    serde_json::from_slice(&installed::succeed(command).stdout).unwrap()
}

/// What was said in every genuine document: about whom, and which values.
fn check(verdict: &Value) {
    let document = verdict["document"].as_str().unwrap();
    if document.contains('.') {
        assert!(verdict["refused"].is_string(), "tampered, but accepted: {verdict}");
        return;
    }
    assert!(verdict["refused"].is_null(), "genuine, but refused: {verdict}");
    if document == "metadata" {
        return;
    }
    let values = |field: &str| -> BTreeSet<String> {
        verdict[field].as_array().unwrap().iter().map(|value| value.as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(values("names"), BTreeSet::from([ANCHOR.to_owned()]), "{verdict}");
    let expected: &[&str] = if document == "wsfed" { &[UPN, ODD, ANCHOR, "true"] } else { &[UPN, ODD] };
    assert_eq!(values("values"), expected.iter().map(|value| (*value).to_owned()).collect(), "{verdict}");
}

#[test]
fn libraries_accept_what_we_sign_and_nothing_else() {
    let signer = TestKey::new();
    let corpus = Corpus::new(&signer);
    let folder = Folder::new("verifiers");
    corpus.write(&folder.0, &signer);

    let python = installed::python_for("verifiers-python", &scripts());
    let packages = installed::node_packages_for("verifiers-javascript", &scripts());
    let mut all = verdicts(Command::new(python).arg(scripts().join("verify.py")).arg(&folder.0));
    all.extend(verdicts(Command::new("node").arg(scripts().join("verify.mjs")).arg(packages).arg(&folder.0)));

    all.iter().for_each(check);
    let shown: BTreeSet<_> = all.iter().map(|verdict| verdict["verifier"].as_str().unwrap()).collect();
    assert_eq!(shown, BTreeSet::from(["node-saml", "passport-wsfed-saml2", "pysaml2", "python3_saml", "signxml"]));
    assert_eq!(all.len(), 15 + 8 + 8 + 8 + 4, "every document was shown to whom it concerns");
}

/// xmlsec1 takes one signature at a time, and has to be told what an id is.
fn xmlsec1_accepts(folder: &Path, name: &str, element: &str, signature: usize) -> bool {
    let output = Command::new("xmlsec1")
        .args(["--verify", &format!("--id-attr:{}", if element.contains("SAML:1.0") { "AssertionID" } else { "ID" }), element])
        .arg("--enabled-key-data")
        .arg("x509")
        .arg("--trusted-pem")
        .arg(folder.join("certificate.pem"))
        .args(["--node-xpath", &format!("(//*[local-name()='Signature'])[{signature}]")])
        .arg(folder.join(format!("{name}.xml")))
        .output()
        .unwrap_or_else(|error| panic!("xmlsec1 cannot be started: {error}; install it"));
    output.status.success()
}

#[test]
fn xmlsec1_accepts_what_we_sign_and_nothing_else() {
    let signer = TestKey::new();
    let corpus = Corpus::new(&signer);
    let folder = Folder::new("xmlsec1");
    corpus.write(&folder.0, &signer);
    let mut seen = 0;
    for (name, document) in &corpus.0 {
        let (kind, tampered) = name.split_once('.').map_or((name.as_str(), false), |(kind, _)| (kind, true));
        let signed: &[&str] = match kind {
            "saml2-assertion" => &["urn:oasis:names:tc:SAML:2.0:assertion:Assertion"],
            "saml2-both" => &["urn:oasis:names:tc:SAML:2.0:protocol:Response", "urn:oasis:names:tc:SAML:2.0:assertion:Assertion"],
            "wsfed" => &["urn:oasis:names:tc:SAML:1.0:assertion:Assertion"],
            _ => &["urn:oasis:names:tc:SAML:2.0:metadata:EntityDescriptor"],
        };
        assert_eq!(document.matches("<ds:Signature ").count(), signed.len(), "{name}");
        let accepted = (1..).zip(signed).all(|(signature, element)| xmlsec1_accepts(&folder.0, name, element, signature));
        assert_eq!(accepted, !tampered, "{name}");
        seen += 1;
    }
    assert_eq!(seen, 15);
}

#[test]
fn msal_understands_what_programs_are_told_and_we_what_it_asks() {
    let signer = TestKey::new();
    let folder = Folder::new("msal");
    let now = now();
    let assertion = saml11::write(&saml11_assertion(now), &signer).unwrap();
    let answer = |trust| wstrust::response(trust, "urn:uuid:1", &assertion, AUDIENCE, now, now + SignedDuration::from_hours(1)).unwrap();
    let address = "https://sts.contoso.example/adfs/services/trust/13/usernamemixed";
    fs::write(folder.0.join("mex.wsdl"), wstrust::mex("https://sts.contoso.example/2005", address).unwrap()).unwrap();
    fs::write(folder.0.join("answer-13"), answer(Trust::V13)).unwrap();
    fs::write(folder.0.join("answer-2005"), answer(Trust::V2005)).unwrap();
    fs::write(folder.0.join("fault"), wstrust::fault(Trust::V13, None, Fault::FailedAuthentication).unwrap()).unwrap();

    let python = installed::python_for("verifiers-python", &scripts());
    let output = installed::succeed(Command::new(python).arg(scripts().join("msal_wstrust.py")).arg(&folder.0));
    let seen: Value = serde_json::from_slice(&output.stdout).unwrap();

    let action = Trust::V13.request_action();
    assert_eq!(seen["endpoint"], json!({ "address": address, "action": action }));
    let token = json!({ "token": assertion, "type": "urn:oasis:names:tc:SAML:1.0:assertion" });
    assert_eq!(seen["answers"], json!([token, token]));
    let fault = seen["fault"].as_str().unwrap();
    assert!(fault.contains("c:FailedAuthentication") && fault.contains("password is wrong"), "{fault}");
    for trust in [Trust::V13, Trust::V2005] {
        let request = RequestSecurityToken::read(seen["requests"][trust.request_action()].as_str().unwrap().as_bytes())
            .unwrap_or_else(|refusal| panic!("{refusal}"));
        assert_eq!((request.trust, request.applies_to.as_str()), (trust, AUDIENCE));
        assert_eq!((request.username.as_str(), request.password.expose()), ("anna.o'brien@contoso.example", "p&<>\"' ü"));
        assert_eq!(request.expires.unwrap().duration_since(request.created.unwrap()), SignedDuration::from_mins(10));
        assert!(request.message_id.starts_with("urn:uuid:"));
    }
}
