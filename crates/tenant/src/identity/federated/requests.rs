//! Browsers that were sent to a sign-in service and are expected back.

use rusqlite::{Connection, OptionalExtension, params};

use super::super::id;
use crate::random::{self, NoRandom};
use crate::store::StoreError;

/// How long a browser may be away, in seconds.
const LIFETIME_SECONDS: i64 = 600;
/// Rows kept; beyond that the oldest are forgotten.
const ROWS_MAX: i64 = 10_000;

/// Where a browser was sent, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The federated domain whose service it was sent to.
    pub domain: String,
    /// Where it goes on to, as [`crate::sign_in`] writes it.
    pub destination: String,
    /// The person has to have proved who they are no earlier than this, Unix seconds; 0: whenever.
    pub fresh: i64,
}

/// A request could not be noted.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No random bytes.
    #[error(transparent)]
    Random(#[from] NoRandom),
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Notes a request of the browser with this cookie; answers the text that has to come back with the answer.
pub fn open(connection: &Connection, browser: &str, request: &Request, now: i64) -> Result<String, OpenError> {
    let Request { domain, destination, fresh } = request;
    let token = random::token()?;
    connection.prepare_cached("DELETE FROM federated_request WHERE expires < ?1")?.execute([now])?;
    let sql = "INSERT INTO federated_request (id, browser, domain, destination, fresh, expires) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let row = params![id(&token), id(browser), domain, destination, fresh, now + LIFETIME_SECONDS];
    connection.prepare_cached(sql)?.execute(row)?;
    let number = connection.last_insert_rowid();
    connection.prepare_cached("DELETE FROM federated_request WHERE number <= ?1")?.execute([number - ROWS_MAX])?;
    Ok(token)
}

/// The request that belongs to a text that came back.
pub fn find(connection: &Connection, token: &str, now: i64) -> Result<Option<Request>, StoreError> {
    let sql = "SELECT domain, destination, fresh FROM federated_request WHERE id = ?1 AND expires >= ?2";
    let read = |row: &rusqlite::Row<'_>| Ok(Request { domain: row.get(0)?, destination: row.get(1)?, fresh: row.get(2)? });
    Ok(connection.prepare_cached(sql)?.query_row(params![id(token), now], read).optional()?)
}

/// Ends a request. `None`: there is none, or it is of another browser, and then it stays.
pub(super) fn take(connection: &Connection, request: &[u8], browser: &str, now: i64) -> Result<Option<Request>, StoreError> {
    let sql = "DELETE FROM federated_request WHERE id = ?1 AND browser = ?2 AND expires >= ?3 RETURNING domain, destination, fresh";
    let read = |row: &rusqlite::Row<'_>| Ok(Request { domain: row.get(0)?, destination: row.get(1)?, fresh: row.get(2)? });
    Ok(connection.prepare_cached(sql)?.query_row(params![request, id(browser), now], read).optional()?)
}
