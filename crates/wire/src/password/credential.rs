//! The password blob as a text: read, shown and compared with a password's hash.

use samesign_sha_lanes::Key;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::derive::{ITERATIONS, one};
use super::{NtHash, Salt};

/// The most iterations a blob may ask for: more would let one stored blob hold a verifier up.
pub const ITERATIONS_MAX: u32 = 100_000;

const HEAD: &str = "v1;PPH1_MD4,";
const SALT_DIGITS: usize = 20;
const KEY_DIGITS: usize = 64;

/// Why a text is no password blob. Never shows the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialDataError {
    /// Another version or another digest.
    #[error("the password blob does not begin with `{HEAD}`")]
    Kind,
    /// Not `salt,iterations,key;`.
    #[error("the password blob is not `{HEAD}<salt>,<iterations>,<key>;`")]
    Shape,
    /// Not 20 hexadecimal digits.
    #[error("the salt of the password blob is not {SALT_DIGITS} hexadecimal digits")]
    Salt,
    /// Not a number from 1 to [`ITERATIONS_MAX`].
    #[error("the iterations of the password blob are not a number from 1 to {ITERATIONS_MAX}")]
    Iterations,
    /// Not 64 hexadecimal digits.
    #[error("the key of the password blob is not {KEY_DIGITS} hexadecimal digits")]
    Key,
}

/// A password blob: `v1;PPH1_MD4,<salt: 20 hex>,<iterations>,<key: 64 hex>;`, the CredentialData of ProvisionCredentials.
///
/// The key is PBKDF2-HMAC-SHA256 over the NT hash written as 32 upper-case hexadecimal digits in UTF-16LE.
/// One can guess passwords against it, so it has no `Debug`, `Display` or `Serialize`, no copy, and is wiped on drop.
///
/// ```compile_fail,E0277
/// println!("{:?}", samesign_wire::password::CredentialData::dummy());
/// ```
/// ```compile_fail,E0277
/// println!("{}", samesign_wire::password::CredentialData::dummy());
/// ```
/// ```compile_fail,E0599
/// let copy = samesign_wire::password::CredentialData::dummy().clone();
/// ```
pub struct CredentialData(Zeroizing<String>);

impl CredentialData {
    /// Reads a blob. Hexadecimal digits of either case are taken; anything beside the documented form is an error.
    pub fn parse(text: &str) -> Result<Self, CredentialDataError> {
        Parts::read(text)?;
        Ok(Self(Zeroizing::new(text.to_owned())))
    }

    /// Writes the blob of a key that was derived with [`ITERATIONS`].
    pub(super) fn of_key(salt: &Salt, key: &Key) -> Self {
        let iterations = ITERATIONS.to_string();
        // Reserved in full: a text that moves while it grows leaves a copy behind.
        let length = HEAD.len() + SALT_DIGITS + 1 + iterations.len() + 1 + KEY_DIGITS + 1;
        let mut text = Zeroizing::new(String::with_capacity(length));
        text.push_str(HEAD);
        push_hex(&mut text, salt);
        text.push(',');
        text.push_str(&iterations);
        text.push(',');
        push_hex(&mut text, key);
        text.push(';');
        Self(text)
    }

    /// The blob as it is sent and stored.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether the blob was made of this hash. Derives the key anew, then compares in a time that tells nothing.
    pub fn matches(&self, hash: &NtHash) -> bool {
        Parts::read(&self.0).is_ok_and(|Parts { salt, iterations, key }| one(hash, &salt, iterations).ct_eq(&*key).into())
    }

    /// A blob that no password matches and that costs as much as a real one: for people who have none, so that time does not tell who they are.
    pub fn dummy() -> Self {
        Self::of_key(&[0; 10], &[0; 32])
    }
}

/// What a blob says.
struct Parts {
    salt: Salt,
    iterations: u32,
    key: Zeroizing<Key>,
}

impl Parts {
    fn read(text: &str) -> Result<Self, CredentialDataError> {
        use CredentialDataError::{Iterations, Key, Kind, Salt, Shape};
        let body = text.strip_prefix(HEAD).ok_or(Kind)?.strip_suffix(';').ok_or(Shape)?;
        let mut parts = body.split(',');
        let (Some(salt), Some(iterations), Some(key), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
            return Err(Shape);
        };
        let mut read = Self { salt: [0; 10], iterations: read_iterations(iterations).ok_or(Iterations)?, key: Zeroizing::new([0; 32]) };
        read_hex(salt, &mut read.salt).ok_or(Salt)?;
        read_hex(key, &mut *read.key).ok_or(Key)?;
        Ok(read)
    }
}

/// Exactly as many digits as the bytes need.
fn read_hex(digits: &str, bytes: &mut [u8]) -> Option<()> {
    let length = bytes.len();
    (base16ct::mixed::decode(digits, bytes).ok()?.len() == length && digits.len() == 2 * length).then_some(())
}

/// Digits alone: no sign, no leading zero.
fn read_iterations(text: &str) -> Option<u32> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    text.parse().ok().filter(|number| plain && (1..=ITERATIONS_MAX).contains(number))
}

fn push_hex(text: &mut String, bytes: &[u8]) {
    let mut digits = Zeroizing::new([0; KEY_DIGITS]);
    text.push_str(base16ct::lower::encode_str(bytes, &mut *digits).unwrap_or_default());
}
