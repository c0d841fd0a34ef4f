//! PBKDF2-HMAC-SHA256 in the one shape of a password blob, for many people at once: a 64-byte input, a 10-byte salt, a 32-byte key.
//!
//! One chain of SHA-256 compressions keeps the processor waiting for itself: each needs the one before. Here several independent chains
//! advance side by side on one core, with their states in registers: in the lanes of AVX-512, else in the SHA extensions. Where there are neither,
//! it is the crate `pbkdf2`. What the processor has is asked at run time.
//!
//! This is the only crate of ours in which `unsafe` may stand, and there in one file. Threads are the caller's business.

#![warn(missing_docs)]

mod chain;
mod constants;
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
    Kernel::ALL[0].derive(jobs, iterations, keys);
}

/// A way to derive keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kernel {
    /// Sixteen lanes, in the vector registers of AVX-512.
    Avx512,
    /// Two lanes, in the SHA extensions of x86-64.
    ShaExtensions,
    /// The crate `pbkdf2`, one key after the other.
    Portable,
}

impl Kernel {
    /// From the fastest to the one that runs everywhere.
    pub const ALL: [Self; 3] = [Self::Avx512, Self::ShaExtensions, Self::Portable];

    /// Whether this processor can run it.
    pub fn is_here(self) -> bool {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => x86_64::has_avx512(),
            #[cfg(target_arch = "x86_64")]
            Self::ShaExtensions => x86_64::has_sha(),
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx512 | Self::ShaExtensions => false,
            Self::Portable => true,
        }
    }

    /// As [`derive`], beginning with this kernel; what it cannot do, for want of lanes to fill or of instructions, is left to slower ones.
    pub fn derive(self, jobs: &[Job], iterations: u32, keys: &mut [Key]) {
        let count = jobs.len().min(keys.len());
        let (jobs, keys) = (jobs.split_at(count).0, keys.split_at_mut(count).0);
        wiping(|| {
            let done = match self {
                #[cfg(target_arch = "x86_64")]
                Self::Avx512 => x86_64::derive_avx512(jobs, iterations, keys),
                _ => 0,
            };
            let (jobs, keys) = (jobs.split_at(done).1, keys.split_at_mut(done).1);
            let done = match self {
                #[cfg(target_arch = "x86_64")]
                Self::Avx512 | Self::ShaExtensions => x86_64::derive_sha(jobs, iterations, keys),
                _ => 0,
            };
            for (job, key) in jobs.iter().zip(keys).skip(done) {
                pbkdf2::pbkdf2_hmac::<sha2::Sha256>(&job.password, &job.salt, iterations, key);
            }
        });
    }
}

/// Runs what spills secrets onto the stack, then overwrites that part of the stack.
fn wiping(work: impl FnOnce()) {
    /// Several times what any of our derivations uses.
    const STACK: usize = 32 * 1024;
    #[inline(never)]
    fn apart(work: impl FnOnce()) {
        work();
    }
    apart(work);
    zeroize::zeroize_stack::<STACK>();
}
