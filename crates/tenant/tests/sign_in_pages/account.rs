//! My account, wrong passwords, and what administrators see of it.

use reqwest::StatusCode;
use samesign_tenant::identity::log::{self, Entry};
use samesign_tenant::identity::sign_in::Via;
use samesign_tenant::store::{Store, StoreError};

use super::app::{PASSWORD, add_person};
use crate::browsing::Browser;
use crate::support::Tenant;

const ANA: &str = "ana@contoso.example";

#[tokio::test]
async fn a_person_sees_who_it_is_and_changes_the_password() {
    let tenant = Tenant::start().await;
    add_person(&tenant, ANA);
    let mut elsewhere = Browser::new(&tenant);
    elsewhere.type_password("account", ANA, PASSWORD).await;
    let mut browser = Browser::new(&tenant);
    assert_eq!(browser.get("/").await.onward(), "/sign-in?to=account");
    assert_eq!(browser.type_password("account", ANA, PASSWORD).await.onward(), "/account");
    assert_eq!(browser.get("/").await.onward(), "/account");
    let html = browser.get("/account").await.html;
    for words in ["Ana &#60;b&#62;Ruiz", ANA, "In cloud", "Change the password", "Your last sign-ins", "Signed in"] {
        assert!(html.contains(words), "{words}: {html}");
    }
    assert!(!html.contains("<b>Ruiz") && !html.contains("Open the portal"));

    let page = "/account/password";
    let wrong = [
        (("wrong", "Correct-Horse-7", "Correct-Horse-7"), "The current password is wrong."),
        ((PASSWORD, "Correct-Horse-7", "Correct-Horse-8"), "The two passwords are not the same."),
        ((PASSWORD, "weak", "weak"), "The password needs 8 to 256 characters"),
        ((PASSWORD, PASSWORD, PASSWORD), "The new password is the old one"),
    ];
    for ((current, new, again), words) in wrong {
        let shown = browser.submit(page, page, &[("current", current), ("new", new), ("again", again)]).await;
        assert_eq!(shown.status, StatusCode::BAD_REQUEST);
        assert!(shown.html.contains(words), "{words}: {}", shown.html);
    }
    let chosen = [("current", PASSWORD), ("new", "Correct-Horse-7"), ("again", "Correct-Horse-7")];
    assert_eq!(browser.submit(page, page, &chosen).await.onward(), "/account?done=password-changed");
    assert!(browser.get("/account?done=password-changed").await.html.contains("Your password was changed."));
    assert!(elsewhere.get("/account").await.onward().starts_with("/sign-in"), "signed out elsewhere");
    assert_eq!(elsewhere.type_password("account", ANA, PASSWORD).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(elsewhere.type_password("account", ANA, "Correct-Horse-7").await.onward(), "/account");
}

#[tokio::test]
async fn a_wrong_password_does_not_tell_who_exists_and_guessing_has_to_wait() {
    let tenant = Tenant::start().await;
    add_person(&tenant, ANA);
    let mut browser = Browser::new(&tenant);
    let mut pages = Vec::new();
    for upn in [ANA, "nob@contoso.example"] {
        let shown = browser.type_password("account", upn, "wrong").await;
        assert!(shown.status == StatusCode::UNAUTHORIZED && !browser.cookies.contains_key("__Host-samesign-session"), "{upn}");
        pages.push(shown.html.replace(upn, "?"));
    }
    assert_eq!(pages[0], pages[1], "the same page but for the name");
    assert!(pages[0].contains("The name or the password is wrong."));
    for number in 0..8 {
        assert_eq!(browser.type_password("account", ANA, &format!("wrong {number}")).await.status, StatusCode::UNAUTHORIZED);
    }
    browser.type_password("account", ANA, "wrong again").await;
    let locked = browser.type_password("account", ANA, PASSWORD).await;
    assert_eq!(locked.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(locked.html.contains("Too many wrong passwords were tried for this account. Try again in "), "{}", locked.html);
    assert!(locked.html.contains("seconds."), "{}", locked.html);
}

#[tokio::test]
async fn an_administrator_makes_resets_and_blocks_a_cloud_user() {
    let tenant = Tenant::start().await;
    let mut admin = Browser::new(&tenant);
    admin.sign_in().await;
    let fields =
        [("display_name", "Ana Ruiz"), ("alias", "ana"), ("domain", "contoso.example"), ("location", "ES"), ("licence", "ENTERPRISEPACK")];
    let added = admin.submit("/portal/users/new", "/portal/users", &fields).await;
    let secret = |html: &str| html.split("class=\"secret\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let one_time = secret(&added.html);
    let page = added.html.split("<a href=\"/portal/users/").nth(1).unwrap().split('"').next().unwrap();
    let page = format!("/portal/users/{page}");

    let mut ana = Browser::new(&tenant);
    assert_eq!(ana.type_password("account", ANA, &one_time).await.onward(), "/password?to=account");
    assert_eq!(ana.get("/account").await.onward(), "/password?to=account");
    let chosen = [("to", "account"), ("new", PASSWORD), ("again", PASSWORD)];
    assert_eq!(ana.submit("/password?to=account", "/password", &chosen).await.onward(), "/account");
    assert_eq!(ana.get("/account").await.status, StatusCode::OK);

    let reset = admin.submit(&page, &format!("{page}/password"), &[]).await;
    assert_eq!(reset.status, StatusCode::OK, "{}", reset.html);
    let second = secret(&reset.html);
    assert_ne!(one_time, second);
    assert!(ana.get("/account").await.onward().starts_with("/sign-in"), "signed out by the reset");
    assert_eq!(ana.type_password("account", ANA, PASSWORD).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(ana.type_password("account", ANA, &second).await.onward(), "/password?to=account");
    assert!(admin.get(&page).await.html.contains("One-time, to be changed at the next sign-in"));

    let sign_in = format!("{page}/sign-in");
    assert_eq!(admin.submit(&page, &sign_in, &[("sign_in", "block")]).await.location, Some(format!("{page}?done=sign-in-blocked")));
    assert!(ana.get("/account").await.onward().starts_with("/sign-in"), "out at once");
    let blocked = ana.type_password("account", ANA, &second).await;
    assert_eq!(blocked.status, StatusCode::FORBIDDEN);
    assert!(blocked.html.contains("may not sign in at present"), "{}", blocked.html);
    admin.submit(&page, &sign_in, &[("sign_in", "allow")]).await;
    assert_eq!(ana.type_password("account", ANA, &second).await.onward(), "/password?to=account");

    let html = admin.get(&page).await.html;
    assert!(html.contains("Last sign-ins") && html.contains("Right password, but sign-in is blocked"), "{html}");
    let own = admin.get("/portal/users?q=administrator").await.html;
    let own = own.split("<th scope=\"row\"><a href=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert!(admin.get(&own).await.html.contains("This is you"));
    for (path, field) in [("sign-in", "block"), ("password", "")] {
        let refused = admin.submit(&own, &format!("{own}/{path}"), &[("sign_in", field)]).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "nobody locks himself out: {path}");
    }
}

#[tokio::test]
async fn the_sign_in_log_shows_none_one_and_ten_thousand() {
    let tenant = Tenant::start().await;
    let store = Store::open(tenant.folder.path()).unwrap();
    let mut admin = Browser::new(&tenant);
    admin.sign_in().await;
    let rows = |html: &str| html.matches("<th scope=\"row\">").count();
    let html = admin.get("/portal/sign-ins").await.html;
    assert_eq!(rows(&html), 1, "the administrator's own: {html}");
    assert!(html.contains("Signed in") && html.contains("127.0.0.1") && html.contains("Portal") && !html.contains("Older"));
    let none = admin.get("/portal/sign-ins?q=nobody").await.html;
    assert!(rows(&none) == 0 && none.contains("No sign-in matches."));

    let write = store.write(|connection| -> Result<(), StoreError> {
        for number in 0..10_000_i64 {
            let upn = format!("<i>user{number}@contoso.example");
            let code = if number % 3 == 0 { 50126 } else { 0 };
            let entry = Entry { at: number, upn: &upn, user: None, client: "my account", via: Via::Page, address: "192.0.2.1", code };
            log::record(connection, &entry)?;
        }
        Ok(())
    });
    write.unwrap();
    let (mut path, mut seen, mut pages) = ("/portal/sign-ins".to_owned(), 0, 0);
    loop {
        let html = admin.get(&path).await.html;
        assert!(!html.contains("<i>"));
        (seen, pages) = (seen + rows(&html), pages + 1);
        match html.split("rel=\"next\" href=\"").nth(1) {
            Some(rest) => path = crate::browsing::unescaped(rest.split('"').next().unwrap()),
            None => break,
        }
    }
    assert_eq!((seen, pages), (10_001, 201));
    let html = admin.get("/portal/sign-ins?q=USER123").await.html;
    assert_eq!(rows(&html), 11, "123, and 1230 to 1239");
    assert!(html.contains("AADSTS50126") && html.contains("Wrong name or password"), "{html}");
}
