//! Who is vouched for depends on the account as it is now.

use std::time::Duration;

use crate::rig::{Rig, TENANT, password, query, tenant_request, upn};

pub async fn names_are_held_against_the_session(rig: &Rig) {
    let mut browser = rig.browser();
    rig.sign_in(&mut browser, 3).await;
    for (hint, expected) in
        [(upn(3), true), (upn(3).to_uppercase(), true), ("CORP\\u000003".to_owned(), true), (upn(6), false), ("nobody".to_owned(), false)]
    {
        for name in ["username", "login_hint"] {
            let asked = query(&[("wa", "wsignin1.0"), ("wtrealm", TENANT), (name, &hint)]);
            let page = browser.follow(&rig.ls(&asked)).await;
            assert_eq!(page.field("wresult").is_some(), expected, "{name}={hint}: {page:?}");
            assert!(expected || page.asks() && page.field("name").as_deref() == Some(hint.as_str()));
        }
    }
    // Whoever signs in there instead is somebody else from then on.
    let asked = query(&[("wa", "wsignin1.0"), ("wtrealm", TENANT), ("username", &upn(6))]);
    let form = browser.follow(&rig.ls(&asked)).await;
    let answer = browser.submit(&form, &[("password", &password(6))]).await;
    assert_eq!(rig.verified(&answer.field("wresult").unwrap()).name_id.value, rig.anchor("u000006"));
    let again = browser.get(&rig.ls(&tenant_request("x"))).await;
    assert_eq!(rig.verified(&again.field("wresult").unwrap()).name_id.value, rig.anchor("u000006"));
}

pub async fn nobody_is_vouched_for_who_should_not_be(rig: &Rig) {
    // Out of scope: the tenant does not know the person. Another application may.
    let mut browser = rig.browser();
    let refused = rig.sign_in(&mut browser, 4).await;
    assert_eq!((refused.status, refused.heading()), (403, "You cannot use this application"));
    assert!(rig.last_denial().contains("not in the scope"), "{}", rig.last_denial());
    let id = rig.log().last().unwrap()["correlation_id"].as_str().unwrap().to_owned();
    assert!(refused.body.contains(&id), "the page names the line of the log: {refused:?}");
    let board = browser.get(&rig.ls(&query(&[("wa", "wsignin1.0"), ("wtrealm", crate::rig::BOARD)]))).await;
    assert!(rig.verified(&board.field("wresult").unwrap()).name_id.value.ends_with("u000004"));
    // No mail address, where an application names people by it.
    let post = browser.get(&rig.ls(&query(&[("wa", "wsignin1.0"), ("wtrealm", "urn:post")]))).await;
    assert_eq!(post.status, 403);
    // A sign-in name of another domain.
    rig.domain.change(&["set", "u000015", "userPrincipalName=u000015@fabrikam.example"]);
    let mut browser = rig.browser();
    let form = browser.follow(&rig.ls(&tenant_request("x"))).await;
    let refused = browser.submit(&form, &[("name", "u000015@fabrikam.example"), ("password", &password(15))]).await;
    assert!(refused.status == 403 && rig.last_denial().contains("federated"), "{refused:?}");
    // Disabled: the right password is no better than a wrong one.
    rig.domain.change(&["disable", "u000021"]);
    let mut browser = rig.browser();
    let refused = rig.sign_in(&mut browser, 21).await;
    assert!(refused.asks() && refused.status == 401 && refused.body.contains("The name or the password is wrong"), "{refused:?}");
    // A password that has run out is told to those who know it.
    rig.domain.change(&["set", "u000024", "pwdLastSet=0"]);
    let mut browser = rig.browser();
    let form = browser.follow(&rig.ls(&tenant_request("x"))).await;
    let wrong = browser.submit(&form, &[("name", &upn(24)), ("password", "wrong-password")]).await;
    assert!(!wrong.body.contains("has to be changed") && wrong.status == 401, "{wrong:?}");
    let right = browser.submit(&form, &[("name", &upn(24)), ("password", &password(24))]).await;
    assert!(right.body.contains("has to be changed") && !browser.is_signed_in(), "{right:?}");
}

pub async fn who_is_disabled_is_out(rig: &Rig) {
    let mut browser = rig.browser();
    rig.sign_in(&mut browser, 27).await;
    assert!(browser.get(&rig.ls(&tenant_request("x"))).await.field("wresult").is_some());
    rig.domain.change(&["disable", "u000027"]);
    // What is known of an account may be a minute old.
    tokio::time::sleep(Duration::from_secs(61)).await;
    let page = browser.follow(&rig.ls(&tenant_request("x"))).await;
    assert!(page.asks(), "{page:?}");
    assert!(rig.last_denial().contains("may not sign in any more"), "{}", rig.last_denial());
    rig.domain.change(&["enable", "u000027"]);
    assert!(browser.follow(&rig.ls(&tenant_request("x"))).await.asks(), "its sessions have ended");
}
