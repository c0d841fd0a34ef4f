//! Every request that the connector sends to Graph, against Graph's published contract.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "../../tenant/tests/contract_support/mod.rs"]
mod contract_support;
mod entra_script;

use std::sync::{Arc, Mutex};

use contract_support::Contract;
use entra_script::{Reply, Script};
use samesign_connect::entra::DomainFederation;
use samesign_engine::Anchor;
use samesign_wire::provisioning::{CompanyConfiguration, Response, decode_request, encode_response};
use serde_json::{Value, json};

/// Every read of the connector, with the requests that it made: method, path below `/v1.0` with its query, body.
async fn every_request() -> Vec<(String, String, Option<Value>)> {
    let script = Script::start(|seen, url| {
        if seen.target == "/v1.0/$batch" {
            return Some(Reply::json(json!({"responses": [{"id": "0", "status": 200, "body": {"value": []}}]})));
        }
        if seen.target.starts_with("/provisioning") {
            let (header, request) = decode_request(&seen.body).unwrap();
            let response = Response::CompanyConfiguration(CompanyConfiguration::default());
            return Some(Reply::Http(200, "", encode_response(request.operation(), &header.message_id, &response)));
        }
        let link = format!("{url}v1.0/users/delta?$deltatoken=1");
        seen.target
            .starts_with("/v1.0/")
            .then(|| Reply::json(json!({"value": [{"id": "1", "skuId": "1", "skuPartNumber": "x"}], "@odata.deltaLink": link})))
    })
    .await;
    let requests = Arc::new(Mutex::new(Vec::new()));
    let kept = requests.clone();
    let entra = script.entra().with_recorder(Arc::new(move |recorded| {
        let path = recorded.url.split_once("/v1.0").unwrap().1.to_owned();
        let body = recorded.body.map(|body| serde_json::from_slice(body).unwrap());
        kept.lock().unwrap().push((recorded.method.to_owned(), path, body));
    }));
    entra.tenant_facts().await.unwrap();
    entra.subscribed_skus().await.unwrap();
    entra.users_delta(None, &mut |_| {}).await.unwrap();
    entra.groups_delta(None, &mut |_| {}).await.unwrap();
    entra.contacts_delta(None, &mut |_| {}).await.unwrap();
    entra.assign_licence("1", &["2"]).await.unwrap();
    entra.deleted_users(&mut |_| {}).await.unwrap();
    entra.find_by_anchor(&Anchor::from_text("a+b/==")).await.unwrap();
    entra.admin_roles(&["1"]).await.unwrap();
    entra.domains().await.unwrap();
    entra.is_global_administrator("1").await.unwrap();
    let settings = DomainFederation {
        id: "2".to_owned(),
        issuer_uri: "urn:issuer".to_owned(),
        passive_sign_in_uri: "https://sts.example/".to_owned(),
        preferred_authentication_protocol: Some("saml".to_owned()),
        prompt_login_behavior: Some("translateToFreshPasswordAuthentication".to_owned()),
        federated_idp_mfa_behavior: Some("rejectMfaByFederatedIdp".to_owned()),
        ..DomainFederation::default()
    };
    entra.federation("contoso.example").await.unwrap();
    entra.federate("contoso.example", &settings).await.unwrap();
    entra.update_federation("contoso.example", &settings).await.unwrap();
    entra.make_managed("contoso.example").await.unwrap();
    let of_graph = script.seen().iter().filter(|seen| seen.target.starts_with("/v1.0/")).count();
    assert_eq!(of_graph, requests.lock().unwrap().len(), "the recorder misses nothing");
    let requests = requests.lock().unwrap();
    requests.clone()
}

#[tokio::test]
async fn every_request_keeps_the_contract() {
    let requests = every_request().await;
    assert_eq!(requests.len(), 16);
    let Some(contract) = Contract::from_environment() else { return };
    for (method, path, body) in &requests {
        assert_eq!(contract.check_request(method, path, body.as_ref()), Ok(()));
        for entry in body.iter().filter_map(|body| body["requests"].as_array()).flatten() {
            assert_eq!(contract.check_request(entry["method"].as_str().unwrap(), entry["url"].as_str().unwrap(), None), Ok(()));
        }
    }
}

/// A closed schema refuses unknown names, so an answer made of the names that we select proves that they exist.
#[tokio::test]
async fn every_property_that_is_selected_exists() {
    let Some(contract) = Contract::from_environment() else { return };
    let complaint = |set: &str, name: &str| {
        let answer = json!({"value": [{"id": "1", name: {"no": "such"}}]});
        contract.check_answer("GET", &format!("/{set}"), 200, Some(&answer)).unwrap_err()
    };
    let is_unknown = |set: &str, name: &str| complaint(set, name).contains(&format!("'{name}' was unexpected"));
    let mut seen = Vec::new();
    for (_, path, _) in every_request().await {
        let Some(select) = path.split("$select=").nth(1) else { continue };
        let set = match path.trim_start_matches('/').split(['/', '?']).next().unwrap() {
            "directory" => "users",
            set @ ("users" | "groups" | "contacts") => set,
            // The contract describes the answers of the others without a closed schema.
            _ => continue,
        };
        assert!(is_unknown(set, "favouriteColour"), "{set}: {}", complaint(set, "favouriteColour"));
        for name in select.split('&').next().unwrap().split(',').filter(|name| *name != "id") {
            assert!(!is_unknown(set, name), "{set}: {name}");
        }
        seen.push(set.to_owned());
    }
    for set in ["users", "groups", "contacts"] {
        assert!(seen.iter().any(|known| known == set), "{set}");
    }
}
