//! Reading objects back with the values as they were sent, page by page.

use samesign_wire::provisioning::{Fault, ObjectType, Response, SyncObject, SyncOperation};
use serde::{Deserialize, Serialize};

use super::shadow::Shadow;
use super::{internal, refused};
use crate::directory::DirectoryError;
use crate::store::{Store, organization, sync_objects};

/// Objects on one page.
const ROWS_MAX: usize = 500;

/// Where the next page begins. What a client sends is checked like any other input.
#[derive(Serialize, Deserialize)]
struct Cookie {
    /// Of which database.
    epoch: String,
    /// Objects changed after this change are told.
    since: i64,
    /// The last change when this pass began: the next pass tells what came after.
    until: i64,
    /// The last row told in this pass.
    after: i64,
}

/// One page. Without a cookie, or with `full` and the cookie of a finished pass, it is the first of all objects.
pub fn page(store: &Store, cookie: Option<&[u8]>, full: bool) -> Result<Response, Fault> {
    let cookie = cookie.map(|bytes| serde_json::from_slice::<Cookie>(bytes).map_err(|_| invalid_cookie())).transpose()?;
    let read = store.read(|connection| {
        let tenant = organization::load(connection)?;
        let start = match cookie {
            Some(cookie) if cookie.epoch != tenant.epoch => return Ok(None),
            Some(cookie) if cookie.after > 0 => cookie,
            Some(Cookie { until, .. }) if !full => Cookie { epoch: tenant.epoch, since: until, until: tenant.sequence, after: 0 },
            _ => Cookie { epoch: tenant.epoch, since: 0, until: tenant.sequence, after: 0 },
        };
        let rows = sync_objects::page(connection, start.since, start.after, ROWS_MAX)?;
        Ok::<_, DirectoryError>(Some((start, rows)))
    });
    let (start, rows) = read.map_err(|error| internal(&error))?.ok_or_else(invalid_cookie)?;
    let more = rows.len() == ROWS_MAX;
    let after = if more { rows.last().map_or(0, |row| row.number) } else { 0 };
    let objects = rows.into_iter().map(object_of).collect::<Result<_, _>>().map_err(|error| internal(&error))?;
    let cookie = serde_json::to_vec(&Cookie { after, ..start }).ok();
    Ok(Response::ReadBack { objects, cookie, more })
}

fn object_of(row: sync_objects::SyncObjectRow) -> Result<SyncObject, DirectoryError> {
    Ok(SyncObject {
        source_anchor: Some(row.anchor),
        cloud_anchor: Some(format!("{}_{}", ObjectType::User.name(), row.object)),
        object_type: ObjectType::User,
        operation: SyncOperation::Set,
        properties: Shadow::from_json(&row.properties)?.into_properties(),
    })
}

fn invalid_cookie() -> Fault {
    refused("InvalidCookie", "The cookie is not one of this directory. Read everything without a cookie.")
}
