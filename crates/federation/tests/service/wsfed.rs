//! Sign-in by WS-Federation.

use samesign_federation::clock;
use samesign_federation::keys::KeyRing;
use samesign_wire::saml::{AuthenticationMethod, NameIdFormat};

use crate::rig::{BOARD, BOARD_REPLY, Rig, SUFFIX, TENANT, TENANT_ORIGIN, password, query, tenant_request, upn};

pub async fn a_person_signs_in_once_and_is_known_from_then_on(rig: &Rig) {
    let mut browser = rig.browser();
    let before = clock::now();
    let form = browser.follow(&rig.ls(&tenant_request("a state"))).await;
    assert!(form.asks() && form.status == 200 && form.body.contains("<strong>Microsoft 365</strong>"), "{form:?}");
    let wrong = browser.submit(&form, &[("name", &upn(3)), ("password", "wrong-password")]).await;
    assert!(wrong.asks() && wrong.status == 401 && wrong.body.contains("The name or the password is wrong"), "{wrong:?}");
    assert!(!browser.is_signed_in());
    let answer = browser.submit(&wrong, &[("name", &upn(3)), ("password", &password(3))]).await;
    let (action, fields) = answer.form();
    assert_eq!(action, format!("{TENANT_ORIGIN}/login.srf"));
    assert_eq!(fields[0], ("wa".to_owned(), "wsignin1.0".to_owned()));
    assert_eq!(answer.field("wctx").as_deref(), Some("a state"));
    assert!(answer.header("content-security-policy").contains(&format!("form-action {TENANT_ORIGIN}; ")), "{answer:?}");
    let assertion = rig.verified(&answer.field("wresult").unwrap());
    assert_eq!((assertion.issuer.as_str(), assertion.audience.as_str()), (&*format!("http://{SUFFIX}/adfs/services/trust/"), TENANT));
    assert_eq!(assertion.name_id.format, NameIdFormat::Unspecified);
    let anchor = rig.anchor("u000003");
    let claim = |name: &str| assertion.attributes.iter().find(|claim| claim.name == name).unwrap().values.clone();
    assert_eq!(assertion.name_id.value, anchor);
    assert_eq!(claim("http://schemas.xmlsoap.org/claims/UPN"), [upn(3)]);
    assert_eq!(claim("http://schemas.microsoft.com/LiveID/Federation/2008/05/ImmutableID"), [anchor]);
    assert_eq!(claim("http://schemas.microsoft.com/ws/2012/01/insidecorporatenetwork"), ["false"]);
    assert_eq!(assertion.authentication.method, AuthenticationMethod::Password);
    assert!((3_650..=3_670).contains(&assertion.not_on_or_after.duration_since(assertion.not_before).as_secs()));
    let first = assertion.authentication.at;
    assert!(first.as_second() >= before.as_second());
    // The second time nothing is asked, and the time of the sign-in stays that of the sign-in.
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    let again = browser.get(&rig.ls(&tenant_request("b"))).await;
    let second = rig.verified(&again.field("wresult").unwrap());
    assert_eq!(second.authentication.at, first);
    assert!(second.issued_at > assertion.issued_at && second.id != assertion.id);
    // Another application is told what it was set up to be told, by the service itself.
    let board = browser.get(&rig.ls(&query(&[("wa", "wsignin1.0"), ("wtrealm", BOARD)]))).await;
    assert_eq!(board.form().0, BOARD_REPLY);
    assert_eq!(board.field("wctx"), None);
    let told = rig.verified(&board.field("wresult").unwrap());
    assert_eq!((told.issuer.as_str(), told.audience.as_str()), ("http://sts.localhost/adfs/services/trust", BOARD));
    assert!(told.name_id.value.ends_with("\\u000003"), "{told:?}");
    let log = rig.log();
    let issued = log.iter().find(|entry| entry["assertion"] == assertion.id.as_str()).unwrap();
    assert_eq!((&issued["who"], &issued["application"], &issued["method"]), (&upn(3).into(), &TENANT.into(), &"password".into()));
    let home = browser.follow("/").await;
    assert!(home.body.contains("Microsoft 365") && home.body.contains("https://wiki.example/") && !home.body.contains("Board"), "{home:?}");
}

pub async fn the_context_goes_back_byte_for_byte(rig: &Rig) {
    let mut browser = rig.browser();
    rig.sign_in(&mut browser, 3).await;
    let long = "x".repeat(8 * 1024);
    for context in
        ["LoginOptions=3&estsredirect=2&estsrequest=rQIIAX", " +%2B%20&amp;", "<script>alert(1)</script>\"'`", "ü€😀\u{2028}", &long]
    {
        let answer = browser.get(&rig.ls(&tenant_request(context))).await;
        assert_eq!(answer.field("wctx").as_deref(), Some(context));
        // The same through the form, by which it lies in the database meanwhile.
        let mut other = rig.browser();
        let form = other.follow(&rig.ls(&tenant_request(context))).await;
        let answer = other.submit(&form, &[("name", &upn(3)), ("password", &password(3))]).await;
        assert_eq!(answer.field("wctx").as_deref(), Some(context));
    }
}

pub async fn a_sign_in_may_be_asked_for_anew(rig: &Rig) {
    let mut browser = rig.browser();
    let first = rig.sign_in(&mut browser, 3).await;
    let first = rig.verified(&first.field("wresult").unwrap()).authentication.at;
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    for wish in [("wfresh", "0"), ("prompt", "login")] {
        let request = query(&[("wa", "wsignin1.0"), ("wtrealm", TENANT), wish]);
        let form = browser.follow(&rig.ls(&request)).await;
        assert!(form.asks(), "{wish:?}: {form:?}");
        let answer = browser.submit(&form, &[("name", &upn(3)), ("password", &password(3))]).await;
        assert!(rig.verified(&answer.field("wresult").unwrap()).authentication.at > first);
    }
    let fresh_enough = query(&[("wa", "wsignin1.0"), ("wtrealm", TENANT), ("wfresh", "5")]);
    assert!(browser.get(&rig.ls(&fresh_enough)).await.field("wresult").is_some());
}

pub async fn metadata_names_the_keys_and_is_signed(rig: &Rig) {
    let mut browser = rig.browser();
    let answer = browser.get("/FederationMetadata/2007-06/FederationMetadata.xml").await;
    assert_eq!(answer.status, 200);
    assert!(answer.header("content-type").contains("xml"));
    assert!(answer.body.contains(&rig.ls("")[..rig.ls("").len() - 1]), "{answer:?}");
    assert!(answer.body.contains("validUntil=") && answer.body.contains("SignatureValue"));
    let mex = browser.get("/adfs/services/trust/mex").await;
    assert!(mex.body.contains(&format!("{}/adfs/services/trust/13/usernamemixed", rig.origin)), "{mex:?}");
    assert_eq!(browser.get("/adfs/probe").await.body, "ok\n");
}

pub async fn tokens_follow_the_keys_through_a_rotation(rig: &Rig) {
    let mut browser = rig.browser();
    rig.sign_in(&mut browser, 3).await;
    let token = |page: crate::browser::Page| page.field("wresult").unwrap();
    let before = token(browser.get(&rig.ls(&tenant_request("x"))).await);
    let old = rig.keys();
    let keys = KeyRing::open(rig.folder.path()).unwrap();
    keys.stage(clock::now()).unwrap();
    let next = keys.published().len();
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    let metadata = browser.get("/FederationMetadata/2007-06/FederationMetadata.xml").await.body;
    assert_eq!((next, metadata.matches("use=\"signing\"").count() % 2), (2, 0), "both keys stand in both descriptors");
    keys.activate(clock::now()).unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    let after = token(browser.get(&rig.ls(&tenant_request("x"))).await);
    rig.verified(&before);
    rig.verified(&after);
    let stale = samesign_wire::saml::Presented::read(after.as_bytes()).unwrap();
    assert!(stale.verify(&old).is_err(), "the new key signs");
}
