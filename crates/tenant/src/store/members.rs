//! Who is in which group, who owns it, and what changed of that. Never reads a whole group where a part is asked for.

use rusqlite::Connection;

use super::StoreError;
use super::objects::{self, ObjectKind, ObjectRef};

/// Where a list of members goes on: behind this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Position {
    /// Kind of the last member seen.
    pub kind: ObjectKind,
    /// Its number.
    pub number: i64,
}

/// Who is told: members of one kind or of all, users that are live only.
const LIVE: &str = "gone = 0 AND (kind = 2 OR kind = 0 AND (SELECT deleted IS NULL FROM user WHERE number = object)
    OR kind = 1 AND (SELECT deleted IS NULL FROM directory_group WHERE number = object))";

/// Makes an object a member. Answers whether it was none.
pub fn add(connection: &Connection, group: i64, member: &ObjectRef, sequence: i64) -> Result<bool, StoreError> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO member (group_number, kind, object, gone, sequence) VALUES (?1, ?2, ?3, 0, ?4)
         ON CONFLICT (group_number, kind, object) DO UPDATE SET gone = 0, sequence = excluded.sequence WHERE gone = 1",
    )?;
    Ok(statement.execute((group, member.kind, member.number, sequence))? > 0)
}

/// Takes a member out. Answers whether it was one.
pub fn remove(connection: &Connection, group: i64, kind: ObjectKind, number: i64, sequence: i64) -> Result<bool, StoreError> {
    let mut statement = connection
        .prepare_cached("UPDATE member SET gone = 1, sequence = ?4 WHERE group_number = ?1 AND kind = ?2 AND object = ?3 AND gone = 0")?;
    Ok(statement.execute((group, kind, number, sequence))? > 0)
}

/// Whether an object is a direct member.
pub fn is_member(connection: &Connection, group: i64, kind: ObjectKind, number: i64) -> Result<bool, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT 1 FROM member WHERE group_number = ?1 AND kind = ?2 AND object = ?3 AND gone = 0")?;
    Ok(statement.exists((group, kind, number))?)
}

/// One page of the direct members that are live, of one kind or of all, behind `after`.
pub fn page(
    connection: &Connection,
    group: i64,
    kind: Option<ObjectKind>,
    after: Option<Position>,
    rows_max: usize,
) -> Result<Vec<Position>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT kind, object FROM member WHERE group_number = ?1 AND (kind, object) > (?2, ?3) AND (?4 IS NULL OR kind = ?4) AND {LIVE}
         ORDER BY kind, object LIMIT ?5"
    ))?;
    let Position { kind: after_kind, number } = after.unwrap_or(Position { kind: ObjectKind::User, number: 0 });
    let rows = statement.query_map((group, after_kind, number, kind, limit(rows_max)), position_of)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How many live direct members there are, of one kind or of all.
pub fn count(connection: &Connection, group: i64, kind: Option<ObjectKind>) -> Result<usize, StoreError> {
    let mut statement = connection
        .prepare_cached(&format!("SELECT COUNT(*) FROM member WHERE group_number = ?1 AND (?2 IS NULL OR kind = ?2) AND {LIVE}"))?;
    let rows: i64 = statement.query_row((group, kind), |row| row.get(0))?;
    Ok(usize::try_from(rows).unwrap_or_default())
}

/// Ids of all direct members that are live, with their kinds.
pub fn of(connection: &Connection, group: i64) -> Result<Vec<ObjectRef>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT kind, object, CASE kind WHEN 0 THEN (SELECT id FROM user WHERE number = object)
            WHEN 1 THEN (SELECT id FROM directory_group WHERE number = object) ELSE (SELECT id FROM contact WHERE number = object) END
         FROM member WHERE group_number = ?1 AND {LIVE} ORDER BY kind, object"
    ))?;
    let rows = statement.query_map([group], |row| Ok(ObjectRef { kind: row.get(0)?, number: row.get(1)?, id: row.get(2)? }))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Numbers of the live groups that an object is a direct member of.
pub fn groups_of(connection: &Connection, kind: ObjectKind, number: i64) -> Result<Vec<i64>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT group_number FROM member JOIN directory_group ON directory_group.number = group_number AND deleted IS NULL
         WHERE kind = ?1 AND object = ?2 AND gone = 0 ORDER BY group_number",
    )?;
    let rows = statement.query_map((kind, number), |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A membership that came or went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Changed {
    /// Whose.
    pub member: Position,
    /// By which change.
    pub sequence: i64,
    /// It went, or its object is deleted.
    pub gone: bool,
}

/// Memberships of a group that changed after change number `sequence`, or by it behind `after`; in that order.
pub fn changed(
    connection: &Connection,
    group: i64,
    sequence: i64,
    after: Option<Position>,
    rows_max: usize,
) -> Result<Vec<Changed>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT kind, object, sequence, NOT coalesce({LIVE}, 0) FROM member
         WHERE group_number = ?1 AND (sequence, kind, object) > (?2, ?3, ?4) ORDER BY sequence, kind, object LIMIT ?5"
    ))?;
    // Without a position everything of that change was told: no kind is so high.
    let (kind, number) = after.map_or((99, 0), |Position { kind, number }| (kind.code(), number));
    let rows = statement.query_map((group, sequence, kind, number, limit(rows_max)), |row| {
        Ok(Changed { member: position_of(row)?, sequence: row.get(2)?, gone: row.get(3)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Takes an object that goes for good out of every group it is in. Delta of those groups tells it under `sequence`.
pub(super) fn forget(connection: &Connection, kind: ObjectKind, number: i64, sequence: i64) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached("SELECT group_number FROM member WHERE kind = ?1 AND object = ?2 AND gone = 0")?;
    let groups: Vec<i64> = statement.query_map((kind, number), |row| row.get(0))?.collect::<Result<_, _>>()?;
    for group in groups {
        remove(connection, group, kind, number, sequence)?;
        objects::touch(connection, ObjectKind::Group, group, sequence)?;
    }
    Ok(())
}

/// Has delta of its groups tell that an object was deleted or restored. It stays their member all the time.
pub fn tell(connection: &Connection, kind: ObjectKind, number: i64, sequence: i64) -> Result<(), StoreError> {
    let mut statement =
        connection.prepare_cached("UPDATE member SET sequence = ?3 WHERE kind = ?1 AND object = ?2 AND gone = 0 RETURNING group_number")?;
    let groups: Vec<i64> = statement.query_map((kind, number, sequence), |row| row.get(0))?.collect::<Result<_, _>>()?;
    groups.into_iter().try_for_each(|group| objects::touch(connection, ObjectKind::Group, group, sequence))
}

/// Makes a user an owner. Answers whether it was none.
pub fn add_owner(connection: &Connection, group: i64, user: i64) -> Result<bool, StoreError> {
    Ok(connection.prepare_cached("INSERT OR IGNORE INTO owner (group_number, user) VALUES (?1, ?2)")?.execute((group, user))? > 0)
}

/// Takes an owner away. Answers whether the user was one.
pub fn remove_owner(connection: &Connection, group: i64, user: i64) -> Result<bool, StoreError> {
    Ok(connection.prepare_cached("DELETE FROM owner WHERE group_number = ?1 AND user = ?2")?.execute((group, user))? > 0)
}

/// Numbers of the live users that own a group.
pub fn owners(connection: &Connection, group: i64) -> Result<Vec<i64>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT user FROM owner JOIN user ON user.number = user AND deleted IS NULL WHERE group_number = ?1 ORDER BY user",
    )?;
    let rows = statement.query_map([group], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn position_of(row: &rusqlite::Row<'_>) -> rusqlite::Result<Position> {
    Ok(Position { kind: row.get(0)?, number: row.get(1)? })
}

fn limit(rows_max: usize) -> i64 {
    i64::try_from(rows_max).unwrap_or(i64::MAX)
}
