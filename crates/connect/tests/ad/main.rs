//! Active Directory as the connector meets it: a scripted server that behaves as Windows does (and as nothing should), a
//! matrix of certificates, and a real Samba domain controller.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod authority;
mod certificates;
mod completeness;
mod directory;
#[path = "../../../cli/tests/samba/domain.rs"]
mod domain;
mod groups;
mod handshake;
mod peers;
mod replication;
mod samba;
mod samba_groups;
mod server;
