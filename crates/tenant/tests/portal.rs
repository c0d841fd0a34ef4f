//! The portal as a browser without JavaScript meets it: real TLS, real cookies, real forms.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

mod support;

use std::collections::HashMap;

use reqwest::{Method, StatusCode};
use samesign_tenant::Admin;
use samesign_tenant::admin::NewAccount;
use support::Tenant;

/// A browser: keeps cookies, says where its requests come from, and fills in forms it was shown.
struct Browser<'a> {
    tenant: &'a Tenant,
    cookies: HashMap<String, String>,
}

struct Shown {
    status: StatusCode,
    location: Option<String>,
    html: String,
}

impl Browser<'_> {
    fn new(tenant: &Tenant) -> Browser<'_> {
        Browser { tenant, cookies: HashMap::new() }
    }

    async fn request(&mut self, method: Method, path: &str, form: &[(&str, &str)], headers: &[(&str, &str)]) -> Shown {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = self.tenant.client.request(method.clone(), self.tenant.url(path)).header("cookie", cookies.join("; "));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if method == Method::POST {
            request = request.form(form);
        }
        let response = request.send().await.unwrap();
        for line in response.headers().get_all("set-cookie") {
            let line = line.to_str().unwrap();
            assert!(line.contains("; Path=/; Secure; HttpOnly; SameSite=Lax"), "{line}");
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            if line.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let location = response.headers().get("location").map(|value| value.to_str().unwrap().to_owned());
        Shown { status: response.status(), location, html: response.text().await.unwrap() }
    }

    async fn get(&mut self, path: &str) -> Shown {
        self.request(Method::GET, path, &[], &[("sec-fetch-site", "none")]).await
    }

    /// Opens `page`, takes the form's token from it, and sends the form to `path` as that page would.
    async fn submit(&mut self, page: &str, path: &str, fields: &[(&str, &str)]) -> Shown {
        let token = csrf(&self.get(page).await.html);
        let mut form = fields.to_vec();
        form.push(("csrf", &token));
        self.request(Method::POST, path, &form, &[("sec-fetch-site", "same-origin")]).await
    }

    /// Signs the first administrator in with the password that `init` printed, and chooses another.
    async fn sign_in(&mut self) {
        let report = &self.tenant.report;
        let fields = [("upn", report.admin.upn.as_str()), ("password", report.admin.password.expose())];
        let shown = self.submit("/portal/sign-in", "/portal/sign-in", &fields).await;
        assert_eq!((shown.status, shown.location.as_deref()), (StatusCode::SEE_OTHER, Some("/portal/users")), "{}", shown.html);
        let fields = [("new", "Correct-Horse-7"), ("again", "Correct-Horse-7")];
        let shown = self.submit("/portal/password", "/portal/password", &fields).await;
        assert_eq!(shown.location.as_deref(), Some("/portal/users?done=password-changed"), "{}", shown.html);
    }
}

fn csrf(html: &str) -> String {
    let marker = "name=\"csrf\" value=\"";
    let start = html.find(marker).expect("a form with a token") + marker.len();
    html[start..].split('"').next().unwrap().to_owned()
}

/// The address of the user's page, from the list.
fn user_page(html: &str, name: &str) -> String {
    let before = html.split(&format!("\">{name}</a>")).next().unwrap();
    before.rsplit("href=\"").next().unwrap().to_owned()
}

const PAGES: [&str; 6] =
    ["/portal", "/portal/users", "/portal/users/new", "/portal/synchronization", "/portal/domains", "/portal/licences"];

#[tokio::test]
async fn without_a_session_every_page_leads_to_the_sign_in_and_every_form_changes_nothing() {
    let tenant = Tenant::start().await;
    let mut browser = Browser::new(&tenant);
    for path in PAGES.iter().chain(&["/portal/users/some-id", "/portal/password"]) {
        let shown = browser.get(path).await;
        assert_eq!(shown.location.as_deref(), Some("/portal/sign-in"), "{path}");
    }
    for path in ["/portal/users", "/portal/synchronization", "/portal/password", "/portal/users/x/licences", "/portal/sign-out"] {
        let shown = browser.request(Method::POST, path, &[("switch", "on")], &[("sec-fetch-site", "same-origin")]).await;
        assert_eq!(shown.location.as_deref(), Some("/portal/sign-in"), "{path}");
    }
    assert_eq!(Admin::open(tenant.folder.path()).unwrap().sync_status().unwrap().state, "off");
}

#[tokio::test]
async fn the_one_time_password_opens_nothing_but_the_choice_of_another() {
    let tenant = Tenant::start().await;
    let mut browser = Browser::new(&tenant);
    let fields = [("upn", tenant.report.admin.upn.as_str()), ("password", tenant.report.admin.password.expose())];
    browser.submit("/portal/sign-in", "/portal/sign-in", &fields).await;
    for path in PAGES {
        assert_eq!(browser.get(path).await.location.as_deref(), Some("/portal/password"), "{path}");
    }
    for (new, again) in [("short", "short"), ("alllowercase", "alllowercase"), ("Correct-Horse-7", "Correct-Horse-8")] {
        let shown = browser.submit("/portal/password", "/portal/password", &[("new", new), ("again", again)]).await;
        assert_eq!(shown.status, StatusCode::BAD_REQUEST, "{new}");
    }
    let before = browser.cookies.clone();
    let chosen = [("new", "Correct-Horse-7"), ("again", "Correct-Horse-7")];
    browser.submit("/portal/password", "/portal/password", &chosen).await;
    assert_eq!(browser.get("/portal/users").await.status, StatusCode::OK);
    let mut old_session = Browser { tenant: &tenant, cookies: before };
    assert_eq!(old_session.get("/portal/users").await.location.as_deref(), Some("/portal/sign-in"));

    let mut again = Browser::new(&tenant);
    assert_eq!(again.submit("/portal/sign-in", "/portal/sign-in", &fields).await.status, StatusCode::UNAUTHORIZED, "it served once");
}

#[tokio::test]
async fn a_wrong_name_a_wrong_password_and_a_missing_role_open_nothing() {
    let tenant = Tenant::start().await;
    let admin = Admin::open(tenant.folder.path()).unwrap();
    let password = || Some(samesign_wire::Secret::new("Battery-Staple-1".to_owned()));
    let ana =
        NewAccount { upn: "ana@contoso.example".to_owned(), display_name: "Ana".to_owned(), password: password(), ..NewAccount::default() };
    admin.add_user(&ana).unwrap();
    let mut browser = Browser::new(&tenant);
    let mut answers = Vec::new();
    for (upn, password) in
        [("nobody@contoso.example", "x"), ("admin@contoso.onmicrosoft.com", "x"), ("ana@contoso.example", "Battery-Staple-1")]
    {
        let shown = browser.submit("/portal/sign-in", "/portal/sign-in", &[("upn", upn), ("password", password)]).await;
        assert!(!browser.cookies.contains_key("__Host-samesign-session"), "{upn}");
        answers.push((shown.status.as_u16(), shown.html.contains("The name or the password is wrong.")));
    }
    assert_eq!(answers, [(401, true), (401, true), (403, false)]);
}

#[tokio::test]
async fn guessing_has_to_wait_and_other_names_do_not() {
    let tenant = Tenant::start().await;
    let mut browser = Browser::new(&tenant);
    let mut statuses = Vec::new();
    // The wait grows with each try, so that even a slow machine meets it.
    while statuses.len() < 12 && !statuses.contains(&429) {
        let fields = [("upn", "admin@contoso.onmicrosoft.com"), ("password", "wrong")];
        statuses.push(browser.submit("/portal/sign-in", "/portal/sign-in", &fields).await.status.as_u16());
    }
    assert_eq!(statuses[..5], [401; 5]);
    assert!(statuses.contains(&429), "{statuses:?}");
    let other = [("upn", "someone@contoso.example"), ("password", "wrong")];
    assert_eq!(browser.submit("/portal/sign-in", "/portal/sign-in", &other).await.status.as_u16(), 401);
}

#[tokio::test]
async fn a_form_without_its_token_or_from_elsewhere_changes_nothing() {
    let tenant = Tenant::start().await;
    let mut browser = Browser::new(&tenant);
    browser.sign_in().await;
    let token = csrf(&browser.get("/portal/synchronization").await.html);
    let ours: &[(&str, &str)] = &[("sec-fetch-site", "same-origin")];
    let cases: [(&str, &[(&str, &str)]); 5] = [
        ("", ours),
        ("wrong", ours),
        (&token, &[("sec-fetch-site", "cross-site")]),
        (&token, &[("origin", "https://evil.example")]),
        (&token, &[]),
    ];
    let paths = [
        "/portal/synchronization",
        "/portal/users",
        "/portal/users/x/licences",
        "/portal/users/x/licences/remove",
        "/portal/users/x/location",
        "/portal/sign-out",
    ];
    for path in paths {
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
    for path in PAGES.iter().chain(&["/portal/sign-in", "/portal/users/none", "/assets/style-0.1.0.css"]) {
        let response = tenant.client.get(tenant.url(path)).header("cookie", cookies.join("; ")).send().await.unwrap();
        let headers = response.headers().clone();
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'self'") && policy.contains("frame-ancestors 'none'"), "{path}");
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
