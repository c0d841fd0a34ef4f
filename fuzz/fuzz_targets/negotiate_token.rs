//! Any bytes as the token of a browser that offers a Kerberos ticket, and as what a ticket would hold once it is decrypted.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| assert!(samesign_federation::strangers::token(bytes)));
