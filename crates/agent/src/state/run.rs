//! Runs, the intents of each, what a run held, and approvals.

use std::ops::RangeInclusive;

use rusqlite::{OptionalExtension, Row, Transaction, params};
use samesign_engine::{Anchor, ChangeDigest};

use super::{StateError, Store};
use crate::clock::Timestamp;

/// One run.
#[derive(Clone, Debug)]
pub struct RunRow {
    /// Its number.
    pub id: i64,
    /// When it began.
    pub started: Timestamp,
    /// When it ended; `None` while it runs, or when it was cut off.
    pub ended: Option<Timestamp>,
    /// `running`, `done`, `held` or `failed`.
    pub state: String,
    /// The digest of its plan.
    pub digest: Option<String>,
    /// Its report, as JSON.
    pub report: Option<String>,
}

/// A write that is about to be sent.
#[derive(Clone, Debug)]
pub struct Intent {
    /// Of which object.
    pub anchor: Anchor,
    /// `create`, `join`, `update`, `delete`, `restore`, or `reference` for the second pass of a create.
    pub action: &'static str,
    /// Of which change.
    pub digest: ChangeDigest,
}

/// An intent whose outcome is not known: the run was cut off, or the reply was lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenIntent {
    /// Of which run.
    pub run: i64,
    /// Its number in that run.
    pub number: i64,
    /// Of which object.
    pub anchor: Anchor,
    /// What was to be done.
    pub action: String,
}

/// How a write ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The service accepted it.
    Done,
    /// The service refused it, in its own words.
    Refused(String),
    /// It is known not to have reached the service.
    NotSent(String),
    /// The reply was lost, and the object was looked up by its anchor afterwards.
    LookedUp(&'static str),
}

impl Outcome {
    const fn name(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused(_) => "refused",
            Self::NotSent(_) => "not sent",
            Self::LookedUp(_) => "looked up",
        }
    }

    fn message(&self) -> Option<&str> {
        match self {
            Self::Done => None,
            Self::Refused(message) | Self::NotSent(message) => Some(message),
            Self::LookedUp(message) => Some(message),
        }
    }
}

/// One write of a run, for `runs ID`.
#[derive(Clone, Debug, serde::Serialize)]
pub struct IntentRow {
    /// Of which object.
    pub anchor: String,
    /// Its UPN, as far as it is known.
    pub upn: Option<String>,
    /// `user`, `group` or `contact`; empty where it is not known.
    pub kind: &'static str,
    /// What was done.
    pub action: String,
    /// `done`, `refused`, `not sent`, `looked up`; `None` when the run was cut off.
    pub outcome: Option<String>,
    /// The service's words.
    pub message: Option<String>,
}

/// An approval that has not been used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// Its row.
    pub id: i64,
    /// When it was given.
    pub given: Timestamp,
    /// Of what: `run 7`, or a file.
    pub of: String,
    /// The changes it releases, all of them or none.
    pub changes: Vec<ChangeDigest>,
}

/// An approval is good for a day.
const APPROVAL_SECONDS: i64 = 24 * 60 * 60;

impl Store {
    /// A run by number.
    pub fn run(&self, id: i64) -> Result<Option<RunRow>, StateError> {
        let mut statement = self.connection.prepare_cached("SELECT id, started, ended, state, digest, report FROM run WHERE id = ?1")?;
        Ok(statement.query_row([id], run_of).optional()?)
    }

    /// The latest runs, the newest first.
    pub fn runs(&self, most: usize) -> Result<Vec<RunRow>, StateError> {
        let mut statement =
            self.connection.prepare_cached("SELECT id, started, ended, state, digest, report FROM run ORDER BY id DESC LIMIT ?1")?;
        let rows = statement.query_map([i64::try_from(most).unwrap_or(i64::MAX)], run_of)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How many passwords of a run the service stored.
    pub fn passwords_sent(&self, run: i64) -> Result<usize, StateError> {
        let sql = "SELECT count(*) FROM intent WHERE run = ?1 AND action = 'password' AND outcome = 'done'";
        let count: i64 = self.connection.prepare_cached(sql)?.query_row([run], |row| row.get(0))?;
        Ok(usize::try_from(count).unwrap_or(0))
    }

    /// What a run wrote. Passwords that were stored are only counted: see [`Store::passwords_sent`].
    pub fn intents(&self, run: i64) -> Result<Vec<IntentRow>, StateError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT intent.anchor, last_upn, action, outcome, message, kind FROM intent LEFT JOIN link ON link.anchor = intent.anchor
             WHERE run = ?1 AND NOT (action = 'password' AND outcome IS 'done') ORDER BY number",
        )?;
        let rows = statement.query_map([run], |row| {
            Ok(IntentRow {
                anchor: row.get(0)?,
                upn: row.get(1)?,
                kind: kind_word(row.get(5)?),
                action: row.get(2)?,
                outcome: row.get(3)?,
                message: row.get(4)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Every intent whose outcome is not known.
    pub fn open_intents(&self) -> Result<Vec<OpenIntent>, StateError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT run, number, anchor, action FROM run JOIN intent ON intent.run = run.id
             WHERE settled = 0 AND outcome IS NULL ORDER BY run, number",
        )?;
        let rows = statement.query_map([], |row| {
            let anchor = Anchor::from_text(&row.get::<_, String>(2)?);
            Ok(OpenIntent { run: row.get(0)?, number: row.get(1)?, anchor, action: row.get(3)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// What a run held, as JSON per change.
    pub fn held(&self, run: i64) -> Result<Vec<(ChangeDigest, String)>, StateError> {
        let mut statement = self.connection.prepare_cached("SELECT digest, json FROM held WHERE run = ?1")?;
        let rows = statement.query_map([run], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The approvals that are still good.
    pub fn approvals(&self, now: Timestamp) -> Result<Vec<Approval>, StateError> {
        let mut statement =
            self.connection.prepare_cached("SELECT id, given, of FROM approval WHERE used IS NULL AND given > ?1 ORDER BY id")?;
        let rows = statement.query_map([now.minus(APPROVAL_SECONDS).0], |row| {
            Ok(Approval { id: row.get(0)?, given: Timestamp(row.get(1)?), of: row.get(2)?, changes: Vec::new() })
        })?;
        let mut approvals: Vec<Approval> = rows.collect::<Result<_, _>>()?;
        let mut changes = self.connection.prepare_cached("SELECT digest FROM approved_change WHERE approval = ?1 ORDER BY digest")?;
        for approval in &mut approvals {
            approval.changes = changes.query_map([approval.id], |row| row.get(0))?.collect::<Result<_, _>>()?;
        }
        Ok(approvals)
    }

    /// Keeps a person's approval of these changes.
    pub fn approve(&mut self, of: &str, changes: &[ChangeDigest], now: Timestamp) -> Result<(), StateError> {
        self.transaction(|transaction| {
            transaction.execute("INSERT INTO approval (given, of) VALUES (?1, ?2)", params![now.0, of])?;
            let approval = transaction.last_insert_rowid();
            let mut insert = transaction.prepare_cached("INSERT OR IGNORE INTO approved_change VALUES (?1, ?2)")?;
            for digest in changes {
                insert.execute(params![approval, digest])?;
            }
            Ok(())
        })
    }

    /// Begins a run. Runs that never ended were cut off.
    pub fn begin_run(&mut self, now: Timestamp) -> Result<i64, StateError> {
        self.transaction(|transaction| {
            transaction.execute("UPDATE run SET state = 'cut off' WHERE state = 'running'", [])?;
            transaction.execute("INSERT INTO run (started, state) VALUES (?1, 'running')", [now.0])?;
            Ok(transaction.last_insert_rowid())
        })
    }

    /// Ends a run.
    pub fn end_run(&mut self, id: i64, now: Timestamp, state: &str, report: &str) -> Result<(), StateError> {
        self.transaction(|transaction| {
            transaction.execute("UPDATE run SET ended = ?2, state = ?3, report = ?4 WHERE id = ?1", params![id, now.0, state, report])?;
            Ok(())
        })
    }
}

/// Keeps the digest of a run's plan and what it holds back.
pub fn keep_plan(transaction: &Transaction<'_>, run: i64, digest: &str, held: &[(ChangeDigest, String)]) -> Result<(), StateError> {
    transaction.execute("UPDATE run SET digest = ?2 WHERE id = ?1", params![run, digest])?;
    let mut insert = transaction.prepare_cached("INSERT OR IGNORE INTO held VALUES (?1, ?2, ?3)")?;
    for (digest, json) in held {
        insert.execute(params![run, digest, json])?;
    }
    Ok(())
}

/// Forgets a run that neither wrote nor held anything; gives whether it was such a one.
pub fn forget_run(transaction: &Transaction<'_>, run: i64) -> Result<bool, StateError> {
    let mut delete = transaction.prepare_cached(
        "DELETE FROM run WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM intent WHERE run = ?1)
         AND NOT EXISTS (SELECT 1 FROM held WHERE run = ?1)",
    )?;
    Ok(delete.execute([run])? > 0)
}

/// Uses an approval up.
pub fn use_approval(transaction: &Transaction<'_>, approval: i64, now: Timestamp) -> Result<(), StateError> {
    transaction.execute("UPDATE approval SET used = ?2 WHERE id = ?1", params![approval, now.0])?;
    Ok(())
}

/// Writes down what is about to be sent; gives the number of the first, the others follow.
pub fn intend(transaction: &Transaction<'_>, run: i64, token: i64, intents: &[Intent]) -> Result<i64, StateError> {
    let mut last = transaction.prepare_cached("SELECT coalesce(max(number), 0) FROM intent WHERE run = ?1")?;
    let first = last.query_row([run], |row| row.get::<_, i64>(0))? + 1;
    let mut insert =
        transaction.prepare_cached("INSERT INTO intent (run, number, anchor, action, digest, token) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
    for (number, intent) in (first..).zip(intents) {
        insert.execute(params![run, number, intent.anchor.as_str(), intent.action, intent.digest, token])?;
    }
    Ok(first)
}

/// Writes down how the intents of a run with these numbers ended.
pub fn note_outcome(transaction: &Transaction<'_>, run: i64, numbers: RangeInclusive<i64>, outcome: &Outcome) -> Result<(), StateError> {
    transaction
        .prepare_cached("UPDATE intent SET outcome = ?4, message = ?5 WHERE run = ?1 AND number BETWEEN ?2 AND ?3")?
        .execute(params![run, numbers.start(), numbers.end(), outcome.name(), outcome.message()])?;
    Ok(())
}

/// Notes that no outcome of the runs before this one is unknown any more.
pub fn settle_before(transaction: &Transaction<'_>, run: i64) -> Result<(), StateError> {
    transaction.execute("UPDATE run SET settled = 1 WHERE settled = 0 AND id < ?1", [run])?;
    Ok(())
}

const fn kind_word(kind: Option<i64>) -> &'static str {
    match kind {
        Some(0) => "user",
        Some(1) => "group",
        Some(2) => "contact",
        _ => "",
    }
}

fn run_of(row: &Row<'_>) -> rusqlite::Result<RunRow> {
    Ok(RunRow {
        id: row.get(0)?,
        started: Timestamp(row.get(1)?),
        ended: row.get::<_, Option<i64>>(2)?.map(Timestamp),
        state: row.get(3)?,
        digest: row.get(4)?,
        report: row.get(5)?,
    })
}
