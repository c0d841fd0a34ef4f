//! Federated domains over Graph: `domains/{name}` and `federationConfiguration`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod graph_support;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use graph_support::{Graph, token};
use samesign_tenant::{certificates, clock};
use serde_json::{Value, json};

const DOMAIN: &str = "fed.example";
const CONFIGURATION: &str = "/domains/fed.example/federationConfiguration";

fn certificate() -> String {
    STANDARD.encode(certificates::application("sts", "fed", clock::now()).unwrap().certificate_der)
}

/// What a federated domain takes, after the documentation's example.
fn settings(domain: &str, certificate: &str) -> Value {
    json!({
        "@odata.type": "#microsoft.graph.internalDomainFederation",
        "displayName": "Contoso",
        "issuerUri": format!("http://{domain}/adfs/services/trust/"),
        "metadataExchangeUri": "https://sts.contoso.example/adfs/services/trust/mex",
        "signingCertificate": certificate,
        "passiveSignInUri": "https://sts.contoso.example/adfs/ls/",
        "preferredAuthenticationProtocol": "wsFed",
        "activeSignInUri": "https://sts.contoso.example/adfs/services/trust/2005/usernamemixed",
        "signOutUri": "https://sts.contoso.example/adfs/ls/",
        "promptLoginBehavior": "nativeSupport",
        "isSignedAuthenticationRequestRequired": false,
        "nextSigningCertificate": null,
        "federatedIdpMfaBehavior": "rejectMfaByFederatedIdp",
    })
}

async fn graph() -> Graph {
    let graph = Graph::start().await;
    verified(&graph, DOMAIN);
    graph
}

fn verified(graph: &Graph, domain: &str) {
    graph.admin().add_domain(domain).unwrap();
    graph.admin().verify_domain(domain).unwrap();
}

async fn kind(graph: &Graph, domain: &str) -> String {
    graph.get(&format!("/domains/{domain}")).await.body["authenticationType"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_domain_is_federated_changed_and_managed_again() {
    let graph = graph().await;
    assert_eq!(graph.get(CONFIGURATION).await.code(), (404, "Request_ResourceNotFound"));
    let (one, two) = (certificate(), certificate());
    let made = graph.post(CONFIGURATION, settings(DOMAIN, &one)).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let id = made.body["id"].as_str().unwrap().to_owned();
    assert!(made.headers["location"].to_str().unwrap().ends_with(&format!("{CONFIGURATION}/{id}")));
    for (name, value) in settings(DOMAIN, &one).as_object().unwrap() {
        assert_eq!(&made.body[name], value, "{name}");
    }
    assert_eq!(made.body["signingCertificateUpdateStatus"]["certificateUpdateResult"], "Success");
    assert_eq!(kind(&graph, DOMAIN).await, "Federated");
    let shown = graph.get("/organization").await;
    let domains = shown.body["value"][0]["verifiedDomains"].as_array().unwrap();
    assert!(domains.iter().any(|domain| domain["name"] == DOMAIN && domain["type"] == "Federated"));
    // One element, the same by its id.
    let listed = graph.get(CONFIGURATION).await;
    assert_eq!(listed.names("id"), [id.as_str()]);
    let one_path = format!("{CONFIGURATION}/{id}");
    assert_eq!(graph.get(&one_path).await.body["signingCertificate"], one.as_str());
    assert_eq!(graph.get(&format!("{CONFIGURATION}/{}", graph.tenant.report.tenant_id)).await.status, 404);
    let admin = graph.admin().domains_shown().unwrap();
    let told = admin.iter().find(|domain| domain["name"] == DOMAIN).unwrap();
    assert_eq!((&told["authentication_type"], &told["federation"]["issuerUri"]), (&json!("Federated"), &made.body["issuerUri"]));
    // A second one has no place.
    assert_eq!(graph.post(CONFIGURATION, settings(DOMAIN, &one)).await.code(), (400, "Request_BadRequest"));
    // What is not named stays as it is; a null takes away.
    let changed = graph.patch(&one_path, json!({"nextSigningCertificate": two, "displayName": null})).await;
    assert_eq!((changed.status, &changed.body["nextSigningCertificate"]), (200, &json!(two)), "{}", changed.body);
    assert_eq!(changed.body["displayName"], Value::Null);
    assert_eq!(changed.body["signingCertificate"], one.as_str());
    let rolled = graph.patch(&one_path, json!({"signingCertificate": two, "nextSigningCertificate": null})).await;
    assert_eq!((&rolled.body["signingCertificate"], &rolled.body["nextSigningCertificate"]), (&json!(two), &Value::Null));
    // Managed again, by either way.
    assert_eq!(graph.patch(&format!("/domains/{DOMAIN}"), json!({"authenticationType": "Managed"})).await.status, 204);
    assert_eq!(kind(&graph, DOMAIN).await, "Managed");
    assert_eq!(graph.get(CONFIGURATION).await.status, 404);
    let again = graph.post(CONFIGURATION, settings(DOMAIN, &one)).await;
    assert_eq!(again.status, 201);
    assert_ne!(again.body["id"], id.as_str());
    assert_eq!(graph.delete(&format!("{CONFIGURATION}/{}", again.body["id"].as_str().unwrap())).await.status, 204);
    assert_eq!(kind(&graph, DOMAIN).await, "Managed");
}

#[tokio::test]
async fn what_cannot_be_federated_is_refused_and_nothing_changes() {
    let graph = graph().await;
    verified(&graph, "hr.contoso.example");
    graph.admin().add_domain("unverified.example").unwrap();
    let certificate = certificate();
    for domain in ["contoso.onmicrosoft.com", "contoso.example", "hr.contoso.example", "unverified.example"] {
        let refused = graph.post(&format!("/domains/{domain}/federationConfiguration"), settings(domain, &certificate)).await;
        assert_eq!(refused.code(), (400, "Request_BadRequest"), "{domain}");
        assert_eq!(kind(&graph, domain).await, "Managed", "{domain}");
    }
    let nowhere = graph.post("/domains/nowhere.example/federationConfiguration", settings("nowhere.example", &certificate)).await;
    assert_eq!(nowhere.code(), (404, "Request_ResourceNotFound"));
    let federated = graph.patch(&format!("/domains/{DOMAIN}"), json!({"authenticationType": "Federated"})).await;
    assert_eq!(federated.code(), (400, "Request_BadRequest"));
    // Another domain can be made the default, and then this one be federated; a federated one never becomes the default.
    assert_eq!(graph.patch("/domains/contoso.onmicrosoft.com", json!({"isDefault": true})).await.status, 204);
    let path = "/domains/contoso.example/federationConfiguration";
    assert_eq!(graph.post(path, settings("contoso.example", &certificate)).await.status, 201);
    assert_eq!(kind(&graph, "hr.contoso.example").await, "Federated");
    assert_eq!(graph.get("/domains/hr.contoso.example").await.body["isRoot"], false);
    assert_eq!(graph.get("/domains/hr.contoso.example/federationConfiguration").await.status, 404);
    for domain in ["contoso.example", "hr.contoso.example"] {
        let refused = graph.patch(&format!("/domains/{domain}"), json!({"isDefault": true})).await;
        assert_eq!(refused.code(), (400, "Request_BadRequest"), "{domain}");
    }
    let follows = graph.patch("/domains/hr.contoso.example", json!({"authenticationType": "Managed"})).await;
    assert_eq!(follows.code(), (400, "Request_BadRequest"));
}

#[tokio::test]
async fn an_issuer_speaks_for_one_domain() {
    let graph = graph().await;
    verified(&graph, "two.example");
    let certificate = certificate();
    assert_eq!(graph.post(CONFIGURATION, settings(DOMAIN, &certificate)).await.status, 201);
    let mut same = settings("two.example", &certificate);
    same["issuerUri"] = settings(DOMAIN, "")["issuerUri"].clone();
    let path = "/domains/two.example/federationConfiguration";
    let refused = graph.post(path, same.clone()).await;
    assert_eq!(refused.code(), (409, "Request_MultipleObjectsWithSameKeyValue"));
    assert_eq!(kind(&graph, "two.example").await, "Managed");
    let made = graph.post(path, settings("two.example", &certificate)).await;
    let path = format!("{path}/{}", made.body["id"].as_str().unwrap());
    let refused = graph.patch(&path, json!({"issuerUri": same["issuerUri"]})).await;
    assert_eq!(refused.code(), (409, "Request_MultipleObjectsWithSameKeyValue"));
}

#[tokio::test]
async fn settings_that_could_not_be_used_are_refused() {
    let graph = graph().await;
    let good = certificate();
    let pem = format!("-----BEGIN CERTIFICATE-----\n{good}\n-----END CERTIFICATE-----\n");
    let trailing = STANDARD.encode([STANDARD.decode(&good).unwrap(), vec![0]].concat());
    let elliptic = STANDARD.encode(certificates::authority("fed", clock::now()).unwrap().certificate_der);
    let short = include_str!("graph_federation/rsa1024.b64").trim();
    let cases = [
        ("issuerUri", json!(null)),
        ("issuerUri", json!("no uri")),
        ("issuerUri", json!(format!("urn:{}", "x".repeat(2_000)))),
        ("passiveSignInUri", json!(null)),
        ("passiveSignInUri", json!("http://sts.contoso.example/adfs/ls/")),
        ("passiveSignInUri", json!("javascript:alert(1)")),
        ("passiveSignInUri", json!("https://user@sts.contoso.example/")),
        ("passiveSignInUri", json!("https:///adfs/ls/")),
        ("passiveSignInUri", json!("https://sts.contoso.example/\" onclick=\"")),
        ("signOutUri", json!("https://sts.contoso.example/#x")),
        ("activeSignInUri", json!(7)),
        ("signingCertificate", json!(null)),
        ("signingCertificate", json!("AAAA")),
        ("signingCertificate", json!(pem)),
        ("signingCertificate", json!(trailing)),
        ("signingCertificate", json!(elliptic)),
        ("signingCertificate", json!(short)),
        ("nextSigningCertificate", json!("AAAA")),
        ("preferredAuthenticationProtocol", json!("kerberos")),
        ("promptLoginBehavior", json!("always")),
        ("federatedIdpMfaBehavior", json!("never")),
        ("isSignedAuthenticationRequestRequired", json!("yes")),
        ("displayName", json!("a\u{7}b")),
        ("colour", json!("red")),
    ];
    for (name, value) in cases {
        let mut wanted = settings(DOMAIN, &good);
        wanted[name] = value.clone();
        let refused = graph.raw("POST", &graph.tenant.url(&format!("/v1.0{CONFIGURATION}")), Some(&wanted), &[]).await;
        assert_eq!(refused.code(), (400, "Request_BadRequest"), "{name} {value}");
    }
    assert_eq!(kind(&graph, DOMAIN).await, "Managed");
}

#[tokio::test]
async fn only_who_may_federate_does() {
    let mut graph = graph().await;
    let certificate = certificate();
    graph.token = token(&graph.tenant, &["Directory.ReadWrite.All"]).await;
    let denied = (403, "Authorization_RequestDenied");
    assert_eq!(graph.post(CONFIGURATION, settings(DOMAIN, &certificate)).await.code(), denied);
    assert_eq!(graph.get(CONFIGURATION).await.code(), denied);
    graph.token = token(&graph.tenant, &["Domain-InternalFederation.ReadWrite.All"]).await;
    let made = graph.post(CONFIGURATION, settings(DOMAIN, &certificate)).await;
    assert_eq!(made.status, 201);
    let path = format!("{CONFIGURATION}/{}", made.body["id"].as_str().unwrap());
    graph.token = token(&graph.tenant, &["Domain-InternalFederation.Read.All"]).await;
    assert_eq!(graph.get(&path).await.status, 200);
    assert_eq!(graph.patch(&path, json!({"displayName": "x"})).await.code(), denied);
    assert_eq!(graph.delete(&path).await.code(), denied);
    graph.token = token(&graph.tenant, &["Domain.Read.All", "Directory.ReadWrite.All"]).await;
    assert_eq!(graph.patch(&format!("/domains/{DOMAIN}"), json!({"authenticationType": "Managed"})).await.code(), denied);
    graph.token = token(&graph.tenant, &["Domain-InternalFederation.ReadWrite.All"]).await;
    assert_eq!(graph.patch(&format!("/domains/{DOMAIN}"), json!({"isDefault": true})).await.code(), denied);
    assert_eq!(graph.patch(&format!("/domains/{DOMAIN}"), json!({"authenticationType": "Managed"})).await.status, 204);
}
