//! `domains`.

use serde_json::{Value, json};

use super::answer::{Answer, GraphError};
use super::listing::{collection, select};
use super::permissions;
use super::request::Request;
use crate::directory::domains;
use crate::store::Store;
use crate::store::organization::{self, Domain};

/// `GET /domains`.
pub fn list(store: &Store, request: &Request) -> Result<Answer, GraphError> {
    permissions::require(&request.caller, permissions::READ_DOMAINS)?;
    let domains = store.read(domains::list)?;
    Ok(collection(request, "domains", domains.iter().map(|domain| select(request, shown(domain))).collect()))
}

/// `GET /domains/{name}`.
pub fn get(store: &Store, request: &Request, name: &str) -> Result<Answer, GraphError> {
    permissions::require(&request.caller, permissions::READ_DOMAINS)?;
    let domain = store.read(|connection| organization::domain(connection, name))?;
    domain.map(|domain| Answer::ok(select(request, shown(&domain)))).ok_or_else(|| GraphError::not_found(name))
}

/// `POST /domains`: adds a domain that is not verified yet.
pub fn create(store: &Store, request: &Request) -> Result<Answer, GraphError> {
    permissions::require(&request.caller, permissions::WRITE_DOMAINS)?;
    let name = request.object()?.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    let domain = store.write(|connection| {
        if organization::domain(connection, &name)?.is_some() {
            return Err(GraphError::bad_request(format!("The domain {name} already exists in this tenant.")));
        }
        let domain = domains::add(connection, &name, request.seconds())?;
        request.record(connection, "add domain", &domain.name, "")?;
        Ok(domain)
    })?;
    Ok(Answer::created(shown(&domain), request.url(&format!("domains/{}", domain.name))))
}

/// `POST /domains/{name}/verify`. This tenant believes its administrator: no DNS is asked.
pub fn verify(store: &Store, request: &Request, name: &str) -> Result<Answer, GraphError> {
    permissions::require(&request.caller, permissions::WRITE_DOMAINS)?;
    let domain = store.write(|connection| {
        let domain = domains::verify(connection, name, request.seconds())?;
        request.record(connection, "verify domain", &domain.name, "")?;
        Ok::<_, GraphError>(domain)
    })?;
    Ok(Answer::ok(shown(&domain)))
}

fn shown(domain: &Domain) -> Value {
    json!({
        "id": domain.name,
        "authenticationType": if domain.federated { "Federated" } else { "Managed" },
        "availabilityStatus": null,
        "isAdminManaged": true,
        "isDefault": domain.standard,
        "isInitial": domain.initial,
        "isRoot": true,
        "isVerified": domain.verified,
        "manufacturer": null,
        "model": null,
        "passwordNotificationWindowInDays": 14,
        "passwordValidityPeriodInDays": 2_147_483_647,
        "state": null,
        "supportedServices": if domain.verified { json!(["Email", "OfficeCommunicationsOnline"]) } else { json!([]) },
    })
}
