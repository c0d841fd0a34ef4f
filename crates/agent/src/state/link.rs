//! Remembered joins, and what the service last accepted from us.

use std::collections::BTreeSet;

use rusqlite::{OptionalExtension, Row, Transaction, params};
use samesign_engine::{Anchor, Kind, Link, LinkState, ObjectGuid, ServiceBlock};

use super::{StateError, Store};

/// Graph's id of a link's object, where it is known, and whether the link is live.
pub type LinkHead = (Option<Box<str>>, bool);

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

    /// To whom the link of an anchor leads, and whether it is live.
    pub fn link_head(&self, anchor: &Anchor) -> Result<Option<LinkHead>, StateError> {
        let mut statement = self.connection.prepare_cached("SELECT target_id, live FROM link WHERE anchor = ?1")?;
        Ok(statement.query_row([anchor.as_str()], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
    }

    /// As [`Store::link_head`], for the group or contact with this id.
    pub fn owner_of(&self, target_id: &str) -> Result<Option<LinkHead>, StateError> {
        self.owner_anchor(target_id)?.map_or(Ok(None), |anchor| self.link_head(&anchor))
    }

    /// The anchor of the group or contact with this id.
    pub fn owner_anchor(&self, target_id: &str) -> Result<Option<Anchor>, StateError> {
        let sql = "SELECT anchor FROM link WHERE target_id = ?1 AND kind != 0 ORDER BY live DESC LIMIT 1";
        let mut statement = self.connection.prepare_cached(sql)?;
        Ok(statement
            .query_row([target_id], |row| Ok(Anchor::from_text(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)))
            .optional()?)
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

    /// Every live link by its anchor, with the objectGUID of its source object where it is known.
    pub fn live_sources(&self, take: &mut dyn FnMut(Anchor, Option<ObjectGuid>)) -> Result<(), StateError> {
        let mut statement = self.connection.prepare_cached("SELECT anchor, source_guid FROM link WHERE live = 1")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let anchor = Anchor::from_text(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?);
            let guid = row.get::<_, Option<[u8; 16]>>(1)?.map(ObjectGuid::from_bytes).or_else(|| anchor.guid());
            take(anchor, guid);
        }
        Ok(())
    }

    /// The anchor by which a source object is joined, live or deleted.
    pub fn anchor_of(&self, guid: &ObjectGuid) -> Result<Option<Anchor>, StateError> {
        self.joined(guid).map(|found| found.map(|(anchor, _)| anchor))
    }

    /// The anchor by which a source object is joined to a live object.
    pub fn live_anchor(&self, guid: &ObjectGuid) -> Result<Option<Anchor>, StateError> {
        self.joined(guid).map(|found| found.filter(|(_, live)| *live).map(|(anchor, _)| anchor))
    }

    fn joined(&self, guid: &ObjectGuid) -> Result<Option<(Anchor, bool)>, StateError> {
        let row = |row: &Row<'_>| Ok((Anchor::from_text(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?), row.get(1)?));
        let mut told = self.connection.prepare_cached("SELECT anchor, live FROM link WHERE source_guid = ?1 ORDER BY live DESC LIMIT 1")?;
        if let Some(found) = told.query_row([guid.as_bytes()], row).optional()? {
            return Ok(Some(found));
        }
        let mut made = self.connection.prepare_cached("SELECT anchor, live FROM link WHERE anchor = ?1 AND source_guid IS NULL")?;
        Ok(made.query_row([Anchor::of(guid).as_str()], row).optional()?)
    }

    /// The objectGUID of the source object of an anchor, linked or not.
    pub fn guid_of(&self, anchor: &Anchor) -> Result<Option<ObjectGuid>, StateError> {
        let mut statement = self.connection.prepare_cached("SELECT source_guid FROM link WHERE anchor = ?1")?;
        let told = statement.query_row([anchor.as_str()], |row| row.get::<_, Option<[u8; 16]>>(0)).optional()?.flatten();
        Ok(told.map(ObjectGuid::from_bytes).or_else(|| anchor.guid()))
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
    // The anchor tells it nearly always.
    let told = link.guid().filter(|guid| link.anchor.guid() != Some(*guid));
    let told = told.as_ref().map(ObjectGuid::as_bytes);
    let Link { anchor, kind, target_id, last_dn, last_upn, confirmed, state } = link;
    let confirmed = confirmed.as_bytes();
    let values = params![anchor.as_str(), target_id, *state == LinkState::Live, last_dn, last_upn, confirmed, kind_number(*kind), told];
    let mut update = transaction.prepare_cached(
        "UPDATE link SET target_id = ?2, live = ?3, last_dn = ?4, last_upn = ?5, confirmed = ?6, kind = ?7, source_guid = ?8 WHERE anchor = ?1",
    )?;
    if update.execute(values)? == 0 {
        let mut insert = transaction.prepare_cached(
            "INSERT INTO link (anchor, target_id, live, last_dn, last_upn, confirmed, kind, source_guid)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?;
        insert.execute(values)?;
    }
    Ok(())
}

pub(super) const fn kind_number(kind: Kind) -> i64 {
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
    let confirmed = ServiceBlock::from_bytes(confirmed).map_err(|_| StateError::Damaged { what: "link" })?;
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
