//! Remembered joins, and what the service last accepted from us.

use rusqlite::{OptionalExtension, Row, Transaction, params};
use samesign_engine::{Anchor, Link, LinkState, ServiceAttributes};

use super::{StateError, Store};

const COLUMNS: &str = "anchor, target_id, live, last_dn, last_upn, confirmed";

impl Store {
    /// The link of an anchor, live or deleted.
    pub fn link(&self, anchor: &Anchor) -> Result<Option<Link>, StateError> {
        let mut statement = self.connection.prepare_cached(&format!("SELECT {COLUMNS} FROM link WHERE anchor = ?1"))?;
        statement.query_row([anchor.as_str()], |row| Ok(link_of(row))).optional()?.transpose()
    }

    /// Whether an anchor is linked to a live object.
    pub fn is_live(&self, anchor: &Anchor) -> Result<bool, StateError> {
        let mut statement = self.connection.prepare_cached("SELECT live FROM link WHERE anchor = ?1")?;
        Ok(statement.query_row([anchor.as_str()], |row| row.get(0)).optional()?.unwrap_or(false))
    }

    /// Every link.
    pub fn links(&self, take: &mut dyn FnMut(Link)) -> Result<(), StateError> {
        let mut statement = self.connection.prepare_cached(&format!("SELECT {COLUMNS} FROM link"))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            take(link_of(row)?);
        }
        Ok(())
    }

    /// The anchors of every live link.
    pub fn live_anchors(&self, take: &mut dyn FnMut(&str)) -> Result<(), StateError> {
        let mut statement = self.connection.prepare_cached("SELECT anchor FROM link WHERE live = 1")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            take(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?);
        }
        Ok(())
    }

    /// How many links are live.
    pub fn synced(&self) -> Result<usize, StateError> {
        let mut statement = self.connection.prepare_cached("SELECT count(*) FROM link WHERE live = 1")?;
        Ok(statement.query_row([], |row| row.get::<_, i64>(0))?.unsigned_abs() as usize)
    }

    /// Anchors whose last change was not done.
    pub fn owed(&self) -> Result<Vec<Anchor>, StateError> {
        let mut statement = self.connection.prepare_cached("SELECT anchor FROM owed")?;
        let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
        Ok(rows.map(|anchor| anchor.map(|anchor| Anchor::from_text(&anchor))).collect::<Result<_, _>>()?)
    }
}

/// Remembers a join.
pub fn keep_link(transaction: &Transaction<'_>, link: &Link) -> Result<(), StateError> {
    transaction.prepare_cached("INSERT OR REPLACE INTO link VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?.execute(params![
        link.anchor.as_str(),
        link.target_id,
        link.state == LinkState::Live,
        link.last_dn,
        link.last_upn,
        samesign_engine::encode(&link.confirmed)
    ])?;
    Ok(())
}

/// Forgets a join: the tenant does not know the anchor any more.
pub fn forget_link(transaction: &Transaction<'_>, anchor: &Anchor) -> Result<(), StateError> {
    transaction.prepare_cached("DELETE FROM link WHERE anchor = ?1")?.execute([anchor.as_str()])?;
    Ok(())
}

/// Notes that the last change of an anchor was, or was not, done.
pub fn note_owed(transaction: &Transaction<'_>, anchor: &Anchor, owed: bool) -> Result<(), StateError> {
    let sql = if owed { "INSERT OR IGNORE INTO owed VALUES (?1)" } else { "DELETE FROM owed WHERE anchor = ?1" };
    transaction.prepare_cached(sql)?.execute([anchor.as_str()])?;
    Ok(())
}

fn link_of(row: &Row<'_>) -> Result<Link, StateError> {
    let confirmed = row.get_ref(5)?.as_blob().map_err(rusqlite::Error::from)?;
    let confirmed: ServiceAttributes = samesign_engine::decode(confirmed).map_err(|_| StateError::Damaged { what: "link" })?;
    Ok(Link {
        anchor: Anchor::from_text(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?),
        target_id: row.get::<_, Option<Box<str>>>(1)?,
        state: if row.get(2)? { LinkState::Live } else { LinkState::Deleted },
        last_dn: row.get(3)?,
        last_upn: row.get(4)?,
        confirmed,
    })
}
