//! Any bytes as a provisioning request. What decodes must encode to something that decodes to the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use samesign_wire::provisioning::{decode_request, encode_request};

fuzz_target!(|bytes: &[u8]| {
    if let Ok((header, request)) = decode_request(bytes) {
        let again = decode_request(&encode_request(&header, &request));
        assert!(again.is_ok_and(|(_, decoded)| decoded == request));
    }
});
