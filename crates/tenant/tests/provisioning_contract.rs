//! The settings of synchronization keep Graph's contract, over real TLS.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod graph_support;

use graph_support::Graph;
use serde_json::json;

#[tokio::test]
async fn settings_of_synchronization_are_read_and_changed_as_graph_says() {
    let graph = Graph::with(&["OnPremDirectorySynchronization.ReadWrite.All"]).await;
    let list = graph.get("/directory/onPremisesSynchronization").await;
    assert_eq!((list.status, list.names("id").len()), (200, 1), "{}", list.body);
    let path = format!("/directory/onPremisesSynchronization/{}", list.names("id")[0]);
    let body = json!({
        "configuration": {"accidentalDeletionPrevention": {"synchronizationPreventionType": "enabledForCount", "alertThreshold": 7}},
        "features": {"blockSoftMatchEnabled": true},
    });
    assert_eq!(graph.patch(&path, body).await.status, 204);
    let shown = graph.get(&path).await;
    assert_eq!(shown.body["configuration"]["accidentalDeletionPrevention"]["alertThreshold"], 7);
    assert_eq!(shown.body["features"]["blockSoftMatchEnabled"], true);
}

#[tokio::test]
async fn whoever_lacks_the_permission_is_refused() {
    let graph = Graph::with(&["OnPremDirectorySynchronization.Read.All"]).await;
    let list = graph.get("/directory/onPremisesSynchronization").await;
    let path = format!("/directory/onPremisesSynchronization/{}", list.names("id")[0]);
    assert_eq!(graph.patch(&path, json!({})).await.code(), (403, "Authorization_RequestDenied"));
    let other = Graph::with(&["Directory.ReadWrite.All"]).await;
    assert_eq!(other.get("/directory/onPremisesSynchronization").await.status, 403);
}
