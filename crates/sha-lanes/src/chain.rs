//! How one PBKDF2 begins, before the compressions that cost time.
//!
//! INVARIANT: runs under [`crate::wiping`], as what it leaves on the stack is as good as a password.

use sha2::block_api::compress256;

use crate::constants::BEGIN;
use crate::{Job, Key};

/// A state of SHA-256, or a digest: eight words.
pub(crate) type Words = [u32; 8];

/// One PBKDF2 after its first iteration: all that the others need.
pub(crate) struct Chain {
    /// The state after the password under HMAC's inner padding.
    pub(crate) inner: Words,
    /// The state after the password under HMAC's outer padding.
    pub(crate) outer: Words,
    /// The first HMAC, of the salt and the block number: U1 of RFC 8018, 5.2.
    pub(crate) first: Words,
}

impl Chain {
    pub(crate) fn begin(job: &Job) -> Self {
        let keyed = |padding| {
            let mut state = BEGIN;
            compress256(&mut state, &[job.password.map(|byte| byte ^ padding)]);
            state
        };
        let (inner, outer) = (keyed(0x36), keyed(0x5c));
        let mut digest = inner;
        compress256(&mut digest, &[last_block(job.salt.into_iter().chain([0, 0, 0, 1]))]);
        let mut first = outer;
        compress256(&mut first, &[last_block(digest.into_iter().flat_map(u32::to_be_bytes))]);
        Self { inner, outer, first }
    }
}

/// The padded last block of a message that began with one block and ends with this, of at most 55 bytes.
fn last_block(message: impl Iterator<Item = u8>) -> [u8; 64] {
    let mut block = [0; 64];
    let mut length = block.len() as u64;
    for (to, byte) in block.iter_mut().zip(message.inspect(|_| length += 1).chain([0x80])) {
        *to = byte;
    }
    let bits = length * 8;
    block.iter_mut().rev().zip(bits.to_le_bytes()).for_each(|(to, byte)| *to = byte);
    block
}

/// Writes a digest as bytes.
pub(crate) fn write(words: &Words, key: &mut Key) {
    key.iter_mut().zip(words.iter().flat_map(|word| word.to_be_bytes())).for_each(|(to, byte)| *to = byte);
}
