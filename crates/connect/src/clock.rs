//! The one place in this crate that looks at the time of day.

/// The time of day.
#[allow(clippy::disallowed_methods)]
pub fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}
