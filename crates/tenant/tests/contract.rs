//! The contract itself: that it refuses what it should, and that the tenant's answers for a synchronized user keep it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

mod graph_support;

use graph_support::{CONTRACT, Graph};
use samesign_tenant::directory::quarantine;
use serde_json::json;

#[test]
fn the_contract_refuses_what_the_service_does_not_know() {
    let Some(contract) = CONTRACT.as_ref() else { return };
    assert_eq!(contract.check_request("GET", "/users?$select=id&$top=5", None), Ok(()));
    assert_eq!(contract.check_answer("GET", "/users", 200, Some(&json!({"value": [{"id": "1", "displayName": "x"}]}))), Ok(()));
    assert!(contract.check_answer("GET", "/users", 200, Some(&json!({"value": [{"id": "1", "name": "x"}]}))).is_err());
    assert!(contract.check_answer("GET", "/users", 404, Some(&json!({"error": {"code": 404}}))).is_err());
    assert!(contract.check_request("GET", "/people", None).is_err());
    assert!(contract.check_request("PUT", "/users", None).is_err());
    assert!(contract.check_request("GET", "/users?$magic=1", None).is_err());
    assert!(contract.check_request("POST", "/users", Some(&json!({"sAMAccountName": "x"}))).is_err());
}

/// Every property that the tenant knows, for users in the cloud and in deletedItems.
#[tokio::test]
async fn every_property_that_is_shown_keeps_the_contract() {
    let graph = Graph::start().await;
    let everything: Vec<_> = samesign_tenant::directory::properties::all()
        .iter()
        .map(|property| property.name)
        .filter(|name| *name != "refreshTokensValidFromDateTime")
        .collect();
    let select = format!("$select={}", everything.join(","));
    let more = json!({
        "usageLocation": "ES", "mail": "ana@contoso.example", "department": "HR", "businessPhones": ["1"], "otherMails": ["a@home.example"],
        "onPremisesImmutableId": "q1w2e3r4==", "employeeHireDate": "2026-01-01T00:00:00Z",
        "onPremisesExtensionAttributes": {"extensionAttribute1": "x"}, "employeeOrgData": {"costCenter": "1", "division": "2"},
    });
    let id = graph.user("ana", more).await;
    graph.admin().assign_licence("ana@contoso.example", "ENTERPRISEPACK").unwrap();
    for path in [
        format!("/users?{select}"),
        format!("/users/{id}?{select}"),
        format!("/users/delta?{select}"),
        format!("/users/{id}/licenseDetails"),
    ] {
        assert_eq!(graph.get(&path).await.status, 200, "{path}");
    }
    graph.delete(&format!("/users/{id}")).await;
    assert_eq!(graph.get(&format!("/directory/deletedItems/microsoft.graph.user?{select}")).await.status, 200);
}

/// The same for groups: of the cloud, with licences, with a value that waits, and in deletedItems.
#[tokio::test]
async fn every_property_of_a_group_keeps_the_contract() {
    let graph = Graph::start().await;
    let everything: Vec<_> = samesign_tenant::directory::properties::GROUP.properties.iter().map(|property| property.name).collect();
    let select = format!("$select={}", everything.join(","));
    let body = json!({
        "displayName": "Crew", "mailNickname": "crew", "mailEnabled": true, "securityEnabled": true, "groupTypes": ["Unified"],
        "description": "All of us", "visibility": "Private", "theme": "Teal", "preferredLanguage": "es-ES",
    });
    let made = graph.post("/groups", body).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let id = made.body["id"].as_str().unwrap();
    let sku = json!([{"skuId": "6fd2c87f-b296-42f0-b197-1e91e994b900", "disabledPlans": []}]);
    let given = graph.post(&format!("/groups/{id}/assignLicense"), json!({"addLicenses": sku, "removeLicenses": []})).await;
    assert_eq!(given.status, 202, "{}", given.body);
    let store = samesign_tenant::store::Store::open(graph.tenant.folder.path()).unwrap();
    let park = |connection: &rusqlite::Connection| quarantine::park(connection, id, quarantine::ADDRESS, "smtp:x@contoso.example", 0);
    assert!(store.write(park).unwrap());
    for path in [format!("/groups?{select}"), format!("/groups/{id}?{select}"), format!("/groups/delta?{select}"), "/groups".to_owned()] {
        let answer = graph.get(&path).await;
        assert_eq!(answer.status, 200, "{path}");
    }
    let taken = json!({"addLicenses": [], "removeLicenses": ["6fd2c87f-b296-42f0-b197-1e91e994b900"]});
    graph.post(&format!("/groups/{id}/assignLicense"), taken).await;
    assert_eq!(graph.delete(&format!("/groups/{id}")).await.status, 204);
    assert_eq!(graph.get(&format!("/directory/deletedItems/microsoft.graph.group?{select}")).await.names("id"), [id]);
    assert_eq!(graph.get(&format!("/directory/deletedItems/{id}")).await.status, 200);
}
