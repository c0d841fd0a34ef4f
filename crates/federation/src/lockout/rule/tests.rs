use std::time::Duration;

use proptest::prelude::*;

use super::*;

const MINUTE: i64 = 60;

fn rule(threshold: u32) -> Rule {
    Rule::new(settings::Lockout::default(), AdLockout { threshold, window_seconds: 30 * MINUTE, counted: 0 })
}

#[test]
fn both_counts_together_stay_below_the_domains_threshold() {
    let maxima = |threshold| (rule(threshold).unknown_max, rule(threshold).familiar_max);
    assert_eq!([0, 1, 2, 3, 4, 5, 10, 20].map(maxima), [(5, 5), (0, 0), (1, 0), (1, 1), (1, 2), (2, 2), (4, 4), (5, 5)]);
}

#[test]
fn with_one_try_in_all_it_is_anybodys() {
    let (group, count) = rule(2).charge(Group::Familiar, Count::default(), 100).unwrap();
    assert_eq!((group, count), (Group::Unknown, Count { unknown: 1, familiar: 0, last: 100 }));
    assert_eq!(rule(2).charge(Group::Unknown, count, 160), Err(100 + 30 * MINUTE + 1));
    assert_eq!(
        rule(1).charge(Group::Unknown, Count::default(), 100),
        Err(100 + 30 * MINUTE + 1),
        "the first wrong one would lock the account"
    );
}

#[test]
fn what_was_typed_elsewhere_counts_too() {
    let counted = |counted| Rule::new(settings::Lockout::default(), AdLockout { threshold: 10, window_seconds: 60, counted });
    assert!(counted(4).charge(Group::Unknown, Count::default(), 0).is_ok());
    assert!(counted(5).charge(Group::Unknown, Count::default(), 0).is_err(), "four are left, and those are the familiar addresses'");
    assert!(counted(8).charge(Group::Familiar, Count::default(), 0).is_ok());
    assert!(counted(9).charge(Group::Familiar, Count::default(), 0).is_err(), "one more would lock the account");
}

#[test]
fn what_is_counted_is_forgotten_after_the_longer_window_of_both() {
    let settings = settings::Lockout { window: Duration::from_secs(10), ..Default::default() };
    let ad = |window_seconds| Rule::new(settings, AdLockout { threshold: 10, window_seconds, counted: 0 });
    let count = Count { unknown: 4, familiar: 0, last: 1_000 };
    assert_eq!(ad(60).charge(Group::Unknown, count, 1_060), Err(1_061));
    assert_eq!(ad(60).charge(Group::Unknown, count, 1_061), Ok((Group::Unknown, Count { unknown: 1, familiar: 0, last: 1_061 })));
    assert_eq!((ad(60).until(count, 1_060), ad(60).until(count, 1_061)), (Some(1_061), None));
    assert!(ad(i64::MAX).charge(Group::Unknown, count, i64::MAX / 2).is_err(), "a domain that never forgets");
    assert_eq!(ad(60).charge(Group::Unknown, count, 500), Err(561), "a clock that was set back does not lock for longer");
}

/// A domain that counts as MS-SAMR 3.1.5.14.6 says.
struct Domain {
    threshold: u32,
    window: i64,
    bad: u32,
    last: i64,
}

impl Domain {
    fn counts(&mut self, right: bool, now: i64) {
        if right {
            self.bad = 0;
        } else {
            self.bad = if now - self.last > self.window { 1 } else { self.bad + 1 };
            self.last = now;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_order_of_tries_locks_the_account(
        threshold in 1_u32..15,
        window in 1_i64..100,
        ours in 1_u64..100,
        events in prop::collection::vec((0_i64..60, any::<bool>(), 0_u8..8), 1..200),
    ) {
        let settings = settings::Lockout { window: Duration::from_secs(ours), ..Default::default() };
        let mut domain = Domain { threshold, window, bad: 0, last: -1_000_000 };
        let (mut count, mut now) = (Count::default(), 0);
        for (passed, familiar, luck) in events {
            now += passed;
            let ad = AdLockout { threshold, window_seconds: window, counted: if now - domain.last > window { 0 } else { domain.bad } };
            let group = if familiar { Group::Familiar } else { Group::Unknown };
            let Ok((group, charged)) = Rule::new(settings, ad).charge(group, count, now) else { continue };
            count = charged;
            if luck == 0 {
                *count.of(group) = 0;
            }
            domain.counts(luck == 0, now);
            prop_assert!(domain.bad < domain.threshold);
        }
    }

    #[test]
    fn strangers_alone_never_lock_out_a_familiar_address(
        threshold in 3_u32..15,
        window in 1_i64..100,
        passed in prop::collection::vec(0_i64..60, 1..200),
    ) {
        let rule = Rule::new(settings::Lockout::default(), AdLockout { threshold, window_seconds: window, counted: 0 });
        let (mut count, mut now) = (Count::default(), 0);
        for passed in passed {
            now += passed;
            count = rule.charge(Group::Unknown, count, now).map_or(count, |(_, count)| count);
            prop_assert!(rule.charge(Group::Familiar, count, now).is_ok());
        }
    }
}
