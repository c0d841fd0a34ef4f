//! Any bytes as an LDIF file.

#![no_main]

use libfuzzer_sys::fuzz_target;
use samesign_connect::ldif::{Ending, read_from};
use samesign_connect::source::Known;

fuzz_target!(|bytes: &[u8]| {
    let _ = read_from(bytes, &["mail", "memberof", "proxyaddresses", "samaccountname"], &Known::new(), Ending::EmptyLine, &mut |_| {}, None);
});
