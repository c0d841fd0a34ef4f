//! Accounts that may not sign in, each by its own reason, which is told to the audit log alone.

use super::*;
use samesign_federation::directory::Checked;

#[tokio::test]
async fn every_state_of_an_account_is_seen_before_and_by_the_password() {
    let world = World::new("states");
    let nobodys_hour = "logonHours:=AAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    #[rustfmt::skip]
    world.domain.change(&[
        "disable", "u000003", "--", "set", "u000006", "accountExpires=130000000000000000", "--", "set", "u000009", "pwdLastSet=0",
        "--", "set", "u000012", nobodys_hour,
    ]);
    let cases = [
        (3, AccountState::Disabled, AccountState::Disabled),
        (6, AccountState::Expired, AccountState::Expired),
        (9, AccountState::MustChange, AccountState::MustChange),
        (12, AccountState::OutsideHours, AccountState::OutsideHours),
    ];
    for (number, shown, said) in cases {
        let name = format!("u{number:06}@contoso.example");
        let account = world.account(&name).await;
        assert_eq!(account.state, shown, "{name}");
        let check = async |password: String| world.service.directory.check_password(&account, &Secret::new(password)).await.unwrap();
        assert_eq!(check(password_of(number)).await, Checked::Refused(said), "{name}");
        assert_eq!(check("wrong".to_owned()).await, Checked::Wrong, "{name}: only who knows the password is told");
        assert!(matches!(world.refused(&name, &password_of(number)).await, Reason::State(state) if state == said));
        assert!(matches!(world.refused(&name, "wrong").await, Reason::WrongPassword));
    }
    a_right_password_that_does_not_let_in_is_no_wrong_one(&world).await;
    a_password_that_is_too_old(&world).await;
    world.domain.change(&["enable", "u000003", "--", "set", "u000006", "accountExpires=0", "--", "set", "u000009", "pwdLastSet=-1"]);
    for number in [3, 6, 9] {
        world.enters(&format!("u{number:06}@contoso.example"), &password_of(number)).await;
    }
    world.ends_unwritten();
}

async fn a_right_password_that_does_not_let_in_is_no_wrong_one(world: &World) {
    for _ in 0..10 {
        assert!(matches!(world.refused("CORP\\u000006", &password_of(6)).await, Reason::State(AccountState::Expired)));
    }
}

async fn a_password_that_is_too_old(world: &World) {
    let base = world.domain.fact("base_dn");
    // Since 2012; more than ten days are too many.
    world.put("u000018", "pwdLastSet", "130000000000000000");
    world.domain.change(&["set", base, "maxPwdAge=-8640000000000"]);
    let state = world.state("CORP\\u000018").await;
    let reason = world.refused("CORP\\u000018", &password_of(18)).await;
    world.domain.change(&["set", base, "maxPwdAge=0"]);
    assert_eq!(state, AccountState::PasswordExpired);
    assert!(matches!(reason, Reason::State(AccountState::PasswordExpired)), "{reason:?}");
    world.enters("CORP\\u000018", &password_of(18)).await;
}

#[tokio::test]
async fn who_is_locked_in_the_domain_is_not_asked_for_there() {
    let world = World::new("locked");
    let base = world.domain.fact("base_dn").to_owned();
    world.domain.change(&["set", &base, "lockoutThreshold=3", "lockoutDuration=-18000000000", "lockOutObservationWindow=-18000000000"]);
    let account = world.account("CORP\\u000003").await;
    for _ in 0..3 {
        // Somewhere else, where nobody counts.
        world.service.directory.check_password(&account, &Secret::new("wrong".to_owned())).await.unwrap();
    }
    assert!(world.number("u000003", "lockoutTime") > 0);
    assert_eq!(world.state("CORP\\u000003").await, AccountState::LockedOut);
    let right = Secret::new(password_of(3));
    assert_eq!(world.service.directory.check_password(&account, &right).await.unwrap(), Checked::Refused(AccountState::LockedOut));
    assert!(matches!(world.refused("CORP\\u000003", &password_of(3)).await, Reason::State(AccountState::LockedOut)));
    world.domain.change(&["set", "u000003", "lockoutTime=0"]);
    assert_eq!(world.state("CORP\\u000003").await, AccountState::Enabled);
    world.ends_unwritten();
}
