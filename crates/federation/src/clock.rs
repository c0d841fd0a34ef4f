//! The service's only way to the time of day.

use jiff::Timestamp;

/// The current time, UTC.
#[allow(clippy::disallowed_methods)]
pub fn now() -> Timestamp {
    Timestamp::now()
}
