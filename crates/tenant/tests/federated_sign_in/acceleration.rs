//! The home realm discovery policy: whoever gives no name is sent to the service of one domain, and nobody is caught there.

use reqwest::StatusCode;
use samesign_tenant::Admin;
use samesign_tenant::admin::{Accelerated, AdminError};
use samesign_tenant::directory::{DirectoryError, federation};
use samesign_tenant::store::Store;
use samesign_tenant::store::federation::Protocol;

use crate::browsing::{Browser, Shown};
use crate::doors::{application, request_of};
use crate::federated_support::*;
use crate::flow::{ANA, code, tenant};
use crate::support::Tenant;

/// Two federated domains, a managed one, and sign-in begins at the first.
async fn accelerated() -> Tenant {
    let tenant = tenant(Protocol::WsFed).await;
    federate(tenant.folder.path(), settings("two.example", Protocol::Saml, &KEYS[1]));
    let policy = admin(&tenant).accelerate(Some("Fed.Example")).unwrap();
    assert_eq!(policy, applied("fed.example", true));
    tenant
}

fn applied(domain: &str, applied: bool) -> Accelerated {
    Accelerated { accelerate_to_federated_domain: true, preferred_domain: Some(domain.to_owned()), applied }
}

fn admin(tenant: &Tenant) -> Admin {
    Admin::open(tenant.folder.path()).unwrap()
}

/// Where a fresh browser comes to rest that opens an address.
async fn follow(tenant: &Tenant, path: &str) -> Shown {
    let mut browser = Browser::new(tenant);
    let mut shown = browser.get(path).await;
    while let Some(next) = shown.location.clone().filter(|next| next.starts_with('/')) {
        shown = browser.get(&next).await;
    }
    shown
}

fn is_at_the_service(shown: &Shown) -> bool {
    shown.location.as_deref().is_some_and(|away| away.starts_with("https://sts.fed.example/adfs/ls/?wa=wsignin1.0"))
}

fn asks_for_a_name(shown: &Shown) -> bool {
    shown.location.is_none() && shown.html.contains("name=\"upn\" type=\"text\" inputmode")
}

#[tokio::test]
async fn without_a_hint_sign_in_begins_at_the_service() {
    let tenant = accelerated().await;
    let request = request_of(&application(&tenant));
    for path in ["/", "/portal", "/portal/users", "/account", "/sign-in?to=device%3AABC", "/sign-in", "/account?whr=", &request] {
        assert!(is_at_the_service(&follow(&tenant, path).await), "{path}");
    }
    // A hint at nothing of the tenant's is none.
    for path in ["/portal?whr=evil.example", "/account?domain_hint=organizations"] {
        assert!(is_at_the_service(&follow(&tenant, path).await), "{path}");
    }
    // And through, into a session, with nothing typed.
    let mut browser = Browser::new(&tenant);
    let sign_in = browser.get("/account").await.onward();
    let away = browser.get(&sign_in).await.onward();
    let entered = browser.arrive(&parameters(&away)["wctx"], &wresult(&assertion(ANA, ANCHOR), &KEYS[0])).await;
    assert_eq!((entered.status, entered.location.as_deref()), (StatusCode::SEE_OTHER, Some("/account")));
    assert!(browser.is_signed_in().await);
}

#[tokio::test]
async fn a_hint_at_another_domain_goes_before_it() {
    let tenant = accelerated().await;
    let request = request_of(&application(&tenant));
    for path in [
        "/portal?whr=contoso.onmicrosoft.com",
        "/portal?domain_hint=Contoso.Example",
        "/account?whr=contoso.example",
        &format!("{request}&domain_hint=contoso.example"),
        // An application that wants the person to be asked.
        &format!("{request}&prompt=login"),
        &format!("{request}&prompt=select_account"),
        &format!("{request}&prompt=consent%20select_account"),
        // Whoever says that it is another.
        "/sign-in?to=portal&other=1",
    ] {
        assert!(asks_for_a_name(&follow(&tenant, path).await), "{path}");
    }
    for path in ["/portal?login_hint=admin%40contoso.onmicrosoft.com", &format!("{request}&login_hint=x%40contoso.example")] {
        let shown = follow(&tenant, path).await;
        assert!(shown.location.is_none() && shown.html.contains("name=\"password\""), "{path}");
    }
    for path in ["/portal?whr=two.example", "/account?login_hint=bob%40two.example"] {
        assert!(follow(&tenant, path).await.html.contains("action=\"https://sts.two.example/"), "{path}");
    }
    assert!(is_at_the_service(&follow(&tenant, &format!("{request}&prompt=consent")).await));
    // Nobody is asked for anything where an application forbids it.
    let silent = follow(&tenant, &format!("{request}&prompt=none")).await;
    assert_eq!(silent.parameters()["error"], "login_required");
}

#[tokio::test]
async fn every_page_leads_people_of_other_domains_in() {
    let tenant = accelerated().await;
    // Refused after the service had its say: a page that stays, with the way round.
    let mut browser = Browser::new(&tenant);
    let sign_in = browser.get("/portal").await.onward();
    let away = browser.get(&sign_in).await.onward();
    let refused = browser.arrive(&parameters(&away)["wctx"], &wresult(&assertion("nobody@fed.example", ANCHOR), &KEYS[0])).await;
    assert_eq!((code(&refused), refused.location.as_deref()), (51_004, None));
    stays_and_leads_on(&mut browser, &refused).await;
    // A service that says nothing at all, and one that sends the browser back with nothing.
    let nothing = browser.post_answer(&[("wa", "wsignin1.0"), ("wctx", &parameters(&away)["wctx"])]).await;
    stays_and_leads_on(&mut browser, &nothing).await;
    let back = browser.get("/login.srf?wa=wsignin1.0").await;
    stays_and_leads_on(&mut browser, &back).await;
    // Signed out, and no administrator.
    let entered = browser.by_token("portal", ANA, &wresult(&assertion(ANA, ANCHOR), &KEYS[0])).await;
    let portal = browser.get(&entered.onward()).await;
    assert_eq!(portal.status, StatusCode::FORBIDDEN);
    stays_and_leads_on(&mut browser, &portal).await;
    let signed_out = Browser::new(&tenant).get("/logout").await;
    stays_and_leads_on(&mut browser, &signed_out).await;
    // The page for the name has the way back to the service.
    let name = browser.get("/sign-in?to=portal&other=1").await;
    assert!(name.html.contains("Sign in through Service of fed.example"), "{}", name.html);
    assert!(is_at_the_service(&follow(&tenant, "/sign-in?to=portal&whr=fed%2Eexample").await));
    // An administrator gets in that way.
    let mut stranger = Browser::new(&tenant);
    stranger.sign_in().await;
    assert_eq!(stranger.get("/portal/users").await.status, StatusCode::OK);
}

/// The page does not move on by itself, and its link to another account asks for a name.
async fn stays_and_leads_on(browser: &mut Browser<'_>, shown: &Shown) {
    assert!(shown.location.is_none() && !shown.html.contains("http-equiv=\"refresh\"") && !shown.html.contains("post.js"));
    let link = shown.html.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).find(|link| link.contains("other=1"));
    let link = crate::browsing::unescaped(link.unwrap_or_else(|| panic!("no way round: {}", shown.html)));
    assert!(asks_for_a_name(&browser.get(&link).await), "{link}");
}

#[tokio::test]
async fn who_chose_another_account_is_asked_whatever_the_application_hints_at() {
    let tenant = accelerated().await;
    let request = request_of(&application(&tenant));
    let mut browser = Browser::new(&tenant);
    browser.by_token("account", ANA, &wresult(&assertion(ANA, ANCHOR), &KEYS[0])).await;
    let choose = browser.get(&format!("{request}&prompt=select_account&login_hint=ana%40fed.example&domain_hint=fed.example")).await;
    assert!(choose.html.contains("Use another account"));
    stays_and_leads_on(&mut browser, &choose).await;
}

#[tokio::test]
async fn it_takes_a_federated_domain_and_waits_when_that_becomes_managed() {
    let tenant = tenant(Protocol::WsFed).await;
    let admin = admin(&tenant);
    for (domain, expected) in [
        (
            "contoso.example",
            "sign-in cannot begin at contoso.example: its people sign in here, because it is not federated; federate it first",
        ),
        ("evil.example", "no object domain evil.example exists in this tenant"),
    ] {
        let refused = admin.accelerate(Some(domain)).unwrap_err();
        assert!(matches!(refused, AdminError::Directory(_)));
        assert_eq!(refused.to_string(), expected);
    }
    assert!(asks_for_a_name(&follow(&tenant, "/portal").await));
    let shown = |domain: &str| {
        let domains = admin.domains_shown().unwrap();
        domains.iter().find(|found| found["name"] == domain).unwrap()["acceleration"].clone()
    };
    admin.accelerate(Some("fed.example")).unwrap();
    assert_eq!([shown("fed.example"), shown("contoso.example")], ["applied".into(), serde_json::Value::Null]);
    let store = Store::open(tenant.folder.path()).unwrap();
    let ended: Result<_, DirectoryError> = store.write(|connection| federation::end(connection, "fed.example", 0));
    ended.unwrap();
    assert_eq!(shown("fed.example"), "not-applied");
    assert!(asks_for_a_name(&follow(&tenant, "/portal").await));
    let mut browser = Browser::new(&tenant);
    browser.sign_in().await;
    let page = browser.get("/portal/domains").await.html;
    assert!(page.contains("Sign-in would begin here, were the domain federated."), "{page}");
    // Federated again, it is applied again.
    let again: Result<_, DirectoryError> =
        store.write(|connection| federation::create(connection, settings("fed.example", Protocol::WsFed, &KEYS[0]), 0));
    again.unwrap();
    assert!(is_at_the_service(&follow(&tenant, "/portal").await));
    let page = browser.get("/portal/domains").await.html;
    assert!(page.contains("Sign-in begins here: nobody is asked for a name first."), "{page}");
    // Off, and asked as before.
    let off = admin.accelerate(None).unwrap();
    assert_eq!(off, Accelerated { accelerate_to_federated_domain: false, preferred_domain: None, applied: false });
    assert!(asks_for_a_name(&follow(&tenant, "/portal").await));
    assert_eq!(shown("fed.example"), serde_json::Value::Null);
}

/// Federated without settings: nobody is sent where nobody can go.
#[tokio::test]
async fn a_domain_without_settings_holds_nobody_up() {
    let tenant = accelerated().await;
    let store = Store::open(tenant.folder.path()).unwrap();
    store.write(|connection| samesign_tenant::store::federation::remove(connection, "fed.example")).unwrap();
    assert!(asks_for_a_name(&follow(&tenant, "/portal").await));
}
