//! The service's own rules for what Active Directory sends: wire bytes in, wire bytes and Graph's JSON out, one process.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "provisioning_rules/addresses.rs"]
mod addresses;
#[path = "provisioning_rules/deletion.rs"]
mod deletion;
#[path = "provisioning_rules/errors.rs"]
mod errors;
#[path = "provisioning_rules/extensions.rs"]
mod extensions;
#[path = "provisioning_rules/groups.rs"]
mod groups;
#[path = "provisioning_rules/in_process.rs"]
mod in_process;
#[path = "provisioning_rules/matching.rs"]
mod matching;
#[path = "provisioning_rules/names.rs"]
mod names;
#[path = "provisioning_rules/parking.rs"]
mod parking;
#[path = "provisioning_rules/settings.rs"]
mod settings;
#[path = "provisioning_rules/tenant.rs"]
mod tenant;
