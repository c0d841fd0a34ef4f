//! Codes: from the sign-in page, and of devices.

use std::time::Duration;

use samesign_tenant::clock;
use samesign_tenant::identity::{codes, device};
use serde_json::{Value, json};

use crate::people_support::{PASSWORD, People};
use crate::{code, payload};

const REDIRECT: &str = "https://app.example/in";
// The example of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const UPN: &str = "ana@contoso.example";

/// A code for the application, as the sign-in page makes it.
fn issue(people: &People, scope: &str) -> String {
    let new = codes::NewCode {
        client_id: people.client_id.clone(),
        redirect_uri: REDIRECT.to_owned(),
        user: people.number(UPN),
        scope: scope.to_owned(),
        nonce: Some("n-1".to_owned()),
        code_challenge: Some(CHALLENGE.to_owned()),
    };
    people.store(|connection| Ok(codes::issue(connection, &new, clock::now().as_second()).unwrap()))
}

async fn redeem(people: &People, code: &str, changes: &[(&str, &str)]) -> (u16, Value) {
    let usual = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", REDIRECT), ("code_verifier", VERIFIER)];
    let kept = usual.iter().filter(|(name, _)| !changes.iter().any(|(other, _)| other == name));
    let form: Vec<_> = kept.chain(changes).copied().collect();
    people.token(&form).await
}

#[tokio::test]
async fn a_code_becomes_tokens_once() {
    let people = People::start().await;
    people.synced(UPN, PASSWORD);
    let first = issue(&people, "openid profile offline_access User.Read");
    let (status, body) = redeem(&people, &first, &[]).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!((&payload(&body["id_token"])["nonce"], &body["scope"]), (&json!("n-1"), &json!("openid profile User.Read")));
    let refresh_token = body["refresh_token"].as_str().unwrap();
    assert_eq!(code(redeem(&people, &first, &[]).await), 54005);
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh_token)];
    assert_eq!(code(people.token(&form).await), 50173, "whoever stole the code has nothing of it");

    let (_, body) = redeem(&people, &issue(&people, "openid"), &[("scope", "openid offline_access")]).await;
    assert!(body["refresh_token"].is_null(), "what was not asked at the sign-in is not given later: {body}");
}

#[tokio::test]
async fn a_code_with_anything_wrong_is_refused() {
    let people = People::start().await;
    people.synced(UPN, PASSWORD);
    let other = people.admin().add_public_app("other", &[]).unwrap();
    for (changes, expected) in [
        (vec![("code_verifier", "")], 501_481),
        (vec![("code_verifier", CHALLENGE)], 501_481),
        (vec![("redirect_uri", "https://app.example/in/")], 500_112),
        (vec![("redirect_uri", "")], 900_144),
        (vec![("code", "made-up")], 70000),
        (vec![("code", "")], 900_144),
        (vec![("scope", "Mail.Read")], 65001),
    ] {
        let made = issue(&people, "openid");
        assert_eq!(code(redeem(&people, &made, &changes).await), expected, "{changes:?}");
    }
    let made = issue(&people, "openid");
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", other.as_str()),
        ("code", &made),
        ("redirect_uri", REDIRECT),
        ("code_verifier", VERIFIER),
    ];
    assert_eq!(code(people.tenant.token(&form).await), 70000, "another application's code");
    assert_eq!(redeem(&people, &made, &[]).await.0, 200, "which is not spent by that");

    let made = issue(&people, "openid");
    people.change(UPN, |user| user.enabled = false);
    assert_eq!(code(redeem(&people, &made, &[]).await), 50057);
}

async fn start(people: &People, scope: &str) -> Value {
    let url = people.tenant.url("/organizations/oauth2/v2.0/devicecode");
    let form = [("client_id", people.client_id.as_str()), ("scope", scope)];
    people.tenant.client.post(url).form(&form).send().await.unwrap().json().await.unwrap()
}

async fn poll(people: &People, started: &Value, grant: &str) -> (u16, Value) {
    people.token(&[("grant_type", grant), ("device_code", started["device_code"].as_str().unwrap())]).await
}

#[tokio::test]
async fn a_device_asks_until_somebody_answers() {
    const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
    let people = People::start().await;
    people.synced(UPN, PASSWORD);
    let ana = people.number(UPN);
    let decide = |started: &Value, yes: bool| {
        let (user_code, now) = (started["user_code"].as_str().unwrap(), clock::now().as_second());
        let decide = if yes { device::approve } else { device::refuse };
        assert!(people.store(|connection| decide(connection, user_code, ana, now)));
    };
    let started = start(&people, "openid profile User.Read").await;
    assert_eq!((&started["interval"], &started["expires_in"]), (&json!(5), &json!(900)));
    assert_eq!(started["verification_uri"], json!(people.tenant.url("/devicelogin")));
    let told = async |grant| {
        let (status, body) = poll(&people, &started, grant).await;
        (body["error"].as_str().unwrap().to_owned(), code((status, body)))
    };
    assert_eq!(told(GRANT).await, ("authorization_pending".to_owned(), 70016));
    assert_eq!(told("device_code").await, ("slow_down".to_owned(), 70016));
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(told(GRANT).await, ("authorization_pending".to_owned(), 70016));
    decide(&started, true);
    let (status, body) = poll(&people, &started, "device_code").await;
    assert_eq!((status, &payload(&body["id_token"])["preferred_username"]), (200, &json!(UPN)), "{body}");
    assert_eq!(told(GRANT).await, ("bad_verification_code".to_owned(), 70018));

    let refused = start(&people, "openid").await;
    decide(&refused, false);
    let (status, body) = poll(&people, &refused, GRANT).await;
    assert_eq!((&body["error"], code((status, body.clone()))), (&json!("authorization_declined"), 70017));
    let blocked = start(&people, "openid").await;
    decide(&blocked, true);
    people.change(UPN, |user| user.enabled = false);
    assert_eq!(code(poll(&people, &blocked, GRANT).await), 50057);
    for (scope, expected) in [("Mail.Read", 65001), ("", 900_144)] {
        assert_eq!(start(&people, scope).await["error_codes"], json!([expected]));
    }
}
