//! What the guard counts over a rolling 24 hours.

use std::collections::BTreeSet;

use rusqlite::{Transaction, params};
use samesign_engine::{Anchor, Kind, Recent};

use super::link::kind_number;
use super::{StateError, Store};
use crate::clock::Timestamp;

/// The guard's window, in seconds.
const WINDOW: i64 = 24 * 60 * 60;

impl Store {
    /// The deletes, disables, renames and clears of the last 24 hours that nobody approved.
    pub fn recent(&self, now: Timestamp) -> Result<Recent, StateError> {
        let mut recent = Recent { synced: self.synced()?, ..Recent::default() };
        for kind in [Kind::User, Kind::Group, Kind::Contact] {
            recent.synced_by_kind.insert(kind, self.synced_of(kind)?);
        }
        // An event from the future (the clock was set back) still counts.
        let sql = "SELECT what, anchor, link.kind FROM guard_event LEFT JOIN link USING (anchor) WHERE at > ?1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query([now.minus(WINDOW).0])?;
        while let Some(row) = rows.next()? {
            let (what, anchor, kind): (String, String, Option<i64>) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let anchor = Anchor::from_text(&anchor);
            if let Some(kind) = [Kind::Group, Kind::Contact].into_iter().find(|known| Some(kind_number(*known)) == kind) {
                recent.kinds.insert(anchor.clone(), kind);
            }
            match what.split_once(':') {
                Some(("cleared", attribute)) => recent.cleared.entry(attribute.to_owned()).or_default().insert(anchor),
                Some(("members-removed", count)) => {
                    *recent.members_removed.entry(anchor).or_default() += count.parse().unwrap_or(0);
                    true
                }
                _ => set_of(&mut recent, &what).is_some_and(|set| set.insert(anchor)),
            };
        }
        Ok(recent)
    }
}

fn set_of<'a>(recent: &'a mut Recent, what: &str) -> Option<&'a mut BTreeSet<Anchor>> {
    match what {
        "deleted" => Some(&mut recent.deleted),
        "disabled" => Some(&mut recent.disabled),
        "renamed" => Some(&mut recent.renamed),
        _ => None,
    }
}

/// Notes that an event which the guard counts has been sent.
pub fn note_guard_event(transaction: &Transaction<'_>, now: Timestamp, what: &str, anchor: &Anchor) -> Result<(), StateError> {
    transaction.prepare_cached("INSERT INTO guard_event VALUES (?1, ?2, ?3)")?.execute(params![now.0, what, anchor.as_str()])?;
    Ok(())
}

/// Forgets events that are past the window.
pub fn forget_old_guard_events(transaction: &Transaction<'_>, now: Timestamp) -> Result<(), StateError> {
    transaction.execute("DELETE FROM guard_event WHERE at <= ?1", [now.minus(2 * WINDOW).0])?;
    Ok(())
}
