//! Licences: `assignLicense`, `licenseDetails`, `subscribedSkus`.

use serde_json::{Value, json};

use super::answer::{Answer, GraphError};
use super::listing::{collection, select};
use super::request::Request;
use super::users::{entity, require_read};
use super::{permissions, query, render};
use crate::directory::properties::USER;
use crate::directory::{Sku, licensing, users};
use crate::store::licences::{self, Seats};
use crate::store::{Store, organization};

/// `POST /users/{id}/assignLicense`. All of it is done, or nothing.
pub fn assign(store: &Store, request: &Request, name: &str) -> Result<Answer, GraphError> {
    permissions::require(&request.caller, permissions::ASSIGN_LICENCES)?;
    let Change { add, remove } = change(request)?;
    let (tenant, user) = store.write(|connection| {
        let mut user = users::find(connection, name)?;
        for sku in &remove {
            licensing::remove(connection, &mut user, sku)?;
        }
        for (sku, disabled) in &add {
            licensing::assign(connection, &mut user, sku, disabled, request.seconds())?;
        }
        request.record(connection, "assign licences", &user.id, &format!("{} added, {} removed", add.len(), remove.len()))?;
        Ok::<_, GraphError>((organization::load(connection)?, users::find(connection, name)?))
    })?;
    Ok(Answer::ok(entity(request, user, &query::default_selection(&USER), &tenant.name)))
}

/// What `assignLicense` asks for.
pub struct Change {
    /// SKUs that come, each with the service plans that are off.
    pub add: Vec<(String, Vec<String>)>,
    /// SKUs that go.
    pub remove: Vec<String>,
}

/// Reads the body of `assignLicense`.
pub fn change(request: &Request) -> Result<Change, GraphError> {
    let body = request.object()?;
    let list = |name: &str| match body.get(name) {
        Some(Value::Array(list)) => Ok(list.as_slice()),
        _ => Err(GraphError::bad_request(format!("A list is needed for {name}; it may be empty."))),
    };
    let texts =
        |value: &Value| -> Vec<String> { value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect() };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let added = |licence: &Value| {
        let none = Value::Null;
        (text(licence.get("skuId").unwrap_or(&none)), texts(licence.get("disabledPlans").unwrap_or(&none)))
    };
    Ok(Change { add: list("addLicenses")?.iter().map(added).collect(), remove: list("removeLicenses")?.iter().map(text).collect() })
}

/// `GET /users/{id}/licenseDetails`.
pub fn details(store: &Store, request: &Request, name: &str) -> Result<Answer, GraphError> {
    require_read(request, name)?;
    let user = store.read(|connection| users::find(connection, name))?;
    Ok(collection(request, &format!("users('{}')/licenseDetails", user.id), render::licence_details(&user)))
}

/// `GET /subscribedSkus`.
pub fn skus(store: &Store, request: &Request) -> Result<Answer, GraphError> {
    Ok(collection(request, "subscribedSkus", read(store, request)?.into_iter().map(|sku| select(request, sku)).collect()))
}

/// `GET /subscribedSkus/{id}`.
pub fn sku(store: &Store, request: &Request, id: &str) -> Result<Answer, GraphError> {
    let found = read(store, request)?.into_iter().find(|sku| sku.get("id").and_then(Value::as_str) == Some(id));
    found.map(|sku| Answer::ok(select(request, sku))).ok_or_else(|| GraphError::not_found(id))
}

fn read(store: &Store, request: &Request) -> Result<Vec<Value>, GraphError> {
    permissions::require(&request.caller, permissions::READ_LICENCES)?;
    let (tenant, seats) = store.read(|connection| Ok::<_, GraphError>((organization::load(connection)?, licences::seats(connection)?)))?;
    Ok(seats.iter().filter_map(|seats| Sku::find(&seats.sku).map(|sku| subscribed(&tenant, sku, seats))).collect())
}

fn subscribed(tenant: &organization::Tenant, sku: &Sku, seats: &Seats) -> Value {
    let plans: Vec<_> = sku.plans.iter().map(|plan| render::service_plan(plan, true)).collect();
    json!({
        "id": format!("{}_{}", tenant.id, sku.id),
        "accountId": tenant.id,
        "accountName": tenant.display_name,
        "appliesTo": "User",
        "capabilityStatus": "Enabled",
        "consumedUnits": seats.taken,
        "prepaidUnits": {"enabled": seats.owned, "suspended": 0, "warning": 0, "lockedOut": 0},
        "servicePlans": plans,
        "skuId": sku.id,
        "skuPartNumber": sku.part_number,
        "subscriptionIds": [],
    })
}
