//! Authorization codes: what the sign-in page hands to an application by way of the browser (RFC 6749 section 4.1, RFC 7636).
//!
//! A code serves once, for a minute, to the application and address it was made for. One that comes a second time was stolen or
//! is being replayed: the tokens that the first redemption gave are taken back.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rusqlite::{Connection, OptionalExtension, params};
use subtle::ConstantTimeEq;

use super::{id, refresh};
use crate::random::{self, NoRandom};
use crate::store::StoreError;

/// How long a code is good for, in seconds.
pub const LIFETIME_SECONDS: i64 = 60;

/// What a code stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCode {
    /// The application that asked, by client id.
    pub client_id: String,
    /// Where the code is sent, letter by letter as the application gave it.
    pub redirect_uri: String,
    /// Row number of the user who signed in.
    pub user: i64,
    /// What was asked for.
    pub scope: String,
    /// The application's nonce, for the ID token.
    pub nonce: Option<String>,
    /// PKCE: the S256 challenge, 43 characters of Base64url. Required of public clients.
    pub code_challenge: Option<String>,
}

/// A code that was redeemed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redeemed {
    /// Row number of the user who signed in.
    pub user: i64,
    /// What was asked for.
    pub scope: String,
    /// The application's nonce.
    pub nonce: Option<String>,
    /// The family of the refresh tokens that come of it.
    pub family: String,
}

/// A code could not be made.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No random bytes.
    #[error(transparent)]
    Random(#[from] NoRandom),
}

impl From<rusqlite::Error> for IssueError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Why a code is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeRefusal {
    /// There is no such code, or it is another application's.
    Unknown,
    /// It is older than a minute.
    Expired,
    /// It was redeemed before.
    Used,
    /// It was sent to another address.
    Redirect,
    /// The verifier is missing, or is not the challenge's.
    Verifier,
}

/// What an application redeems a code with.
#[derive(Clone, Copy)]
pub struct Redemption<'a> {
    /// The code.
    pub code: &'a str,
    /// The application, proved already.
    pub client_id: &'a str,
    /// The address that the application says it was sent to.
    pub redirect_uri: &'a str,
    /// PKCE: the verifier.
    pub code_verifier: Option<&'a str>,
    /// Whether the application cannot do without PKCE, because it holds no credential.
    pub public: bool,
}

/// Makes a code. Expired ones of anyone are forgotten on the way.
pub fn issue(connection: &Connection, new: &NewCode, now: i64) -> Result<String, IssueError> {
    let NewCode { client_id, redirect_uri, user, scope, nonce, code_challenge } = new;
    let code = random::token()?;
    // A used one is kept for as long as its replay has tokens to take back; after an hour the owner has noticed.
    connection.prepare_cached("DELETE FROM authorization_code WHERE expires < ?1")?.execute([now - 3_600])?;
    let sql = "INSERT INTO authorization_code (id, client_id, redirect_uri, user, scope, nonce, challenge, family, expires, used)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0)";
    let expires = now + LIFETIME_SECONDS;
    let row = params![id(&code), client_id, redirect_uri, user, scope, nonce, code_challenge, random::uuid()?, expires];
    connection.prepare_cached(sql)?.execute(row)?;
    Ok(code)
}

struct Row {
    client_id: String,
    redirect_uri: String,
    challenge: Option<String>,
    expires: i64,
    used: bool,
    redeemed: Redeemed,
}

/// Takes a code in. It is spent by the attempt, whatever comes of it, once the application is the right one.
///
/// The transaction is to be committed also when this refuses.
pub fn redeem(connection: &Connection, with: &Redemption<'_>, now: i64) -> Result<Result<Redeemed, CodeRefusal>, StoreError> {
    let Some(row) = find(connection, with.code)?.filter(|row| row.client_id == with.client_id) else {
        return Ok(Err(CodeRefusal::Unknown));
    };
    if row.used {
        refresh::revoke_family(connection, &row.redeemed.family)?;
        return Ok(Err(CodeRefusal::Used));
    }
    connection.prepare_cached("UPDATE authorization_code SET used = 1 WHERE id = ?1")?.execute([id(with.code)])?;
    if now >= row.expires {
        return Ok(Err(CodeRefusal::Expired));
    }
    if row.redirect_uri != with.redirect_uri {
        return Ok(Err(CodeRefusal::Redirect));
    }
    if !verifier_is_right(row.challenge.as_deref(), with) {
        return Ok(Err(CodeRefusal::Verifier));
    }
    Ok(Ok(row.redeemed))
}

/// A challenge needs its verifier; without a challenge there must be none, and the application must hold a credential.
fn verifier_is_right(challenge: Option<&str>, with: &Redemption<'_>) -> bool {
    match (challenge, with.code_verifier) {
        (Some(challenge), Some(verifier)) => {
            let computed = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
            (43..=128).contains(&verifier.len()) && computed.as_bytes().ct_eq(challenge.as_bytes()).into()
        }
        (None, None) => !with.public,
        _ => false,
    }
}

fn find(connection: &Connection, code: &str) -> Result<Option<Row>, StoreError> {
    let sql = "SELECT client_id, redirect_uri, challenge, expires, used, user, scope, nonce, family FROM authorization_code WHERE id = ?1";
    let row = |row: &rusqlite::Row<'_>| {
        Ok(Row {
            client_id: row.get(0)?,
            redirect_uri: row.get(1)?,
            challenge: row.get(2)?,
            expires: row.get(3)?,
            used: row.get(4)?,
            redeemed: Redeemed { user: row.get(5)?, scope: row.get(6)?, nonce: row.get(7)?, family: row.get(8)? },
        })
    };
    Ok(connection.prepare_cached(sql)?.query_row([id(code)], row).optional()?)
}
