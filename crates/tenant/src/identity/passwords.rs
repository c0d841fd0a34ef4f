//! People's passwords: an Argon2id hash of one set here, the blob of one that came from Active Directory. One row per user; the newer wins.
//!
//! Setting one, in whatever way, ends the user's lock-out and takes every refresh token back that was given before.

use argon2::password_hash::PasswordHasher;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, Params};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use samesign_wire::Secret;
use samesign_wire::password::{CredentialData, NtHash};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{lockout, refresh};
use crate::store::StoreError;

/// Bytes of an Argon2id hash.
pub const HASH_BYTES: usize = 32;
/// Bytes of a salt.
pub const SALT_BYTES: usize = 16;

/// A secret could not be stored or checked.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// Argon2 failed, which means that memory is short.
    #[error("cannot compute the hash of a secret: it needs 19 MiB of memory")]
    Hash(#[source] argon2::password_hash::Error),
    /// The same, where no text is made of the hash.
    #[error("cannot compute the hash of a secret: it needs 19 MiB of memory")]
    Memory(#[source] argon2::Error),
    /// The database refused.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for SecretError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

/// What is stored of a password. Neither printed nor compared.
pub struct Stored {
    form: Form,
    one_time: bool,
    changed: i64,
}

enum Form {
    /// Set in the cloud.
    Argon2(Box<PasswordHash>),
    /// Synchronized.
    Blob(CredentialData),
}

/// Argon2id of a password that was typed, with whichever salt. Wiped when dropped.
pub type Hashed = Zeroizing<[u8; HASH_BYTES]>;

impl Stored {
    /// Whether it was handed out by someone else and is to be changed.
    pub fn is_one_time(&self) -> bool {
        self.one_time
    }

    /// Whether it came from Active Directory.
    pub fn is_synced(&self) -> bool {
        matches!(self.form, Form::Blob(_))
    }

    /// When it was set here, Unix seconds.
    pub fn changed(&self) -> i64 {
        self.changed
    }
}

/// What became of a password that the synchronization brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Synced {
    /// It is the user's password now.
    Stored,
    /// A later change is here already, so the older one was put aside.
    KeptNewer,
}

/// Sets or replaces the password of the user with this row number. Slow on purpose: 20 ms of processor time and 19 MiB.
pub fn set(connection: &Connection, user: i64, password: &str, one_time: bool, now: Timestamp) -> Result<(), SecretError> {
    let hash = Argon2::default().hash_password(password.as_bytes()).map_err(SecretError::Hash)?.to_string();
    let sql = "INSERT INTO password (user, hash, one_time, changed) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT (user) DO UPDATE SET hash = excluded.hash, one_time = excluded.one_time, changed = excluded.changed";
    connection.prepare_cached(sql)?.execute(params![user, hash, one_time, now.as_second()])?;
    Ok(settle(connection, user)?)
}

/// Stores the password that the synchronization brought. `source_changed`: when it was changed in Active Directory, Unix seconds.
///
/// A change older than the last one that came is put aside; so is the same one again after a reset in the cloud, which holds until
/// Active Directory has a newer password.
pub fn set_synced(
    connection: &Connection,
    user: i64,
    blob: &CredentialData,
    one_time: bool,
    source_changed: i64,
    now: i64,
) -> Result<Synced, StoreError> {
    let sql = "INSERT INTO password (user, hash, one_time, changed, source_changed) VALUES (?1, ?2, ?3, ?4, ?5)
               ON CONFLICT (user) DO UPDATE SET hash = excluded.hash, one_time = excluded.one_time, changed = excluded.changed,
                   source_changed = excluded.source_changed
               WHERE source_changed IS NULL OR source_changed < excluded.source_changed
                   OR (source_changed = excluded.source_changed AND hash LIKE 'v1;%')";
    let stored = connection.prepare_cached(sql)?.execute(params![user, blob.expose(), one_time, now, source_changed])? == 1;
    if !stored {
        return Ok(Synced::KeptNewer);
    }
    settle(connection, user)?;
    Ok(Synced::Stored)
}

/// How many live users have a password from Active Directory, and when the last of these came (Unix seconds). Reads every row.
pub fn count_synced(connection: &Connection) -> Result<(usize, Option<i64>), StoreError> {
    let sql = "SELECT COUNT(*), MAX(password.changed) FROM password JOIN user ON user.number = password.user AND user.deleted IS NULL
               WHERE hash LIKE 'v1;%'";
    let (users, last): (i64, Option<i64>) = connection.prepare_cached(sql)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok((usize::try_from(users).unwrap_or_default(), last))
}

/// What is stored for the user with this row number.
pub fn stored(connection: &Connection, user: i64) -> Result<Option<Stored>, StoreError> {
    let sql = "SELECT hash, one_time, changed FROM password WHERE user = ?1";
    let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0).map(Zeroizing::new)?, row.get(1)?, row.get(2)?));
    let found: Option<(Zeroizing<String>, bool, i64)> = connection.prepare_cached(sql)?.query_row([user], row).optional()?;
    let Some((text, one_time, changed)) = found else { return Ok(None) };
    let damaged = || StoreError::Damaged { what: format!("the password of the user in row {user} has no known form") };
    let form = if text.starts_with("v1;") {
        Form::Blob(CredentialData::parse(&text).map_err(|_| damaged())?)
    } else {
        Form::Argon2(Box::new(PasswordHash::new(&text).map_err(|_| damaged())?))
    };
    Ok(Some(Stored { form, one_time, changed }))
}

/// The first half of a check: PBKDF2 once, over the user's blob or, where there is none, over a stand-in that nothing matches.
pub fn check_blob(stored: Option<&Stored>, password: &Secret) -> bool {
    let hash = NtHash::of_password(password.expose());
    match stored.map(|stored| &stored.form) {
        Some(Form::Blob(blob)) => blob.matches(&hash),
        Some(Form::Argon2(_)) | None => CredentialData::dummy().matches(&hash),
    }
}

/// The second half: Argon2id once, with the user's salt or, where there is none, with `salt`. Takes 19 MiB.
///
/// Answers whether the password is right, and the hash: by it a wrong password is known again.
pub fn check_argon2(stored: Option<&Stored>, salt: &[u8], password: &Secret) -> Result<(bool, Hashed), SecretError> {
    let mut hashed = Zeroizing::new([0; HASH_BYTES]);
    let password = password.expose().as_bytes();
    let Some(Stored { form: Form::Argon2(wanted), .. }) = stored else {
        Argon2::default().hash_password_into(password, salt, &mut *hashed).map_err(SecretError::Memory)?;
        return Ok((false, hashed));
    };
    let salt = wanted.salt.as_ref().map(AsRef::as_ref).unwrap_or_default();
    let parameters = Params::try_from(&**wanted).map_err(SecretError::Hash)?;
    let argon2 = Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, parameters);
    argon2.hash_password_into(password, salt, &mut *hashed).map_err(SecretError::Memory)?;
    let right = wanted.hash.as_ref().is_some_and(|hash| hash.as_bytes().ct_eq(&*hashed).into());
    Ok((right, hashed))
}

/// Whether a password is good enough by the service's rules: 8 to 256 characters, three of the four classes.
pub fn is_strong(password: &str) -> bool {
    let has = |class: fn(&char) -> bool| usize::from(password.chars().any(|character| class(&character)));
    let symbol = |character: &char| !character.is_alphanumeric() && !character.is_control();
    let classes =
        has(|character| character.is_lowercase()) + has(|character| character.is_uppercase()) + has(char::is_ascii_digit) + has(symbol);
    (8..=256).contains(&password.chars().count()) && classes >= 3
}

fn settle(connection: &Connection, user: i64) -> Result<(), StoreError> {
    lockout::clear(connection, user)?;
    refresh::revoke_user(connection, user)
}
