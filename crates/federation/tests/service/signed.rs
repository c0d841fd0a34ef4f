//! An application whose certificate is configured: only what it signed is from it.

use samesign_federation::clock;
use samesign_federation::keys::{KeyRing, SigningKey};
use samesign_wire::saml::saml2::Status;
use samesign_wire::saml::{AuthnRequest, LogoutResponse, Signer, post, redirect};

use crate::browser::{Browser, Page};
use crate::rig::{Rig, VAULT, VAULT_REPLY, password, tenant_request, upn};
use crate::saml::{request, response};
use crate::sign_out::ask;

const REFUSED: (u16, &str) = (400, "This request is not from the application");

fn in_query(rig: &Rig, document: &str, key: Option<&SigningKey>) -> String {
    let signer = key.map(|key| key as &dyn Signer);
    rig.ls(&redirect::encode(redirect::Kind::Request, document, Some("s"), signer).unwrap())
}

async fn by_post(browser: &mut Browser, document: &str) -> Page {
    let message = post::encode(document);
    browser.post_from_elsewhere("/adfs/ls/", &[("SAMLRequest", &message), ("RelayState", "s")]).await
}

fn meant_for(destination: String) -> AuthnRequest {
    AuthnRequest { destination: Some(destination), ..request(VAULT) }
}

pub async fn whoever_signs_is_not_spoken_for(rig: &Rig) {
    let folder = tempfile::tempdir().unwrap();
    let other = KeyRing::create(folder.path(), "vault.example", clock::now()).unwrap().current();
    let document = request(VAULT).write(None).unwrap();
    let mut browser = rig.browser();
    let signed = in_query(rig, &document, Some(&rig.vault));
    let relayed = signed.replace("RelayState=s", "RelayState=t");
    assert_ne!(relayed, signed);
    let elsewhere = in_query(rig, &meant_for("https://sts.example/adfs/ls/".to_owned()).write(None).unwrap(), Some(&rig.vault));
    for forged in [in_query(rig, &document, None), in_query(rig, &document, Some(&other)), relayed, elsewhere] {
        let page = browser.get(&forged).await;
        assert_eq!((page.status, page.heading()), REFUSED, "{page:?}");
    }
    let by_other = request(VAULT).write(Some(&*other as &dyn Signer)).unwrap();
    let enveloped = meant_for(format!("{}/adfs/ls/", rig.origin)).write(Some(&*rig.vault as &dyn Signer)).unwrap();
    let meddled = enveloped.replace("ID=\"_request\"", "ID=\"_request\" ForceAuthn=\"true\"");
    for forged in [&document, &by_other, &meddled] {
        let page = by_post(&mut browser, forged).await;
        assert_eq!((page.status, page.heading()), REFUSED, "{page:?}");
    }
    let form = browser.follow(&signed).await;
    let answer = browser.submit(&form, &[("name", &upn(6)), ("password", &password(6))]).await;
    assert_eq!((answer.form().0.as_str(), rig.verified(&response(&answer)).name_id.value), (VAULT_REPLY, upn(6)));
    let page = by_post(&mut browser, &enveloped).await;
    let answer = browser.follow(&page.location().unwrap()).await;
    assert_eq!(rig.verified(&response(&answer)).audience, VAULT);
}

/// What the vault is told.
fn answered(page: &Page) -> Status {
    let location = page.location().unwrap_or_else(|| panic!("{page:?}"));
    let message = redirect::decode(location.strip_prefix("https://vault.example/logout?").unwrap()).unwrap();
    assert!(message.signature.is_some() && message.relay_state.as_deref() == Some("s"));
    LogoutResponse::read(&message.document).unwrap().status
}

/// Somebody signed in at the vault; what the session is called there.
async fn at_the_vault(rig: &Rig, number: usize) -> (Browser, String) {
    let mut browser = rig.browser();
    rig.sign_in(&mut browser, number).await;
    let answer = browser.get(&in_query(rig, &request(VAULT).write(None).unwrap(), Some(&rig.vault))).await;
    let index = rig.verified(&response(&answer)).authentication.session_index.unwrap();
    (browser, index)
}

pub async fn nobody_is_signed_out_by_what_others_wrote(rig: &Rig) {
    let (mut browser, index) = at_the_vault(rig, 3).await;
    let document = ask(VAULT).write(None).unwrap();
    let page = browser.get(&in_query(rig, &document, None)).await;
    assert_eq!((page.status, page.heading()), REFUSED, "{page:?}");
    // By POST the browser comes again with its cookies, and with the same request.
    let page = by_post(&mut browser, &document).await;
    let page = browser.get(&page.location().unwrap()).await;
    assert_eq!((page.status, page.heading()), REFUSED, "{page:?}");
    // Somebody's own request, in a link for somebody else.
    let mut own = ask(VAULT);
    (own.name_id.value, own.session_indexes) = (upn(6), vec!["_of_another_session".to_owned()]);
    let page = browser.get(&in_query(rig, &own.write(None).unwrap(), Some(&rig.vault))).await;
    assert_eq!(answered(&page), Status::UnknownPrincipal);
    assert!(browser.is_signed_in() && browser.get(&rig.ls(&tenant_request("x"))).await.field("wresult").is_some());
    // The person by name, the session by its index, and either binding.
    let page = browser.get(&in_query(rig, &document, Some(&rig.vault))).await;
    assert!(!browser.is_signed_in(), "{page:?}");
    let (mut browser, other_index) = at_the_vault(rig, 3).await;
    assert_ne!(other_index, index);
    (own.name_id.value, own.session_indexes) = ("whatever it calls her".to_owned(), vec![other_index]);
    let page = by_post(&mut browser, &own.write(Some(&*rig.vault as &dyn Signer)).unwrap()).await;
    browser.get(&page.location().unwrap()).await;
    assert!(!browser.is_signed_in());
    // Nobody is there any more: that is what was asked for.
    let page = browser.get(&in_query(rig, &document, Some(&rig.vault))).await;
    assert_eq!(answered(&page), Status::Success);
}
