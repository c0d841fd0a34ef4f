//! Wrong passwords, and the addresses at which a person was let in before. What is too many, [`crate::lockout`] decides.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::{Store, StoreError};

/// Familiar addresses of one person: beyond, the one that was not seen for longest goes.
const ADDRESSES_MAX: i64 = 20;
/// An address stays familiar for this long without a sign-in, in seconds.
const FAMILIAR_SECONDS: i64 = 90 * 24 * 3_600;
/// Names that nobody has, kept at most: the ones tried last.
const STRANGERS_MAX: i64 = 10_000;
/// Tries of a person are kept this long after the last one, in seconds: longer than any domain counts but one that never forgets.
const KEPT_SECONDS: i64 = 30 * 24 * 3_600;

/// Which tries are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    /// From where the person was never let in.
    Unknown,
    /// From where the person was.
    Familiar,
}

/// Wrong passwords so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    /// From unknown addresses.
    pub(crate) unknown: u32,
    /// From familiar ones.
    pub(crate) familiar: u32,
    /// When the last of them all was.
    pub(crate) last: i64,
}

/// Who is tried: a person by objectGUID, or a name that nobody has by its masked digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Subject {
    pub(crate) key: Vec<u8>,
    pub(crate) stranger: bool,
}

impl Store {
    /// Lets `decide` count a try before it is made: what is under way, or is never heard of again, counts as wrong.
    pub(crate) async fn charge<R: Send + 'static>(
        &self,
        subject: Subject,
        address: String,
        now: i64,
        decide: impl FnOnce(Group, Count) -> Result<(Group, Count), R> + Send + 'static,
    ) -> Result<Result<Group, R>, StoreError> {
        self.call(move |connection| {
            let group = if is_familiar(connection, &subject, &address, now)? { Group::Familiar } else { Group::Unknown };
            let (group, count) = match decide(group, load(connection, &subject)?) {
                Ok(counted) => counted,
                Err(refusal) => return Ok(Err(refusal)),
            };
            keep(connection, &subject, count)?;
            if subject.stranger {
                forget_strangers(connection)?;
            }
            Ok(Ok(group))
        })
        .await
    }

    /// Takes a try back that was not made.
    pub(crate) async fn take_back(&self, subject: Subject, group: Group) -> Result<(), StoreError> {
        self.call(move |connection| {
            let mut count = load(connection, &subject)?;
            let counted = count.of(group);
            *counted = counted.saturating_sub(1);
            keep(connection, &subject, count)
        })
        .await
    }

    /// The person was let in: wrong tries of that group are forgotten, and the address is familiar from now on.
    pub(crate) async fn let_in(&self, subject: Subject, group: Group, address: String, now: i64) -> Result<(), StoreError> {
        self.call(move |connection| {
            let mut count = load(connection, &subject)?;
            *count.of(group) = 0;
            keep(connection, &subject, count)?;
            let sql = "INSERT INTO familiar_address VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET seen = excluded.seen";
            connection.prepare_cached(sql)?.execute(params![subject.key, address, now])?;
            let sql = "DELETE FROM familiar_address WHERE subject = ?1 AND address IN
                       (SELECT address FROM familiar_address WHERE subject = ?1 ORDER BY seen DESC LIMIT -1 OFFSET ?2)";
            connection.prepare_cached(sql)?.execute(params![subject.key, ADDRESSES_MAX])?;
            Ok(())
        })
        .await
    }

    /// Whether the person was let in from this address before.
    pub(crate) async fn is_familiar(&self, subject: Subject, address: String, now: i64) -> Result<bool, StoreError> {
        self.call(move |connection| is_familiar(connection, &subject, &address, now)).await
    }

    /// What is counted, and the familiar addresses, the last one seen first.
    pub(crate) async fn tries(&self, subject: Subject) -> Result<(Count, Vec<(String, i64)>), StoreError> {
        self.call(move |connection| {
            let sql = "SELECT address, seen FROM familiar_address WHERE subject = ?1 ORDER BY seen DESC";
            let mut statement = connection.prepare_cached(sql)?;
            let addresses = statement.query_map([&subject.key], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
            Ok((load(connection, &subject)?, addresses))
        })
        .await
    }

    /// Forgets the wrong tries; the familiar addresses stay.
    pub(crate) async fn forget_tries(&self, subject: Subject) -> Result<(), StoreError> {
        self.call(move |connection| {
            connection.prepare_cached("DELETE FROM tries WHERE subject = ?1")?.execute([&subject.key])?;
            Ok(())
        })
        .await
    }
}

impl Count {
    /// The number of a group.
    pub(crate) fn of(&mut self, group: Group) -> &mut u32 {
        match group {
            Group::Unknown => &mut self.unknown,
            Group::Familiar => &mut self.familiar,
        }
    }
}

/// Forgets what no domain counts any more.
pub(super) fn expire(connection: &Connection, now: i64) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM tries WHERE last <= ?1")?.execute([now - KEPT_SECONDS])?;
    connection.prepare_cached("DELETE FROM familiar_address WHERE seen <= ?1")?.execute([now - FAMILIAR_SECONDS])?;
    Ok(())
}

fn is_familiar(connection: &Connection, subject: &Subject, address: &str, now: i64) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM familiar_address WHERE subject = ?1 AND address = ?2 AND seen > ?3";
    Ok(connection.prepare_cached(sql)?.exists(params![subject.key, address, now - FAMILIAR_SECONDS])?)
}

fn load(connection: &Connection, subject: &Subject) -> Result<Count, StoreError> {
    let sql = "SELECT unknown, familiar, last FROM tries WHERE subject = ?1";
    let read = |row: &rusqlite::Row<'_>| Ok(Count { unknown: row.get(0)?, familiar: row.get(1)?, last: row.get(2)? });
    Ok(connection.prepare_cached(sql)?.query_row([&subject.key], read).optional()?.unwrap_or_default())
}

fn keep(connection: &Connection, subject: &Subject, count: Count) -> Result<(), StoreError> {
    let Count { unknown, familiar, last } = count;
    let sql = if (unknown, familiar) == (0, 0) {
        "DELETE FROM tries WHERE subject = ?1"
    } else {
        "INSERT OR REPLACE INTO tries VALUES (?1, ?2, ?3, ?4, ?5)"
    };
    let mut statement = connection.prepare_cached(sql)?;
    match (unknown, familiar) {
        (0, 0) => statement.execute([&subject.key])?,
        _ => statement.execute(params![subject.key, subject.stranger, unknown, familiar, last])?,
    };
    Ok(())
}

/// Made-up names must not fill the disk.
fn forget_strangers(connection: &Connection) -> Result<(), StoreError> {
    let sql = "DELETE FROM tries WHERE stranger AND last < (SELECT last FROM tries WHERE stranger ORDER BY last DESC LIMIT 1 OFFSET ?1)";
    connection.prepare_cached(sql)?.execute([STRANGERS_MAX])?;
    Ok(())
}
