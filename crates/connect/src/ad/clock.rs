//! What time it is on the domain controller: Kerberos gives nobody a ticket whose clock differs by more than five minutes.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::error::Fault;
use super::session::{Session, base_search};

/// currentTime of the rootDSE (MS-ADTS 3.1.1.3.2.4), in whole seconds.
pub(crate) async fn read(session: &mut Session) -> Result<Timestamp, Fault> {
    let mut found = None;
    session.look(&base_search("", &["currentTime"]), |entry| found = entry.values("currentTime").next().and_then(parse)).await?;
    found.ok_or_else(|| Fault::Lacking { object: "the rootDSE".to_owned(), attribute: "currentTime" })
}

/// GeneralizedTime (RFC 4517 3.3.13) as domain controllers write it: `20261123080000.0Z`.
fn parse(value: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(value).ok()?.strip_suffix('Z')?;
    let time = DateTime::strptime("%Y%m%d%H%M%S", text.split('.').next()?).ok()?;
    Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_domain_controllers_time_is_read() {
        let read = |text: &str| parse(text.as_bytes()).map(|time| time.to_string());
        assert_eq!(read("20261123080000.0Z").as_deref(), Some("2026-11-23T08:00:00Z"));
        assert_eq!(read("20261123080000Z").as_deref(), Some("2026-11-23T08:00:00Z"));
        for wrong in ["", "Z", "20261123080000.0", "20261323080000.0Z", "2026", "\u{fc}Z"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
