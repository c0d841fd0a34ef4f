//! The messages of federation, byte for byte, there and back, and cut off at every byte.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "saml_messages/assertions.rs"]
mod assertions;
#[path = "saml_messages/key.rs"]
mod key;
#[path = "saml_messages/metadata.rs"]
mod metadata;
#[path = "saml_messages/protocol.rs"]
mod protocol;
#[path = "saml_messages/redirect.rs"]
mod redirect;
#[path = "saml_messages/signed_requests.rs"]
mod signed_requests;
#[path = "saml_messages/support.rs"]
mod support;
#[path = "saml_messages/wsfed.rs"]
mod wsfed;
#[path = "saml_messages/wstrust.rs"]
mod wstrust;
