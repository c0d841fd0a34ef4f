//! From an NT hash to the key of its blob.

use sha2::Sha256;
use zeroize::Zeroizing;

use super::{CredentialData, NtHash, Salt};

/// The iterations of every blob that we make: the service's own number. More than 1,000 and it may refuse sign-ins.
pub const ITERATIONS: u32 = 1_000;

/// Makes the blob of each hash under its salt, in the same order.
pub fn derive(people: &[(NtHash, Salt)]) -> Vec<CredentialData> {
    people.iter().map(|(hash, salt)| CredentialData::of_key(salt, one(hash, salt, ITERATIONS))).collect()
}

/// The key of one hash.
pub(super) fn one(hash: &NtHash, salt: &Salt, iterations: u32) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    pbkdf2::pbkdf2_hmac::<Sha256>(&*input(hash), salt, iterations, &mut *key);
    key
}

/// What the service takes for the password: 32 upper-case hexadecimal digits in UTF-16LE.
fn input(hash: &NtHash) -> Zeroizing<[u8; 64]> {
    let mut digits = Zeroizing::new([0; 32]);
    let mut units = Zeroizing::new([0; 64]);
    if let Ok(digits) = base16ct::upper::encode(hash.expose(), &mut *digits) {
        units.iter_mut().step_by(2).zip(digits).for_each(|(unit, digit)| *unit = *digit);
    }
    units
}
