//! Every request that the connector sends to Graph, against Graph's published contract.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "../../tenant/tests/contract_support/mod.rs"]
mod contract_support;
mod entra_script;

use std::sync::{Arc, Mutex};

use contract_support::Contract;
use entra_script::{Reply, Script};
use samesign_engine::Anchor;
use serde_json::{Value, json};

/// Every read of the connector, with the requests that it made: method, path below `/v1.0` with its query, body.
async fn every_request() -> Vec<(String, String, Option<Value>)> {
    let script = Script::start(|seen, url| {
        if seen.target == "/v1.0/$batch" {
            return Some(Reply::json(json!({"responses": [{"id": "0", "status": 200, "body": {"value": []}}]})));
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
    entra.organization().await.unwrap();
    entra.subscribed_skus().await.unwrap();
    entra.users_delta(None, &mut |_| {}).await.unwrap();
    entra.groups_delta(None, &mut |_| {}).await.unwrap();
    entra.contacts_delta(None, &mut |_| {}).await.unwrap();
    entra.assign_licence("1", &["2"]).await.unwrap();
    entra.deleted_users(&mut |_| {}).await.unwrap();
    entra.find_by_anchor(&Anchor::from_text("a+b/==")).await.unwrap();
    entra.admin_roles(&["1"]).await.unwrap();
    assert_eq!(script.seen().len(), requests.lock().unwrap().len(), "the recorder misses nothing");
    let requests = requests.lock().unwrap();
    requests.clone()
}

#[tokio::test]
async fn every_request_keeps_the_contract() {
    let requests = every_request().await;
    assert_eq!(requests.len(), 9);
    let Some(contract) = Contract::from_environment() else { return };
    for (method, path, body) in &requests {
        assert_eq!(contract.check_request(method, path, body.as_ref()), Ok(()));
        for entry in body.iter().flat_map(|body| body["requests"].as_array().unwrap()) {
            assert_eq!(contract.check_request(entry["method"].as_str().unwrap(), entry["url"].as_str().unwrap(), None), Ok(()));
        }
    }
}

/// A closed schema refuses unknown names, so an answer made of the names that we select proves that they exist.
#[tokio::test]
async fn every_property_that_is_selected_exists() {
    let Some(contract) = Contract::from_environment() else { return };
    let complaint =
        |name: &str| contract.check_answer("GET", "/users", 200, Some(&json!({"value": [{"id": "1", name: {"no": "such"}}]}))).unwrap_err();
    let is_unknown = |name: &str| complaint(name).contains(&format!("'{name}' was unexpected"));
    assert!(is_unknown("favouriteColour"), "{}", complaint("favouriteColour"));
    for (_, path, _) in every_request().await {
        let Some(select) = path.split("$select=").nth(1).filter(|_| path.contains("sers")) else { continue };
        for name in select.split('&').next().unwrap().split(',').filter(|name| *name != "id") {
            assert!(!is_unknown(name), "{name}");
        }
    }
}
