//! Whether an account may sign in, by what its attributes say.

use std::fmt;

use jiff::Timestamp;
use samesign_engine::Attributes;

use super::limits::{number, since_unix};

/// What must be asked for besides what synchronization needs.
pub(super) const ATTRIBUTES: [&str; 6] =
    ["userAccountControl", "msDS-User-Account-Control-Computed", "accountExpires", "pwdLastSet", "lockoutTime", "logonHours"];

/// ADS_UF_ACCOUNTDISABLE and its like (MS-ADTS 2.2.16).
const DISABLED: i64 = 0x2;
const LOCKED_OUT: i64 = 0x10;
const PASSWORD_NEVER_EXPIRES: i64 = 0x1_0000;
const PASSWORD_EXPIRED: i64 = 0x80_0000;
/// accountExpires that means never, besides 0 (MS-ADTS 2.247).
const NEVER: i64 = i64::MAX;

/// How an account stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountState {
    /// It may sign in.
    Enabled,
    /// An administrator has disabled it.
    Disabled,
    /// Its day of expiry is past.
    Expired,
    /// Active Directory has locked it for wrong passwords.
    LockedOut,
    /// Its password is too old.
    PasswordExpired,
    /// Its password must be changed before anything else.
    MustChange,
    /// It may not sign in at this hour.
    OutsideHours,
    /// It may sign in from certain computers only.
    OtherComputer,
}

impl fmt::Display for AccountState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
            Self::Expired => "expired",
            Self::LockedOut => "locked out by Active Directory",
            Self::PasswordExpired => "the password has expired",
            Self::MustChange => "the password must be changed",
            Self::OutsideHours => "not allowed at this hour",
            Self::OtherComputer => "allowed from certain computers only",
        })
    }
}

/// What the attributes say. What is not readable does not let in: an account without userAccountControl counts as disabled.
pub(super) fn of(attributes: &Attributes, now: Timestamp) -> AccountState {
    let control = number(attributes, "useraccountcontrol").unwrap_or(DISABLED);
    // The bits that the domain controller works out, from durations and policies that only it knows all of.
    let computed = number(attributes, "msds-user-account-control-computed");
    let has = |bit: i64| computed.is_some_and(|computed| computed & bit != 0);
    let is_locked = || computed.is_none() && number(attributes, "lockouttime").is_some_and(|since| since != 0);
    let must_change = number(attributes, "pwdlastset") == Some(0) && control & PASSWORD_NEVER_EXPIRES == 0;
    if control & DISABLED != 0 {
        AccountState::Disabled
    } else if has(LOCKED_OUT) || is_locked() {
        AccountState::LockedOut
    } else if has_expired(number(attributes, "accountexpires"), now) {
        AccountState::Expired
    } else if must_change {
        AccountState::MustChange
    } else if has(PASSWORD_EXPIRED) {
        AccountState::PasswordExpired
    } else if !is_within(attributes.first("logonhours"), now) {
        AccountState::OutsideHours
    } else {
        AccountState::Enabled
    }
}

fn has_expired(expires: Option<i64>, now: Timestamp) -> bool {
    expires.filter(|expires| ![0, NEVER].contains(expires)).is_some_and(|expires| since_unix(expires) <= now.as_second())
}

/// logonHours: 21 bytes, one bit for each hour of the week in UTC, from Sunday midnight on, the lowest bit first (MS-SAMR 2.2.6.5). Absent or
/// of another length it forbids nothing.
fn is_within(hours: Option<&[u8]>, now: Timestamp) -> bool {
    const HOURS: i64 = 7 * 24;
    let Some(hours) = hours.filter(|hours| hours.len() == 21) else { return true };
    // The Unix epoch was a Thursday.
    let hour = (now.as_second().div_euclid(3_600) + 4 * 24).rem_euclid(HOURS);
    let byte = usize::try_from(hour / 8).ok().and_then(|byte| hours.get(byte)).copied().unwrap_or_default();
    byte >> (hour % 8) & 1 == 1
}

#[cfg(test)]
mod tests;
