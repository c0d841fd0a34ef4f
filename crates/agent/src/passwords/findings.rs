//! What a person must know about passwords that are not sent.

use samesign_engine::{Finding, Severity};

use super::rules::{NO_PASSWORD, PRIVILEGED, UNSUPPORTED_CLASS};
use crate::clock::Timestamp;
use crate::error::AgentError;
use crate::state::Store;
use crate::state::finding::replace_password_findings;
use crate::state::password::{PasswordRow, PasswordState};

/// The service may take a while to know a new object; after so many seconds somebody should look.
const LONG_OWED: i64 = 60 * 60;

/// Brings the open findings about passwords up to date.
pub fn keep_password_findings(store: &mut Store, now: Timestamp) -> Result<(), AgentError> {
    let mut rows = Vec::new();
    store.passwords_to_tell(&[PRIVILEGED, UNSUPPORTED_CLASS, NO_PASSWORD], now.minus(LONG_OWED), &mut |row| rows.push(row))?;
    let mut findings = Vec::with_capacity(rows.len());
    for row in &rows {
        findings.push(finding(row, name_of(store, row)?));
    }
    Ok(store.transaction(|transaction| replace_password_findings(transaction, &findings, now))?)
}

fn name_of(store: &Store, row: &PasswordRow) -> Result<Box<str>, AgentError> {
    let object = store.guid_of(&row.anchor)?.map(|guid| store.source(&guid)).transpose()?.flatten();
    Ok(object.map_or_else(|| row.anchor.as_str().into(), |object| object.dn))
}

fn finding(row: &PasswordRow, dn: Box<str>) -> Finding {
    let said = row.reason.as_deref();
    let (code, severity, attribute, value, hint) = match (row.state, said.unwrap_or_default()) {
        (PasswordState::Withheld, PRIVILEGED) => (
            "password-withheld-privileged",
            Severity::Info,
            Some("adminCount"),
            Some("1"),
            "the password of a privileged account is not sent; set `privileged = true` in [passwords] if it should be, or clear adminCount on an account that is privileged no more",
        ),
        (PasswordState::Withheld, UNSUPPORTED_CLASS) => (
            "password-unsupported-class",
            Severity::Info,
            Some("objectClass"),
            Some("inetOrgPerson"),
            "passwords of inetOrgPerson objects are not synchronized; give the person a user account, or a password in the tenant",
        ),
        (PasswordState::Withheld, _) => (
            "password-missing",
            Severity::Warning,
            None,
            None,
            "the source holds no NT hash for this person; set a password, or export with unicodePwd",
        ),
        (PasswordState::Owed, _) => (
            "password-object-unknown",
            Severity::Warning,
            None,
            said,
            "the tenant has not known the object for more than an hour; look whether it is there, and run `samesign sync --full`",
        ),
        (PasswordState::Refused | PasswordState::Sent, _) => (
            "password-refused",
            Severity::Error,
            None,
            said,
            "the service refused this password and is asked again every hour; mend what its words name",
        ),
    };
    Finding { code, severity, objects: vec![dn], attribute: attribute.map(Into::into), value: value.map(Into::into), hint: hint.into() }
}
