//! Whether the tenant takes objects from Active Directory.

use rusqlite::Connection;
use samesign_wire::provisioning::features;

use super::DirectoryError;
use crate::identity::passwords;
use crate::store::{changes, organization};

/// The state of the switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncState {
    /// Off, as in a new tenant.
    Off,
    /// Switched on, but not in effect before `until` (Unix seconds).
    Enabling {
        /// From when it is on.
        until: i64,
    },
    /// On.
    On,
}

impl SyncState {
    /// `off`, `enabling` or `on`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Enabling { .. } => "enabling",
            Self::On => "on",
        }
    }

    /// The state at `now`, given from when synchronization is on.
    pub const fn of(sync_from: Option<i64>, now: i64) -> Self {
        match sync_from {
            None => Self::Off,
            Some(from) if from > now => Self::Enabling { until: from },
            Some(_) => Self::On,
        }
    }
}

/// Features that Graph names and the provisioning service has no known bit for. They are kept beside the others, and never sent.
pub mod local {
    /// The cloud's own values of mobile numbers do not hold back Active Directory's.
    pub const BYPASS_OVERRIDES: i32 = 1 << 25;
    /// Kept, without an effect here.
    pub const CONCURRENT_CREDENTIAL_UPDATE: i32 = 1 << 26;
    /// Kept, without an effect here.
    pub const CONCURRENT_ORG_ID_PROVISIONING: i32 = 1 << 27;
    /// Kept, without an effect here.
    pub const FOPE_CONFLICT_RESOLUTION: i32 = 1 << 28;
    /// Kept, without an effect here.
    pub const GROUP_WRITEBACK: i32 = 1 << 29;
    /// An object that is mapped to one object of Active Directory may be taken over by another: for recovery alone.
    pub const ALLOW_OBJECT_IDENTIFIER_UPDATE: i32 = 1 << 30;
    /// All of them.
    pub const ALL: i32 = BYPASS_OVERRIDES
        | CONCURRENT_CREDENTIAL_UPDATE
        | CONCURRENT_ORG_ID_PROVISIONING
        | FOPE_CONFLICT_RESOLUTION
        | GROUP_WRITEBACK
        | ALLOW_OBJECT_IDENTIFIER_UPDATE;
}

/// The feature bits of a new tenant: matching by UPN as well, renamed UPNs follow, and duplicates are put aside.
pub const FEATURES: i32 = ONE_WAY | features::DUPLICATE_UPN_RESILIENCY | features::DUPLICATE_PROXY_ADDRESS_RESILIENCY;

/// Feature bits that cannot be taken back once they are set.
///
/// The service lets nobody take back that duplicates are put aside either. Here it can be, to see what an old tenant does.
const ONE_WAY: i32 = features::ENABLE_SOFT_MATCH_ON_UPN | features::SYNCHRONIZE_UPN_FOR_MANAGED_USERS;

/// The state at `now`.
pub fn state(connection: &Connection, now: i64) -> Result<SyncState, DirectoryError> {
    Ok(SyncState::of(organization::load(connection)?.sync_from, now))
}

/// Switches synchronization on; it takes effect `after` seconds from now. One that is on stays on.
pub fn enable(connection: &Connection, now: i64, after: i64) -> Result<SyncState, DirectoryError> {
    if state(connection, now)? != SyncState::On {
        organization::set_sync_from(connection, Some(now.saturating_add(after)))?;
    }
    state(connection, now)
}

/// Switches synchronization off. Objects stay as they are.
pub fn disable(connection: &Connection) -> Result<(), DirectoryError> {
    Ok(organization::set_sync_from(connection, None)?)
}

/// Sets the feature bits as the provisioning service is asked to: it knows nothing of the [`local`] ones, which stay.
pub fn set_wire_features(connection: &Connection, wanted: i32, actor: &str, now: i64) -> Result<(), DirectoryError> {
    let held = organization::load(connection)?.sync_features;
    set_features(connection, wanted & !local::ALL | held & local::ALL, actor, now)
}

/// Sets the feature bits; the ones that cannot be taken back stay.
pub fn set_features(connection: &Connection, wanted: i32, actor: &str, now: i64) -> Result<(), DirectoryError> {
    let held = organization::load(connection)?.sync_features;
    let wanted = wanted | held & ONE_WAY;
    if wanted == held {
        return Ok(());
    }
    organization::set_sync_features(connection, wanted)?;
    Ok(changes::audit(connection, now, actor, "set synchronization features", "tenant", &format!("{held} to {wanted}"))?)
}

/// Switches one feature bit on or off and leaves the others alone.
pub fn set_feature(connection: &Connection, feature: i32, on: bool, actor: &str, now: i64) -> Result<(), DirectoryError> {
    let held = organization::load(connection)?.sync_features;
    set_features(connection, if on { held | feature } else { held & !feature }, actor, now)
}

/// How the tenant guards itself against deletion by accident: `synchronizationPreventionType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeletionMode {
    /// Not at all.
    Disabled,
    /// By the number of deletions in one export.
    Count,
    /// By the share of all synchronized objects, in per cent.
    Percentage,
}

impl DeletionMode {
    const ALL: [Self; 3] = [Self::Disabled, Self::Count, Self::Percentage];

    /// The service's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::Count => "enabledForCount",
            Self::Percentage => "enabledForPercentage",
        }
    }

    /// The mode with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.name() == name)
    }
}

/// Sets from how many deletions on, or from which share in per cent, an export is refused.
pub fn set_deletion_guard(
    connection: &Connection,
    mode: DeletionMode,
    threshold: i64,
    actor: &str,
    now: i64,
) -> Result<(), DirectoryError> {
    let most = if mode == DeletionMode::Percentage { 100 } else { i64::from(i32::MAX) };
    if !(1..=most).contains(&threshold) {
        let reason = format!("a whole number from 1 to {most} is needed");
        return Err(DirectoryError::invalid("alertThreshold", &threshold.to_string(), &reason));
    }
    organization::set_deletion_prevention(connection, mode.name(), threshold)?;
    Ok(changes::audit(connection, now, actor, "set deletion prevention", "tenant", &format!("{} {threshold}", mode.name()))?)
}

/// What the tenant knows of password hash synchronization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passwords {
    /// Whether hashes are taken: the feature `PasswordHashSync`.
    pub on: bool,
    /// "Must change the password at next logon" follows from Active Directory.
    pub force_change: bool,
    /// The cloud's own password policy, expiry above all, applies to users whose passwords are synchronized.
    pub cloud_policy: bool,
    /// When the last password that is still in use came, Unix seconds.
    pub last: Option<i64>,
    /// Live users who sign in with a synchronized password.
    pub users: usize,
}

/// The state of password hash synchronization. Reads every password's row.
pub fn passwords(connection: &Connection) -> Result<Passwords, DirectoryError> {
    let held = organization::load(connection)?.sync_features;
    let (users, last) = passwords::count_synced(connection)?;
    Ok(Passwords {
        on: held & features::PASSWORD_HASH_SYNC != 0,
        force_change: held & features::USER_FORCE_PASSWORD_CHANGE_ON_LOGON != 0,
        cloud_policy: held & features::CLOUD_PASSWORD_POLICY_FOR_PASSWORD_SYNCED_USERS != 0,
        last,
        users,
    })
}
