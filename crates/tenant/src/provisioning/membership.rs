//! Who comes into a group and who leaves it.
//!
//! The second generation of the protocol sends differences, the first the whole list. What refers to an object that is not in the
//! tenant cannot be stored; the rest is, and the result names what could not.

use std::collections::BTreeSet;

use rusqlite::Connection;
use samesign_wire::provisioning::{PropertyValue, ReferenceChange, ReferenceKind, ReferenceOperation};
use serde_json::Value;

use super::refusal::{Refusal, Stop};
use crate::directory::{Group, ObjectKind, ObjectRef, members};

/// A cloud group was taken over: the first members that Active Directory sends replace those it had.
pub const CLOUD_MEMBERS: &str = "#cloudMembers";

/// So many members the group has at most.
const MEMBERS_AT_MOST: &str = "#membersAtMost";

/// Names that an error shows; more are counted.
const NAMED_MAX: usize = 3;

/// How many members a group may have: the generation of the protocol decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generation {
    /// ProvisionAzureADSyncObjects.
    First,
    /// ProvisionAzureADSyncObjects2.
    Second,
}

impl Generation {
    const fn members_max(self) -> usize {
        match self {
            Self::First => 50_000,
            Self::Second => 250_000,
        }
    }
}

/// What became of the members that were sent.
#[derive(Debug, Default)]
pub struct Members {
    /// Memberships that came or went.
    pub changed: usize,
    /// Anchors that no object of the tenant has.
    pub unknown: Vec<String>,
}

/// Stores the members that were sent.
pub fn apply(connection: &Connection, group: &mut Group, value: &PropertyValue, generation: Generation) -> Result<Members, Stop> {
    let mut result = Members::default();
    let replaces = !matches!(value, PropertyValue::References(_)) || group.properties.contains_key(CLOUD_MEMBERS);
    let (come, go) = match value {
        PropertyValue::References(changes) => resolve(connection, changes, &mut result.unknown)?,
        PropertyValue::Texts(anchors) => (listed(connection, anchors, &mut result.unknown)?, Vec::new()),
        PropertyValue::Nil => Default::default(),
        PropertyValue::Text(anchor) => (listed(connection, std::slice::from_ref(anchor), &mut result.unknown)?, Vec::new()),
        _ => return Err(Refusal::validation("member", "it is no list of references").into()),
    };
    // Whoever left the group while deleted is not in it after coming back. Deleted ones do not count as members.
    let (deleted, go) = if replaces { (Vec::new(), others(connection, group, &come)?) } else { (deleted_ones(connection, value)?, go) };
    members::change(connection, group, &[], &deleted)?;
    let came = members::change(connection, group, &come, &[])?;
    let went = members::change(connection, group, &[], &go)?;
    ensure_not_too_many(connection, group, came, went, generation.members_max())?;
    group.set(CLOUD_MEMBERS, None);
    result.changed = came + went;
    Ok(result)
}

/// Counting a large group takes long, so the group carries a number that it has at most: objects that are deleted leave it unsaid.
fn ensure_not_too_many(connection: &Connection, group: &mut Group, came: usize, went: usize, max: usize) -> Result<(), Stop> {
    let known = group.properties.get(MEMBERS_AT_MOST).and_then(Value::as_u64).and_then(|count| usize::try_from(count).ok());
    let mut at_most = match known {
        Some(count) => (count + came).saturating_sub(went),
        None => members::count(connection, group, None)?,
    };
    // Where nobody came, a group that is too large already may become smaller.
    if came > 0 && at_most > max {
        at_most = members::count(connection, group, None)?;
        if at_most > max {
            let name = &group.display_name;
            let description = format!("The group {name} would have more than {max} members: the maximum group member count is exceeded.");
            return Err(Refusal::new("MaximumGroupMemberCount", description).into());
        }
    }
    group.set(MEMBERS_AT_MOST, Some(Value::from(at_most)));
    Ok(())
}

/// The words for references to objects that are not there.
pub fn dangling(group: &str, unknown: &[String]) -> Refusal {
    let named: Vec<&str> = unknown.iter().take(NAMED_MAX).map(String::as_str).collect();
    let more = unknown.len().saturating_sub(NAMED_MAX);
    let others = if more == 0 { String::new() } else { format!(" and {more} more") };
    let description = format!(
        "Some references of member of {group} could not be stored because the objects they refer to are not in the tenant: {}{others}. The \
         rest was stored. Synchronize those objects first, and then these references again.",
        named.join(", ")
    );
    let mut refusal = Refusal::new("dn-attributes-failure", description);
    refusal.details = vec![("AttributeConflictName".to_owned(), "member".to_owned())];
    refusal.details.extend(unknown.iter().take(NAMED_MAX).map(|anchor| ("AttributeConflictValues".to_owned(), anchor.clone())));
    refusal
}

/// Who comes and who goes of the live objects.
fn resolve(
    connection: &Connection,
    changes: &[ReferenceChange],
    unknown: &mut Vec<String>,
) -> Result<(Vec<ObjectRef>, Vec<ObjectRef>), Stop> {
    let (mut come, mut go) = (Vec::new(), Vec::new());
    for ReferenceChange { anchor, kind, operation } in changes {
        let found = match kind {
            ReferenceKind::Source => members::find_by_anchor(connection, anchor)?,
            ReferenceKind::Cloud => by_cloud_anchor(connection, anchor)?,
        };
        match (operation, found) {
            (ReferenceOperation::Add, Some(object)) => come.push(object),
            (ReferenceOperation::Remove, Some(object)) => go.push(object),
            (ReferenceOperation::Add, None) => unknown.push(anchor.clone()),
            (ReferenceOperation::Remove, None) => {}
        }
    }
    Ok((come, go))
}

/// The deleted users among those who leave.
fn deleted_ones(connection: &Connection, value: &PropertyValue) -> Result<Vec<ObjectRef>, Stop> {
    let PropertyValue::References(changes) = value else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for change in changes.iter().filter(|change| change.operation == ReferenceOperation::Remove && change.kind == ReferenceKind::Source) {
        if members::find_by_anchor(connection, &change.anchor)?.is_none() {
            let user = crate::store::users::deleted_by_anchor(connection, &change.anchor)?;
            found.extend(user.map(|user| ObjectRef { kind: ObjectKind::User, number: user.number, id: user.id }));
        }
    }
    Ok(found)
}

fn listed(connection: &Connection, anchors: &[String], unknown: &mut Vec<String>) -> Result<Vec<ObjectRef>, Stop> {
    let mut come = Vec::with_capacity(anchors.len());
    for anchor in anchors {
        let by_source = members::find_by_anchor(connection, anchor)?;
        let found = if by_source.is_some() { by_source } else { by_cloud_anchor(connection, anchor)? };
        match found {
            Some(object) => come.push(object),
            None => unknown.push(anchor.clone()),
        }
    }
    Ok(come)
}

fn by_cloud_anchor(connection: &Connection, anchor: &str) -> Result<Option<ObjectRef>, Stop> {
    let named = ObjectKind::ALL.into_iter().find_map(|kind| Some((kind, anchor.strip_prefix(kind.name())?.strip_prefix('_')?)));
    let Some((kind, id)) = named else { return Ok(None) };
    Ok(crate::store::objects::by_id(connection, id)?.filter(|object| object.kind == kind))
}

/// The members that a group has besides these.
fn others(connection: &Connection, group: &Group, come: &[ObjectRef]) -> Result<Vec<ObjectRef>, Stop> {
    if group.number == 0 {
        return Ok(Vec::new());
    }
    let stay: BTreeSet<_> = come.iter().collect();
    Ok(members::of(connection, &group.id)?.into_iter().filter(|member| !stay.contains(member)).collect())
}
