use samesign_engine::{Anchor, ObjectGuid};

use super::*;

fn person() -> Person {
    let guid = ObjectGuid::from_slice(&[7; 16]).unwrap();
    Person {
        guid,
        dn: "CN=Ana,OU=Staff,DC=example,DC=com".to_owned(),
        upn: "ana@example.com".to_owned(),
        anchor: Anchor::of(&guid),
        sid: "S-1-5-21-1-2-3-1104".to_owned(),
        account: "ana".to_owned(),
        domain: "EXAMPLE".to_owned(),
        display_name: "Ana Ruiz".to_owned(),
        mail: Some("ana.ruiz@example.com".to_owned()),
        in_scope: true,
    }
}

fn domains() -> Domains {
    Domains::new(&["Example.com".to_owned(), "other.example".to_owned(), "own.example.com".to_owned()])
}

fn value<'a>(claims: &'a Claims, name: &str) -> Option<&'a str> {
    claims.attributes.iter().find(|attribute| attribute.name == name).map(|attribute| attribute.values[0].as_str())
}

#[test]
fn each_federated_domain_vouches_for_its_own_people_and_those_of_its_subdomains() {
    let cases = [
        ("ana@example.com", Some("http://example.com/adfs/services/trust/")),
        ("ana@EXAMPLE.COM", Some("http://example.com/adfs/services/trust/")),
        ("ana@a.b.example.com", Some("http://example.com/adfs/services/trust/")),
        ("ana@own.example.com", Some("http://own.example.com/adfs/services/trust/")),
        ("ana@x.own.example.com", Some("http://own.example.com/adfs/services/trust/")),
        ("ana@other.example", Some("http://other.example/adfs/services/trust/")),
        ("ana@notexample.com", None),
        ("ana@example.com.evil.example", None),
        ("ana@com", None),
        ("ana", None),
        ("@example.com", None),
        ("ana@example.com@evil.example", None),
        ("", None),
    ];
    for (upn, expected) in cases {
        assert_eq!(domains().issuer(upn).as_deref(), expected, "{upn}");
    }
}

#[test]
fn the_tenant_is_told_name_and_anchor_in_the_way_of_each_dialect() {
    let person = person();
    let one = for_tenant(&person, &domains(), true, Dialect::One).unwrap();
    assert_eq!(one.name_id, NameId { value: person.anchor.to_string(), format: NameIdFormat::Unspecified });
    assert_eq!(value(&one, UPN), Some("ana@example.com"));
    assert_eq!(value(&one, IMMUTABLE_ID), Some(person.anchor.as_str()));
    assert_eq!(value(&one, INSIDE), Some("true"));
    assert_eq!(value(&for_tenant(&person, &domains(), false, Dialect::One).unwrap(), INSIDE), Some("false"));
    let two = for_tenant(&person, &domains(), true, Dialect::Two).unwrap();
    assert_eq!(two.name_id, NameId { value: person.anchor.to_string(), format: NameIdFormat::Persistent });
    assert_eq!(two.attributes, [super::one(IDP_EMAIL, "ana@example.com")]);
}

#[test]
fn nobody_is_vouched_for_whom_the_tenant_does_not_know_by_that_name() {
    let cases = [
        (Person { in_scope: false, ..person() }, NoClaims::OutOfScope),
        (Person { upn: "ana@corp.local".to_owned(), ..person() }, NoClaims::ForeignDomain),
        (Person { upn: String::new(), ..person() }, NoClaims::ForeignDomain),
        (Person { anchor: Anchor::from_text(""), ..person() }, NoClaims::NoName),
        (Person { upn: "a\u{1}na@example.com".to_owned(), ..person() }, NoClaims::ControlCharacter),
    ];
    for (person, expected) in cases {
        assert_eq!(for_tenant(&person, &domains(), true, Dialect::One), Err(expected));
    }
}

#[test]
fn an_application_names_people_by_what_it_was_told_to() {
    let name = |source| for_application(&person(), source, "http://sts/", Dialect::Two).unwrap().name_id.value;
    assert_eq!(name(NameSource::Upn), "ana@example.com");
    assert_eq!(name(NameSource::Mail), "ana.ruiz@example.com");
    assert_eq!(name(NameSource::Account), "EXAMPLE\\ana");
    assert_eq!(name(NameSource::Anchor), person().anchor.as_str());
    let without_mail = Person { mail: None, ..person() };
    assert_eq!(for_application(&without_mail, NameSource::Mail, "http://sts/", Dialect::Two), Err(NoClaims::NoName));
    let damaged = Person { display_name: "Ana\r\nRuiz".to_owned(), ..person() };
    let claims = for_application(&damaged, NameSource::Upn, "http://sts/", Dialect::Two).unwrap();
    assert_eq!(value(&claims, APPLICATION_DISPLAY_NAME), Some("Ana  Ruiz"));
}

#[test]
fn an_application_is_given_the_kind_of_name_it_asks_for_or_none() {
    use NameIdFormat::{EmailAddress, Persistent, Transient, Unspecified};
    let given = |name| [Unspecified, EmailAddress, Persistent, Transient].map(|asked| granted(name, asked));
    assert_eq!(given(NameSource::Upn), [Some(Unspecified), Some(EmailAddress), None, Some(Transient)]);
    assert_eq!(given(NameSource::Mail), [Some(EmailAddress), Some(EmailAddress), None, Some(Transient)]);
    assert_eq!(given(NameSource::Anchor), [Some(Persistent), None, Some(Persistent), Some(Transient)]);
    assert_eq!(given(NameSource::Account), [Some(Unspecified), None, None, Some(Transient)]);
}
