//! Password hashes as they are replicated: encrypted with the session key, and below that with the account's own number.

use crc32fast::hash as crc32;
use des::Des;
use des::cipher::{BlockCipherDecrypt as _, KeyInit as _};
use md5::{Digest as _, Md5};
use zeroize::{Zeroize as _, Zeroizing};

use crate::password::NtHash;

/// Salt and checksum before the encrypted value of an ENCRYPTED_PAYLOAD, in bytes; the checksum is encrypted too.
const SALT: usize = 16;
const CHECKSUM: usize = 4;
const HASH: usize = 16;

/// A password hash as it was sent. It cannot be printed, and is wiped on drop.
///
/// INVARIANT: neither this type nor any that holds one implements `Debug`, `Display` or `Serialize`.
///
/// ```compile_fail,E0277
/// println!("{:?}", samesign_wire::drsr::SealedPassword::new(&[], None));
/// ```
pub struct SealedPassword {
    payload: Zeroizing<Vec<u8>>,
    rid: Option<u32>,
}

/// Why a password hash cannot be decrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// Not as long as an encrypted hash is.
    #[error("the encrypted password hash has an impossible length")]
    Length,
    /// The session key is another, or the bytes were damaged.
    #[error("the checksum of the encrypted password hash is wrong")]
    Checksum,
    /// The account has no RID.
    #[error("the account of the encrypted password hash has no SID")]
    NoRid,
}

impl SealedPassword {
    /// Takes a value of unicodePwd as it was sent (ENCRYPTED_PAYLOAD, MS-DRSR 4.1.10.6.17.1), and the RID of its account.
    pub fn new(payload: &[u8], rid: Option<u32>) -> Self {
        Self { payload: Zeroizing::new(payload.to_vec()), rid }
    }
}

/// Decrypts a password hash (MS-DRSR 4.1.10.6.17 and .18) with the session key of the connection it came over.
///
/// # Errors
/// See [`SecretError`]. The hash is never part of one.
pub fn open(password: &SealedPassword, session_key: &[u8]) -> Result<NtHash, SecretError> {
    let rid = password.rid.ok_or(SecretError::NoRid)?;
    let hidden = unwrap(&password.payload, session_key)?;
    let mut hash = Zeroizing::new([0_u8; HASH]);
    let (first, second) = keys(rid);
    for ((half, cipher), key) in hash.chunks_exact_mut(8).zip(hidden.chunks_exact(8)).zip([first, second]) {
        half.copy_from_slice(cipher);
        decrypt(half, &key);
    }
    NtHash::from_slice(&*hash).ok_or(SecretError::Length)
}

/// The outer layer: RC4 with the MD5 of session key and salt, then a CRC-32 over what comes out.
fn unwrap(payload: &[u8], session_key: &[u8]) -> Result<Zeroizing<[u8; HASH]>, SecretError> {
    let (salt, encrypted) = payload.split_first_chunk::<SALT>().ok_or(SecretError::Length)?;
    let mut plain = Zeroizing::new(<[u8; CHECKSUM + HASH]>::try_from(encrypted).map_err(|_| SecretError::Length)?);
    let mut digest = Md5::new();
    digest.update(session_key);
    digest.update(salt);
    let mut key = digest.finalize();
    rc4(&key, &mut *plain);
    key.as_mut_slice().zeroize();
    let (checksum, value) = plain.split_first_chunk::<CHECKSUM>().ok_or(SecretError::Length)?;
    if crc32(value) != u32::from_le_bytes(*checksum) {
        return Err(SecretError::Checksum);
    }
    value.try_into().map(Zeroizing::new).map_err(|_| SecretError::Length)
}

/// RC4 in place.
pub(super) fn rc4(key: &[u8], data: &mut [u8]) {
    let at = |state: &[u8; 256], index: u8| state.get(usize::from(index)).copied().unwrap_or_default();
    let mut state = Zeroizing::new([0_u8; 256]);
    for (cell, value) in state.iter_mut().zip(0..=u8::MAX) {
        *cell = value;
    }
    let mut j = 0_u8;
    for (i, key) in (0..=u8::MAX).zip(key.iter().cycle()) {
        j = j.wrapping_add(at(&state, i)).wrapping_add(*key);
        state.swap(i.into(), j.into());
    }
    let (mut i, mut j) = (0_u8, 0_u8);
    for byte in data {
        i = i.wrapping_add(1);
        j = j.wrapping_add(at(&state, i));
        state.swap(i.into(), j.into());
        *byte ^= at(&state, at(&state, i).wrapping_add(at(&state, j)));
    }
}

/// The two DES keys of an account: its RID in a circle (MS-SAMR 2.2.11.1.3).
fn keys(rid: u32) -> ([u8; 7], [u8; 7]) {
    let [a, b, c, d] = rid.to_le_bytes();
    ([a, b, c, d, a, b, c], [d, a, b, c, d, a, b])
}

/// One block of DES.
fn decrypt(block: &mut [u8], key: &[u8; 7]) {
    if let Ok(block) = block.try_into() {
        Des::new(&(*spread(key)).into()).decrypt_block(block);
    }
}

/// Seven bytes of key spread over eight, seven bits in each (MS-SAMR 2.2.11.1.2).
fn spread(key: &[u8; 7]) -> Zeroizing<[u8; 8]> {
    let bits = key.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
    let mut spread = Zeroizing::new([0_u8; 8]);
    for (byte, shift) in spread.iter_mut().zip([49, 42, 35, 28, 21, 14, 7, 0]) {
        // The lowest bit is parity, which DES ignores.
        *byte = u8::try_from(bits >> shift & 0x7f).unwrap_or_default() << 1;
    }
    spread
}

/// The way back, for tests: what a domain controller does.
#[cfg(test)]
pub(super) mod for_tests {
    use des::cipher::BlockCipherEncrypt as _;
    use des::cipher::KeyInit as _;
    use md5::Digest as _;

    use super::{Des, Md5, crc32, keys, rc4, spread};

    pub(in crate::drsr) fn seal(hash: &[u8; 16], rid: u32, salt: &[u8; 16], session_key: &[u8]) -> Vec<u8> {
        let mut hidden = *hash;
        let (first, second) = keys(rid);
        for (half, key) in hidden.chunks_exact_mut(8).zip([first, second]) {
            Des::new(&(*spread(&key)).into()).encrypt_block(half.try_into().unwrap());
        }
        let mut plain = [&crc32(&hidden).to_le_bytes()[..], &hidden].concat();
        rc4(&Md5::new().chain_update(session_key).chain_update(salt).finalize(), &mut plain);
        [&salt[..], &plain].concat()
    }
}
