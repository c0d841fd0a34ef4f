//! Any bytes as a request for a token with a name and a password. A refusal never shows a password.

#![no_main]

use libfuzzer_sys::fuzz_target;
use samesign_wire::wstrust::RequestSecurityToken;

fuzz_target!(|bytes: &[u8]| {
    match RequestSecurityToken::read(bytes) {
        Ok(request) => assert!(!request.username.is_empty() && !request.applies_to.is_empty()),
        Err(refusal) => assert!(refusal.to_string().len() < 4_096),
    }
});
