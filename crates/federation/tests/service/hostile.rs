//! What browsers would not send by themselves.

use std::time::Duration;

use reqwest::Method;
use samesign_federation::clock;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpSocket;

use crate::browser::SESSION;
use crate::rig::{HOME, LISTEN, PROXY, Rig, TENANT, password, query, tenant_request, upn};

pub async fn a_request_is_answered_once(rig: &Rig) {
    let mut browser = rig.browser();
    let form = browser.follow(&rig.ls(&tenant_request("x"))).await;
    let right = [("name", upn(3)), ("password", password(3))];
    let right: Vec<(&str, &str)> = right.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert!(browser.submit(&form, &right).await.field("wresult").is_some());
    for _ in 0..2 {
        let replayed = browser.submit(&form, &right).await;
        assert_eq!((replayed.status, replayed.heading()), (400, "This sign-in has ended"));
    }
    let unknown = browser.get(&format!("/adfs/ls/form?request={}", "A".repeat(43))).await;
    assert_eq!((unknown.status, unknown.heading()), (400, "This sign-in has ended"));
    // Ten at the same time: one is answered.
    let mut browser = rig.browser();
    let form = browser.follow(&rig.ls(&tenant_request("x"))).await;
    let mut tries = tokio::task::JoinSet::new();
    let (_, mut fields) = form.form();
    fields.retain(|(name, _)| name != "name" && name != "password");
    fields.extend(right.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    for _ in 0..10 {
        let request = browser.request(Method::POST, "/adfs/ls/form").form(&fields).header("sec-fetch-site", "same-origin");
        tries.spawn(async move { request.send().await.unwrap().text().await.unwrap() });
    }
    let answers = tries.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.contains("wresult")).count(), 1);
}

/// Headers and fields of a form.
type Case<'a> = (&'a [(&'a str, &'a str)], &'a [(String, String)]);

pub async fn forms_of_other_sites_are_refused(rig: &Rig) {
    let mut browser = rig.browser();
    let form = browser.follow(&rig.ls(&tenant_request("x"))).await;
    let (_, mut fields) = form.form();
    fields.retain(|(name, _)| name != "name" && name != "password");
    fields.extend([("name".to_owned(), upn(3)), ("password".to_owned(), password(3))]);
    let without = |name: &str| fields.iter().filter(|(known, _)| known != name).cloned().collect::<Vec<_>>();
    let wrong_token = [without("csrf"), vec![("csrf".to_owned(), samesign_web::csrf::token("another"))]].concat();
    let cases: [Case<'_>; 6] = [
        (&[("sec-fetch-site", "cross-site"), ("origin", &rig.origin)], &fields),
        (&[("sec-fetch-site", "same-site"), ("origin", "https://other.localhost")], &fields),
        (&[("origin", "null")], &fields),
        (&[], &fields),
        (&[("sec-fetch-site", "same-origin")], &without("csrf")),
        (&[("sec-fetch-site", "same-origin")], &wrong_token),
    ];
    for (headers, fields) in cases {
        let request =
            headers.iter().fold(browser.request(Method::POST, "/adfs/ls/form"), |request, (name, value)| request.header(*name, *value));
        let refused = browser.take(request.form(fields)).await;
        assert_eq!((refused.status, refused.heading()), (403, "Nothing was done"), "{headers:?}");
        assert!(!browser.is_signed_in());
    }
    // Without the cookie of the form, as from a page that was planted in another browser.
    let mut other = rig.browser();
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(other.post("/adfs/ls/form", &fields).await.status, 403);
    // The button to sign out is a form too.
    rig.sign_in(&mut browser, 3).await;
    assert_eq!(browser.post("/adfs/ls/sign-out", &[("csrf", "x")]).await.status, 403);
    assert!(browser.is_signed_in());
}

pub async fn the_client_cannot_write_its_own_address(rig: &Rig) {
    let status = async |from: &str, forwarded: &str| {
        let mut browser = rig.browser_at(from);
        let asked = browser.get(&rig.ls(&tenant_request("x"))).await.location().unwrap();
        let inside = asked.starts_with("/adfs/ls/wia");
        let request = browser.request(Method::GET, &rig.ls(&tenant_request("x"))).header("x-forwarded-for", forwarded);
        let claimed = browser.take(request).await.location().unwrap();
        (inside, claimed.starts_with("/adfs/ls/wia"))
    };
    assert_eq!(status(HOME, "10.1.2.3").await, (false, false), "a stranger's word does not count");
    assert_eq!(status(PROXY, "10.1.2.3").await, (false, true), "the proxy's does");
    assert_eq!(status(PROXY, "10.1.2.3, 192.0.2.7").await, (false, false), "what stands left of the client the client wrote");
    assert_eq!(status(PROXY, &format!("192.0.2.7, 10.1.2.3, {PROXY}")).await, (false, true));
}

pub async fn what_is_too_large_or_unknown_is_refused(rig: &Rig) {
    let mut browser = rig.browser();
    let stranger = query(&[("wa", "wsignin1.0"), ("wtrealm", "urn:stranger")]);
    let refused = browser.get(&rig.ls(&stranger)).await;
    assert_eq!((refused.status, refused.heading()), (400, "This application is not known here"));
    assert!(!refused.body.contains("urn:stranger") && refused.body.contains("<code>"), "{refused:?}");
    let twice = format!("{}&wtrealm=urn%3Aboard", tenant_request("x"));
    for bad in ["wa=wsignin2.0", "wa=wsignin1.0", "wa=x%FF", "SAMLRequest=AAAA", "SAMLRequest=%25", &twice] {
        let refused = browser.get(&rig.ls(bad)).await;
        assert_eq!((refused.status, refused.heading()), (400, "This request cannot be read"), "{bad}");
    }
    let long = tenant_request(&"x".repeat(8 * 1024 + 1));
    assert_eq!(browser.get(&rig.ls(&long)).await.status, 400);
    let bomb =
        samesign_wire::saml::redirect::encode(samesign_wire::saml::redirect::Kind::Request, &" ".repeat(10 * 1024 * 1024), None, None);
    assert_eq!(browser.get(&rig.ls(&bomb.unwrap())).await.status, 400);
    let body = format!("SAMLRequest={}", "A".repeat(256 * 1024));
    let request = browser.request(Method::POST, "/adfs/ls/").body(body).header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(browser.take(request).await.status, 413);
    let request = browser.request(Method::POST, "/adfs/ls/").body("{}").header("content-type", "application/json");
    assert_eq!(browser.take(request).await.status, 400);
    let request = browser.request(Method::GET, &rig.ls(&tenant_request("x"))).header("host", "evil.example");
    assert_eq!(browser.take(request).await.status, 421);
    let name = "n".repeat(2_000);
    let long_name = query(&[("wa", "wsignin1.0"), ("wtrealm", TENANT), ("username", &name)]);
    assert_eq!(browser.get(&rig.ls(&long_name)).await.status, 400);
}

pub async fn a_session_that_was_planted_ends_at_sign_in(rig: &Rig) {
    let mut attacker = rig.browser();
    rig.sign_in(&mut attacker, 12).await;
    let planted = attacker.cookie(SESSION).unwrap().to_owned();
    let mut victim = rig.browser();
    victim.plant(SESSION, &planted);
    let anew = query(&[("wa", "wsignin1.0"), ("wtrealm", TENANT), ("wfresh", "0")]);
    let form = victim.follow(&rig.ls(&anew)).await;
    victim.submit(&form, &[("name", &upn(3)), ("password", &password(3))]).await;
    assert_ne!(victim.cookie(SESSION).unwrap(), planted);
    assert!(attacker.follow(&rig.ls(&tenant_request("x"))).await.asks(), "the planted session is gone");
}

pub async fn slow_and_silent_clients_do_not_hold_up_others(rig: &Rig) {
    let port = rig.origin.rsplit(':').next().unwrap().parse().unwrap();
    let mut held = Vec::new();
    let mut refused = 0;
    for _ in 0..200 {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.84:0".parse().unwrap()).unwrap();
        let mut stream = socket.connect(std::net::SocketAddr::new(LISTEN.parse().unwrap(), port)).await.unwrap();
        let _ = stream.write_all(&[0x16, 0x03]).await;
        held.push(stream);
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    for stream in &held {
        let mut byte = [0];
        if let Ok(0) | Err(_) = tokio::time::timeout(Duration::from_millis(20), stream.peek(&mut byte)).await.unwrap_or(Ok(1)) {
            refused += 1;
        }
    }
    assert!(refused >= 200 - 128, "one address does not take every place: {refused}");
    let before = clock::now();
    let mut browser = rig.browser();
    assert_eq!(browser.get("/adfs/probe").await.status, 200);
    assert!(clock::now().duration_since(before).as_secs() < 10, "others are served meanwhile");
}
