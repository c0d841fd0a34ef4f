//! Device codes: a device without a browser shows a short code, a person types it at `/devicelogin` elsewhere (RFC 8628).

use rusqlite::{Connection, OptionalExtension, params};

use super::codes::IssueError;
use super::id;
use crate::random;
use crate::store::StoreError;

/// How long a code is good for, in seconds.
pub const LIFETIME_SECONDS: i64 = 900;
/// How long the device waits between two questions, in seconds.
pub const INTERVAL_SECONDS: i64 = 5;
/// Requests that wait for a person, at most: beyond that the oldest are forgotten.
const PENDING_MAX: i64 = 10_000;

/// What the device is told. The device code is a secret of the device, so this is not printed.
pub struct Started {
    /// What the device asks with.
    pub device_code: String,
    /// What the person types: nine letters and digits without look-alikes.
    pub user_code: String,
}

/// A request that waits for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// The application that asks, by client id.
    pub client_id: String,
    /// Its name, as the administrator gave it.
    pub client_name: String,
    /// What it asks for.
    pub scope: String,
}

/// What the device gets to hear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Polled {
    /// There is no such code, or it was used, or it is another application's.
    Unknown,
    /// It is too old.
    Expired,
    /// Nobody answered yet.
    Pending,
    /// The same, and the device asks too often.
    SlowDown,
    /// The person said no.
    Refused,
    /// The person said yes. The code is spent.
    Approved {
        /// Row number of the person.
        user: i64,
        /// What was asked for.
        scope: String,
    },
}

/// Begins a request. Expired ones of anyone are forgotten on the way.
pub fn start(connection: &Connection, client_id: &str, scope: &str, now: i64) -> Result<Started, IssueError> {
    forget(connection, now)?;
    let started = Started { device_code: random::token()?, user_code: random::user_code()? };
    let sql = "INSERT INTO device_code (id, user_code, client_id, scope, expires, polled, state) VALUES (?1, ?2, ?3, ?4, ?5, 0, 'pending')";
    let row = params![id(&started.device_code), started.user_code, client_id, scope, now + LIFETIME_SECONDS];
    connection.prepare_cached(sql)?.execute(row)?;
    Ok(started)
}

/// The request with this user code, while it waits. Case, blanks and dashes do not matter.
pub fn pending(connection: &Connection, user_code: &str, now: i64) -> Result<Option<Pending>, StoreError> {
    let sql = "SELECT device_code.client_id, app.name, scope FROM device_code JOIN app ON app.client_id = device_code.client_id
               WHERE user_code = ?1 AND state = 'pending' AND expires > ?2";
    let row = |row: &rusqlite::Row<'_>| Ok(Pending { client_id: row.get(0)?, client_name: row.get(1)?, scope: row.get(2)? });
    Ok(connection.prepare_cached(sql)?.query_row(params![normal(user_code), now], row).optional()?)
}

/// The person with this row number says yes. `false`: the request does not wait any more.
pub fn approve(connection: &Connection, user_code: &str, user: i64, now: i64) -> Result<bool, StoreError> {
    decide(connection, user_code, "approved", user, now)
}

/// The person with this row number says no. `false`: the request does not wait any more.
pub fn refuse(connection: &Connection, user_code: &str, user: i64, now: i64) -> Result<bool, StoreError> {
    decide(connection, user_code, "refused", user, now)
}

/// The device asks. The transaction is to be committed whatever the answer.
pub fn poll(connection: &Connection, device_code: &str, client_id: &str, now: i64) -> Result<Polled, StoreError> {
    let sql = "SELECT expires, polled, state, user, scope FROM device_code WHERE id = ?1 AND client_id = ?2";
    let key = id(device_code);
    let row = |row: &rusqlite::Row<'_>| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, String>(2)?, row.get::<_, Option<i64>>(3)?, row.get(4)?))
    };
    let found = connection.prepare_cached(sql)?.query_row(params![key, client_id], row).optional()?;
    let Some((expires, polled, state, user, scope)) = found else { return Ok(Polled::Unknown) };
    if now >= expires {
        return Ok(Polled::Expired);
    }
    match (state.as_str(), user) {
        ("pending", _) => {
            connection.prepare_cached("UPDATE device_code SET polled = ?2 WHERE id = ?1")?.execute(params![key, now])?;
            // Whole seconds and a network between: a device that keeps its interval may seem one second early.
            Ok(if polled + INTERVAL_SECONDS - 1 > now { Polled::SlowDown } else { Polled::Pending })
        }
        ("approved", Some(user)) => {
            connection.prepare_cached("DELETE FROM device_code WHERE id = ?1")?.execute([key])?;
            Ok(Polled::Approved { user, scope })
        }
        _ => Ok(Polled::Refused),
    }
}

fn decide(connection: &Connection, user_code: &str, state: &str, user: i64, now: i64) -> Result<bool, StoreError> {
    let sql = "UPDATE device_code SET state = ?2, user = ?3 WHERE user_code = ?1 AND state = 'pending' AND expires > ?4";
    Ok(connection.prepare_cached(sql)?.execute(params![normal(user_code), state, user, now])? == 1)
}

/// What is expired, and what is too much, is forgotten. An expired one stays for a while, so that its device is told so.
fn forget(connection: &Connection, now: i64) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM device_code WHERE expires < ?1")?.execute([now - LIFETIME_SECONDS])?;
    let sql = "DELETE FROM device_code WHERE expires < (SELECT expires FROM device_code ORDER BY expires DESC LIMIT 1 OFFSET ?1)";
    connection.prepare_cached(sql)?.execute([PENDING_MAX])?;
    Ok(())
}

fn normal(user_code: &str) -> String {
    user_code.chars().filter(|character| character.is_ascii_alphanumeric()).take(16).collect::<String>().to_ascii_uppercase()
}
