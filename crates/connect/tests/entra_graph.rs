//! Sign-in and reads of Graph against a scripted peer: paging, waiting, links that lead astray, trust.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that panics has failed, which is its purpose")]

mod entra_script;

use std::sync::atomic::{AtomicUsize, Ordering};

use aws_lc_rs::signature::{RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entra_script::{Reply, Script, application};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use samesign_connect::entra::{DeltaItem, Entra, EntraError, SyncState, Url};
use samesign_engine::Anchor;
use serde_json::{Value, json};
use x509_parser::prelude::{FromDer, X509Certificate};

fn text(error: &EntraError) -> String {
    error.to_string()
}

fn organization() -> Reply {
    Reply::json(
        json!({"value": [{"id": "1", "displayName": "Contoso", "verifiedDomains": [{"name": "contoso.example", "isDefault": true}]}]}),
    )
}

#[tokio::test]
async fn the_application_signs_in_with_its_certificate_once() {
    let script = Script::start(|seen, _| seen.target.contains("/organization").then(organization)).await;
    let entra = script.entra();
    assert_eq!(entra.verified_domains().await.unwrap(), ["contoso.example"]);
    assert_eq!(entra.synchronization_state().await.unwrap(), SyncState::Off);
    let [request] = &script.token_requests()[..] else { panic!("one token serves two requests") };
    assert_eq!(request.target, "/contoso.onmicrosoft.com/oauth2/v2.0/token");
    assert!(script.seen().iter().all(|seen| seen.headers.contains("authorization: bearer a.eyj0awqioiiwmdaxin0.c")));

    let form: Vec<(String, String)> =
        Url::parse(&format!("x:?{}", String::from_utf8_lossy(&request.body))).unwrap().query_pairs().into_owned().collect();
    let field = |name: &str| form.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str()).unwrap();
    assert_eq!((field("grant_type"), field("scope")), ("client_credentials", "https://graph.microsoft.com/.default"));
    let [header, claims, signature]: [&str; 3] = field("client_assertion").split('.').collect::<Vec<_>>().try_into().unwrap();
    let decoded = |part: &str| -> Value { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap() };
    assert_eq!((&decoded(header)["alg"], &decoded(claims)["sub"]), (&json!("PS256"), &json!("11111111-2222-3333-4444-555555555555")));
    assert_eq!(decoded(claims)["aud"], json!(format!("{}contoso.onmicrosoft.com/oauth2/v2.0/token", script.url)));
    let certificate = CertificateDer::from_pem_file(&script.agent).unwrap();
    let (_, parsed) = X509Certificate::from_der(&certificate).unwrap();
    let key = UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, parsed.public_key().subject_public_key.data.to_vec());
    key.verify(format!("{header}.{claims}").as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
}

#[tokio::test]
async fn a_refused_sign_in_says_who_must_act() {
    let script = Script::start(|_, _| {
        let description = "AADSTS700016: Application with identifier 'x' was not found in the directory 'y'. Trace ID: 1 Correlation ID: 2";
        let body = json!({"error": "unauthorized_client", "error_description": description, "error_codes": [700016]});
        Some(Reply::Http(400, "", body.to_string().into_bytes()))
    })
    .await;
    let error = text(&script.entra().organization().await.unwrap_err());
    let expected = "the tenant refused to sign in the application (AADSTS700016): check `tenant.client_id`; the application must be registered \
                    in this very tenant; the tenant says: Application with identifier 'x' was not found in the directory 'y'";
    assert_eq!(error, expected);
}

#[tokio::test]
async fn a_token_that_is_refused_is_replaced_once() {
    static ANSWERS: AtomicUsize = AtomicUsize::new(0);
    let script = Script::start(|seen, _| {
        let again = || if ANSWERS.fetch_add(1, Ordering::SeqCst) == 0 { Reply::Http(401, "", Vec::new()) } else { organization() };
        seen.target.contains("/organization").then(again)
    })
    .await;
    script.entra().organization().await.unwrap();
    assert_eq!((script.token_requests().len(), script.seen().len()), (2, 2));
    let script = Script::start(|seen, _| seen.target.contains("/organization").then(|| Reply::Http(401, "", Vec::new()))).await;
    assert!(matches!(script.entra().organization().await, Err(EntraError::Refused { status: 401, .. })));
    assert_eq!(script.seen().len(), 2);
}

#[tokio::test]
async fn nobody_is_trusted_without_proof() {
    let script = Script::start(|_, _| None).await;
    let mut config = script.config();
    let other = Script::start(|_, _| None).await;
    config.ca = Some(other.ca.clone());
    let error = text(&Entra::new(&config).unwrap().organization().await.unwrap_err());
    assert!(error.contains("is not trusted: no authority in") && error.contains(other.ca.to_str().unwrap()), "{error}");
    config.ca = Some(script.ca.clone());
    config.endpoint = Some(Url::parse(script.url.as_str().replace("localhost", "127.0.0.1").as_str()).unwrap());
    let error = text(&Entra::new(&config).unwrap().organization().await.unwrap_err());
    assert!(error.contains("its certificate is for another name"), "{error}");
    config.ca = None;
    config.endpoint = Some(script.url.clone());
    let error = text(&Entra::new(&config).unwrap().organization().await.unwrap_err());
    assert!(error.contains("name the file with its authority in `tenant.ca`"), "{error}");
    assert!(script.seen().is_empty() && script.token_requests().is_empty(), "nothing was sent");

    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    config.endpoint = Some(Url::parse(&format!("https://{closed}")).unwrap());
    assert!(matches!(Entra::new(&config).unwrap().organization().await, Err(EntraError::Unreachable { .. })));
}

#[tokio::test]
async fn a_bad_file_is_named_with_its_mend() {
    let script = Script::start(|_, _| None).await;
    let file = script.folder.path().join("bad.pem");
    let with = |content: &str| {
        std::fs::write(&file, content).unwrap();
        let mut config = script.config();
        config.certificate = file.clone();
        Entra::new(&config)
    };
    let good = application(2100);
    let (certificate, key) = good.split_at(good.find("-----BEGIN PRIVATE").unwrap());
    let elliptic = format!("{certificate}{}", rcgen::KeyPair::generate().unwrap().serialize_pem());
    for (content, expected) in
        [("", "holds no certificate"), (certificate, "holds no private key"), (key, "holds no certificate"), (&elliptic, "not RSA")]
    {
        let error = text(&with(content).err().unwrap());
        assert!(error.contains("bad.pem") && error.contains(expected), "{error}");
    }
    let error = text(&with(&application(2020)).unwrap().organization().await.unwrap_err());
    assert!(error.contains("bad.pem expired at 2020-01-01"), "{error}");
    assert!(script.token_requests().is_empty());
    let mut config = script.config();
    config.ca = Some(file.with_file_name("none.pem"));
    assert!(text(&Entra::new(&config).err().unwrap()).contains("none.pem: check `tenant.ca`"));
}

#[tokio::test]
async fn a_delta_is_followed_over_its_pages_to_its_link() {
    let script = Script::start(|seen, url| {
        let page = |query: &str| format!("{url}v1.0/users/delta?{query}");
        if seen.target.starts_with("/v1.0/users/delta?$select=") {
            let users = json!([{"id": "1", "userPrincipalName": "ana@example.com"}]);
            return Some(Reply::json(json!({"value": users, "@odata.nextLink": page("$skiptoken=2")})));
        }
        let users = json!([{"id": "2", "@removed": {"reason": "changed"}}, {"id": "3", "@removed": {"reason": "deleted"}}]);
        match seen.target.as_str() {
            "/v1.0/users/delta?$skiptoken=2" => Some(Reply::json(json!({"value": users, "@odata.deltaLink": page("$deltatoken=9")}))),
            "/v1.0/users/delta?$deltatoken=9" => Some(Reply::json(json!({"value": [], "@odata.deltaLink": page("$deltatoken=9")}))),
            "/v1.0/users/delta?$deltatoken=old" => {
                Some(Reply::Http(410, "", br#"{"error":{"code":"syncStateNotFound","message":"x"}}"#.to_vec()))
            }
            _ => None,
        }
    })
    .await;
    let entra = script.entra();
    let mut items = Vec::new();
    let end = entra.users_delta(None, &mut |item| items.push(item)).await.unwrap();
    assert!(matches!(&items[..], [DeltaItem::Present(ana), DeltaItem::SoftDeleted(two), DeltaItem::Deleted(three)]
        if &*ana.upn == "ana@example.com" && &**two == "2" && &**three == "3"));
    assert_eq!(end.link, format!("{}v1.0/users/delta?$deltatoken=9", script.url));
    assert_eq!(entra.users_delta(Some(&end.link), &mut |_| panic!("nothing changed")).await.unwrap(), end);
    assert!(script.seen().iter().all(|seen| seen.headers.contains("prefer: odata.maxpagesize=999")));

    let calls = script.seen().len();
    for foreign in ["https://attacker.example/v1.0/users/delta", "no link", "https://localhost:1/v1.0/users/delta"] {
        assert!(matches!(entra.users_delta(Some(foreign), &mut |_| {}).await, Err(EntraError::ResyncRequired)));
    }
    assert_eq!(script.seen().len(), calls);
    let old = format!("{}v1.0/users/delta?$deltatoken=old", script.url);
    assert!(matches!(entra.users_delta(Some(&old), &mut |_| {}).await, Err(EntraError::ResyncRequired)));
}

#[tokio::test]
async fn a_token_follows_no_foreign_link_and_no_http_redirect() {
    let other = Script::start(|_, _| None).await;
    let next = format!("{}v1.0/users/delta", other.url);
    let script = Script::start(move |seen, _| match seen.target.contains("/delta") {
        true => Some(Reply::json(json!({"value": [], "@odata.nextLink": next}))),
        false => seen.target.contains("/subscribedSkus").then(|| Reply::Http(302, "location: https://localhost:1/\r\n", Vec::new())),
    })
    .await;
    assert!(matches!(script.entra().users_delta(None, &mut |_| {}).await, Err(EntraError::ForeignHost { .. })));
    assert!(matches!(script.entra().subscribed_skus().await, Err(EntraError::Refused { status: 302, .. })));
    assert!(other.seen().is_empty());
}

#[tokio::test]
async fn reads_wait_as_they_are_told_but_not_for_ever() {
    static ANSWERS: AtomicUsize = AtomicUsize::new(0);
    let script = Script::start(|seen, _| {
        let again = || match ANSWERS.fetch_add(1, Ordering::SeqCst) {
            0 => Reply::Http(429, "retry-after: 0\r\n", Vec::new()),
            1 => Reply::Http(503, "retry-after: 0.001\r\n", Vec::new()),
            2 => Reply::Http(504, "retry-after: Sun, 06 Nov 1994 08:49:37 GMT\r\n", Vec::new()),
            _ => organization(),
        };
        seen.target.contains("/organization").then(again)
    })
    .await;
    script.entra().organization().await.unwrap();
    assert_eq!(script.seen().len(), 4);
    let script =
        Script::start(|seen, _| seen.target.contains("/organization").then(|| Reply::Http(429, "retry-after: 0\r\n", Vec::new()))).await;
    assert!(matches!(script.entra().organization().await, Err(EntraError::Throttled { .. })));
    assert_eq!(script.seen().len(), 5);
}

#[tokio::test]
async fn a_user_is_found_by_its_anchor() {
    let script = Script::start(|seen, _| {
        let users = match seen.target.split_once("$filter=").map(|(_, filter)| filter) {
            Some("onPremisesImmutableId%20eq%20%27a%2Bb%2F%3D%3D%27") => json!([{"id": "1"}]),
            Some("onPremisesImmutableId%20eq%20%27twice%27") => json!([{"id": "1"}, {"id": "2"}]),
            _ => json!([]),
        };
        seen.target.starts_with("/v1.0/users?$select=").then(|| Reply::json(json!({"value": users})))
    })
    .await;
    let entra = script.entra();
    assert_eq!(&*entra.find_by_anchor(&Anchor::from_text("a+b/==")).await.unwrap().unwrap().id, "1");
    assert_eq!(entra.find_by_anchor(&Anchor::from_text("none")).await.unwrap(), None);
    assert!(matches!(entra.find_by_anchor(&Anchor::from_text("twice")).await, Err(EntraError::AnchorTwice { .. })));
}

#[tokio::test]
async fn nobody_is_taken_for_harmless_unasked() {
    static BATCHES: AtomicUsize = AtomicUsize::new(0);
    let script = Script::start(|seen, url| {
        if seen.target == "/v1.0/users/7/memberOf?$skiptoken=2" {
            return Some(Reply::json(json!({"value": [{"@odata.type": "#microsoft.graph.directoryRole"}]})));
        }
        let batch: Value = serde_json::from_slice(&seen.body).ok().filter(|_| seen.target == "/v1.0/$batch")?;
        let first = BATCHES.fetch_add(1, Ordering::SeqCst) == 0;
        let answer = |request: &Value| {
            let user = request["url"].as_str().unwrap().trim_start_matches("/users/").split('/').next().unwrap().to_owned();
            let body = match user.as_str() {
                "7" => json!({"value": [{"@odata.type": "#microsoft.graph.group"}], "@odata.nextLink": format!("{url}v1.0/users/7/memberOf?$skiptoken=2")}),
                "9" | "22" => json!({"value": [{"@odata.type": "#microsoft.graph.directoryRole", "id": "x"}]}),
                _ => json!({"value": [{"@odata.type": "#microsoft.graph.group"}]}),
            };
            let status = if user == "9" && first { 429 } else if user == "3" { 404 } else { 200 };
            json!({"id": request["id"], "status": status, "headers": {"Retry-After": "0"}, "body": body})
        };
        let answers: Vec<Value> = batch["requests"].as_array().unwrap().iter().rev().map(answer).collect();
        Some(Reply::json(json!({"responses": answers})))
    })
    .await;
    let ids: Vec<String> = (0..25).map(|id| id.to_string()).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let holders = script.entra().admin_roles(&ids).await.unwrap();
    assert_eq!(holders.iter().map(|id| &**id).collect::<Vec<_>>(), ["22", "7", "9"]);
    let sizes: Vec<usize> = script
        .seen()
        .iter()
        .filter_map(|seen| serde_json::from_slice::<Value>(&seen.body).ok()?["requests"].as_array().map(Vec::len))
        .collect();
    assert_eq!(sizes, [20, 1, 5]);

    let script = Script::start(|seen, _| {
        let refused =
            json!({"responses": [{"id": "0", "status": 403, "body": {"error": {"code": "Authorization_RequestDenied", "message": "no"}}}]});
        seen.target.ends_with("$batch").then(|| Reply::json(refused))
    })
    .await;
    let error = text(&script.entra().admin_roles(&["1"]).await.unwrap_err());
    assert!(error.contains("with 403 Authorization_RequestDenied: no"), "{error}");
}
