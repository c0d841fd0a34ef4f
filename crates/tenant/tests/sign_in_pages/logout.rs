//! Sign-out.

use super::app::{PASSWORD, SmallApp, VERIFIER, add_person};
use crate::browsing::Browser;
use crate::support::Tenant;

const ANA: &str = "ana@contoso.example";
const LOGOUT: &str = "/common/oauth2/v2.0/logout";

fn logout(parameters: &[(&str, &str)]) -> String {
    format!("{LOGOUT}?{}", form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish())
}

#[tokio::test]
async fn a_link_signs_nobody_out_and_the_button_does() {
    let tenant = Tenant::start().await;
    add_person(&tenant, ANA);
    let app = SmallApp::register(&tenant, "https://app.example/callback", true);
    let mut browser = Browser::new(&tenant);
    browser.type_password("account", ANA, PASSWORD).await;
    let kept = browser.cookies.clone();
    let link = logout(&[("post_logout_redirect_uri", &app.redirect_uri), ("client_id", &app.client_id), ("state", "s 1")]);
    let asked = browser.get(&link).await;
    assert!(asked.html.contains("Sign out?") && asked.html.contains(ANA));
    assert_eq!(browser.get("/account").await.status, 200, "still signed in");
    let fields = ["csrf", "back", "client", "state"].map(|name| (name, asked.field(name)));
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let done = browser.post(LOGOUT, &fields).await;
    assert_eq!(done.onward(), "https://app.example/callback?state=s+1");
    assert!(!browser.cookies.contains_key("__Host-samesign-session"));
    for path in ["/account", "/portal/users"] {
        let mut stolen = Browser { tenant: &tenant, cookies: kept.clone() };
        assert!(stolen.get(path).await.onward().starts_with("/sign-in"), "the session is over at the server");
    }
    let again = browser.get(&link).await;
    assert_eq!(again.location.as_deref(), Some("https://app.example/callback?state=s+1"), "nobody is there to be asked");
}

#[tokio::test]
async fn an_application_that_shows_who_is_signed_in_need_not_ask() {
    let tenant = Tenant::start().await;
    add_person(&tenant, ANA);
    add_person(&tenant, "bob@contoso.example");
    let app = SmallApp::register(&tenant, "https://app.example/callback", true);
    let mut bob = Browser::new(&tenant);
    bob.type_password("account", "bob@contoso.example", PASSWORD).await;
    let mut ana = Browser::new(&tenant);
    ana.type_password("account", ANA, PASSWORD).await;
    let code = ana.get(&app.request(&[])).await.parameters()["code"].clone();
    let (status, tokens) = tenant
        .token(&[
            ("grant_type", "authorization_code"),
            ("client_id", &app.client_id),
            ("code", &code),
            ("redirect_uri", &app.redirect_uri),
            ("code_verifier", VERIFIER),
        ])
        .await;
    assert_eq!(status, 200, "{tokens}");
    let token = tokens["id_token"].as_str().unwrap();
    let link = logout(&[("id_token_hint", token), ("post_logout_redirect_uri", &app.redirect_uri)]);
    assert!(bob.get(&link).await.html.contains("Sign out?"), "the hint is another's");
    let forged = format!("{}x", &token[..token.len() - 1]);
    assert!(ana.get(&logout(&[("id_token_hint", &forged)])).await.html.contains("Sign out?"));
    assert_eq!(ana.get(&link).await.location.as_deref(), Some("https://app.example/callback"));
    assert!(ana.get("/account").await.onward().starts_with("/sign-in"));
}

#[tokio::test]
async fn sign_out_leads_only_where_the_application_has_registered() {
    let tenant = Tenant::start().await;
    let app = SmallApp::register(&tenant, "https://app.example/callback", true);
    let mut browser = Browser::new(&tenant);
    let client = ("client_id", app.client_id.as_str());
    let addresses = [
        "https://evil.example/",
        "//evil.example",
        "https://app.example/callback/",
        "https://app.example/callback?x",
        "javascript:alert(1)",
    ];
    for address in addresses {
        let shown = browser.get(&logout(&[client, ("post_logout_redirect_uri", address)])).await;
        assert!(shown.location.is_none() && shown.html.contains("You are signed out") && !shown.html.contains("http-equiv"), "{address}");
    }
    let nobody = browser.get(&logout(&[("post_logout_redirect_uri", &app.redirect_uri), ("client_id", "another")])).await;
    assert!(nobody.location.is_none());
}

#[tokio::test]
async fn the_button_of_every_page_signs_out() {
    let tenant = Tenant::start().await;
    add_person(&tenant, ANA);
    let mut browser = Browser::new(&tenant);
    browser.type_password("account", ANA, PASSWORD).await;
    let csrf = browser.get("/account").await.field("csrf");
    let done = browser.post("/sign-out", &[("csrf", &csrf)]).await;
    assert!(done.html.contains("You are signed out"));
    assert!(browser.get("/").await.onward().starts_with("/sign-in"));
}
