//! My account, wrong passwords, and what administrators see of it.

use reqwest::StatusCode;
use samesign_tenant::identity::log::{self, Entry};
use samesign_tenant::identity::passwords;
use samesign_tenant::identity::sign_in::Via;
use samesign_tenant::store::{Store, StoreError, users};
use samesign_wire::password::{NtHash, derive};

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

/// A person whom Active Directory masters, with the password "Windows päss 1" from there.
fn add_synced_person(tenant: &Tenant, must_change: bool) -> String {
    let id = add_person(tenant, ANA);
    let blob = derive(&[(NtHash::of_password(WINDOWS_PASSWORD), [7; 10])]).remove(0);
    let set = Store::open(tenant.folder.path()).unwrap().write(|connection| -> Result<(), StoreError> {
        let mut user = users::by_upn(connection, ANA)?.unwrap();
        (user.synced, user.anchor) = (Some(true), Some("AAAAAAAAAAAAAAAAAAAAAA==".to_owned()));
        users::update(connection, &user)?;
        passwords::set_synced(connection, user.number, &blob, must_change, 1_700_000_000, 1_700_000_100)?;
        Ok(())
    });
    set.unwrap();
    id
}

const WINDOWS_PASSWORD: &str = "Windows päss 1";

#[tokio::test]
async fn a_synced_person_sees_that_windows_has_the_password_and_nobody_changes_it_here() {
    let tenant = Tenant::start().await;
    let page = format!("/portal/users/{}", add_synced_person(&tenant, false));
    let mut ana = Browser::new(&tenant);
    assert_eq!(ana.type_password("account", ANA, PASSWORD).await.status, StatusCode::UNAUTHORIZED, "the cloud's own is gone");
    assert_eq!(ana.type_password("account", ANA, WINDOWS_PASSWORD).await.onward(), "/account");
    let html = ana.get("/account").await.html;
    for words in ["Synced with Active Directory", "The same as in Windows.", "Changed in Windows", "Active Directory.</strong>"] {
        assert!(html.contains(words), "{words}: {html}");
    }
    assert!(!html.contains("href=\"/account/password\""));
    let csrf = ana.get("/account").await.field("csrf");
    let fields = [("csrf", csrf.as_str()), ("current", WINDOWS_PASSWORD), ("new", "Correct-Horse-7"), ("again", "Correct-Horse-7")];
    let refused = ana.post("/account/password", &fields).await;
    assert!(refused.html.contains("change its password in Active Directory"), "{}", refused.html);

    let mut admin = Browser::new(&tenant);
    admin.sign_in().await;
    let shown = admin.get(&page).await;
    assert!(shown.html.contains("Synced: the same as in Windows") && shown.html.contains("Active Directory decides who may sign in"));
    let csrf = shown.field("csrf");
    for (path, words) in
        [("password", "The password is mastered in Active Directory"), ("sign-in", "Sign-in is mastered in Active Directory")]
    {
        let refused = admin.post(&format!("{page}/{path}"), &[("csrf", &csrf), ("sign_in", "block")]).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        assert!(refused.html.contains(words), "{words}: {}", refused.html);
    }
    assert_eq!(ana.get("/account").await.status, StatusCode::OK, "still signed in");
}

#[tokio::test]
async fn a_synced_person_with_a_handed_out_password_is_sent_to_windows() {
    let tenant = Tenant::start().await;
    add_synced_person(&tenant, true);
    let mut ana = Browser::new(&tenant);
    let forced = ana.type_password("portal", ANA, WINDOWS_PASSWORD).await.onward();
    assert_eq!(forced, "/password?to=portal");
    let page = ana.get(&forced).await;
    assert!(page.html.contains("Change it in Windows") && !page.html.contains("id=\"new\""), "{}", page.html);
    let (csrf, to) = (page.field("csrf"), page.field("to"));
    let refused = ana.post("/password", &[("csrf", &csrf), ("to", &to), ("new", "Correct-Horse-7"), ("again", "Correct-Horse-7")]).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(ana.get("/account").await.onward().starts_with("/password"));
    let again = ana.post("/sign-out", &[("csrf", &csrf), ("to", &to)]).await;
    assert_eq!(again.onward(), "/sign-in?to=portal");
    assert!(!ana.cookies.contains_key("__Host-samesign-session"));
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
            let entry =
                Entry { at: number, upn: &upn, user: None, client: "my account", via: Via::Page, address: "192.0.2.1", code, detail: "" };
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
