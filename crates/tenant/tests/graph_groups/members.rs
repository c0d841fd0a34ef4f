//! Who is in a group, from both ends.

use samesign_tenant::directory::{Role, roles, users};

use super::*;

#[tokio::test]
async fn members_come_by_reference_and_in_twenties_and_go_one_by_one() {
    let graph = Graph::start().await;
    let team = graph.group("team", json!({})).await;
    let members = format!("/groups/{team}/members");
    let mut ids = Vec::new();
    for number in 0..22 {
        ids.push(graph.user(&format!("user{number}"), json!({})).await);
    }
    assert_eq!(graph.add(&team, &ids[0]).await, 204);
    let again = graph.post(&format!("{members}/$ref"), graph.reference(&ids[0])).await;
    assert!(again.body["error"]["message"].as_str().unwrap().contains("added object references already exist"), "{}", again.body);
    let bind =
        |ids: &[String]| json!({"members@odata.bind": ids.iter().map(|id| graph.reference(id)["@odata.id"].clone()).collect::<Vec<_>>()});
    assert_eq!(graph.patch(&format!("/groups/{team}"), bind(&ids[1..22])).await.status, 400, "21 are too many");
    assert_eq!(graph.patch(&format!("/groups/{team}"), bind(&ids[0..20])).await.status, 400, "one of them is a member");
    assert_eq!(graph.get_eventual(&format!("{members}/$count")).await.body, json!(1), "all or nothing");
    assert_eq!(graph.patch(&format!("/groups/{team}"), bind(&ids[1..21])).await.status, 204);
    let unknown = bind(&["00000000-0000-0000-0000-000000000000".to_owned()]);
    assert_eq!(graph.patch(&format!("/groups/{team}"), unknown).await.status, 404);

    let mut page = graph.get(&format!("{members}?$top=8&$select=id")).await;
    let mut seen: Vec<String> = page.names("id").iter().map(ToString::to_string).collect();
    while page.body["@odata.nextLink"].is_string() {
        page = graph.follow(&page.body["@odata.nextLink"]).await;
        seen.extend(page.names("id").iter().map(ToString::to_string));
    }
    assert_eq!(seen, ids[..21]);
    assert_eq!(graph.delete(&format!("{members}/{}/$ref", ids[3])).await.status, 204);
    assert_eq!(graph.delete(&format!("{members}/{}/$ref", ids[3])).await.code(), (404, "Request_ResourceNotFound"));
    assert_eq!(graph.get_eventual(&format!("{members}/$count")).await.body, json!(20));
}

#[tokio::test]
async fn a_group_is_made_with_members_and_owners() {
    let graph = Graph::start().await;
    let (ana, ben) = (graph.user("ana", json!({})).await, graph.user("ben", json!({})).await);
    let url = |id: &str| graph.reference(id)["@odata.id"].clone();
    let more = json!({"members@odata.bind": [url(&ana)], "owners@odata.bind": [url(&ben)]});
    let team = graph.group("team", more).await;
    assert_eq!(graph.get(&format!("/groups/{team}/members")).await.names("id"), [&*ana]);
    let owners = format!("/groups/{team}/owners");
    assert_eq!(graph.get(&owners).await.names("id"), [&*ben]);
    assert_eq!(graph.post(&format!("{owners}/$ref"), graph.reference(&ana)).await.status, 204);
    assert_eq!(graph.post(&format!("{owners}/$ref"), graph.reference(&ana)).await.status, 400);
    assert_eq!(graph.delete(&format!("{owners}/{ben}/$ref")).await.status, 204);
    assert_eq!(graph.get(&owners).await.names("id"), [&*ana]);
}

#[tokio::test]
async fn users_groups_and_contacts_are_told_apart() {
    let graph = Graph::start().await;
    let (team, inner, ana) =
        (graph.group("team", json!({})).await, graph.group("inner", json!({})).await, graph.user("ana", json!({})).await);
    let eve = graph.contact("eve");
    for member in [&inner, &ana, &eve] {
        assert_eq!(graph.add(&team, member).await, 204);
    }
    let all = graph.get(&format!("/groups/{team}/members")).await;
    assert_eq!(all.names("@odata.type"), ["#microsoft.graph.user", "#microsoft.graph.group", "#microsoft.graph.orgContact"]);
    for (cast, wanted) in [("user", &ana), ("group", &inner), ("orgContact", &eve)] {
        let path = graph.tenant.url(&format!("/v1.0/groups/{team}/members/microsoft.graph.{cast}?$select=id"));
        assert_eq!(graph.raw("GET", &path, None, &[]).await.names("id"), [wanted.as_str()], "{cast}");
    }
    let mut page = graph.get(&format!("/groups/{team}/members?$top=1&$select=id")).await;
    let mut seen: Vec<String> = page.names("id").iter().map(ToString::to_string).collect();
    while page.body["@odata.nextLink"].is_string() {
        page = graph.follow(&page.body["@odata.nextLink"]).await;
        seen.extend(page.names("id").iter().map(ToString::to_string));
    }
    assert_eq!(seen, [ana.clone(), inner.clone(), eve.clone()], "numbers count within a kind alone");
    let body = json!({"ids": [ana, eve, inner, "00000000-0000-0000-0000-000000000000"], "types": ["user", "orgContact"]});
    assert_eq!(graph.post("/directoryObjects/getByIds", body).await.names("id"), [&*ana, &*eve]);
    let all = graph.post("/directoryObjects/getByIds", json!({"ids": [ana, eve, inner]})).await;
    assert_eq!(all.names("id").len(), 3);
    assert_eq!(graph.get(&format!("/directoryObjects/{eve}")).await.body["@odata.type"], "#microsoft.graph.orgContact");
}

#[tokio::test]
async fn groups_within_groups_are_seen_from_both_ends() {
    let graph = Graph::start().await;
    let (ana, eve) = (graph.user("ana", json!({})).await, graph.contact("eve"));
    let (outer, inner, other) =
        (graph.group("outer", json!({})).await, graph.group("inner", json!({})).await, graph.group("other", json!({})).await);
    let crew = graph.group("crew", json!({"groupTypes": ["Unified"], "mailEnabled": true, "securityEnabled": false})).await;
    for (group, member) in [(&outer, &inner), (&inner, &outer), (&inner, &ana), (&inner, &eve), (&crew, &ana)] {
        assert_eq!(graph.add(group, member).await, 204);
    }
    graph.directory(|connection| {
        let mut user = users::find(connection, &ana)?;
        roles::assign(connection, &mut user, Role::find("User Administrator").unwrap())
    });

    assert_eq!(graph.get(&format!("/groups/{outer}/members")).await.names("id"), [&*inner]);
    let nested = graph.get(&format!("/groups/{outer}/transitiveMembers")).await;
    assert_eq!(nested.names("displayName"), ["ana", "outer", "inner", "eve"]);
    assert_eq!(graph.get(&format!("/users/{ana}/memberOf")).await.names("displayName"), ["User Administrator", "inner", "crew"]);
    let all = graph.get(&format!("/users/{ana}/transitiveMemberOf")).await;
    assert_eq!(all.names("displayName"), ["User Administrator", "outer", "inner", "crew"]);
    assert_eq!(graph.get(&format!("/users/{ana}/transitiveMemberOf?$top=1")).await.names("displayName"), ["User Administrator", "outer"]);
    assert_eq!(graph.get(&format!("/contacts/{eve}/memberOf")).await.names("displayName"), ["inner"]);
    assert_eq!(graph.get(&format!("/groups/{inner}/memberOf")).await.names("displayName"), ["outer"]);

    let check = |path: String| graph.post_owned(path, json!({"groupIds": [outer, other, crew]}));
    let sorted = |answer: &super::graph_support::Answer| {
        let mut ids: Vec<String> = answer.body["value"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect();
        ids.sort();
        ids
    };
    let wanted = |ids: &[&String]| {
        let mut ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
        ids.sort();
        ids
    };
    assert_eq!(sorted(&check(format!("/users/{ana}/checkMemberGroups")).await), wanted(&[&outer, &crew]));
    assert_eq!(sorted(&check(format!("/directoryObjects/{eve}/checkMemberGroups")).await), wanted(&[&outer]));
    let get = |path: String, security: bool| graph.post_owned(path, json!({"securityEnabledOnly": security}));
    assert_eq!(sorted(&get(format!("/users/{ana}/getMemberGroups"), false).await), wanted(&[&outer, &inner, &crew]));
    assert_eq!(sorted(&get(format!("/users/{ana}/getMemberGroups"), true).await), wanted(&[&outer, &inner]));
    assert_eq!(sorted(&get(format!("/users/{ana}/getMemberObjects"), false).await).len(), 4, "the role is among them");
    assert_eq!(sorted(&get(format!("/groups/{inner}/getMemberGroups"), false).await), wanted(&[&outer, &inner]));
}
