//! Whose password is sent, and why not. Pure.

use samesign_engine::{Attributes, Class, SourceObject};

use crate::clock::Timestamp;
use crate::settings::{Passwords, Rule, Select};
use crate::state::password::{PasswordRow, PasswordState};

/// Outside the scope; the link is still live because the delete waits.
pub const NOT_IN_SCOPE: &str = "not-in-scope";
/// inetOrgPerson.
pub const UNSUPPORTED_CLASS: &str = "unsupported-class";
/// The account is disabled.
pub const DISABLED: &str = "disabled";
/// The rule `passwords.select` leaves the person out.
pub const NOT_SELECTED: &str = "not-selected";
/// `adminCount` is 1.
pub const PRIVILEGED: &str = "privileged";
/// The password must be changed at the next logon.
pub const MUST_CHANGE: &str = "must-change";
/// The source holds none.
pub const NO_PASSWORD: &str = "no-password";

/// The bit of userAccountControl that says "disabled" (MS-ADTS 2.2.16, ADS_UF_ACCOUNT_DISABLE).
const ACCOUNT_DISABLE: u32 = 2;
/// From the first day of FILETIME (1601) to the first of Unix (1970), in seconds.
const FILETIME_EPOCH_SECONDS: i64 = 11_644_473_600;
const FILETIME_PER_SECOND: i64 = 10_000_000;

/// What decides whose password is sent.
pub struct Rules<'a> {
    /// The configuration.
    pub settings: &'a Passwords,
    /// Whether the tenant heeds "must change at the next sign-in".
    pub force_change: bool,
    /// Whether the mirror's pwdLastSet is the version: so with a file. Replication tells versions of its own.
    pub versions_from_mirror: bool,
}

/// What the mirror says of one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Why the password is not sent; `None` when it is.
    pub withheld: Option<&'static str>,
    /// Whether the account is enabled.
    pub enabled: bool,
    /// Whether the password must be changed at the next logon.
    pub must_change: bool,
    /// The version of the password and its time in Unix seconds, where the mirror tells.
    pub version: Option<(i64, i64)>,
}

/// Whether userAccountControl says that the account is enabled.
pub const fn is_enabled(account_control: u32) -> bool {
    account_control & ACCOUNT_DISABLE == 0
}

impl Rules<'_> {
    /// What the mirror's object says.
    pub fn facts(&self, object: &SourceObject, in_scope: bool) -> Facts {
        let attributes = &object.attributes;
        let (enabled, last_set, must_change) = (is_account_enabled(attributes), last_set(attributes), must_change(attributes));
        let reasons = [
            (NOT_IN_SCOPE, !in_scope),
            (UNSUPPORTED_CLASS, object.class == Class::InetOrgPerson),
            (DISABLED, !enabled),
            (NOT_SELECTED, self.settings.select.as_ref().is_some_and(|select| !takes_part(attributes, select))),
            (PRIVILEGED, !self.settings.privileged && is_privileged(attributes)),
            (MUST_CHANGE, must_change && !self.force_change),
        ];
        Facts {
            withheld: reasons.iter().find(|(_, applies)| *applies).map(|(reason, _)| *reason),
            enabled,
            must_change,
            version: last_set.filter(|_| self.versions_from_mirror).map(|set| (set, unix_of_filetime(set))),
        }
    }
}

/// Whether the account is enabled. userAccountControl is a signed 32-bit number in LDAP; what cannot be read is no reason to lock
/// anybody out.
pub fn is_account_enabled(attributes: &Attributes) -> bool {
    let control = attributes.text("useraccountcontrol").and_then(|text| text.parse::<i64>().ok());
    control.is_none_or(|control| is_enabled(control.cast_unsigned() as u32))
}

/// Whether the password must be changed at the next logon.
pub fn must_change(attributes: &Attributes) -> bool {
    last_set(attributes) == Some(0)
}

fn last_set(attributes: &Attributes) -> Option<i64> {
    attributes.text("pwdlastset")?.parse().ok()
}

fn is_privileged(attributes: &Attributes) -> bool {
    attributes.text("admincount").is_some_and(|count| count == "1")
}

fn takes_part(attributes: &Attributes, select: &Select) -> bool {
    let has = attributes.texts(&select.attribute.to_ascii_lowercase()).any(|value| value.eq_ignore_ascii_case(&select.value));
    has == (select.rule == Rule::Include)
}

/// Unix seconds of a FILETIME.
pub const fn unix_of_filetime(filetime: i64) -> i64 {
    (filetime / FILETIME_PER_SECOND).saturating_sub(FILETIME_EPOCH_SECONDS)
}

/// How a password stands after its person was looked at; `None` when nothing changes. `anew`: the account in the tenant has just
/// come about, so whatever was sent before went elsewhere.
pub fn transition(before: Option<&PasswordRow>, fresh: PasswordRow, facts: &Facts, anew: bool) -> Option<PasswordRow> {
    let Some(before) = before else { return Some(fresh) };
    let mut after = PasswordRow {
        target_id: fresh.target_id.clone(),
        enabled: fresh.enabled,
        must_change: fresh.must_change,
        version: facts.version.map(|(version, _)| version).or(before.version),
        changed: facts.version.map(|(_, changed)| changed).or(before.changed),
        ..before.clone()
    };
    let another_password = facts.version.is_some() && (after.version, after.changed) != (before.version, before.changed);
    let another_account = before.target_id.is_some() && before.target_id != fresh.target_id;
    let decided_anew = match (facts.withheld, before.state) {
        (Some(reason), PasswordState::Withheld) => before.reason.as_deref() != Some(reason),
        (Some(_), _) => true,
        (None, PasswordState::Withheld) => before.reason.as_deref() != Some(NO_PASSWORD) || another_password || anew,
        (None, PasswordState::Owed) => another_password || anew,
        (None, PasswordState::Sent | PasswordState::Refused) => another_password || another_account || anew,
    };
    if decided_anew {
        let PasswordRow { state, reason, since, not_before, .. } = fresh;
        after = PasswordRow { state, reason, since, not_before, ..after };
    }
    (after != *before).then_some(after)
}

/// The row of somebody who was not known before.
pub fn fresh(anchor: samesign_engine::Anchor, target_id: Option<Box<str>>, facts: &Facts, now: Timestamp) -> PasswordRow {
    PasswordRow {
        anchor,
        state: if facts.withheld.is_some() { PasswordState::Withheld } else { PasswordState::Owed },
        reason: facts.withheld.map(str::to_owned),
        since: now,
        not_before: Timestamp(0),
        version: facts.version.map(|(version, _)| version),
        changed: facts.version.map(|(_, changed)| changed),
        sent_at: None,
        target_id,
        enabled: facts.enabled,
        must_change: facts.must_change,
    }
}

/// How a password stands, for a person.
pub fn explained(row: &PasswordRow) -> String {
    let since = row.since;
    match row.state {
        PasswordState::Sent => format!("the Windows password opens the tenant; sent {}", row.sent_at.unwrap_or(since)),
        PasswordState::Owed => {
            let said = row.reason.as_ref().map(|words| format!("; the service said: {words}")).unwrap_or_default();
            format!("the Windows password is to be sent since {since}{said}")
        }
        PasswordState::Refused => {
            format!("the service refused the password at {since}: {}", row.reason.as_deref().unwrap_or("no reason given"))
        }
        PasswordState::Withheld => {
            format!("the password is withheld since {since}: {}", meaning(row.reason.as_deref().unwrap_or_default()))
        }
    }
}

fn meaning(reason: &str) -> &str {
    match reason {
        NOT_IN_SCOPE => "the person is not in scope",
        UNSUPPORTED_CLASS => "passwords of inetOrgPerson objects are not synchronized",
        DISABLED => "the account is disabled in Active Directory",
        NOT_SELECTED => "`passwords.select` leaves the person out",
        PRIVILEGED => "adminCount is 1, and `passwords.privileged` is not true",
        MUST_CHANGE => "it must be changed at the next Windows logon; it follows once that is done",
        NO_PASSWORD => "the source holds no NT hash",
        other => other,
    }
}

#[cfg(test)]
mod tests;
