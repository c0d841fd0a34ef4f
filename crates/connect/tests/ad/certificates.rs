//! Twelve certificates, two good ones: every other is refused, with the reason in words and the mend.

use std::sync::Arc;

use rcgen::{CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use samesign_connect::ad::{AdError, connect};

use crate::authority::{Authority, authority, configured, serve_from, server};
use crate::directory::{Directory, config};
use crate::server::{Opening, Server};

/// Connects to `host`, which presents this certificate; what the refusal says, or nothing.
async fn refusal(trusted: &Authority, presented: Arc<ServerConfig>, opening: Opening, host: &str) -> Option<String> {
    let mut directory = Directory::of(0);
    let server = Server::start(presented, opening, move |message| directory.answer(message)).await;
    let scheme = if opening == Opening::Tls { "ldaps" } else { "ldap" };
    match connect(&config(trusted, &[format!("{scheme}://{host}:{}", server.port)])).await {
        Ok(_) => None,
        Err(error) => Some(error.to_string()),
    }
}

#[tokio::test]
async fn only_a_certificate_for_this_name_from_this_authority_is_accepted() {
    let ours = Authority::new("Our CA");
    let theirs = Authority::new("Their CA");
    let namesake = Authority::new("Our CA");
    let expired = |params: &mut CertificateParams| params.not_after = date_time_ymd(2020, 1, 1);
    let future = |params: &mut CertificateParams| params.not_before = date_time_ymd(2090, 1, 1);
    let client = |params: &mut CertificateParams| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let good = |_: &mut CertificateParams| {};
    let middle = CertifiedIssuer::signed_by(authority("Issuing CA"), KeyPair::generate().unwrap(), &ours.issuer).unwrap();
    let key = KeyPair::generate().unwrap();
    let self_signed = configured(vec![server(&["localhost"]).self_signed(&key).unwrap().der().clone()], &key);
    let localhost = ["localhost"];
    let cases: Vec<(&str, Arc<ServerConfig>, &str, Option<&str>)> = vec![
        ("for the name", ours.serve(&localhost, good), "localhost", None),
        ("for the address", ours.serve(&["127.0.0.1"], good), "127.0.0.1", None),
        ("through an issuing CA", serve_from(&middle, &[middle.der().clone()], &localhost, good), "localhost", None),
        ("for another name", ours.serve(&["dc9.corp.example.com"], good), "localhost", Some("not for localhost")),
        ("for the name, called by address", ours.serve(&localhost, good), "127.0.0.1", Some("not for 127.0.0.1")),
        ("with a common name only", ours.serve(&[], good), "localhost", Some("not for localhost")),
        ("expired", ours.serve(&localhost, expired), "localhost", Some("has expired")),
        ("not valid yet", ours.serve(&localhost, future), "localhost", Some("not valid yet")),
        ("of another CA", theirs.serve(&localhost, good), "localhost", Some("issued by \"CN=Their CA\", which is not trusted")),
        ("of a CA with the same name", namesake.serve(&localhost, good), "localhost", Some("not trusted here: the file named by `ca`")),
        ("self-signed", self_signed, "localhost", Some("not trusted")),
        ("without the issuing CA", serve_from(&middle, &[], &localhost, good), "localhost", Some("issued by \"CN=Issuing CA\"")),
        ("for clients", ours.serve(&localhost, client), "localhost", Some("server authentication")),
    ];
    for (what, presented, host, expected) in cases {
        for opening in [Opening::Tls, Opening::StartTls] {
            let said = refusal(&ours, presented.clone(), opening, host).await;
            match (expected, &said) {
                (None, None) => {}
                (Some(words), Some(said)) if said.contains(words) => {}
                _ => panic!("a certificate {what}: expected {expected:?}, got {said:?}"),
            }
        }
    }
}

#[tokio::test]
async fn a_ca_file_that_cannot_be_used_is_named() {
    let authority = Authority::new("Our CA");
    let folder = tempfile::tempdir().unwrap();
    let mut config = config(&authority, &["ldaps://localhost:1".to_owned()]);
    config.ca = Some(folder.path().join("absent.pem"));
    let absent = connect(&config).await.err().unwrap();
    assert!(matches!(absent, AdError::Trust(_)) && absent.to_string().contains("absent.pem"), "{absent}");
    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "no certificate\n").unwrap();
    config.ca = Some(empty);
    let empty = connect(&config).await.err().unwrap().to_string();
    assert!(empty.contains("empty.pem holds no certificate"), "{empty}");
}
