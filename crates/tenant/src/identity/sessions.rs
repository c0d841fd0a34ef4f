//! Signed-in browsers, as rows: a session ends when it is idle for too long, when it is too old, or when it is revoked.

use rusqlite::{Connection, OptionalExtension, params};

use super::id;
use crate::store::StoreError;

/// A session without a request for this long has ended, in seconds.
pub const IDLE_SECONDS: i64 = 15 * 60;

/// No session lasts longer than this, in seconds.
pub const LIFETIME_SECONDS: i64 = 8 * 60 * 60;

/// Begins a session for the user with this row number. Ended sessions of anyone are forgotten on the way.
pub fn begin(connection: &Connection, token: &str, user: i64, now: i64) -> Result<(), StoreError> {
    connection.execute("DELETE FROM session WHERE expires < ?1", [now])?;
    let sql = "INSERT INTO session (id, user, created, expires) VALUES (?1, ?2, ?3, ?4)";
    connection.execute(sql, params![id(token), user, now, now + IDLE_SECONDS])?;
    Ok(())
}

/// Of a session that began at the service of a federated domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elsewhere {
    /// The domain.
    pub domain: String,
    /// The service's name for the session there (SAML 2.0).
    pub session_index: Option<String>,
}

/// Begins such a session. `sign_out` is a second cookie, which only ends it.
pub fn begin_elsewhere(
    connection: &Connection,
    token: &str,
    user: i64,
    elsewhere: &Elsewhere,
    sign_out: &str,
    now: i64,
) -> Result<(), StoreError> {
    begin(connection, token, user, now)?;
    let sql = "UPDATE session SET domain = ?2, session_index = ?3, sign_out = ?4 WHERE id = ?1";
    connection.execute(sql, params![id(token), elsewhere.domain, elsewhere.session_index, id(sign_out)])?;
    Ok(())
}

/// Where a session began, when that was elsewhere.
pub fn elsewhere(connection: &Connection, token: &str) -> Result<Option<Elsewhere>, StoreError> {
    let sql = "SELECT domain, session_index FROM session WHERE id = ?1 AND domain IS NOT NULL";
    let read = |row: &rusqlite::Row<'_>| Ok(Elsewhere { domain: row.get(0)?, session_index: row.get(1)? });
    Ok(connection.prepare_cached(sql)?.query_row([id(token)], read).optional()?)
}

/// Ends the session that a second cookie belongs to.
pub fn end_by_sign_out(connection: &Connection, sign_out: &str) -> Result<bool, StoreError> {
    Ok(connection.execute("DELETE FROM session WHERE sign_out = ?1", [id(sign_out)])? > 0)
}

/// Ends the sessions of the user with this row number that began at a domain's service: all, or the one that the service calls so.
pub fn end_of_domain(connection: &Connection, user: i64, domain: &str, session_index: Option<&str>) -> Result<(), StoreError> {
    let sql = "DELETE FROM session WHERE user = ?1 AND domain = ?2 AND (?3 IS NULL OR session_index = ?3)";
    connection.execute(sql, params![user, domain, session_index])?;
    Ok(())
}

/// The object id of the user whose session this is, and whether it is time to [`extend`] it.
pub fn user(connection: &Connection, token: &str, now: i64) -> Result<Option<(String, bool)>, StoreError> {
    let sql = "SELECT user.id, expires FROM session JOIN user ON user.number = session.user
               WHERE session.id = ?1 AND expires >= ?2 AND session.created + ?3 >= ?2";
    let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get::<_, i64>(1)? - now < IDLE_SECONDS - 60));
    Ok(connection.prepare_cached(sql)?.query_row(params![id(token), now, LIFETIME_SECONDS], row).optional()?)
}

/// Moves the end of an idle session on, because it is in use.
pub fn extend(connection: &Connection, token: &str, now: i64) -> Result<(), StoreError> {
    connection.execute("UPDATE session SET expires = ?2 WHERE id = ?1", params![id(token), now + IDLE_SECONDS])?;
    Ok(())
}

/// Ends every session of the user with this row number, as after a change of the password.
pub fn end_all(connection: &Connection, user: i64) -> Result<(), StoreError> {
    connection.execute("DELETE FROM session WHERE user = ?1", [user])?;
    Ok(())
}

/// Ends a session.
pub fn end(connection: &Connection, token: &str) -> Result<(), StoreError> {
    connection.execute("DELETE FROM session WHERE id = ?1", [id(token)])?;
    Ok(())
}
