//! Whatever way a key is derived, it is the one that the crate `pbkdf2` derives.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use proptest::prelude::*;
use samesign_sha_lanes::{Job, Kernel, Key, derive};

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

type Way = Box<dyn Fn(&[Job], u32, &mut [Key])>;

/// By every kernel, and by whichever is the fastest here.
fn ways() -> Vec<(String, Way)> {
    let mut ways: Vec<(String, Way)> = vec![("the fastest".to_owned(), Box::new(derive))];
    for kernel in Kernel::ALL {
        ways.push((format!("{kernel:?}"), Box::new(move |jobs, iterations, keys| kernel.derive(jobs, iterations, keys))));
    }
    ways
}

fn same_as_reference(jobs: &[Job], iterations: u32) {
    let expected: Vec<Key> = jobs.iter().map(|job| reference(job, iterations)).collect();
    for (name, way) in ways() {
        let mut keys = vec![[0; 32]; jobs.len()];
        way(jobs, iterations, &mut keys);
        assert_eq!(keys, expected, "{name}: {} jobs, {iterations} iterations", jobs.len());
    }
}

#[test]
fn a_known_key_comes_out() {
    let job = || Job { password: std::array::from_fn(|at| b'A' + (at % 26) as u8), salt: *b"0123456789" };
    for (name, way) in ways() {
        let mut keys = [[0; 32]; 19];
        way(&std::array::from_fn::<Job, 19, _>(|_| job()), 1_000, &mut keys);
        assert_eq!(keys, [KNOWN; 19], "{name}");
    }
}

#[test]
fn every_count_of_jobs_is_served() {
    for count in (0..=19).chain([31, 32, 33, 35]) {
        let jobs: Vec<Job> = (0..count).map(|at| Job { password: [at; 64], salt: [!at; 10] }).collect();
        for iterations in [0, 1, 2, 3, 1_000] {
            same_as_reference(&jobs, iterations);
        }
    }
}

#[test]
fn jobs_and_slots_that_have_no_partner_are_left_alone() {
    let jobs: Vec<Job> = (0..21).map(|at| Job { password: [at; 64], salt: [at; 10] }).collect();
    for (name, way) in ways() {
        let mut keys = [[7; 32]; 24];
        way(&jobs, 3, &mut keys);
        assert_eq!(keys[20], reference(&jobs[20], 3), "{name}");
        assert_eq!(keys[21..], [[7; 32]; 3], "{name}");
        let mut keys = [[7; 32]; 18];
        way(&jobs, 3, &mut keys);
        assert_eq!(keys[17], reference(&jobs[17], 3), "{name}");
    }
}

proptest! {
    #[test]
    fn random_jobs_agree(secrets in proptest::collection::vec((proptest::array::uniform32(any::<u8>()), proptest::array::uniform32(any::<u8>()), any::<[u8; 10]>()), 0..40), iterations in 0_u32..40) {
        let jobs: Vec<Job> = secrets
            .iter()
            .map(|(low, high, salt)| Job { password: std::array::from_fn(|at| if at < 32 { low[at] } else { high[at - 32] }), salt: *salt })
            .collect();
        same_as_reference(&jobs, iterations);
    }
}
