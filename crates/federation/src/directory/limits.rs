//! How soon Active Directory locks an account: its domain's rule, or that of the password settings object that applies to it.

use samesign_connect::ad::AdSession;
use samesign_engine::Attributes;

use super::DirectoryError;

/// What is asked of an account.
pub(super) const ATTRIBUTES: [&str; 3] = ["msDS-ResultantPSO", "badPwdCount", "badPasswordTime"];
/// What is asked of the domain.
pub(super) const OF_DOMAIN: [&str; 2] = ["lockoutThreshold", "lockOutObservationWindow"];
const OF_SETTINGS: [&str; 2] = ["msDS-LockoutThreshold", "msDS-LockoutObservationWindow"];

/// Taken for the threshold of password settings that the service's account may not read.
const UNREADABLE: Rule = Rule { threshold: 3, window_seconds: i64::MAX };
/// 100 nanoseconds in a second: the unit of a FILETIME.
const TICKS: i64 = 10_000_000;
/// 1970-01-01 as a FILETIME, in seconds.
const UNIX_EPOCH: i64 = 11_644_473_600;

/// Active Directory's own count of wrong passwords of an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AdLockout {
    /// Wrong passwords that lock the account; 0: none do.
    pub threshold: u32,
    /// How long after the last wrong one they are forgotten, in seconds.
    pub window_seconds: i64,
    /// Wrong passwords that the domain controller has counted and not forgotten, whoever typed them.
    pub counted: u32,
}

/// A domain's rule, or that of a password settings object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Rule {
    threshold: u32,
    window_seconds: i64,
}

impl Rule {
    /// What the domain object says.
    pub(super) fn of_domain(attributes: &Attributes) -> Self {
        Self::read(attributes, OF_DOMAIN)
    }

    fn read(attributes: &Attributes, [threshold, window]: [&str; 2]) -> Self {
        let threshold = number(attributes, &threshold.to_ascii_lowercase());
        let window = number(attributes, &window.to_ascii_lowercase());
        Self {
            // What cannot be read is taken as strict.
            threshold: threshold.map_or(UNREADABLE.threshold, |threshold| u32::try_from(threshold).unwrap_or_default()),
            window_seconds: window.map_or(UNREADABLE.window_seconds, duration),
        }
    }

    /// Of nobody in particular.
    pub(super) const fn for_strangers(self) -> AdLockout {
        AdLockout { threshold: self.threshold, window_seconds: self.window_seconds, counted: 0 }
    }
}

/// The rule that applies to an account, and what is counted for it.
pub(super) async fn of_account(
    session: &mut AdSession,
    domain: Rule,
    attributes: &Attributes,
    now: i64,
) -> Result<AdLockout, DirectoryError> {
    let rule = match attributes.text("msds-resultantpso") {
        None => domain,
        Some(settings) => match session.attributes_of(settings, &OF_SETTINGS).await? {
            Some(found) if found.first("msds-lockoutthreshold").is_some() => Rule::read(&found, OF_SETTINGS),
            _ => {
                tracing::warn!(%settings, "these password settings cannot be read, so three wrong passwords are taken to lock an account: \
                                           give the account of [source] the right to read them");
                UNREADABLE
            }
        },
    };
    let counted = number(attributes, "badpwdcount").and_then(|count| u32::try_from(count).ok()).unwrap_or_default();
    let last = number(attributes, "badpasswordtime").map_or(0, since_unix);
    let forgotten = now.saturating_sub(last) > rule.window_seconds;
    Ok(AdLockout { counted: if forgotten { 0 } else { counted }, ..rule.for_strangers() })
}

/// A duration: a negative number of 100 nanoseconds, the lowest of which is for ever (MS-ADTS 3.1.1.3.1.1.3).
fn duration(value: i64) -> i64 {
    if value == i64::MIN { i64::MAX } else { value.saturating_abs() / TICKS }
}

/// A FILETIME as Unix seconds.
pub(super) fn since_unix(filetime: i64) -> i64 {
    filetime / TICKS - UNIX_EPOCH
}

/// An attribute of an integer syntax. `name` in lower case.
pub(super) fn number(attributes: &Attributes, name: &str) -> Option<i64> {
    attributes.text(name)?.parse().ok()
}
