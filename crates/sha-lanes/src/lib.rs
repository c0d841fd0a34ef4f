//! PBKDF2-HMAC-SHA256 in the one shape of a password blob, for many people at once: a 64-byte input, a 10-byte salt, a 32-byte key.
//!
//! One chain of SHA-256 compressions keeps the processor waiting for itself: each needs the one before. Here several independent chains
//! advance side by side in one core's SHA unit, with their states in registers. Where there is no such unit, [`derive`] is [`derive_portably`].
//!
//! This is the only crate of ours in which `unsafe` may stand, and there in one file. Threads are the caller's business.

#![warn(missing_docs)]

mod chain;
#[cfg(target_arch = "x86_64")]
mod x86_64;

use zeroize::{Zeroize, ZeroizeOnDrop};

/// What one key is derived of. Secret: no `Debug`, no copy; wiped on drop.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Job {
    /// PBKDF2's password: exactly one block of SHA-256, which is HMAC's key as it stands.
    pub password: [u8; 64],
    /// PBKDF2's salt.
    pub salt: [u8; 10],
}

/// A derived key: the first block of PBKDF2's output.
pub type Key = [u8; 32];

/// Derives the key of each job into the slot at the same place, as fast as this processor can on one core.
///
/// Jobs without a slot and slots without a job are left alone. No iterations count as one, as in the crate `pbkdf2`.
/// What the keys were derived of is wiped from the stack before this returns; the keys are the caller's to wipe.
pub fn derive(jobs: &[Job], iterations: u32, keys: &mut [Key]) {
    #[cfg(target_arch = "x86_64")]
    if x86_64::derive(jobs, iterations, keys) {
        return;
    }
    derive_portably(jobs, iterations, keys);
}

/// The same without our own kernel: the crate `pbkdf2`, one key after the other.
pub fn derive_portably(jobs: &[Job], iterations: u32, keys: &mut [Key]) {
    wiping(|| {
        for (job, key) in jobs.iter().zip(keys) {
            pbkdf2::pbkdf2_hmac::<sha2::Sha256>(&job.password, &job.salt, iterations, key);
        }
    });
}

/// Runs what spills secrets onto the stack, then overwrites that part of the stack.
fn wiping(work: impl FnOnce()) {
    /// Several times what any of our derivations uses.
    const STACK: usize = 16 * 1024;
    #[inline(never)]
    fn apart(work: impl FnOnce()) {
        work();
    }
    apart(work);
    zeroize::zeroize_stack::<STACK>();
}
