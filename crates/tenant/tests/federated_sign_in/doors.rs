//! Hints, every way to a session, and every door at which a password of a federated domain is not taken.

use samesign_tenant::admin::Admin;
use samesign_tenant::store::federation::{PromptLogin, Protocol};
use samesign_wire::password::{NtHash, derive};

use crate::browsing::Browser;
use crate::federated_support::*;
use crate::flow::{ANA, code, tenant};
use crate::support::Tenant;

const PASSWORD: &str = "Correct-Horse-7";

/// Gives somebody the password that a synchronization would have brought.
fn windows_password(tenant: &Tenant, upn: &str, one_time: bool) {
    let store = samesign_tenant::store::Store::open(tenant.folder.path()).unwrap();
    let blob = derive(&[(NtHash::of_password(PASSWORD), [9; 10])]).pop().unwrap();
    let set: Result<_, samesign_tenant::store::StoreError> = store.write(|connection| {
        let user = samesign_tenant::store::users::by_upn(connection, upn)?.unwrap();
        samesign_tenant::identity::passwords::set_synced(connection, user.number, &blob, one_time, 1, 1)
    });
    set.unwrap();
}

pub fn application(tenant: &Tenant) -> String {
    Admin::open(tenant.folder.path()).unwrap().add_public_app("desk", &["https://app.example/in".to_owned()]).unwrap()
}

/// The address with which the application sends somebody here.
pub fn request_of(client: &str) -> String {
    format!(
        "/common/oauth2/v2.0/authorize?client_id={client}&response_type=code&redirect_uri=https%3A%2F%2Fapp.example%2Fin&scope=openid&\
         code_challenge_method=S256&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&state=s"
    )
}

#[tokio::test]
async fn hints_lead_there_without_a_question() {
    let tenant = tenant(Protocol::WsFed).await;
    let client = application(&tenant);
    let request = request_of(&client);
    let follow = async |path: &str| {
        let mut browser = Browser::new(&tenant);
        let mut shown = browser.get(path).await;
        while let Some(next) = shown.location.clone().filter(|next| next.starts_with('/')) {
            shown = browser.get(&next).await;
        }
        shown.location
    };
    for path in [
        "/portal?whr=fed.example".to_owned(),
        "/portal/users?domain_hint=FED.example".to_owned(),
        "/?whr=fed.example".to_owned(),
        "/account?login_hint=ana%40fed.example".to_owned(),
        "/sign-in?to=account&whr=fed.example".to_owned(),
        format!("{request}&domain_hint=fed.example"),
        format!("{request}&whr=fed.example"),
        format!("{request}&login_hint=ana%40fed.example"),
    ] {
        let away = follow(&path).await.unwrap_or_else(|| panic!("no way there from {path}"));
        assert!(away.starts_with("https://sts.fed.example/adfs/ls/?wa=wsignin1.0"), "{path}: {away}");
        assert_eq!(parameters(&away).contains_key("username"), path.contains("login_hint"), "{path}");
    }
    // A hint at a domain whose people sign in here, or at none of ours, tells nothing.
    for path in ["/portal?whr=contoso.example", "/portal?whr=evil.example", "/portal?whr="] {
        assert_eq!(follow(path).await, None, "{path}");
    }
    // Whoever said that it is another is asked.
    assert_eq!(follow("/sign-in?to=portal&whr=fed.example&other=1").await, None);
    assert_eq!(
        follow(&format!("{request}&prompt=none&login_hint=ana%40fed.example")).await.unwrap().split('?').next(),
        Some("https://app.example/in")
    );
}

#[tokio::test]
async fn an_application_gets_its_code_and_a_fresh_sign_in_where_it_wants_one() {
    let tenant = tenant(Protocol::WsFed).await;
    let client = application(&tenant);
    let request = format!("{}&login_hint=ana%40fed.example", request_of(&client));
    let mut browser = Browser::new(&tenant);
    let sign_in = browser.get(&request).await.location.unwrap();
    let away = browser.get(&sign_in).await.location.unwrap();
    let entered = browser.arrive(&parameters(&away)["wctx"], &wresult(&assertion(ANA, ANCHOR), &KEYS[0])).await;
    let answered = browser.get(&entered.onward()).await;
    assert!(answered.parameters().contains_key("code"), "{:?}", answered.location);
    // The session stands: the next application is let in without a question.
    assert!(browser.get(&request).await.parameters().contains_key("code"));
    // `prompt=login` is handed on, and an old sign-in does not pass for a new one.
    let sign_in = browser.get(&format!("{request}&prompt=login")).await.location.unwrap();
    let asked = parameters(&browser.get(&sign_in).await.location.unwrap());
    assert_eq!(asked["wfresh"], "0");
    assert_eq!(asked["wauth"], "http://schemas.microsoft.com/ws/2008/06/identity/authenticationmethod/password");
    let mut old = assertion(ANA, ANCHOR);
    old.authentication.at = after(old.authentication.at, -3_600);
    assert_eq!(code(&browser.arrive(&asked["wctx"], &wresult(&old, &KEYS[0])).await), 50_013);
    let entered = browser.arrive(&asked["wctx"], &wresult(&assertion(ANA, ANCHOR), &KEYS[0])).await;
    assert!(browser.get(&entered.onward()).await.parameters().contains_key("code"));
}

#[tokio::test]
async fn a_fresh_sign_in_is_asked_for_as_the_domain_wants_it() {
    for (behavior, fresh, wauth, prompt) in [
        (PromptLogin::Translate, true, true, false),
        (PromptLogin::Native, false, false, true),
        (PromptLogin::Disabled, true, false, false),
    ] {
        let tenant = Tenant::start().await;
        let mut wanted = settings("fed.example", Protocol::WsFed, &KEYS[0]);
        wanted.prompt = Some(behavior);
        wanted.passive = "https://sts.fed.example/adfs/ls/?tenant=1".to_owned();
        federate(tenant.folder.path(), wanted);
        let client = application(&tenant);
        let to = format!("authorize2:common?client_id={client}&prompt=login");
        let away = Browser::new(&tenant).type_name(&to, ANA).await.onward();
        assert!(away.starts_with("https://sts.fed.example/adfs/ls/?tenant=1&wa=wsignin1.0"), "{away}");
        let asked = parameters(&away);
        let found =
            (asked.contains_key("wfresh"), asked.contains_key("wauth"), asked.get("prompt").is_some_and(|prompt| prompt == "login"));
        assert_eq!(found, (fresh, wauth, prompt), "{behavior:?}");
    }
}

#[tokio::test]
async fn no_door_takes_a_password_of_a_federated_domain() {
    let tenant = tenant(Protocol::WsFed).await;
    let client = application(&tenant);
    windows_password(&tenant, ANA, false);
    for name in [ANA, "ANA@FED.EXAMPLE", " ana@fed.example ", "nobody@fed.example", "sub@hr.fed.example"] {
        // The page: for itself, the portal, a device, an application.
        for to in ["account", "portal", "device:ABCDEFGHJ", "authorize2:common?client_id=x"] {
            let mut browser = Browser::new(&tenant);
            let shown = browser.type_password(to, name, PASSWORD).await;
            assert!(shown.onward().starts_with("https://sts.fed.example/"), "{name} {to}");
            assert!(!browser.is_signed_in().await);
        }
        let form = [("grant_type", "password"), ("client_id", &client), ("username", name), ("password", PASSWORD), ("scope", "openid")];
        let (status, body) = tenant.token(&form).await;
        assert_eq!((status, &body["error_codes"][0]), (400, &serde_json::json!(50126)), "{name}: {body}");
    }
    let log = tenant.log();
    assert!(log.iter().all(|row| row.code == 50126 && row.detail.contains("federated domain")), "{log:?}");
    // Managed again, and the synchronized password opens the door as before.
    let store = samesign_tenant::store::Store::open(tenant.folder.path()).unwrap();
    let ended: Result<_, samesign_tenant::directory::DirectoryError> =
        store.write(|connection| samesign_tenant::directory::federation::end(connection, "fed.example", 0));
    ended.unwrap();
    let form = [("grant_type", "password"), ("client_id", &client), ("username", ANA), ("password", PASSWORD), ("scope", "openid")];
    assert_eq!(tenant.token(&form).await.0, 200);
    let mut browser = Browser::new(&tenant);
    browser.type_password("account", ANA, PASSWORD).await;
    assert!(browser.is_signed_in().await);
}

#[tokio::test]
async fn a_password_that_waits_to_be_changed_holds_nobody_up_who_does_not_use_it() {
    let tenant = tenant(Protocol::WsFed).await;
    windows_password(&tenant, ANA, true);
    let mut browser = Browser::new(&tenant);
    let entered = browser.by_token("account", ANA, &wresult(&assertion(ANA, ANCHOR), &KEYS[0])).await;
    assert_eq!(entered.location.as_deref(), Some("/account"));
    assert!(browser.is_signed_in().await);
    let account = browser.get("/account").await.html;
    assert!(!account.contains("/account/password"), "{account}");
}

#[tokio::test]
async fn a_device_is_let_in_by_somebody_of_a_federated_domain() {
    let tenant = tenant(Protocol::WsFed).await;
    let client = application(&tenant);
    let asked =
        tenant.client.post(tenant.url("/common/oauth2/v2.0/devicecode")).form(&[("client_id", client.as_str()), ("scope", "openid")]);
    let device: serde_json::Value = asked.send().await.unwrap().json().await.unwrap();
    let user_code = device["user_code"].as_str().unwrap();
    let mut browser = Browser::new(&tenant);
    let entered = browser.by_token(&format!("device:{user_code}"), ANA, &wresult(&assertion(ANA, ANCHOR), &KEYS[0])).await;
    let confirm = browser.get(&entered.onward()).await;
    let csrf = confirm.field("csrf");
    browser.post("/devicelogin/answer", &[("csrf", &csrf), ("user_code", user_code), ("answer", "yes")]).await;
    let form = [("grant_type", "device_code"), ("client_id", &client), ("device_code", device["device_code"].as_str().unwrap())];
    assert_eq!(tenant.token(&form).await.0, 200);
}

#[tokio::test]
async fn a_domain_whose_settings_are_missing_lets_nobody_in() {
    let tenant = Tenant::start().await;
    let admin = Admin::open(tenant.folder.path()).unwrap();
    admin.add_domain("lost.example").unwrap();
    admin.verify_domain("lost.example").unwrap();
    let store = samesign_tenant::store::Store::open(tenant.folder.path()).unwrap();
    let set: Result<_, samesign_tenant::directory::DirectoryError> =
        store.write(|connection| samesign_tenant::directory::domains::set_federated(connection, "lost.example", true, 0));
    set.unwrap();
    let mut browser = Browser::new(&tenant);
    assert_eq!(code(&browser.type_password("account", "x@lost.example", PASSWORD).await), 50_107);
}
