//! The sign-in log: every time somebody tried to sign in, and what came of it. The newest 100,000 are kept.

use rusqlite::{Connection, Row, params};

use super::sign_in::Via;
use crate::store::StoreError;

/// Rows kept.
const ROWS_MAX: i64 = 100_000;
/// Characters of a name that are kept.
const NAME_MAX: usize = 120;
/// Characters of the detail that are kept.
const DETAIL_MAX: usize = 1_000;

/// One attempt, to be written.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// Unix seconds.
    pub at: i64,
    /// The name as it was typed.
    pub upn: &'a str,
    /// Object id of the user, where there is one with that name.
    pub user: Option<&'a str>,
    /// Client id, or "portal", "my account".
    pub client: &'a str,
    /// By which door.
    pub via: Via,
    /// Where from.
    pub address: &'a str,
    /// The service's code; 0: signed in.
    pub code: u32,
    /// What else there is to know, such as who vouched for the person.
    pub detail: &'a str,
}

/// One attempt, as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInRow {
    /// Its number: pages go by it, newest first.
    pub number: i64,
    /// Unix seconds.
    pub at: i64,
    /// The name as it was typed, or [`NOT_A_NAME`].
    pub upn: String,
    /// Object id of the user, where there was one with that name.
    pub user: Option<String>,
    /// Client id, or "portal", "my account".
    pub client: String,
    /// By which door: `page`, `password grant`, `device code`, `portal`, `federation`, `token grant`.
    pub via: String,
    /// Where from.
    pub address: String,
    /// The service's code; 0: signed in.
    pub code: u32,
    /// The outcome in words.
    pub text: &'static str,
    /// What else there is to know.
    pub detail: String,
}

/// Stands for what was typed as a name and cannot be one: people type passwords there.
pub const NOT_A_NAME: &str = "(not a name)";

/// Writes an attempt down. The oldest beyond the bound are forgotten on the way.
pub fn record(connection: &Connection, entry: &Entry<'_>) -> Result<(), StoreError> {
    let Entry { at, upn, user, client, via, address, code, detail } = *entry;
    let name: String = if upn.contains('@') { upn.chars().take(NAME_MAX).collect() } else { NOT_A_NAME.to_owned() };
    let detail: String = detail.chars().take(DETAIL_MAX).collect();
    let sql = "INSERT INTO sign_in_log (at, upn, user, client, via, address, code, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    connection.prepare_cached(sql)?.execute(params![at, name, user, client, via.name(), address, code, detail])?;
    let number = connection.last_insert_rowid();
    connection.prepare_cached("DELETE FROM sign_in_log WHERE number <= ?1")?.execute([number - ROWS_MAX])?;
    Ok(())
}

/// The newest `count` attempts, or those before the row with number `before`.
pub fn page(connection: &Connection, before: Option<i64>, count: usize) -> Result<Vec<SignInRow>, StoreError> {
    search(connection, "", before, count)
}

/// As [`page`], of names that hold `part`, in any case.
pub fn search(connection: &Connection, part: &str, before: Option<i64>, count: usize) -> Result<Vec<SignInRow>, StoreError> {
    let sql = "SELECT number, at, upn, user, client, via, address, code, detail FROM sign_in_log
               WHERE number < ?1 AND (?2 = '' OR instr(fold(upn), fold(?2)) > 0) ORDER BY number DESC LIMIT ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![before.unwrap_or(i64::MAX), part.trim(), limit(count)], row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The newest `count` attempts with the name of the user with this object id.
pub fn of_user(connection: &Connection, user: &str, count: usize) -> Result<Vec<SignInRow>, StoreError> {
    let sql =
        "SELECT number, at, upn, user, client, via, address, code, detail FROM sign_in_log WHERE user = ?1 ORDER BY number DESC LIMIT ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![user, limit(count)], row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn limit(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn row(row: &Row<'_>) -> rusqlite::Result<SignInRow> {
    let code = row.get(7)?;
    Ok(SignInRow {
        number: row.get(0)?,
        at: row.get(1)?,
        upn: row.get(2)?,
        user: row.get(3)?,
        client: row.get(4)?,
        via: row.get(5)?,
        address: row.get(6)?,
        code,
        text: text(code),
        detail: row.get(8)?,
    })
}

/// The outcome in words, for an administrator.
fn text(code: u32) -> &'static str {
    match code {
        0 => "signed in",
        50126 => "wrong name or password",
        50053 => "locked for a while after too many wrong passwords",
        50057 => "right password, but sign-in is blocked",
        50055 => "right password, but it has to be changed first",
        50_003 => "no valid certificate of the sign-in service",
        50_006 => "token not signed by a known key",
        50_013 => "token not valid here, or used before",
        50_107 => "unknown issuer",
        51_004 => "token for nobody in this tenant",
        500_133 => "token outside its valid time",
        5_000_819 => "token for a name of another domain",
        50144 => "right password, but it has to be changed in Active Directory first",
        _ => "refused",
    }
}
