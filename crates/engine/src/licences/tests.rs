use super::*;
use crate::plan::{Change, Verdict};
use crate::policy::{Make, OwnFlow};
use crate::{AttributesBuilder, ObjectGuid};

fn object(number: u8, class: Class, ou: &str, attributes: &[(&str, &str)]) -> SourceObject {
    let mut builder = AttributesBuilder::default();
    let own = [("sAMAccountName", format!("u{number}")), ("userPrincipalName", format!("u{number}@x.y"))];
    own.iter().for_each(|(name, value)| builder.add(name, value.as_bytes()));
    attributes.iter().for_each(|(name, value)| builder.add(name, value.as_bytes()));
    SourceObject {
        guid: ObjectGuid::from_bytes([number; 16]),
        dn: format!("CN=u{number},{ou},DC=x").into(),
        class,
        attributes: builder.build(),
    }
}

fn user(number: u8, attributes: &[(&str, &str)]) -> SourceObject {
    object(number, Class::User, "OU=Staff", attributes)
}

fn link(object: &SourceObject, confirmed: &[(&'static str, &str)]) -> Link {
    Link {
        anchor: Anchor::of(&object.guid),
        kind: Kind::User,
        target_id: Some(format!("id-{}", object.dn).into()),
        last_dn: object.dn.clone(),
        last_upn: "".into(),
        confirmed: confirmed.iter().map(|(name, value)| ((*name).into(), Value::Text((*value).into()))).collect(),
        state: LinkState::Live,
    }
}

fn rule(sku: &str, ou: Option<&str>, group: Option<&str>) -> LicenceRule {
    LicenceRule { sku: sku.into(), ou: ou.map(Into::into), group: group.map(Into::into) }
}

fn policy(licences: Vec<LicenceRule>) -> Policy {
    let mut policy = crate::scope::tests::policy(&["DC=x"], &["OU=Guests,DC=x"]);
    policy.rules.licences = licences;
    policy
}

fn nothing_planned() -> Plan {
    Plan {
        verdict: Verdict::Proceed,
        held_because: Vec::new(),
        changes: Vec::new(),
        findings: Vec::new(),
        unchanged: 0,
        licences: Vec::new(),
    }
}

fn given(slice: &Slice, policy: &Policy) -> Vec<String> {
    let (changes, _) = licences(slice, policy, &nothing_planned());
    let give = changes.iter().filter(|change| !change.add.is_empty());
    give.map(|change| format!("{} {}", change.upn, change.add.join("+"))).collect()
}

const ES: &[(&str, &str)] = &[("msExchUsageLocation", "ES")];

#[test]
fn an_ou_a_group_or_both_decide() {
    let people = vec![user(1, ES), user(2, ES), object(3, Class::User, "OU=Sales,OU=Staff", ES), object(4, Class::User, "OU=Guests", ES)];
    let members = [("member", "cn=U2, ou=staff, dc=X"), ("member", "CN=u3,OU=Sales,OU=Staff,DC=x"), ("member", "CN=u4,OU=Guests,DC=x")];
    let group = object(9, Class::Group, "OU=Other", &members);
    let links = people.iter().map(|object| link(object, &[])).collect();
    let slice = Slice { source: people.into_iter().chain([group]).collect(), links, ..Slice::default() };
    let (staff, sales, team) = ("ou=STAFF,dc=x", "OU=Sales,OU=Staff,DC=x", "CN=u9,OU=Other,DC=x");
    assert_eq!(given(&slice, &policy(vec![rule("E3", Some(staff), None)])), ["u1@x.y E3", "u2@x.y E3", "u3@x.y E3"]);
    assert_eq!(given(&slice, &policy(vec![rule("E3", None, Some(team))])), ["u2@x.y E3", "u3@x.y E3"], "out of scope: none");
    let both = policy(vec![rule("P1", Some(sales), Some(team)), rule("E3", Some(sales), None), rule("E3", None, Some(team))]);
    assert_eq!(given(&slice, &both), ["u2@x.y E3", "u3@x.y E3+P1"]);
    assert_eq!(given(&slice, &policy(vec![rule("E3", None, None)])), [""; 0], "a rule without a condition is for nobody");
    assert_eq!(given(&slice, &policy(vec![rule("E3", None, Some("CN=unknown,DC=x"))])), [""; 0]);
}

#[test]
fn only_users_whom_the_tenant_has_or_will_have_and_who_are_enabled() {
    let policy = policy(vec![rule("E3", Some("OU=Staff,DC=x"), None)]);
    let disabled = [("userAccountControl", "514"), ("c", "ES")];
    let people = vec![user(1, ES), user(2, ES), user(3, ES), user(4, &disabled), user(5, ES)];
    let mut slice = Slice { source: people.clone(), ..Slice::default() };
    assert_eq!(given(&slice, &policy), [""; 0], "nobody is in the tenant");
    slice.links = vec![link(&people[0], &[]), link(&people[3], &[]), Link { state: LinkState::Deleted, ..link(&people[4], &[]) }];
    let change = |action, place: usize, held| Change {
        action,
        kind: Kind::User,
        anchor: Anchor::of(&people[place].guid),
        source_dn: "".into(),
        target_id: None,
        upn: "".into(),
        reason: "".into(),
        attributes: crate::Edits::default(),
        members_before: 0,
        held,
    };
    let changes = vec![change(Action::Create, 1, None), change(Action::Join, 2, Some("adoption"))];
    let (given, findings) = licences(&slice, &policy, &Plan { changes, ..nothing_planned() });
    let upns: Vec<&str> = given.iter().map(|change| &*change.upn).collect();
    assert_eq!((upns, findings), (vec!["u1@x.y", "u2@x.y"], vec![]), "a held join gives none, a disabled user has no finding either");
    assert_eq!(given[0].target_id.as_deref(), Some("id-CN=u1,OU=Staff,DC=x"));
    assert_eq!(given[1].target_id, None);
    let deleted = vec![change(Action::Delete, 0, None)];
    assert_eq!(licences(&slice, &policy, &Plan { changes: deleted, ..nothing_planned() }).0, []);
}

#[test]
fn without_a_country_there_is_a_finding_and_no_licence() {
    let mut policy = policy(vec![rule("E3", Some("OU=Staff,DC=x"), None)]);
    let ana = user(1, &[("c", "ES")]);
    let mut slice = Slice { source: vec![ana.clone()], links: vec![link(&ana, &[])], ..Slice::default() };
    let (given, findings) = licences(&slice, &policy, &nothing_planned());
    assert_eq!(given, []);
    assert_eq!((findings[0].code, &*findings[0].objects[0]), (NO_LOCATION, &*ana.dn));
    assert!(findings[0].hint.contains("E3") && findings[0].hint.contains("from = "), "{}", findings[0].hint);
    slice.links = vec![link(&ana, &[("usageLocation", "ES")])];
    assert_eq!(licences(&slice, &policy, &nothing_planned()).0.len(), 1, "it was sent once");
    slice.links = vec![link(&ana, &[])];
    let from = Make::First(vec!["msExchUsageLocation".into(), "c".into()]);
    policy.rules.flows = vec![OwnFlow { kind: Kind::User, to: "usageLocation".into(), make: from, empty: Default::default() }];
    assert_eq!(licences(&slice, &policy, &nothing_planned()).0.len(), 1, "a flow makes it");
}

#[test]
fn what_a_user_holds_is_not_given_again() {
    let ana = user(1, ES);
    let mut slice = Slice { source: vec![ana.clone()], links: vec![link(&ana, &[])], ..Slice::default() };
    slice.targets.push(TargetObject {
        id: format!("id-{}", ana.dn).into(),
        kind: Kind::User,
        upn: "u1@x.y".into(),
        mail: None,
        addresses: Vec::new(),
        anchor: None,
        synced: true,
        licensed: true,
        mailbox: false,
        privileged: false,
        soft_deleted: false,
        visible: [("assignedLicenses".into(), Value::Texts(["e3".into()].into()))].into(),
        parked: Vec::new(),
    });
    let rules = policy(vec![rule("E3", Some("OU=Staff,DC=x"), None), rule("P1", Some("OU=Staff,DC=x"), None)]);
    assert_eq!(given(&slice, &rules), ["u1@x.y P1"]);
    let (changes, _) = licences(&slice, &rules, &nothing_planned());
    assert_eq!((&*changes[0].held, &*changes[0].by_rule), (&["e3".into()][..], &["E3".into()][..]));
    let json = changes[0].canonical_json();
    assert!(json.ends_with(r#""upn":"u1@x.y","licences":{"from":["e3"],"to":["P1","e3"]}}"#), "before and after: {json}");
}
