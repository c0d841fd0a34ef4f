//! `organization`: the tenant itself, and the switch for synchronization.

use serde_json::{Value, json};

use super::answer::{Answer, GraphError};
use super::listing::{collection, select};
use super::request::Request;
use super::{permissions, render};
use crate::directory::{domains, synchronization};
use crate::store::Store;
use crate::store::organization::{self, Domain, Tenant};

/// `GET /organization`.
pub fn list(store: &Store, request: &Request) -> Result<Answer, GraphError> {
    let (_, shown) = read(store, request)?;
    Ok(collection(request, "organization", vec![select(request, shown)]))
}

/// `GET /organization/{id}`.
pub fn get(store: &Store, request: &Request, id: &str) -> Result<Answer, GraphError> {
    let (tenant, shown) = read(store, request)?;
    if !tenant.id.eq_ignore_ascii_case(id) {
        return Err(GraphError::not_found(id));
    }
    Ok(Answer::ok(select(request, shown)))
}

/// `PATCH /organization/{id}` with `onPremisesSyncEnabled`.
pub fn update(store: &Store, request: &Request, id: &str) -> Result<Answer, GraphError> {
    permissions::require(&request.caller, permissions::WRITE_ORGANIZATION)?;
    let body = super::body::properties(request.object()?);
    if let Some(property) = body.keys().find(|property| *property != "onPremisesSyncEnabled") {
        return Err(GraphError::bad_request(format!("Property '{property}' of resource 'Organization' cannot be set here.")));
    }
    let wanted = match body.get("onPremisesSyncEnabled") {
        Some(Value::Bool(wanted)) => *wanted,
        _ => return Err(GraphError::bad_request("onPremisesSyncEnabled must be true or false.")),
    };
    store.write(|connection| {
        if !organization::load(connection)?.id.eq_ignore_ascii_case(id) {
            return Err(GraphError::not_found(id));
        }
        if wanted {
            synchronization::enable(connection, request.seconds(), 0)?;
        } else {
            synchronization::disable(connection)?;
        }
        request.record(connection, "switch synchronization", id, if wanted { "on" } else { "off" })
    })?;
    Ok(Answer::no_content())
}

fn read(store: &Store, request: &Request) -> Result<(Tenant, Value), GraphError> {
    permissions::require(&request.caller, permissions::READ_ORGANIZATION)?;
    let (tenant, domains) = store.read(|connection| {
        let domains = domains::list(connection)?.into_iter().map(|domain| {
            // A subdomain is what its parent is.
            let federated = domains::is_federated(connection, &domain.name)?;
            Ok(Domain { federated, ..domain })
        });
        Ok::<_, GraphError>((organization::load(connection)?, domains.collect::<Result<Vec<_>, GraphError>>()?))
    })?;
    let shown = organization_json(&tenant, &domains);
    Ok((tenant, shown))
}

/// While synchronization is being enabled this says true already, as at the service: what counts is the company configuration.
fn organization_json(tenant: &Tenant, domains: &[Domain]) -> Value {
    let synced = match (tenant.sync_from, tenant.sync_last) {
        (Some(_), _) => Value::from(true),
        (None, Some(_)) => Value::from(false),
        (None, None) => Value::Null,
    };
    let verified: Vec<_> = domains.iter().filter(|domain| domain.verified).map(verified_domain).collect();
    json!({
        "id": tenant.id,
        "deletedDateTime": null,
        "businessPhones": [],
        "city": null,
        "country": null,
        "countryLetterCode": null,
        "createdDateTime": render::time(tenant.created),
        "displayName": tenant.display_name,
        "marketingNotificationEmails": [],
        "onPremisesLastSyncDateTime": tenant.sync_last.map(render::time),
        "onPremisesSyncEnabled": synced,
        "postalCode": null,
        "preferredLanguage": "en",
        "securityComplianceNotificationMails": [],
        "securityComplianceNotificationPhones": [],
        "state": null,
        "street": null,
        "technicalNotificationMails": [],
        "tenantType": "AAD",
        "assignedPlans": [],
        "provisionedPlans": [],
        "verifiedDomains": verified,
    })
}

fn verified_domain(domain: &Domain) -> Value {
    json!({
        "capabilities": "Email, OfficeCommunicationsOnline",
        "isDefault": domain.standard,
        "isInitial": domain.initial,
        "name": domain.name,
        "type": if domain.federated { "Federated" } else { "Managed" },
    })
}
