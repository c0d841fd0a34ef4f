//! Single sign-out.

use samesign_federation::clock;
use samesign_wire::saml::{LogoutRequest, LogoutResponse, NameId, NameIdFormat, redirect};

use crate::addresses::corpus;
use crate::browser::{Browser, Page, attribute};
use crate::rig::{BOARD, BOARD_REPLY, Rig, TENANT_ORIGIN, WIKI, query, tenant_request, upn};
use crate::saml::{redirected, request};

/// Somebody who was vouched for to the tenant, the wiki and the board.
async fn everywhere(rig: &Rig) -> Browser {
    let mut browser = rig.browser();
    rig.sign_in(&mut browser, 3).await;
    browser.get(&redirected(rig, &request(WIKI), None)).await;
    browser.get(&rig.ls(&query(&[("wa", "wsignin1.0"), ("wtrealm", BOARD)]))).await;
    browser
}

fn frames(page: &Page) -> Vec<String> {
    page.body.split("<iframe").skip(1).map(|rest| attribute(rest.split('>').next().unwrap(), "src").unwrap()).collect()
}

pub async fn every_application_is_told(rig: &Rig) {
    let mut browser = everywhere(rig).await;
    let reply = format!("{TENANT_ORIGIN}/");
    let page = browser.get(&rig.ls(&query(&[("wa", "wsignout1.0"), ("wreply", &reply)]))).await;
    assert!(page.status == 200 && page.heading() == "You are signed out" && !browser.is_signed_in(), "{page:?}");
    let told = frames(&page);
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told.contains(&"https://board.example/signout?a=b&wa=wsignoutcleanup1.0".to_owned()), "{told:?}");
    let wiki = told.iter().find_map(|url| url.strip_prefix("https://wiki.example/logout?")).unwrap();
    let message = redirect::decode(wiki).unwrap();
    assert!(message.signature.is_some());
    let asked = LogoutRequest::read(&message.document).unwrap();
    assert_eq!((asked.name_id.value, asked.session_indexes.len()), (upn(3), 1));
    let policy = page.header("content-security-policy");
    assert!(
        policy.contains("frame-src ") && policy.contains("https://board.example") && policy.contains("https://wiki.example"),
        "{policy}"
    );
    assert!(page.body.contains(&format!("href=\"{reply}\"")) && page.body.contains("http-equiv=\"refresh\""), "{page:?}");
    assert!(browser.follow(&rig.ls(&tenant_request("x"))).await.asks());
    assert_eq!(rig.log().last().map(|entry| entry["event"].clone()).unwrap(), "sign-out");
    // The button does the same; who is not signed in is told so.
    let mut browser = everywhere(rig).await;
    let home = browser.follow("/").await;
    let csrf = attribute(home.body.split("name=\"csrf\"").nth(1).unwrap().split('>').next().unwrap(), "value").unwrap();
    let page = browser.post("/adfs/ls/sign-out", &[("csrf", &csrf)]).await;
    assert_eq!((frames(&page).len(), browser.is_signed_in()), (3, false));
}

/// An application wants its person signed out.
pub fn ask(issuer: &str) -> LogoutRequest {
    LogoutRequest {
        id: "_out".to_owned(),
        issued_at: clock::now(),
        issuer: issuer.to_owned(),
        destination: None,
        not_on_or_after: None,
        name_id: NameId { value: upn(3), format: NameIdFormat::Unspecified },
        session_indexes: Vec::new(),
    }
}

pub async fn a_request_that_is_not_signed_ends_the_session_of_the_browser_that_carries_it(rig: &Rig) {
    let (mut carrier, mut other) = (rig.browser(), rig.browser());
    rig.sign_in(&mut carrier, 3).await;
    rig.sign_in(&mut other, 3).await;
    let query =
        |request: &LogoutRequest| rig.ls(&redirect::encode(redirect::Kind::Request, &request.write(None).unwrap(), None, None).unwrap());
    // A program without a browser's session signs out nobody, whomever it names.
    assert_eq!(rig.browser().get(&query(&ask(WIKI))).await.status, 303);
    assert!(carrier.get(&rig.ls(&tenant_request("x"))).await.field("wresult").is_some());
    let mut late = ask(WIKI);
    late.not_on_or_after = Some(clock::now() - jiff::SignedDuration::from_mins(6));
    carrier.get(&query(&late)).await;
    assert!(carrier.is_signed_in(), "a request that has run out");
    carrier.get(&query(&ask(WIKI))).await;
    assert!(!carrier.is_signed_in() && carrier.follow(&rig.ls(&tenant_request("x"))).await.asks());
    assert!(other.get(&rig.ls(&tenant_request("x"))).await.field("wresult").is_some(), "the same person elsewhere");
}

pub async fn an_application_may_ask_by_saml(rig: &Rig) {
    let mut browser = everywhere(rig).await;
    let document = ask(WIKI).write(None).unwrap();
    let query = redirect::encode(redirect::Kind::Request, &document, Some("state"), None).unwrap();
    let page = browser.get(&rig.ls(&query)).await;
    assert_eq!(frames(&page).len(), 2, "the one that asked knows already: {page:?}");
    let back = page.body.split("<a class=\"button\"").nth(1).and_then(|rest| attribute(rest.split('>').next().unwrap(), "href")).unwrap();
    let message = redirect::decode(back.strip_prefix("https://wiki.example/logout?").unwrap()).unwrap();
    assert_eq!((message.relay_state.as_deref(), message.signature.is_some()), (Some("state"), true));
    assert_eq!(LogoutResponse::read(&message.document).unwrap().in_response_to.as_deref(), Some("_out"));
    assert!(!browser.is_signed_in());
    // By POST, with which browsers send no cookies.
    let mut browser = everywhere(rig).await;
    let fields = [("SAMLRequest", samesign_wire::saml::post::encode(&document))];
    let page = browser.post_from_elsewhere("/adfs/ls/", &[(fields[0].0, &fields[0].1)]).await;
    let page = browser.get(&page.location().unwrap()).await;
    assert_eq!((frames(&page).len(), browser.is_signed_in()), (2, false));
    let stranger = redirect::encode(redirect::Kind::Request, &ask("urn:stranger").write(None).unwrap(), None, None).unwrap();
    assert_eq!(browser.get(&rig.ls(&stranger)).await.status, 400);
}

pub async fn afterwards_the_browser_goes_to_known_addresses_only(rig: &Rig) {
    for address in corpus("board.example", "signin").into_iter().step_by(7) {
        let mut browser = rig.browser();
        let page = browser.get(&rig.ls(&query(&[("wa", "wsignout1.0"), ("wreply", &address)]))).await;
        assert_eq!((page.status, page.location()), (200, None), "{address:?}");
        assert!(page.body.contains("Sign in again"), "{address:?}");
    }
    let mut browser = rig.browser();
    let page = browser.get(&rig.ls(&query(&[("wa", "wsignout1.0"), ("wreply", BOARD_REPLY)]))).await;
    assert_eq!(page.location().as_deref(), Some(BOARD_REPLY));
}
