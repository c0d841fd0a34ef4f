//! Deletion, return, and the tenant's own guard.

use samesign_wire::provisioning::{ObjectType, Request, SyncObject, SyncOperation, features as bits};
use serde_json::json;

use crate::tenant::{Tenant, change_members, contact, delete, fault, group, id_of, object, set, text, user};

fn ana(tenant: &Tenant) -> String {
    tenant.stored(user("1==", "ana@contoso.example", &[("mail", text("ana@contoso.example")), ("usageLocation", text("ES"))]))
}

// Covers: delete.user, D9
#[test]
fn a_deleted_user_waits_for_thirty_days() {
    let tenant = Tenant::new();
    let id = ana(&tenant);
    tenant.stored(delete("1=="));
    assert_eq!(tenant.graph("GET", &format!("/users/{id}"), None).0, 404);
    tenant.age_deleted(29);
    tenant.finish_export();
    assert_eq!(tenant.get(&format!("/directory/deletedItems/{id}"))["id"], id.as_str());
    tenant.age_deleted(2);
    tenant.finish_export();
    assert_eq!(tenant.graph("GET", &format!("/directory/deletedItems/{id}"), None).0, 404);
    // Deleted for good: the same object of Active Directory is a new user.
    assert_ne!(ana(&tenant), id);
}

// Covers: delete.recycle-bin, delete.scope-return
#[test]
fn who_comes_back_has_the_same_id_groups_and_licences() {
    let tenant = Tenant::new();
    let id = ana(&tenant);
    tenant.license(&id);
    let team = tenant.stored(group("g==", "Team", &[]));
    tenant.stored(change_members("g==", &["1=="], &[]));
    tenant.stored(delete("1=="));
    assert_eq!(tenant.members(&team), [""; 0]);
    assert_eq!(ana(&tenant), id);
    assert_eq!(tenant.members(&team), [id.as_str()]);
    let back = tenant.user(&id);
    assert_eq!((back["assignedLicenses"].as_array().unwrap().len(), &back["userPrincipalName"]), (1, &json!("ana@contoso.example")));
    assert_eq!(back["onPremisesSyncEnabled"], true);
}

// Covers: delete.recreated
#[test]
fn an_account_made_anew_is_a_new_user_and_the_deleted_one_stays_in_the_bin() {
    let tenant = Tenant::new();
    let id = ana(&tenant);
    // The new account comes while the old one is still there: its names clash.
    let twin = id_of(&tenant.send_one(user("2==", "ana@contoso.example", &[("mail", text("ana@contoso.example"))])));
    assert_ne!(twin, id);
    assert_eq!(tenant.parked(&twin).len(), 2);
    tenant.stored(delete("1=="));
    tenant.finish_export();
    assert_eq!(tenant.user(&twin)["userPrincipalName"], "ana@contoso.example");
    assert_eq!(tenant.get(&format!("/directory/deletedItems/{id}"))["id"], id.as_str());
    // The old object comes back from Active Directory's own bin: it is restored, without the names that it lost.
    let words = tenant.altered(user("1==", "ana@contoso.example", &[("mail", text("ana@contoso.example"))]));
    assert!(words.contains("UserPrincipalName") && words.contains(&twin), "{words}");
}

// Covers: delete.other
#[test]
fn other_classes_are_gone_at_once() {
    let tenant = Tenant::new();
    let team = tenant.stored(group("g==", "Team", &[]));
    let partner = tenant.stored(contact("c==", "x@partner.example", &[]));
    tenant.stored(object(ObjectType::Group, SyncOperation::Delete, "g==", &[]));
    tenant.stored(object(ObjectType::Contact, SyncOperation::Delete, "c==", &[]));
    assert_ne!(tenant.stored(group("g==", "Team", &[])), team);
    assert_ne!(tenant.stored(contact("c==", "x@partner.example", &[])), partner);
    // Deleting what is gone is fine: an answer may have been lost.
    tenant.send_one(object(ObjectType::Contact, SyncOperation::Delete, "nobody==", &[]));
}

fn restored_in_the_cloud(tenant: &Tenant) -> String {
    let id = ana(tenant);
    tenant.stored(delete("1=="));
    tenant.change("POST", &format!("/directory/deletedItems/{id}/restore"), &json!(null));
    id
}

// Covers: delete.restored-in-cloud, error.cloud-only
#[test]
fn what_was_restored_in_the_cloud_alone_is_no_longer_deleted_from_here() {
    let tenant = Tenant::new();
    let id = restored_in_the_cloud(&tenant);
    let shown = tenant.user(&id);
    assert_eq!((&shown["onPremisesSyncEnabled"], &shown["onPremisesImmutableId"]), (&json!(false), &json!("1==")));
    let (code, words) = tenant.refused(delete("1=="));
    assert_eq!(code, "DeletingCloudOnlyObjectNotAllowed");
    assert!(words.contains("114") && words.contains("ana@contoso.example"), "{words}");
    assert_eq!(tenant.refused(set("1==", &[("title", text("Boss"))])).0, "ObjectNotFound");
    // Back in scope it is taken over again.
    assert_eq!(ana(&tenant), id);
    tenant.stored(delete("1=="));
    // A user of the cloud who never was synchronized is not ours to delete either.
    let cloud = tenant.cloud_user("bob@contoso.example", &json!({}));
    let named = SyncObject { source_anchor: None, cloud_anchor: Some(format!("User_{cloud}")), ..delete("") };
    assert_eq!(tenant.refused(named).0, "DeletingCloudOnlyObjectNotAllowed");
}

// Covers: delete.hard-match-blocked
#[test]
fn a_return_is_refused_while_hard_matches_are_blocked() {
    let tenant = Tenant::new();
    let id = restored_in_the_cloud(&tenant);
    let held = tenant.configuration().dirsync_features;
    tenant.features(held | bits::BLOCK_HARD_MATCH_TAKEOVER);
    assert_eq!(tenant.refused(user("1==", "ana@contoso.example", &[])).0, "InvalidHardMatch");
    tenant.features(held);
    assert_eq!(ana(&tenant), id);
    // What is in the bin was never the cloud's: it comes back whatever the switch says.
    tenant.stored(delete("1=="));
    tenant.features(held | bits::BLOCK_HARD_MATCH_TAKEOVER);
    assert_eq!(ana(&tenant), id);
}

// Covers: delete.licensed-group
#[test]
fn a_group_with_licences_is_not_deleted() {
    let tenant = Tenant::new();
    let team = tenant.stored(group("g==", "Team", &[]));
    let sku = "INSERT INTO group_licence (group_number, sku, disabled, assigned)
        SELECT number, (SELECT id FROM sku LIMIT 1), '[]', 0 FROM directory_group WHERE id = ?1";
    tenant.sql(sku, [&team]);
    let gone = || object(ObjectType::Group, SyncOperation::Delete, "g==", &[]);
    let (code, words) = tenant.refused(gone());
    assert_eq!(code, "GroupWithLicences");
    assert!(words.contains("licenses"), "{words}");
    tenant.sql("DELETE FROM group_licence", []);
    tenant.stored(gone());
}

fn users(tenant: &Tenant, count: usize) {
    let all: Vec<_> = (0..count).map(|number| user(&format!("{number}=="), &format!("u{number}@contoso.example"), &[])).collect();
    tenant.send(all);
}

fn deletes(range: std::ops::Range<usize>) -> Request {
    Request::ProvisionAzureADSyncObjects2(range.map(|number| delete(&format!("{number}=="))).collect())
}

// Covers: delete.threshold, error.threshold
#[test]
fn more_deletions_than_the_threshold_stop_the_export() {
    let tenant = Tenant::new();
    users(&tenant, 12);
    tenant.write(|connection| Ok(samesign_tenant::store::organization::set_deletion_prevention(connection, "enabledForCount", 5)?));
    let prevention = tenant.configuration().deletion_prevention;
    assert_eq!((prevention.mode.as_str(), prevention.threshold_count), ("EnabledForCount", 5));
    assert!(tenant.ask(&deletes(0..3)).is_ok());
    let (code, words) = fault(tenant.ask(&deletes(3..6)));
    assert_eq!(code, "DeletionThresholdExceeded");
    assert!(words.contains("6 objects") && words.contains("5 deletions"), "{words}");
    // Halving the request does not get around it: the export is stopped.
    let (code, words) = fault(tenant.ask(&deletes(3..4)));
    assert_eq!(code, "DeletionThresholdExceeded");
    assert!(words.contains("5 deletions"), "{words}");
    // Everything but deletions goes on, and who is gone already is not counted.
    tenant.stored(set("7==", &[("title", text("Boss"))]));
    assert!(tenant.ask(&deletes(0..3)).is_ok());
    let live = |tenant: &Tenant| tenant.read_back().len();
    assert_eq!(live(&tenant), 9);
    // Exactly the threshold is allowed; the next export counts from nothing.
    tenant.finish_export();
    assert!(tenant.ask(&deletes(3..8)).is_ok());
    assert_eq!(live(&tenant), 4);
}

#[test]
fn the_threshold_can_be_a_share_or_nothing() {
    let tenant = Tenant::new();
    let set = |mode: &str, threshold| {
        tenant.write(|connection| Ok(samesign_tenant::store::organization::set_deletion_prevention(connection, mode, threshold)?));
    };
    users(&tenant, 10);
    set("enabledForPercentage", 20);
    assert_eq!(tenant.configuration().deletion_prevention.threshold_percentage, 20);
    let (_, words) = fault(tenant.ask(&deletes(0..3)));
    assert!(words.contains("20 per cent of 10 objects"), "{words}");
    tenant.finish_export();
    assert!(tenant.ask(&deletes(0..2)).is_ok());
    tenant.finish_export();
    set("disabled", 0);
    assert_eq!(tenant.configuration().deletion_prevention.mode, "Disabled");
    assert!(tenant.ask(&deletes(2..10)).is_ok());
}
