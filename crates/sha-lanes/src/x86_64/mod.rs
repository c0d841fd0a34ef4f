//! The kernels for x86-64: every iteration but the first, of several chains side by side.
//!
//! The kernels themselves are safe code. What is not is calling them, as not every processor has their instructions: that happens here alone.

#![allow(unsafe_code, reason = "calls into code made of instructions that not every processor has")]

mod avx512;
mod sha;

use crate::chain::{Chain, Words, write};
use crate::{Job, Key};

/// Two chains fill the SHA unit; a third gains a hundredth and runs out of registers.
const SHA_LANES: usize = 2;

/// Whether this processor has the SHA extensions.
pub(crate) fn has_sha() -> bool {
    is_x86_feature_detected!("sha") && is_x86_feature_detected!("sse4.1") && is_x86_feature_detected!("ssse3")
}

/// Whether this processor has AVX-512, and the operating system keeps its registers.
pub(crate) fn has_avx512() -> bool {
    is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("sse4.1")
}

/// Derives with the SHA extensions. Answers how many from the front: all, or none where there are no such instructions.
pub(crate) fn derive_sha(jobs: &[Job], iterations: u32, keys: &mut [Key]) -> usize {
    if !has_sha() {
        return 0;
    }
    let (pairs, last) = jobs.as_chunks::<SHA_LANES>();
    let (pair_keys, last_keys) = keys.as_chunks_mut::<SHA_LANES>();
    let (last, last_keys) = (last.as_chunks::<1>().0, last_keys.as_chunks_mut::<1>().0);
    // SAFETY: `has_sha` has asked for every feature that `sha::iterate` is compiled for.
    side_by_side(pairs, pair_keys, |chains| unsafe { sha::iterate(chains, iterations) });
    // SAFETY: as above.
    side_by_side(last, last_keys, |chains| unsafe { sha::iterate(chains, iterations) });
    jobs.len()
}

/// Derives in AVX-512. Answers how many from the front: as many as fill all its lanes, or none where there are no such instructions.
pub(crate) fn derive_avx512(jobs: &[Job], iterations: u32, keys: &mut [Key]) -> usize {
    if !has_avx512() {
        return 0;
    }
    let (jobs, keys) = (jobs.as_chunks::<{ avx512::LANES }>().0, keys.as_chunks_mut::<{ avx512::LANES }>().0);
    // SAFETY: `has_avx512` has asked for every feature that `avx512::iterate` is compiled for.
    side_by_side(jobs, keys, |chains| unsafe { avx512::iterate(chains, iterations) });
    jobs.as_flattened().len()
}

fn side_by_side<const N: usize>(jobs: &[[Job; N]], keys: &mut [[Key; N]], iterate: impl Fn(&[Chain; N]) -> [Words; N]) {
    for (jobs, keys) in jobs.iter().zip(keys) {
        let sums = iterate(&jobs.each_ref().map(Chain::begin));
        keys.iter_mut().zip(&sums).for_each(|(key, sum)| write(sum, key));
    }
}
