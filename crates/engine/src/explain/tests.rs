use super::*;
use crate::policy::{Adopt, Guard, MatchPolicy, Scope};
use crate::{Anchor, AttributesBuilder, Class, ObjectGuid, SourceObject};

fn policy() -> Policy {
    Policy {
        scope: Scope::default(),
        matching: MatchPolicy::Dirsync,
        adopt: Adopt::Ask,
        guard: Guard::default(),
        dns_domain: "example.com".into(),
        netbios_domain: None,
        verified_domains: Vec::new(),
        rules: crate::Rules::default(),
        service: crate::Service::default(),
    }
}

fn person(number: u8, attributes: &[(&str, &str)]) -> SourceObject {
    let mut builder = AttributesBuilder::default();
    attributes.iter().for_each(|(name, value)| builder.add(name, value.as_bytes()));
    SourceObject {
        guid: ObjectGuid::from_bytes([number; 16]),
        dn: format!("CN=p{number},OU=Staff,DC=example,DC=com").into(),
        class: Class::User,
        attributes: builder.build(),
    }
}

fn asked(people: &[SourceObject], who: &str) -> Option<Explanation> {
    explain(&Slice { source: people.to_vec(), ..Slice::default() }, &policy(), who)
}

fn dn_of(people: &[SourceObject], who: &str) -> Option<Box<str>> {
    asked(people, who).and_then(|explanation| explanation.source_dn)
}

#[test]
fn each_name_of_a_person_finds_it_in_any_case() {
    let people = [
        person(1, &[("sAMAccountName", "hvogel"), ("cn", "Vogel, Hanna"), ("displayName", "Hanna Vogel ")]),
        person(2, &[("sAMAccountName", "other"), ("cn", "Other"), ("displayName", "Other")]),
    ];
    for who in ["Hanna Vogel", " hanna vogel ", "HVOGEL", "vogel, hanna"] {
        assert_eq!(dn_of(&people, who), Some(people[0].dn.clone()), "{who}");
    }
    assert_eq!(dn_of(&people, "other"), Some(people[1].dn.clone()), "three names of one person are one person");
    for nobody in ["Hanna", "", " "] {
        assert_eq!(asked(&people, nobody), None, "{nobody:?}");
    }
}

#[test]
fn what_belongs_to_one_person_wins_over_names() {
    let mut people = vec![person(
        9,
        &[("sAMAccountName", "ana"), ("userPrincipalName", "ana@x.y"), ("mail", "a@x.y"), ("proxyAddresses", "smtp:b@x.y")],
    )];
    let ana = people[0].clone();
    let exact = [
        Anchor::of(&ana.guid).as_str().to_owned(),
        ana.guid.to_string(),
        ana.dn.to_string(),
        "ana@x.y".into(),
        "a@x.y".into(),
        "b@x.y".into(),
    ];
    for (number, name) in (1..).zip(&exact) {
        people.insert(0, person(number, &[("displayName", name)]));
    }
    for who in &exact {
        assert_eq!(dn_of(&people, who), Some(ana.dn.clone()), "{who}");
    }
}

#[test]
fn of_several_with_a_name_none_is_guessed() {
    let people =
        [person(2, &[("displayName", "Hanna Vogel")]), person(1, &[("cn", "hanna vogel")]), person(3, &[("displayName", "Jonas Beck")])];
    let explanation = asked(&people, "Hanna Vogel").unwrap();
    assert_eq!(explanation.candidates, [people[1].dn.clone(), people[0].dn.clone()], "sorted, whatever the order of the slice");
    assert_eq!((explanation.source_dn.as_ref(), explanation.anchor.as_ref(), explanation.in_scope), (None, None, false));
    let json = serde_json::to_value(&explanation).unwrap();
    assert_eq!(json["candidates"][0], &*people[1].dn);
    assert_eq!(json["who"], "Hanna Vogel");
}

#[test]
fn one_person_is_told_without_candidates() {
    let json = serde_json::to_value(asked(&[person(1, &[("cn", "Ana")])], "ana").unwrap()).unwrap();
    let mut keys: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    let told =
        ["anchor", "attributes", "findings", "in_scope", "matched", "pending", "scope", "source_dn", "target_id", "target_upn", "who"];
    assert_eq!(keys, told);
}

#[test]
fn nothing_asked_for_is_nobody() {
    let unnamed = Link {
        kind: crate::Kind::User,
        anchor: Anchor::from_text("AQ=="),
        target_id: None,
        last_dn: "".into(),
        last_upn: "".into(),
        confirmed: Default::default(),
        state: LinkState::Live,
    };
    let slice = Slice { links: vec![unnamed], ..Slice::default() };
    assert_eq!(explain(&slice, &policy(), " "), None);
}
