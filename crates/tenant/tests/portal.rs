//! The portal as a browser without JavaScript meets it: real TLS, real cookies, real forms.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

mod browsing;
mod support;

#[path = "portal/objects.rs"]
mod objects;

use browsing::{ADMIN_PASSWORD, Browser};
use reqwest::{Method, StatusCode};
use samesign_tenant::Admin;
use samesign_tenant::admin::NewAccount;
use support::Tenant;

/// The address of the user's page, from the list.
fn user_page(html: &str, name: &str) -> String {
    let before = html.split(&format!("\">{name}</a>")).next().unwrap();
    before.rsplit("href=\"").next().unwrap().to_owned()
}

const PAGES: [&str; 11] = [
    "/portal",
    "/portal/users",
    "/portal/users/new",
    "/portal/groups",
    "/portal/contacts",
    "/portal/deleted",
    "/portal/deleted?kind=groups",
    "/portal/sign-ins",
    "/portal/synchronization",
    "/portal/domains",
    "/portal/licences",
];

/// Every address that takes a form.
const FORMS: [&str; 12] = [
    "/portal/synchronization",
    "/portal/synchronization/rules",
    "/portal/synchronization/deletions",
    "/portal/deleted/x/restore",
    "/portal/deleted/x/remove",
    "/portal/users/x/delete",
    "/portal/users",
    "/portal/users/x/licences",
    "/portal/users/x/licences/remove",
    "/portal/users/x/location",
    "/portal/users/x/password",
    "/portal/users/x/sign-in",
];

#[tokio::test]
async fn without_a_session_every_page_leads_to_the_sign_in_and_every_form_changes_nothing() {
    let tenant = Tenant::start().await;
    let mut browser = Browser::new(&tenant);
    for path in PAGES.iter().chain(&["/portal/users/some-id", "/portal/groups/some-id", "/portal/contacts/some-id"]) {
        let shown = browser.get(path).await;
        assert_eq!(shown.location.as_deref(), Some("/sign-in?to=portal"), "{path}");
    }
    for path in FORMS {
        let shown = browser.post(path, &[("switch", "on")]).await;
        assert_eq!(shown.location.as_deref(), Some("/sign-in?to=portal"), "{path}");
    }
    assert_eq!(Admin::open(tenant.folder.path()).unwrap().sync_status().unwrap().state, "off");
}

#[tokio::test]
async fn the_one_time_password_opens_nothing_but_the_choice_of_another() {
    let tenant = Tenant::start().await;
    let mut browser = Browser::new(&tenant);
    let (upn, one_time) = (tenant.report.admin.upn.as_str(), tenant.report.admin.password.expose());
    browser.type_password("portal", upn, one_time).await;
    for path in PAGES {
        assert_eq!(browser.get(path).await.location.as_deref(), Some("/password?to=portal"), "{path}");
    }
    for path in FORMS {
        assert_eq!(browser.post(path, &[("switch", "on")]).await.location.as_deref(), Some("/password?to=portal"), "{path}");
    }
    for (new, again) in [("short", "short"), ("alllowercase", "alllowercase"), (ADMIN_PASSWORD, "Correct-Horse-8"), (one_time, one_time)] {
        let shown = browser.submit("/password?to=portal", "/password", &[("new", new), ("again", again)]).await;
        assert_eq!(shown.status, StatusCode::BAD_REQUEST, "{new}");
    }
    let before = browser.cookies.clone();
    let chosen = [("to", "portal"), ("new", ADMIN_PASSWORD), ("again", ADMIN_PASSWORD)];
    browser.submit("/password?to=portal", "/password", &chosen).await;
    assert_eq!(browser.get("/portal/users").await.status, StatusCode::OK);
    let mut old_session = Browser { tenant: &tenant, cookies: before };
    assert_eq!(old_session.get("/portal/users").await.location.as_deref(), Some("/sign-in?to=portal"));

    let mut again = Browser::new(&tenant);
    assert_eq!(again.type_password("portal", upn, one_time).await.status, StatusCode::UNAUTHORIZED, "it served once");
}

#[tokio::test]
async fn the_portal_is_for_global_administrators_alone() {
    let tenant = Tenant::start().await;
    let admin = Admin::open(tenant.folder.path()).unwrap();
    let password = || Some(samesign_wire::Secret::new("Battery-Staple-1".to_owned()));
    for (upn, role) in [("ana@contoso.example", None), ("bob@contoso.example", Some("User Administrator".to_owned()))] {
        let account = NewAccount { upn: upn.to_owned(), display_name: upn.to_owned(), password: password(), role, ..NewAccount::default() };
        admin.add_user(&account).unwrap();
        let mut browser = Browser::new(&tenant);
        let shown = browser.type_password("portal", upn, "Battery-Staple-1").await;
        assert_eq!(shown.location.as_deref(), Some("/portal/users"));
        for path in PAGES {
            let shown = browser.get(path).await;
            assert_eq!(shown.status, StatusCode::FORBIDDEN, "{path}");
            assert!(shown.html.contains("it needs the role Global Administrator"), "{path}");
        }
        let token = browser.get("/portal/users").await.field("csrf");
        for path in FORMS {
            assert_eq!(browser.post(path, &[("switch", "on"), ("csrf", &token)]).await.status, StatusCode::FORBIDDEN, "{path}");
        }
    }
    assert_eq!(admin.sync_status().unwrap().state, "off");
}

#[tokio::test]
async fn a_form_without_its_token_or_from_elsewhere_changes_nothing() {
    let tenant = Tenant::start().await;
    let mut browser = Browser::new(&tenant);
    browser.sign_in().await;
    let token = browser.get("/portal/synchronization").await.field("csrf");
    let ours: &[(&str, &str)] = &[("sec-fetch-site", "same-origin")];
    let cases: [(&str, &[(&str, &str)]); 5] = [
        ("", ours),
        ("wrong", ours),
        (&token, &[("sec-fetch-site", "cross-site")]),
        (&token, &[("origin", "https://evil.example")]),
        (&token, &[]),
    ];
    for path in FORMS {
        for (token, headers) in cases {
            let shown = browser.request(Method::POST, path, &[("switch", "on"), ("csrf", token)], headers).await;
            assert_eq!(shown.status, StatusCode::FORBIDDEN, "{path} {headers:?}");
            assert!(shown.html.contains("name the time and the number"));
        }
    }
    assert_eq!(Admin::open(tenant.folder.path()).unwrap().sync_status().unwrap().state, "off");
    assert_eq!(browser.get("/portal/users").await.status, StatusCode::OK, "still signed in");
}

#[tokio::test]
async fn an_administrator_adds_a_user_and_gives_a_location_and_a_licence() {
    let tenant = Tenant::start().await;
    let mut browser = Browser::new(&tenant);
    browser.sign_in().await;
    let fields = [("display_name", "Ana <Ruiz>"), ("alias", "ana"), ("domain", "contoso.example"), ("location", ""), ("licence", "")];
    let shown = browser.submit("/portal/users/new", "/portal/users", &fields).await;
    assert_eq!(shown.status, StatusCode::OK, "{}", shown.html);
    assert!(shown.html.contains("one-time password"));
    let shown = browser.submit("/portal/users/new", "/portal/users", &fields).await;
    assert_eq!(shown.status, StatusCode::BAD_REQUEST);
    assert!(
        shown.html.contains("belongs to another user or group already") && shown.html.contains("value=\"Ana &#60;Ruiz&#62;\""),
        "{}",
        shown.html
    );

    let list = browser.get("/portal/users?q=ana").await.html;
    assert!(list.contains("In cloud") && !list.contains("<Ruiz>"));
    let page = user_page(&list, "Ana &#60;Ruiz&#62;");
    let licences = format!("{page}/licences");
    let shown = browser.submit(&page, &licences, &[("sku", "ENTERPRISEPACK")]).await;
    assert_eq!(shown.status, StatusCode::BAD_REQUEST);
    assert!(shown.html.contains("The user has no usage location"), "{}", shown.html);

    let shown = browser.submit(&page, &format!("{page}/location"), &[("location", "es")]).await;
    assert_eq!(shown.location, Some(format!("{page}?done=location-set")));
    let shown = browser.submit(&page, &licences, &[("sku", "ENTERPRISEPACK")]).await;
    assert_eq!(shown.location, Some(format!("{page}?done=licence-given")));
    let html = browser.get(&format!("{page}?done=licence-given")).await.html;
    assert!(html.contains("The licence was given.") && html.contains("Office 365 E3") && html.contains("value=\"ES\""));
    let shown = browser.submit(&page, &format!("{licences}/remove"), &[("sku", "ENTERPRISEPACK")]).await;
    assert_eq!(shown.location, Some(format!("{page}?done=licence-taken")));
}

#[tokio::test]
async fn the_switch_says_what_it_does_and_does_it() {
    let tenant = Tenant::start().await;
    let mut browser = Browser::new(&tenant);
    browser.sign_in().await;
    let admin = Admin::open(tenant.folder.path()).unwrap();
    let page = "/portal/synchronization";
    assert!(browser.get(page).await.html.contains("Synchronization is off."));
    browser.submit(page, page, &[("switch", "on")]).await;
    assert_eq!(admin.sync_status().unwrap().state, "on");
    assert!(browser.get(page).await.html.contains("Synchronization is on."));
    browser.submit(page, page, &[("switch", "off")]).await;
    assert_eq!(admin.sync_status().unwrap().state, "off");
    admin.enable_sync(std::time::Duration::from_secs(3_600)).unwrap();
    assert!(browser.get(page).await.html.contains("not in effect yet"), "a command's effect shows at once");
}

#[tokio::test]
async fn the_settings_of_passwords_are_shown_and_switched() {
    let tenant = Tenant::start().await;
    let mut browser = Browser::new(&tenant);
    browser.sign_in().await;
    let page = "/portal/synchronization";
    let html = browser.get(page).await.html;
    assert!(html.contains("None has come yet") && html.contains("0 of 0 synced"), "{html}");
    for (feature, words) in [("force-change", "change at next sign-in"), ("cloud-policy", "the cloud's password policy")] {
        for (switch, offered, done) in [("on", "off", "password-feature-on"), ("off", "on", "password-feature-off")] {
            let shown = browser.submit(page, page, &[("feature", feature), ("switch", switch)]).await;
            assert_eq!(shown.location, Some(format!("{page}?done={done}")));
            let html = browser.get(page).await.html;
            let button = format!("value=\"{offered}\">Switch {offered}<span class=\"unseen\"> {words}</span>");
            assert!(html.contains(&button), "{feature} {switch}: {html}");
        }
    }
    let refused = browser.submit(page, page, &[("feature", "anything"), ("switch", "on")]).await;
    assert_eq!(refused.status, 400);
    let admin = Admin::open(tenant.folder.path()).unwrap();
    assert_eq!(admin.sync_status().unwrap().state, "off", "a setting of passwords does not switch the whole");
}

#[tokio::test]
async fn the_list_pages_through_everyone_once_in_both_directions() {
    let tenant = Tenant::start().await;
    let admin = Admin::open(tenant.folder.path()).unwrap();
    for number in 0..120 {
        let upn = format!("user{number}@contoso.example");
        admin.add_user(&NewAccount { upn, display_name: format!("User {number:03}"), ..NewAccount::default() }).unwrap();
    }
    let mut browser = Browser::new(&tenant);
    browser.sign_in().await;
    let names = |html: &str| {
        html.split("<th scope=\"row\">")
            .skip(1)
            .map(|row| row.split("</a>").next().unwrap().rsplit('>').next().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let link = |html: &str, rel: &str| {
        let start = html.find(&format!("rel=\"{rel}\" href=\""))? + format!("rel=\"{rel}\" href=\"").len();
        Some(html[start..].split('"').next().unwrap().replace("&#38;", "&"))
    };
    let (mut path, mut seen, mut last) = (Some("/portal/users".to_owned()), Vec::new(), String::new());
    while let Some(next) = path {
        last = browser.get(&next).await.html;
        seen.push(names(&last));
        path = link(&last, "next");
    }
    assert_eq!(seen.iter().map(Vec::len).collect::<Vec<_>>(), [50, 50, 21]);
    let all = seen.concat();
    assert!(all.is_sorted() && all.len() == 121, "{all:?}");
    assert!(last.contains("101 to 121 of 121"));

    let mut back = vec![names(&last)];
    while let Some(previous) = link(&last, "prev") {
        last = browser.get(&previous).await.html;
        back.insert(0, names(&last));
    }
    assert_eq!(back, seen);
    assert!(last.contains("1 to 50 of 121"), "{last}");

    let html = browser.get("/portal/users?q=user+11").await.html;
    assert_eq!(names(&html).len(), 11, "11, and 110 to 119");
    assert!(browser.get("/portal/users?status=synced").await.html.contains("No user matches."));
}

#[tokio::test]
async fn every_page_forbids_scripts_frames_and_foreign_content() {
    let tenant = Tenant::start().await;
    let mut browser = Browser::new(&tenant);
    browser.sign_in().await;
    let cookies: Vec<String> = browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    for path in PAGES.iter().chain(&["/portal/users/none", "/portal/groups/none", "/portal/contacts/none", "/assets/style-0.1.0.css"]) {
        let response = tenant.client.get(tenant.url(path)).header("cookie", cookies.join("; ")).send().await.unwrap();
        let headers = response.headers().clone();
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(
            policy.starts_with("default-src 'none'; ") && policy.contains("style-src 'self'") && policy.contains("frame-ancestors 'none'"),
            "{path}"
        );
        assert!(!policy.contains("unsafe") && !policy.contains("http"), "{path}");
        assert_eq!(
            (&headers["x-content-type-options"], headers.contains_key("strict-transport-security")),
            (&"nosniff".parse().unwrap(), true)
        );
        let html = response.text().await.unwrap();
        for forbidden in ["<script", "style=\"", "onclick", "http://", "https://"] {
            assert!(!html.contains(forbidden), "{forbidden} in {path}");
        }
    }
}
