//! The NT hash, which is as good as the password it was made of.

use md4::{Digest, Md4};
use zeroize::Zeroizing;

/// The NT hash of a password: MD4 of its UTF-16LE form (MS-NLMP 3.3.1). As good as the password itself.
///
/// No `Debug`, no `Display`, no `Serialize`, no copy; wiped on drop.
///
/// ```compile_fail,E0277
/// println!("{:?}", samesign_wire::password::NtHash::of_password(""));
/// ```
/// ```compile_fail,E0277
/// println!("{}", samesign_wire::password::NtHash::of_password(""));
/// ```
/// ```compile_fail,E0599
/// let copy = samesign_wire::password::NtHash::of_password("").clone();
/// ```
///
/// INVARIANT: it stays where it was made. Hashes go through channels and growing lists, and a value that moves leaves its bytes behind,
/// which nobody wipes; of this one only the address moves.
pub struct NtHash(Box<Zeroizing<[u8; 16]>>);

impl NtHash {
    /// Takes a hash; `None` when it is not 16 bytes long.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        let mut hash = Self(Box::default());
        (bytes.len() == hash.0.len()).then(|| hash.0.copy_from_slice(bytes))?;
        Some(hash)
    }

    /// The hash of a password of any length, as Windows makes it. Nothing is normalised: `é` in one code point and in two are different passwords.
    pub fn of_password(password: &str) -> Self {
        // A UTF-16 form is never more than twice as long as the UTF-8 one: the buffer does not move, so no copy stays behind.
        let mut units = Zeroizing::new(Vec::with_capacity(2 * password.len()));
        units.extend(password.encode_utf16().flat_map(u16::to_le_bytes));
        let mut hash = Self(Box::default());
        let mut md4 = Md4::new();
        md4.update(&*units);
        md4.finalize_into_reset((&mut **hash.0).into());
        hash
    }

    /// The hash, for the one place that makes a password blob of it.
    pub fn expose(&self) -> &[u8; 16] {
        &self.0
    }
}
