//! Whatever way a key is derived, it is the one that the crate `pbkdf2` derives.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use proptest::prelude::*;
use samesign_sha_lanes::{Job, Key, derive, derive_portably};

/// The key of `ABC...` over 64 bytes with the salt `0123456789` after 1,000 iterations. Computed with OpenSSL.
const KNOWN: Key = [
    0x00, 0x4f, 0x0b, 0xa3, 0x23, 0xd1, 0x83, 0x02, 0xff, 0xe9, 0xbe, 0xfd, 0xe4, 0x86, 0x10, 0x70, 0xe7, 0x7b, 0x25, 0xe5, 0xba, 0x0e,
    0xbf, 0x6f, 0xd4, 0xa5, 0x27, 0x0d, 0x28, 0xee, 0x52, 0x7a,
];

fn reference(job: &Job, iterations: u32) -> Key {
    let mut key = [0; 32];
    pbkdf2::pbkdf2_hmac::<sha2::Sha256>(&job.password, &job.salt, iterations, &mut key);
    key
}

fn same_as_reference(jobs: &[Job], iterations: u32) {
    let expected: Vec<Key> = jobs.iter().map(|job| reference(job, iterations)).collect();
    for way in [derive, derive_portably] {
        let mut keys = vec![[0; 32]; jobs.len()];
        way(jobs, iterations, &mut keys);
        assert_eq!(keys, expected, "{} jobs, {iterations} iterations", jobs.len());
    }
}

#[test]
fn a_known_key_comes_out() {
    let job = || Job { password: std::array::from_fn(|at| b'A' + (at % 26) as u8), salt: *b"0123456789" };
    let mut keys = [[0; 32]; 3];
    derive(&[job(), job(), job()], 1_000, &mut keys);
    assert_eq!(keys, [KNOWN; 3]);
}

#[test]
fn every_count_of_jobs_is_served() {
    for count in 0..=9 {
        let jobs: Vec<Job> = (0..count).map(|at| Job { password: [at; 64], salt: [!at; 10] }).collect();
        for iterations in [0, 1, 2, 3, 1_000] {
            same_as_reference(&jobs, iterations);
        }
    }
}

#[test]
fn jobs_and_slots_that_have_no_partner_are_left_alone() {
    let jobs: Vec<Job> = (0..5).map(|at| Job { password: [at; 64], salt: [at; 10] }).collect();
    for way in [derive, derive_portably] {
        let mut keys = [[7; 32]; 8];
        way(&jobs, 3, &mut keys);
        assert_eq!(keys[4], reference(&jobs[4], 3));
        assert_eq!(keys[5..], [[7; 32]; 3]);
        let mut keys = [[7; 32]; 3];
        way(&jobs, 3, &mut keys);
        assert_eq!(keys[2], reference(&jobs[2], 3));
    }
}

proptest! {
    #[test]
    fn random_jobs_agree(secrets in proptest::collection::vec((proptest::array::uniform32(any::<u8>()), proptest::array::uniform32(any::<u8>()), any::<[u8; 10]>()), 0..12), iterations in 0_u32..40) {
        let jobs: Vec<Job> = secrets
            .iter()
            .map(|(low, high, salt)| Job { password: std::array::from_fn(|at| if at < 32 { low[at] } else { high[at - 32] }), salt: *salt })
            .collect();
        same_as_reference(&jobs, iterations);
    }
}
