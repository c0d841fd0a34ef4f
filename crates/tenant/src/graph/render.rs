//! Directory objects as Graph shows them.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::query::Selection;
use crate::directory::objects::Object;
use crate::directory::properties::{Kind, Property};
use crate::directory::quarantine::Parked;
use crate::directory::{Contact, Group, Role, ServicePlan, Sku, User, licensing};
use crate::store::licences::Licence;

/// An object with the properties selected. What is not set is null, or an empty list.
pub fn object(object: &Object, selection: &Selection, tenant_name: &str) -> Map<String, Value> {
    let shown = selection.iter().map(|property| {
        let value = property_of(object, property, tenant_name).unwrap_or_else(|| blank(property.kind));
        (property.name.to_owned(), value)
    });
    shown.collect()
}

/// The directory extensions selected that the object has. Unlike other properties, one that is not set is not shown.
pub fn extensions(object: &Object, names: &[&str]) -> Map<String, Value> {
    let held = |name: &&str| object.property(name).map(|value| ((*name).to_owned(), value.clone()));
    names.iter().filter_map(held).collect()
}

/// A user with the properties selected.
pub fn user(user: User, selection: &Selection, tenant_name: &str) -> Map<String, Value> {
    object(&Object::User(Box::new(user)), selection, tenant_name)
}

/// An object as delta shows it: with its id, and without what was never set.
pub fn changed(object: &Object, selection: &Selection, tenant_name: &str) -> Map<String, Value> {
    let mut shown: Map<_, _> = selection
        .iter()
        .filter_map(|property| property_of(object, property, tenant_name).map(|value| (property.name.to_owned(), value)))
        .filter(|(_, value)| !value.is_null())
        .collect();
    shown.insert("id".to_owned(), Value::from(object.id()));
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

fn property_of(object: &Object, property: &Property, tenant_name: &str) -> Option<Value> {
    match object {
        Object::User(user) => user_property(user, property.name, tenant_name),
        Object::Group(group) => group_property(group, property.name),
        Object::Contact(contact) => contact_property(contact, property.name),
    }
}

fn group_property(group: &Group, name: &str) -> Option<Value> {
    match name {
        "id" => Some(Value::from(group.id.clone())),
        "displayName" => Some(Value::from(group.display_name.clone())),
        "description" => group.description.clone().map(Value::from),
        "mail" => group.mail.clone().map(Value::from),
        "mailNickname" => group.nickname.clone().map(Value::from),
        "mailEnabled" => Some(Value::from(group.mail_enabled)),
        "securityEnabled" => Some(Value::from(group.security_enabled)),
        "groupTypes" => Some(if group.unified { json!(["Unified"]) } else { json!([]) }),
        "onPremisesSyncEnabled" => group.synced.map(Value::from),
        "createdDateTime" | "renewedDateTime" => Some(time(group.created)),
        "deletedDateTime" => group.deleted.map(time),
        "assignedLicenses" => Some(group.licences.iter().map(assigned_licence).collect()),
        "licenseProcessingState" if !group.licences.is_empty() => Some(json!({"state": "ProcessingComplete"})),
        "onPremisesProvisioningErrors" => Some(group.parked.iter().map(provisioning_error).collect()),
        name => group.properties.get(name).cloned(),
    }
}

fn contact_property(contact: &Contact, name: &str) -> Option<Value> {
    match name {
        "id" => Some(Value::from(contact.id.clone())),
        "displayName" => Some(Value::from(contact.display_name.clone())),
        "mail" => contact.mail.clone().map(Value::from),
        "onPremisesSyncEnabled" => contact.synced.map(Value::from),
        "addresses" => Some(json!([address(contact)])),
        "phones" => Some(Value::from(phones(contact))),
        "onPremisesProvisioningErrors" => Some(contact.parked.iter().map(provisioning_error).collect()),
        name => contact.properties.get(name).cloned(),
    }
}

fn address(contact: &Contact) -> Value {
    let part = |name: &str| contact.properties.get(name).cloned().unwrap_or_default();
    json!({
        "city": part("city"),
        "countryOrRegion": part("country"),
        "officeLocation": part("officeLocation"),
        "postalCode": part("postalCode"),
        "state": part("state"),
        "street": part("streetAddress"),
    })
}

/// The service shows three phones, set or not.
fn phones(contact: &Contact) -> Vec<Value> {
    let business = contact.texts("businessPhones").first().copied();
    let numbers = [("businessFax", contact.text("faxNumber")), ("mobile", contact.text("mobilePhone")), ("business", business)];
    numbers.into_iter().map(|(kind, number)| json!({"number": number, "type": kind})).collect()
}

fn provisioning_error(parked: &Parked) -> Value {
    json!({
        "category": "PropertyConflict",
        "occurredDateTime": time(parked.at),
        "propertyCausingError": parked.property,
        "value": parked.value,
    })
}

fn assigned_licence(held: &Licence) -> Value {
    json!({"skuId": held.sku, "disabledPlans": held.disabled})
}

fn user_property(user: &User, name: &str, tenant_name: &str) -> Option<Value> {
    match name {
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
        "assignedLicenses" => Some(licensing::held(user).map(assigned_licence).collect()),
        "onPremisesProvisioningErrors" => Some(user.parked.iter().map(provisioning_error).collect()),
        "assignedPlans" => Some(licensing::plans(user).map(|(plan, since)| assigned_plan(plan, since)).collect()),
        "provisionedPlans" => Some(licensing::plans(user).map(|(plan, _)| provisioned_plan(plan)).collect()),
        "licenseAssignmentStates" => {
            let direct = user.licences.iter().map(|held| licence_state(held, None));
            let inherited = user.inherited.iter().map(|(group, held)| licence_state(held, Some(group)));
            Some(direct.chain(inherited).collect())
        }
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

fn licence_state(held: &Licence, group: Option<&str>) -> Value {
    json!({
        "skuId": held.sku,
        "disabledPlans": held.disabled,
        "assignedByGroup": group,
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
    let held = licensing::held(user).filter_map(|licence| Sku::find(&licence.sku).map(|sku| (licence, sku)));
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
