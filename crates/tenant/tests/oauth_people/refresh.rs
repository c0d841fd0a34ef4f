//! Refresh tokens.

use serde_json::{Value, json};

use crate::people_support::{PASSWORD, People};
use crate::{code, payload};

const UPN: &str = "ana@contoso.example";

async fn sign_in(people: &People, password: &str) -> String {
    let (status, body) = people.by_password(UPN, password, "openid offline_access User.Read").await;
    assert_eq!(status, 200, "{body}");
    token(&body)
}

fn token(body: &Value) -> String {
    body["refresh_token"].as_str().unwrap().to_owned()
}

async fn refresh(people: &People, token: &str) -> (u16, Value) {
    people.token(&[("grant_type", "refresh_token"), ("refresh_token", token), ("scope", "openid offline_access User.Read")]).await
}

#[tokio::test]
async fn each_serves_once_and_one_that_comes_again_ends_them_all() {
    let people = People::start().await;
    people.synced(UPN, PASSWORD);
    let other_sign_in = sign_in(&people, PASSWORD).await;
    let first = sign_in(&people, PASSWORD).await;
    let (status, body) = refresh(&people, &first).await;
    assert_eq!((status, &payload(&body["access_token"])["upn"]), (200, &json!(UPN)));
    let second = token(&body);
    let (_, body) = refresh(&people, &second).await;
    let third = token(&body);
    assert_eq!(code(refresh(&people, &first).await), 50173);
    assert_eq!(code(refresh(&people, &third).await), 50173, "the robbed owner has to sign in again, and so has the thief");
    assert_eq!(refresh(&people, &other_sign_in).await.0, 200, "another sign-in goes on");
}

#[tokio::test]
async fn they_end_with_the_password_with_blocking_and_with_the_user() {
    let people = People::start().await;
    people.synced(UPN, PASSWORD);
    let before = sign_in(&people, PASSWORD).await;
    people.sync(UPN, "Changed in Windows", false, 2);
    assert_eq!(code(refresh(&people, &before).await), 50173);

    let before = sign_in(&people, "Changed in Windows").await;
    people.change(UPN, |user| user.enabled = false);
    assert_eq!(code(refresh(&people, &before).await), 50057);
    people.change(UPN, |user| user.enabled = true);
    assert_eq!(code(refresh(&people, &before).await), 50173, "one that was shown while blocked has ended");

    let before = sign_in(&people, "Changed in Windows").await;
    people.change(UPN, |user| user.deleted = Some(1));
    assert_eq!(code(refresh(&people, &before).await), 50173);
}

#[tokio::test]
async fn they_serve_their_own_application_alone() {
    let people = People::start().await;
    people.synced(UPN, PASSWORD);
    let mine = sign_in(&people, PASSWORD).await;
    let other = people.admin().add_public_app("other", &[]).unwrap();
    let form = [("grant_type", "refresh_token"), ("client_id", other.as_str()), ("refresh_token", &mine)];
    assert_eq!(code(people.tenant.token(&form).await), 50173);
    assert_eq!(refresh(&people, &mine).await.0, 200);
    assert_eq!(code(refresh(&people, "made up").await), 50173);

    let (confidential, secret) = people.confidential();
    let form = [
        ("client_id", confidential.as_str()),
        ("client_secret", secret.expose()),
        ("grant_type", "password"),
        ("username", UPN),
        ("password", PASSWORD),
        ("scope", "offline_access"),
    ];
    let (_, body) = people.tenant.token(&form).await;
    let theirs = token(&body);
    let without_proof = [("client_id", confidential.as_str()), ("grant_type", "refresh_token"), ("refresh_token", &theirs)];
    assert_eq!(code(people.tenant.token(&without_proof).await), 7_000_218);
}

#[tokio::test]
async fn an_application_with_a_secret_serves_people_without_it_on_their_own_machine() {
    let people = People::start().await;
    people.synced(UPN, PASSWORD);
    let (client_id, _secret) = people.confidential();
    let form = [
        ("client_id", client_id.as_str()),
        ("grant_type", "password"),
        ("username", UPN),
        ("password", PASSWORD),
        ("scope", "offline_access"),
    ];
    let (status, body) = people.tenant.token(&form).await;
    assert_eq!(status, 200, "{body}");
    let theirs = token(&body);
    let again = [("client_id", client_id.as_str()), ("grant_type", "refresh_token"), ("refresh_token", &theirs)];
    assert_eq!(people.tenant.token(&again).await.0, 200);
    let elsewhere = [
        ("client_id", client_id.as_str()),
        ("grant_type", "authorization_code"),
        ("code", "made-up"),
        ("redirect_uri", "https://app.example/in"),
        ("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
    ];
    assert_eq!(code(people.tenant.token(&elsewhere).await), 7_000_218, "a code that went to a server is redeemed with its proof");
    let own_machine = elsewhere.map(|(name, value)| (name, if name == "redirect_uri" { "http://localhost:8400" } else { value }));
    assert_eq!(code(people.tenant.token(&own_machine).await), 70000, "there is no such code");
}
