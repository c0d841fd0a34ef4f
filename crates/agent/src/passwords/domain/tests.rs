use samesign_connect::ad::PasswordChange;

use super::*;

const NOW: Timestamp = Timestamp(1_800_000_000);

fn row(state: PasswordState, version: Option<(i64, i64)>) -> PasswordRow {
    PasswordRow {
        anchor: samesign_engine::Anchor::from_text("AQEBAQEBAQEBAQEBAQEBAQ=="),
        state,
        reason: (state == PasswordState::Withheld).then(|| "disabled".to_owned()),
        since: Timestamp(5),
        not_before: Timestamp(9),
        version: version.map(|(version, _)| version),
        changed: version.map(|(_, changed)| changed),
        sent_at: None,
        target_id: None,
        enabled: state != PasswordState::Withheld,
        must_change: false,
    }
}

fn object(version: u32, changed: i64) -> Replicated {
    let password = PasswordChange { version, changed, sealed: Some(SealedPassword::new(&[], None)) };
    Replicated {
        guid: ObjectGuid::from_bytes([1; 16]),
        deleted: false,
        account_control: None,
        password_last_set: None,
        password: Some(password),
    }
}

/// Whether it is sent, whether the row changes and to what state, and whether the mirror is to be asked.
fn told(said: &Said) -> (bool, Option<PasswordState>, bool) {
    (said.news.is_some(), said.row.as_ref().map(|row| row.state), said.notice)
}

const SENT: (bool, Option<PasswordState>, bool) = (true, Some(PasswordState::Owed), false);
const NOTHING: (bool, Option<PasswordState>, bool) = (false, None, false);

#[test]
fn only_a_newer_password_is_sent_again() {
    let change = |state, known, version, changed| told(&said(row(state, known), object(version, changed), NOW));
    for state in [PasswordState::Sent, PasswordState::Refused] {
        assert_eq!(change(state, Some((3, 100)), 3, 100), NOTHING, "the same one, told twice");
        assert_eq!(change(state, Some((3, 100)), 2, 900), NOTHING, "an older version of a domain controller that lags");
        assert_eq!(change(state, Some((3, 100)), 3, 101), SENT, "the same version, written elsewhere and later");
        assert_eq!(change(state, Some((3, 100)), 4, 50), SENT);
        assert_eq!(change(state, None, 1, 1), SENT);
    }
    assert_eq!(change(PasswordState::Owed, Some((3, 100)), 3, 100), SENT);
    assert_eq!(change(PasswordState::Owed, Some((3, 100)), 2, 100), NOTHING);
    assert_eq!(change(PasswordState::Withheld, None, 9, 9), NOTHING, "withheld: it is fetched once the reason has gone");
    let kept = said(row(PasswordState::Owed, None), object(3, 100), NOW).row.unwrap();
    assert_eq!((kept.version, kept.changed, kept.since, kept.not_before), (Some(3), Some(100), Timestamp(5), Timestamp(0)));
}

#[test]
fn what_concerns_the_account_is_asked_of_the_mirror_before_anything_is_sent() {
    let disabled = Replicated { account_control: Some(0x202), ..object(4, 50) };
    assert_eq!(told(&said(row(PasswordState::Sent, Some((3, 100))), disabled, NOW)), (false, Some(PasswordState::Owed), true));
    let enabled = Replicated { account_control: Some(0x200), password: None, ..object(4, 50) };
    assert_eq!(told(&said(row(PasswordState::Withheld, None), enabled, NOW)), (false, None, true));
    let as_known = Replicated { account_control: Some(0x200), password_last_set: Some(7), password: None, ..object(4, 50) };
    assert_eq!(told(&said(row(PasswordState::Sent, None), as_known, NOW)), NOTHING);
    let must_change = Replicated { password_last_set: Some(0), ..object(4, 50) };
    assert_eq!(told(&said(row(PasswordState::Sent, None), must_change, NOW)), (false, Some(PasswordState::Owed), true));
    let deleted = Replicated { deleted: true, password: None, ..object(4, 50) };
    assert_eq!(told(&said(row(PasswordState::Sent, None), deleted, NOW)), (false, None, true));
}

#[test]
fn who_has_no_password_is_withheld_until_one_is_set() {
    let mut cleared = object(4, 50);
    cleared.password.as_mut().unwrap().sealed = None;
    let after = said(row(PasswordState::Sent, Some((3, 100))), cleared, NOW).row.unwrap();
    assert_eq!((after.state, after.reason.as_deref(), after.version), (PasswordState::Withheld, Some(NO_PASSWORD), Some(4)));
    assert_eq!(told(&said(after.clone(), object(4, 50), NOW)), NOTHING);
    assert_eq!(told(&said(after, object(5, 60), NOW)), SENT);
    let never = Replicated { password: None, ..object(0, 0) };
    assert_eq!(told(&said_when_asked(row(PasswordState::Owed, None), never, NOW)), (false, Some(PasswordState::Withheld), false));
}

#[test]
fn who_is_asked_for_is_sent_or_put_off_and_never_forgotten() {
    assert_eq!(told(&said_when_asked(row(PasswordState::Owed, None), object(3, 100), NOW)), SENT);
    assert_eq!(told(&said_when_asked(row(PasswordState::Refused, Some((3, 100))), object(3, 100), NOW)), SENT, "tried again after an hour");
    for (object, known) in [
        (object(2, 50), Some((3, 100))),
        (Replicated { account_control: Some(2), ..object(3, 100) }, None),
        (Replicated { deleted: true, password: None, ..object(3, 100) }, None),
    ] {
        let said = said_when_asked(row(PasswordState::Owed, known), object, NOW);
        let after = said.row.unwrap();
        assert_eq!((after.state, after.not_before, said.news.is_none()), (PasswordState::Owed, NOW.plus(LAGGING_PAUSE), true));
    }
}
