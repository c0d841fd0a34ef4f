//! Any bytes as a replicated password hash, with any session key.

#![no_main]

use libfuzzer_sys::fuzz_target;
use samesign_wire::drsr::{SealedPassword, secrets};

fuzz_target!(|input: (&[u8], &[u8], u32)| {
    let (payload, session_key, rid) = input;
    let _ = secrets::open(&SealedPassword::new(payload, Some(rid)), session_key);
});
