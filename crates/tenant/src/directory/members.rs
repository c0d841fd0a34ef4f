//! Who is in which group: taken in, taken out, asked. Rights and what a synchronized group refuses are the caller's.

use std::collections::BTreeSet;

use rusqlite::Connection;

use super::{DirectoryError, Group, licensing};
use crate::store::members as rows;
pub use crate::store::members::Position;
pub use crate::store::objects::ObjectRef;
use crate::store::objects::{self, ObjectKind};
use crate::store::{changes, groups, users};

/// Owners of a group at most.
const OWNERS_MAX: usize = 100;

/// Members that come and go. Answers how many of either were not so before. All is one change of the group.
pub fn change(connection: &Connection, group: &mut Group, come: &[ObjectRef], go: &[ObjectRef]) -> Result<usize, DirectoryError> {
    let sequence = changes::next(connection)?;
    let mut changed = 0;
    for member in come {
        if member.kind == ObjectKind::Group && member.number == group.number {
            return Err(DirectoryError::invalid("members", &member.id, "a group cannot be its own member"));
        }
        changed += usize::from(rows::add(connection, group.number, member, sequence)?);
    }
    for member in go {
        changed += usize::from(rows::remove(connection, group.number, member.kind, member.number, sequence)?);
    }
    if changed > 0 {
        group.sequence = sequence;
        objects::touch(connection, ObjectKind::Group, group.number, sequence)?;
        settle_licences(connection, group, come.iter().chain(go))?;
    }
    Ok(changed)
}

/// Makes an object a member, both by id. Answers whether it was none.
pub fn add(connection: &Connection, group: &str, object: &str) -> Result<bool, DirectoryError> {
    let mut group = super::groups::find(connection, group)?;
    Ok(change(connection, &mut group, &[find(connection, object)?], &[])? > 0)
}

/// Takes a member out, both by id. Answers whether it was one.
pub fn remove(connection: &Connection, group: &str, object: &str) -> Result<bool, DirectoryError> {
    let mut group = super::groups::find(connection, group)?;
    Ok(change(connection, &mut group, &[], &[find(connection, object)?])? > 0)
}

/// Every direct member of a group, by its id. Reads them all: a page of them is [`page`].
pub fn of(connection: &Connection, group: &str) -> Result<Vec<ObjectRef>, DirectoryError> {
    Ok(rows::of(connection, super::groups::find(connection, group)?.number)?)
}

/// A page of the direct members, of one kind or of all.
pub fn page(
    connection: &Connection,
    group: &Group,
    kind: Option<ObjectKind>,
    after: Option<Position>,
    rows_max: usize,
) -> Result<Vec<Position>, DirectoryError> {
    Ok(rows::page(connection, group.number, kind, after, rows_max)?)
}

/// How many direct members a group has, of one kind or of all. Looks at every membership.
pub fn count(connection: &Connection, group: &Group, kind: Option<ObjectKind>) -> Result<usize, DirectoryError> {
    Ok(rows::count(connection, group.number, kind)?)
}

/// Whether an object is a direct member.
pub fn is_member(connection: &Connection, group: &Group, object: &ObjectRef) -> Result<bool, DirectoryError> {
    Ok(rows::is_member(connection, group.number, object.kind, object.number)?)
}

/// Direct and nested members, each once, in the order of members. Groups that hold each other end the walk.
pub fn transitive(connection: &Connection, group: &Group) -> Result<Vec<ObjectRef>, DirectoryError> {
    let (mut found, mut waiting, mut walked) = (BTreeSet::new(), vec![group.number], BTreeSet::from([group.number]));
    while let Some(number) = waiting.pop() {
        for member in rows::of(connection, number)? {
            if member.kind == ObjectKind::Group && walked.insert(member.number) {
                waiting.push(member.number);
            }
            found.insert(member);
        }
    }
    Ok(found.into_iter().collect())
}

/// Numbers of the groups that an object is in: directly, or by groups within groups too.
pub fn groups_of(connection: &Connection, object: &ObjectRef, nested: bool) -> Result<Vec<i64>, DirectoryError> {
    let mut found: BTreeSet<i64> = rows::groups_of(connection, object.kind, object.number)?.into_iter().collect();
    let mut waiting: Vec<i64> = if nested { found.iter().copied().collect() } else { Vec::new() };
    while let Some(number) = waiting.pop() {
        for outer in rows::groups_of(connection, ObjectKind::Group, number)? {
            if found.insert(outer) {
                waiting.push(outer);
            }
        }
    }
    Ok(found.into_iter().collect())
}

/// The groups of [`groups_of`] themselves.
pub fn groups_holding(connection: &Connection, object: &ObjectRef, nested: bool) -> Result<Vec<Group>, DirectoryError> {
    let numbers = groups_of(connection, object, nested)?;
    let found: Result<Vec<_>, _> = numbers.into_iter().map(|number| groups::by_number(connection, number)).collect();
    Ok(found?.into_iter().flatten().collect())
}

/// Makes a user an owner. Answers whether it was none.
pub fn add_owner(connection: &Connection, group: &Group, user: &super::User) -> Result<bool, DirectoryError> {
    if rows::owners(connection, group.number)?.len() >= OWNERS_MAX {
        return Err(DirectoryError::TooManyOwners { limit: OWNERS_MAX });
    }
    Ok(rows::add_owner(connection, group.number, user.number)?)
}

/// Takes an owner away. Answers whether the user was one.
pub fn remove_owner(connection: &Connection, group: &Group, user: &super::User) -> Result<bool, DirectoryError> {
    Ok(rows::remove_owner(connection, group.number, user.number)?)
}

/// The live users that own a group.
pub fn owners(connection: &Connection, group: &Group) -> Result<Vec<super::User>, DirectoryError> {
    let found: Result<Vec<_>, _> =
        rows::owners(connection, group.number)?.into_iter().map(|number| users::by_number(connection, number)).collect();
    Ok(found?.into_iter().flatten().collect())
}

/// The live object of any kind with this id.
pub fn find(connection: &Connection, id: &str) -> Result<ObjectRef, DirectoryError> {
    objects::by_id(connection, id)?.ok_or_else(|| DirectoryError::NotFound { what: id.to_owned() })
}

/// The live object of any kind with this anchor.
pub fn find_by_anchor(connection: &Connection, anchor: &str) -> Result<Option<ObjectRef>, DirectoryError> {
    Ok(objects::by_anchor(connection, anchor)?)
}

/// Users whose licences follow from the group have them, or lose them, at once.
fn settle_licences<'a>(
    connection: &Connection,
    group: &Group,
    mut members: impl Iterator<Item = &'a ObjectRef>,
) -> Result<(), DirectoryError> {
    if group.licences.is_empty() { Ok(()) } else { members.try_for_each(|member| licensing::settle_member(connection, member)) }
}
