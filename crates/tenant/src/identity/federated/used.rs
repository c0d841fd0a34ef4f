//! Tokens that were used: each is taken once, across restarts too.

use rusqlite::{Connection, params};

use super::super::id;
use crate::store::StoreError;

/// Tokens remembered at once. When there are as many, no further one is taken: to forget one would let it in again.
pub const ROWS_MAX: i64 = 1_000_000;
/// Expired rows forgotten with each new one: two, so that they run out faster than they come.
const FORGOTTEN: i64 = 2;

/// What came of a first use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// It is the first.
    First,
    /// It was used before.
    Again,
    /// There is no room to remember it.
    Full,
}

/// Uses the token that `issuer` calls `token`; it stays used for as long as it could be shown, `until`.
pub fn first(connection: &Connection, issuer: &str, token: &str, until: i64, now: i64) -> Result<Use, StoreError> {
    let sql = "DELETE FROM used_token WHERE id IN (SELECT id FROM used_token WHERE until < ?1 ORDER BY until LIMIT ?2)";
    connection.prepare_cached(sql)?.execute(params![now, FORGOTTEN])?;
    let name = name(issuer, token);
    if holds(connection, &name)? {
        return Ok(Use::Again);
    }
    let rows: i64 = connection.prepare_cached("SELECT rows FROM used_token_count")?.query_row([], |row| row.get(0))?;
    if rows >= ROWS_MAX {
        return Ok(Use::Full);
    }
    connection.prepare_cached("INSERT INTO used_token (id, until) VALUES (?1, ?2)")?.execute(params![name, until])?;
    Ok(Use::First)
}

/// Whether a token was used: to refuse it without writing anything.
pub fn is_used(connection: &Connection, issuer: &str, token: &str) -> Result<bool, StoreError> {
    holds(connection, &name(issuer, token))
}

fn holds(connection: &Connection, name: &[u8; 32]) -> Result<bool, StoreError> {
    Ok(connection.prepare_cached("SELECT EXISTS (SELECT 1 FROM used_token WHERE id = ?1)")?.query_row([name], |row| row.get(0))?)
}

/// An issuer's name holds no line feed, so that no two pairs are the same text.
fn name(issuer: &str, token: &str) -> [u8; 32] {
    id(&format!("{issuer}\n{token}"))
}
