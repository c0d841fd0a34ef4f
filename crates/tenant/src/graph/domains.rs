//! `domains`.

use rusqlite::Connection;
use serde_json::{Value, json};

use super::answer::{Answer, GraphError};
use super::listing::{collection, select};
use super::permissions;
use super::request::Request;
use crate::directory::domains;
use crate::directory::federation::{self, Realm};
use crate::store::Store;
use crate::store::organization::{self, Domain};

/// `GET /domains`.
pub fn list(store: &Store, request: &Request) -> Result<Answer, GraphError> {
    permissions::require(&request.caller, permissions::READ_DOMAINS)?;
    let domains = store.read(|connection| {
        let domains = domains::list(connection)?;
        domains.iter().map(|domain| Ok(select(request, shown(connection, domain, &domains)?))).collect::<Result<_, GraphError>>()
    })?;
    Ok(collection(request, "domains", domains))
}

/// `GET /domains/{name}`.
pub fn get(store: &Store, request: &Request, name: &str) -> Result<Answer, GraphError> {
    permissions::require(&request.caller, permissions::READ_DOMAINS)?;
    store.read(|connection| {
        let domain = organization::domain(connection, name)?.ok_or_else(|| GraphError::not_found(name))?;
        Ok(Answer::ok(select(request, one(connection, &domain)?)))
    })
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
        Ok((one(connection, &domain)?, domain.name))
    })?;
    let (shown, name) = domain;
    Ok(Answer::created(shown, request.url(&format!("domains/{name}"))))
}

/// `POST /domains/{name}/verify`. This tenant believes its administrator: no DNS is asked.
pub fn verify(store: &Store, request: &Request, name: &str) -> Result<Answer, GraphError> {
    permissions::require(&request.caller, permissions::WRITE_DOMAINS)?;
    let domain = store.write(|connection| {
        let domain = domains::verify(connection, name, request.seconds())?;
        request.record(connection, "verify domain", &domain.name, "")?;
        one(connection, &domain)
    })?;
    Ok(Answer::ok(domain))
}

/// `PATCH /domains/{name}`: `authenticationType` and `isDefault`. To federate a domain takes its settings, so that begins with
/// `POST /domains/{name}/federationConfiguration`; the way back is here.
pub fn update(store: &Store, request: &Request, name: &str) -> Result<Answer, GraphError> {
    let body = super::body::properties(request.object()?);
    if let Some(property) = body.keys().find(|property| !["authenticationType", "isDefault"].contains(&property.as_str())) {
        return Err(GraphError::bad_request(format!("Property '{property}' of resource 'Domain' cannot be set here.")));
    }
    let authentication = body.get("authenticationType").map(|value| value.as_str().unwrap_or_default());
    let standard = body.get("isDefault").map(|value| value.as_bool().unwrap_or_default());
    if authentication.is_some() {
        permissions::require(&request.caller, permissions::WRITE_FEDERATION)?;
    }
    if standard.is_some() || authentication.is_none() {
        permissions::require(&request.caller, permissions::WRITE_DOMAINS)?;
    }
    store.write(|connection| {
        let domain = organization::domain(connection, name)?.ok_or_else(|| GraphError::not_found(name))?;
        match authentication {
            None => {}
            Some("Managed") => make_managed(connection, request, &domain)?,
            Some("Federated") if federation::realm(connection, &domain.name)?.is_federated() => {}
            Some("Federated") => {
                let message = "A domain is federated by its settings: create its federationConfiguration.";
                return Err(GraphError::bad_request(message));
            }
            Some(_) => return Err(GraphError::bad_request("authenticationType must be Managed or Federated.")),
        }
        match standard {
            None => {}
            Some(true) => {
                domains::set_default(connection, &domain.name, request.seconds())?;
                request.record(connection, "make default domain", &domain.name, "")?;
            }
            Some(false) => {
                return Err(GraphError::bad_request("isDefault can only be set to true: on the domain that is to be the default."));
            }
        }
        Ok(())
    })?;
    Ok(Answer::no_content())
}

fn make_managed(connection: &Connection, request: &Request, domain: &Domain) -> Result<(), GraphError> {
    if !domain.federated {
        return match federation::realm(connection, &domain.name)? {
            Realm::Managed => Ok(()),
            Realm::Federated { root, .. } => {
                let message = format!("{} is a subdomain and follows {root}: make {root} managed.", domain.name);
                Err(GraphError::bad_request(message))
            }
        };
    }
    federation::end(connection, &domain.name, request.seconds())?;
    request.record(connection, "make domain managed", &domain.name, "")
}

fn one(connection: &Connection, domain: &Domain) -> Result<Value, GraphError> {
    shown(connection, domain, &domains::list(connection)?)
}

fn shown(connection: &Connection, domain: &Domain, all: &[Domain]) -> Result<Value, GraphError> {
    let federated = federation::realm(connection, &domain.name)?.is_federated();
    Ok(json!({
        "id": domain.name,
        "authenticationType": if federated { "Federated" } else { "Managed" },
        "availabilityStatus": null,
        "isAdminManaged": true,
        "isDefault": domain.standard,
        "isInitial": domain.initial,
        "isRoot": federation::parent(all, &domain.name).is_none(),
        "isVerified": domain.verified,
        "manufacturer": null,
        "model": null,
        "passwordNotificationWindowInDays": 14,
        "passwordValidityPeriodInDays": 2_147_483_647,
        "state": null,
        "supportedServices": if domain.verified { json!(["Email", "OfficeCommunicationsOnline"]) } else { json!([]) },
    }))
}
