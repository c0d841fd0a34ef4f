//! Leaving here and there.

use samesign_tenant::store::federation::Protocol;
use samesign_tenant::{clock, random};
use samesign_wire::saml::{LogoutRequest, NameId, NameIdFormat, redirect};

use crate::browsing::{Browser, Shown};
use crate::federated_support::*;
use crate::flow::{ANA, tenant};

impl Browser<'_> {
    /// The whole way by SAML 2.0.
    pub async fn by_response(&mut self, to: &str, upn: &str, anchor: &str) -> Shown {
        let away = self.type_name(to, upn).await;
        let request = samesign_wire::saml::post::decode(&away.field("SAMLRequest")).unwrap();
        let request = samesign_wire::saml::AuthnRequest::read(&request).unwrap();
        let recipient = self.tenant.url("/login.srf");
        let answer = saml_response(&assertion2(upn, anchor, &recipient, &request.id), &KEYS[0]);
        let state = away.field("RelayState");
        self.respond(&state, &answer).await
    }

    pub async fn respond(&mut self, state: &str, answer: &str) -> Shown {
        let posted = self.post_answer(&[("SAMLResponse", answer), ("RelayState", state)]).await;
        match &posted.location {
            Some(location) if posted.status == reqwest::StatusCode::SEE_OTHER => self.get(&location.clone()).await,
            _ => posted,
        }
    }

    /// What a frame on a page of another site gets: of our cookies, only the one that may be sent there.
    async fn framed(&mut self, path: &str) -> Shown {
        let kept = self.cookies.clone();
        self.cookies.retain(|name, _| name == "__Host-samesign-sign-out");
        let shown = self.request(reqwest::Method::GET, path, &[], &[("sec-fetch-site", "cross-site"), ("sec-fetch-dest", "iframe")]).await;
        let left = std::mem::replace(&mut self.cookies, kept);
        if !left.contains_key("__Host-samesign-sign-out") {
            self.cookies.remove("__Host-samesign-sign-out");
        }
        shown
    }
}

#[tokio::test]
async fn who_leaves_here_leaves_the_service_too() {
    let tenant = tenant(Protocol::WsFed).await;
    let mut browser = Browser::new(&tenant);
    browser.by_token("account", ANA, &wresult(&assertion(ANA, ANCHOR), &KEYS[0])).await;
    let csrf = browser.get("/account").await.field("csrf");
    let left = browser.post("/sign-out", &[("csrf", &csrf)]).await;
    let away = left.onward();
    assert!(away.starts_with("https://sts.fed.example/adfs/ls/?wa=wsignout1.0"), "{away}");
    assert_eq!(
        (parameters(&away)["wtrealm"].as_str(), parameters(&away)["wreply"].as_str()),
        (AUDIENCE, tenant.url("/login.srf").as_str())
    );
    assert!(!browser.is_signed_in().await);
    assert!(browser.get("/login.srf").await.html.contains("You are signed out"));
}

#[tokio::test]
async fn an_application_gets_the_browser_back_afterwards() {
    let tenant = tenant(Protocol::WsFed).await;
    let client =
        samesign_tenant::Admin::open(tenant.folder.path()).unwrap().add_public_app("desk", &["https://app.example/in".to_owned()]).unwrap();
    let mut browser = Browser::new(&tenant);
    let leave = async |browser: &mut Browser<'_>, back: &str| {
        browser.by_token("account", ANA, &wresult(&assertion(ANA, ANCHOR), &KEYS[0])).await;
        let page = format!("/logout?client_id={client}&post_logout_redirect_uri={back}&state=s");
        let asked = browser.get(&page).await;
        let form =
            [("csrf", asked.field("csrf")), ("client", asked.field("client")), ("back", asked.field("back")), ("state", "s".to_owned())];
        let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let away = browser.post("/common/oauth2/v2.0/logout", &form).await.onward();
        assert!(away.starts_with("https://sts.fed.example/adfs/ls/?wa=wsignout1.0"), "{away}");
        browser.get("/login.srf").await
    };
    assert_eq!(leave(&mut browser, "https%3A%2F%2Fapp.example%2Fin").await.location.as_deref(), Some("https://app.example/in?state=s"));
    // Once; and never to an address that is not registered, whoever wrote the cookie.
    assert_eq!(browser.get("/login.srf").await.location, None);
    assert_eq!(leave(&mut browser, "https%3A%2F%2Fevil.example%2Fin").await.location, None);
}

#[tokio::test]
async fn who_leaves_the_service_leaves_here() {
    let tenant = tenant(Protocol::WsFed).await;
    for path in ["/login.srf?wa=wsignoutcleanup1.0", "/logout?wa=wsignoutcleanup1.0&wreply=https%3A%2F%2Fevil.example%2F"] {
        let (mut browser, mut other) = (Browser::new(&tenant), Browser::new(&tenant));
        for browser in [&mut browser, &mut other] {
            browser.by_token("account", ANA, &wresult(&assertion(ANA, ANCHOR), &KEYS[0])).await;
            assert!(browser.is_signed_in().await);
        }
        let shown = browser.framed(path).await;
        assert_eq!((shown.status.as_u16(), shown.location.as_deref()), (200, None));
        assert!(!shown.html.contains("evil"));
        assert!(!browser.is_signed_in().await, "{path}");
        assert!(other.is_signed_in().await, "only this browser's");
    }
}

#[tokio::test]
async fn saml_signs_out_both_ways() {
    let tenant = tenant(Protocol::Saml).await;
    let mut browser = Browser::new(&tenant);
    let entered = browser.by_response("account", ANA, ANCHOR).await;
    assert_eq!(entered.location.as_deref(), Some("/account"), "{}", entered.html);
    let csrf = browser.get("/account").await.field("csrf");
    let away = browser.post("/sign-out", &[("csrf", &csrf)]).await.onward();
    let decoded = redirect::decode(away.split_once('?').unwrap().1).unwrap();
    let request = LogoutRequest::read(&decoded.document).unwrap();
    assert_eq!((request.issuer.as_str(), request.name_id.value.as_str()), (AUDIENCE, ANCHOR));
    assert_eq!(request.session_indexes, ["_session"]);
    // The other way round: by the browser's cookie, or by the service's signature from anywhere.
    let asked = |signer: Option<&Key>, name: &str| {
        let request = LogoutRequest {
            id: format!("_{}", random::uuid().unwrap()),
            issued_at: clock::now(),
            issuer: "https://sts.fed.example/entity".to_owned(),
            destination: None,
            not_on_or_after: None,
            name_id: NameId { value: name.to_owned(), format: NameIdFormat::Persistent },
            session_indexes: vec!["_session".to_owned()],
        };
        let signer = signer.map(|key| key as &dyn samesign_wire::saml::Signer);
        let query = redirect::encode(redirect::Kind::Request, &request.write(None).unwrap(), Some("state"), signer).unwrap();
        format!("/login.srf?{query}")
    };
    browser.by_response("account", ANA, ANCHOR).await;
    browser.framed(&asked(None, "x")).await;
    assert!(!browser.is_signed_in().await);
    browser.by_response("account", ANA, ANCHOR).await;
    let mut stranger = Browser::new(&tenant);
    for forged in [asked(None, ANCHOR), asked(Some(&KEYS[1]), ANCHOR), asked(Some(&KEYS[0]), "x"), "/login.srf?SAMLRequest=x".to_owned()] {
        assert_eq!(stranger.get(&forged).await.location, None);
        assert!(browser.is_signed_in().await, "{forged}");
    }
    let answered = stranger.get(&asked(Some(&KEYS[0]), ANCHOR)).await.location.unwrap();
    assert!(answered.starts_with("https://sts.fed.example/adfs/ls/?SAMLResponse="), "{answered}");
    assert!(answered.contains("RelayState=state"));
    assert!(!browser.is_signed_in().await);
}
