//! `directory/onPremisesSynchronization`: what synchronization may do in this tenant, and its guard against deletion by accident.
//!
//! The service lets administrators in by delegated permission alone. Here an application may hold the permission too, so that a script
//! can make a tenant ready.

use serde_json::{Map, Value, json};

use super::answer::{Answer, GraphError};
use super::listing::{collection, select};
use super::permissions;
use super::request::Request;
use crate::directory::synchronization::{self, local};
use crate::store::organization::{self, Tenant};
use crate::store::{Store, changes};
use samesign_wire::provisioning::features as bits;

/// Reads the settings.
const READ: &[&str] = &["OnPremDirectorySynchronization.Read.All", WRITE_PERMISSION];
/// Changes the settings.
const WRITE: &[&str] = &[WRITE_PERMISSION];
const WRITE_PERMISSION: &str = "OnPremDirectorySynchronization.ReadWrite.All";

/// Graph's names of the features, and their bits.
const FEATURES: [(&str, i32); 20] = [
    ("allowOnPremUpdateOfOnPremisesObjectIdentifierEnabled", local::ALLOW_OBJECT_IDENTIFIER_UPDATE),
    ("blockCloudObjectTakeoverThroughHardMatchEnabled", bits::BLOCK_HARD_MATCH_TAKEOVER),
    ("blockSoftMatchEnabled", bits::BLOCK_SOFT_MATCH),
    ("bypassDirSyncOverridesEnabled", local::BYPASS_OVERRIDES),
    ("cloudPasswordPolicyForPasswordSyncedUsersEnabled", bits::CLOUD_PASSWORD_POLICY_FOR_PASSWORD_SYNCED_USERS),
    ("concurrentCredentialUpdateEnabled", local::CONCURRENT_CREDENTIAL_UPDATE),
    ("concurrentOrgIdProvisioningEnabled", local::CONCURRENT_ORG_ID_PROVISIONING),
    ("deviceWritebackEnabled", bits::DEVICE_WRITEBACK),
    ("directoryExtensionsEnabled", bits::DIRECTORY_EXTENSIONS),
    ("fopeConflictResolutionEnabled", local::FOPE_CONFLICT_RESOLUTION),
    ("groupWriteBackEnabled", local::GROUP_WRITEBACK),
    ("passwordSyncEnabled", bits::PASSWORD_HASH_SYNC),
    ("passwordWritebackEnabled", bits::PASSWORD_WRITE_BACK),
    ("quarantineUponProxyAddressesConflictEnabled", bits::DUPLICATE_PROXY_ADDRESS_RESILIENCY),
    ("quarantineUponUpnConflictEnabled", bits::DUPLICATE_UPN_RESILIENCY),
    ("softMatchOnUpnEnabled", bits::ENABLE_SOFT_MATCH_ON_UPN),
    ("synchronizeUpnForManagedUsersEnabled", bits::SYNCHRONIZE_UPN_FOR_MANAGED_USERS),
    ("unifiedGroupWritebackEnabled", bits::UNIFIED_GROUP_WRITEBACK),
    ("userForcePasswordChangeOnLogonEnabled", bits::USER_FORCE_PASSWORD_CHANGE_ON_LOGON),
    ("userWritebackEnabled", bits::USER_WRITEBACK),
];

/// `GET /directory/onPremisesSynchronization`.
pub fn list(store: &Store, request: &Request) -> Result<Answer, GraphError> {
    let tenant = read(store, request)?;
    Ok(collection(request, "directory/onPremisesSynchronization", vec![select(request, shown(&tenant))]))
}

/// `GET /directory/onPremisesSynchronization/{id}`.
pub fn get(store: &Store, request: &Request, id: &str) -> Result<Answer, GraphError> {
    let tenant = read(store, request)?;
    ensure_own(&tenant, id)?;
    Ok(Answer::ok(select(request, shown(&tenant))))
}

/// `PATCH /directory/onPremisesSynchronization/{id}`. What is left out stays.
pub fn update(store: &Store, request: &Request, id: &str) -> Result<Answer, GraphError> {
    permissions::require(&request.caller, WRITE)?;
    let body = super::body::properties(request.object()?);
    store.write(|connection| {
        let tenant = organization::load(connection)?;
        ensure_own(&tenant, id)?;
        for (name, value) in &body {
            match (name.as_str(), value) {
                ("features", Value::Object(features)) => {
                    let wanted = wanted_features(tenant.sync_features, features)?;
                    synchronization::set_features(connection, wanted, &request.caller.client_id, request.seconds())?;
                }
                ("configuration", Value::Object(configuration)) => {
                    let (mode, threshold) = wanted_prevention(&tenant, configuration)?;
                    if (mode.as_str(), threshold) != (tenant.deletion_mode.as_str(), tenant.deletion_threshold) {
                        organization::set_deletion_prevention(connection, &mode, threshold)?;
                        let detail = format!("{} {} to {mode} {threshold}", tenant.deletion_mode, tenant.deletion_threshold);
                        let actor = &request.caller.client_id;
                        changes::audit(connection, request.seconds(), actor, "set deletion prevention", &tenant.id, &detail)?;
                    }
                }
                ("id", _) => {}
                _ => return Err(unknown_property(name)),
            }
        }
        Ok(Answer::no_content())
    })
}

fn read(store: &Store, request: &Request) -> Result<Tenant, GraphError> {
    permissions::require(&request.caller, READ)?;
    Ok(store.read(organization::load)?)
}

fn ensure_own(tenant: &Tenant, id: &str) -> Result<(), GraphError> {
    if tenant.id.eq_ignore_ascii_case(id) { Ok(()) } else { Err(GraphError::not_found(id)) }
}

fn shown(tenant: &Tenant) -> Value {
    let features: Map<String, Value> =
        FEATURES.iter().map(|(name, bit)| ((*name).to_owned(), Value::from(tenant.sync_features & bit != 0))).collect();
    json!({
        "id": tenant.id,
        "configuration": {
            "accidentalDeletionPrevention": {
                "synchronizationPreventionType": tenant.deletion_mode,
                "alertThreshold": tenant.deletion_threshold,
            },
        },
        "features": features,
    })
}

fn wanted_features(held: i32, features: &Map<String, Value>) -> Result<i32, GraphError> {
    let mut wanted = held;
    for (name, value) in features.iter().filter(|(name, _)| !name.contains('@')) {
        let (_, bit) = FEATURES.iter().find(|(known, _)| known == name).ok_or_else(|| unknown_property(name))?;
        match value {
            Value::Bool(true) => wanted |= bit,
            Value::Bool(false) => wanted &= !bit,
            Value::Null => {}
            _ => return Err(GraphError::bad_request(format!("{name} must be true or false."))),
        }
    }
    Ok(wanted)
}

fn wanted_prevention(tenant: &Tenant, configuration: &Map<String, Value>) -> Result<(String, i64), GraphError> {
    let (mut mode, mut threshold) = (tenant.deletion_mode.clone(), tenant.deletion_threshold);
    for (name, value) in configuration.iter().filter(|(name, _)| !name.contains('@')) {
        let Value::Object(prevention) = value else { return Err(unknown_property(name)) };
        if name != "accidentalDeletionPrevention" {
            return Err(unknown_property(name));
        }
        for (name, value) in prevention.iter().filter(|(name, value)| !name.contains('@') && !value.is_null()) {
            match (name.as_str(), value) {
                ("synchronizationPreventionType", Value::String(wanted)) => mode = known_mode(wanted)?,
                ("alertThreshold", Value::Number(number)) => threshold = number.as_i64().unwrap_or(-1),
                _ => return Err(unknown_property(name)),
            }
        }
    }
    let max = if mode == "enabledForPercentage" { 100 } else { i64::from(i32::MAX) };
    if !(0..=max).contains(&threshold) {
        return Err(GraphError::bad_request(format!("alertThreshold must lie between 0 and {max}.")));
    }
    Ok((mode, threshold))
}

fn known_mode(wanted: &str) -> Result<String, GraphError> {
    let modes = ["disabled", "enabledForCount", "enabledForPercentage"];
    let known = modes.into_iter().find(|mode| *mode == wanted);
    known
        .map(str::to_owned)
        .ok_or_else(|| GraphError::bad_request(format!("synchronizationPreventionType must be one of {}.", modes.join(", "))))
}

fn unknown_property(name: &str) -> GraphError {
    GraphError::bad_request(format!("Property '{name}' of resource 'OnPremisesDirectorySynchronization' is unknown, or cannot be set so."))
}
