//! Groups made, found, changed, deleted, restored.

use samesign_tenant::store::{StoreError, organization};

use super::*;

#[tokio::test]
async fn a_security_group_is_made_changed_and_gone_at_once() {
    let graph = Graph::start().await;
    let made = graph.post("/groups", new_group("team", json!({"description": "All of us"}))).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let id = made.body["id"].as_str().unwrap();
    assert_eq!((&made.body["mail"], &made.body["groupTypes"], &made.body["securityEnabled"]), (&Value::Null, &json!([]), &json!(true)));
    assert_eq!(graph.patch(&format!("/groups/{id}"), json!({"displayName": "Team", "description": null})).await.status, 204);
    let read = graph.get(&format!("/groups/{id}")).await;
    assert_eq!((&read.body["displayName"], &read.body["description"]), (&json!("Team"), &Value::Null));
    assert_eq!(graph.delete(&format!("/groups/{id}")).await.status, 204);
    assert_eq!(graph.get(&format!("/groups/{id}")).await.code(), (404, "Request_ResourceNotFound"));
    assert_eq!(graph.get("/directory/deletedItems/microsoft.graph.group").await.body["value"], json!([]));
}

#[tokio::test]
async fn a_microsoft_365_group_is_restored_with_its_id_and_members() {
    let graph = Graph::start().await;
    let ana = graph.user("ana", json!({})).await;
    let unified = json!({"groupTypes": ["Unified"], "mailEnabled": true, "securityEnabled": false});
    let id = graph.group("crew", unified.clone()).await;
    let read = graph.get(&format!("/groups/{id}")).await;
    assert_eq!((&read.body["mail"], &read.body["groupTypes"]), (&json!("crew@contoso.example"), &json!(["Unified"])));
    assert_eq!(graph.add(&id, &ana).await, 204);

    assert_eq!(graph.delete(&format!("/groups/{id}")).await.status, 204);
    assert_eq!(graph.get(&format!("/groups/{id}")).await.status, 404);
    assert_eq!(graph.get("/directory/deletedItems/microsoft.graph.group").await.names("id"), [&*id]);
    let found = graph.get(&format!("/directory/deletedItems/{id}")).await;
    assert_eq!(found.body["@odata.type"], "#microsoft.graph.group");
    let twin = graph.group("crew", unified.clone()).await;
    let restore = format!("/directory/deletedItems/{id}/restore");
    assert_eq!(graph.post(&restore, json!({})).await.code(), (400, "Request_BadRequest"), "its name is taken");
    graph.delete(&format!("/groups/{twin}")).await;
    let restored = graph.post(&restore, json!({})).await;
    assert_eq!((restored.status, &restored.body["id"]), (200, &json!(id)));
    assert_eq!(graph.get(&format!("/groups/{id}/members")).await.names("id"), [&*ana]);

    graph.delete(&format!("/groups/{id}")).await;
    assert_eq!(graph.delete(&format!("/directory/deletedItems/{id}")).await.status, 204);
    assert_eq!(graph.get(&format!("/directory/deletedItems/{id}")).await.status, 404);
}

#[tokio::test]
async fn what_the_service_does_not_take_is_refused() {
    let graph = Graph::start().await;
    let cases = [
        json!({"mailEnabled": true}),
        json!({"securityEnabled": false}),
        json!({"groupTypes": ["DynamicMembership"]}),
        json!({"mailNickname": "a b"}),
        json!({"displayName": null}),
        json!({"displayName": "x".repeat(257)}),
        json!({"mail": "team@contoso.example"}),
        json!({"shoeSize": 43}),
    ];
    for more in cases {
        let answer = graph.post("/groups", new_group("team", more.clone())).await;
        assert_eq!(answer.code(), (400, "Request_BadRequest"), "{more}");
        assert!(!answer.body["error"]["message"].as_str().unwrap().contains("User"), "{}", answer.body);
    }
    let unified = json!({"groupTypes": ["Unified"], "mailEnabled": true});
    graph.group("crew", unified.clone()).await;
    let twin = graph.post("/groups", new_group("CREW", unified)).await;
    assert_eq!(twin.body["error"]["details"][0]["code"], "ObjectConflict");
}

// Covers: error.quota
#[tokio::test]
async fn a_tenant_that_is_full_says_so() {
    let graph = Graph::start().await;
    let ana = graph.user("ana", json!({})).await;
    let store = Store::open(graph.tenant.folder.path()).unwrap();
    let objects = store.read(organization::load).map_err(|_: StoreError| ()).unwrap().objects;
    store.write(|connection| organization::set_quota(connection, Some(objects))).map_err(|_: StoreError| ()).unwrap();
    assert_eq!(graph.post("/groups", new_group("team", json!({}))).await.code(), (403, "Directory_QuotaExceeded"));
    let refused = graph.post("/users", super::graph_support::new_user("ben", json!({}))).await;
    assert_eq!(refused.code(), (403, "Directory_QuotaExceeded"));
    graph.delete(&format!("/users/{ana}")).await;
    assert_eq!(graph.post("/groups", new_group("team", json!({}))).await.status, 403, "a deleted user counts while it can be restored");
    assert_eq!(graph.delete(&format!("/directory/deletedItems/{ana}")).await.status, 204);
    assert_eq!(graph.post("/groups", new_group("team", json!({}))).await.status, 201);
}

#[tokio::test]
async fn a_synchronized_group_is_active_directorys() {
    let graph = Graph::start().await;
    let (id, ana) = (graph.synced_group("staff"), graph.user("ana", json!({})).await);
    let read = graph.get(&format!("/groups/{id}")).await;
    assert_eq!((&read.body["onPremisesSyncEnabled"], &read.body["onPremisesSamAccountName"]), (&json!(true), &json!("staff")));
    assert!(read.body.get("#managedBy").is_none());
    for (method, path, body) in [
        ("PATCH", format!("/groups/{id}"), Some(json!({"description": "x"}))),
        ("PATCH", format!("/groups/{id}"), Some(json!({"members@odata.bind": [graph.reference(&ana)["@odata.id"]]}))),
        ("POST", format!("/groups/{id}/members/$ref"), Some(graph.reference(&ana))),
        ("DELETE", format!("/groups/{id}"), None),
    ] {
        let answer = graph.send(method, &path, body, &[]).await;
        assert_eq!(answer.code(), (400, "Request_BadRequest"), "{method} {path}");
        assert!(answer.body["error"]["message"].as_str().unwrap().contains("on-premises mastered"), "{}", answer.body);
    }
}

#[tokio::test]
async fn groups_are_listed_filtered_searched_sorted_and_counted() {
    let graph = Graph::start().await;
    for name in ["alpha", "beta", "gamma", "delta"] {
        graph.group(name, json!({"description": format!("the {name} group")})).await;
    }
    graph.group("crew", json!({"groupTypes": ["Unified"], "mailEnabled": true})).await;
    let synced = graph.synced_group("staff");
    let names = |answer: &super::graph_support::Answer| answer.names("displayName").iter().map(ToString::to_string).collect::<Vec<_>>();
    for (query, wanted) in [
        ("$filter=displayName eq 'Beta'", vec!["beta"]),
        ("$filter=startswith(displayName,'al') or mailNickname eq 'gamma'", vec!["alpha", "gamma"]),
        ("$filter=groupTypes/any(c:c eq 'Unified')", vec!["crew"]),
        ("$filter=mailEnabled eq true", vec!["crew"]),
        ("$filter=mail eq 'crew@contoso.example'", vec!["crew"]),
        ("$filter=proxyAddresses/any(p:p eq 'smtp:crew@contoso.example')", vec!["crew"]),
        ("$filter=onPremisesSyncEnabled eq true", vec!["staff"]),
        ("$filter=onPremisesSamAccountName eq 'staff'", vec!["staff"]),
        ("$orderby=displayName desc&$top=2", vec!["staff", "gamma"]),
    ] {
        assert_eq!(names(&graph.get(&format!("/groups?{query}")).await), wanted, "{query}");
    }
    let search = "/groups?$search=\"description:alpha\" OR \"displayName:crew\"&$count=true";
    let found = graph.get_eventual(search).await;
    assert_eq!((names(&found), &found.body["@odata.count"]), (vec!["alpha".to_owned(), "crew".to_owned()], &json!(2)));
    assert_eq!(graph.get(search).await.code(), (400, "Request_UnsupportedQuery"), "a search needs its header");
    assert_eq!(graph.get_eventual("/groups/$count").await.body, json!("6").as_str().unwrap().parse::<Value>().unwrap());
    assert_eq!(graph.get("/groups?$filter=userPrincipalName eq 'a'").await.status, 400);
    let selected = graph.get(&format!("/groups/{synced}?$select=displayName,members")).await;
    assert_eq!(selected.body.as_object().unwrap().keys().filter(|name| !name.contains('@')).collect::<Vec<_>>(), ["displayName"]);

    let mut page = graph.get("/groups?$top=4&$select=displayName").await;
    let mut seen = names(&page);
    while page.body["@odata.nextLink"].is_string() {
        page = graph.follow(&page.body["@odata.nextLink"]).await;
        seen.extend(names(&page));
    }
    assert_eq!(seen, ["alpha", "beta", "gamma", "delta", "crew", "staff"]);
}

#[tokio::test]
async fn each_permission_opens_its_own_door() {
    let graph = Graph::start().await;
    let (team, ana) = (graph.group("team", json!({})).await, graph.user("ana", json!({})).await);
    let contact = graph.contact("eve");
    let reads = [
        ("/groups".to_owned(), ["Group.Read.All", "GroupMember.Read.All", "Directory.Read.All"]),
        (format!("/groups/{team}/members"), ["Group.Read.All", "GroupMember.Read.All", "Directory.Read.All"]),
        ("/groups/delta".to_owned(), ["Group.Read.All", "GroupMember.Read.All", "Directory.Read.All"]),
        ("/contacts".to_owned(), ["OrgContact.Read.All", "OrgContact.Read.All", "Directory.Read.All"]),
        (format!("/contacts/{contact}/memberOf"), ["OrgContact.Read.All", "Group.Read.All", "Directory.Read.All"]),
        (format!("/users/{ana}/memberOf"), ["GroupMember.Read.All", "User.Read.All", "Directory.Read.All"]),
    ];
    let mut graph = graph;
    for (path, permissions) in &reads {
        for permission in permissions {
            graph.token = super::graph_support::token(&graph.tenant, &[permission]).await;
            assert_eq!(graph.get(path).await.status, 200, "{path} with {permission}");
        }
        graph.token = super::graph_support::token(&graph.tenant, &["Domain.Read.All"]).await;
        assert_eq!(graph.get(path).await.code(), (403, "Authorization_RequestDenied"), "{path}");
    }
    graph.token = super::graph_support::token(&graph.tenant, &["Group.Read.All", "OrgContact.Read.All"]).await;
    assert_eq!(graph.post("/groups", new_group("other", json!({}))).await.status, 403);
    assert_eq!(graph.add(&team, &ana).await, 403);
    assert_eq!(graph.delete(&format!("/groups/{team}")).await.status, 403);
    graph.token = super::graph_support::token(&graph.tenant, &["GroupMember.ReadWrite.All"]).await;
    assert_eq!(graph.add(&team, &ana).await, 204);
    assert_eq!(graph.patch(&format!("/groups/{team}"), json!({"displayName": "x"})).await.status, 403);
}
