//! Licences that users have through a group.

use super::*;

const E3: &str = "6fd2c87f-b296-42f0-b197-1e91e994b900";

// Covers: delete.licensed-group
#[tokio::test]
async fn direct_members_have_a_groups_licences_and_lose_them_with_it() {
    let graph = Graph::start().await;
    let (ana, ben, cyn) = (graph.user("ana", json!({})).await, graph.user("ben", json!({})).await, graph.user("cyn", json!({})).await);
    let (team, inner) = (graph.group("team", json!({})).await, graph.group("inner", json!({})).await);
    for (group, member) in [(&team, &ana), (&team, &inner), (&inner, &cyn)] {
        graph.add(group, member).await;
    }
    let change = |add: Value, remove: Value| json!({"addLicenses": add, "removeLicenses": remove});
    let assign = format!("/groups/{team}/assignLicense");
    assert_eq!(graph.post(&assign, change(json!([{"skuId": E3, "disabledPlans": []}]), json!([]))).await.status, 202);
    let skus = |id: &str| graph.get_owned(format!("/users/{id}?$select=assignedLicenses,licenseAssignmentStates,mail"));
    let held = skus(&ana).await;
    assert_eq!(held.body["assignedLicenses"], json!([{"skuId": E3, "disabledPlans": []}]));
    assert_eq!(held.body["licenseAssignmentStates"][0]["assignedByGroup"], json!(team));
    assert_eq!(held.body["mail"], "ana@contoso.example", "a mailbox comes with it");
    assert_eq!(skus(&cyn).await.body["assignedLicenses"], json!([]), "nested groups do not count");
    graph.add(&team, &ben).await;
    assert_eq!(skus(&ben).await.body["assignedLicenses"][0]["skuId"], E3);
    let taken = graph.get("/subscribedSkus").await;
    let sku = taken.body["value"].as_array().unwrap().iter().find(|sku| sku["skuId"] == E3).unwrap();
    assert_eq!(sku["consumedUnits"], 2);

    assert_eq!(graph.delete(&format!("/groups/{team}")).await.code(), (400, "Request_BadRequest"), "it has licences");
    graph.delete(&format!("/groups/{team}/members/{ben}/$ref")).await;
    assert_eq!(skus(&ben).await.body["assignedLicenses"], json!([]));
    assert_eq!(graph.post(&assign, change(json!([]), json!([E3]))).await.status, 202);
    assert_eq!(skus(&ana).await.body["assignedLicenses"], json!([]));
    assert_eq!(graph.delete(&format!("/groups/{team}")).await.status, 204);
}

#[tokio::test]
async fn a_licence_held_twice_takes_one_seat() {
    let graph = Graph::start().await;
    let ana = graph.user("ana", json!({"usageLocation": "ES"})).await;
    let team = graph.group("team", json!({})).await;
    graph.add(&team, &ana).await;
    graph.admin().assign_licence("ana@contoso.example", "ENTERPRISEPACK").unwrap();
    let add = json!({"addLicenses": [{"skuId": E3, "disabledPlans": []}], "removeLicenses": []});
    graph.post(&format!("/groups/{team}/assignLicense"), add).await;
    let held = graph.get(&format!("/users/{ana}?$select=assignedLicenses,licenseAssignmentStates")).await;
    assert_eq!(held.body["assignedLicenses"].as_array().unwrap().len(), 1);
    assert_eq!(held.body["licenseAssignmentStates"].as_array().unwrap().len(), 2);
    let taken = graph.get("/subscribedSkus").await;
    let sku = taken.body["value"].as_array().unwrap().iter().find(|sku| sku["skuId"] == E3).unwrap();
    assert_eq!(sku["consumedUnits"], 1);
}
