use samesign_engine::AttributesBuilder;

use super::*;

/// 2026-11-23T08:30:00Z, a Monday.
const NOW: i64 = 1_795_422_600;

fn state(attributes: &[(&str, &[u8])]) -> AccountState {
    let mut builder = AttributesBuilder::default();
    for (name, value) in attributes {
        builder.add(name, value);
    }
    of(&builder.build(), Timestamp::from_second(NOW).unwrap())
}

#[test]
fn an_account_is_enabled_when_nothing_speaks_against_it() {
    let enabled: [(&str, &[u8]); 5] = [
        ("userAccountControl", b"512"),
        ("msDS-User-Account-Control-Computed", b"0"),
        ("accountExpires", b"9223372036854775807"),
        ("pwdLastSet", b"133000000000000000"),
        ("lockoutTime", b"0"),
    ];
    assert_eq!(state(&enabled), AccountState::Enabled);
    let with = |name: &'static str, value: &'static [u8]| {
        let mut all = enabled.to_vec();
        all.retain(|(known, _)| *known != name);
        all.push((name, value));
        state(&all)
    };
    assert_eq!(with("userAccountControl", b"514"), AccountState::Disabled);
    assert_eq!(with("msDS-User-Account-Control-Computed", b"16"), AccountState::LockedOut);
    assert_eq!(with("msDS-User-Account-Control-Computed", b"8388608"), AccountState::PasswordExpired);
    assert_eq!(with("accountExpires", b"0"), AccountState::Enabled);
    // 2026-11-23T08:30:00Z and the second after it, as FILETIMEs.
    assert_eq!(with("accountExpires", b"134398962000000000"), AccountState::Expired);
    assert_eq!(with("accountExpires", b"134398962010000000"), AccountState::Enabled);
    assert_eq!(with("pwdLastSet", b"0"), AccountState::MustChange);
    assert_eq!(with("lockoutTime", b"133000000000000000"), AccountState::Enabled, "the lock is over: the server has worked it out");
}

#[test]
fn what_cannot_be_read_lets_nobody_in() {
    assert_eq!(state(&[]), AccountState::Disabled);
    assert_eq!(state(&[("userAccountControl", b"no number")]), AccountState::Disabled);
    assert_eq!(state(&[("userAccountControl", b"512"), ("lockoutTime", b"133000000000000000")]), AccountState::LockedOut);
    assert_eq!(state(&[("userAccountControl", b"66048"), ("pwdLastSet", b"0")]), AccountState::Enabled, "its password never expires");
}

#[test]
fn the_hours_are_those_of_utc_from_sunday_on() {
    let allowed = |hour: usize| {
        let mut hours = [0_u8; 21];
        hours[hour / 8] = 1 << (hour % 8);
        state(&[("userAccountControl", b"512"), ("logonHours", &hours)])
    };
    let monday_at_eight = 24 + 8;
    for hour in 0..7 * 24 {
        let expected = if hour == monday_at_eight { AccountState::Enabled } else { AccountState::OutsideHours };
        assert_eq!(allowed(hour), expected, "{hour}");
    }
    assert_eq!(state(&[("userAccountControl", b"512"), ("logonHours", b"short")]), AccountState::Enabled);
}
