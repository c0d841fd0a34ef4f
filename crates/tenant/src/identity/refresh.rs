//! Refresh tokens: by one an application gets new access tokens without asking the person again.
//!
//! Each serves once and is followed by another of the same family. One that comes a second time means that two hold it, so the whole
//! family ends (RFC 9700 section 4.14.2). A password that is set, synchronized or reset ends all families of its user; a user who is
//! blocked or deleted gets nothing for a token.

use rusqlite::{Connection, OptionalExtension, params};

use super::codes::IssueError;
use super::id;
use crate::random;
use crate::store::StoreError;

/// A token that nobody uses for this long has ended, in seconds.
pub const LIFETIME_SECONDS: i64 = 90 * 24 * 3_600;

/// What a token stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// All that came of one sign-in.
    pub family: String,
    /// Row number of the user.
    pub user: i64,
    /// The application, by client id.
    pub client_id: String,
    /// What was granted.
    pub scope: String,
    /// The application proved who it is when it got the token, and must do so to use it.
    pub proved: bool,
}

/// Why a token is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshRefusal {
    /// There is no such token: never, not any more, or it is another application's.
    Unknown,
    /// Nobody used it for 90 days.
    Expired,
    /// It was used before: its family has ended.
    Reused,
    /// It was given to an application that proved who it is, and comes without that proof.
    Unproved,
}

/// Makes a token. Expired ones of anyone are forgotten on the way.
pub fn issue(connection: &Connection, grant: &Grant, now: i64) -> Result<String, IssueError> {
    let Grant { family, user, client_id, scope, proved } = grant;
    let token = random::token()?;
    connection.prepare_cached("DELETE FROM refresh_token WHERE expires < ?1")?.execute([now - 24 * 3_600])?;
    let sql =
        "INSERT INTO refresh_token (id, family, user, client_id, scope, expires, proved, used) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0)";
    connection.prepare_cached(sql)?.execute(params![id(&token), family, user, client_id, scope, now + LIFETIME_SECONDS, proved])?;
    Ok(token)
}

/// Takes a token in; the caller makes its successor. The transaction is to be committed also when this refuses. `proved`: whether
/// the application has proved now who it is.
pub fn spend(
    connection: &Connection,
    token: &str,
    client_id: &str,
    proved: bool,
    now: i64,
) -> Result<Result<Grant, RefreshRefusal>, StoreError> {
    let sql = "SELECT family, user, client_id, scope, proved, expires, used FROM refresh_token WHERE id = ?1";
    let key = id(token);
    let row = |row: &rusqlite::Row<'_>| {
        let grant = Grant { family: row.get(0)?, user: row.get(1)?, client_id: row.get(2)?, scope: row.get(3)?, proved: row.get(4)? };
        Ok((grant, row.get::<_, i64>(5)?, row.get::<_, bool>(6)?))
    };
    let found = connection.prepare_cached(sql)?.query_row([key], row).optional()?;
    let Some((grant, expires, used)) = found.filter(|(grant, ..)| grant.client_id == client_id) else {
        return Ok(Err(RefreshRefusal::Unknown));
    };
    if grant.proved && !proved {
        return Ok(Err(RefreshRefusal::Unproved));
    }
    if used {
        revoke_family(connection, &grant.family)?;
        return Ok(Err(RefreshRefusal::Reused));
    }
    if now >= expires {
        return Ok(Err(RefreshRefusal::Expired));
    }
    connection.prepare_cached("UPDATE refresh_token SET used = 1 WHERE id = ?1")?.execute([key])?;
    Ok(Ok(grant))
}

/// Ends what came of one sign-in.
pub fn revoke_family(connection: &Connection, family: &str) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM refresh_token WHERE family = ?1")?.execute([family])?;
    Ok(())
}

/// Ends all tokens of the user with this row number, and the codes that would lead to new ones.
pub fn revoke_user(connection: &Connection, user: i64) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM refresh_token WHERE user = ?1")?.execute([user])?;
    connection.prepare_cached("DELETE FROM authorization_code WHERE user = ?1")?.execute([user])?;
    connection.prepare_cached("DELETE FROM device_code WHERE user = ?1")?.execute([user])?;
    Ok(())
}
