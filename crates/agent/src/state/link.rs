//! Remembered joins, and what the service last accepted from us.

use std::collections::BTreeSet;

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
        let mut statement = self.connection.prepare_cached("SELECT live FROM tally")?;
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
    let confirmed = samesign_engine::encode(&link.confirmed);
    let (anchor, live) = (link.anchor.as_str(), link.state == LinkState::Live);
    let values = params![anchor, link.target_id, live, link.last_dn, link.last_upn, confirmed];
    let mut update = transaction
        .prepare_cached("UPDATE link SET target_id = ?2, live = ?3, last_dn = ?4, last_upn = ?5, confirmed = ?6 WHERE anchor = ?1")?;
    if update.execute(values)? == 0 {
        let mut insert = transaction
            .prepare_cached("INSERT INTO link (anchor, target_id, live, last_dn, last_upn, confirmed) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
        insert.execute(values)?;
    }
    Ok(())
}

/// Forgets a join: the tenant does not know the anchor any more.
pub fn forget_link(transaction: &Transaction<'_>, anchor: &Anchor) -> Result<(), StateError> {
    transaction.prepare_cached("DELETE FROM link WHERE anchor = ?1")?.execute([anchor.as_str()])?;
    Ok(())
}

/// Notes which anchors have changes that were planned and not done.
pub fn keep_owed(transaction: &Transaction<'_>, owed: &BTreeSet<Anchor>) -> Result<(), StateError> {
    transaction.execute("DELETE FROM owed", [])?;
    let mut insert = transaction.prepare_cached("INSERT INTO owed VALUES (?1)")?;
    for anchor in owed {
        insert.execute([anchor.as_str()])?;
    }
    Ok(())
}

fn link_of(row: &Row<'_>) -> Result<Link, StateError> {
    let confirmed = row.get_ref(5)?.as_blob().map_err(rusqlite::Error::from)?;
    let confirmed: ServiceAttributes = samesign_engine::decode(confirmed).map_err(|_| StateError::Damaged { what: "link" })?;
    Ok(Link {
        anchor: Anchor::from_text(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?),
        kind: samesign_engine::Kind::User,
        target_id: row.get::<_, Option<Box<str>>>(1)?,
        state: if row.get(2)? { LinkState::Live } else { LinkState::Deleted },
        last_dn: row.get(3)?,
        last_upn: row.get(4)?,
        confirmed,
    })
}
