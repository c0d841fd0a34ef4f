//! What changes overwrote, so that they can be taken back; and which were taken back.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{OptionalExtension, Transaction, params};
use samesign_engine::{Action, Anchor, Change, ServiceAttributes, ServiceName, Value};

use super::{StateError, Store};
use crate::clock::Timestamp;

/// What was overwritten is kept for so long, in seconds.
const KEPT_SECONDS: i64 = 30 * 24 * 60 * 60;
/// Of so many runs that overwrote anything.
const KEPT_RUNS: i64 = 50;
/// Writes of which nothing is taken back: a password is no value that was before, and a second pass is part of its change.
const NOT_OBJECTS: &str = "'password', 'reference', 'licence'";

/// A change of a run that reached the tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Of which object.
    pub anchor: Anchor,
    /// What was done, as in JSON (`update`).
    pub action: String,
    /// How it ended: `done`, `looked up`, or nothing.
    pub outcome: Option<String>,
    /// What it overwrote; `None` when that is not kept, or when the reverse needs nothing.
    pub overwritten: Option<Overwritten>,
}

/// What a change overwrote.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overwritten {
    /// The values before, of the attributes that had one. Of a group's members: those who left.
    pub before: ServiceAttributes,
    /// The values after, of the attributes that got one. Of a group's members: those who came.
    pub after: ServiceAttributes,
}

/// A change that a person took back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undone {
    /// Of which object.
    pub anchor: Anchor,
    /// What it was.
    pub action: String,
    /// The run whose change it was.
    pub run: i64,
    /// What it had overwritten.
    pub overwritten: Overwritten,
}

impl Store {
    /// The changes of a run that were sent, in the order in which they were.
    pub fn written(&self, run: i64) -> Result<Vec<Written>, StateError> {
        let mut kept: BTreeMap<(String, String), Overwritten> = BTreeMap::new();
        let mut statement = self.connection.prepare_cached("SELECT anchor, action, before, after FROM overwritten WHERE run = ?1")?;
        let mut rows = statement.query([run])?;
        while let Some(row) = rows.next()? {
            kept.insert(
                (row.get(0)?, row.get(1)?),
                Overwritten { before: attributes(row.get_ref(2)?)?, after: attributes(row.get_ref(3)?)? },
            );
        }
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT anchor, action, outcome FROM intent WHERE run = ?1 AND action NOT IN ({NOT_OBJECTS})
             AND outcome IS NOT 'refused' AND outcome IS NOT 'not sent' ORDER BY number"
        ))?;
        let mut written: Vec<Written> = Vec::new();
        let mut places: BTreeMap<(String, String), usize> = BTreeMap::new();
        let mut rows = statement.query([run])?;
        while let Some(row) = rows.next()? {
            let (anchor, action): (String, String) = (row.get(0)?, row.get(1)?);
            let key = (anchor, action);
            let next = Written {
                anchor: Anchor::from_text(&key.0),
                action: key.1.clone(),
                outcome: row.get(2)?,
                overwritten: kept.get(&key).cloned(),
            };
            // What was looked up was sent again: the last word counts.
            match places.get(&key).and_then(|place| written.get_mut(*place)) {
                Some(known) => *known = next,
                None => drop(places.insert(key, {
                    written.push(next);
                    written.len() - 1
                })),
            }
        }
        Ok(written)
    }

    /// The latest run after this one that wrote each object.
    pub fn written_since(&self, run: i64) -> Result<BTreeMap<Anchor, i64>, StateError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT anchor, max(run) FROM intent WHERE run > ?1 AND action NOT IN ({NOT_OBJECTS}) AND outcome = 'done' GROUP BY anchor"
        ))?;
        let rows = statement.query_map([run], |row| Ok((Anchor::from_text(&row.get::<_, String>(0)?), row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The changes of a run that were taken back, each with the run that did.
    pub fn undone_of(&self, run: i64) -> Result<BTreeMap<(Anchor, String), i64>, StateError> {
        let mut statement = self.connection.prepare_cached("SELECT anchor, action, by FROM undone WHERE run = ?1")?;
        let rows = statement.query_map([run], |row| Ok(((Anchor::from_text(&row.get::<_, String>(0)?), row.get(1)?), row.get(2)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The run that took a run back last; `None` when none did.
    pub fn undone_by(&self, run: i64) -> Result<Option<i64>, StateError> {
        let mut statement = self.connection.prepare_cached("SELECT max(by) FROM undone WHERE run = ?1")?;
        Ok(statement.query_row([run], |row| row.get(0))?)
    }

    /// When an object was last written, as the begin of that run.
    pub fn last_sent(&self, anchor: &Anchor) -> Result<Option<Timestamp>, StateError> {
        let sql = "SELECT max(started) FROM run JOIN intent ON intent.run = run.id WHERE anchor = ?1 AND outcome = 'done' AND action != 'password'";
        let mut statement = self.connection.prepare_cached(sql)?;
        Ok(statement.query_row([anchor.as_str()], |row| row.get::<_, Option<i64>>(0))?.map(Timestamp))
    }

    /// What the service said when it last refused an object, if it took nothing of it since, and when that was.
    pub fn last_refusal(&self, anchor: &Anchor) -> Result<Option<(Timestamp, String)>, StateError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT started, outcome, coalesce(message, '') FROM run JOIN intent ON intent.run = run.id
             WHERE anchor = ?1 AND outcome IN ('done', 'refused') ORDER BY intent.run DESC, number DESC LIMIT 1",
        )?;
        let last = statement.query_row([anchor.as_str()], |row| Ok((Timestamp(row.get(0)?), row.get::<_, String>(1)?, row.get(2)?)));
        Ok(last.optional()?.filter(|(_, outcome, _)| outcome == "refused").map(|(at, _, words)| (at, words)))
    }

    /// Every change that was taken back and not approved since.
    pub fn undone(&self) -> Result<Vec<Undone>, StateError> {
        let mut statement = self.connection.prepare_cached("SELECT anchor, action, run, before, after FROM undone")?;
        let mut rows = statement.query([])?;
        let mut undone = Vec::new();
        while let Some(row) = rows.next()? {
            let anchor = Anchor::from_text(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?);
            let overwritten = Overwritten { before: attributes(row.get_ref(3)?)?, after: attributes(row.get_ref(4)?)? };
            undone.push(Undone { anchor, action: row.get(1)?, run: row.get(2)?, overwritten });
        }
        Ok(undone)
    }
}

/// Keeps what an accepted change overwrote. What is made, deleted or restored needs no more than its intent: a first sync of a
/// large directory leaves nothing here.
pub fn keep_overwritten(transaction: &Transaction<'_>, run: i64, change: &Change) -> Result<(), StateError> {
    if !matches!(change.action, Action::Update | Action::Join | Action::Member) {
        return Ok(());
    }
    let name = |name: &'static str| ServiceName::Borrowed(name);
    let all = change.attributes.all();
    let edits = || all.iter().filter(|edit| edit.differs());
    let mut kept = kept_of(transaction, run, change)?;
    // Of a change in two parts, what was there before the first and what is there after the second.
    for edit in edits().filter(|edit| !kept.before.contains_key(edit.name) && !kept.after.contains_key(edit.name)).collect::<Vec<_>>() {
        kept.before.extend(edit.from.clone().map(|from| (name(edit.name), *from)));
    }
    for edit in edits() {
        match &edit.to {
            Some(to) => drop(kept.after.insert(name(edit.name), to.clone())),
            None => drop(kept.after.remove(edit.name)),
        }
    }
    let (before, after) = (samesign_engine::encode(&kept.before), samesign_engine::encode(&kept.after));
    transaction.prepare_cached("INSERT OR REPLACE INTO overwritten VALUES (?1, ?2, ?3, ?4, ?5)")?.execute(params![
        run,
        change.anchor.as_str(),
        change.action.as_str(),
        before,
        after
    ])?;
    Ok(())
}

fn kept_of(transaction: &Transaction<'_>, run: i64, change: &Change) -> Result<Overwritten, StateError> {
    let mut statement =
        transaction.prepare_cached("SELECT before, after FROM overwritten WHERE run = ?1 AND anchor = ?2 AND action = ?3")?;
    let mut rows = statement.query(params![run, change.anchor.as_str(), change.action.as_str()])?;
    match rows.next()? {
        Some(row) => Ok(Overwritten { before: attributes(row.get_ref(0)?)?, after: attributes(row.get_ref(1)?)? }),
        None => Ok(Overwritten::default()),
    }
}

/// Notes that a run is about to take a change back. Its object is planned again in the next run.
pub fn note_undone(transaction: &Transaction<'_>, undone: &Undone, by: i64) -> Result<(), StateError> {
    let Undone { anchor, action, run, overwritten: Overwritten { before, after } } = undone;
    let (before, after) = (samesign_engine::encode(before), samesign_engine::encode(after));
    transaction
        .prepare_cached("INSERT OR REPLACE INTO undone (anchor, action, run, by, before, after) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
        .execute(params![anchor.as_str(), action, run, by, before, after])?;
    plan_again(transaction, anchor)
}

/// Makes the next run plan an object again.
pub fn plan_again(transaction: &Transaction<'_>, anchor: &Anchor) -> Result<(), StateError> {
    transaction.prepare_cached("INSERT OR IGNORE INTO owed VALUES (?1)")?.execute([anchor.as_str()])?;
    Ok(())
}

/// Forgets what a run was to take back and is known not to have.
pub fn settle_undone(transaction: &Transaction<'_>, by: i64) -> Result<(), StateError> {
    transaction.execute(
        "DELETE FROM undone WHERE by = ?1
         AND anchor NOT IN (SELECT anchor FROM intent WHERE run = ?1 AND (outcome = 'done' OR outcome IS NULL))",
        [by],
    )?;
    Ok(())
}

/// Forgets that the change of an object was taken back in an earlier run: a person approved it, and it was sent.
pub fn forget_undone(transaction: &Transaction<'_>, run: i64, change: &Change) -> Result<(), StateError> {
    let mut delete = transaction.prepare_cached("DELETE FROM undone WHERE anchor = ?1 AND action = ?2 AND by != ?3")?;
    for action in same_in_effect(change.action) {
        delete.execute(params![change.anchor.as_str(), action, run])?;
    }
    Ok(())
}

/// Forgets what a run took back, for all that it did was itself taken back.
pub fn forget_undone_by(transaction: &Transaction<'_>, run: i64, anchors: &BTreeSet<Anchor>) -> Result<(), StateError> {
    let mut delete = transaction.prepare_cached("DELETE FROM undone WHERE by = ?1 AND anchor = ?2")?;
    for anchor in anchors {
        delete.execute(params![run, anchor.as_str()])?;
    }
    Ok(())
}

/// The actions that a planned action would do again, once they were taken back.
pub const fn same_in_effect(action: Action) -> &'static [&'static str] {
    match action {
        Action::Create | Action::Restore => &["create", "restore"],
        Action::Join => &["join"],
        Action::Update => &["update", "join"],
        Action::Delete => &["delete"],
        Action::Member => &["member"],
        Action::Password => &[],
    }
}

/// Forgets what was overwritten more than 30 days, or 50 runs, ago.
pub fn forget_old_overwritten(transaction: &Transaction<'_>, now: Timestamp) -> Result<(), StateError> {
    transaction.execute(
        "DELETE FROM overwritten WHERE run IN (SELECT id FROM run WHERE started < ?1)
         OR run < (SELECT min(run) FROM (SELECT DISTINCT run FROM overwritten ORDER BY run DESC LIMIT ?2))",
        params![now.minus(KEPT_SECONDS).0, KEPT_RUNS],
    )?;
    Ok(())
}

fn attributes(blob: rusqlite::types::ValueRef<'_>) -> Result<ServiceAttributes, StateError> {
    let bytes = blob.as_blob().map_err(rusqlite::Error::from)?;
    samesign_engine::decode(bytes).map_err(|_| StateError::Damaged { what: "overwritten value" })
}

/// The anchors that a membership names.
pub fn members_of(attributes: &ServiceAttributes) -> BTreeSet<Anchor> {
    match attributes.get("member") {
        Some(Value::References(anchors)) => anchors.iter().cloned().collect(),
        _ => BTreeSet::new(),
    }
}
