//! What an administrator sets: features and the guard against deletion by accident, through Graph and through the service itself.

use samesign_wire::provisioning::{ObjectType, SyncOperation, features as bits};
use serde_json::{Value, json};

use crate::tenant::{Tenant, delete, fault, object, set, text, user};

const PATH: &str = "/directory/onPremisesSynchronization";

fn settings(tenant: &Tenant) -> Value {
    let list = tenant.get(PATH);
    assert_eq!(list["value"].as_array().unwrap().len(), 1);
    assert_eq!(tenant.get(&format!("{PATH}/{}", tenant.id()))["features"], list["value"][0]["features"]);
    list["value"][0].clone()
}

fn change(tenant: &Tenant, body: &Value) {
    tenant.change("PATCH", &format!("{PATH}/{}", tenant.id()), body);
}

#[test]
fn graph_and_the_service_show_the_same_features() {
    let tenant = Tenant::new();
    let shown = settings(&tenant);
    assert_eq!(shown["id"], tenant.id());
    let on: Vec<_> =
        shown["features"].as_object().unwrap().iter().filter(|(_, on)| **on == json!(true)).map(|(name, _)| name.as_str()).collect();
    let expected = [
        "quarantineUponProxyAddressesConflictEnabled",
        "quarantineUponUpnConflictEnabled",
        "softMatchOnUpnEnabled",
        "synchronizeUpnForManagedUsersEnabled",
    ];
    assert_eq!(on, expected);
    for (name, bit) in [
        ("blockSoftMatchEnabled", bits::BLOCK_SOFT_MATCH),
        ("blockCloudObjectTakeoverThroughHardMatchEnabled", bits::BLOCK_HARD_MATCH_TAKEOVER),
        ("passwordSyncEnabled", bits::PASSWORD_HASH_SYNC),
        ("directoryExtensionsEnabled", bits::DIRECTORY_EXTENSIONS),
    ] {
        change(&tenant, &json!({"features": {name: true}}));
        assert_ne!(tenant.configuration().dirsync_features & bit, 0, "{name}");
        change(&tenant, &json!({"features": {name: false}}));
        assert_eq!(tenant.configuration().dirsync_features & bit, 0, "{name}");
    }
    change(&tenant, &json!({"features": {"softMatchOnUpnEnabled": false}}));
    assert_eq!(settings(&tenant)["features"]["softMatchOnUpnEnabled"], true, "never taken back");
    tenant.features(bits::USER_WRITEBACK);
    assert_eq!(settings(&tenant)["features"]["userWritebackEnabled"], true);
}

#[test]
fn a_feature_that_only_graph_knows_is_kept_and_not_sent() {
    let tenant = Tenant::new();
    let before = tenant.configuration().dirsync_features;
    change(&tenant, &json!({"features": {"fopeConflictResolutionEnabled": true}}));
    assert_eq!(tenant.configuration().dirsync_features, before);
    tenant.features(before);
    assert_eq!(settings(&tenant)["features"]["fopeConflictResolutionEnabled"], true);
}

#[test]
fn a_mapping_to_another_object_can_be_allowed_for_recovery() {
    let tenant = Tenant::new();
    let mine = |id: &str| [("onPremisesObjectIdentifier", text(id))];
    tenant.stored(user("1==", "ana@contoso.example", &mine("one")));
    assert_eq!(tenant.refused(user("1==", "ana@contoso.example", &mine("two"))).0, "InvalidHardMatch");
    change(&tenant, &json!({"features": {"allowOnPremUpdateOfOnPremisesObjectIdentifierEnabled": true}}));
    tenant.stored(user("1==", "ana@contoso.example", &mine("two")));
    change(&tenant, &json!({"features": {"allowOnPremUpdateOfOnPremisesObjectIdentifierEnabled": false}}));
    assert_eq!(tenant.refused(set("1==", &mine("one"))).0, "InvalidHardMatch");
}

#[test]
fn the_guard_against_deletion_is_set_by_graph_and_told_to_the_client() {
    let tenant = Tenant::new();
    let prevention = |kind: &str, threshold: i64| json!({"configuration": {"accidentalDeletionPrevention": {"synchronizationPreventionType": kind, "alertThreshold": threshold}}});
    let shown = || settings(&tenant)["configuration"]["accidentalDeletionPrevention"].clone();
    assert_eq!(shown(), json!({"synchronizationPreventionType": "enabledForCount", "alertThreshold": 500}));
    change(&tenant, &prevention("enabledForPercentage", 50));
    let told = tenant.configuration().deletion_prevention;
    assert_eq!((told.mode.as_str(), told.threshold_count, told.threshold_percentage), ("EnabledForPercentage", 0, 50));
    change(&tenant, &prevention("enabledForCount", 0));
    tenant.stored(user("1==", "ana@contoso.example", &[]));
    let request = samesign_wire::provisioning::Request::ProvisionAzureADSyncObjects2(vec![delete("1==")]);
    assert_eq!(fault(tenant.ask(&request)).0, "DeletionThresholdExceeded");
    change(&tenant, &json!({"configuration": {"accidentalDeletionPrevention": {"synchronizationPreventionType": "disabled"}}}));
    assert_eq!(shown(), json!({"synchronizationPreventionType": "disabled", "alertThreshold": 0}), "what is left out stays");
    assert!(tenant.ask(&request).is_ok());
}

#[test]
fn what_makes_no_sense_is_refused_and_changes_nothing() {
    let tenant = Tenant::new();
    let own = format!("{PATH}/{}", tenant.id());
    let before = settings(&tenant);
    for body in [
        json!({"features": {"blockSoftMatchEnabled": true, "noSuchFeature": true}}),
        json!({"features": {"blockSoftMatchEnabled": "yes"}}),
        json!({"configuration": {"accidentalDeletionPrevention": {"synchronizationPreventionType": "sometimes"}}}),
        json!({"configuration": {"accidentalDeletionPrevention": {"synchronizationPreventionType": "enabledForPercentage", "alertThreshold": 101}}}),
        json!({"configuration": {"accidentalDeletionPrevention": {"alertThreshold": -1}}}),
        json!({"configuration": {"other": {}}}),
        json!({"colour": "blue"}),
    ] {
        let (status, answer) = tenant.graph("PATCH", &own, Some(&body));
        assert_eq!(status, 400, "{body}: {answer}");
    }
    assert_eq!(settings(&tenant), before);
    assert_eq!(tenant.graph("PATCH", &format!("{PATH}/other"), Some(&json!({}))).0, 404);
    assert_eq!(tenant.graph("GET", &format!("{PATH}/other"), None).0, 404);
    assert_eq!(tenant.graph("DELETE", &own, None).0, 405);
    assert_eq!(tenant.graph("POST", PATH, Some(&json!({}))).0, 405);
}

// Covers: park.shown
#[test]
fn graph_shows_what_waits_for_an_object() {
    let tenant = Tenant::new();
    tenant.stored(user("1==", "ana@contoso.example", &[("mail", text("ana@contoso.example"))]));
    tenant.features(tenant.configuration().dirsync_features | bits::BLOCK_SOFT_MATCH);
    let twin = crate::tenant::id_of(&tenant.send_one(user("2==", "ana@contoso.example", &[("mail", text("ana@contoso.example"))])));
    tenant.sql("UPDATE parked SET at = at - 100", []);
    let team = object(
        ObjectType::Group,
        SyncOperation::Add,
        "3==",
        &[("displayName", text("Team")), ("proxyAddresses", crate::tenant::texts(&["SMTP:t@contoso.example", "smtp:ana@contoso.example"]))],
    );
    let team = crate::tenant::id_of(&tenant.send_one(team));
    let errors = |path: String| {
        let errors = tenant.get(&format!("{path}?$select=id,onPremisesProvisioningErrors"))["onPremisesProvisioningErrors"].clone();
        let errors = errors.as_array().unwrap().clone();
        assert!(errors.iter().all(|error| error["category"] == "PropertyConflict" && error["occurredDateTime"].is_string()), "{errors:?}");
        let mut shown: Vec<_> = errors.iter().map(|error| format!("{} {}", error["propertyCausingError"], error["value"])).collect();
        shown.sort();
        shown
    };
    let expected = [r#""ProxyAddresses" "SMTP:ana@contoso.example""#, r#""UserPrincipalName" "ana@contoso.example""#];
    assert_eq!(errors(format!("/users/{twin}")), expected);
    assert_eq!(errors(format!("/groups/{team}")), [r#""ProxyAddresses" "smtp:ana@contoso.example""#]);
    tenant.stored(delete("1=="));
    tenant.finish_export();
    // The one who came first has both, so the group goes on waiting.
    assert_eq!(errors(format!("/users/{twin}")), [""; 0]);
    assert_eq!(errors(format!("/groups/{team}")).len(), 1);
}
