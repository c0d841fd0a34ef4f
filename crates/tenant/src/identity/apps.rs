//! Application registrations and their credentials, as rows.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::SecretError;
use crate::store::StoreError;

/// An application that may ask for tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App {
    /// Its client id, a UUID in lower case.
    pub client_id: String,
    /// The object id of its service principal.
    pub object_id: String,
    /// The name an administrator gave it.
    pub name: String,
}

/// Registers an application.
pub fn add(connection: &Connection, app: &App, now: Timestamp) -> Result<(), StoreError> {
    let sql = "INSERT INTO app (client_id, object_id, name, created) VALUES (?1, ?2, ?3, ?4)";
    connection.execute(sql, params![app.client_id, app.object_id, app.name, now.as_second()])?;
    Ok(())
}

/// Lets the application sign in with the key of this certificate (DER).
pub fn add_certificate(connection: &Connection, client_id: &str, der: &[u8], now: Timestamp) -> Result<(), StoreError> {
    let sql = "INSERT INTO app_certificate (client_id, sha1, sha256, der, created) VALUES (?1, ?2, ?3, ?4, ?5)";
    let sha1 = URL_SAFE_NO_PAD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, der));
    let sha256 = URL_SAFE_NO_PAD.encode(digest(&SHA256, der));
    connection.execute(sql, params![client_id, sha1, sha256, der, now.as_second()])?;
    Ok(())
}

/// Lets the application sign in with this secret, of which only a hash is kept.
pub fn add_secret(connection: &Connection, client_id: &str, secret: &str, now: Timestamp) -> Result<(), SecretError> {
    let sql = "INSERT INTO app_secret (client_id, hash, created) VALUES (?1, ?2, ?3)";
    connection.execute(sql, params![client_id, super::hash(secret)?, now.as_second()])?;
    Ok(())
}

/// Grants an application permission, as an administrator's consent does.
pub fn grant(connection: &Connection, client_id: &str, permission: &str) -> Result<(), StoreError> {
    let sql = "INSERT OR IGNORE INTO app_permission (client_id, permission) VALUES (?1, ?2)";
    connection.execute(sql, [client_id, permission])?;
    Ok(())
}

/// The application with this client id.
pub fn find(connection: &Connection, client_id: &str) -> Result<Option<App>, StoreError> {
    let sql = "SELECT client_id, object_id, name FROM app WHERE client_id = ?1";
    let row = |row: &rusqlite::Row<'_>| Ok(App { client_id: row.get(0)?, object_id: row.get(1)?, name: row.get(2)? });
    Ok(connection.prepare_cached(sql)?.query_row([client_id.to_ascii_lowercase()], row).optional()?)
}

/// What was granted, in order of name.
pub fn permissions(connection: &Connection, client_id: &str) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT permission FROM app_permission WHERE client_id = ?1 ORDER BY permission";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([client_id], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The certificates (DER) of the application that have this thumbprint: SHA-256 or SHA-1, in Base64url without padding.
/// Without a thumbprint, all of them.
pub fn certificates(connection: &Connection, client_id: &str, thumbprint: Option<&str>) -> Result<Vec<Vec<u8>>, StoreError> {
    let sql = "SELECT der FROM app_certificate WHERE client_id = ?1 AND (?2 IS NULL OR sha256 = ?2 OR sha1 = ?2)";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![client_id, thumbprint], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The hashes of the application's secrets; check one with [`secret_matches`], outside a transaction: it is slow.
pub fn secrets(connection: &Connection, client_id: &str) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT hash FROM app_secret WHERE client_id = ?1")?;
    let rows = statement.query_map([client_id], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether `secret` is one of those with these hashes.
pub fn secret_matches(secret: &str, hashes: &[String]) -> bool {
    hashes.iter().any(|hash| super::matches(secret, hash))
}

/// Notes that an assertion was used. `false` when it had been used before; then it must be refused.
pub fn spend_assertion(connection: &Connection, client_id: &str, jti: &str, expires: i64, now: i64) -> Result<bool, StoreError> {
    connection.prepare_cached("DELETE FROM used_assertion WHERE expires < ?1")?.execute([now])?;
    let sql = "INSERT OR IGNORE INTO used_assertion (client_id, jti, expires) VALUES (?1, ?2, ?3)";
    Ok(connection.prepare_cached(sql)?.execute(params![client_id, jti, expires])? == 1)
}
