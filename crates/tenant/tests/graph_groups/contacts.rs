//! Contacts, which nobody writes through Graph, and values that wait.

use samesign_tenant::directory::users::MANAGER_ANCHOR;

use super::*;

#[tokio::test]
async fn contacts_are_read_and_never_written() {
    let graph = Graph::start().await;
    let (eve, max) = (graph.contact("eve"), graph.contact("max"));
    let read = graph.get(&format!("/contacts/{eve}")).await;
    assert_eq!((&read.body["mail"], &read.body["onPremisesSyncEnabled"]), (&json!("eve@elsewhere.example"), &json!(true)));
    assert_eq!((&read.body["addresses"][0]["city"], &read.body["phones"][1]["number"]), (&json!("Bern"), &json!("1")));
    let everything: Vec<_> = samesign_tenant::directory::properties::CONTACT.properties.iter().map(|property| property.name).collect();
    assert_eq!(graph.get(&format!("/contacts?$select={}", everything.join(","))).await.names("displayName"), ["eve", "max"]);
    assert_eq!(graph.get("/contacts?$filter=startswith(mail,'max')").await.names("id"), [&*max]);
    assert_eq!(graph.get_eventual("/contacts/$count").await.body, json!(2));
    for (method, path) in [("POST", "/contacts".to_owned()), ("PATCH", format!("/contacts/{eve}")), ("DELETE", format!("/contacts/{eve}"))]
    {
        assert_eq!(graph.send(method, &path, Some(json!({"displayName": "x"})), &[]).await.status, 405, "{method}");
    }
}

#[tokio::test]
async fn the_manager_of_a_contact_is_a_user_or_a_contact_and_may_come_later() {
    let graph = Graph::start().await;
    let eve = graph.contact("eve");
    graph.directory(|connection| {
        let mut contact = directory_contacts::find(connection, &eve)?;
        let before = contact.clone();
        contact.set(MANAGER_ANCHOR, Some(json!("anchor-max")));
        directory_contacts::save(connection, &mut contact, &before)
    });
    let path = format!("/contacts/{eve}/manager");
    assert_eq!(graph.get(&path).await.status, 404);
    let max = graph.contact("max");
    assert_eq!(graph.get(&path).await.body["id"], json!(max));
}

// Covers: park.shown
#[tokio::test]
async fn values_that_wait_are_shown_with_their_object() {
    let graph = Graph::start().await;
    let (ana, eve, staff) = (graph.user("ana", json!({})).await, graph.contact("eve"), graph.synced_group("staff"));
    let link = graph.get("/users/delta?$select=id,onPremisesProvisioningErrors&$deltatoken=latest").await.body["@odata.deltaLink"].clone();
    for id in [&ana, &eve, &staff] {
        graph.park(id, &format!("smtp:{id}@contoso.example"));
    }
    for (path, id) in [("users", &ana), ("contacts", &eve), ("groups", &staff)] {
        let read = graph.get(&format!("/{path}/{id}?$select=onPremisesProvisioningErrors")).await;
        let wanted = json!([{
            "category": "PropertyConflict",
            "occurredDateTime": "2026-09-21T14:13:20Z",
            "propertyCausingError": "ProxyAddresses",
            "value": format!("smtp:{id}@contoso.example"),
        }]);
        assert_eq!(read.body["onPremisesProvisioningErrors"], wanted, "{path}");
    }
    let told = graph.follow(&link).await;
    assert_eq!((told.names("id"), told.body["value"][0]["onPremisesProvisioningErrors"].as_array().unwrap().len()), (vec![&*ana], 1));
}
