//! How the password of each linked person stands, and how far replication was read.

use rusqlite::{OptionalExtension, Row, Transaction, params};
use samesign_engine::Anchor;

use super::{StateError, Store};
use crate::clock::Timestamp;

/// How a password stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordState {
    /// To be sent.
    Owed,
    /// Stored by the service.
    Sent,
    /// Not to be sent, for the row's reason.
    Withheld,
    /// The service refused it; tried again later.
    Refused,
}

impl PasswordState {
    const fn name(self) -> &'static str {
        match self {
            Self::Owed => "owed",
            Self::Sent => "sent",
            Self::Withheld => "withheld",
            Self::Refused => "refused",
        }
    }

    fn of(name: &str) -> Result<Self, StateError> {
        let all = [Self::Owed, Self::Sent, Self::Withheld, Self::Refused];
        all.into_iter().find(|state| state.name() == name).ok_or(StateError::Damaged { what: "password" })
    }
}

/// The password of one linked person. Holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordRow {
    /// Whose.
    pub anchor: Anchor,
    /// How it stands.
    pub state: PasswordState,
    /// Why it is withheld (a code), or what the service said.
    pub reason: Option<String>,
    /// Since when it has been in this state, for this reason.
    pub since: Timestamp,
    /// An owed or refused one is not tried before.
    pub not_before: Timestamp,
    /// The newest version that is known.
    pub version: Option<i64>,
    /// When that was made, in Unix seconds.
    pub changed: Option<i64>,
    /// When one was last sent.
    pub sent_at: Option<Timestamp>,
    /// To which cloud user.
    pub target_id: Option<Box<str>>,
    /// Whether the account was enabled when this was decided.
    pub enabled: bool,
    /// Whether the password had to be changed at the next logon when this was decided.
    pub must_change: bool,
}

/// How many passwords are in each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PasswordTally {
    /// Stored by the service.
    pub sent: usize,
    /// To be sent.
    pub owed: usize,
    /// Withheld.
    pub withheld: usize,
    /// Refused.
    pub refused: usize,
}

const COLUMNS: &str = "anchor, state, reason, since, not_before, version, changed, sent_at, target_id, enabled, must_change";

impl Store {
    /// How one password stands; `None` when the anchor is not linked.
    pub fn password(&self, anchor: &Anchor) -> Result<Option<PasswordRow>, StateError> {
        let mut statement = self.connection.prepare_cached(&format!("SELECT {COLUMNS} FROM password WHERE anchor = ?1"))?;
        statement.query_row([anchor.as_str()], |row| Ok(row_of(row))).optional()?.transpose()
    }

    /// Every password.
    pub fn passwords(&self, take: &mut dyn FnMut(PasswordRow)) -> Result<(), StateError> {
        self.password_rows(&format!("SELECT {COLUMNS} FROM password"), &[], take)
    }

    /// The passwords that are to be sent now.
    pub fn passwords_due(&self, now: Timestamp, take: &mut dyn FnMut(PasswordRow)) -> Result<(), StateError> {
        self.password_rows(
            &format!("SELECT {COLUMNS} FROM password WHERE state IN ('owed', 'refused') AND not_before <= ?1"),
            &[now.0],
            take,
        )
    }

    /// How many passwords are to be sent now, counted up to a limit.
    pub fn count_passwords_due(&self, now: Timestamp, most: usize) -> Result<usize, StateError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT count(*) FROM (SELECT 1 FROM password WHERE state IN ('owed', 'refused') AND not_before <= ?1 LIMIT ?2)",
        )?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        Ok(usize::try_from(statement.query_row([now.0, most], |row| row.get::<_, i64>(0))?).unwrap_or(0))
    }

    /// The passwords about which a person has to be told: withheld for one of three reasons, refused, or owed since before
    /// `owed_since` although the service was asked.
    pub fn passwords_to_tell(
        &self,
        withheld: &[&str; 3],
        owed_since: Timestamp,
        take: &mut dyn FnMut(PasswordRow),
    ) -> Result<(), StateError> {
        let [one, two, three] = withheld;
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM password WHERE state = 'refused' OR (state = 'withheld' AND reason IN (?1, ?2, ?3))
             OR (state = 'owed' AND reason IS NOT NULL AND since <= ?4) ORDER BY anchor"
        ))?;
        let mut rows = statement.query(params![one, two, three, owed_since.0])?;
        while let Some(row) = rows.next()? {
            take(row_of(row)?);
        }
        Ok(())
    }

    /// How many passwords are in each state.
    pub fn password_tally(&self) -> Result<PasswordTally, StateError> {
        let mut tally = PasswordTally::default();
        let mut statement = self.connection.prepare_cached("SELECT state, count(*) FROM password GROUP BY state")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let count = usize::try_from(row.get::<_, i64>(1)?).unwrap_or(0);
            match PasswordState::of(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)? {
                PasswordState::Sent => tally.sent = count,
                PasswordState::Owed => tally.owed = count,
                PasswordState::Withheld => tally.withheld = count,
                PasswordState::Refused => tally.refused = count,
            }
        }
        Ok(tally)
    }

    /// Whether any password is withheld for this reason.
    pub fn any_withheld(&self, reason: &str) -> Result<bool, StateError> {
        let mut statement =
            self.connection.prepare_cached("SELECT EXISTS (SELECT 1 FROM password WHERE state = 'withheld' AND reason = ?1)")?;
        Ok(statement.query_row([reason], |row| row.get(0))?)
    }

    /// To whom a live link leads; `None` when there is no live link, `Some(None)` when the id is not known.
    pub fn live_target(&self, anchor: &Anchor) -> Result<Option<Option<Box<str>>>, StateError> {
        let mut statement = self.connection.prepare_cached("SELECT target_id FROM link WHERE anchor = ?1 AND live = 1")?;
        Ok(statement.query_row([anchor.as_str()], |row| row.get(0)).optional()?)
    }

    /// How far replication of a naming context was read.
    pub fn watermark(&self, partition: &str) -> Result<Option<Vec<u8>>, StateError> {
        let mut statement = self.connection.prepare_cached("SELECT mark FROM watermark WHERE partition = ?1")?;
        Ok(statement.query_row([partition], |row| row.get(0)).optional()?)
    }

    fn password_rows(&self, sql: &str, values: &[i64], take: &mut dyn FnMut(PasswordRow)) -> Result<(), StateError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(rusqlite::params_from_iter(values))?;
        while let Some(row) = rows.next()? {
            take(row_of(row)?);
        }
        Ok(())
    }
}

/// Keeps how one password stands.
pub fn keep_password(transaction: &Transaction<'_>, row: &PasswordRow) -> Result<(), StateError> {
    let PasswordRow { anchor, state, reason, since, not_before, version, changed, sent_at, target_id, enabled, must_change } = row;
    let mut insert = transaction
        .prepare_cached(&format!("INSERT OR REPLACE INTO password ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"))?;
    insert.execute(params![
        anchor.as_str(),
        state.name(),
        reason,
        since.0,
        not_before.0,
        version,
        changed,
        sent_at.map(|at| at.0),
        target_id,
        enabled,
        must_change
    ])?;
    Ok(())
}

/// Forgets how every password stands, and how far replication was read: whoever synchronizes them again begins anew.
pub fn forget_passwords(transaction: &Transaction<'_>) -> Result<(), StateError> {
    transaction.execute("DELETE FROM password", [])?;
    transaction.execute("DELETE FROM watermark", [])?;
    Ok(())
}

/// Forgets the password of somebody who is not linked any more.
pub fn forget_password(transaction: &Transaction<'_>, anchor: &Anchor) -> Result<(), StateError> {
    transaction.prepare_cached("DELETE FROM password WHERE anchor = ?1")?.execute([anchor.as_str()])?;
    Ok(())
}

/// Remembers how far replication of a naming context was read.
pub fn keep_watermark(transaction: &Transaction<'_>, partition: &str, mark: &[u8]) -> Result<(), StateError> {
    transaction.prepare_cached("INSERT OR REPLACE INTO watermark VALUES (?1, ?2)")?.execute(params![partition, mark])?;
    Ok(())
}

fn row_of(row: &Row<'_>) -> Result<PasswordRow, StateError> {
    let text = |column| row.get_ref(column)?.as_str().map_err(rusqlite::Error::from);
    Ok(PasswordRow {
        anchor: Anchor::from_text(text(0)?),
        state: PasswordState::of(text(1)?)?,
        reason: row.get(2)?,
        since: Timestamp(row.get(3)?),
        not_before: Timestamp(row.get(4)?),
        version: row.get(5)?,
        changed: row.get(6)?,
        sent_at: row.get::<_, Option<i64>>(7)?.map(Timestamp),
        target_id: row.get(8)?,
        enabled: row.get(9)?,
        must_change: row.get(10)?,
    })
}
