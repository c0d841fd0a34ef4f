//! Directory objects as Graph shows them.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::query::Selection;
use crate::directory::properties::{Kind, Property};
use crate::directory::{Role, ServicePlan, Sku, User, licensing};

/// A user with the properties selected. What is not set is null, or an empty list.
pub fn user(user: &User, selection: &Selection, tenant_name: &str) -> Map<String, Value> {
    let shown = selection.iter().map(|property| {
        let value = property_of(user, property, tenant_name).unwrap_or_else(|| blank(property.kind));
        (property.name.to_owned(), value)
    });
    shown.collect()
}

/// A user as delta shows it: with its id, and without what was never set.
pub fn changed_user(user: &User, selection: &Selection, tenant_name: &str) -> Map<String, Value> {
    let mut shown: Map<_, _> = selection
        .iter()
        .filter_map(|property| property_of(user, property, tenant_name).map(|value| (property.name.to_owned(), value)))
        .filter(|(_, value)| !value.is_null())
        .collect();
    shown.insert("id".to_owned(), Value::from(user.id.clone()));
    shown
}

/// A role as a member of `memberOf`.
pub fn role(role: &Role) -> Value {
    json!({
        "@odata.type": "#microsoft.graph.directoryRole",
        "id": role.template,
        "deletedDateTime": null,
        "description": null,
        "displayName": role.name,
        "roleTemplateId": role.template,
    })
}

/// A service plan of a SKU.
pub fn service_plan(plan: &ServicePlan, on: bool) -> Value {
    json!({
        "servicePlanId": plan.id,
        "servicePlanName": plan.name,
        "provisioningStatus": if on { "Success" } else { "Disabled" },
        "appliesTo": "User",
    })
}

/// Seconds as Graph writes times.
pub fn time(seconds: i64) -> Value {
    Timestamp::from_second(seconds).map_or(Value::Null, |time| Value::from(time.to_string()))
}

fn blank(kind: Kind) -> Value {
    match kind {
        Kind::Texts | Kind::Objects => json!([]),
        _ => Value::Null,
    }
}

fn property_of(user: &User, property: &Property, tenant_name: &str) -> Option<Value> {
    match property.name {
        "id" => Some(Value::from(user.id.clone())),
        "userPrincipalName" => Some(Value::from(user.upn.clone())),
        "displayName" => Some(Value::from(user.display_name.clone())),
        "mail" => user.mail.clone().map(Value::from),
        "onPremisesImmutableId" => user.anchor.clone().map(Value::from),
        "onPremisesSyncEnabled" => user.synced.map(Value::from),
        "accountEnabled" => Some(Value::from(user.enabled)),
        "usageLocation" => user.usage_location.clone().map(Value::from),
        "createdDateTime" | "signInSessionsValidFromDateTime" | "refreshTokensValidFromDateTime" => Some(time(user.created)),
        "deletedDateTime" => user.deleted.map(time),
        "assignedLicenses" => Some(user.licences.iter().map(|held| json!({"skuId": held.sku, "disabledPlans": held.disabled})).collect()),
        "assignedPlans" => Some(licensing::plans(user).map(|(plan, since)| assigned_plan(plan, since)).collect()),
        "provisionedPlans" => Some(licensing::plans(user).map(|(plan, _)| provisioned_plan(plan)).collect()),
        "licenseAssignmentStates" => Some(user.licences.iter().map(licence_state).collect()),
        "identities" => Some(json!([{"signInType": "userPrincipalName", "issuer": tenant_name, "issuerAssignedId": user.upn}])),
        "onPremisesExtensionAttributes" => Some(extension_attributes(user)),
        // Never read back.
        "passwordProfile" => None,
        name => user.properties.get(name).cloned(),
    }
}

fn assigned_plan(plan: &ServicePlan, since: i64) -> Value {
    json!({"assignedDateTime": time(since), "capabilityStatus": "Enabled", "service": plan.service, "servicePlanId": plan.id})
}

fn provisioned_plan(plan: &ServicePlan) -> Value {
    json!({"capabilityStatus": "Enabled", "provisioningStatus": "Success", "service": plan.service})
}

fn licence_state(held: &crate::store::licences::Licence) -> Value {
    json!({
        "skuId": held.sku,
        "disabledPlans": held.disabled,
        "assignedByGroup": null,
        "state": "Active",
        "error": "None",
        "lastUpdatedDateTime": time(held.assigned),
    })
}

/// The service shows all fifteen, set or not.
fn extension_attributes(user: &User) -> Value {
    let held = user.properties.get("onPremisesExtensionAttributes");
    let attributes = (1..=15).map(|number| {
        let name = format!("extensionAttribute{number}");
        let value = held.and_then(|held| held.get(&name)).cloned().unwrap_or_default();
        (name, value)
    });
    Value::Object(attributes.collect())
}

/// A SKU that a user holds, as `licenseDetails` shows it.
pub fn licence_details(user: &User) -> Vec<Value> {
    let held = user.licences.iter().filter_map(|licence| Sku::find(&licence.sku).map(|sku| (licence, sku)));
    held.map(|(licence, sku)| {
        let plans = sku.plans.iter().map(|plan| service_plan(plan, !licence.disabled.iter().any(|off| off == plan.id)));
        json!({
            "id": format!("{}_{}", user.id, sku.id),
            "skuId": sku.id,
            "skuPartNumber": sku.part_number,
            "servicePlans": plans.collect::<Vec<_>>(),
        })
    })
    .collect()
}
