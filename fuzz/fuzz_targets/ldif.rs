//! Any bytes as an LDIF file.

#![no_main]

use libfuzzer_sys::fuzz_target;
use samesign_connect::ldif::{Ending, Wanted, read_from};
use samesign_connect::source::Known;

fuzz_target!(|bytes: &[u8]| {
    let attributes = &["mail", "member", "proxyaddresses", "samaccountname"];
    let wanted = Wanted { kinds: Default::default(), attributes, known: &Known::new(), ending: Ending::EmptyLine };
    let _ = read_from(bytes, &wanted, &mut |_| {}, None);
});
