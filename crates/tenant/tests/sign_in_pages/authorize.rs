//! The authorization endpoint.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::{Method, StatusCode};

use super::app::{PASSWORD, SmallApp, VERIFIER, add_person};
use crate::browsing::{Browser, unescaped};
use crate::support::Tenant;

const ANA: &str = "ana@contoso.example";
const CALLBACK: &str = "https://app.example/callback";

/// From the application's link to the page after the right password.
async fn walk(browser: &mut Browser<'_>, link: &str, upn: &str) -> crate::browsing::Shown {
    let shown = browser.get(link).await;
    assert_eq!(shown.status, StatusCode::SEE_OTHER, "{}", shown.html);
    let name = browser.get(&shown.onward()).await;
    assert!(name.html.contains("Small &#60;App&#62;"), "the page says for whom: {}", name.html);
    let (to, csrf) = (name.field("to"), name.field("csrf"));
    let password = browser.post("/sign-in", &[("to", &to), ("csrf", &csrf), ("upn", upn)]).await;
    assert!(password.html.contains("type=\"password\"") && password.html.contains(upn), "{}", password.html);
    let (to, csrf) = (password.field("to"), password.field("csrf"));
    browser.post("/sign-in", &[("to", &to), ("csrf", &csrf), ("upn", upn), ("password", PASSWORD)]).await
}

#[tokio::test]
async fn an_application_gets_a_code_that_serves_once() {
    let tenant = Tenant::start().await;
    let id = add_person(&tenant, ANA);
    let app = SmallApp::register(&tenant, CALLBACK, true);
    let mut browser = Browser::new(&tenant);
    let signed_in = walk(&mut browser, &app.request(&[("client_info", "1")]), ANA).await;
    assert_eq!(signed_in.status, StatusCode::OK, "no redirect may follow a form to another site: browsers would block it");
    let back = browser.get(&signed_in.onward()).await;
    let address = back.onward();
    assert!(address.starts_with("https://app.example/callback?code="), "{address}");
    let given = back.parameters();
    assert_eq!(given["state"], "a state & more");
    assert_eq!(given["iss"], format!("{}/{}/v2.0", tenant.server.url(), tenant.report.tenant_id));
    let info = String::from_utf8(URL_SAFE_NO_PAD.decode(&given["client_info"]).unwrap()).unwrap();
    assert_eq!(info, format!("{{\"uid\":\"{id}\",\"utid\":\"{}\"}}", tenant.report.tenant_id));

    let redeemed = app.redeem(&given["code"], Some(VERIFIER)).unwrap();
    assert_eq!((redeemed.scope.as_str(), redeemed.nonce.as_deref()), ("openid profile", Some("n-1")));
    assert!(app.redeem(&given["code"], Some(VERIFIER)).is_err(), "it served once");
}

#[tokio::test]
async fn who_is_signed_in_is_not_asked_again_by_another_application() {
    let tenant = Tenant::start().await;
    add_person(&tenant, ANA);
    let first = SmallApp::register(&tenant, CALLBACK, true);
    let second = SmallApp::register(&tenant, "https://second.example/", true);
    let mut browser = Browser::new(&tenant);
    let silent = browser.get(&second.request(&[("prompt", "none")])).await.parameters();
    assert_eq!((silent["error"].as_str(), silent["state"].as_str()), ("login_required", "a state & more"));
    assert!(silent["error_description"].starts_with("AADSTS50058: ") && silent.contains_key("iss"));

    walk(&mut browser, &first.request(&[]), ANA).await;
    for link in [second.request(&[]), second.request(&[("prompt", "none")]), second.request(&[("login_hint", "ANA@contoso.example")])] {
        let given = browser.get(&link).await.parameters();
        assert!(second.redeem(&given["code"], Some(VERIFIER)).is_ok(), "{link}");
    }
    // It insists on a sign-in, on a choice, or on somebody else.
    for wish in [("prompt", "login"), ("login_hint", "bob@contoso.example")] {
        assert!(browser.get(&second.request(&[wish])).await.onward().starts_with("/sign-in?to="), "{wish:?}");
    }
    let elsewhere = browser.get(&second.request(&[("prompt", "none"), ("login_hint", "bob@contoso.example")])).await;
    assert_eq!(elsewhere.parameters()["error"], "login_required");
    let choice = browser.get(&second.request(&[("prompt", "select_account")])).await;
    assert!(choice.html.contains("Choose an account") && choice.html.contains(ANA));
    let stay = choice.html.split("<li><a href=\"").nth(1).unwrap().split('"').next().map(unescaped).unwrap();
    assert!(browser.get(&stay).await.parameters().contains_key("code"));
}

#[tokio::test]
async fn a_sign_in_that_is_insisted_on_happens_once_and_the_hint_skips_the_name() {
    let tenant = Tenant::start().await;
    add_person(&tenant, ANA);
    let app = SmallApp::register(&tenant, CALLBACK, true);
    let mut browser = Browser::new(&tenant);
    walk(&mut browser, &app.request(&[]), ANA).await;
    let before = browser.cookies["__Host-samesign-session"].clone();
    let asked = browser.get(&app.request(&[("prompt", "login"), ("login_hint", ANA)])).await.onward();
    let page = browser.get(&asked).await;
    assert!(page.html.contains("Enter your password") && page.html.contains(ANA));
    let (to, csrf) = (page.field("to"), page.field("csrf"));
    let signed_in = browser.post("/sign-in", &[("to", &to), ("csrf", &csrf), ("upn", ANA), ("password", PASSWORD)]).await;
    assert!(browser.get(&signed_in.onward()).await.parameters().contains_key("code"), "not asked twice");
    assert_ne!(browser.cookies["__Host-samesign-session"], before, "each sign-in has a session of its own");
    let mut old = Browser::new(&tenant);
    old.cookies.insert("__Host-samesign-session".to_owned(), before);
    assert!(old.get("/account").await.onward().starts_with("/sign-in"), "and ends the one before");
}

#[tokio::test]
async fn the_answer_comes_where_the_application_wants_it() {
    let tenant = Tenant::start().await;
    add_person(&tenant, ANA);
    let app = SmallApp::register(&tenant, "https://app.example/callback?kept=1", false);
    let mut browser = Browser::new(&tenant);
    walk(&mut browser, &app.request(&[]), ANA).await;
    let query = browser.get(&app.request(&[])).await.onward();
    assert!(query.starts_with("https://app.example/callback?kept=1&code="), "{query}");
    let fragment = browser.get(&app.request(&[("response_mode", "fragment")])).await.onward();
    assert!(fragment.starts_with("https://app.example/callback?kept=1#code="), "{fragment}");

    let state = ("state", "\"><script>alert(1)</script>");
    let posted = browser.get(&app.request(&[("response_mode", "form_post"), state])).await;
    assert!(posted.html.contains("method=\"post\" action=\"https://app.example/callback?kept=1\""), "{}", posted.html);
    assert_eq!((posted.field("state"), posted.html.contains("<script>")), (state.1.to_owned(), false));
    assert!(app.redeem(&posted.field("code"), Some(VERIFIER)).is_ok());
    let policy = posted.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'self'") && policy.contains("frame-ancestors 'none'"));
    assert!(!policy.contains("unsafe") && !policy.contains("form-action"), "{policy}");

    // A form from another site brings no cookies: it is sent round once more, with them.
    let link = app.request(&[]);
    let (path, query) = link.split_once('?').unwrap();
    let form: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let round = browser.request(Method::POST, path, &form, &[("origin", "https://app.example"), ("sec-fetch-site", "cross-site")]).await;
    assert!(browser.get(&round.onward()).await.parameters().contains_key("code"));
}

#[tokio::test]
async fn faults_are_told_to_the_application_and_never_lead_to_a_code() {
    let tenant = Tenant::start().await;
    add_person(&tenant, ANA);
    let app = SmallApp::register(&tenant, CALLBACK, true);
    let mut browser = Browser::new(&tenant);
    walk(&mut browser, &app.request(&[]), ANA).await;
    let cases: [(&[(&str, &str)], &str); 16] = [
        (&[("response_type", "token")], "unsupported_response_type"),
        (&[("response_type", "code id_token")], "unsupported_response_type"),
        (&[("response_type", "")], "invalid_request"),
        (&[("response_mode", "web_message")], "invalid_request"),
        (&[("scope", "")], "invalid_request"),
        (&[("scope", "openid Mail.Read")], "consent_required"),
        (&[("scope", "https://evil.example/User.Read")], "invalid_resource"),
        (&[("code_challenge", ""), ("code_challenge_method", "")], "invalid_request"),
        (&[("code_challenge_method", "plain")], "invalid_request"),
        (&[("code_challenge_method", "")], "invalid_request"),
        (&[("code_challenge", "short")], "invalid_request"),
        (&[("prompt", "none login")], "invalid_request"),
        (&[("prompt", "fly")], "invalid_request"),
        (&[("request_uri", "https://evil.example/request")], "request_not_supported"),
        (&[("state", "1"), ("state", "2")], "invalid_request"),
        (&[("scope", "openid"), ("scope", "User.Read")], "invalid_request"),
    ];
    for (changes, expected) in cases {
        let shown = browser.get(&app.request(changes)).await;
        assert!(shown.onward().starts_with("https://app.example/callback?error="), "{changes:?}");
        let given = shown.parameters();
        assert_eq!(given["error"], expected, "{changes:?}");
        assert!(given["error_description"].starts_with("AADSTS") && !given.contains_key("code"), "{changes:?}");
    }
}

#[tokio::test]
async fn a_confidential_application_may_do_without_a_challenge_and_both_generations_answer() {
    let tenant = Tenant::start().await;
    add_person(&tenant, ANA);
    let app = SmallApp::register(&tenant, CALLBACK, false);
    let mut browser = Browser::new(&tenant);
    walk(&mut browser, &app.request(&[]), ANA).await;
    let without = app.request(&[("code_challenge", ""), ("code_challenge_method", "")]);
    let given = browser.get(&without).await.parameters();
    assert!(app.redeem(&given["code"], None).is_ok());
    let first = app.request(&[("scope", ""), ("resource", "https://graph.microsoft.com")]);
    for tenant_name in ["contoso.example", &tenant.report.tenant_id, "common", "organizations"] {
        let link = first.replace("/v2.0/", "/").replace("contoso.onmicrosoft.com", tenant_name);
        let given = browser.get(&link).await.parameters();
        let redeemed = app.redeem(&given["code"], Some(VERIFIER)).unwrap();
        assert!(redeemed.scope.contains("https://graph.microsoft.com/.default"), "{}", redeemed.scope);
    }
    let elsewhere = browser.get(&first.replace("contoso.onmicrosoft.com", "fabrikam.example")).await;
    assert!(elsewhere.location.is_none() && elsewhere.html.contains("AADSTS90002"), "{}", elsewhere.html);
}

#[tokio::test]
async fn a_handed_out_password_gives_no_code_before_it_is_replaced() {
    let tenant = Tenant::start().await;
    let app = SmallApp::register(&tenant, CALLBACK, true);
    let mut browser = Browser::new(&tenant);
    let (upn, one_time) = (tenant.report.admin.upn.as_str(), tenant.report.admin.password.expose());
    let page = browser.get(&app.request(&[])).await.onward();
    let to = browser.get(&page).await.field("to");
    let shown = browser.type_password(&to, upn, one_time).await;
    assert!(shown.onward().starts_with("/password?to="));
    assert!(browser.get(&app.request(&[])).await.onward().starts_with("/password?to="));
    assert_eq!(browser.get(&app.request(&[("prompt", "none")])).await.parameters()["error"], "interaction_required");
    let page = browser.get(&shown.onward()).await;
    let (to, csrf) = (page.field("to"), page.field("csrf"));
    let done = browser.post("/password", &[("to", &to), ("csrf", &csrf), ("new", "Correct-Horse-7"), ("again", "Correct-Horse-7")]).await;
    assert!(browser.get(&done.onward()).await.parameters().contains_key("code"), "on the way it was on");
}
