//! What delta tells of groups, their members, and contacts.

use std::collections::BTreeMap;

use samesign_tenant::directory::{ObjectRef, members, users};

use super::*;

/// A client that keeps a copy of every group's members from what delta tells.
#[derive(Default)]
struct Copy {
    groups: BTreeMap<String, std::collections::BTreeSet<String>>,
    pages: usize,
}

impl Copy {
    /// Follows links to the end of the round; answers the link of the next one.
    async fn follow(&mut self, graph: &Graph, mut page: super::graph_support::Answer) -> Value {
        loop {
            assert_eq!(page.status, 200, "{}", page.body);
            self.pages += 1;
            for group in page.body["value"].as_array().unwrap() {
                let id = group["id"].as_str().unwrap().to_owned();
                if group.get("@removed").is_some() {
                    self.groups.remove(&id);
                    continue;
                }
                let held = self.groups.entry(id).or_default();
                for member in group["members@delta"].as_array().into_iter().flatten() {
                    let id = member["id"].as_str().unwrap().to_owned();
                    if member.get("@removed").is_some() {
                        held.remove(&id)
                    } else {
                        held.insert(id)
                    };
                }
            }
            match &page.body["@odata.nextLink"] {
                Value::String(_) => page = graph.follow(&page.body["@odata.nextLink"]).await,
                _ => return page.body["@odata.deltaLink"].clone(),
            }
        }
    }

    fn members(&self, group: &str) -> Vec<&str> {
        self.groups[group].iter().map(String::as_str).collect()
    }
}

#[tokio::test]
async fn a_copy_of_every_group_is_kept_from_differences_alone() {
    let graph = Graph::start().await;
    let mut ids = Vec::new();
    for name in ["ana", "ben", "cyn"] {
        ids.push(graph.user(name, json!({})).await);
    }
    let (team, other) = (graph.group("team", json!({})).await, graph.group("other", json!({})).await);
    let crew = graph.group("crew", json!({"groupTypes": ["Unified"], "mailEnabled": true})).await;
    for member in &ids[..2] {
        graph.add(&team, member).await;
    }
    let mut copy = Copy::default();
    let link = copy.follow(&graph, graph.get("/groups/delta").await).await;
    assert_eq!(copy.groups.len(), 3);
    assert_eq!(copy.members(&team).len(), 2);

    let quiet = graph.follow(&link).await;
    assert_eq!(quiet.body["value"], json!([]), "nothing changed");
    graph.add(&team, &ids[2]).await;
    graph.add(&other, &ids[0]).await;
    graph.delete(&format!("/groups/{team}/members/{}/$ref", ids[0])).await;
    let told = graph.follow(&link).await;
    assert_eq!(told.body["value"][0]["members@delta"].as_array().unwrap().len(), 1, "the difference alone");
    let link = copy.follow(&graph, told).await;
    let mut wanted = vec![ids[1].as_str(), ids[2].as_str()];
    wanted.sort_unstable();
    assert_eq!(copy.members(&team), wanted);

    graph.delete(&format!("/users/{}", ids[1])).await;
    graph.delete(&format!("/groups/{other}")).await;
    graph.delete(&format!("/groups/{crew}")).await;
    let told = graph.follow(&link).await;
    let reason = |id: &str| {
        let entry = told.body["value"].as_array().unwrap().iter().find(|entry| entry["id"] == id).unwrap();
        entry["@removed"]["reason"].as_str().map(str::to_owned)
    };
    assert_eq!((reason(&other).as_deref(), reason(&crew).as_deref()), (Some("deleted"), Some("changed")));
    let link = copy.follow(&graph, told).await;
    assert_eq!(copy.members(&team), [&*ids[2]], "a deleted user is no member any more");

    graph.post(&format!("/directory/deletedItems/{}/restore", ids[1]), json!({})).await;
    let link = copy.follow(&graph, graph.follow(&link).await).await;
    assert_eq!(copy.members(&team), wanted, "and one again when it is restored");
    graph.delete(&format!("/users/{}", ids[2])).await;
    graph.delete(&format!("/directory/deletedItems/{}", ids[2])).await;
    copy.follow(&graph, graph.follow(&link).await).await;
    assert_eq!(copy.members(&team), [&*ids[1]], "one that is gone for good is told by its old id");
}

/// Members that do not fit on a page come on the next ones, in the first pass and in a later one.
#[tokio::test]
async fn a_large_group_is_told_in_parts() {
    let graph = Graph::start().await;
    let team = graph.group("team", json!({})).await;
    let (before, behind) = (graph.group("aaa", json!({})).await, graph.group("zzz", json!({})).await);
    let fill = |prefix: &str, count: usize| {
        graph.directory(|connection| {
            let mut come: Vec<ObjectRef> = Vec::new();
            for number in 0..count {
                let mut user = users::blank(NOW)?;
                user.upn = format!("{prefix}{number}@contoso.example");
                user.display_name.clone_from(&user.upn);
                come.push(users::insert(connection, user)?.reference());
            }
            for id in [&team, &behind] {
                let mut group = groups::find(connection, id)?;
                members::change(connection, &mut group, &come, &[])?;
            }
            Ok(())
        });
    };
    fill("a", 2_500);
    let mut copy = Copy::default();
    let link = copy.follow(&graph, graph.get("/groups/delta?$select=displayName,members").await).await;
    assert_eq!((copy.members(&team).len(), copy.members(&behind).len(), copy.members(&before).len()), (2_500, 2_500, 0));
    assert!(copy.pages >= 3, "{} pages", copy.pages);
    fill("b", 2_100);
    copy.pages = 0;
    let link = copy.follow(&graph, graph.follow(&link).await).await;
    assert_eq!((copy.members(&team).len(), copy.members(&behind).len()), (4_600, 4_600));
    assert!(copy.pages >= 3, "{} pages", copy.pages);
    assert_eq!(graph.follow(&link).await.body["value"], json!([]));
}

/// What changed in a group between the beginning of a round and the page that tells the group is told whole.
#[tokio::test]
async fn a_round_of_many_pages_leaves_no_member_out() {
    let graph = Graph::start().await;
    let mut ids = Vec::new();
    for name in ["ana", "ben", "cyn"] {
        ids.push(graph.user(name, json!({})).await);
    }
    let (team, other) = (graph.group("team", json!({})).await, graph.group("other", json!({})).await);
    let mut copy = Copy::default();
    let link = copy.follow(&graph, graph.get("/groups/delta?$top=1&$select=displayName,members").await).await;
    for (group, member) in [(&team, &ids[0]), (&other, &ids[1]), (&team, &ids[2])] {
        graph.add(group, member).await;
    }
    copy.pages = 0;
    copy.follow(&graph, graph.follow(&link).await).await;
    assert_eq!((copy.members(&team).len(), copy.members(&other).len(), copy.pages), (2, 1, 2));
}

#[tokio::test]
async fn members_are_left_out_where_nobody_asked_for_them() {
    let graph = Graph::start().await;
    let (team, ana) = (graph.group("team", json!({})).await, graph.user("ana", json!({})).await);
    graph.add(&team, &ana).await;
    let told = graph.get("/groups/delta?$select=displayName").await;
    assert!(told.body["value"][0].get("members@delta").is_none(), "{}", told.body);
    let only = graph.get(&format!("/groups/delta?$filter=id eq '{ana}'")).await;
    assert_eq!(only.body["value"], json!([]));
    let foreign = told.body["@odata.deltaLink"].as_str().unwrap().replace("/groups/", "/users/");
    let gone = graph.raw("GET", &foreign, None, &[]).await;
    assert_eq!(gone.code(), (410, "syncStateNotFound"), "a link of another kind");
}

#[tokio::test]
async fn contacts_come_and_go() {
    let graph = Graph::start().await;
    let eve = graph.contact("eve");
    let first = graph.get("/contacts/delta?$select=displayName,mail").await;
    assert_eq!(first.names("displayName"), ["eve"]);
    graph.contact("max");
    graph.directory(|connection| directory_contacts::delete(connection, &directory_contacts::find(connection, &eve)?, NOW));
    let told = graph.follow(&first.body["@odata.deltaLink"]).await;
    assert_eq!(told.names("displayName"), ["max"]);
    assert_eq!(told.body["value"][1], json!({"id": eve, "@removed": {"reason": "deleted"}}));
}
