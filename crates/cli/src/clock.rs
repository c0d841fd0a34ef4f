//! The one place where this crate asks for the time.

use std::time::Instant;

/// A point in time from which a wait can be measured.
#[allow(clippy::disallowed_methods, reason = "this is the crate's clock module")]
pub fn now() -> Instant {
    Instant::now()
}
