//! `tenant sync`.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use super::{Admin, AdminError};
use crate::clock;
use crate::directory::{SyncState, synchronization};
use crate::store::organization;

/// Whether the tenant takes objects from Active Directory, and when it last did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SyncStatus {
    /// `off`, `enabling` or `on`.
    pub state: &'static str,
    /// While enabling: from when it is on (RFC 3339, UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_from: Option<String>,
    /// The end of the last synchronization (RFC 3339, UTC); `None` when there was none.
    pub last: Option<String>,
}

impl Admin {
    /// Switches synchronization on. It takes effect after `delay`, as it may at the real service; until then the state is "enabling".
    pub fn enable_sync(&self, delay: Duration) -> Result<SyncStatus, AdminError> {
        let seconds = i64::try_from(delay.as_secs()).unwrap_or(i64::MAX);
        self.change("enable synchronization", "tenant", |connection, now| Ok(synchronization::enable(connection, now, seconds)?))?;
        self.sync_status()
    }

    /// Switches synchronization off. Users stay as they are.
    pub fn disable_sync(&self) -> Result<SyncStatus, AdminError> {
        self.change("disable synchronization", "tenant", |connection, _| Ok(synchronization::disable(connection)?))?;
        self.sync_status()
    }

    /// The state now.
    pub fn sync_status(&self) -> Result<SyncStatus, AdminError> {
        let tenant = self.store.read(organization::load)?;
        let state = SyncState::of(tenant.sync_from, clock::now().as_second());
        let on_from = match state {
            SyncState::Enabling { until } => time(until),
            SyncState::Off | SyncState::On => None,
        };
        Ok(SyncStatus { state: state.name(), on_from, last: tenant.sync_last.and_then(time) })
    }
}

fn time(seconds: i64) -> Option<String> {
    Timestamp::from_second(seconds).ok().map(|time| time.to_string())
}
