//! Times as SAML and WS-Security write them: `xs:dateTime` in UTC with milliseconds (saml-core-2.0-os section 1.3.3).

use jiff::Timestamp;

/// `2026-11-23T07:20:00.000Z`. What is finer than a millisecond is cut off.
pub(crate) fn write(time: Timestamp) -> String {
    let milliseconds = Timestamp::from_millisecond(time.as_millisecond()).unwrap_or(time);
    format!("{milliseconds:.3}")
}

/// Reads a time in UTC with at most nine digits of a second's fraction; nothing else that a date could look like.
pub(crate) fn read(text: &str) -> Option<Timestamp> {
    const SHAPE: &[u8] = b"0000-00-00T00:00:00";
    let (whole, fraction) = text.strip_suffix('Z')?.split_at_checked(SHAPE.len())?;
    let fits = |(byte, shape): (u8, &u8)| if *shape == b'0' { byte.is_ascii_digit() } else { byte == *shape };
    let digits = match fraction.strip_prefix('.') {
        Some(digits) => (1..=9).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()),
        None => fraction.is_empty(),
    };
    (digits && whole.bytes().zip(SHAPE).all(fits)).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::{read, write};

    #[test]
    fn a_time_has_three_digits_and_a_z() {
        let time = "2026-11-23T07:20:00.987654321Z".parse().unwrap();
        assert_eq!(write(time), "2026-11-23T07:20:00.987Z");
        assert_eq!(read("2026-11-23T07:20:00.987654321Z"), Some(time));
        assert_eq!(write("2026-11-23T07:20:00Z".parse().unwrap()), "2026-11-23T07:20:00.000Z");
    }

    #[test]
    fn only_utc_in_the_one_shape_is_a_time() {
        for text in [
            "2026-11-23T07:20:00",
            "2026-11-23T07:20:00+00:00",
            "2026-11-23 07:20:00Z",
            "2026-11-23T07:20:00.Z",
            "2026-11-23T07:20:00.0000000000Z",
            "2026-11-23T07:20Z",
            "2026-13-23T07:20:00Z",
            "-009999-01-01T00:00:00Z",
            "2026-11-23T07:20:00Z[UTC]",
            " 2026-11-23T07:20:00Z",
            "Z",
            "",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
