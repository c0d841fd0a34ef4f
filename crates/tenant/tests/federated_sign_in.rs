//! People of federated domains sign in at their own service, and only there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod browsing;
mod federated_support;
mod support;

#[path = "federated_sign_in/acceleration.rs"]
mod acceleration;
#[path = "federated_sign_in/doors.rs"]
mod doors;
#[path = "federated_sign_in/flow.rs"]
mod flow;
#[path = "federated_sign_in/refusals.rs"]
mod refusals;
#[path = "federated_sign_in/sign_out.rs"]
mod sign_out;
