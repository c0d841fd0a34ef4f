//! Any bytes as the answer to every operation. What decodes must encode to something that decodes to the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use samesign_wire::provisioning::{Operation, decode_response, encode_response};

fuzz_target!(|bytes: &[u8]| {
    for operation in Operation::ALL {
        if let Ok(Ok(response)) = decode_response(operation, bytes) {
            assert_eq!(decode_response(operation, &encode_response(operation, "", &response)), Ok(Ok(response)));
        }
    }
});
