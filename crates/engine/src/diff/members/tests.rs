use std::collections::BTreeMap;

use crate::policy::{Adopt, Guard, MatchPolicy, Scope, ScopeOu};
use crate::{
    Action, Anchor, AttributesBuilder, Change, Class, Kind, Link, LinkState, ObjectGuid, Policy, Slice, SourceObject, Value, dn_key, plan,
};

fn policy() -> Policy {
    let staff = ScopeOu { configured: "OU=Staff".into(), guid: None, current: Some("OU=Staff".into()) };
    Policy {
        scope: Scope { include: vec![staff], exclude: Vec::new() },
        matching: MatchPolicy::Dirsync,
        adopt: Adopt::Allow,
        guard: Guard::default(),
        dns_domain: "x".into(),
        netbios_domain: None,
        verified_domains: Vec::new(),
        rules: crate::Rules::default(),
        service: crate::Service::default(),
    }
}

fn dn(number: u32) -> String {
    format!("CN={number},OU=Staff")
}

fn anchor(number: u32) -> Anchor {
    let mut guid = [9; 16];
    guid[..4].copy_from_slice(&number.to_le_bytes());
    Anchor::of(&ObjectGuid::from_bytes(guid))
}

/// A linked group whose members are linked objects outside the slice.
fn slice(attribute: &str, members: &[u32], confirmed: &[u32]) -> Slice {
    let mut attributes = AttributesBuilder::default();
    [("sAMAccountName", "all"), ("cn", "all"), ("groupType", "-2147483646")]
        .iter()
        .for_each(|(name, value)| attributes.add(name, value.as_bytes()));
    members.iter().for_each(|number| attributes.add(attribute, dn(*number).as_bytes()));
    let guid = ObjectGuid::from_bytes([1; 16]);
    let group = SourceObject { guid, dn: "CN=all,OU=Staff".into(), class: Class::Group, attributes: attributes.build() };
    let mut known: Vec<Anchor> = confirmed.iter().map(|number| anchor(*number)).collect();
    known.sort();
    let all: std::collections::BTreeSet<u32> = members.iter().chain(confirmed).copied().collect();
    Slice {
        source: vec![group],
        links: vec![Link {
            anchor: Anchor::of(&guid),
            kind: Kind::Group,
            target_id: Some("id".into()),
            last_dn: "CN=all,OU=Staff".into(),
            last_upn: "all".into(),
            confirmed: BTreeMap::from([("member".into(), Value::References(known.into()))]).into(),
            state: LinkState::Live,
        }],
        references: all.into_iter().map(|number| (dn_key(&dn(number)), anchor(number))).collect(),
        ..Slice::default()
    }
}

fn change_of_members(slice: &Slice) -> Option<Change> {
    plan(slice, &policy()).changes.into_iter().find(|change| change.action == Action::Member)
}

fn anchors(value: Option<&Value>) -> Vec<Anchor> {
    match value {
        Some(Value::References(anchors)) => anchors.to_vec(),
        _ => Vec::new(),
    }
}

fn sorted(numbers: &[u32]) -> Vec<Anchor> {
    let mut anchors: Vec<Anchor> = numbers.iter().map(|number| anchor(*number)).collect();
    anchors.sort();
    anchors
}

#[test]
fn those_who_come_and_those_who_go() {
    let change = change_of_members(&slice("member", &[1, 2, 4], &[1, 2, 3])).unwrap();
    let edit = &change.attributes.of_known()[0];
    assert_eq!((edit.name, change.members_before, change.kind), ("member", 3, Kind::Group));
    assert_eq!((anchors(edit.from.as_deref()), anchors(edit.to.as_ref())), (sorted(&[3]), sorted(&[4])));
    assert_eq!(&*change.reason, "1 member added (4), 1 removed");
    assert_eq!(change_of_members(&slice("member", &[3, 1, 2], &[1, 2, 3])), None);
    let emptied = change_of_members(&slice("member", &[], &[1, 2])).unwrap();
    assert_eq!(
        (anchors(emptied.attributes.of_known()[0].from.as_deref()), emptied.attributes.of_known()[0].to.as_ref()),
        (sorted(&[1, 2]), None)
    );
}

// Covers: D18
#[test]
fn a_part_of_the_members_removes_nobody() {
    for range in ["member;range=0-1499", "member;range=1500-2999", "member;range=0-*"] {
        assert_eq!(change_of_members(&slice(range, &[1], &[1, 2, 3])), None, "{range}");
        let change = change_of_members(&slice(range, &[1, 4], &[1, 2, 3])).unwrap();
        assert_eq!(
            (change.attributes.of_known()[0].from.as_deref(), anchors(change.attributes.of_known()[0].to.as_ref())),
            (None, sorted(&[4])),
            "{range}"
        );
    }
}

// Covers: scope.primary-group
#[test]
fn membership_by_primary_group_is_not_sent() {
    let mut slice = slice("member", &[1], &[1]);
    let mut attributes = AttributesBuilder::default();
    [("sAMAccountName", "ana"), ("userPrincipalName", "ana@x.y"), ("primaryGroupID", "513"), ("memberOf", "CN=all,OU=Staff")]
        .iter()
        .for_each(|(name, value)| attributes.add(name, value.as_bytes()));
    let guid = ObjectGuid::from_bytes([2; 16]);
    slice.source.push(SourceObject { guid, dn: "CN=ana,OU=Staff".into(), class: Class::User, attributes: attributes.build() });
    assert_eq!(change_of_members(&slice), None);
}

#[test]
fn ten_of_a_quarter_of_a_million_send_ten_references() {
    let confirmed: Vec<u32> = (0..249_990).collect();
    let members: Vec<u32> = (5..249_995).collect();
    let change = change_of_members(&slice("member", &members, &confirmed)).unwrap();
    let edit = &change.attributes.of_known()[0];
    assert_eq!(anchors(edit.from.as_deref()), sorted(&[0, 1, 2, 3, 4]));
    assert_eq!(anchors(edit.to.as_ref()), sorted(&[249_990, 249_991, 249_992, 249_993, 249_994]));
    assert_eq!(change.members_before, 249_990);
}
