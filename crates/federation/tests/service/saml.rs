//! Sign-in by SAML 2.0.

use samesign_federation::clock;
use samesign_wire::saml::{AuthnRequest, Comparison, NameIdFormat, post, redirect};

use crate::browser::Page;
use crate::rig::{Rig, SUFFIX, TENANT, TENANT_ORIGIN, WIKI, WIKI_REPLY, password, upn};

/// A request of the application named so.
pub fn request(issuer: &str) -> AuthnRequest {
    AuthnRequest {
        id: "_request".to_owned(),
        issued_at: clock::now(),
        issuer: issuer.to_owned(),
        destination: None,
        acs_url: None,
        name_id_format: None,
        force_authn: false,
        is_passive: false,
        subject: None,
        context_classes: Vec::new(),
        comparison: Comparison::Exact,
    }
}

pub fn redirected(rig: &Rig, request: &AuthnRequest, relay_state: Option<&str>) -> String {
    rig.ls(&redirect::encode(redirect::Kind::Request, &request.write(None).unwrap(), relay_state, None).unwrap())
}

pub fn response(page: &Page) -> String {
    let field = page.field("SAMLResponse").unwrap_or_else(|| panic!("{page:?}"));
    String::from_utf8(post::decode(&field).unwrap()).unwrap()
}

pub async fn an_application_asks_by_either_binding(rig: &Rig) {
    let mut browser = rig.browser();
    let state = "a=b&c <\"'> ü";
    let form = browser.follow(&redirected(rig, &request(WIKI), Some(state))).await;
    assert!(form.asks() && form.body.contains("Wiki &#60;b&#62;&#38;"), "{form:?}");
    let answer = browser.submit(&form, &[("name", &upn(6)), ("password", &password(6))]).await;
    assert_eq!((answer.form().0.as_str(), answer.field("RelayState").as_deref()), (WIKI_REPLY, Some(state)));
    let assertion = rig.verified(&response(&answer));
    assert_eq!((assertion.audience.as_str(), assertion.name_id.value.as_str()), (WIKI, &*upn(6)));
    let confirmation = assertion.confirmation.unwrap();
    assert_eq!((confirmation.recipient.as_str(), confirmation.in_response_to.as_deref()), (WIKI_REPLY, Some("_request")));
    assert!(response(&answer).contains("InResponseTo=\"_request\""));
    // The tenant asks by POST, without saying where the answer goes. The browser sends no cookies of ours along.
    let asked = request(TENANT).write(None).unwrap();
    let fields = [("SAMLRequest", post::encode(&asked)), ("RelayState", state.to_owned())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let page = browser.post_from_elsewhere("/adfs/ls/", &fields).await;
    let answer = browser.follow(&page.location().unwrap()).await;
    assert_eq!(answer.form().0, format!("{TENANT_ORIGIN}/login.srf"));
    assert_eq!(answer.field("RelayState").as_deref(), Some(state));
    let assertion = rig.verified(&response(&answer));
    assert_eq!(assertion.issuer, format!("http://{SUFFIX}/adfs/services/trust/"));
    assert_eq!((assertion.name_id.format, assertion.name_id.value), (NameIdFormat::Persistent, rig.anchor("u000006")));
    assert_eq!(
        assertion.attributes.iter().map(|claim| (claim.name.as_str(), claim.values.clone())).collect::<Vec<_>>(),
        [("IDPEmail", vec![upn(6)])]
    );
    // A registered address may be chosen, and only that.
    let chosen = redirected(rig, &asked_at("https://wiki.example/acs2?x=1&y=2"), None);
    assert_eq!(browser.get(&chosen).await.form().0, "https://wiki.example/acs2?x=1&y=2");
}

fn asked_at(address: &str) -> AuthnRequest {
    let mut request = request(WIKI);
    request.acs_url = Some(address.to_owned());
    request
}

pub async fn a_request_may_ask_for_silence_or_for_a_new_sign_in(rig: &Rig) {
    let mut browser = rig.browser();
    let mut silent = request(WIKI);
    silent.is_passive = true;
    let answer = browser.get(&redirected(rig, &silent, Some("s"))).await;
    assert!(response(&answer).contains("urn:oasis:names:tc:SAML:2.0:status:NoPassive"), "{answer:?}");
    assert!(!response(&answer).contains(":assertion:Assertion"));
    rig.sign_in(&mut browser, 6).await;
    let answer = browser.get(&redirected(rig, &silent, Some("s"))).await;
    assert_eq!(rig.verified(&response(&answer)).name_id.value, upn(6));
    let mut anew = request(WIKI);
    anew.force_authn = true;
    assert!(browser.follow(&redirected(rig, &anew, None)).await.asks());
    anew.is_passive = true;
    let answer = browser.follow(&redirected(rig, &anew, None)).await;
    assert!(response(&answer).contains("NoPassive"), "{answer:?}");
}
