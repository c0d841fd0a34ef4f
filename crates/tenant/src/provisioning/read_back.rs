//! Reading objects back with the values as they were sent, page by page.

use rusqlite::Connection;
use samesign_wire::provisioning::{Fault, ObjectType, PropertyValue, Response, SyncObject, SyncOperation};
use serde::{Deserialize, Serialize};

use super::shadow::{MEMBER, Shadow};
use super::{LINKS_MAX, internal, refused};
use crate::directory::{DirectoryError, ObjectKind, members};
use crate::store::{Store, objects, organization, sync_objects};

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
        Ok::<_, DirectoryError>(Some(read(connection, start)?))
    });
    let (objects, next) = read.map_err(|error| internal(&error))?.ok_or_else(invalid_cookie)?;
    let more = next.after > 0;
    Ok(Response::ReadBack { objects, cookie: serde_json::to_vec(&next).ok(), more })
}

/// The objects of one page and where the next one begins. Large groups make a page end early.
fn read(connection: &Connection, start: Cookie) -> Result<(Vec<SyncObject>, Cookie), DirectoryError> {
    let rows = sync_objects::page(connection, start.since, start.after, ROWS_MAX)?;
    let mut more = rows.len() == ROWS_MAX;
    let (mut objects, mut links, mut after) = (Vec::with_capacity(rows.len()), 0, 0);
    for row in rows {
        let number = row.number;
        let (object, members) = object_of(connection, row)?;
        links += members;
        if links > LINKS_MAX && !objects.is_empty() {
            more = true;
            break;
        }
        objects.push(object);
        after = number;
    }
    Ok((objects, Cookie { after: if more { after } else { 0 }, ..start }))
}

/// The object, and how many members it has.
fn object_of(connection: &Connection, row: sync_objects::SyncObjectRow) -> Result<(SyncObject, usize), DirectoryError> {
    let mut properties = Shadow::from_json(&row.properties)?.into_properties();
    let members = if row.kind == ObjectKind::Group { members_of(connection, &row.object)? } else { Vec::new() };
    let count = members.len();
    if count > 0 {
        properties.push((MEMBER.into(), PropertyValue::Texts(members)));
    }
    let object_type = match row.kind {
        ObjectKind::User => ObjectType::User,
        ObjectKind::Group => ObjectType::Group,
        ObjectKind::Contact => ObjectType::Contact,
    };
    let object = SyncObject {
        source_anchor: Some(row.anchor),
        cloud_anchor: Some(format!("{}_{}", object_type.name(), row.object)),
        object_type,
        operation: SyncOperation::Set,
        properties,
    };
    Ok((object, count))
}

/// Anchors of the members that have one, sorted.
fn members_of(connection: &Connection, group: &str) -> Result<Vec<String>, DirectoryError> {
    let mut anchors = Vec::new();
    for member in members::of(connection, group)? {
        anchors.extend(objects::anchor_of(connection, member.kind, member.number)?);
    }
    anchors.sort_unstable();
    Ok(anchors)
}

fn invalid_cookie() -> Fault {
    refused("InvalidCookie", "The cookie is not one of this directory. Read everything without a cookie.")
}
