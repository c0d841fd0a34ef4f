//! Sign-in of applications, over real TLS.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

mod support;

use jsonwebtoken::Algorithm;
use serde_json::{Value, json};
use support::{GRAPH_SCOPE, SYNC_SCOPE, Tenant, Thumbprint, assertion_form, unix_now};

fn payload(token: &str) -> Value {
    use base64::Engine;
    let part = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[tokio::test]
async fn every_form_of_client_assertion_that_clients_send_is_accepted() {
    let tenant = Tenant::start().await;
    for algorithm in [Algorithm::RS256, Algorithm::PS256] {
        for thumbprint in [Thumbprint::Sha1, Thumbprint::Sha256, Thumbprint::Chain, Thumbprint::Nothing] {
            let assertion = tenant.assertion(&tenant.claims(), algorithm, thumbprint);
            let (status, body) = tenant.token(&assertion_form(&assertion, GRAPH_SCOPE)).await;
            assert_eq!(status, 200, "{algorithm:?} {thumbprint:?}: {body}");
            assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("Bearer"), &json!(3599)));
        }
    }
}

#[tokio::test]
async fn a_token_carries_the_roles_of_its_resource_only() {
    let tenant = Tenant::start().await;
    let graph = payload(&tenant.agent_token(GRAPH_SCOPE).await);
    assert_eq!(graph["aud"], "https://graph.microsoft.com");
    let roles = json!([
        "Directory.Read.All",
        "Domain-InternalFederation.ReadWrite.All",
        "Domain.Read.All",
        "LicenseAssignment.ReadWrite.All",
        "Organization.Read.All",
        "User.Read.All"
    ]);
    assert_eq!(graph["roles"], roles);
    assert_eq!((&graph["appid"], &graph["tid"]), (&json!(tenant.report.agent.client_id), &json!(tenant.report.tenant_id)));
    let synchronization = payload(&tenant.agent_token(SYNC_SCOPE).await);
    assert_eq!(synchronization["aud"], "6bf85cfa-ac8a-4be5-b5de-425a0d0dc016");
    assert_eq!(synchronization["roles"], json!(["ADSynchronization.ReadWrite.All"]));
    let old = payload(&tenant.agent_token("https://graph.windows.net/.default").await);
    assert_eq!(old["roles"], json!(["ADSynchronization.ReadWrite.All", "Directory.Read.All"]));
}

/// Changes one thing in a good assertion and names the refusal it must lead to.
#[tokio::test]
async fn an_assertion_with_anything_wrong_is_refused() {
    let tenant = Tenant::start().await;
    let now = unix_now();
    let cases: [(&str, Value, u64); 10] = [
        ("exp", json!(now - 400), 700024),
        ("exp", json!(now + 3 * 86_400), 700024),
        ("exp", json!("soon"), 700027),
        ("nbf", json!(now + 400), 700024),
        ("aud", json!("https://login.microsoftonline.com/common/oauth2/v2.0/token"), 700023),
        ("aud", json!([]), 700023),
        ("iss", json!("someone else"), 700027),
        ("sub", json!("someone else"), 700027),
        ("jti", Value::Null, 700027),
        ("exp", Value::Null, 700027),
    ];
    for (name, value, code) in cases {
        let mut claims = tenant.claims();
        claims[name] = value;
        let assertion = tenant.assertion(&claims, Algorithm::RS256, Thumbprint::Sha1);
        let mut form = assertion_form(&assertion, GRAPH_SCOPE).to_vec();
        form.push(("client_id", &tenant.report.agent.client_id));
        let (status, body) = tenant.token(&form).await;
        assert_eq!((status, &body["error"]), (401, &json!("invalid_client")), "{name}: {body}");
        assert_eq!(body["error_codes"], json!([code]), "{name}: {body}");
    }
}

#[tokio::test]
async fn clocks_may_differ_by_five_minutes_and_times_may_have_a_fraction() {
    let tenant = Tenant::start().await;
    let now = unix_now();
    for (name, value) in [("exp", json!(now - 240)), ("nbf", json!(now + 240)), ("exp", json!(now as f64 + 60.25))] {
        let mut claims = tenant.claims();
        claims[name] = value;
        let assertion = tenant.assertion(&claims, Algorithm::RS256, Thumbprint::Sha1);
        let (status, body) = tenant.token(&assertion_form(&assertion, GRAPH_SCOPE)).await;
        assert_eq!(status, 200, "{name}: {body}");
    }
}

#[tokio::test]
async fn an_assertion_is_accepted_once_even_after_a_restart() {
    let mut tenant = Tenant::start().await;
    let assertion = tenant.assertion(&tenant.claims(), Algorithm::PS256, Thumbprint::Sha256);
    assert_eq!(tenant.token(&assertion_form(&assertion, GRAPH_SCOPE)).await.0, 200);
    let replay = tenant.token(&assertion_form(&assertion, GRAPH_SCOPE)).await;
    assert_eq!((replay.0, &replay.1["error_codes"]), (401, &json!([50013])));

    let address = tenant.server.address();
    tenant.server.shutdown().await;
    tenant.server = samesign_tenant::Server::start(tenant.folder.path(), address).await.unwrap();
    let replay = tenant.token(&assertion_form(&assertion, GRAPH_SCOPE)).await;
    assert_eq!((replay.0, &replay.1["error_codes"]), (401, &json!([50013])));
}

#[tokio::test]
async fn an_assertion_signed_with_another_key_is_refused() {
    let tenant = Tenant::start().await;
    let other = samesign_tenant::certificates::application("other", "x", samesign_tenant::clock::now()).unwrap();
    let agent = std::fs::read_to_string(&tenant.report.agent.certificate).unwrap();
    let certificate = &agent[..agent.find("-----BEGIN PRIVATE KEY").unwrap()];
    // The right certificate's thumbprint, but another key; then another certificate and its own key.
    let forged = format!("{certificate}{}", other.key_pem.as_str());
    for pem in [forged.as_bytes(), other.to_pem().as_bytes()] {
        for thumbprint in [Thumbprint::Sha1, Thumbprint::Sha256, Thumbprint::Chain, Thumbprint::Nothing] {
            let assertion = support::sign(pem, &tenant.claims(), Algorithm::RS256, thumbprint);
            let (status, body) = tenant.token(&assertion_form(&assertion, GRAPH_SCOPE)).await;
            assert_eq!((status, &body["error_codes"]), (401, &json!([700027])), "{thumbprint:?}: {body}");
        }
    }
}

#[tokio::test]
async fn an_assertion_under_a_symmetric_algorithm_or_none_is_refused() {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let tenant = Tenant::start().await;
    let agent = std::fs::read(&tenant.report.agent.certificate).unwrap();
    let key = jsonwebtoken::EncodingKey::from_secret(&agent);
    let symmetric = jsonwebtoken::encode(&jsonwebtoken::Header::new(Algorithm::HS256), &tenant.claims(), &key).unwrap();
    let claims = URL_SAFE_NO_PAD.encode(tenant.claims().to_string());
    let unsigned = format!("{}.{claims}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#));
    for assertion in [symmetric, unsigned] {
        let mut form = assertion_form(&assertion, GRAPH_SCOPE).to_vec();
        form.push(("client_id", &tenant.report.agent.client_id));
        let (status, body) = tenant.token(&form).await;
        assert_eq!((status, &body["error_codes"]), (401, &json!([700027])), "{body}");
    }
}

#[tokio::test]
async fn a_secret_serves_in_the_form_and_by_http_basic() {
    let tenant = Tenant::start().await;
    let admin = samesign_tenant::Admin::open(tenant.folder.path()).unwrap();
    let app = admin.add_app("reader", &["User.Read.All".to_owned()], true).unwrap();
    let samesign_tenant::admin::AppCredential::Secret(secret) = &app.credential else { panic!("a secret was asked for") };
    let rest = [("grant_type", "client_credentials"), ("scope", GRAPH_SCOPE), ("client_info", "1"), ("x-client-SKU", "MSAL.Python")];
    let mut form = rest.to_vec();
    form.extend([("client_id", app.client_id.as_str()), ("client_secret", secret.expose())]);
    let (status, body) = tenant.token(&form).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(payload(body["access_token"].as_str().unwrap())["roles"], json!(["User.Read.All"]));

    let basic = tenant.client.post(tenant.token_endpoint()).basic_auth(&app.client_id, Some(secret.expose())).form(&rest);
    assert_eq!(basic.send().await.unwrap().status(), 200);
    let wrong = tenant.client.post(tenant.token_endpoint()).basic_auth(&app.client_id, Some("wrong")).form(&rest);
    assert_eq!(wrong.send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn a_request_that_asks_wrongly_is_told_so_in_the_services_codes() {
    let tenant = Tenant::start().await;
    let id = tenant.report.agent.client_id.as_str();
    let unknown = "00000000-1111-2222-3333-444444444444";
    let good = ("grant_type", "client_credentials");
    type Form<'a> = &'a [(&'a str, &'a str)];
    let cases: &[(Form<'_>, u16, &str, u64)] = &[
        (&[], 400, "invalid_request", 900144),
        (&[("grant_type", "magic")], 400, "unsupported_grant_type", 70003),
        (&[good], 400, "invalid_request", 900144),
        (&[good, ("client_id", id)], 401, "invalid_client", 7000218),
        (&[good, ("client_id", id), ("client_secret", "wrong")], 400, "invalid_request", 900144),
        (&[good, ("client_id", id), ("client_secret", "wrong"), ("scope", GRAPH_SCOPE)], 401, "invalid_client", 7000215),
        (&[good, ("client_id", unknown), ("client_secret", "x"), ("scope", GRAPH_SCOPE)], 400, "unauthorized_client", 700016),
        (&[good, ("client_id", "my app"), ("client_secret", "x"), ("scope", GRAPH_SCOPE)], 400, "unauthorized_client", 700038),
    ];
    for (form, status, error, code) in cases {
        let (seen, body) = tenant.token(form).await;
        assert_eq!((seen, &body["error"], &body["error_codes"]), (*status, &json!(error), &json!([code])), "{form:?}: {body}");
        for name in ["error_description", "timestamp", "trace_id", "correlation_id"] {
            assert!(body[name].is_string(), "{name} in {body}");
        }
    }
}

#[tokio::test]
async fn a_scope_names_one_known_resource_with_default() {
    let tenant = Tenant::start().await;
    let cases = [
        ("User.Read", 1002012),
        ("https://graph.microsoft.com/User.Read", 1002012),
        ("https://graph.microsoft.com/.default https://graph.windows.net/.default", 1002012),
        ("https://vault.azure.net/.default", 500011),
    ];
    for (scope, code) in cases {
        let assertion = tenant.assertion(&tenant.claims(), Algorithm::RS256, Thumbprint::Sha1);
        let (status, body) = tenant.token(&assertion_form(&assertion, scope)).await;
        assert_eq!((status, &body["error_codes"]), (400, &json!([code])), "{scope}: {body}");
    }
    for scope in ["openid profile offline_access https://graph.microsoft.com//.default", "00000003-0000-0000-c000-000000000000/.default"] {
        tenant.agent_token(scope).await;
    }
    tenant.agent_token(&tenant.url("/.default")).await;
}

#[tokio::test]
async fn the_tenant_is_found_by_its_id_and_its_verified_domains_alone() {
    let tenant = Tenant::start().await;
    for name in [tenant.report.tenant_id.as_str(), "contoso.onmicrosoft.com", "CONTOSO.example"] {
        let url = tenant.url(&format!("/{name}/v2.0/.well-known/openid-configuration"));
        let document: Value = tenant.client.get(url).send().await.unwrap().json().await.unwrap();
        assert_eq!(document["token_endpoint"], json!(tenant.token_endpoint()), "{name}");
        assert_eq!(document["issuer"], json!(tenant.url(&format!("/{}/v2.0", tenant.report.tenant_id))));
        let keys: Value = tenant.client.get(document["jwks_uri"].as_str().unwrap()).send().await.unwrap().json().await.unwrap();
        assert_eq!(keys["keys"][0]["kty"], "RSA");
    }
    let response = tenant.client.get(tenant.url("/fabrikam.example/v2.0/.well-known/openid-configuration")).send().await.unwrap();
    assert_eq!(response.status(), 400);
    assert_eq!(response.json::<Value>().await.unwrap()["error_codes"], json!([90002]));
}

#[tokio::test]
async fn the_published_key_checks_the_tokens() {
    let tenant = Tenant::start().await;
    let token = tenant.agent_token(GRAPH_SCOPE).await;
    let url = tenant.url("/contoso.example/discovery/v2.0/keys");
    let keys: jsonwebtoken::jwk::JwkSet = tenant.client.get(url).send().await.unwrap().json().await.unwrap();
    let header = jsonwebtoken::decode_header(&token).unwrap();
    let key = jsonwebtoken::DecodingKey::from_jwk(keys.find(&header.kid.unwrap()).unwrap()).unwrap();
    let mut validation = jsonwebtoken::Validation::new(Algorithm::RS256);
    validation.set_audience(&["https://graph.microsoft.com"]);
    jsonwebtoken::decode::<Value>(&token, &key, &validation).unwrap();
}

#[tokio::test]
async fn a_host_name_that_is_not_the_servers_is_refused() {
    let tenant = Tenant::start().await;
    let response = tenant.client.get(tenant.url("/common/discovery/instance")).header("host", "evil.example").send().await.unwrap();
    assert_eq!(response.status(), 421);
    let by_address = format!("https://127.0.0.1:{}/common/discovery/instance", tenant.server.address().port());
    assert_eq!(tenant.client.get(by_address).send().await.unwrap().status(), 200);
}
