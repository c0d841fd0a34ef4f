//! Every hostile variant of a good message, through the door.

use samesign_tenant::store::federation::Protocol;

use super::*;
use crate::attacks::{Forgery, attacks};

const SWAPS: [(&str, &str); 2] = [(ANCHOR, EVE_ANCHOR), (ANA, EVE)];

#[tokio::test]
async fn no_hostile_token_of_ws_federation_becomes_a_session() {
    let folder = folder(Protocol::WsFed);
    let service = open(folder.path());
    let away = begin(&service).await;
    let genuine = wresult(&assertion(ANA, ANCHOR), &KEYS[0]);
    let mut refused = 0;
    for attack in attacks(&genuine, &Forgery { attacker: &KEYS[1], swaps: &SWAPS }) {
        // A form carries text: what is no UTF-8 comes as Unicode's replacement.
        let message = String::from_utf8_lossy(&attack.message);
        let answer = post(&service, &[("wresult", &message), ("wctx", &away.wctx)]).await;
        assert!((400..500).contains(&answer.0), "{}: {}", attack.name, answer.0);
        refused += 1;
    }
    assert!(refused > 400, "{refused}");
    assert_eq!([count(&service, "session"), count(&service, "federated_arrival"), count(&service, "used_token")], [0; 3]);
    // The one they were made of comes in.
    let answer = post(&service, &[("wresult", &genuine), ("wctx", &away.wctx)]).await;
    let arrival = service.call("GET", header(&answer, "location").unwrap(), &[("cookie", &away.cookie)], Vec::new()).await;
    assert_eq!((arrival.0, count(&service, "session")), (303, 1));
}

#[tokio::test]
async fn no_hostile_saml_response_becomes_a_session() {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    let folder = folder(Protocol::Saml);
    let service = open(folder.path());
    let page = service.call("GET", "/sign-in?to=account&login_hint=ana%40fed.example", &[], Vec::new()).await;
    let html = String::from_utf8(page.2.clone()).unwrap();
    let state = html.split("name=\"RelayState\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let assertion = assertion2(ANA, ANCHOR, "https://localhost/login.srf", &format!("_{state}"));
    let genuine = saml_response(&assertion, &KEYS[0]);
    let document = String::from_utf8(STANDARD.decode(&genuine).unwrap()).unwrap();
    let mut refused = 0;
    for attack in attacks(&document, &Forgery { attacker: &KEYS[1], swaps: &SWAPS }) {
        let answer = post(&service, &[("SAMLResponse", &STANDARD.encode(&attack.message)), ("RelayState", state)]).await;
        assert!((400..500).contains(&answer.0), "{}: {}", attack.name, answer.0);
        refused += 1;
    }
    assert!(refused > 400, "{refused}");
    assert_eq!([count(&service, "session"), count(&service, "federated_arrival"), count(&service, "used_token")], [0; 3]);
    assert_eq!(post(&service, &[("SAMLResponse", &genuine), ("RelayState", state)]).await.0, 303);
}
