//! The password grant.

use serde_json::{Value, json};

use crate::people_support::{PASSWORD, People};
use crate::support;
use crate::{code, payload};

const SCOPE: &str = "openid profile offline_access User.Read";

#[tokio::test]
async fn a_person_signs_in_and_the_tokens_say_who_it_is() {
    let people = People::start().await;
    for (upn, synced) in [("ana@contoso.example", true), ("bob@contoso.example", false)] {
        let id = if synced { people.synced(upn, PASSWORD) } else { people.cloud(upn, PASSWORD, false) };
        let (status, body) = people.by_password(&upn.to_uppercase(), PASSWORD, SCOPE).await;
        assert_eq!(status, 200, "{body}");
        assert_eq!(
            (&body["token_type"], &body["expires_in"], &body["scope"]),
            (&json!("Bearer"), &json!(3599), &json!("openid profile User.Read"))
        );
        assert!(body["refresh_token"].is_string() && body["client_info"].is_null(), "{body}");

        let tenant = &people.tenant.report.tenant_id;
        let claims = payload(&body["id_token"]);
        let issuer = people.tenant.url(&format!("/{tenant}/v2.0"));
        for (name, value) in [
            ("aud", people.client_id.as_str()),
            ("iss", &issuer),
            ("oid", &id),
            ("tid", tenant),
            ("preferred_username", upn),
            ("name", "Zoë Ruiz"),
            ("ver", "2.0"),
        ] {
            assert_eq!(claims[name], json!(value), "{name}");
        }
        assert!(claims["sub"].as_str().unwrap() != id && claims["exp"].as_i64() > claims["iat"].as_i64() && claims["nonce"].is_null());
        let access = payload(&body["access_token"]);
        for (name, value) in [
            ("aud", "https://graph.microsoft.com"),
            ("scp", "openid profile User.Read"),
            ("upn", upn),
            ("oid", &id),
            ("appid", &people.client_id),
            ("appidacr", "0"),
            ("idtyp", "user"),
        ] {
            assert_eq!(access[name], json!(value), "{name}");
        }
        assert_eq!((&access["roles"], &access["sub"]), (&Value::Null, &claims["sub"]));
    }
}

#[tokio::test]
async fn the_token_opens_the_persons_own_entry_and_nothing_else() {
    let people = People::start().await;
    people.synced("ana@contoso.example", PASSWORD);
    let bob = people.cloud("bob@contoso.example", PASSWORD, false);
    let (_, body) = people.by_password("ana@contoso.example", PASSWORD, "https://graph.microsoft.com/.default").await;
    let token = body["access_token"].as_str().unwrap();
    let client = &people.tenant.client;
    let get = async |path: &str| client.get(people.tenant.url(path)).bearer_auth(token).send().await.unwrap();
    let me = get("/v1.0/me?$select=id,userPrincipalName").await;
    assert_eq!(me.status(), 200);
    assert_eq!(me.json::<Value>().await.unwrap()["userPrincipalName"], "ana@contoso.example");
    for path in ["/v1.0/users", "/v1.0/domains", "/v1.0/subscribedSkus", "/v1.0/directory/deletedItems/microsoft.graph.user"] {
        assert_eq!(get(path).await.status(), 403, "{path}");
    }
    assert_eq!(get(&format!("/v1.0/users/{bob}")).await.status(), 403);
    let edit = client.patch(people.tenant.url("/v1.0/me")).bearer_auth(token).json(&json!({"displayName": "Eve"})).send().await.unwrap();
    assert_eq!(edit.status(), 403);
    let (_, only_openid) = people.by_password("ana@contoso.example", PASSWORD, "openid").await;
    let token = only_openid["access_token"].as_str().unwrap();
    assert_eq!(client.get(people.tenant.url("/v1.0/me")).bearer_auth(token).send().await.unwrap().status(), 403);
    assert!(only_openid["refresh_token"].is_null() && only_openid["id_token"].is_string());
}

#[tokio::test]
async fn who_does_not_come_in_is_told_the_services_code() {
    let people = People::start().await;
    people.synced("ana@contoso.example", PASSWORD);
    people.synced("blocked@contoso.example", PASSWORD);
    people.change("blocked@contoso.example", |user| user.enabled = false);
    people.cloud("new@contoso.example", PASSWORD, true);
    people.synced("expired@contoso.example", PASSWORD);
    people.sync("expired@contoso.example", PASSWORD, true, 2);
    people.synced("gone@contoso.example", PASSWORD);
    people.change("gone@contoso.example", |user| (user.deleted, user.upn) = (Some(1), format!("x{}", user.upn)));
    for (upn, password, expected) in [
        ("ana@contoso.example", "wrong", 50126),
        ("ana@contoso.example", "", 50126),
        ("nobody@contoso.example", PASSWORD, 50126),
        ("nobody@elsewhere.example", PASSWORD, 50126),
        ("ana", PASSWORD, 50126),
        ("gone@contoso.example", PASSWORD, 50126),
        ("xgone@contoso.example", PASSWORD, 50126),
        ("blocked@contoso.example", PASSWORD, 50057),
        ("blocked@contoso.example", "wrong", 50126),
        ("new@contoso.example", PASSWORD, 50055),
        ("new@contoso.example", "wrong", 50126),
        ("expired@contoso.example", PASSWORD, 50144),
    ] {
        let (status, body) = people.by_password(upn, password, SCOPE).await;
        assert_eq!((status, &body["error"]), (400, &json!("invalid_grant")), "{upn}");
        assert_eq!(code((status, body)), expected, "{upn} {password}");
    }
    let [wrong, unknown] = ["ana@contoso.example", "nobody@contoso.example"].map(|upn| people.by_password(upn, "wrong too", SCOPE));
    let without_ids = |(status, mut body): (u16, Value)| {
        let description = body["error_description"].as_str().unwrap().split(" Trace ID").next().unwrap().to_owned();
        ["trace_id", "correlation_id", "timestamp"].into_iter().for_each(|name| body[name] = Value::Null);
        body["error_description"] = description.into();
        (status, body)
    };
    assert_eq!(without_ids(wrong.await), without_ids(unknown.await));
}

#[tokio::test]
async fn a_lock_outlives_a_restart_and_ends_with_a_new_password() {
    let mut people = People::start().await;
    people.synced("ana@contoso.example", PASSWORD);
    people.synced("bob@contoso.example", PASSWORD);
    let try_ana = async |people: &People, password: &str| people.by_password("ana@contoso.example", password, SCOPE).await;
    for number in 0..10 {
        assert_eq!(code(try_ana(&people, &format!("wrong {number}")).await), 50126);
    }
    let (_, locked) = try_ana(&people, PASSWORD).await;
    assert_eq!((&locked["error"], &locked["error_codes"]), (&json!("invalid_grant"), &json!([50053])));
    assert!(locked["error_description"].as_str().unwrap().contains("Try again in "), "{locked}");

    let address = people.tenant.server.address();
    people.tenant.server.shutdown().await;
    people.tenant.server = samesign_tenant::Server::start(people.tenant.folder.path(), address).await.unwrap();
    assert_eq!(code(try_ana(&people, PASSWORD).await), 50053);
    assert_eq!(people.by_password("bob@contoso.example", PASSWORD, SCOPE).await.0, 200, "others are not locked");
    people.sync("ana@contoso.example", "Changed in Windows", false, 2);
    assert_eq!(try_ana(&people, "Changed in Windows").await.0, 200);
}

#[tokio::test]
async fn an_address_with_fifty_failures_is_held_up_whatever_it_tries() {
    let people = People::start().await;
    people.synced("ana@contoso.example", PASSWORD);
    for _ in 0..50 {
        assert_eq!(code(people.by_password(&People::nobody(), PASSWORD, SCOPE).await), 50126);
    }
    let (_, held) = people.by_password("ana@contoso.example", PASSWORD, SCOPE).await;
    assert_eq!(held["error_codes"], json!([50053]));
    assert!(held["error_description"].as_str().unwrap().contains("from this address"), "{held}");

    let elsewhere = support::client_from(&std::fs::read(&people.tenant.report.ca).unwrap(), [127, 0, 0, 77].into());
    let form = [
        ("client_id", people.client_id.as_str()),
        ("grant_type", "password"),
        ("username", "ana@contoso.example"),
        ("password", PASSWORD),
        ("scope", SCOPE),
    ];
    assert_eq!(elsewhere.post(people.tenant.token_endpoint()).form(&form).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn an_application_has_to_ask_rightly() {
    let people = People::start().await;
    people.synced("ana@contoso.example", PASSWORD);
    let (confidential, secret) = people.confidential();
    let good = [("grant_type", "password"), ("username", "ana@contoso.example"), ("password", PASSWORD), ("scope", SCOPE)];
    let with = async |more: &[(&str, &str)]| {
        let form: Vec<_> = good.iter().filter(|(name, _)| !more.iter().any(|(other, _)| other == name)).chain(more).copied().collect();
        people.tenant.token(&form).await
    };
    let id = ("client_id", people.client_id.as_str());
    for (more, error, number) in [
        (vec![], "invalid_request", 900_144),
        (vec![id, ("username", "")], "invalid_request", 900_144),
        (vec![id, ("scope", "")], "invalid_request", 900_144),
        (vec![id, ("client_secret", "any")], "invalid_client", 700_025),
        (vec![("client_id", &people.tenant.report.agent.client_id)], "invalid_client", 7_000_218),
        (vec![("client_id", &confidential), ("client_secret", "wrong")], "invalid_client", 7_000_215),
        (vec![("client_id", "00000000-1111-2222-3333-444444444444")], "unauthorized_client", 700_016),
        (vec![id, ("scope", "User.Read.All")], "invalid_grant", 65001),
        (vec![id, ("scope", "6bf85cfa-ac8a-4be5-b5de-425a0d0dc016/.default")], "invalid_grant", 65001),
        (vec![id, ("scope", "https://vault.azure.net/.default")], "invalid_resource", 500_011),
        (vec![id, ("grant_type", "magic")], "unsupported_grant_type", 70003),
        (vec![id, ("grant_type", "client_credentials")], "invalid_client", 7_000_218),
    ] {
        let (status, body) = with(&more).await;
        assert_eq!(body["error"], json!(error), "{more:?}: {body}");
        assert_eq!(code((status, body)), number, "{more:?}");
    }
    let (status, body) = with(&[("client_id", &confidential), ("client_secret", secret.expose()), ("client_info", "1")]).await;
    assert_eq!((status, &payload(&body["access_token"])["appidacr"]), (200, &json!("1")), "{body}");
    assert!(body["client_info"].is_string());
    let (_, refused) = with(&[id, ("scope", "Mail.Read")]).await;
    assert_eq!(refused["suberror"], json!("consent_required"));
}

#[tokio::test]
async fn the_older_endpoint_takes_a_resource_and_answers_in_its_own_shape() {
    let people = People::start().await;
    people.synced("ana@contoso.example", PASSWORD);
    let form = [
        ("client_id", people.client_id.as_str()),
        ("grant_type", "password"),
        ("username", "ana@contoso.example"),
        ("password", PASSWORD),
        ("resource", "https://graph.microsoft.com"),
        ("scope", "openid profile"),
    ];
    let url = people.tenant.url("/common/oauth2/token");
    let body: Value = people.tenant.client.post(url).form(&form).send().await.unwrap().json().await.unwrap();
    let claims = payload(&body["id_token"]);
    assert_eq!((&claims["ver"], &claims["upn"]), (&json!("1.0"), &json!("ana@contoso.example")));
    assert_eq!((&body["resource"], body["expires_on"].is_string()), (&json!("https://graph.microsoft.com"), true));
    assert_eq!(payload(&body["access_token"])["scp"], "openid profile User.Read");
}
