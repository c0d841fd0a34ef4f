//! Groups, contacts, parked values, the tenant's own facts, licences and lost objects, against a scripted peer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod entra_script;

use std::collections::BTreeSet;

use entra_script::{Reply, Script};
use samesign_connect::entra::{DeltaItem, EntraError, SyncState, TenantFacts};
use samesign_engine::{Anchor, Kind, Parked, Value};
use samesign_wire::provisioning::{
    CompanyConfiguration, ObjectType, Request, Response, SyncObject, SyncOperation, decode_request, encode_response, features,
};
use serde_json::json;

fn parked(property: &str, value: &str) -> Parked {
    Parked { property: property.into(), value: value.into() }
}

#[tokio::test]
async fn what_the_service_has_parked_is_told_with_the_object() {
    let script = Script::start(|seen, url| {
        let errors = json!([
            {"category": "PropertyConflict", "propertyCausingError": "UserPrincipalName", "value": "ana@contoso.example"},
            {"category": "PropertyConflict", "propertyCausingError": "ProxyAddresses", "value": "SMTP:ana@contoso.example"},
            {"category": "PropertyConflict", "propertyCausingError": "ProxyAddresses", "value": "SMTP:ana@contoso.example"},
            {"category": "Other"},
        ]);
        let users = json!([{"id": "1", "onPremisesProvisioningErrors": errors}, {"id": "2", "onPremisesProvisioningErrors": []}]);
        let link = format!("{url}v1.0/users/delta?$deltatoken=1");
        let asked = seen.target.contains("onPremisesProvisioningErrors");
        asked.then(|| Reply::json(json!({"value": users, "@odata.deltaLink": link})))
    })
    .await;
    let mut items = Vec::new();
    script.entra().users_delta(None, &mut |item| items.push(item)).await.unwrap();
    let [DeltaItem::Present(ana), DeltaItem::Present(ben)] = &items[..] else { panic!("{items:?}") };
    let expected = [parked("ProxyAddresses", "SMTP:ana@contoso.example"), parked("UserPrincipalName", "ana@contoso.example")];
    assert_eq!((&ana.parked[..], &ben.parked[..]), (&expected[..], &[][..]));
}

#[tokio::test]
async fn groups_and_contacts_are_told_with_their_changes() {
    let script = Script::start(|seen, url| {
        let answer = |set: &str, value: serde_json::Value| {
            let link = format!("{url}v1.0/{set}/delta?$deltatoken=1");
            Some(Reply::json(json!({"value": value, "@odata.deltaLink": link})))
        };
        match seen.target.split('?').next() {
            Some("/v1.0/groups/delta") => answer(
                "groups",
                json!([
                    {"id": "1", "displayName": "Staff", "mail": "staff@contoso.example", "mailEnabled": true, "securityEnabled": false,
                     "groupTypes": ["Unified"], "proxyAddresses": ["SMTP:staff@contoso.example"], "onPremisesSyncEnabled": null},
                    {"id": "2", "displayName": "Doors", "mail": null, "securityEnabled": true, "onPremisesSyncEnabled": true,
                     "onPremisesSecurityIdentifier": "S-1-5-21-1", "members@delta": [{"id": "7"}],
                     "onPremisesProvisioningErrors": [{"propertyCausingError": "ProxyAddresses", "value": "smtp:a@b.example"}]},
                    {"id": "3", "@removed": {"reason": "changed"}},
                    {"id": "4", "@removed": {"reason": "deleted"}},
                ]),
            ),
            Some("/v1.0/contacts/delta") => answer(
                "contacts",
                json!([
                    {"id": "5", "displayName": "Carla Supplier", "mail": "carla@supplier.example", "onPremisesSyncEnabled": true},
                    {"id": "6", "@removed": {"reason": "deleted"}},
                ]),
            ),
            _ => None,
        }
    })
    .await;
    let entra = script.entra();
    let mut items = Vec::new();
    let end = entra.groups_delta(None, &mut |item| items.push(item)).await.unwrap();
    let [DeltaItem::Present(staff), DeltaItem::Present(doors), DeltaItem::SoftDeleted(three), DeltaItem::Deleted(four)] = &items[..] else {
        panic!("{items:?}")
    };
    assert_eq!((staff.kind, &*staff.upn, staff.synced, &staff.anchor), (Kind::Group, "staff@contoso.example", false, &None));
    assert_eq!((staff.addresses.len(), staff.visible.get("mailEnabled")), (1, Some(&Value::Boolean(true))));
    assert_eq!((&*doors.upn, doors.synced, &doors.mail), ("Doors", true, &None));
    assert_eq!((&doors.parked[..], &**three, &**four), (&[parked("ProxyAddresses", "smtp:a@b.example")][..], "3", "4"));

    let mut items = Vec::new();
    entra.contacts_delta(None, &mut |item| items.push(item)).await.unwrap();
    let [DeltaItem::Present(carla), DeltaItem::Deleted(six)] = &items[..] else { panic!("{items:?}") };
    assert_eq!((carla.kind, &*carla.upn, carla.synced, &**six), (Kind::Contact, "carla@supplier.example", true, "6"));

    let calls = script.seen().len();
    let foreign = entra.contacts_delta(Some(&end.link), &mut |_| panic!("a link of groups tells nothing of contacts")).await;
    assert!(matches!(foreign, Err(EntraError::ResyncRequired)) && script.seen().len() == calls);
}

/// A peer whose provisioning service holds these objects.
async fn service(objects: Vec<SyncObject>) -> Script {
    Script::start(move |seen, _| {
        if seen.target.starts_with("/v1.0/organization") {
            let domains = json!([{"name": "contoso.example"}, {"name": "fed.example"}]);
            return Some(Reply::json(json!({"value": [{"id": "1", "onPremisesSyncEnabled": true, "verifiedDomains": domains}]})));
        }
        if seen.target.starts_with("/v1.0/domains") {
            let domains = [("contoso.example", "Managed"), ("fed.example", "Federated")];
            let shown = domains.map(|(id, kind)| json!({"id": id, "authenticationType": kind}));
            return Some(Reply::json(json!({"value": shown})));
        }
        let (header, request) = decode_request(&seen.body).ok()?;
        let response = match &request {
            Request::GetCompanyConfiguration { .. } => Response::CompanyConfiguration(CompanyConfiguration {
                is_dirsyncing: true,
                dirsync_features: features::BLOCK_SOFT_MATCH,
                ..CompanyConfiguration::default()
            }),
            Request::ReadBackAzureADSyncObjects { input_cookie: None, .. } => {
                Response::ReadBack { objects: objects[..1].to_vec(), cookie: Some(vec![1]), more: true }
            }
            Request::ReadBackAzureADSyncObjects { .. } => Response::ReadBack { objects: objects[1..].to_vec(), cookie: None, more: false },
            other => panic!("{:?}", other.operation()),
        };
        Some(Reply::Http(200, "", encode_response(request.operation(), &header.message_id, &response)))
    })
    .await
}

#[tokio::test]
async fn the_facts_of_a_tenant_are_asked_once() {
    let script = service(Vec::new()).await;
    let facts = script.entra().tenant_facts().await.unwrap();
    let verified = vec!["contoso.example".to_owned(), "fed.example".to_owned()];
    let federated = vec!["fed.example".to_owned()];
    assert_eq!(facts, TenantFacts { state: SyncState::On, verified, federated, features: features::BLOCK_SOFT_MATCH, last_sync: None });
    assert_eq!(script.seen().len(), 3);
}

#[tokio::test]
async fn a_group_whose_reply_was_lost_is_found_by_reading_back() {
    let object = |number: u8, object_type: ObjectType| SyncObject {
        source_anchor: Some(format!("anchor{number}")),
        cloud_anchor: Some(format!("{}_id{number}", object_type.name())),
        object_type,
        operation: SyncOperation::Set,
        properties: Vec::new(),
    };
    let objects = vec![object(1, ObjectType::User), object(2, ObjectType::Group), object(3, ObjectType::Contact)];
    let entra = service(objects).await.entra();
    let anchor = |number: u8| Anchor::from_text(&format!("anchor{number}"));
    assert_eq!(entra.find_synced(Kind::Group, &anchor(2)).await.unwrap().as_deref(), Some("id2"));
    assert_eq!(entra.find_synced(Kind::Contact, &anchor(3)).await.unwrap().as_deref(), Some("id3"));
    assert_eq!(entra.find_synced(Kind::Group, &anchor(1)).await.unwrap(), None, "a user is no group");
    assert_eq!(entra.find_synced(Kind::Contact, &anchor(9)).await.unwrap(), None);
    let found = entra.find_all_synced(Kind::Group, &BTreeSet::from([anchor(1), anchor(2), anchor(9)])).await.unwrap();
    assert_eq!(found.into_iter().collect::<Vec<_>>(), [(anchor(2), "id2".into())]);
}

#[tokio::test]
async fn a_licence_is_added_and_none_is_taken() {
    let script = Script::start(|seen, _| match seen.target.as_str() {
        "/v1.0/users/7/assignLicense" if seen.method == "POST" => Some(Reply::json(json!({"id": "7"}))),
        "/v1.0/users/8/assignLicense" => {
            let error = json!({"error": {"code": "Request_BadRequest", "message": "License assignment cannot be done for user with invalid usage location."}});
            Some(Reply::Http(400, "", error.to_string().into_bytes()))
        }
        _ => None,
    })
    .await;
    let entra = script.entra();
    entra.assign_licence("7", &["sku1", "sku2"]).await.unwrap();
    let sent: serde_json::Value = serde_json::from_slice(&script.seen()[0].body).unwrap();
    let licences = json!([{"disabledPlans": [], "skuId": "sku1"}, {"disabledPlans": [], "skuId": "sku2"}]);
    assert_eq!(sent, json!({"addLicenses": licences, "removeLicenses": []}));
    let error = entra.assign_licence("8", &["sku1"]).await.unwrap_err().to_string();
    assert!(error.contains("refused a licence for a user with 400 Request_BadRequest: License assignment"), "{error}");
}
