//! Lengths of time as people write them: `10s`, `2m`, `3h`.

use std::time::Duration;

use jiff::SignedDuration;

/// The text is not a positive length of time.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a positive length of time such as `10s`, `2m` or `3h`")]
pub struct NotADuration(String);

/// Reads a length of time. Zero and negative ones are refused: nothing that is configured here can wait for no time at all.
pub fn parse(text: &str) -> Result<Duration, NotADuration> {
    let length = text.trim().parse::<SignedDuration>().ok().and_then(|length| Duration::try_from(length).ok());
    length.filter(|length| !length.is_zero()).ok_or_else(|| NotADuration(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        for (text, seconds) in [("10s", 10), ("2m", 120), ("3h", 10_800), ("1h 30m", 5_400), (" 72h ", 259_200)] {
            assert_eq!(parse(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_length_of_time() {
        for text in ["", "0s", "-2m", "2", "soon", "2 parsecs"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
