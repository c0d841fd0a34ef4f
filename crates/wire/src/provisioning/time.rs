//! Times as texts of XML Schema's `dateTime` (XML Schema part 2, section 3.2.7), to the second.

use crate::nbfx::{DateTime, Zone};

/// From 0001-01-01T00:00:00Z to 1970-01-01T00:00:00Z, in seconds.
const UNIX_EPOCH: i64 = 62_135_596_800;
/// 9999-12-31T23:59:59Z, in seconds since 0001-01-01T00:00:00Z.
const LAST: i64 = 315_537_897_599;
const TICKS_PER_SECOND: u64 = 10_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

/// The text of a time given in Unix seconds. One outside the years 1 to 9999 becomes the nearest that is inside.
pub(super) fn to_text(unix_seconds: i64) -> String {
    let seconds = unix_seconds.saturating_add(UNIX_EPOCH).clamp(0, LAST);
    let ticks = u64::try_from(seconds).unwrap_or_default() * TICKS_PER_SECOND;
    DateTime::new(ticks, Zone::Utc).map(|time| time.to_string()).unwrap_or_default()
}

/// The Unix seconds of a text; parts of a second are dropped, a time without a zone counts as UTC. `None` when it is no such time.
pub(super) fn from_text(text: &str) -> Option<i64> {
    let (date, rest) = text.split_once('T')?;
    let zone_at = rest.find(['Z', '+', '-']).unwrap_or(rest.len());
    let (clock, zone) = rest.split_at_checked(zone_at)?;
    let seconds = days_of(date)? * SECONDS_PER_DAY + seconds_of(clock)? - offset_of(zone)?;
    (0..=LAST).contains(&seconds).then_some(seconds - UNIX_EPOCH)
}

/// `2026-11-23`, as days since 0001-01-01.
fn days_of(date: &str) -> Option<i64> {
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let lengths = [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let month_index = usize::try_from(month).ok()?.checked_sub(1)?;
    let length = *lengths.get(month_index)?;
    let past: i64 = lengths.iter().take(month_index).sum();
    let years = year.checked_sub(1).filter(|years| *years >= 0)?;
    (1..=length).contains(&day).then_some(years * 365 + years / 4 - years / 100 + years / 400 + past + day - 1)
}

/// `06:30:00.25`, as seconds since midnight.
fn seconds_of(clock: &str) -> Option<i64> {
    let (whole, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let [hour, minute, second] = numbers(whole, ':', [2, 2, 2])?;
    let fits = hour < 24 && minute < 60 && second < 60 && !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
    fits.then_some(hour * 3600 + minute * 60 + second)
}

/// Nothing, `Z` or `+01:00`, as seconds ahead of UTC.
fn offset_of(zone: &str) -> Option<i64> {
    let sign = match zone.as_bytes().first() {
        None => return Some(0),
        Some(b'Z') => return (zone.len() == 1).then_some(0),
        Some(b'-') => -1,
        Some(_) => 1,
    };
    let [hours, minutes] = numbers(zone.get(1..)?, ':', [2, 2])?;
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

/// Numbers of exactly these many digits, parted by one character.
fn numbers<const N: usize>(text: &str, separator: char, digits: [usize; N]) -> Option<[i64; N]> {
    let mut parts = text.split(separator);
    let mut found = [0; N];
    for (number, digits) in found.iter_mut().zip(digits) {
        let part = parts.next().filter(|part| part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit()))?;
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_to_the_second() {
        let table = [
            ("2026-11-23T00:15:07Z", 1_795_392_907),
            ("1970-01-01T00:00:00Z", 0),
            ("1969-12-31T23:59:59Z", -1),
            ("0001-01-01T00:00:00Z", -UNIX_EPOCH),
            ("9999-12-31T23:59:59Z", LAST - UNIX_EPOCH),
            ("2000-02-29T12:00:00Z", 951_825_600),
            ("1900-03-01T00:00:00Z", -2_203_891_200),
        ];
        for (text, seconds) in table {
            assert_eq!(from_text(text), Some(seconds), "{text}");
            assert_eq!(to_text(seconds), text);
        }
        assert_eq!(to_text(i64::MIN), "0001-01-01T00:00:00Z");
        assert_eq!(to_text(i64::MAX), "9999-12-31T23:59:59Z");
    }

    #[test]
    fn other_spellings_of_a_time_are_read() {
        let expected = from_text("2026-11-23T00:15:07Z");
        for text in ["2026-11-23T00:15:07.1234567Z", "2026-11-23T01:15:07+01:00", "2026-11-22T18:45:07.9-05:30", "2026-11-23T00:15:07"] {
            assert_eq!(from_text(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_told() {
        let table = [
            "",
            "T",
            "2026-11-23",
            "2026-11-23 00:15:07Z",
            "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2025-02-29T00:00:00Z",
            "1900-02-29T00:00:00Z",
            "2026-11-00T00:00:00Z",
            "0000-01-01T00:00:00Z",
            "2026-11-23T24:00:00Z",
            "2026-11-23T00:60:00Z",
            "2026-11-23T00:00:60Z",
            "2026-11-23T00:00:00.Z",
            "2026-11-23T00:00:00Zx",
            "2026-11-23T00:00:00+15:00",
            "2026-11-23T00:00:00+1",
            "+026-11-23T00:00:00Z",
            "2026-11-23T00:00:00é",
            "0001-01-01T00:00:00+01:00",
            "9999-12-31T23:59:59-01:00",
        ];
        for text in table {
            assert_eq!(from_text(text), None, "{text}");
        }
    }
}
