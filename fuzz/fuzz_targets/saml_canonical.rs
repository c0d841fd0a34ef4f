//! Any bytes as XML: what is read has a canonical form, which is read again, and is its own.

#![no_main]

use libfuzzer_sys::fuzz_target;
use samesign_wire::saml::xml::{Text, canonical};

fuzz_target!(|bytes: &[u8]| {
    let Some(once) = canonical_of(bytes) else { return };
    assert!(once.starts_with('<') && once.ends_with('>'));
    // Escapes may make it longer than what is accepted, and namespaces may have to be declared more often.
    if let Some(twice) = canonical_of(once.as_bytes()) {
        assert_eq!(twice, once);
    }
});

fn canonical_of(bytes: &[u8]) -> Option<String> {
    let text = Text::read(bytes).ok()?;
    let document = text.document().ok()?;
    Some(canonical(document.root(), &[]))
}
