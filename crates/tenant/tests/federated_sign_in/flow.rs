//! From the name to the session.

use reqwest::StatusCode;
use samesign_tenant::store::federation::Protocol;

use crate::browsing::{Browser, Shown};
use crate::federated_support::*;
use crate::support::Tenant;

pub const ANA: &str = "ana@fed.example";

/// A tenant with one domain that is federated, and Ana in it.
pub async fn tenant(protocol: Protocol) -> Tenant {
    let tenant = Tenant::start().await;
    federate(tenant.folder.path(), settings("fed.example", protocol, &KEYS[0]));
    synced(tenant.folder.path(), ANA, ANCHOR);
    tenant
}

impl Browser<'_> {
    /// Types a name on the sign-in page that leads to `to`.
    pub async fn type_name(&mut self, to: &str, upn: &str) -> Shown {
        self.submit("/sign-in?other=1", "/sign-in", &[("to", to), ("upn", upn)]).await
    }

    /// Posts the answer of a sign-in service, as its page does: from another site, without cookies.
    pub async fn post_answer(&mut self, fields: &[(&str, &str)]) -> Shown {
        let cookies = std::mem::take(&mut self.cookies);
        let shown = self.request(reqwest::Method::POST, "/login.srf", fields, &[("sec-fetch-site", "cross-site")]).await;
        assert!(self.cookies.is_empty(), "an answer from another site sets no cookies");
        self.cookies = cookies;
        shown
    }

    /// The whole way by WS-Federation, with what comes of it.
    pub async fn by_token(&mut self, to: &str, upn: &str, wresult: &str) -> Shown {
        let away = self.type_name(to, upn).await.onward();
        let wctx = parameters(&away)["wctx"].clone();
        self.arrive(&wctx, wresult).await
    }

    pub async fn arrive(&mut self, wctx: &str, wresult: &str) -> Shown {
        let posted = self.post_answer(&[("wa", "wsignin1.0"), ("wresult", wresult), ("wctx", wctx)]).await;
        match &posted.location {
            Some(location) if posted.status == StatusCode::SEE_OTHER => self.get(&location.clone()).await,
            _ => posted,
        }
    }

    pub async fn is_signed_in(&mut self) -> bool {
        self.get("/account").await.status == StatusCode::OK
    }
}

/// The service's number on a page that says why somebody was not signed in.
pub fn code(shown: &Shown) -> u32 {
    let rest = shown.html.split("AADSTS").nth(1).unwrap_or_else(|| panic!("no code: {} {}", shown.status, shown.html));
    rest.split(':').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_name_leads_to_the_service_of_its_domain_and_back_into_a_session() {
    let tenant = tenant(Protocol::WsFed).await;
    let mut browser = Browser::new(&tenant);
    let shown = browser.type_name("account", " Ana@Fed.Example ").await;
    let away = shown.onward();
    assert!(away.starts_with("https://sts.fed.example/adfs/ls/?"), "{away}");
    assert!(shown.html.contains("Service of fed.example"));
    let asked = parameters(&away);
    assert_eq!((asked["wa"].as_str(), asked["wtrealm"].as_str()), ("wsignin1.0", AUDIENCE));
    assert_eq!(asked["username"], "Ana@Fed.Example");
    assert!(!asked.contains_key("wfresh") && !asked.contains_key("wreply"));
    let answer = wresult(&assertion(ANA, ANCHOR), &KEYS[0]);
    let entered = browser.arrive(&asked["wctx"], &answer).await;
    assert_eq!((entered.status, entered.location.as_deref()), (StatusCode::SEE_OTHER, Some("/account")), "{}", entered.html);
    let account = browser.get("/account").await;
    assert!(account.html.contains("You sign in through Service of fed.example"), "{}", account.html);
    // The log has what the service said.
    let log = browser.tenant.log();
    assert_eq!((log[0].upn.as_str(), log[0].via.as_str(), log[0].code), (ANA, "federation", 0));
    assert!(log[0].detail.contains("http://fed.example/adfs/services/trust/: Windows sign-in at"), "{}", log[0].detail);
    // Nothing of it serves twice.
    assert_eq!(code(&browser.arrive(&asked["wctx"], &answer).await), 20_012);
}

impl Tenant {
    pub fn log(&self) -> Vec<samesign_tenant::identity::log::SignInRow> {
        let store = samesign_tenant::store::Store::open(self.folder.path()).unwrap();
        store.read(|connection| samesign_tenant::identity::log::page(connection, None, 50)).unwrap()
    }
}
