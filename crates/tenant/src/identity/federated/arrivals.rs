//! People whose token was found good, until their browser comes for its session.

use rusqlite::{Connection, OptionalExtension, params};

use super::super::id;
use super::requests::{self, Request};
use super::tokens::Accepted;
use crate::random;
use crate::store::StoreError;

/// How long a browser may take from one request to the next, in seconds.
const LIFETIME_SECONDS: i64 = 120;

/// Keeps what was accepted for the request that `token` belongs to; answers the text with which the browser comes for it.
pub fn keep(connection: &Connection, token: &str, accepted: &Accepted, now: i64) -> Result<String, requests::OpenError> {
    let arrival = random::token()?;
    let accepted = serde_json::to_string(accepted).map_err(|_| StoreError::Damaged { what: "an accepted token".to_owned() })?;
    connection.prepare_cached("DELETE FROM federated_arrival WHERE expires < ?1")?.execute([now])?;
    let sql = "INSERT INTO federated_arrival (id, request, accepted, expires) VALUES (?1, ?2, ?3, ?4)";
    connection.prepare_cached(sql)?.execute(params![id(&arrival), id(token), accepted, now + LIFETIME_SECONDS])?;
    Ok(arrival)
}

/// What became of a browser that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is the one: who signed in, and where the browser goes on to.
    Here(Box<Accepted>, Request),
    /// It is another browser than the one that was sent. Nothing is given out, and the right one can still come.
    OtherBrowser(Box<Accepted>),
    /// Nobody is expected by that text.
    Nobody,
}

/// Hands out what was kept to the browser that was sent, once.
pub fn take(connection: &Connection, arrival: &str, browser: &str, now: i64) -> Result<Taken, StoreError> {
    let sql = "SELECT request, accepted FROM federated_arrival WHERE id = ?1 AND expires >= ?2";
    let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, String>(1)?));
    let found = connection.prepare_cached(sql)?.query_row(params![id(arrival), now], read).optional()?;
    let Some((request, accepted)) = found else { return Ok(Taken::Nobody) };
    let accepted = serde_json::from_str(&accepted).map_err(|_| StoreError::Damaged { what: "an accepted token".to_owned() })?;
    let Some(request) = requests::take(connection, &request, browser, now)? else { return Ok(Taken::OtherBrowser(accepted)) };
    connection.prepare_cached("DELETE FROM federated_arrival WHERE id = ?1")?.execute([id(arrival)])?;
    Ok(Taken::Here(accepted, request))
}
