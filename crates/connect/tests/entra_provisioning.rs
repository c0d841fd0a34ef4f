//! Calls of the provisioning service against a scripted peer: every outcome told apart, redirects, lost replies.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that panics has failed, which is its purpose")]

mod entra_script;

use std::sync::atomic::{AtomicUsize, Ordering};

use entra_script::{Reply, Script, Seen};
use reqwest::Url;
use samesign_connect::entra::{Entra, EntraError, SendError};
use samesign_wire::provisioning::{
    Fault, FaultCode, FaultDetail, ObjectType, Operation, PropertyValue, Request, Response, ResultCode, SyncObject, SyncObjectResult,
    SyncOperation, decode_request, encode_fault, encode_response,
};

fn user(anchor: &str) -> SyncObject {
    SyncObject {
        source_anchor: Some(anchor.to_owned()),
        cloud_anchor: None,
        object_type: ObjectType::User,
        operation: SyncOperation::Add,
        properties: vec![("displayName".into(), PropertyValue::Text("Ana & <Bob> 😀".to_owned()))],
    }
}

fn result(anchor: &str) -> SyncObjectResult {
    SyncObjectResult {
        object_type: ObjectType::User,
        operation: SyncOperation::Add,
        source_anchor: Some(anchor.to_owned()),
        cloud_anchor: Some(format!("User_{anchor}")),
        result_code: ResultCode::Success,
        error_code: None,
        error_description: None,
        error_details: Vec::new(),
    }
}

fn provisioned(anchors: &[&str]) -> Reply {
    let response = Response::Provision(anchors.iter().map(|anchor| result(anchor)).collect());
    Reply::Http(200, "", encode_response(Operation::ProvisionAzureADSyncObjects2, "urn:uuid:1", &response))
}

fn fault(detail: FaultDetail) -> Reply {
    Reply::Http(500, "", encode_fault("urn:uuid:1", &Fault { code: FaultCode::Sender, reason: "refused".to_owned(), detail }))
}

fn redirect(url: String) -> Reply {
    fault(FaultDetail::BindingRedirection { url })
}

fn is_service(seen: &Seen) -> bool {
    seen.target.ends_with(".svc")
}

async fn send(entra: &Entra) -> Result<Vec<SyncObjectResult>, SendError> {
    entra.provision(&[user("a"), user("b")]).await
}

#[tokio::test]
async fn objects_go_out_with_everything_the_service_asks_for() {
    let script = Script::start(|seen, _| is_service(seen).then(|| provisioned(&["b", "a"]))).await;
    let results = send(&script.entra()).await.unwrap();
    assert_eq!(
        results.iter().map(|result| result.source_anchor.as_deref()).collect::<Vec<_>>(),
        [Some("a"), Some("b")],
        "in the order sent"
    );
    let seen = &script.seen()[0];
    assert_eq!((seen.method.as_str(), seen.target.as_str()), ("POST", "/provisioningservice.svc"));
    for header in [
        "content-type: application/soap+msbin1\r\n",
        "x-ms-aadmsods-appid: 6eb59a73-39b2-4c23-a70f-e2e3ce8965b1\r\n",
        "x-ms-aadmsods-apiaction: provisionazureadsyncobjects2\r\n",
        "x-ms-aadmsods-clientversion: 8.0\r\n",
        "x-ms-aadmsods-tenantid: 0001\r\n",
        "client-request-id: ",
    ] {
        assert!(seen.headers.contains(header), "{header} in {}", seen.headers);
    }
    assert!(!seen.headers.contains("authorization") && !seen.headers.contains("user-agent"), "the token travels inside the message");
    let (header, request) = decode_request(&seen.body).unwrap();
    assert_eq!(
        (header.to.as_str(), header.bearer_token.expose()),
        (format!("{}provisioningservice.svc", script.url).as_str(), "a.eyJ0aWQiOiIwMDAxIn0.c")
    );
    assert!(request == Request::ProvisionAzureADSyncObjects2(vec![user("a"), user("b")]));
}

#[tokio::test]
async fn every_outcome_is_told_apart() {
    type Check = fn(&SendError) -> bool;
    type Case = (&'static str, fn() -> Reply, Check);
    let unknown: Check = |error| matches!(error, SendError::Unknown(_));
    let not_sent: Check = |error| matches!(error, SendError::NotSent(_));
    let table: [Case; 9] = [
        ("the reply is lost", || Reply::Cut, unknown),
        ("a gateway gives up", || Reply::Http(502, "", Vec::new()), unknown),
        ("the answer is not SOAP", || Reply::Http(200, "", b"<html>".to_vec()), unknown),
        ("the answer is cut", || Reply::Http(200, "", provisioned_bytes()[..40].to_vec()), unknown),
        ("a result is missing", || provisioned(&["a"]), unknown),
        ("a result is of another object", || provisioned(&["a", "c"]), unknown),
        (
            "slow down",
            || Reply::Http(429, "retry-after: 7\r\n", Vec::new()),
            |error| matches!(error, SendError::NotSent(EntraError::Throttled { retry_after, .. }) if retry_after.as_secs() == 7),
        ),
        ("refused", || Reply::Http(403, "", Vec::new()), not_sent),
        ("too large", || Reply::Http(413, "", Vec::new()), |error| matches!(error, SendError::TooLarge)),
    ];
    for (what, reply, check) in table {
        let script = Script::start(move |seen, _| is_service(seen).then(reply)).await;
        let error = send(&script.entra()).await.unwrap_err();
        assert!(check(&error), "{what}: {error:?}");
        assert_eq!(script.seen().len(), 1, "{what}: sent once and never again");
    }
    let script = Script::start(|seen, _| seen.target.ends_with("/token").then_some(Reply::Cut)).await;
    assert!(matches!(send(&script.entra()).await, Err(SendError::NotSent(_))), "no token");
    assert!(script.seen().is_empty());
}

fn provisioned_bytes() -> Vec<u8> {
    match provisioned(&["a", "b"]) {
        Reply::Http(_, _, body) => body,
        Reply::Cut => Vec::new(),
    }
}

#[tokio::test]
async fn a_fault_is_the_services_own_word() {
    let detail = FaultDetail::AdminWebService { error_code: "DirSyncStatus".to_owned(), message: "not enabled".to_owned() };
    let given = detail.clone();
    let script = Script::start(move |seen, _| is_service(seen).then(|| fault(given.clone()))).await;
    let error = send(&script.entra()).await.unwrap_err();
    assert!(matches!(&error, SendError::Fault(fault) if fault.detail == detail));
    assert_eq!(error.to_string(), "the provisioning service refused the request: DirSyncStatus: not enabled");
}

#[tokio::test]
async fn a_redirect_is_followed_and_kept() {
    let script = Script::start(|seen, url| match seen.target.as_str() {
        "/provisioningservice.svc" => Some(redirect(format!("{url}second.svc"))),
        "/second.svc" => Some(redirect(format!("{url}third.svc"))),
        "/third.svc" => Some(provisioned(&["a", "b"])),
        _ => None,
    })
    .await;
    let entra = script.entra();
    send(&entra).await.unwrap();
    send(&entra).await.unwrap();
    let targets: Vec<String> = script.seen().into_iter().map(|seen| seen.target).collect();
    assert_eq!(targets, ["/provisioningservice.svc", "/second.svc", "/third.svc", "/third.svc"]);
    let (header, _) = decode_request(&script.seen()[2].body).unwrap();
    assert_eq!(header.to, format!("{}third.svc", script.url));
}

#[tokio::test]
async fn a_redirect_without_end_or_to_a_foreign_host_is_not_followed() {
    let script = Script::start(|seen, url| is_service(seen).then(|| redirect(format!("{url}again.svc")))).await;
    assert!(matches!(send(&script.entra()).await, Err(SendError::Fault(_))));
    assert_eq!(script.seen().len(), 4, "the request and three redirects");

    let other = Script::start(|_, _| None).await;
    let there = other.url.as_str().replace("localhost", "127.0.0.1");
    let script = Script::start(move |seen, _| is_service(seen).then(|| redirect(there.clone()))).await;
    assert!(matches!(send(&script.entra()).await, Err(SendError::NotSent(EntraError::ForeignHost { .. }))));
    assert!(other.seen().is_empty());
}

#[tokio::test]
async fn a_read_back_is_followed_over_its_pages() {
    let page = |anchor: &str, cookie: u8, more: bool| {
        let response = Response::ReadBack { objects: vec![user(anchor)], cookie: Some(vec![cookie]), more };
        Reply::Http(200, "", encode_response(Operation::ReadBackAzureADSyncObjects, "urn:uuid:1", &response))
    };
    let script = Script::start(move |seen, _| match decode_request(&seen.body).ok()?.1 {
        Request::ReadBackAzureADSyncObjects { input_cookie: None, .. } => Some(page("a", 1, true)),
        Request::ReadBackAzureADSyncObjects { input_cookie: Some(cookie), .. } if cookie == [1] => Some(page("b", 2, false)),
        _ => None,
    })
    .await;
    let mut anchors = Vec::new();
    script.entra().read_back(true, &mut |object: SyncObject| anchors.extend(object.source_anchor)).await.unwrap();
    assert_eq!(anchors, ["a", "b"]);
    let script = Script::start(move |seen, _| is_service(seen).then(|| page("a", 1, true))).await;
    let error = script.entra().read_back(true, &mut |_| {}).await.unwrap_err();
    assert!(error.to_string().contains("more follows, but not from where"), "{error}");
}

#[tokio::test]
async fn a_refused_token_is_replaced_before_anything_counts_as_sent() {
    static ANSWERS: AtomicUsize = AtomicUsize::new(0);
    let script = Script::start(|seen, _| {
        let again =
            || if ANSWERS.fetch_add(1, Ordering::SeqCst) == 0 { Reply::Http(401, "", Vec::new()) } else { provisioned(&["a", "b"]) };
        is_service(seen).then(again)
    })
    .await;
    send(&script.entra()).await.unwrap();
    assert_eq!((script.token_requests().len(), script.seen().len()), (2, 2));
    let url = Url::parse(&format!("x:?{}", String::from_utf8_lossy(&script.token_requests()[0].body))).unwrap();
    assert!(url.query_pairs().any(|(name, value)| name == "scope" && value == "6bf85cfa-ac8a-4be5-b5de-425a0d0dc016/.default"));
}
