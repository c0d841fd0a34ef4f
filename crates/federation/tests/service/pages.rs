//! Pages: nothing from outside becomes markup, and none may do more than it has to.

use crate::rig::{BOARD, Rig, TENANT, WIKI, password, query, tenant_request, upn};
use crate::saml::{redirected, request};

/// What breaks pages that do not escape.
const AWKWARD: [&str; 12] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onfocus=alert(1) autofocus='",
    "</textarea></title><svg onload=alert(1)>",
    "{{7*7}}${7*7}<%= 7*7 %>",
    "&lt;script&gt;&#60;b&#62;",
    "javascript:alert(1)",
    "<!--",
    "]]>",
    "\u{202e}drawkcab",
    "a\u{0}b",
    "😀 ü <b>",
];

pub async fn nothing_that_comes_from_outside_becomes_markup(rig: &Rig) {
    let mut browser = rig.browser();
    let mut signed_in = rig.browser();
    rig.sign_in(&mut signed_in, 3).await;
    let plain = browser.follow(&rig.ls(&tenant_request("x"))).await.body;
    for text in AWKWARD {
        let hinted = query(&[("wa", "wsignin1.0"), ("wtrealm", TENANT), ("username", text), ("wctx", text)]);
        let form = browser.follow(&rig.ls(&hinted)).await;
        assert_eq!(form.field("name").as_deref(), Some(text.trim()), "{text:?}");
        assert_eq!(tags(&form.body), tags(&plain), "{text:?}");
        let refused = browser.submit(&form, &[("name", text), ("password", "wrong-password")]).await;
        assert_eq!(tags(&refused.body), tags(&plain) + 1, "a notice is added: {text:?}");
        let answer = signed_in.get(&rig.ls(&tenant_request(text))).await;
        assert_eq!(answer.field("wctx").as_deref(), Some(text));
        if !text.contains('\0') {
            let answer = signed_in.get(&redirected(rig, &request(WIKI), Some(text))).await;
            assert_eq!(answer.field("RelayState").as_deref(), Some(text));
            assert_eq!(answer.body.matches("<script").count(), 1);
        }
        let unknown = signed_in.get(&rig.ls(&query(&[("wa", "wsignin1.0"), ("wtrealm", text)]))).await;
        assert!(unknown.status == 400 && !unknown.body.contains(text), "{text:?}");
    }
    // A display name is somebody else's text as well.
    rig.domain.change(&["set", "u000018", "displayName=<script>alert(1)</script>"]);
    let mut browser = rig.browser();
    rig.sign_in(&mut browser, 18).await;
    let home = browser.follow("/").await;
    assert!(home.body.contains("as &#60;script&#62;alert(1)") && !home.body.contains("<script"), "{home:?}");
}

fn tags(html: &str) -> usize {
    html.matches('<').count() - html.matches("</div>").count()
}

pub async fn every_page_is_under_the_strict_policy(rig: &Rig) {
    let mut browser = rig.browser();
    let form = browser.follow(&rig.ls(&tenant_request("x"))).await;
    let refused = browser.get(&rig.ls("wa=x")).await;
    let wrong = browser.submit(&form, &[("name", "nobody"), ("password", "wrong-password")]).await;
    let post = browser.submit(&wrong, &[("name", &upn(3)), ("password", &password(3))]).await;
    let home = browser.follow("/").await;
    let board = browser.get(&rig.ls(&query(&[("wa", "wsignin1.0"), ("wtrealm", BOARD)]))).await;
    for page in [&form, &refused, &wrong, &post, &home, &board] {
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; ") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("unsafe") && policy.contains("form-action ") && policy.contains("base-uri 'none'"), "{policy}");
        assert_eq!((page.header("cache-control"), page.header("x-content-type-options")), ("no-store", "nosniff"));
        assert!(page.header("strict-transport-security").starts_with("max-age="));
        assert_eq!(page.header("x-frame-options"), "DENY");
        let elsewhere = ["src=\"http", "url(http", "@import", "<style", " style=", "onclick"];
        assert!(elsewhere.iter().all(|text| !page.body.contains(text)), "{page:?}");
    }
    assert!(board.header("content-security-policy").contains("form-action https://board.example; "));
}
