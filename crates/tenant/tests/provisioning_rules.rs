//! The service's own rules for what Active Directory sends: wire bytes in, wire bytes and Graph's JSON out, one process.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "provisioning_rules/in_process.rs"]
mod in_process;
#[path = "provisioning_rules/tenant.rs"]
mod tenant;
