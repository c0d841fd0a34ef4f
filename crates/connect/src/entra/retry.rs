//! How long to wait when the service asks us to slow down. Pure: time and randomness come in.

use std::time::Duration;

use jiff::Timestamp;

/// Tries of one request that may be repeated.
pub const TRIES_MAX: u32 = 5;
/// No wait is longer, whatever the service says.
const WAIT_MAX: Duration = Duration::from_secs(300);

/// Whether a status means "later", for a request that may be repeated.
pub fn is_later(status: u16) -> bool {
    matches!(status, 429 | 503 | 504)
}

/// The wait before the next try. `tried` counts from 1; `random` spreads agents that were all stopped at one moment.
///
/// Never shorter than what the service asks for, unless that is absurd.
pub fn wait(tried: u32, retry_after: Option<&str>, now: Timestamp, random: u16) -> Duration {
    let asked = retry_after.and_then(|text| asked_for(text, now));
    let wait = asked.unwrap_or_else(|| Duration::from_secs(1 << tried.clamp(1, 6)));
    let spread = wait.mul_f64(0.25 * f64::from(random) / f64::from(u16::MAX));
    wait.saturating_add(spread).min(WAIT_MAX)
}

/// `Retry-After`: seconds, which Graph may give with a fraction, or a date (RFC 9110, 10.2.3).
fn asked_for(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return (seconds >= 0.0).then(|| Duration::try_from_secs_f64(seconds).unwrap_or(WAIT_MAX).min(WAIT_MAX));
    }
    let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(Duration::try_from(date.duration_since(now)).unwrap_or_default().min(WAIT_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_what_was_asked_for_and_never_absurd() {
        let now: Timestamp = "2026-11-22T08:00:00Z".parse().unwrap();
        let table = [
            (1, Some("7"), 0, 7.0),
            (1, Some("0.5"), 0, 0.5),
            (1, Some("8"), u16::MAX, 10.0),
            (1, Some("Sun, 22 Nov 2026 08:00:30 GMT"), 0, 30.0),
            (1, Some("Sun, 22 Nov 2026 07:00:00 GMT"), 0, 0.0),
            (1, Some("999999999"), u16::MAX, 300.0),
            (1, Some("1e400"), 0, 300.0),
            (3, Some("NaN"), 0, 8.0),
            (2, Some("-5"), 0, 4.0),
            (1, Some("soon"), 0, 2.0),
            (1, None, 0, 2.0),
            (5, None, 0, 32.0),
            (900, None, u16::MAX, 80.0),
        ];
        for (tried, asked, random, expected) in table {
            assert_eq!(wait(tried, asked, now, random).as_secs_f64(), expected, "{asked:?}");
        }
    }
}
