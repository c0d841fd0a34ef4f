//! Tokens that were spent a moment ago, so that sending one again and again costs a hash, and not a decryption.
//!
//! A short cut in front of the replay cache, not the cache: what is forgotten here, that one still knows.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use aws_lc_rs::digest;

/// How many are remembered.
const SPENT_MAX: usize = 10_000;

/// SHA-256 of each token, and until when (Unix seconds) it is worth remembering.
#[derive(Default)]
pub(super) struct Recent(Mutex<HashMap<[u8; 32], i64>>);

impl Recent {
    pub(super) fn knows(&self, token: &[u8], now: i64) -> bool {
        self.spent().get(&digest_of(token)).is_some_and(|until| *until > now)
    }

    pub(super) fn keep(&self, token: &[u8], until: i64, now: i64) {
        let mut spent = self.spent();
        if spent.len() >= SPENT_MAX {
            spent.retain(|_, until| *until > now);
        }
        if spent.len() >= SPENT_MAX {
            spent.clear();
        }
        spent.insert(digest_of(token), until);
    }

    fn spent(&self) -> MutexGuard<'_, HashMap<[u8; 32], i64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn digest_of(token: &[u8]) -> [u8; 32] {
    digest::digest(&digest::SHA256, token).as_ref().try_into().unwrap_or_default()
}
