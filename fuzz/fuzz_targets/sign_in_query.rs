//! Any text as the query or the form by which an application asks for somebody: WS-Federation, and SAML 2.0 by redirect and by POST.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| samesign_federation::strangers::request(text));
