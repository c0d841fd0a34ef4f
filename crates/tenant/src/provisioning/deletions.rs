//! The tenant's own guard against deletion by accident.
//!
//! The setting counts the deletions of one export. An export reaches the service in many requests, so they are counted from one
//! FinalizeExport to the next. The request that would go over the threshold is refused whole, and from then on every request with
//! deletions until that export is finished. *More than* the threshold is too many. What has no deletions is stored as ever.

use rusqlite::Connection;
use samesign_wire::provisioning::{SyncObject, SyncOperation};

use super::record::Record;
use crate::directory::DirectoryError;
use crate::store::{exports, organization, sync_objects};

/// An export deletes more than the tenant allows.
#[derive(Debug)]
pub struct TooMany {
    /// Deletions of the export with this request.
    pub deletions: i64,
    /// How many are allowed, in words.
    pub allowed: String,
}

/// Looks at a batch before anything of it is done.
pub fn check(connection: &Connection, batch: &[SyncObject]) -> Result<Result<(), TooMany>, DirectoryError> {
    let wanted = wanted(connection, batch)?;
    if wanted == 0 {
        return Ok(Ok(()));
    }
    let tenant = organization::load(connection)?;
    let before = exports::deletions(connection)?;
    let deletions = before.saturating_add(wanted);
    let threshold = tenant.deletion_threshold;
    let (over, allowed) = match tenant.deletion_mode.as_str() {
        "disabled" => return Ok(Ok(())),
        "enabledForPercentage" => {
            let objects = i64::try_from(sync_objects::count(connection)?).unwrap_or(i64::MAX).saturating_add(before);
            let over = deletions.saturating_mul(100) > threshold.saturating_mul(objects);
            (over, format!("{threshold} per cent of {objects} objects"))
        }
        _ => (deletions > threshold, format!("{threshold} deletions")),
    };
    Ok(if over { Err(TooMany { deletions, allowed }) } else { Ok(()) })
}

/// Counts a deletion that was done.
pub fn count(connection: &Connection) -> Result<(), DirectoryError> {
    Ok(exports::add_deletion(connection)?)
}

/// How many synchronized objects a batch would delete.
fn wanted(connection: &Connection, batch: &[SyncObject]) -> Result<i64, DirectoryError> {
    let mut wanted = 0;
    for object in batch.iter().filter(|object| object.operation == SyncOperation::Delete) {
        let id = object.cloud_anchor.as_deref().and_then(|anchor| anchor.split_once('_'));
        let found = match (object.source_anchor.as_deref(), id) {
            (Some(anchor), _) => Record::by_anchor(connection, anchor)?,
            (None, Some((_, id))) => Record::by_id(connection, id)?,
            (None, None) => None,
        };
        wanted += i64::from(found.is_some_and(|record| record.is_synced()));
    }
    Ok(wanted)
}
