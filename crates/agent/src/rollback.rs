//! Whether a domain controller went back in time: restored from a copy, or set back to a snapshot.
//!
//! Such a one holds people as they once were. Whoever came since is missing, whoever was disabled since is enabled.

use rusqlite::Transaction;
use samesign_connect::ad::ServerIdentity;

use crate::state::{StateError, Store, set_meta};

/// A state of a domain controller's database.
pub struct Database {
    server: String,
    invocation_id: String,
    usn: u64,
}

impl Database {
    /// The state in which a server says it is.
    pub fn of(server: &ServerIdentity) -> Self {
        let ServerIdentity { ds_service_name, invocation_id, highest_committed_usn, .. } = server;
        Self { server: ds_service_name.clone(), invocation_id: invocation_id.to_string(), usn: *highest_committed_usn }
    }

    /// What says that it is older than what was last read from this server, in words; `None` when it is not. Once noticed, that stays
    /// so until it is accepted: new changes soon hide it.
    pub fn went_back(&self, store: &Store) -> Result<Option<String>, StateError> {
        let Some(before) = store.meta(&self.key())? else { return Ok(None) };
        let (invocation_id, usn) = before.split_once(' ').unwrap_or_default();
        if invocation_id != self.invocation_id {
            return Ok(Some("its invocationId is another than when it was last read".to_owned()));
        }
        let usn: u64 = usn.parse().unwrap_or_default();
        if self.usn < usn {
            return Ok(Some(format!("it is at change {}, and had been at change {usn} when it was last read", self.usn)));
        }
        let noticed = store.meta(&self.suspected())?.is_some_and(|mark| mark == "yes");
        Ok(noticed.then(|| "that was noticed in an earlier run".to_owned()))
    }

    /// Remembers that it went back.
    pub fn suspect(&self, transaction: &Transaction<'_>) -> Result<(), StateError> {
        set_meta(transaction, &self.suspected(), "yes")
    }

    /// Takes this state as what the next one is compared with.
    pub fn accept(&self, transaction: &Transaction<'_>) -> Result<(), StateError> {
        set_meta(transaction, &self.suspected(), "no")?;
        set_meta(transaction, &self.key(), &format!("{} {}", self.invocation_id, self.usn))
    }

    /// The name under which it is remembered that this server went back and that nobody has accepted it yet.
    fn suspected(&self) -> String {
        format!("restored {}", self.server)
    }

    fn key(&self) -> String {
        format!("database {}", self.server)
    }
}

#[cfg(test)]
mod tests;
