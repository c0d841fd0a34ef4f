//! From NT hashes to the keys of their blobs: on every core when there are many.

use std::num::NonZero;
use std::{panic, slice, thread};

use samesign_sha_lanes::{Job, Key};
use zeroize::Zeroizing;

use super::{CredentialData, NtHash, Salt};

/// The iterations of every blob that we make: the service's own number. More than 1,000 and it may refuse sign-ins.
pub const ITERATIONS: u32 = 1_000;

/// Derived one after the other while their inputs are in memory; the rest are not expanded yet.
const BATCH: usize = 64;
/// As many keep a core busy for some milliseconds, beside which a thread's start is nothing.
const WORTH_A_THREAD: usize = 2 * BATCH;

/// Makes the blob of each hash under its salt, in the same order.
pub fn derive(people: &[(NtHash, Salt)]) -> Vec<CredentialData> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let threads = cores.min(people.len() / WORTH_A_THREAD).max(1);
    let (own, others) = people.split_at(people.len().div_ceil(threads));
    thread::scope(|scope| {
        let others: Vec<_> = others
            .chunks(own.len().max(1))
            .map(|share| (share, thread::Builder::new().spawn_scoped(scope, || on_one_core(share))))
            .collect();
        let mut blobs = on_one_core(own);
        for (share, helper) in others {
            // Where no thread can be had, this one does that share too.
            let done = helper.map_or_else(|_| Ok(on_one_core(share)), thread::ScopedJoinHandle::join);
            blobs.extend(done.unwrap_or_else(|cause| panic::resume_unwind(cause)));
        }
        blobs
    })
}

fn on_one_core(people: &[(NtHash, Salt)]) -> Vec<CredentialData> {
    let mut blobs = Vec::with_capacity(people.len());
    let mut keys = Zeroizing::new([[0; 32]; BATCH]);
    for batch in people.chunks(BATCH) {
        let mut jobs: Vec<Job> = batch.iter().map(|(_, salt)| Job { password: [0; 64], salt: *salt }).collect();
        jobs.iter_mut().zip(batch).for_each(|(job, (hash, _))| expand(hash, &mut job.password));
        samesign_sha_lanes::derive(&jobs, ITERATIONS, &mut *keys);
        blobs.extend(batch.iter().zip(&*keys).map(|((_, salt), key)| CredentialData::of_key(salt, key)));
    }
    blobs
}

/// The key of one hash.
pub(super) fn one(hash: &NtHash, salt: &Salt, iterations: u32) -> Zeroizing<Key> {
    let mut job = Job { password: [0; 64], salt: *salt };
    expand(hash, &mut job.password);
    let mut key = Zeroizing::new([0; 32]);
    samesign_sha_lanes::derive(slice::from_ref(&job), iterations, slice::from_mut(&mut *key));
    key
}

/// Writes what the service takes for the password, into its place (a moved secret leaves a copy behind): 32 upper-case hexadecimal digits in UTF-16LE.
fn expand(hash: &NtHash, password: &mut [u8; 64]) {
    let mut digits = Zeroizing::new([0; 32]);
    if let Ok(digits) = base16ct::upper::encode(hash.expose(), &mut *digits) {
        password.iter_mut().step_by(2).zip(digits).for_each(|(unit, digit)| *unit = *digit);
    }
}
