//! Open findings: what a person must still repair.

use std::collections::HashSet;

use rusqlite::{OptionalExtension, Transaction, params};
use samesign_engine::{Finding, dn_key, fold};

use super::{StateError, Store, key_hash};
use crate::clock::Timestamp;
use crate::parked::VALUE_PARKED;

/// A finding that is open.
#[derive(Clone, Debug, serde::Serialize)]
pub struct OpenFinding {
    /// When it was first seen.
    pub first_seen: String,
    /// The finding as the plan shows it.
    #[serde(flatten)]
    pub finding: serde_json::Value,
}

impl Store {
    /// Every open finding, errors first.
    pub fn findings(&self) -> Result<Vec<OpenFinding>, StateError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT first_seen, json FROM finding
             ORDER BY CASE severity WHEN 'error' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END, code, json",
        )?;
        let rows = statement.query_map([], |row| Ok((Timestamp(row.get(0)?), row.get::<_, String>(1)?)))?;
        rows.map(|row| {
            let (first_seen, json) = row?;
            let finding = serde_json::from_str(&json).map_err(|_| StateError::Damaged { what: "finding" })?;
            Ok(OpenFinding { first_seen: first_seen.to_string(), finding })
        })
        .collect()
    }

    /// How many findings of severity error are open.
    pub fn error_findings(&self) -> Result<usize, StateError> {
        let mut statement = self.connection.prepare_cached("SELECT count(*) FROM finding WHERE severity = 'error'")?;
        Ok(statement.query_row([], |row| row.get::<_, i64>(0))?.unsigned_abs() as usize)
    }

    /// The keys of the objects that open findings name: they are planned again in every run.
    pub fn finding_keys(&self) -> Result<Vec<i64>, StateError> {
        let mut statement = self.connection.prepare_cached("SELECT DISTINCT key FROM finding_key")?;
        Ok(statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
    }
}

/// The index key of an object as a finding names it: an AD object by DN, a tenant object by UPN.
pub fn object_key(object: &str) -> i64 {
    key_hash(&if object.contains('=') { format!("dn:{}", dn_key(object)) } else { format!("name:{}", fold(object)) })
}

/// Replaces the findings about the planned objects (all findings, when `planned` is `None`) by the ones of this plan. Those that
/// a read of the whole source makes are kept unless this run read it (`reads_all`).
pub fn replace_findings(
    transaction: &Transaction<'_>,
    planned: Option<&HashSet<i64>>,
    findings: &[Finding],
    reads_all: bool,
    now: Timestamp,
) -> Result<(), StateError> {
    let kept: HashSet<String> = findings.iter().filter_map(|finding| serde_json::to_string(finding).ok()).collect();
    let before: Vec<(i64, String, String, Option<i64>)> = transaction
        .prepare_cached("SELECT finding.id, code, json, key FROM finding LEFT JOIN finding_key ON finding = finding.id")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
        .collect::<Result<_, _>>()?;
    for (id, code, json, key) in before {
        let looked_at = code == VALUE_PARKED || planned.is_none_or(|planned| key.is_none_or(|key| planned.contains(&key)));
        if is_about_passwords(&code) {
            continue;
        }
        if !kept.contains(&json) && (looked_at || (reads_all && is_of_every_read(&code))) {
            transaction.prepare_cached("DELETE FROM finding WHERE id = ?1")?.execute([id])?;
        }
    }
    findings.iter().try_for_each(|finding| keep(transaction, finding, now))
}

/// Replaces the findings about passwords. They name no objects to be planned again: no plan mends them.
pub fn replace_password_findings(transaction: &Transaction<'_>, findings: &[Finding], now: Timestamp) -> Result<(), StateError> {
    let kept: HashSet<String> = findings.iter().filter_map(|finding| serde_json::to_string(finding).ok()).collect();
    let before: Vec<(i64, String, String)> = transaction
        .prepare_cached("SELECT id, code, json FROM finding")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<_, _>>()?;
    for (id, code, json) in before {
        if is_about_passwords(&code) && !kept.contains(&json) {
            transaction.prepare_cached("DELETE FROM finding WHERE id = ?1")?.execute([id])?;
        }
    }
    findings.iter().try_for_each(|finding| keep_alone(transaction, finding, now).map(|_| ()))
}

fn is_about_passwords(code: &str) -> bool {
    code.starts_with("password-")
}

/// Findings that every read makes anew, whatever it plans.
fn is_of_every_read(code: &str) -> bool {
    ["ldif-", "source-", "scope-", "ad-"].iter().any(|prefix| code.starts_with(prefix))
}

fn keep(transaction: &Transaction<'_>, finding: &Finding, now: Timestamp) -> Result<(), StateError> {
    let Some(id) = keep_alone(transaction, finding, now)? else { return Ok(()) };
    for object in &finding.objects {
        transaction.prepare_cached("INSERT OR IGNORE INTO finding_key VALUES (?1, ?2)")?.execute([object_key(object), id])?;
    }
    Ok(())
}

/// Keeps a finding without the keys of its objects; gives its row when it is new.
fn keep_alone(transaction: &Transaction<'_>, finding: &Finding, now: Timestamp) -> Result<Option<i64>, StateError> {
    let json = serde_json::to_string(finding).map_err(|_| StateError::Damaged { what: "finding" })?;
    let severity = match finding.severity {
        samesign_engine::Severity::Error => "error",
        samesign_engine::Severity::Warning => "warning",
        samesign_engine::Severity::Info => "info",
    };
    Ok(transaction
        .prepare_cached("INSERT OR IGNORE INTO finding (code, severity, first_seen, json) VALUES (?1, ?2, ?3, ?4) RETURNING id")?
        .query_row(params![finding.code, severity, now.0, json], |row| row.get(0))
        .optional()?)
}
