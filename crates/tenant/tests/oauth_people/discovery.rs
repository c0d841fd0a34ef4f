//! What clients read first, and what they read about a person.

use serde_json::{Value, json};

use crate::payload;
use crate::people_support::{PASSWORD, People};

#[tokio::test]
async fn every_authority_describes_itself() {
    let people = People::start().await;
    let tenant = people.tenant.report.tenant_id.as_str();
    let get = async |path: &str| -> Value { people.tenant.client.get(people.tenant.url(path)).send().await.unwrap().json().await.unwrap() };
    for (name, called, issuer) in [
        (tenant, tenant, tenant),
        ("contoso.example", tenant, tenant),
        ("common", "common", "{tenantid}"),
        ("Organizations", "organizations", "{tenantid}"),
    ] {
        let document = get(&format!("/{name}/v2.0/.well-known/openid-configuration")).await;
        assert_eq!(document["issuer"], json!(people.tenant.url(&format!("/{issuer}/v2.0"))), "{name}");
        for (endpoint, path) in [
            ("authorization_endpoint", "oauth2/v2.0/authorize"),
            ("token_endpoint", "oauth2/v2.0/token"),
            ("device_authorization_endpoint", "oauth2/v2.0/devicecode"),
            ("end_session_endpoint", "oauth2/v2.0/logout"),
            ("jwks_uri", "discovery/v2.0/keys"),
        ] {
            assert_eq!(document[endpoint], json!(people.tenant.url(&format!("/{called}/{path}"))), "{name}");
        }
        assert_eq!(document["userinfo_endpoint"], json!(people.tenant.url("/oidc/userinfo")));
        let keys: Value = people.tenant.client.get(document["jwks_uri"].as_str().unwrap()).send().await.unwrap().json().await.unwrap();
        assert_eq!(keys["keys"][0]["use"], "sig");
    }
    let response = people.tenant.client.get(people.tenant.url("/consumers/v2.0/.well-known/openid-configuration")).send().await.unwrap();
    assert_eq!(response.status(), 400);
    let assertion = people.tenant.assertion(&people.tenant.claims(), jsonwebtoken::Algorithm::PS256, crate::support::Thumbprint::Sha256);
    let form = crate::support::assertion_form(&assertion, crate::support::GRAPH_SCOPE);
    let response = people.tenant.client.post(people.tenant.url("/common/oauth2/v2.0/token")).form(&form).send().await.unwrap();
    assert_eq!(response.json::<Value>().await.unwrap()["error_codes"], json!([50059]), "an application has no tenant of its own");
}

#[tokio::test]
async fn the_realm_of_a_name_does_not_tell_who_exists() {
    let people = People::start().await;
    people.synced("ana@contoso.example", PASSWORD);
    let realm = async |upn: &str| -> Value {
        let url = people.tenant.url(&format!("/common/userrealm/{upn}?api-version=1.0"));
        people.tenant.client.get(url).send().await.unwrap().json().await.unwrap()
    };
    let ana = realm("ana@contoso.example").await;
    assert_eq!((&ana["account_type"], &ana["ver"]), (&json!("Managed"), &json!("1.0")));
    assert_eq!(realm("nobody@CONTOSO.example").await, ana);
    assert_eq!(realm("ana@elsewhere.example").await["account_type"], json!("Unknown"));
}

#[tokio::test]
async fn the_id_token_is_signed_with_the_published_key_and_userinfo_agrees() {
    let people = People::start().await;
    people.synced("ana@contoso.example", PASSWORD);
    people.change("ana@contoso.example", |user| user.mail = Some("ana@contoso.example".to_owned()));
    let (_, body) = people.by_password("ana@contoso.example", PASSWORD, "openid profile email").await;
    let url = people.tenant.url("/common/discovery/v2.0/keys");
    let keys: jsonwebtoken::jwk::JwkSet = people.tenant.client.get(url).send().await.unwrap().json().await.unwrap();
    let token = body["id_token"].as_str().unwrap();
    let header = jsonwebtoken::decode_header(token).unwrap();
    let key = jsonwebtoken::DecodingKey::from_jwk(keys.find(&header.kid.unwrap()).unwrap()).unwrap();
    let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::RS256);
    validation.set_audience(&[&people.client_id]);
    jsonwebtoken::decode::<Value>(token, &key, &validation).unwrap();

    let ask = async |token: &str| people.tenant.client.get(people.tenant.url("/oidc/userinfo")).bearer_auth(token).send().await.unwrap();
    let told: Value = ask(body["access_token"].as_str().unwrap()).await.json().await.unwrap();
    let claims = payload(&body["id_token"]);
    assert_eq!(told, json!({"sub": claims["sub"], "name": "Zoë Ruiz", "email": "ana@contoso.example"}));
    let (_, without) = people.by_password("ana@contoso.example", PASSWORD, "User.Read").await;
    assert_eq!(ask(without["access_token"].as_str().unwrap()).await.status(), 401);
    let agent = people.tenant.agent_token(crate::support::GRAPH_SCOPE).await;
    assert_eq!(ask(&agent).await.status(), 401);
    assert_eq!(ask(token).await.status(), 401, "an ID token opens nothing");
}
