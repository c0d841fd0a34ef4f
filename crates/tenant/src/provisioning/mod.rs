//! The provisioning service behind `/provisioningservice.svc`: what each operation does to the directory.
//!
//! Bytes, HTTP and the check of the token are not here. Each request is one transaction; each object of a batch succeeds or fails
//! by itself, as at the service.

mod attributes;
mod credentials;
mod deletions;
mod matching;
mod membership;
mod objects;
mod read_back;
mod record;
mod refusal;
pub mod release;
mod shadow;

use rusqlite::Connection;
use samesign_wire::provisioning::{
    CompanyConfiguration, DeletionPrevention, Fault, FaultCode, FaultDetail, PropertyValue, Request, Response, SyncObject, features,
};

use crate::directory::{DirectoryError, SyncState, synchronization, users};
use crate::store::organization::Tenant;
use crate::store::{Store, exports, organization, sync_objects};
use membership::Generation;
use objects::BatchError;
use record::Record;

/// Links that one request of the second generation may carry in all its objects.
const LINKS_MAX: usize = 15_000;

/// Who sends, for the records.
#[derive(Clone, Debug)]
pub struct Client {
    /// The application's client id, or the user's UPN.
    pub actor: String,
    /// DirSyncBuildNumber.
    pub build: String,
}

/// Answers one request whose token was checked. `now`: Unix seconds.
pub fn handle(store: &Store, request: &Request, client: &Client, now: i64) -> Result<Response, Fault> {
    match request {
        Request::GetCompanyConfiguration { .. } => company_configuration(store, now),
        Request::ProvisionAzureADSyncObjects(batch) => provision(store, batch, Generation::First, client, now),
        Request::ProvisionAzureADSyncObjects2(batch) => {
            ensure_few_links(batch)?;
            provision(store, batch, Generation::Second, client, now)
        }
        Request::ReadBackAzureADSyncObjects { input_cookie, is_full_sync, .. } => {
            ensure_on(store, now)?;
            read_back::page(store, input_cookie.as_deref(), *is_full_sync)
        }
        Request::FinalizeExport { total_exported, .. } => {
            ensure_on(store, now)?;
            finalize(store, *total_exported, client, now).map(|()| Response::Finalize).map_err(|error| internal(&error))
        }
        Request::SetCompanyDirsyncFeatures { dirsync_features } => store
            .write(|connection| synchronization::set_wire_features(connection, *dirsync_features, &client.actor, now))
            .map(|()| Response::SetFeatures)
            .map_err(|error| internal(&error)),
        Request::ProvisionCredentials(batch) => {
            ensure_on(store, now)?;
            ensure_passwords(store)?;
            credentials::provision(store, batch, client, now).map(Response::Credentials).map_err(|error| internal(&error))
        }
    }
}

/// Forgets which object of Active Directory an object of the tenant belongs to, so that another may take it over: the recovery that the
/// service offers an administrator since it blocks such take-overs. Answers whether there was anything to forget.
pub fn clear_object_identifier(connection: &Connection, id: &str) -> Result<bool, DirectoryError> {
    let found = Record::by_id(connection, id)?.ok_or_else(|| DirectoryError::NotFound { what: id.to_owned() })?;
    let mut changed = found.clone();
    changed.set(matching::OBJECT_IDENTIFIER, None);
    changed.save(connection, &found)?;
    Ok(changed.text(matching::OBJECT_IDENTIFIER) != found.text(matching::OBJECT_IDENTIFIER))
}

fn company_configuration(store: &Store, now: i64) -> Result<Response, Fault> {
    let read = store.read(|connection| {
        let passwords = synchronization::passwords(connection)?;
        Ok::<_, DirectoryError>((organization::load(connection)?, sync_objects::count(connection)?, passwords))
    });
    let (tenant, objects, passwords) = read.map_err(|error| internal(&error))?;
    let deletion_prevention = prevention(&tenant);
    Ok(Response::CompanyConfiguration(CompanyConfiguration {
        allowed_features: vec!["ObjectWriteback".to_owned(), "PasswordWriteback".to_owned()],
        dirsync_features: tenant.sync_features & !synchronization::local::ALL,
        display_name: tenant.display_name,
        is_dirsyncing: SyncState::of(tenant.sync_from, now) == SyncState::On,
        is_password_syncing: passwords.on && passwords.last.is_some(),
        synchronization_interval: "PT30M".to_owned(),
        tenant_id: tenant.id,
        links_per_batch_max: i32::try_from(LINKS_MAX).unwrap_or(i32::MAX),
        anchor_attribute: "objectGUID".to_owned(),
        application_version: samesign_wire::provisioning::names::APPLICATION_ID_V2.to_owned(),
        client_version: tenant.sync_client.unwrap_or_default(),
        is_tracking_changes: true,
        dirsync_client_machine: String::new(),
        total_connector_space_objects: i32::try_from(objects).unwrap_or(i32::MAX),
        deletion_prevention,
    }))
}

/// The setting against deletion by accident, in this protocol's words.
fn prevention(tenant: &Tenant) -> DeletionPrevention {
    let threshold = i32::try_from(tenant.deletion_threshold).unwrap_or(i32::MAX);
    let (mode, threshold_count, threshold_percentage) = match tenant.deletion_mode.as_str() {
        "disabled" => ("Disabled", threshold, 0),
        "enabledForPercentage" => ("EnabledForPercentage", 0, threshold),
        _ => ("EnabledForCount", threshold, 0),
    };
    DeletionPrevention { mode: mode.to_owned(), threshold_count, threshold_percentage }
}

fn provision(store: &Store, batch: &[SyncObject], generation: Generation, client: &Client, now: i64) -> Result<Response, Fault> {
    ensure_on(store, now)?;
    match objects::provision(store, batch, generation, client, now) {
        Ok(results) => Ok(Response::Provision(results)),
        Err(BatchError::Directory(DirectoryError::QuotaExceeded { limit })) => {
            let message = format!(
                "The directory object quota limit is exceeded: this company may have {limit} objects. Nothing of this request was stored. \
                 Delete objects, or ask for a larger quota."
            );
            Err(refused("QuotaExceeded", &message))
        }
        Err(BatchError::Directory(error)) => Err(internal(&error)),
        Err(BatchError::TooManyDeletions(found)) => {
            store.write(exports::stop).map_err(|error| internal(&error.into()))?;
            Err(too_many_deletions(&found))
        }
    }
}

fn too_many_deletions(found: &deletions::TooMany) -> Fault {
    let deletions::TooMany { deletions, allowed } = found;
    let message = if *deletions < exports::STOPPED {
        format!(
            "The export was stopped: it would delete {deletions} objects, and the accidental deletion threshold of this company is {allowed}."
        )
    } else {
        format!("The export was stopped because of its deletions: the accidental deletion threshold of this company is {allowed}.")
    };
    let mend = "Nothing of this request was stored. If the objects shall be deleted, raise or disable the threshold \
                (accidentalDeletionPrevention), and export again.";
    refused("DeletionThresholdExceeded", &format!("{message} {mend}"))
}

/// A request with too many references would hold up everybody's.
fn ensure_few_links(batch: &[SyncObject]) -> Result<(), Fault> {
    let values = batch.iter().flat_map(|object| object.properties.iter().map(|(_, value)| value));
    let links: usize = values.map(|value| if let PropertyValue::References(changes) = value { changes.len() } else { 0 }).sum();
    if links <= LINKS_MAX {
        return Ok(());
    }
    let message = format!("The request has {links} references, {LINKS_MAX} are allowed across a batch. Send them in several requests.");
    Err(refused("MaxLinksExceeded", &message))
}

fn finalize(store: &Store, exported: i64, client: &Client, now: i64) -> Result<(), DirectoryError> {
    store.write(|connection| {
        organization::set_sync_last(connection, now, &client.build)?;
        organization::set_sync_objects(connection, exported)?;
        exports::finish(connection)?;
        release::release_all(connection, now)?;
        users::purge_expired(connection, now)
    })
}

fn ensure_on(store: &Store, now: i64) -> Result<(), Fault> {
    match store.read(|connection| synchronization::state(connection, now)).map_err(|error| internal(&error))? {
        SyncState::On => Ok(()),
        SyncState::Off => Err(refused("DirSyncNotActivated", "Identity synchronization is not yet activated for this company.")),
        SyncState::Enabling { .. } => {
            Err(refused("DirSyncNotActivated", "Identity synchronization is being activated for this company. Please try again later."))
        }
    }
}

fn ensure_passwords(store: &Store) -> Result<(), Fault> {
    let held = store.read(organization::load).map_err(|error| internal(&error.into()))?.sync_features;
    if held & features::PASSWORD_HASH_SYNC != 0 {
        return Ok(());
    }
    let message = "Password hash synchronization is not activated for this company: set the feature PasswordHashSync first.";
    Err(refused("PasswordHashSyncNotActivated", message))
}

fn refused(error_code: &str, message: &str) -> Fault {
    Fault {
        code: FaultCode::Sender,
        reason: message.to_owned(),
        detail: FaultDetail::AdminWebService { error_code: error_code.to_owned(), message: message.to_owned() },
    }
}

/// The tenant's own failure: the client may try again, the cause is for the tenant's log alone.
fn internal(error: &DirectoryError) -> Fault {
    tracing::error!(error = error as &dyn std::error::Error, "the directory could not be used");
    let message = "The service could not use its directory. Please try again later.".to_owned();
    let detail = FaultDetail::AdminWebService { error_code: "InternalError".to_owned(), message: message.clone() };
    Fault { code: FaultCode::Receiver, reason: message, detail }
}

#[cfg(test)]
mod tests;
