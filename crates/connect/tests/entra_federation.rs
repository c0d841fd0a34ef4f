//! Federated domains through Graph, against the real local tenant over TLS.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that panics has failed, which is its purpose")]

mod entra_local;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use entra_local::{NAME, Tenant};
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use samesign_connect::entra::{DeltaItem, DomainFederation, EntraError};
use samesign_tenant::admin::NewAccount;

const DOMAIN: &str = "contoso.example";

fn certificate() -> String {
    let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
    STANDARD.encode(CertificateParams::default().self_signed(&key).unwrap().der())
}

fn settings(certificate: &str) -> DomainFederation {
    let at = |path: &str| Some(format!("https://sts.contoso.example/adfs/{path}"));
    DomainFederation {
        id: String::new(),
        display_name: Some("Contoso".to_owned()),
        issuer_uri: format!("http://{DOMAIN}/adfs/services/trust/"),
        passive_sign_in_uri: "https://sts.contoso.example/adfs/ls/".to_owned(),
        active_sign_in_uri: at("services/trust/2005/usernamemixed"),
        sign_out_uri: at("ls/"),
        metadata_exchange_uri: at("services/trust/mex"),
        signing_certificate: certificate.to_owned(),
        next_signing_certificate: None,
        preferred_authentication_protocol: Some("wsFed".to_owned()),
        prompt_login_behavior: Some("translateToFreshPasswordAuthentication".to_owned()),
        is_signed_authentication_request_required: Some(false),
        federated_idp_mfa_behavior: Some("rejectMfaByFederatedIdp".to_owned()),
    }
}

/// Holds a role, but not that one.
fn helper() -> NewAccount {
    NewAccount {
        upn: format!("helper@{NAME}"),
        display_name: "Helper".to_owned(),
        mail: None,
        licence: None,
        usage_location: None,
        role: Some("Helpdesk Administrator".to_owned()),
        password: None,
    }
}

async fn tenant() -> Tenant {
    let tenant = Tenant::start().await;
    tenant.admin().set_default_domain(NAME).unwrap();
    tenant
}

#[tokio::test]
async fn a_domain_is_federated_changed_and_managed_again() {
    let tenant = tenant().await;
    let entra = tenant.entra();
    assert_eq!(entra.federation(DOMAIN).await.unwrap(), None);
    let (one, two) = (certificate(), certificate());
    entra.federate(DOMAIN, &settings(&one)).await.unwrap();
    let found = entra.federation(DOMAIN).await.unwrap().unwrap();
    assert!(!found.id.is_empty());
    assert_eq!(DomainFederation { id: String::new(), ..found.clone() }, settings(&one));

    let next = DomainFederation { next_signing_certificate: Some(two.clone()), ..found.clone() };
    entra.update_federation(DOMAIN, &next).await.unwrap();
    assert_eq!(entra.federation(DOMAIN).await.unwrap(), Some(next.clone()));
    // What is not set is cleared.
    let bare = DomainFederation { signing_certificate: two, next_signing_certificate: None, metadata_exchange_uri: None, ..next };
    entra.update_federation(DOMAIN, &bare).await.unwrap();
    assert_eq!(entra.federation(DOMAIN).await.unwrap(), Some(bare));

    entra.make_managed(DOMAIN).await.unwrap();
    assert_eq!(entra.federation(DOMAIN).await.unwrap(), None);
}

#[tokio::test]
async fn domains_tell_what_they_are() {
    let tenant = tenant().await;
    tenant.admin().add_domain("new.example").unwrap();
    tenant.admin().add_domain("eu.contoso.example").unwrap();
    tenant.admin().verify_domain("eu.contoso.example").unwrap();
    let entra = tenant.entra();
    entra.federate(DOMAIN, &settings(&certificate())).await.unwrap();
    let mut told: Vec<String> = Vec::new();
    for domain in entra.domains().await.unwrap() {
        let words = [
            (domain.is_federated(), "federated"),
            (domain.is_verified, "verified"),
            (domain.is_default, "default"),
            (domain.is_initial, "initial"),
            (domain.is_root, "root"),
        ];
        let words: Vec<&str> = words.iter().filter(|(is, _)| *is).map(|(_, word)| *word).collect();
        told.push(format!("{} {}", domain.name, words.join(" ")));
    }
    told.sort();
    assert_eq!(
        told,
        [
            "contoso.example federated verified root",
            "contoso.onmicrosoft.com verified default initial root",
            "eu.contoso.example federated verified",
            "new.example root"
        ]
    );
}

#[tokio::test]
async fn what_the_tenant_refuses_is_told_in_its_words() {
    let tenant = tenant().await;
    let entra = tenant.entra();
    let good = settings(&certificate());
    let refused = async |domain: &str, settings: &DomainFederation| match entra.federate(domain, settings).await {
        Err(EntraError::Refused { status, message, .. }) => (status, message),
        other => panic!("not refused: {other:?}"),
    };
    assert_eq!(refused("elsewhere.example", &good).await.0, 404);
    assert!(refused(NAME, &good).await.1.contains("initial domain"));
    let clear = DomainFederation { passive_sign_in_uri: "http://sts.contoso.example/".to_owned(), ..good.clone() };
    assert_eq!(refused(DOMAIN, &clear).await.0, 400);
    entra.federate(DOMAIN, &good).await.unwrap();
    assert!(refused(DOMAIN, &good).await.1.contains("federated already"));
    tenant.admin().add_domain("second.example").unwrap();
    tenant.admin().verify_domain("second.example").unwrap();
    assert!(refused("second.example", &good).await.0 >= 400, "one issuer, one domain");
}

#[tokio::test]
async fn a_global_administrator_is_told_from_other_people() {
    let tenant = tenant().await;
    let entra = tenant.entra();
    let mut people = Vec::new();
    tenant.admin().add_user(&helper()).unwrap();
    let mut take = |item: DeltaItem| {
        if let DeltaItem::Present(user) = item {
            people.push(user);
        }
    };
    entra.users_delta(None, &mut take).await.unwrap();
    assert_eq!(people.len(), 2);
    for user in people {
        let is = entra.is_global_administrator(&user.id).await.unwrap();
        assert_eq!(is, user.upn.starts_with("admin@"), "{}", user.upn);
    }
}
