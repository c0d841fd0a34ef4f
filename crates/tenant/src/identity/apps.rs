//! Application registrations and their credentials, as rows.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use subtle::ConstantTimeEq;

use super::id;
use crate::store::StoreError;

/// How an address on the browser's own machine begins.
const LOOPBACKS: [&str; 2] = ["http://localhost", "http://127.0.0.1"];

/// How the digest of a secret begins.
const SECRET_FORM: &str = "sha256:";

/// An application that may ask for tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App {
    /// Its client id, a UUID in lower case.
    pub client_id: String,
    /// The object id of its service principal.
    pub object_id: String,
    /// The name an administrator gave it.
    pub name: String,
    /// Whether it proves who it is.
    pub client_type: ClientType,
}

/// Whether an application proves who it is (RFC 6749 section 2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientType {
    /// Always.
    Confidential,
    /// Never: on a desktop or a phone it can keep no credential, and its name alone proves nothing.
    Public,
    /// It has a credential, but people may also sign in to the part of it that runs on their own machine. The service calls that
    /// "allow public client flows".
    AllowsPublicFlows,
}

impl ClientType {
    const fn number(self) -> i64 {
        match self {
            Self::Confidential => 0,
            Self::Public => 1,
            Self::AllowsPublicFlows => 2,
        }
    }

    /// What is not known is taken for the strictest.
    const fn of(number: i64) -> Self {
        match number {
            1 => Self::Public,
            2 => Self::AllowsPublicFlows,
            _ => Self::Confidential,
        }
    }
}

/// Registers an application.
pub fn add(connection: &Connection, app: &App, now: Timestamp) -> Result<(), StoreError> {
    let App { client_id, object_id, name, client_type } = app;
    let sql = "INSERT INTO app (client_id, object_id, name, created, client_type) VALUES (?1, ?2, ?3, ?4, ?5)";
    connection.execute(sql, params![client_id, object_id, name, now.as_second(), client_type.number()])?;
    Ok(())
}

/// Lets the application be answered at this address. See [`redirect_is_registered`] for how it is compared.
pub fn add_redirect(connection: &Connection, client_id: &str, uri: &str) -> Result<(), StoreError> {
    connection.execute("INSERT OR IGNORE INTO app_redirect (client_id, uri) VALUES (?1, ?2)", [client_id, uri])?;
    Ok(())
}

/// The addresses at which the application may be answered.
pub fn redirects(connection: &Connection, client_id: &str) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT uri FROM app_redirect WHERE client_id = ?1 ORDER BY uri")?;
    let rows = statement.query_map([client_id], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether the application may be answered at `uri`: letter by letter one that is registered.
///
/// The one exception is the service's own and RFC 8252's: where an application with public client flows has `http://localhost` or `http://127.0.0.1`
/// registered, with or without a path, any port may stand behind the host.
pub fn redirect_is_registered(connection: &Connection, app: &App, uri: &str) -> Result<bool, StoreError> {
    let registered = redirects(connection, &app.client_id)?;
    let without_port = without_loopback_port(uri).filter(|_| app.client_type != ClientType::Confidential);
    Ok(registered.iter().any(|known| known == uri || without_port.as_deref() == Some(known)))
}

/// Whether an answer at `uri` reaches nobody but the machine where the browser runs.
pub fn is_loopback(uri: &str) -> bool {
    let rest = LOOPBACKS.into_iter().find_map(|host| uri.strip_prefix(host));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) || without_loopback_port(uri).is_some()
}

/// `http://localhost:8400/path` without its port; `None` for everything else.
fn without_loopback_port(uri: &str) -> Option<String> {
    let host = LOOPBACKS.into_iter().find(|host| uri.starts_with(&format!("{host}:")))?;
    let rest = uri.get(host.len() + 1..)?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (port, path) = rest.split_at_checked(digits)?;
    let well_formed = port.parse::<u16>().is_ok_and(|number| number != 0) && !port.starts_with('0');
    // What else may follow a port would make another authority of it.
    (well_formed && (path.is_empty() || path.starts_with('/'))).then(|| format!("{host}{path}"))
}

/// Lets the application sign in with the key of this certificate (DER).
pub fn add_certificate(connection: &Connection, client_id: &str, der: &[u8], now: Timestamp) -> Result<(), StoreError> {
    let sql = "INSERT INTO app_certificate (client_id, sha1, sha256, der, created) VALUES (?1, ?2, ?3, ?4, ?5)";
    let sha1 = URL_SAFE_NO_PAD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, der));
    let sha256 = URL_SAFE_NO_PAD.encode(digest(&SHA256, der));
    connection.execute(sql, params![client_id, sha1, sha256, der, now.as_second()])?;
    Ok(())
}

/// Lets the application sign in with this secret, of which only a digest is kept: it must be one of [`crate::random::token`], whose
/// 256 bits nobody guesses, however quick the digest.
pub fn add_secret(connection: &Connection, client_id: &str, secret: &str, now: Timestamp) -> Result<(), StoreError> {
    let sql = "INSERT INTO app_secret (client_id, hash, created) VALUES (?1, ?2, ?3)";
    connection.execute(sql, params![client_id, digest_of(secret), now.as_second()])?;
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
    let sql = "SELECT client_id, object_id, name, client_type FROM app WHERE client_id = ?1";
    let row = |row: &rusqlite::Row<'_>| {
        Ok(App { client_id: row.get(0)?, object_id: row.get(1)?, name: row.get(2)?, client_type: ClientType::of(row.get(3)?) })
    };
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

/// What is kept of the application's secrets; check one with [`secret_matches`].
pub fn secrets(connection: &Connection, client_id: &str) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT hash FROM app_secret WHERE client_id = ?1")?;
    let rows = statement.query_map([client_id], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether `secret` is one of those of which these are kept.
pub fn secret_matches(secret: &str, hashes: &[String]) -> bool {
    let given = digest_of(secret);
    hashes.iter().any(|hash| hash.as_bytes().ct_eq(given.as_bytes()).into())
}

fn digest_of(secret: &str) -> String {
    format!("{SECRET_FORM}{}", URL_SAFE_NO_PAD.encode(id(secret)))
}

/// Notes that an assertion was used. `false` when it had been used before; then it must be refused.
pub fn spend_assertion(connection: &Connection, client_id: &str, jti: &str, expires: i64, now: i64) -> Result<bool, StoreError> {
    connection.prepare_cached("DELETE FROM used_assertion WHERE expires < ?1")?.execute([now])?;
    let sql = "INSERT OR IGNORE INTO used_assertion (client_id, jti, expires) VALUES (?1, ?2, ?3)";
    Ok(connection.prepare_cached(sql)?.execute(params![client_id, jti, expires])? == 1)
}
