//! How many wrong passwords may be tried, as a pure function of what was counted and of Active Directory's own rule.
//!
//! Active Directory forgets its count when its observation window has passed since the last wrong password, not since the first
//! (MS-SAMR 3.1.5.14.6): tries that are spread out add up there. So both counts here are forgotten together, and only when nothing
//! wrong was sent for the longer of both windows.

use crate::directory::AdLockout;
use crate::settings;
use crate::store::{Count, Group};

/// What may be tried for one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    /// Wrong tries from unknown addresses.
    pub(super) unknown_max: u32,
    /// Wrong tries from familiar ones.
    pub(super) familiar_max: u32,
    /// How long after the last one all are forgotten, in seconds.
    window: i64,
    ad: AdLockout,
}

impl Rule {
    pub(super) fn new(settings: settings::Lockout, ad: AdLockout) -> Self {
        let settings::Lockout { unknown_tries_max, familiar_tries_max, window } = settings;
        let window = i64::try_from(window.as_secs()).unwrap_or(i64::MAX).max(1);
        let rule = |unknown_max, familiar_max, window| Self { unknown_max, familiar_max, window, ad };
        match budget(ad.threshold) {
            None => rule(unknown_tries_max, familiar_tries_max, window),
            Some(budget) => {
                // The larger half for who is known. With one try in all, it is anybody's: nobody is known at first.
                let familiar_max = if budget == 1 { 0 } else { familiar_tries_max.min(budget.div_ceil(2)) };
                // A second more than the domain's: clocks and rounding.
                rule(unknown_tries_max.min(budget - familiar_max), familiar_max, window.max(ad.window_seconds.saturating_add(1)))
            }
        }
    }

    /// Counts one more try, and in which group; or the Unix second before which there is none left.
    pub(super) fn charge(&self, group: Group, count: Count, now: i64) -> Result<(Group, Count), i64> {
        let mut count = if self.is_forgotten(count, now) { Count::default() } else { count };
        let group = if self.familiar_max == 0 { Group::Unknown } else { group };
        let max = match group {
            Group::Unknown => self.unknown_max,
            Group::Familiar => self.familiar_max,
        };
        if *count.of(group) >= max || !self.leaves_room(group, count) {
            return Err(self.end(count, now));
        }
        let counted = count.of(group);
        *counted = counted.saturating_add(1);
        count.last = now.max(count.last);
        Ok((group, count))
    }

    /// When what is counted is forgotten; `None` when nothing is.
    pub(super) fn until(&self, count: Count, now: i64) -> Option<i64> {
        (count != Count::default() && !self.is_forgotten(count, now)).then(|| self.end(count, now))
    }

    /// Whether one more wrong password would leave the account unlocked, with what others have typed elsewhere, and from an unknown
    /// address also leave the familiar ones what is theirs.
    fn leaves_room(&self, group: Group, count: Count) -> bool {
        let AdLockout { threshold, window_seconds: _, counted } = self.ad;
        let reserve = match group {
            Group::Unknown => self.familiar_max.saturating_sub(count.familiar),
            Group::Familiar => 0,
        };
        let sent = count.unknown.saturating_add(count.familiar).max(counted);
        threshold == 0 || sent.saturating_add(1).saturating_add(reserve) < threshold
    }

    fn is_forgotten(&self, count: Count, now: i64) -> bool {
        now.saturating_sub(count.last) >= self.window
    }

    /// A clock that was set back must not lock for longer than the rule says.
    fn end(&self, count: Count, now: i64) -> i64 {
        let last = if count == Count::default() { now } else { count.last.min(now) };
        last.saturating_add(self.window)
    }
}

/// Wrong passwords that may reach Active Directory in all: fewer than lock the account, and of every ten one is left for other
/// doors. `None`: any number.
fn budget(threshold: u32) -> Option<u32> {
    (threshold != 0).then(|| (threshold - 1).saturating_sub(threshold / 10))
}

#[cfg(test)]
mod tests;
