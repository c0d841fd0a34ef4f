//! Passwords' hashes and feature bits against a scripted peer: what goes out, and every outcome told apart.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod entra_script;

use entra_script::{Reply, Script, Seen};
use samesign_connect::entra::{Entra, EntraError, SendError};
use samesign_wire::password::CredentialData;
use samesign_wire::provisioning::{
    CREDENTIALS_PER_REQUEST_MAX, CredentialChange, CredentialItem, CredentialResult, Fault, FaultCode, FaultDetail, Operation, Request,
    Response, decode_request, encode_fault, encode_response, features,
};

const BLOB: &str = "v1;PPH1_MD4,181a3024085fcee2f70e,1000,b39525c3bc72a1136fcf7c8a338e0c14313d0450d1a4c98ef0a6ddada3bc5b0a;";

fn change(anchor: &str) -> CredentialChange {
    CredentialChange {
        source_anchor: anchor.to_owned(),
        change_date: 1_795_392_907,
        credential_data: CredentialData::parse(BLOB).unwrap(),
        force_password_change_on_logon: anchor == "b",
    }
}

fn answered(results: &[(&str, i32)]) -> Reply {
    let result = |(anchor, result): &(&str, i32)| CredentialResult {
        source_anchor: Some((*anchor).to_owned()),
        cloud_anchor: None,
        result: *result,
        extended_error_information: (*result != 0).then(|| format!("about {anchor}")),
    };
    let response = Response::Credentials(results.iter().map(result).collect());
    Reply::Http(200, "", encode_response(Operation::ProvisionCredentials, "urn:uuid:1", &response))
}

fn is_service(seen: &Seen) -> bool {
    seen.target.ends_with(".svc")
}

async fn send(entra: &Entra) -> Result<Vec<CredentialResult>, SendError> {
    entra.provision_credentials(&[change("a"), change("b")]).await
}

#[tokio::test]
async fn passwords_go_out_in_order_and_each_gets_its_own_answer() {
    let script = Script::start(|seen, _| is_service(seen).then(|| answered(&[("b", 2), ("a", 0)]))).await;
    let results = send(&script.entra()).await.unwrap();
    let told: Vec<_> = results
        .iter()
        .map(|result| (result.source_anchor.as_deref(), result.result, result.extended_error_information.as_deref()))
        .collect();
    assert_eq!(told, [(Some("a"), CredentialResult::STORED, None), (Some("b"), CredentialResult::UNKNOWN_ANCHOR, Some("about b"))]);
    let seen = &script.seen()[0];
    assert!(seen.headers.contains("x-ms-aadmsods-apiaction: provisioncredentials\r\n"), "{}", seen.headers);
    let (_, request) = decode_request(&seen.body).unwrap();
    assert!(request == Request::ProvisionCredentials([change("a"), change("b")].iter().map(CredentialItem::from).collect()));
}

#[tokio::test]
async fn every_outcome_is_told_apart() {
    type Case = (&'static str, fn() -> Reply, fn(&SendError) -> bool);
    let table: [Case; 7] = [
        ("the reply is lost", || Reply::Cut, |error| matches!(error, SendError::Unknown(_))),
        ("a gateway gives up", || Reply::Http(502, "", Vec::new()), |error| matches!(error, SendError::Unknown(_))),
        ("a result is missing", || answered(&[("a", 0)]), |error| matches!(error, SendError::Unknown(_))),
        ("a result is of another object", || answered(&[("a", 0), ("c", 0)]), |error| matches!(error, SendError::Unknown(_))),
        ("one result comes twice", || answered(&[("a", 0), ("a", 2)]), |error| matches!(error, SendError::Unknown(_))),
        (
            "slow down",
            || Reply::Http(429, "retry-after: 7\r\n", Vec::new()),
            |error| matches!(error, SendError::NotSent(EntraError::Throttled { retry_after, .. }) if retry_after.as_secs() == 7),
        ),
        ("too large", || Reply::Http(413, "", Vec::new()), |error| matches!(error, SendError::TooLarge)),
    ];
    for (what, reply, check) in table {
        let script = Script::start(move |seen, _| is_service(seen).then(reply)).await;
        let error = send(&script.entra()).await.unwrap_err();
        assert!(check(&error), "{what}: {error:?}");
        assert_eq!(script.seen().len(), 1, "{what}: sent once and never again");
    }
}

#[tokio::test]
async fn what_is_too_much_for_one_request_is_not_sent() {
    let script = Script::start(|_, _| None).await;
    let changes: Vec<_> = (0..=CREDENTIALS_PER_REQUEST_MAX).map(|number| change(&number.to_string())).collect();
    assert!(matches!(script.entra().provision_credentials(&changes).await, Err(SendError::TooLarge)));
    assert!(script.seen().is_empty());
}

#[tokio::test]
async fn an_error_about_passwords_says_what_was_asked() {
    let script = Script::start(|seen, _| is_service(seen).then(|| answered(&[("a", 0)]))).await;
    let Err(SendError::Unknown(error)) = send(&script.entra()).await else { panic!("the outcome is open") };
    let text = error.to_string();
    assert!(text.ends_with("to ProvisionCredentials cannot be understood: it does not hold one result for every password"), "{text}");
}

#[tokio::test]
async fn feature_bits_are_set_as_a_whole() {
    let wanted = features::PASSWORD_HASH_SYNC | features::USER_FORCE_PASSWORD_CHANGE_ON_LOGON;
    let done = || Reply::Http(200, "", encode_response(Operation::SetCompanyDirsyncFeatures, "urn:uuid:1", &Response::SetFeatures));
    let script = Script::start(move |seen, _| is_service(seen).then(done)).await;
    script.entra().set_dirsync_features(wanted).await.unwrap();
    let (_, request) = decode_request(&script.seen()[0].body).unwrap();
    assert!(request == Request::SetCompanyDirsyncFeatures { dirsync_features: wanted });

    let detail = FaultDetail::AdminWebService { error_code: "AccessDenied".to_owned(), message: "no role".to_owned() };
    let fault = Fault { code: FaultCode::Sender, reason: "no role".to_owned(), detail };
    let script = Script::start(move |seen, _| is_service(seen).then(|| Reply::Http(500, "", encode_fault("urn:uuid:1", &fault)))).await;
    let error = script.entra().set_dirsync_features(1).await.unwrap_err();
    assert!(matches!(error, EntraError::Fault(_)), "{error}");
}
