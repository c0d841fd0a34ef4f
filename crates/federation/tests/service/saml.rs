//! Sign-in by SAML 2.0.

use samesign_federation::clock;
use samesign_wire::saml::{AskedFormat, AuthnRequest, Comparison, NameId, NameIdFormat, Version, post, redirect};

use crate::browser::Page;
use crate::rig::{DESK, Rig, SUFFIX, TENANT, TENANT_ORIGIN, WIKI, WIKI_REPLY, password, upn};

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
    // By POST, with which the browser brings no cookies.
    let posted = post::encode(&silent.write(None).unwrap());
    let page = browser.post_from_elsewhere("/adfs/ls/", &[("SAMLRequest", &posted)]).await;
    let answer = browser.get(&page.location().unwrap()).await;
    assert_eq!(rig.verified(&response(&answer)).name_id.value, upn(6));
    let mut anew = request(WIKI);
    anew.force_authn = true;
    assert!(browser.follow(&redirected(rig, &anew, None)).await.asks());
    anew.is_passive = true;
    let answer = browser.follow(&redirected(rig, &anew, None)).await;
    assert!(response(&answer).contains("NoPassive"), "{answer:?}");
}

/// An answer without an assertion, at the application's own address, and whether it has this status.
fn is_refused(page: &Page, address: &str, status: &str) -> bool {
    let response = response(page);
    assert!(!response.contains(":assertion:Assertion") && !response.contains("<saml:Assertion"), "{response}");
    assert!(response.contains("InResponseTo=\"_request\"") && response.contains("<ds:SignatureValue"), "{response}");
    assert_eq!((page.form().0.as_str(), page.field("RelayState").as_deref()), (address, Some("s")));
    response.contains(&format!("\"urn:oasis:names:tc:SAML:2.0:status:{status}\""))
}

pub async fn a_name_is_of_the_kind_of_the_configuration_or_there_is_none(rig: &Rig) {
    let mut browser = rig.browser();
    let login = format!("{TENANT_ORIGIN}/login.srf");
    let asked = |issuer: &str, format: AskedFormat| {
        let mut asked = request(issuer);
        asked.name_id_format = Some(format);
        redirected(rig, &asked, Some("s"))
    };
    let other = AskedFormat::Other("urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName".to_owned());
    for signed_in in [false, true] {
        for format in [NameIdFormat::Persistent.into(), other.clone()] {
            let answer = browser.get(&asked(WIKI, format)).await;
            assert!(is_refused(&answer, WIKI_REPLY, "Requester") && is_refused(&answer, WIKI_REPLY, "InvalidNameIDPolicy"), "{answer:?}");
        }
        for format in [NameIdFormat::EmailAddress, NameIdFormat::Transient] {
            let answer = browser.get(&asked(TENANT, format.into())).await;
            assert!(is_refused(&answer, &login, "InvalidNameIDPolicy"), "{answer:?}");
        }
        if !signed_in {
            assert!(browser.follow(&asked(WIKI, NameIdFormat::Unspecified.into())).await.asks());
            rig.sign_in(&mut browser, 6).await;
        }
    }
    let answer = browser.get(&asked(WIKI, NameIdFormat::Unspecified.into())).await;
    assert_eq!(rig.verified(&response(&answer)).name_id, NameId { value: upn(6), format: NameIdFormat::Unspecified });
    let answer = browser.get(&asked(WIKI, NameIdFormat::EmailAddress.into())).await;
    assert_eq!(rig.verified(&response(&answer)).name_id, NameId { value: upn(6), format: NameIdFormat::EmailAddress });
    let mut once = Vec::new();
    for _ in 0..2 {
        let answer = browser.get(&asked(WIKI, NameIdFormat::Transient.into())).await;
        let assertion = rig.verified(&response(&answer));
        assert_eq!(assertion.name_id.format, NameIdFormat::Transient);
        assert!(assertion.attributes.iter().any(|attribute| attribute.values == [upn(6)]), "{assertion:?}");
        once.push(assertion.name_id.value);
    }
    assert!(once[0] != once[1] && !once[0].contains("u000006"), "{once:?}");
    let answer = browser.get(&asked(TENANT, NameIdFormat::Persistent.into())).await;
    assert_eq!(rig.verified(&response(&answer)).name_id.value, rig.anchor("u000006"));
}

pub async fn a_way_to_prove_it_that_there_is_not_is_said_to_be_none(rig: &Rig) {
    let class = |name: &str| format!("urn:oasis:names:tc:SAML:2.0:ac:classes:{name}");
    let asked = |issuer: &str, classes: &[String]| {
        let mut asked = request(issuer);
        asked.context_classes = classes.to_vec();
        redirected(rig, &asked, Some("s"))
    };
    let (card, kerberos, by_password) = ([class("SmartcardPKI")], [class("Kerberos")], [class("PasswordProtectedTransport")]);
    let mut browser = rig.browser();
    for unknown in [asked(WIKI, &card), asked(WIKI, &kerberos)] {
        let answer = browser.get(&unknown).await;
        assert!(is_refused(&answer, WIKI_REPLY, "NoAuthnContext"), "there is no asking for a ticket at home: {answer:?}");
    }
    // Microsoft 365 sees to a second factor itself.
    let second = ["http://schemas.microsoft.com/claims/multipleauthn".to_owned()];
    assert!(browser.follow(&asked(TENANT, &second)).await.asks());
    let form = browser.follow(&asked(WIKI, &by_password)).await;
    let answer = browser.submit(&form, &[("name", &upn(6)), ("password", &password(6))]).await;
    assert_eq!(rig.verified(&response(&answer)).authentication.method.uri(Version::Two), by_password[0]);
    let answer = browser.get(&asked(WIKI, &card)).await;
    assert!(is_refused(&answer, WIKI_REPLY, "NoAuthnContext"), "a session is no better: {answer:?}");
    // At a desk a ticket is asked for; who signs in by the form beside it has still not shown one.
    let mut desk = rig.browser_at(DESK);
    let form = desk.follow(&asked(WIKI, &kerberos)).await;
    assert!(form.status == 401 && form.url.contains("/adfs/ls/wia"), "{form:?}");
    let answer = desk.submit(&form, &[("name", &upn(6)), ("password", &password(6))]).await;
    assert!(is_refused(&answer, WIKI_REPLY, "NoAuthnContext"), "{answer:?}");
    // Where a password is asked for, or a new sign-in, the ticket's door leads to the form.
    let mut desk = rig.browser_at(DESK);
    let mut anew = request(WIKI);
    anew.force_authn = true;
    for asked in [asked(WIKI, &by_password), redirected(rig, &anew, Some("s"))] {
        let door = desk.get(&asked).await.location().unwrap();
        assert!(door.starts_with("/adfs/ls/form?"), "{door}");
        let other = door.replace("/adfs/ls/form", "/adfs/ls/wia");
        assert_eq!(desk.get(&other).await.location(), Some(door));
    }
}
