use samesign_engine::{Anchor, AttributesBuilder, Class, ObjectGuid, SourceObject};

use super::*;

const NOW: Timestamp = Timestamp(1_800_000_000);
const LATER: Timestamp = Timestamp(1_800_000_600);

fn object(class: Class, attributes: &[(&str, &str)]) -> SourceObject {
    let mut builder = AttributesBuilder::default();
    attributes.iter().for_each(|(name, value)| builder.add(name, value.as_bytes()));
    let dn = "CN=Ana,OU=Staff,DC=corp,DC=example,DC=com".into();
    SourceObject { guid: ObjectGuid::from_bytes([1; 16]), dn, class, attributes: builder.build() }
}

fn withheld_by(settings: &Passwords, force_change: bool, class: Class, attributes: &[(&str, &str)]) -> Option<&'static str> {
    Rules { settings, force_change, versions_from_mirror: false }.facts(&object(class, attributes), true).withheld
}

// Covers: password.disabled, password.inetorgperson, password.must-change
#[test]
fn everybody_who_should_not_have_a_password_is_withheld_for_the_gravest_reason() {
    let plain = Passwords { enabled: true, ..Passwords::default() };
    let privileged = Passwords { privileged: true, ..plain.clone() };
    let of_user = |settings, attributes: &[(&str, &str)]| withheld_by(settings, false, Class::User, attributes);
    assert_eq!(of_user(&plain, &[("userAccountControl", "512"), ("pwdLastSet", "133000000000000000")]), None);
    assert_eq!(of_user(&plain, &[]), None, "what cannot be read is no reason");
    for disabled in ["514", "66050", "-2147483646"] {
        assert_eq!(of_user(&plain, &[("userAccountControl", disabled)]), Some(DISABLED), "{disabled}");
    }
    assert_eq!(of_user(&plain, &[("userAccountControl", "-2147483136")]), None, "the highest bit makes it negative, not disabled");
    assert_eq!(of_user(&plain, &[("adminCount", "1")]), Some(PRIVILEGED));
    assert_eq!(of_user(&plain, &[("adminCount", "0")]), None);
    assert_eq!(of_user(&privileged, &[("adminCount", "1")]), None);
    assert_eq!(of_user(&plain, &[("adminCount", "1"), ("userAccountControl", "514")]), Some(DISABLED));
    assert_eq!(of_user(&plain, &[("pwdLastSet", "0")]), Some(MUST_CHANGE));
    assert_eq!(withheld_by(&plain, true, Class::User, &[("pwdLastSet", "0")]), None, "the tenant makes them change it");
    assert_eq!(withheld_by(&plain, false, Class::InetOrgPerson, &[]), Some(UNSUPPORTED_CLASS));
    let out = Rules { settings: &plain, force_change: false, versions_from_mirror: false }.facts(&object(Class::User, &[]), false);
    assert_eq!(out.withheld, Some(NOT_IN_SCOPE));
}

// Covers: password.account-expires, password.expired, password.locked, password.smart-card
#[test]
fn what_the_service_does_not_enforce_withholds_nothing() {
    let plain = Passwords { enabled: true, ..Passwords::default() };
    let long_ago = "116444736000000000";
    let states: [(&str, &[(&str, &str)]); 4] = [
        ("an account that has expired", &[("userAccountControl", "512"), ("accountExpires", long_ago)]),
        ("an expired password", &[("userAccountControl", "8389120"), ("pwdLastSet", long_ago)]),
        ("a locked account", &[("userAccountControl", "528"), ("lockoutTime", "133801056000000000")]),
        ("a smart card's random hash", &[("userAccountControl", "262656"), ("pwdLastSet", "133801056000000000")]),
    ];
    for (state, attributes) in states {
        assert_eq!(withheld_by(&plain, false, Class::User, attributes), None, "{state}");
    }
}

// Covers: password.selective
#[test]
fn an_attribute_chooses_whose_password_is_sent() {
    let choose = |rule, value: &str| Passwords {
        enabled: true,
        privileged: false,
        select: Some(Select { attribute: "adminDescription".to_owned(), value: value.to_owned(), rule }),
    };
    let with = |settings: &Passwords, value: &str| withheld_by(settings, false, Class::User, &[("adminDescription", value)]);
    let none = |settings: &Passwords| withheld_by(settings, false, Class::User, &[]);
    let include = choose(Rule::Include, "PHSIncluded");
    assert_eq!((with(&include, "phsincluded"), with(&include, "else"), none(&include)), (None, Some(NOT_SELECTED), Some(NOT_SELECTED)));
    let exclude = choose(Rule::Exclude, "PHSFiltered");
    assert_eq!((with(&exclude, "PHSFiltered"), with(&exclude, "else"), none(&exclude)), (Some(NOT_SELECTED), None, None));
}

fn facts(withheld: Option<&'static str>, version: Option<i64>) -> Facts {
    Facts { withheld, enabled: withheld != Some(DISABLED), must_change: withheld == Some(MUST_CHANGE), version: version.map(|v| (v, v)) }
}

fn row(state: PasswordState, reason: Option<&str>) -> PasswordRow {
    let facts = facts(None, Some(7));
    PasswordRow { state, reason: reason.map(str::to_owned), ..fresh(Anchor::from_text("a"), Some("1".into()), &facts, NOW) }
}

fn after(before: &PasswordRow, target: &str, facts: &Facts, anew: bool) -> Option<PasswordState> {
    let fresh = fresh(before.anchor.clone(), Some(target.into()), facts, LATER);
    transition(Some(before), fresh, facts, anew).map(|row| row.state)
}

#[test]
fn what_changes_nothing_leaves_the_row_as_it_is() {
    for (state, reason) in [(PasswordState::Sent, None), (PasswordState::Owed, None), (PasswordState::Refused, Some("7: no"))] {
        assert_eq!(after(&row(state, reason), "1", &facts(None, Some(7)), false), None, "{state:?}");
    }
    let withheld = PasswordRow { enabled: false, ..row(PasswordState::Withheld, Some(DISABLED)) };
    assert_eq!(after(&withheld, "1", &facts(Some(DISABLED), Some(7)), false), None);
}

#[test]
fn a_new_password_a_new_account_and_a_reason_that_goes_away_make_it_owed() {
    let sent = row(PasswordState::Sent, None);
    let owed = Some(PasswordState::Owed);
    assert_eq!(after(&sent, "1", &facts(None, Some(8)), false), owed, "changed");
    assert_eq!(after(&sent, "1", &facts(None, Some(6)), false), owed, "in a file any other time is another password");
    assert_eq!(after(&sent, "2", &facts(None, Some(7)), false), owed, "another account in the tenant");
    assert_eq!(after(&sent, "1", &facts(None, Some(7)), true), owed, "made, joined or restored in this run");
    for reason in [DISABLED, PRIVILEGED, MUST_CHANGE, NOT_SELECTED, NOT_IN_SCOPE, UNSUPPORTED_CLASS] {
        let withheld = row(PasswordState::Withheld, Some(reason));
        assert_eq!(after(&withheld, "1", &facts(None, Some(7)), false), owed, "{reason}");
        assert_eq!(after(&sent, "1", &facts(Some(reason), Some(7)), false), Some(PasswordState::Withheld), "{reason}");
    }
    let none = row(PasswordState::Withheld, Some(NO_PASSWORD));
    assert_eq!(after(&none, "1", &facts(None, Some(7)), false), None, "the source was asked and has none");
    assert_eq!(after(&none, "1", &facts(None, Some(8)), false), owed);
    assert_eq!(after(&row(PasswordState::Refused, Some("7: no")), "1", &facts(None, Some(8)), false), owed);
}

#[test]
fn a_file_time_becomes_a_unix_time() {
    assert_eq!(unix_of_filetime(116_444_736_000_000_000), 0);
    assert_eq!(unix_of_filetime(133_801_056_000_000_000), 1_735_632_000, "2024-12-31T08:00:00Z");
    assert_eq!(unix_of_filetime(i64::MAX), 910_692_730_085);
    assert!(unix_of_filetime(0) < 0);
}
