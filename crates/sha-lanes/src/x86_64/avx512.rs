//! SHA-256 in AVX-512: sixteen chains side by side, each register holding one word of all of them.

use std::arch::x86_64::{
    __m512i, _mm_extract_epi32, _mm512_add_epi32, _mm512_extracti32x4_epi32, _mm512_ror_epi32, _mm512_set_epi32, _mm512_set1_epi32,
    _mm512_srli_epi32, _mm512_ternarylogic_epi32, _mm512_xor_si512,
};

use crate::chain::{Chain, Words};
use crate::constants::K;

pub(crate) const LANES: usize = 16;

/// A state or a digest of every lane: A to H.
type Lanes = [__m512i; 8];

/// The truth tables of FIPS 180-4, 4.1.2 for the three-operand instruction.
const CHOOSE: i32 = 0xca;
const MAJORITY: i32 = 0xe8;
const XOR: i32 = 0x96;

/// The sum of U1 to the last U of each chain (RFC 8018, 5.2).
#[target_feature(enable = "avx512f")]
pub(crate) fn iterate(chains: &[Chain; LANES], iterations: u32) -> [Words; LANES] {
    let starts = [load(chains.each_ref().map(|chain| &chain.inner)), load(chains.each_ref().map(|chain| &chain.outer))];
    let mut digests = load(chains.each_ref().map(|chain| &chain.first));
    let mut sums = digests;
    for _ in 1..iterations {
        for start in &starts {
            digests = compress(start, &digests);
        }
        for (sum, digest) in sums.iter_mut().zip(&digests) {
            *sum = _mm512_xor_si512(*sum, *digest);
        }
    }
    store(&sums)
}

/// Takes each digest into the state beside it, as the end of a message of 96 bytes: HMAC's padded key came before.
#[target_feature(enable = "avx512f")]
#[inline]
fn compress(start: &Lanes, digests: &Lanes) -> Lanes {
    let [a, b, c, d, e, f, g, h] = *digests;
    let (end, zero, length_bits) = (_mm512_set1_epi32(i32::MIN), _mm512_set1_epi32(0), _mm512_set1_epi32(96 * 8));
    let mut words = [a, b, c, d, e, f, g, h, end, zero, zero, zero, zero, zero, zero, length_bits];
    let mut state = *start;
    let (chunks, _) = K.as_chunks::<4>();
    if let [first, second, third, last] = chunks {
        for constants in [first, second, third] {
            sixteen_rounds::<true>(&mut state, &mut words, constants);
        }
        sixteen_rounds::<false>(&mut state, &mut words, last);
    }
    for (word, start) in state.iter_mut().zip(start) {
        *word = _mm512_add_epi32(*word, *start);
    }
    state
}

/// Written out, so that every register has its name when this is compiled.
#[target_feature(enable = "avx512f")]
#[inline]
fn sixteen_rounds<const SCHEDULE: bool>(state: &mut Lanes, words: &mut [__m512i; 16], constants: &[[u32; 4]; 4]) {
    let [[k0, k1, k2, k3], [k4, k5, k6, k7], [k8, k9, k10, k11], [k12, k13, k14, k15]] = *constants;
    round::<SCHEDULE>(state, words, k0);
    round::<SCHEDULE>(state, words, k1);
    round::<SCHEDULE>(state, words, k2);
    round::<SCHEDULE>(state, words, k3);
    round::<SCHEDULE>(state, words, k4);
    round::<SCHEDULE>(state, words, k5);
    round::<SCHEDULE>(state, words, k6);
    round::<SCHEDULE>(state, words, k7);
    round::<SCHEDULE>(state, words, k8);
    round::<SCHEDULE>(state, words, k9);
    round::<SCHEDULE>(state, words, k10);
    round::<SCHEDULE>(state, words, k11);
    round::<SCHEDULE>(state, words, k12);
    round::<SCHEDULE>(state, words, k13);
    round::<SCHEDULE>(state, words, k14);
    round::<SCHEDULE>(state, words, k15);
}

/// One round (FIPS 180-4, 6.2.2); while more than the last sixteen are to come, the word of the round sixteen further on too.
#[target_feature(enable = "avx512f")]
#[inline]
fn round<const SCHEDULE: bool>(state: &mut Lanes, words: &mut [__m512i; 16], constant: u32) {
    let [a, b, c, d, e, f, g, h] = *state;
    let [w0, w1, w2, w3, w4, w5, w6, w7, w8, w9, w10, w11, w12, w13, w14, w15] = *words;
    let given = _mm512_add_epi32(_mm512_add_epi32(w0, _mm512_set1_epi32(constant.cast_signed())), h);
    let chosen = _mm512_add_epi32(turned::<6, 11, 25>(e), _mm512_ternarylogic_epi32::<CHOOSE>(e, f, g));
    let first = _mm512_add_epi32(given, chosen);
    let second = _mm512_add_epi32(turned::<2, 13, 22>(a), _mm512_ternarylogic_epi32::<MAJORITY>(a, b, c));
    *state = [_mm512_add_epi32(first, second), a, b, c, _mm512_add_epi32(d, first), e, f, g];

    let next = if SCHEDULE {
        let near = _mm512_add_epi32(w0, shifted::<7, 18, 3>(w1));
        _mm512_add_epi32(near, _mm512_add_epi32(w9, shifted::<17, 19, 10>(w14)))
    } else {
        w0
    };
    *words = [w1, w2, w3, w4, w5, w6, w7, w8, w9, w10, w11, w12, w13, w14, w15, next];
}

/// A capital sigma of FIPS 180-4, 4.1.2: three rotations to the right.
#[target_feature(enable = "avx512f")]
#[inline]
fn turned<const A: i32, const B: i32, const C: i32>(word: __m512i) -> __m512i {
    _mm512_ternarylogic_epi32::<XOR>(_mm512_ror_epi32::<A>(word), _mm512_ror_epi32::<B>(word), _mm512_ror_epi32::<C>(word))
}

/// A small sigma of FIPS 180-4, 4.1.2: two rotations to the right and a shift.
#[target_feature(enable = "avx512f")]
#[inline]
fn shifted<const A: i32, const B: i32, const SHIFT: u32>(word: __m512i) -> __m512i {
    _mm512_ternarylogic_epi32::<XOR>(_mm512_ror_epi32::<A>(word), _mm512_ror_epi32::<B>(word), _mm512_srli_epi32::<SHIFT>(word))
}

#[target_feature(enable = "avx512f")]
fn load(lanes: [&Words; LANES]) -> Lanes {
    let zero = _mm512_set1_epi32(0);
    let mut vectors = [zero; 8];
    for (at, vector) in vectors.iter_mut().enumerate() {
        let word = |lane: &Words| lane.get(at).copied().unwrap_or_default().cast_signed();
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = lanes.map(word);
        *vector = _mm512_set_epi32(p, o, n, m, l, k, j, i, h, g, f, e, d, c, b, a);
    }
    vectors
}

#[target_feature(enable = "avx512f,sse4.1")]
fn store(vectors: &Lanes) -> [Words; LANES] {
    let mut lanes = [[0; 8]; LANES];
    for (at, vector) in vectors.iter().enumerate() {
        let quarters = [
            _mm512_extracti32x4_epi32::<0>(*vector),
            _mm512_extracti32x4_epi32::<1>(*vector),
            _mm512_extracti32x4_epi32::<2>(*vector),
            _mm512_extracti32x4_epi32::<3>(*vector),
        ];
        for (lanes, quarter) in lanes.as_chunks_mut::<4>().0.iter_mut().zip(quarters) {
            let words = [
                _mm_extract_epi32::<0>(quarter),
                _mm_extract_epi32::<1>(quarter),
                _mm_extract_epi32::<2>(quarter),
                _mm_extract_epi32::<3>(quarter),
            ];
            for (slot, word) in lanes.iter_mut().filter_map(|lane| lane.get_mut(at)).zip(words) {
                *slot = word.cast_unsigned();
            }
        }
    }
    lanes
}
