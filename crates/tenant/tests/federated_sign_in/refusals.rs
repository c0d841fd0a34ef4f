//! Tokens that are not believed, each for one reason.

use jiff::Timestamp;
use samesign_tenant::clock;
use samesign_tenant::store::federation::Protocol;
use samesign_wire::saml::{Assertion, Attribute, NameIdFormat};

use crate::browsing::Browser;
use crate::federated_support::*;
use crate::flow::{ANA, code, tenant};
use crate::support::Tenant;

/// Two federated domains with one subdomain, a managed one, and somebody in each.
async fn world(protocol: Protocol) -> Tenant {
    let tenant = tenant(protocol).await;
    let folder = tenant.folder.path().to_owned();
    federate(&folder, settings("two.example", protocol, &KEYS[1]));
    let admin = samesign_tenant::Admin::open(&folder).unwrap();
    admin.add_domain("hr.fed.example").unwrap();
    admin.verify_domain("hr.fed.example").unwrap();
    for (upn, anchor) in
        [("bob@two.example", "Ym9i"), ("sub@hr.fed.example", "c3Vi"), ("cloud@contoso.example", "Y2xvdWQ="), ("off@fed.example", "b2Zm")]
    {
        synced(&folder, upn, anchor);
    }
    change(&folder, "off@fed.example", |user| user.enabled = false);
    synced(&folder, "none@fed.example", "bm9uZQ==");
    change(&folder, "none@fed.example", |user| user.anchor = None);
    tenant
}

fn value(assertion: &mut Assertion, name: &str, values: &[&str]) {
    assertion.attributes.retain(|attribute| attribute.name != name);
    assertion.attributes.push(Attribute { name: name.to_owned(), values: values.iter().map(ToString::to_string).collect() });
}

fn seconds(seconds: i64) -> Timestamp {
    after(clock::now(), seconds)
}

/// What is changed, and the number with which it is refused; 0: it is taken.
type Case = (&'static str, u32, Box<dyn Fn(&mut Assertion)>);

fn common() -> Vec<Case> {
    fn case(name: &'static str, code: u32, change: impl Fn(&mut Assertion) + 'static) -> Case {
        (name, code, Box::new(change))
    }
    vec![
        case("nothing", 0, |_| {}),
        case("an unknown issuer", 50_107, |it| it.issuer = "http://evil.example/adfs/services/trust/".to_owned()),
        case("the issuer in another case", 50_107, |it| it.issuer = it.issuer.to_uppercase()),
        // That service is trusted, but it is not the one that was asked.
        case("the other domain's issuer", 50_107, |it| it.issuer = issuer("two.example")),
        case("another audience", 50_013, |it| it.audience = "urn:federation:Other".to_owned()),
        case("an audience in another case", 50_013, |it| it.audience = AUDIENCE.to_lowercase()),
        case("expired", 500_133, |it| {
            it.not_before = seconds(-4_000);
            it.not_on_or_after = seconds(-301);
        }),
        case("expired by less than the skew", 0, |it| it.not_on_or_after = seconds(-200)),
        case("of the future", 500_133, |it| it.not_before = seconds(330)),
        case("of the future by less than the skew", 0, |it| it.not_before = seconds(200)),
        case("issued in the future", 500_133, |it| it.issued_at = seconds(330)),
        case("proved in the future", 500_133, |it| it.authentication.at = seconds(330)),
        case("valid for a week", 50_013, |it| it.not_on_or_after = seconds(7 * 86_400)),
        case("another anchor", 51_004, |it| {
            it.name_id.value = "Ym9i".to_owned();
            it.attributes.retain(|attribute| attribute.name != IMMUTABLE_ID);
        }),
        case("two anchors", 50_013, |it| value(it, IMMUTABLE_ID, &["Ym9i"])),
        case("the anchor in another case", 51_004, |it| {
            it.name_id.value = it.name_id.value.to_uppercase();
            it.attributes.retain(|attribute| attribute.name != IMMUTABLE_ID);
        }),
    ]
}

/// Cases about the user name, whose attribute each version calls differently.
fn about_names(name: &'static str) -> Vec<Case> {
    let named = move |upn: &'static str, anchor: &'static str| -> Box<dyn Fn(&mut Assertion)> {
        Box::new(move |it: &mut Assertion| {
            value(it, name, &[upn]);
            if name == UPN {
                value(it, IMMUTABLE_ID, &[anchor]);
            }
            it.name_id.value = anchor.to_owned();
        })
    };
    vec![
        ("a user of another federated domain", 5_000_819, named("bob@two.example", "Ym9i")),
        ("a user of a managed domain", 5_000_819, named("cloud@contoso.example", "Y2xvdWQ=")),
        ("the administrator", 5_000_819, named("admin@contoso.onmicrosoft.com", ANCHOR)),
        ("a domain that only ends alike", 5_000_819, named("ana@notfed.example", ANCHOR)),
        ("two domains in one name", 5_000_819, named("ana@fed.example@two.example", ANCHOR)),
        ("no domain", 5_000_819, named("ana", ANCHOR)),
        ("a user of the subdomain", 0, named("sub@hr.fed.example", "c3Vi")),
        ("nobody", 51_004, named("nobody@fed.example", ANCHOR)),
        ("another user's name", 51_004, named("off@fed.example", ANCHOR)),
        ("somebody disabled", 50_057, named("off@fed.example", "b2Zm")),
        ("somebody without an anchor", 51_004, named("none@fed.example", ANCHOR)),
        ("two names", 50_013, Box::new(move |it| value(it, name, &[ANA, "bob@two.example"]))),
        (
            "the name twice",
            50_013,
            Box::new(move |it| it.attributes.push(Attribute { name: name.to_owned(), values: vec![ANA.to_owned()] })),
        ),
        ("no name", 50_013, Box::new(move |it| it.attributes.retain(|attribute| attribute.name != name))),
    ]
}

#[tokio::test]
async fn a_token_of_ws_federation_is_believed_when_everything_fits() {
    let tenant = world(Protocol::WsFed).await;
    for (name, expected, change) in common().into_iter().chain(about_names(UPN)) {
        let mut browser = Browser::new(&tenant);
        let mut assertion = assertion(ANA, ANCHOR);
        change(&mut assertion);
        let shown = browser.by_token("account", ANA, &wresult(&assertion, &KEYS[0])).await;
        assert_eq!(browser.is_signed_in().await, expected == 0, "{name}");
        if expected > 0 {
            assert_eq!(code(&shown), expected, "{name}");
            assert!(shown.html.contains("<code>"), "a number to report: {name}");
        }
    }
    // What was proved and still not believed is in the log; what nobody proved is not.
    let log = tenant.log();
    assert!(log.iter().any(|row| row.code == 5_000_819 && row.upn == "bob@two.example" && row.detail.contains(&issuer("fed.example"))));
    assert!(!log.iter().any(|row| row.code == 50_107));
}

#[tokio::test]
async fn a_saml_response_is_believed_when_everything_fits() {
    let tenant = world(Protocol::Saml).await;
    let recipient = tenant.url("/login.srf");
    let more: Vec<Case> = vec![
        (
            "another recipient",
            50_013,
            Box::new(|it| it.confirmation.as_mut().unwrap().recipient = "https://evil.example/login.srf".to_owned()),
        ),
        ("another request", 50_013, Box::new(|it| it.confirmation.as_mut().unwrap().in_response_to = Some("_other".to_owned()))),
        ("no request", 50_013, Box::new(|it| it.confirmation.as_mut().unwrap().in_response_to = None)),
        ("delivered late", 500_133, Box::new(|it| it.confirmation.as_mut().unwrap().not_on_or_after = seconds(-301))),
        ("another format", 50_013, Box::new(|it| it.name_id.format = NameIdFormat::Unspecified)),
    ];
    for (name, expected, change) in
        common().into_iter().filter(|(name, ..)| *name != "two anchors").chain(about_names("IDPEmail")).chain(more)
    {
        let mut browser = Browser::new(&tenant);
        let away = browser.type_name("account", ANA).await;
        let (request, state) = (away.field("SAMLRequest"), away.field("RelayState"));
        let request = samesign_wire::saml::AuthnRequest::read(&samesign_wire::saml::post::decode(&request).unwrap()).unwrap();
        assert_eq!((request.issuer.as_str(), request.acs_url, request.subject.as_deref()), (AUDIENCE, None, Some(ANA)));
        let mut assertion = assertion2(ANA, ANCHOR, &recipient, &request.id);
        change(&mut assertion);
        let shown = browser.respond(&state, &saml_response(&assertion, &KEYS[0])).await;
        assert_eq!(browser.is_signed_in().await, expected == 0, "{name}: {}", shown.html);
        if expected > 0 {
            assert_eq!(code(&shown), expected, "{name}");
        }
    }
}

#[tokio::test]
async fn keys_follow_one_another_and_no_other_is_believed() {
    let tenant = tenant(Protocol::WsFed).await;
    let folder = tenant.folder.path();
    let set = |signing: &Key, next: Option<&Key>| {
        let store = samesign_tenant::store::Store::open(folder).unwrap();
        let done: Result<_, samesign_tenant::directory::DirectoryError> = store.write(|connection| {
            let before = samesign_tenant::store::federation::of_domain(connection, "fed.example")?.unwrap();
            let wanted = samesign_tenant::store::federation::Federation {
                signing: signing.certificate.clone(),
                next_signing: next.map(|next| next.certificate.clone()),
                ..before.clone()
            };
            samesign_tenant::directory::federation::update(connection, &before, wanted, 0)
        });
        done.unwrap();
    };
    let comes_in = async |key: &Key| {
        let mut browser = Browser::new(&tenant);
        let shown = browser.by_token("account", ANA, &wresult(&assertion(ANA, ANCHOR), key)).await;
        let signed_in = browser.is_signed_in().await;
        assert_eq!(signed_in, shown.status.is_redirection());
        if signed_in { 0 } else { code(&shown) }
    };
    let [one, two, three] = &*KEYS;
    assert_eq!([comes_in(one).await, comes_in(two).await], [0, 50_006]);
    set(one, Some(two));
    assert_eq!([comes_in(one).await, comes_in(two).await, comes_in(three).await], [0, 0, 50_006]);
    set(two, None);
    assert_eq!([comes_in(one).await, comes_in(two).await], [50_006, 0]);
    // The certificate's end is the key's.
    set(&Key::expired(), None);
    assert_eq!(comes_in(two).await, 50_003);
}

#[tokio::test]
async fn nothing_comes_in_that_was_not_asked_for_here() {
    let tenant = tenant(Protocol::WsFed).await;
    let mut browser = Browser::new(&tenant);
    let good = || wresult(&assertion(ANA, ANCHOR), &KEYS[0]);
    for wctx in ["", "estsredirect=2&estsrequest=", "estsredirect=2&estsrequest=AAAA", "x".repeat(4_000).as_str()] {
        assert_eq!(code(&browser.arrive(wctx, &good()).await), 20_012, "{wctx}");
    }
    let wctx = parameters(&browser.type_name("account", ANA).await.onward())["wctx"].clone();
    // No message, two messages, a message of the other protocol.
    let one = good();
    let fields: [&[(&str, &str)]; 5] = [
        &[("wa", "wsignin1.0"), ("wctx", &wctx)],
        &[("wresult", &one), ("wresult", &one), ("wctx", &wctx)],
        &[("wresult", &one), ("SAMLResponse", "AAAA"), ("wctx", &wctx)],
        &[("wresult", &one), ("wctx", &wctx), ("wctx", &wctx)],
        &[("SAMLResponse", "AAAA"), ("RelayState", wctx.split_once("estsrequest=").unwrap().1)],
    ];
    for fields in fields {
        assert_eq!(code(&browser.post_answer(fields).await), 50_008);
    }
    for message in ["", "<x/>", "no xml", "<!DOCTYPE x []><x/>"] {
        let refused = code(&browser.arrive(&wctx, message).await);
        assert!([20_012, 50_008].contains(&refused), "{message}: {refused}");
    }
    // Another browser: it may even know everything that travels.
    let posted = browser.post_answer(&[("wa", "wsignin1.0"), ("wresult", &one), ("wctx", &wctx)]).await;
    let arrival = posted.location.unwrap();
    let mut other = Browser::new(&tenant);
    assert_eq!(code(&other.get(&arrival).await), 50_013);
    other.get("/sign-in").await;
    assert_eq!(code(&other.get(&arrival).await), 50_013);
    assert!(!other.is_signed_in().await);
    // The right one still comes in, once.
    assert_eq!(browser.get(&arrival).await.location.as_deref(), Some("/account"));
    assert!(browser.is_signed_in().await);
    assert_eq!(code(&browser.get(&arrival).await), 20_012);
    assert_eq!(code(&other.get(&arrival).await), 20_012);
}

#[tokio::test]
async fn who_became_managed_or_was_disabled_on_the_way_does_not_come_in() {
    let tenant = tenant(Protocol::WsFed).await;
    let mut browser = Browser::new(&tenant);
    let wctx = parameters(&browser.type_name("account", ANA).await.onward())["wctx"].clone();
    let posted = browser.post_answer(&[("wresult", &wresult(&assertion(ANA, ANCHOR), &KEYS[0])), ("wctx", &wctx)]).await;
    change(tenant.folder.path(), ANA, |user| user.enabled = false);
    assert_eq!(code(&browser.get(&posted.location.unwrap()).await), 51_004);
    assert!(!browser.is_signed_in().await);
}

#[tokio::test]
async fn what_came_from_outside_is_escaped() {
    let tenant = tenant(Protocol::WsFed).await;
    let mut browser = Browser::new(&tenant);
    let evil = "\"><script>alert(1)</script>";
    let mut forged = assertion(ANA, ANCHOR);
    forged.issuer = format!("http://x/{evil}");
    let shown = browser.by_token("account", ANA, &wresult(&forged, &KEYS[0])).await;
    assert_eq!(code(&shown), 50_107);
    assert!(!shown.html.contains("<script"), "{}", shown.html);
    let shown = browser.type_name("account", &format!("{evil}@fed.example")).await;
    assert!(!shown.html.contains("<script"), "{}", shown.html);
    assert!(shown.onward().contains("%3Cscript"), "{}", shown.onward());
}
