//! Groups, members and contacts over Graph. All traffic is compared with the contract, where the environment names one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod graph_support;

#[path = "graph_groups/contacts.rs"]
mod contacts;
#[path = "graph_groups/delta.rs"]
mod delta;
#[path = "graph_groups/licences.rs"]
mod licences;
#[path = "graph_groups/life.rs"]
mod life;
#[path = "graph_groups/members.rs"]
mod members;
#[path = "graph_groups/scale.rs"]
mod scale;

use graph_support::Graph;
use rusqlite::Connection;
use samesign_tenant::directory::{DirectoryError, contacts as directory_contacts, groups, quarantine};
use samesign_tenant::store::Store;
use serde_json::{Value, json};

const NOW: i64 = 1_790_000_000;

/// The body that makes a security group.
fn new_group(name: &str, more: Value) -> Value {
    let mut group = json!({"displayName": name, "mailNickname": name, "mailEnabled": false, "securityEnabled": true});
    group.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
    group
}

impl Graph {
    async fn group(&self, name: &str, more: Value) -> String {
        let answer = self.post("/groups", new_group(name, more)).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.body["id"].as_str().unwrap().to_owned()
    }

    fn reference(&self, id: &str) -> Value {
        json!({"@odata.id": self.tenant.url(&format!("/v1.0/directoryObjects/{id}"))})
    }

    async fn add(&self, group: &str, member: &str) -> u16 {
        self.post(&format!("/groups/{group}/members/$ref"), self.reference(member)).await.status
    }

    /// What synchronization does, for what Graph itself cannot make.
    fn directory<T>(&self, work: impl FnOnce(&Connection) -> Result<T, DirectoryError>) -> T {
        Store::open(self.tenant.folder.path()).unwrap().write(work).unwrap()
    }

    fn contact(&self, name: &str) -> String {
        self.directory(|connection| {
            let mut contact = directory_contacts::blank(NOW)?;
            contact.display_name = name.to_owned();
            contact.mail = Some(format!("{name}@elsewhere.example"));
            contact.synced = Some(true);
            contact.anchor = Some(format!("anchor-{name}"));
            contact.set("proxyAddresses", Some(json!([format!("SMTP:{name}@elsewhere.example")])));
            for (property, value) in [("city", json!("Bern")), ("mobilePhone", json!("1")), ("jobTitle", json!("Baker"))] {
                contact.set(property, Some(value));
            }
            Ok(directory_contacts::insert(connection, contact)?.id)
        })
    }

    fn synced_group(&self, name: &str) -> String {
        self.directory(|connection| {
            let mut group = groups::blank(NOW)?;
            group.display_name = name.to_owned();
            group.nickname = Some(name.to_owned());
            group.synced = Some(true);
            group.anchor = Some(format!("anchor-{name}"));
            group.set("onPremisesSamAccountName", Some(json!(name)));
            group.set("onPremisesDomainName", Some(json!("contoso.example")));
            group.set("onPremisesSecurityIdentifier", Some(json!(format!("S-1-5-21-{name}"))));
            group.set("#managedBy", Some(json!("not shown")));
            Ok(groups::insert(connection, group)?.id)
        })
    }

    fn park(&self, object: &str, value: &str) {
        self.directory(|connection| quarantine::park(connection, object, quarantine::ADDRESS, value, NOW));
    }
}
