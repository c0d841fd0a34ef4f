//! Any bytes as they come from a directory server: framed as the session frames them, then decoded.

#![no_main]

use libfuzzer_sys::fuzz_target;
use samesign_connect::ad::{Message, decode_message, message_length};

fuzz_target!(|bytes: &[u8]| {
    let Ok(Some(length)) = message_length(bytes) else { return };
    let Some(message) = bytes.get(..length) else { return };
    if let Ok(Message::Entry { entry, .. }) = decode_message(message) {
        for attribute in entry.attributes().flatten() {
            attribute.values().for_each(drop);
        }
    }
});
