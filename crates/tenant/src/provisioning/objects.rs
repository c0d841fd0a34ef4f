//! A batch of objects: each is added, changed or deleted, with a result of its own.

use rusqlite::Connection;
use samesign_wire::provisioning::{ObjectType, ResultCode, SyncObject, SyncObjectResult, SyncOperation};
use serde_json::Value;

use super::matching::{self, Target};
use super::refusal::{Refusal, Stop};
use super::shadow::Shadow;
use super::{Client, attributes};
use crate::directory::users;
use crate::directory::{DirectoryError, ObjectKind, User};
use crate::store::sync_objects::{self, SyncObjectRow};
use crate::store::{Store, changes, organization, users as rows};

/// Stores a batch in one transaction. Results come in the order of the objects.
pub fn provision(store: &Store, batch: &[SyncObject], client: &Client, now: i64) -> Result<Vec<SyncObjectResult>, DirectoryError> {
    store.write(|connection| {
        organization::set_sync_last(connection, now, &client.build)?;
        batch.iter().map(|object| provision_one(connection, object, client, now)).collect()
    })
}

fn provision_one(connection: &Connection, object: &SyncObject, client: &Client, now: i64) -> Result<SyncObjectResult, DirectoryError> {
    connection.prepare_cached("SAVEPOINT object")?.execute([])?;
    let outcome = match object.operation {
        SyncOperation::Add => add(connection, object, now),
        SyncOperation::Set => set(connection, object, now),
        SyncOperation::Delete => delete(connection, object, now),
    };
    let result = match outcome {
        Ok(done) => {
            record(connection, object, &done, client, now)?;
            result_of(object, done.id.as_deref(), None)
        }
        Err(Stop::Refused(refusal)) => {
            connection.prepare_cached("ROLLBACK TO object")?.execute([])?;
            result_of(object, None, Some(refusal))
        }
        Err(Stop::Failed(error)) => return Err(error),
    };
    connection.prepare_cached("RELEASE object")?.execute([])?;
    Ok(result)
}

/// What was done to which object.
struct Done {
    id: Option<String>,
    action: &'static str,
}

fn add(connection: &Connection, object: &SyncObject, now: i64) -> Result<Done, Stop> {
    ensure_user(object)?;
    let anchor = anchor_of(object)?;
    match matching::find(connection, anchor, object)? {
        Target::Known(user) => change(connection, user, object, now),
        Target::Matched(user) => take_over(connection, user, anchor, object, "joined", now),
        Target::Deleted(mut user) => {
            users::revive(&mut user);
            take_over(connection, user, anchor, object, "restored", now)
        }
        Target::New => take_over(connection, users::blank(now)?, anchor, object, "created", now),
    }
}

/// Makes a user, new or not synchronized until now, follow Active Directory.
fn take_over(
    connection: &Connection,
    mut user: User,
    anchor: &str,
    object: &SyncObject,
    action: &'static str,
    now: i64,
) -> Result<Done, Stop> {
    let mut shadow = Shadow::default();
    shadow.merge(object);
    user.synced = Some(true);
    user.anchor = Some(anchor.to_owned());
    attributes::apply(connection, &mut user, object, &shadow, true)?;
    stamp(&mut user, now);
    let user = if user.number == 0 {
        users::insert(connection, user)?
    } else {
        let before = rows::by_id(connection, &user.id)?.ok_or_else(|| unknown(anchor))?;
        users::save(connection, &mut user, &before)?;
        user
    };
    keep(connection, anchor, &user, &shadow)?;
    Ok(Done { id: Some(user.id), action })
}

fn set(connection: &Connection, object: &SyncObject, now: i64) -> Result<Done, Stop> {
    ensure_user(object)?;
    let user = find(connection, object)?.filter(|user| user.synced == Some(true)).ok_or_else(|| unknown(name_of(object)))?;
    change(connection, user, object, now)
}

fn change(connection: &Connection, mut user: User, object: &SyncObject, now: i64) -> Result<Done, Stop> {
    let anchor = user.anchor.clone().unwrap_or_default();
    let before = user.clone();
    let row = sync_objects::by_anchor(connection, &anchor)?;
    let mut shadow = row.map(|row| Shadow::from_json(&row.properties)).transpose()?.unwrap_or_default();
    if !shadow.merge(object) {
        return Ok(Done { id: Some(user.id), action: "unchanged" });
    }
    attributes::apply(connection, &mut user, object, &shadow, false)?;
    stamp(&mut user, now);
    users::save(connection, &mut user, &before)?;
    keep(connection, &anchor, &user, &shadow)?;
    Ok(Done { id: Some(user.id), action: "updated" })
}

/// An object that is not there is deleted already: a client that lost an answer may ask again.
fn delete(connection: &Connection, object: &SyncObject, now: i64) -> Result<Done, Stop> {
    let Some(mut user) = find(connection, object)? else {
        return Ok(Done { id: None, action: "unchanged" });
    };
    if user.synced != Some(true) {
        let description = format!("Deleting a cloud-only object is not allowed: {} is not mastered on-premises.", user.upn);
        return Err(Refusal::new("DeletingCloudOnlyObjectNotAllowed", description).into());
    }
    users::delete(connection, &mut user, now)?;
    Ok(Done { id: Some(user.id), action: "deleted" })
}

/// The live user that an object names, by its anchor or by the tenant's.
fn find(connection: &Connection, object: &SyncObject) -> Result<Option<User>, Stop> {
    if let Some(anchor) = object.source_anchor.as_deref() {
        return Ok(rows::by_anchor(connection, anchor)?);
    }
    let id = object.cloud_anchor.as_deref().and_then(|anchor| anchor.strip_prefix("User_"));
    let Some(id) = id else { return Err(Refusal::validation("SourceAnchor", "an object needs one").into()) };
    Ok(rows::by_id(connection, id)?.filter(User::live))
}

fn keep(connection: &Connection, anchor: &str, user: &User, shadow: &Shadow) -> Result<(), Stop> {
    let sequence = changes::last(connection)?;
    let row = SyncObjectRow { number: 0, anchor: anchor.to_owned(), object: user.id.clone(), kind: ObjectKind::User, sequence, properties: shadow.to_json() };
    Ok(sync_objects::put(connection, &row)?)
}

fn stamp(user: &mut User, now: i64) {
    let time = jiff::Timestamp::from_second(now).map(|time| time.to_string()).unwrap_or_default();
    user.set("onPremisesLastSyncDateTime", Some(Value::from(time)));
}

fn ensure_user(object: &SyncObject) -> Result<(), Stop> {
    if object.object_type == ObjectType::User {
        return Ok(());
    }
    let description = format!("This tenant takes no objects of type {} yet.", object.object_type.name());
    Err(Refusal::new("ObjectTypeNotSupported", description).into())
}

fn anchor_of(object: &SyncObject) -> Result<&str, Stop> {
    let anchor = object.source_anchor.as_deref().filter(|anchor| !anchor.trim().is_empty());
    anchor.ok_or_else(|| Refusal::validation("SourceAnchor", "an object needs one").into())
}

fn name_of(object: &SyncObject) -> &str {
    object.source_anchor.as_deref().or(object.cloud_anchor.as_deref()).unwrap_or_default()
}

fn unknown(anchor: &str) -> Stop {
    Refusal::new("ObjectNotFound", format!("No synchronized object has the anchor {anchor}.")).into()
}

fn record(connection: &Connection, object: &SyncObject, done: &Done, client: &Client, now: i64) -> Result<(), DirectoryError> {
    if matches!(done.action, "unchanged" | "updated") {
        return Ok(());
    }
    let id = done.id.as_deref().unwrap_or_default();
    Ok(changes::audit(connection, now, &client.actor, done.action, id, name_of(object))?)
}

fn result_of(object: &SyncObject, id: Option<&str>, refusal: Option<Refusal>) -> SyncObjectResult {
    let cloud_anchor = id.map(|id| format!("{}_{id}", object.object_type.name())).or_else(|| object.cloud_anchor.clone());
    let (result_code, error_code, error_description, error_details) = match refusal {
        None => (ResultCode::Success, None, None, Vec::new()),
        Some(Refusal { code, description, details }) => (ResultCode::Failure, Some(code.to_owned()), Some(description), details),
    };
    SyncObjectResult {
        object_type: object.object_type,
        operation: object.operation,
        source_anchor: object.source_anchor.clone(),
        cloud_anchor,
        result_code,
        error_code,
        error_description,
        error_details,
    }
}
