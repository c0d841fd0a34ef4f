//! The kernel for x86-64 processors with SHA extensions: every iteration but the first, of several chains side by side.

#![allow(unsafe_code, reason = "the one call into code made of instructions that not every processor has")]

use std::arch::x86_64::{
    __m128i, _mm_add_epi32, _mm_alignr_epi8, _mm_extract_epi32, _mm_set_epi32, _mm_sha256msg1_epu32, _mm_sha256msg2_epu32,
    _mm_sha256rnds2_epu32, _mm_shuffle_epi32, _mm_unpackhi_epi64, _mm_unpacklo_epi64, _mm_xor_si128,
};

use crate::chain::{Chain, Words, write};
use crate::{Job, Key, wiping};

/// Two chains fill the SHA unit; a third gains nothing and runs out of registers.
const LANES: usize = 2;

/// Derives the keys, or answers `false` where the processor lacks the instructions.
pub(crate) fn derive(jobs: &[Job], iterations: u32, keys: &mut [Key]) -> bool {
    let able = is_x86_feature_detected!("sha") && is_x86_feature_detected!("sse4.1") && is_x86_feature_detected!("ssse3");
    if able {
        let count = jobs.len().min(keys.len());
        let (jobs, last) = jobs.split_at(count).0.as_chunks::<LANES>();
        let (keys, last_keys) = keys.split_at_mut(count).0.as_chunks_mut::<LANES>();
        wiping(|| {
            jobs.iter().zip(keys).for_each(|(jobs, keys)| side_by_side(jobs, iterations, keys));
            let (last, last_keys) = (last.as_chunks::<1>().0, last_keys.as_chunks_mut::<1>().0);
            last.iter().zip(last_keys).for_each(|(job, key)| side_by_side(job, iterations, key));
        });
    }
    able
}

fn side_by_side<const N: usize>(jobs: &[Job; N], iterations: u32, keys: &mut [Key; N]) {
    let chains = jobs.each_ref().map(Chain::begin);
    // SAFETY: `derive` has asked the processor for every feature that `iterate` is compiled for.
    let sums = unsafe { iterate(&chains, iterations) };
    keys.iter_mut().zip(&sums).for_each(|(key, sum)| write(sum, key));
}

/// Eight words in two registers: a digest in the order of a message, from the lowest element.
#[derive(Clone, Copy)]
struct Digest(__m128i, __m128i);

/// A state in the order of the SHA unit: A, B, E, F and C, D, G, H from the highest element.
#[derive(Clone, Copy)]
struct State(__m128i, __m128i);

/// One compression while it runs: the state, and the sixteen words of the message schedule that come next.
#[derive(Clone, Copy)]
struct Lane(State, [__m128i; 4]);

/// The sum of U1 to the last U of each chain (RFC 8018, 5.2).
#[target_feature(enable = "sha,sse4.1,ssse3")]
fn iterate<const N: usize>(chains: &[Chain; N], iterations: u32) -> [Words; N] {
    let zero = _mm_set_epi32(0, 0, 0, 0);
    let mut digests = [Digest(zero, zero); N];
    let mut starts = [[State(zero, zero); N]; 2];
    let [inner, outer] = &mut starts;
    for (((chain, digest), inner), outer) in chains.iter().zip(&mut digests).zip(inner).zip(outer) {
        *digest = load(&chain.first);
        *inner = in_unit_order(load(&chain.inner));
        *outer = in_unit_order(load(&chain.outer));
    }
    let mut sums = digests;
    for _ in 1..iterations {
        for starts in &starts {
            digests = compress(starts, &digests);
        }
        for (sum, digest) in sums.iter_mut().zip(&digests) {
            *sum = Digest(_mm_xor_si128(sum.0, digest.0), _mm_xor_si128(sum.1, digest.1));
        }
    }
    let mut words = [[0; 8]; N];
    for (words, sum) in words.iter_mut().zip(sums) {
        *words = store(sum);
    }
    words
}

/// Takes each digest into the state beside it, as the end of a message of 96 bytes: HMAC's padded key came before.
#[target_feature(enable = "sha,sse4.1,ssse3")]
#[inline]
fn compress<const N: usize>(starts: &[State; N], digests: &[Digest; N]) -> [Digest; N] {
    let end = _mm_set_epi32(0, 0, 0, i32::MIN);
    let length_bits = _mm_set_epi32(96 * 8, 0, 0, 0);
    let mut lanes = [Lane(State(end, end), [end; 4]); N];
    for ((lane, start), digest) in lanes.iter_mut().zip(starts).zip(digests) {
        *lane = Lane(*start, [digest.0, digest.1, end, length_bits]);
    }
    all_rounds(&mut lanes);
    let mut compressed = *digests;
    for ((digest, Lane(state, _)), start) in compressed.iter_mut().zip(&lanes).zip(starts) {
        *digest = in_message_order(State(_mm_add_epi32(state.0, start.0), _mm_add_epi32(state.1, start.1)));
    }
    compressed
}

/// The 64 rounds with the constants of FIPS 180-4, 4.2.2. Written out, so that every register has its name when this is compiled.
#[target_feature(enable = "sha,sse4.1,ssse3")]
#[inline]
fn all_rounds<const N: usize>(lanes: &mut [Lane; N]) {
    four_rounds::<N, true>(lanes, [0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5]);
    four_rounds::<N, true>(lanes, [0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5]);
    four_rounds::<N, true>(lanes, [0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3]);
    four_rounds::<N, true>(lanes, [0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174]);
    four_rounds::<N, true>(lanes, [0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc]);
    four_rounds::<N, true>(lanes, [0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da]);
    four_rounds::<N, true>(lanes, [0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7]);
    four_rounds::<N, true>(lanes, [0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967]);
    four_rounds::<N, true>(lanes, [0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13]);
    four_rounds::<N, true>(lanes, [0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85]);
    four_rounds::<N, true>(lanes, [0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3]);
    four_rounds::<N, true>(lanes, [0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070]);
    four_rounds::<N, false>(lanes, [0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5]);
    four_rounds::<N, false>(lanes, [0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3]);
    four_rounds::<N, false>(lanes, [0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208]);
    four_rounds::<N, false>(lanes, [0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2]);
}

/// Four rounds of every lane in turn; while more than the last sixteen are to come, the words of the four rounds sixteen further on too.
#[target_feature(enable = "sha,sse4.1,ssse3")]
#[inline]
fn four_rounds<const N: usize, const SCHEDULE: bool>(lanes: &mut [Lane; N], constants: [u32; 4]) {
    let constants = vector(constants);
    for Lane(State(abef, cdgh), words) in lanes {
        let [now, next, third, fourth] = *words;
        let sum = _mm_add_epi32(now, constants);
        *cdgh = _mm_sha256rnds2_epu32(*cdgh, *abef, sum);
        *abef = _mm_sha256rnds2_epu32(*abef, *cdgh, _mm_shuffle_epi32::<0b00_00_11_10>(sum));
        let new = if SCHEDULE {
            let seventh_back = _mm_alignr_epi8::<4>(fourth, third);
            _mm_sha256msg2_epu32(_mm_add_epi32(_mm_sha256msg1_epu32(now, next), seventh_back), fourth)
        } else {
            now
        };
        *words = [next, third, fourth, new];
    }
}

#[target_feature(enable = "sse2")]
#[inline]
fn in_unit_order(Digest(abcd, efgh): Digest) -> State {
    const REVERSED: i32 = 0b00_01_10_11;
    let (abef, cdgh) = (_mm_unpacklo_epi64(abcd, efgh), _mm_unpackhi_epi64(abcd, efgh));
    State(_mm_shuffle_epi32::<REVERSED>(abef), _mm_shuffle_epi32::<REVERSED>(cdgh))
}

#[target_feature(enable = "sse2")]
#[inline]
fn in_message_order(State(abef, cdgh): State) -> Digest {
    const REVERSED: i32 = 0b00_01_10_11;
    let (abef, cdgh) = (_mm_shuffle_epi32::<REVERSED>(abef), _mm_shuffle_epi32::<REVERSED>(cdgh));
    Digest(_mm_unpacklo_epi64(abef, cdgh), _mm_unpackhi_epi64(abef, cdgh))
}

#[target_feature(enable = "sse2")]
#[inline]
fn vector(words: [u32; 4]) -> __m128i {
    let [first, second, third, fourth] = words.map(u32::cast_signed);
    _mm_set_epi32(fourth, third, second, first)
}

#[target_feature(enable = "sse2")]
#[inline]
fn load(words: &Words) -> Digest {
    let [a, b, c, d, e, f, g, h] = *words;
    Digest(vector([a, b, c, d]), vector([e, f, g, h]))
}

#[target_feature(enable = "sse4.1")]
#[inline]
fn store(Digest(abcd, efgh): Digest) -> Words {
    let word = i32::cast_unsigned;
    [
        word(_mm_extract_epi32::<0>(abcd)),
        word(_mm_extract_epi32::<1>(abcd)),
        word(_mm_extract_epi32::<2>(abcd)),
        word(_mm_extract_epi32::<3>(abcd)),
        word(_mm_extract_epi32::<0>(efgh)),
        word(_mm_extract_epi32::<1>(efgh)),
        word(_mm_extract_epi32::<2>(efgh)),
        word(_mm_extract_epi32::<3>(efgh)),
    ]
}
