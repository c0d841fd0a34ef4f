//! Remembered joins, and what the service last accepted from us.

use std::collections::BTreeSet;

use rusqlite::{OptionalExtension, Row, Transaction, params};
use samesign_engine::{Anchor, Kind, Link, LinkState, ServiceAttributes};

use super::{StateError, Store};

const COLUMNS: &str = "anchor, target_id, live, last_dn, last_upn, confirmed, kind";

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
        let mut statement = self.connection.prepare_cached("SELECT sum(live) FROM tally")?;
        Ok(statement.query_row([], |row| row.get::<_, i64>(0))?.unsigned_abs() as usize)
    }

    /// How many links to objects of a kind are live.
    pub fn synced_of(&self, kind: Kind) -> Result<usize, StateError> {
        let mut statement = self.connection.prepare_cached("SELECT live FROM tally WHERE kind = ?1")?;
        Ok(statement.query_row([kind_number(kind)], |row| row.get::<_, i64>(0))?.unsigned_abs() as usize)
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
    let Link { anchor, kind, target_id, last_dn, last_upn, confirmed, state } = link;
    let confirmed = samesign_engine::encode(confirmed);
    let values = params![anchor.as_str(), target_id, *state == LinkState::Live, last_dn, last_upn, confirmed, kind_number(*kind)];
    let mut update = transaction.prepare_cached(
        "UPDATE link SET target_id = ?2, live = ?3, last_dn = ?4, last_upn = ?5, confirmed = ?6, kind = ?7 WHERE anchor = ?1",
    )?;
    if update.execute(values)? == 0 {
        let mut insert = transaction.prepare_cached(
            "INSERT INTO link (anchor, target_id, live, last_dn, last_upn, confirmed, kind) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?;
        insert.execute(values)?;
    }
    Ok(())
}

const fn kind_number(kind: Kind) -> i64 {
    match kind {
        Kind::User => 0,
        Kind::Group => 1,
        Kind::Contact => 2,
    }
}

const fn kind_of(number: i64) -> Result<Kind, StateError> {
    match number {
        0 => Ok(Kind::User),
        1 => Ok(Kind::Group),
        2 => Ok(Kind::Contact),
        _ => Err(StateError::Damaged { what: "link" }),
    }
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
        kind: kind_of(row.get(6)?)?,
        target_id: row.get::<_, Option<Box<str>>>(1)?,
        state: if row.get(2)? { LinkState::Live } else { LinkState::Deleted },
        last_dn: row.get(3)?,
        last_upn: row.get(4)?,
        confirmed,
    })
}
