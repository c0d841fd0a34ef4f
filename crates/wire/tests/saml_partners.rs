//! Messages in the shape of other products, signed by another implementation, are accepted.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "saml_attacks/mod.rs"]
mod attacks;
#[path = "saml_attacks_support/mod.rs"]
mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use samesign_wire::saml::{AuthenticationMethod, Presented, Refusal, Signer as _, Verified, Version};
use support::Key;

const IDS: [[&str; 2]; 3] = [
    ["--id-attr:AssertionID", "urn:oasis:names:tc:SAML:1.0:assertion:Assertion"],
    ["--id-attr:ID", "urn:oasis:names:tc:SAML:2.0:assertion:Assertion"],
    ["--id-attr:ID", "urn:oasis:names:tc:SAML:2.0:protocol:Response"],
];

/// Signs what a template has signatures for, the innermost first.
fn signed_by_xmlsec1(product: &str, key: &Key) -> String {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("saml-partners-{product}-{:?}", std::thread::current().id()));
    fs::create_dir_all(&folder).unwrap();
    let body = STANDARD.encode(key.pkcs8());
    fs::write(folder.join("key.pem"), format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n")).unwrap();
    let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/saml_partners").join(format!("{product}.xml"));
    let mut from = fs::read_to_string(template).unwrap();
    let signatures = from.matches("SignedInfo>").count() / 2;
    for number in (1..=signatures).rev() {
        fs::write(folder.join("from.xml"), &from).unwrap();
        let mut command = Command::new("xmlsec1");
        command.args(["--sign", "--privkey-pem"]).arg(folder.join("key.pem"));
        command.args(IDS.as_flattened());
        command.args(["--node-xpath", &format!("(//*[local-name()='Signature'])[{number}]"), "--output"]);
        let output = command.arg(folder.join("to.xml")).arg(folder.join("from.xml")).output().unwrap();
        assert!(output.status.success(), "{product}: {}", String::from_utf8_lossy(&output.stderr));
        from = with_key_info(&fs::read_to_string(folder.join("to.xml")).unwrap(), key);
    }
    fs::remove_dir_all(&folder).unwrap();
    from
}

/// Puts in what products say of their key, after the first signature that has a value already: the one just made.
fn with_key_info(signed: &str, key: &Key) -> String {
    let (at, end) = signed.match_indices("SignatureValue>").nth(1).unwrap();
    let (before, after) = signed.split_at(at + end.len());
    let certificate = STANDARD.encode(key.certificate());
    let data = format!("<X509Data><X509Certificate>{certificate}</X509Certificate></X509Data>");
    format!("{before}<KeyInfo xmlns=\"http://www.w3.org/2000/09/xmldsig#\"><KeyName>k</KeyName>{data}</KeyInfo>{after}")
}

fn accepted(message: &str, key: &Key) -> Verified {
    Presented::read(message.as_bytes())
        .and_then(|presented| presented.verify(&[key.public()]))
        .unwrap_or_else(|refusal| panic!("{refusal}\n{message}"))
}

#[test]
fn what_other_products_send_is_accepted() {
    let key = Key::trusted();
    for (product, version, upn) in [
        ("adfs-wsfed", Version::One, "http://schemas.xmlsoap.org/claims/UPN"),
        ("adfs-wstrust13", Version::One, "http://schemas.xmlsoap.org/claims/UPN"),
        ("adfs-saml2", Version::Two, "IDPEmail"),
        ("shibboleth", Version::Two, "IDPEmail"),
        ("keycloak", Version::Two, "IDPEmail"),
        ("simplesamlphp", Version::Two, "IDPEmail"),
    ] {
        let signed = signed_by_xmlsec1(product, key);
        let verified = accepted(&signed, key);
        let assertion = verified.assertion();
        assert_eq!(verified.version(), version, "{product}");
        assert_eq!(assertion.issuer, "http://contoso.example/adfs/services/trust/", "{product}");
        assert_eq!(assertion.audience, "urn:federation:MicrosoftOnline", "{product}");
        assert_eq!(assertion.name_id.value, "bWFuYWdlcg==", "{product}");
        let upns: Vec<_> = assertion.attributes.iter().filter(|attribute| attribute.name == upn).collect();
        assert_eq!(upns.len(), 1, "{product}");
        assert_eq!(upns[0].values, ["ana@contoso.example"], "{product}");
        if product.starts_with("adfs") {
            assert_eq!(assertion.authentication.method, AuthenticationMethod::Windows);
        }

        // Line ends and marks that come on the way count for nothing.
        let bare = signed
            .strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
            .or(signed.strip_prefix("<?xml version=\"1.0\"?>\n"))
            .unwrap();
        for on_the_way in [signed.replace('\n', "\r\n"), format!("\u{FEFF}{signed}"), bare.to_owned(), format!("\n{bare}\n")] {
            assert_eq!(accepted(&on_the_way, key), verified, "{product}");
        }
        // An assertion by itself, as clients pass it on, carries its namespaces with it.
        if product != "keycloak" && product != "simplesamlphp" {
            assert_eq!(accepted(attacks::Message::of(&signed).assertion(), key), verified, "{product}");
        }

        let changed = signed.replace("ana@contoso.example", "eve@contoso.example");
        assert_eq!(Presented::read(changed.as_bytes()).unwrap().verify(&[key.public()]), Err(Refusal::Digest), "{product}");
        let other = Presented::read(signed.as_bytes()).unwrap().verify(&[Key::attacker().public()]);
        assert_eq!(other, Err(Refusal::Signature), "{product}");
        // While keys change there are two of them.
        assert!(Presented::read(signed.as_bytes()).unwrap().verify(&[Key::attacker().public(), key.public()]).is_ok(), "{product}");
        assert_eq!(Presented::read(signed.as_bytes()).unwrap().verify(&[]), Err(Refusal::NoKey), "{product}");
    }
}
