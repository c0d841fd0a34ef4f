//! A batch of objects: each is added, changed or deleted, with a result of its own.

use rusqlite::Connection;
use samesign_wire::provisioning::{ResultCode, SyncObject, SyncObjectResult, SyncOperation, features};
use serde_json::Value;

use super::attributes::{self, Sent, Settled};
use super::matching::{self, Target};
use super::membership::{self, CLOUD_MEMBERS, Generation};
use super::record::{Record, kind_of};
use super::refusal::{Refusal, Stop};
use super::shadow::{MEMBER, Shadow};
use super::{Client, deletions};
use crate::directory::synced::{self, Clash, DELETED_BY_SYNC};
use crate::directory::{DirectoryError, ObjectKind, quarantine};
use crate::store::sync_objects::{self, SyncObjectRow};
use crate::store::{Store, changes, organization, users as user_rows};

/// Why a whole batch was not stored.
#[derive(Debug)]
pub enum BatchError {
    /// It has more deletions than the tenant allows in one export.
    TooManyDeletions(deletions::TooMany),
    /// The directory failed, or is full.
    Directory(DirectoryError),
}

impl<E: Into<DirectoryError>> From<E> for BatchError {
    fn from(error: E) -> Self {
        Self::Directory(error.into())
    }
}

/// Stores a batch in one transaction. Results come in the order of the objects.
pub fn provision(
    store: &Store,
    batch: &[SyncObject],
    generation: Generation,
    client: &Client,
    now: i64,
) -> Result<Vec<SyncObjectResult>, BatchError> {
    store.write(|connection| {
        organization::set_sync_last(connection, now, &client.build)?;
        deletions::check(connection, batch)?.map_err(BatchError::TooManyDeletions)?;
        let work = Work { connection, generation, client, now };
        Ok(batch.iter().map(|object| work.provision_one(object)).collect::<Result<_, _>>()?)
    })
}

/// What was done to which object.
struct Done {
    id: Option<String>,
    action: &'static str,
    /// What the client has to know although the object was stored.
    remarks: Vec<String>,
    clashes: Vec<Clash>,
    /// References of `member` that could not be stored, in words.
    dangling: Option<Refusal>,
}

impl Done {
    fn new(id: Option<String>, action: &'static str) -> Self {
        Self { id, action, remarks: Vec::new(), clashes: Vec::new(), dangling: None }
    }
}

/// One batch at work.
struct Work<'a> {
    connection: &'a Connection,
    generation: Generation,
    client: &'a Client,
    now: i64,
}

impl Work<'_> {
    fn provision_one(&self, object: &SyncObject) -> Result<SyncObjectResult, DirectoryError> {
        self.connection.prepare_cached("SAVEPOINT object")?.execute([])?;
        let outcome = match object.operation {
            SyncOperation::Add => self.add(object),
            SyncOperation::Set => self.set(object),
            SyncOperation::Delete => self.delete(object),
        };
        let result = match outcome {
            Ok(done) => {
                self.record(object, &done)?;
                stored(object, done)
            }
            Err(Stop::Refused(refusal)) => {
                self.connection.prepare_cached("ROLLBACK TO object")?.execute([])?;
                refused(object, None, refusal)
            }
            Err(Stop::Failed(error)) => return Err(error),
        };
        self.connection.prepare_cached("RELEASE object")?.execute([])?;
        Ok(result)
    }

    fn add(&self, object: &SyncObject) -> Result<Done, Stop> {
        let kind = kind_of(object.object_type)?;
        let anchor = anchor_of(object)?;
        match matching::find(self.connection, kind, anchor, object)? {
            Target::Known(record) => self.change(record, object),
            Target::Matched(record) => self.take_over(record, anchor, object, "joined"),
            Target::Deleted(user) => self.take_over(Record::User(user), anchor, object, "restored"),
            Target::New(remark) => {
                let mut done = self.take_over(Record::blank(kind, self.now)?, anchor, object, "created")?;
                done.remarks.extend(remark);
                Ok(done)
            }
        }
    }

    fn set(&self, object: &SyncObject) -> Result<Done, Stop> {
        kind_of(object.object_type)?;
        let record = self.find(object)?.filter(Record::is_synced).ok_or_else(|| unknown(name_of(object)))?;
        let features = organization::load(self.connection)?.sync_features;
        matching::ensure_same_source(&record, object, features)?;
        self.change(record, object)
    }

    /// An object that is not there is deleted already: a client that lost an answer may ask again.
    fn delete(&self, object: &SyncObject) -> Result<Done, Stop> {
        kind_of(object.object_type)?;
        let Some(mut record) = self.find(object)? else { return Ok(Done::new(None, "unchanged")) };
        if !record.is_synced() {
            let description = format!(
                "Deleting a cloud-only object is not allowed (error 114): {} is not mastered on-premises. Delete it in the cloud, or \
                 synchronize it again.",
                record.title()
            );
            return Err(Refusal::new("DeletingCloudOnlyObjectNotAllowed", description).into());
        }
        record.set(DELETED_BY_SYNC, Some(Value::from(true)));
        record.delete(self.connection, self.now)?;
        deletions::count(self.connection)?;
        Ok(Done::new(Some(record.id().to_owned()), "deleted"))
    }

    /// Makes an object, new or not synchronized until now, follow Active Directory.
    fn take_over(&self, mut record: Record, anchor: &str, object: &SyncObject, action: &'static str) -> Result<Done, Stop> {
        let before = Shadow::default();
        let mut shadow = Shadow::default();
        shadow.merge(object);
        record.set(DELETED_BY_SYNC, None);
        if action == "joined" && record.kind() == ObjectKind::Group {
            record.set(CLOUD_MEMBERS, Some(Value::from(true)));
        }
        record.take(anchor);
        self.write(record, &Sent { object, shadow: &shadow, before: &before, first: true }, action)
    }

    fn change(&self, record: Record, object: &SyncObject) -> Result<Done, Stop> {
        let row = sync_objects::by_anchor(self.connection, record.anchor().unwrap_or_default())?;
        let before = row.map(|row| Shadow::from_json(&row.properties)).transpose()?.unwrap_or_default();
        let mut shadow = before.clone();
        let changed = shadow.merge(object);
        if !changed && object.property(MEMBER).is_none() {
            return Ok(Done::new(Some(record.id().to_owned()), "unchanged"));
        }
        self.write(record, &Sent { object, shadow: &shadow, before: &before, first: false }, "updated")
    }

    /// Calculates, stores, puts aside.
    fn write(&self, mut record: Record, sent: &Sent<'_>, action: &'static str) -> Result<Done, Stop> {
        let stored = stored_form(self.connection, &record)?;
        let settled = attributes::apply(self.connection, &mut record, sent)?;
        self.ensure_put_aside(&settled.clashes)?;
        record.set("onPremisesLastSyncDateTime", time_text(self.now));
        match &stored {
            Some(before) => record.save(self.connection, before)?,
            None => record = record.insert(self.connection)?,
        }
        let Settled { clashes, looked_at } = settled;
        synced::park(self.connection, record.id(), &clashes, &looked_at, self.now)?;
        let dangling = self.write_members(&mut record, sent)?;
        self.keep(&record, sent.shadow)?;
        Ok(Done { id: Some(record.id().to_owned()), action, remarks: Vec::new(), clashes, dangling })
    }

    fn write_members(&self, record: &mut Record, sent: &Sent<'_>) -> Result<Option<Refusal>, Stop> {
        let Some(value) = sent.object.property(MEMBER) else { return Ok(None) };
        let before = record.clone();
        let Record::Group(group) = record else {
            return Err(Refusal::validation(MEMBER, "only a group has members").into());
        };
        let members = membership::apply(self.connection, group, value, self.generation)?;
        let dangling = (!members.unknown.is_empty()).then(|| membership::dangling(&group.display_name, &members.unknown));
        record.save(self.connection, &before)?;
        Ok(dangling)
    }

    /// Values of other objects are refused, unless the tenant puts values of their kind aside.
    fn ensure_put_aside(&self, clashes: &[Clash]) -> Result<(), Stop> {
        if clashes.is_empty() {
            return Ok(());
        }
        let held = organization::load(self.connection)?.sync_features;
        for clash in clashes {
            let (feature, property) = if clash.property == quarantine::UPN {
                (features::DUPLICATE_UPN_RESILIENCY, "userPrincipalName")
            } else {
                (features::DUPLICATE_PROXY_ADDRESS_RESILIENCY, "proxyAddresses")
            };
            if held & feature == 0 {
                return Err(DirectoryError::Conflict { property, value: clash.value.clone(), holder: clash.holder.clone() }.into());
            }
        }
        Ok(())
    }

    /// The live object that an object names, by its anchor or by the tenant's.
    fn find(&self, object: &SyncObject) -> Result<Option<Record>, Stop> {
        let kind = kind_of(object.object_type)?;
        let by_cloud = match object.cloud_anchor.as_deref().and_then(|anchor| anchor.split_once('_')) {
            Some((_, id)) => Record::by_id(self.connection, id)?,
            None => None,
        };
        let found = match (object.source_anchor.as_deref(), by_cloud) {
            (Some(anchor), Some(record)) if record.anchor().is_some_and(|held| held != anchor) => {
                return Err(anchor_changed(&record, anchor));
            }
            (Some(anchor), _) => Record::by_anchor(self.connection, anchor)?,
            (None, Some(record)) => Some(record),
            (None, None) if object.cloud_anchor.is_some() => None,
            (None, None) => return Err(Refusal::validation("SourceAnchor", "an object needs one").into()),
        };
        match found {
            Some(record) if record.kind() != kind => {
                let description = format!("{} is no {}.", record.title(), object.object_type.name().to_lowercase());
                Err(Refusal::new("ObjectTypeMismatch", description).into())
            }
            found => Ok(found),
        }
    }

    fn keep(&self, record: &Record, shadow: &Shadow) -> Result<(), Stop> {
        let row = SyncObjectRow {
            number: 0,
            anchor: record.anchor().unwrap_or_default().to_owned(),
            object: record.id().to_owned(),
            kind: record.kind(),
            sequence: changes::last(self.connection)?,
            properties: shadow.to_json(),
        };
        Ok(sync_objects::put(self.connection, &row)?)
    }

    fn record(&self, object: &SyncObject, done: &Done) -> Result<(), DirectoryError> {
        if matches!(done.action, "unchanged" | "updated") {
            return Ok(());
        }
        let id = done.id.as_deref().unwrap_or_default();
        Ok(changes::audit(self.connection, self.now, &self.client.actor, done.action, id, name_of(object))?)
    }
}

/// The object as it is in the database; `None` for a new one.
fn stored_form(connection: &Connection, record: &Record) -> Result<Option<Record>, Stop> {
    Ok(match record {
        Record::User(user) => user_rows::by_id(connection, &user.id)?.map(Record::User),
        other => Record::by_id(connection, other.id())?,
    })
}

fn time_text(now: i64) -> Option<Value> {
    jiff::Timestamp::from_second(now).ok().map(|time| Value::from(time.to_string()))
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

fn anchor_changed(record: &Record, sent: &str) -> Stop {
    let held = record.anchor().unwrap_or_default();
    let description = format!(
        "The SourceAnchor attribute has changed: {} has the anchor {held}, and {sent} was sent. Nothing is changed until the anchor in Active \
         Directory is again the one before.",
        record.title()
    );
    Refusal::new("SourceAnchorHasChanged", description).into()
}

fn stored(object: &SyncObject, done: Done) -> SyncObjectResult {
    let Done { id, remarks, clashes, dangling, .. } = done;
    if let Some(refusal) = dangling {
        return refused(object, id.as_deref(), refusal);
    }
    let mut words = remarks;
    if !clashes.is_empty() {
        let named: Vec<_> = clashes.iter().map(|clash| format!("{} {} (held by {})", clash.property, clash.value, clash.holder)).collect();
        words.push(format!(
            "The object was stored without values that may already be associated with another object in the tenant: [{}]. They are put \
             aside, and given to this object when they are free.",
            named.join("; ")
        ));
    }
    let details = clashes.into_iter().flat_map(|clash| {
        [
            ("AttributeConflictName".to_owned(), clash.property.to_owned()),
            ("AttributeConflictValues".to_owned(), clash.value),
            ("ObjectIdInConflict".to_owned(), clash.holder),
        ]
    });
    SyncObjectResult {
        error_description: (!words.is_empty()).then(|| words.join(" ")),
        error_details: details.collect(),
        ..result(object, id.as_deref(), ResultCode::Success)
    }
}

fn refused(object: &SyncObject, id: Option<&str>, refusal: Refusal) -> SyncObjectResult {
    let Refusal { code, description, details } = refusal;
    SyncObjectResult {
        error_code: Some(code.to_owned()),
        error_description: Some(description),
        error_details: details,
        ..result(object, id, ResultCode::Failure)
    }
}

fn result(object: &SyncObject, id: Option<&str>, result_code: ResultCode) -> SyncObjectResult {
    SyncObjectResult {
        object_type: object.object_type,
        operation: object.operation,
        source_anchor: object.source_anchor.clone(),
        cloud_anchor: id.map(|id| format!("{}_{id}", object.object_type.name())).or_else(|| object.cloud_anchor.clone()),
        result_code,
        error_code: None,
        error_description: None,
        error_details: Vec::new(),
    }
}
