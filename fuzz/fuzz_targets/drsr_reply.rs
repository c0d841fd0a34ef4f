//! Any bytes as replies of a domain controller that replicates.

#![no_main]

use libfuzzer_sys::fuzz_target;
use samesign_wire::drsr::{decode_bind_reply, decode_reply, decode_unbind_reply, secrets};

fuzz_target!(|bytes: &[u8]| {
    let _ = (decode_bind_reply(bytes), decode_unbind_reply(bytes));
    if let Ok(reply) = decode_reply(bytes) {
        for object in reply.objects {
            if let Some(sealed) = object.password.and_then(|password| password.sealed) {
                let _ = secrets::open(&sealed, b"a session key");
            }
        }
    }
});
