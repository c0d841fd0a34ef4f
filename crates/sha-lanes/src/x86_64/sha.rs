//! SHA-256 in the SHA extensions: a few chains side by side, each in its own registers.

use std::arch::x86_64::{
    __m128i, _mm_add_epi32, _mm_alignr_epi8, _mm_extract_epi32, _mm_set_epi32, _mm_sha256msg1_epu32, _mm_sha256msg2_epu32,
    _mm_sha256rnds2_epu32, _mm_shuffle_epi32, _mm_unpackhi_epi64, _mm_unpacklo_epi64, _mm_xor_si128,
};

use crate::chain::{Chain, Words};
use crate::constants::K;

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
pub(crate) fn iterate<const N: usize>(chains: &[Chain; N], iterations: u32) -> [Words; N] {
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

/// The 64 rounds. Written out, so that every register has its name when this is compiled.
#[target_feature(enable = "sha,sse4.1,ssse3")]
#[inline]
fn all_rounds<const N: usize>(lanes: &mut [Lane; N]) {
    let [k0, k1, k2, k3, k4, k5, k6, k7, k8, k9, k10, k11, k12, k13, k14, k15] = K;
    four_rounds::<N, true>(lanes, k0);
    four_rounds::<N, true>(lanes, k1);
    four_rounds::<N, true>(lanes, k2);
    four_rounds::<N, true>(lanes, k3);
    four_rounds::<N, true>(lanes, k4);
    four_rounds::<N, true>(lanes, k5);
    four_rounds::<N, true>(lanes, k6);
    four_rounds::<N, true>(lanes, k7);
    four_rounds::<N, true>(lanes, k8);
    four_rounds::<N, true>(lanes, k9);
    four_rounds::<N, true>(lanes, k10);
    four_rounds::<N, true>(lanes, k11);
    four_rounds::<N, false>(lanes, k12);
    four_rounds::<N, false>(lanes, k13);
    four_rounds::<N, false>(lanes, k14);
    four_rounds::<N, false>(lanes, k15);
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
