//! Groups, contacts, parked values and licences against the real local tenant over TLS.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod entra_local;

use std::time::Duration;

use entra_local::Tenant;
use samesign_connect::entra::{DeltaItem, Entra, EntraError, SyncState};
use samesign_engine::{Anchor, Kind, ObjectGuid, TargetObject};
use samesign_wire::provisioning::{
    ObjectType, PropertyValue, ReferenceChange, ReferenceKind, ReferenceOperation, ResultCode, SyncObject, SyncOperation, features,
};

fn anchor(number: u8) -> Anchor {
    Anchor::of(&ObjectGuid::from_bytes([number; 16]))
}

fn object(number: u8, object_type: ObjectType, operation: SyncOperation, properties: Vec<(&'static str, PropertyValue)>) -> SyncObject {
    SyncObject {
        source_anchor: Some(anchor(number).as_str().to_owned()),
        cloud_anchor: None,
        object_type,
        operation,
        properties: properties.into_iter().map(|(name, value)| (name.into(), value)).collect(),
    }
}

fn text(value: &str) -> PropertyValue {
    PropertyValue::Text(value.to_owned())
}

fn user(number: u8, name: &str, address: &str) -> SyncObject {
    let properties = vec![
        ("userPrincipalName", text(&format!("{name}@contoso.example"))),
        ("displayName", text(name)),
        ("usageLocation", text("DE")),
        ("proxyAddresses", PropertyValue::Texts(vec![format!("SMTP:{address}")])),
    ];
    object(number, ObjectType::User, SyncOperation::Add, properties)
}

fn group(number: u8) -> SyncObject {
    let properties = vec![("displayName", text("Staff")), ("SecurityEnabled", PropertyValue::Boolean(true))];
    object(number, ObjectType::Group, SyncOperation::Add, properties)
}

fn contact(number: u8) -> SyncObject {
    let properties = vec![
        ("displayName", text("Carla Supplier")),
        ("mail", text("carla@supplier.example")),
        ("targetAddress", text("SMTP:carla@supplier.example")),
    ];
    object(number, ObjectType::Contact, SyncOperation::Add, properties)
}

fn member(group: u8, who: u8, operation: ReferenceOperation) -> SyncObject {
    let change = ReferenceChange { anchor: anchor(who).as_str().to_owned(), kind: ReferenceKind::Source, operation };
    object(group, ObjectType::Group, SyncOperation::Set, vec![("member", PropertyValue::References(vec![change]))])
}

async fn provision(entra: &Entra, objects: &[SyncObject]) {
    let results = entra.provision(objects).await.unwrap();
    assert!(results.iter().all(|result| result.result_code == ResultCode::Success), "{results:?}");
}

async fn started() -> (Tenant, Entra) {
    let tenant = Tenant::start().await;
    tenant.admin().enable_sync(Duration::ZERO).unwrap();
    let entra = tenant.entra();
    (tenant, entra)
}

fn present(items: Vec<DeltaItem>) -> Vec<TargetObject> {
    items.into_iter().map(|item| if let DeltaItem::Present(object) = item { object } else { panic!("{item:?}") }).collect()
}

#[tokio::test]
async fn groups_and_contacts_are_there_change_and_go() {
    let (_tenant, entra) = started().await;
    provision(&entra, &[user(1, "ana", "ana@contoso.example"), group(2), contact(3)]).await;
    let mut groups = Vec::new();
    let groups_end = entra.groups_delta(None, &mut |item| groups.push(item)).await.unwrap();
    let [staff] = &present(groups)[..] else { panic!("one group is there") };
    assert_eq!((staff.kind, &*staff.upn, staff.synced, &staff.anchor), (Kind::Group, "Staff", true, &None));
    let mut contacts = Vec::new();
    let contacts_end = entra.contacts_delta(None, &mut |item| contacts.push(item)).await.unwrap();
    let [carla] = &present(contacts)[..] else { panic!("one contact is there") };
    assert_eq!((carla.kind, &*carla.upn, carla.synced), (Kind::Contact, "carla@supplier.example", true));

    assert_eq!(entra.find_synced(Kind::Group, &anchor(2)).await.unwrap().as_ref(), Some(&staff.id));
    assert_eq!(entra.find_synced(Kind::Contact, &anchor(3)).await.unwrap().as_ref(), Some(&carla.id));
    assert_eq!(entra.find_synced(Kind::Group, &anchor(3)).await.unwrap(), None);
    assert!(entra.find_synced(Kind::User, &anchor(1)).await.unwrap().is_some());

    provision(&entra, &[member(2, 1, ReferenceOperation::Add)]).await;
    provision(&entra, &[object(3, ObjectType::Contact, SyncOperation::Delete, Vec::new())]).await;
    let mut gone = Vec::new();
    entra.contacts_delta(Some(&contacts_end.link), &mut |item| gone.push(item)).await.unwrap();
    assert_eq!(gone, [DeltaItem::Deleted(carla.id.clone())]);
    let mut again = Vec::new();
    let groups_end = entra.groups_delta(Some(&groups_end.link), &mut |item| again.push(item)).await.unwrap();
    assert!(again.iter().all(|item| *item == DeltaItem::Present(staff.clone())), "members are not asked for: {again:?}");
    provision(&entra, &[object(2, ObjectType::Group, SyncOperation::Delete, Vec::new())]).await;
    let mut gone = Vec::new();
    entra.groups_delta(Some(&groups_end.link), &mut |item| gone.push(item)).await.unwrap();
    assert_eq!(gone, [DeltaItem::Deleted(staff.id.clone())]);
    assert_eq!(entra.find_synced(Kind::Group, &anchor(2)).await.unwrap(), None);
}

#[tokio::test]
async fn an_address_that_is_taken_is_parked_and_told() {
    let (_tenant, entra) = started().await;
    let resilient = entra.company_configuration().await.unwrap().dirsync_features | features::DUPLICATE_PROXY_ADDRESS_RESILIENCY;
    entra.set_dirsync_features(resilient).await.unwrap();
    provision(&entra, &[user(1, "ana", "shared@contoso.example"), user(2, "ben", "shared@contoso.example")]).await;
    let mut users = Vec::new();
    entra.users_delta(None, &mut |item| users.push(item)).await.unwrap();
    let parked: Vec<_> = present(users).into_iter().filter(|user| !user.parked.is_empty()).collect();
    let [ben] = &parked[..] else { panic!("{parked:?}") };
    let [parked] = &ben.parked[..] else { panic!("{ben:?}") };
    assert!(parked.property.eq_ignore_ascii_case("proxyAddresses") && parked.value.ends_with("shared@contoso.example"), "{parked:?}");
}

#[tokio::test]
async fn the_facts_of_the_tenant_are_those_of_its_parts() {
    let (_tenant, entra) = started().await;
    entra.set_dirsync_features(features::BLOCK_SOFT_MATCH).await.unwrap();
    let facts = entra.tenant_facts().await.unwrap();
    assert_eq!((facts.state, facts.verified, facts.federated), (SyncState::On, entra.verified_domains().await.unwrap(), Vec::new()));
    assert_eq!(facts.features, entra.company_configuration().await.unwrap().dirsync_features);
    assert!(facts.features & features::BLOCK_SOFT_MATCH != 0);
}

#[tokio::test]
async fn a_licence_is_given_once_and_again() {
    let (_tenant, entra) = started().await;
    let nowhere = {
        let mut user = user(2, "ben", "ben@contoso.example");
        user.properties.retain(|(name, _)| name != "usageLocation");
        user
    };
    provision(&entra, &[user(1, "ana", "ana@contoso.example"), nowhere]).await;
    let skus = entra.subscribed_skus().await.unwrap();
    let sku = skus.iter().find(|sku| sku.sku_part_number == "ENTERPRISEPACK").unwrap();
    let id = async |number: u8| entra.find_synced(Kind::User, &anchor(number)).await.unwrap().unwrap();
    for _ in 0..2 {
        entra.assign_licence(&id(1).await, &[&sku.sku_id]).await.unwrap();
        assert!(entra.find_by_anchor(&anchor(1)).await.unwrap().unwrap().licensed);
    }
    let refused = entra.assign_licence(&id(2).await, &[&sku.sku_id]).await;
    assert!(matches!(refused, Err(EntraError::Refused { status: 400, .. })), "a licence needs a usage location: {refused:?}");
}
