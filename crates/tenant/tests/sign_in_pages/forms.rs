//! What holds for every page and every form: tokens, cookies, headers.

use reqwest::{Method, StatusCode};

use super::app::{PASSWORD, SmallApp, add_person};
use crate::browsing::Browser;
use crate::support::Tenant;

const ANA: &str = "ana@contoso.example";

#[tokio::test]
async fn a_form_without_its_token_or_from_elsewhere_does_nothing() {
    let tenant = Tenant::start().await;
    add_person(&tenant, ANA);
    let mut browser = Browser::new(&tenant);
    let open = browser.get("/sign-in").await.field("csrf");
    browser.type_password("account", ANA, PASSWORD).await;
    let session = browser.get("/account").await.field("csrf");
    let ours: &[(&str, &str)] = &[("sec-fetch-site", "same-origin")];
    let forms = [
        ("/sign-in", &open),
        ("/devicelogin", &open),
        ("/devicelogin/answer", &session),
        ("/account/password", &session),
        ("/sign-out", &session),
        ("/password", &session),
        ("/common/oauth2/v2.0/logout", &session),
    ];
    let fields =
        [("upn", ANA), ("password", PASSWORD), ("user_code", "X"), ("answer", "yes"), ("current", PASSWORD), ("new", "x"), ("again", "x")];
    for (path, token) in forms {
        let cases: [(&str, &[(&str, &str)]); 6] = [
            ("", ours),
            ("wrong", ours),
            (if *token == open { &session } else { &open }, ours),
            (token, &[("sec-fetch-site", "cross-site")]),
            (token, &[("origin", "https://evil.example")]),
            (token, &[]),
        ];
        for (csrf, headers) in cases {
            let mut form = fields.to_vec();
            form.push(("csrf", csrf));
            let before = browser.cookies.clone();
            let shown = browser.request(Method::POST, path, &form, headers).await;
            assert_eq!(shown.status, StatusCode::FORBIDDEN, "{path} {headers:?}");
            assert_eq!(browser.cookies, before, "{path} {headers:?}");
        }
    }
    assert_eq!(browser.get("/account").await.status, StatusCode::OK, "still signed in");
}

#[tokio::test]
async fn a_session_that_was_planted_or_guessed_is_nobodys() {
    let tenant = Tenant::start().await;
    add_person(&tenant, ANA);
    let mut browser = Browser::new(&tenant);
    let planted = "A".repeat(43);
    browser.cookies.insert("__Host-samesign-session".to_owned(), planted.clone());
    browser.type_password("account", ANA, PASSWORD).await;
    assert_ne!(browser.cookies["__Host-samesign-session"], planted, "the sign-in makes its own");
    let mut thief = Browser::new(&tenant);
    thief.cookies.insert("__Host-samesign-session".to_owned(), planted);
    assert!(thief.get("/account").await.onward().starts_with("/sign-in"));
}

#[tokio::test]
async fn every_page_forbids_scripts_frames_and_copies() {
    let tenant = Tenant::start().await;
    add_person(&tenant, ANA);
    let app = SmallApp::register(&tenant, "https://app.example/", true);
    let mut browser = Browser::new(&tenant);
    browser.type_password("account", ANA, PASSWORD).await;
    let paths = [
        "/",
        "/sign-in",
        "/sign-in?to=portal",
        "/password",
        "/account",
        "/account/password",
        "/devicelogin",
        "/devicelogin?user_code=x",
        "/common/oauth2/v2.0/logout",
        "/common/oauth2/v2.0/authorize",
        &app.request(&[("prompt", "select_account")]),
        &app.request(&[("redirect_uri", "https://evil.example/")]),
    ];
    for path in paths {
        let shown = browser.get(path).await;
        let policy = shown.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}");
        assert!(policy.contains("form-action 'self'") && !policy.contains("script") && !policy.contains("unsafe"), "{path}");
        let header = |name: &str| shown.headers[name].to_str().unwrap().to_owned();
        assert_eq!((header("x-frame-options"), header("cache-control")), ("DENY".to_owned(), "no-store".to_owned()), "{path}");
        assert_eq!(
            (header("referrer-policy"), header("x-content-type-options")),
            ("same-origin".to_owned(), "nosniff".to_owned()),
            "{path}"
        );
        assert!(shown.headers.contains_key("strict-transport-security"));
        for forbidden in ["<script", "style=\"", "onclick"] {
            assert!(!shown.html.contains(forbidden), "{forbidden} in {path}");
        }
    }
}
