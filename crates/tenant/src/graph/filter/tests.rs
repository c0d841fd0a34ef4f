use super::*;
use crate::directory::properties::{CONTACT, GROUP, USER};

fn compare(property: Property, operator: Operator, text: &str) -> Condition {
    Condition::Compare(property, operator, Literal::Text(text.to_owned()))
}

#[test]
fn filters_are_understood() {
    let cases = [
        ("userPrincipalName eq 'ana@x.example'", compare(Property::Upn, Operator::Equal, "ana@x.example"), false),
        ("displayName eq 'O''Neil (HR), x:y'", compare(Property::DisplayName, Operator::Equal, "O'Neil (HR), x:y"), false),
        ("startswith(displayName,'An')", compare(Property::DisplayName, Operator::StartsWith, "An"), false),
        ("endsWith(mail, '@x.example')", compare(Property::Mail, Operator::EndsWith, "@x.example"), true),
        ("onPremisesSyncEnabled eq true", Condition::Compare(Property::Synced, Operator::Equal, Literal::Boolean(true)), false),
        (
            "createdDateTime ge 2026-01-01T00:00:00Z",
            Condition::Compare(Property::Created, Operator::GreaterOrEqual, Literal::Time(1_767_225_600)),
            false,
        ),
        (
            "proxyAddresses/any(p:p eq 'smtp:a@x.example')",
            Condition::AnyOf(List::ProxyAddresses, Some((Operator::Equal, Literal::Text("smtp:a@x.example".to_owned())))),
            false,
        ),
        (
            "id in ('1','2')",
            Condition::Any(vec![compare(Property::Id, Operator::Equal, "1"), compare(Property::Id, Operator::Equal, "2")]),
            false,
        ),
        ("assignedLicenses/$count eq 0", Condition::Not(Box::new(Condition::AnyOf(List::LicencesBySku, None))), true),
    ];
    for (text, condition, advanced) in cases {
        let filter = parse(text, &USER).unwrap_or_else(|error| panic!("{text}: {error:?}"));
        assert_eq!((filter.condition, filter.advanced.is_some()), (condition, advanced), "{text}");
    }
}

#[test]
fn and_binds_closer_than_or() {
    let [a, b, c] = ["a", "b", "c"].map(|text| compare(Property::Mail, Operator::Equal, text));
    let filter = parse("mail eq 'a' or mail eq 'b' and mail eq 'c'", &USER).expect("understood");
    assert_eq!(filter.condition, Condition::Any(vec![a.clone(), Condition::All(vec![b.clone(), c.clone()])]));
    let filter = parse("(mail eq 'a' or mail eq 'b') and mail eq 'c'", &USER).expect("understood");
    assert_eq!(filter.condition, Condition::All(vec![Condition::Any(vec![a, b]), c]));
}

#[test]
fn what_is_not_a_filter_is_refused() {
    let deep = format!("{}mail eq 'a'{}", "(".repeat(200), ")".repeat(200));
    let many = vec!["mail eq 'a'"; 16].join(" or ");
    for text in
        ["", "mail", "mail eq", "mail eq 'a", "mail xx 'a'", "nothing eq 'a'", "mail eq 'a' mail", "accountEnabled eq 'yes'", &deep, &many]
    {
        assert!(parse(text, &USER).is_err(), "{text}");
    }
}

#[test]
fn groups_and_contacts_are_asked_for_what_they_have() {
    let filter = parse("groupTypes/any(c:c eq 'Unified') and securityEnabled eq true", &GROUP).expect("understood");
    let unified = Condition::AnyOf(List::GroupTypes, Some((Operator::Equal, Literal::Text("Unified".to_owned()))));
    let security = Condition::Compare(Property::SecurityEnabled, Operator::Equal, Literal::Boolean(true));
    assert_eq!(filter.condition, Condition::All(vec![unified, security]));
    assert_eq!(parse("mailNickname eq 'a'", &GROUP).expect("understood").condition, compare(Property::Nickname, Operator::Equal, "a"));
    let other = compare(Property::Other("mailNickname"), Operator::Equal, "a");
    assert_eq!(parse("mailNickname eq 'a'", &CONTACT).expect("understood").condition, other);
    for (text, resource) in [
        ("userPrincipalName eq 'a'", &GROUP),
        ("groupTypes/any(c:c eq 'Unified')", &USER),
        ("accountEnabled eq true", &CONTACT),
        ("securityEnabled eq 'yes'", &GROUP),
    ] {
        assert!(parse(text, resource).is_err(), "{text}");
    }
}
