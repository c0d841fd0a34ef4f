use super::*;
use crate::policy::{Adopt, Guard, MatchPolicy, Policy};
use crate::{AttributesBuilder, Class, ObjectGuid, SourceObject};

pub(crate) fn policy(include: &[&str], exclude: &[&str]) -> Policy {
    let ous = |dns: &[&str]| dns.iter().map(|dn| ScopeOu { configured: (*dn).into(), guid: None, current: Some((*dn).into()) }).collect();
    Policy {
        scope: Scope { include: ous(include), exclude: ous(exclude) },
        matching: MatchPolicy::Dirsync,
        adopt: Adopt::Ask,
        guard: Guard::default(),
        dns_domain: "x".into(),
        netbios_domain: None,
        verified_domains: Vec::new(),
        rules: crate::Rules::default(),
        service: crate::Service::default(),
    }
}

fn object(dn: &str, class: Class, attributes: &[(&str, &str)]) -> SourceObject {
    let mut builder = AttributesBuilder::default();
    attributes.iter().for_each(|(name, value)| builder.add(name, value.as_bytes()));
    SourceObject { guid: ObjectGuid::from_bytes([1; 16]), dn: dn.into(), class, attributes: builder.build() }
}

fn ask(policy: &Policy, dn: &str, class: Class, attributes: &[(&str, &str)]) -> Answer {
    let object = object(dn, class, attributes);
    let person = Person::new(&object, policy);
    Area::new(policy, None).ask(&person, person.dn().as_ref())
}

fn out(reason: &str) -> Answer {
    Answer::Out(reason.into())
}

#[test]
fn the_closest_ou_decides() {
    let policy = policy(&["OU=Staff,DC=x", r"OU=A\, B,OU=Guests,OU=Staff,DC=x"], &["ou=guests, ou=staff, dc=x"]);
    let ask = |dn: &str| ask(&policy, dn, Class::User, &[("sAMAccountName", "ana")]);
    assert_eq!(ask("CN=ana,OU=Sales,OU=STAFF,DC=x"), Answer::In("OU=Staff,DC=x".into()));
    assert_eq!(ask("CN=ana,OU=Guests,OU=Staff,DC=x"), out("excluded by ou=guests, ou=staff, dc=x"));
    assert_eq!(ask(r"CN=ana,OU=a\2c b,OU=Guests,OU=Staff,DC=x"), Answer::In(r"OU=A\, B,OU=Guests,OU=Staff,DC=x".into()));
    assert_eq!(ask("CN=ana,CN=Users,DC=x"), out("CN=Users is not selected"));
    assert_eq!(ask("CN=ana"), out("the root is not selected"));
    assert_eq!(ask("ana"), Answer::Faulty(Code::DnUnreadable, "its DN cannot be read".into()));
}

#[test]
fn an_ou_named_as_both_is_out_and_one_not_found_holds_nobody() {
    let both = policy(&["OU=Staff,DC=x"], &["OU=Staff,DC=x"]);
    assert_eq!(ask(&both, "CN=ana,OU=Staff,DC=x", Class::User, &[]), out("excluded by OU=Staff,DC=x"));
    let mut lost = policy(&["OU=Staff,DC=x"], &[]);
    lost.scope.include[0].current = None;
    assert_eq!(ask(&lost, "CN=ana,OU=Staff,DC=x", Class::User, &[]), out("OU=Staff is not selected"));
}

#[test]
fn every_default_exclusion() {
    let policy = policy(&["OU=Staff,DC=x"], &[]);
    let sam = ("sAMAccountName", "ana");
    let cases: &[(&[(&str, &str)], bool)] = &[
        (&[sam], false),
        (&[sam, ("isCriticalSystemObject", "TRUE")], true),
        (&[("sAMAccountName", "AAD_1")], true),
        (&[("sAMAccountName", "aad_1")], true),
        (&[("sAMAccountName", "MSOL_1")], true),
        (&[("sAMAccountName", "SUPPORT_388945a0")], true),
        (&[("sAMAccountName", "krbtgt_AzureAD")], true),
        (&[("sAMAccountName", "svc$")], true),
        (&[("sAMAccountName", "CAS_{x}")], true),
        (&[("sAMAccountName", "CAS_x")], false),
        (&[sam, ("mailNickname", "SystemMailbox{1}")], true),
        (&[sam, ("mailNickname", "CAS_{1}")], true),
        (&[sam, ("mailNickname", "DiscoverySearchMailbox{1}")], true),
        (&[sam, ("msExchRecipientTypeDetails", "2")], true),
        (&[sam, ("msExchRecipientTypeDetails", "1")], false),
        (&[sam, ("msExchRecipientTypeDetails", "4096")], true),
        (&[sam, ("msExchRecipientTypeDetails", "536870912")], true),
        (&[sam, ("msExchRecipientTypeDetails", "2147483648")], false),
        (&[sam, ("msExchRecipientTypeDetails", "many")], false),
        (&[sam, ("adminDescription", "User_x")], true),
        (&[sam, ("adminDescription", "Group_x")], false),
    ];
    for (attributes, excluded) in cases {
        let answer = ask(&policy, "CN=ana,OU=Staff,DC=x", Class::User, attributes);
        assert_eq!(matches!(answer, Answer::Out(_)), *excluded, "{attributes:?} gives {answer:?}");
    }
    let person = ask(&policy, "CN=ana,OU=Staff,DC=x", Class::InetOrgPerson, &[sam, ("adminDescription", "User_x")]);
    assert!(matches!(person, Answer::In(_)), "adminDescription counts for users only");
}

#[test]
fn faults_are_told_from_absence() {
    let policy = policy(&["OU=Staff,DC=x"], &[]);
    let conflict = ask(&policy, r"CN=ana\0ACNF:1,OU=Staff,DC=x", Class::User, &[("sAMAccountName", "ana")]);
    assert!(matches!(conflict, Answer::Faulty(Code::NameConflictObject, _)));
    let nameless = ask(&policy, "CN=ana,OU=Staff,DC=x", Class::User, &[]);
    assert!(matches!(nameless, Answer::Faulty(Code::SamAccountMissing, _)));
}

fn ruled(policy: &Policy, chosen: Option<&std::collections::BTreeSet<ObjectGuid>>, class: Class, attributes: &[(&str, &str)]) -> Answer {
    let object = object("CN=ana,OU=Staff,DC=x", class, attributes);
    let person = Person::new(&object, policy);
    Area::new(policy, chosen).ask(&person, person.dn().as_ref())
}

#[test]
fn every_rule_must_hold_and_each_tells_why_not() {
    let (sam, nobody, ana) = (("sAMAccountName", "ana"), Default::default(), [ObjectGuid::from_bytes([1; 16])].into());
    let mut policy = policy(&["OU=Staff,DC=x"], &[]);
    policy.rules.members_of = vec!["CN=Team,DC=x".into()];
    policy.rules.filter = crate::Filter::parse("(&(objectClass=user)(department=Sales))").ok();
    let sales = &[sam, ("department", "sales")];
    assert_eq!(ruled(&policy, Some(&ana), Class::User, sales), Answer::In("OU=Staff,DC=x".into()));
    assert_eq!(ruled(&policy, Some(&nobody), Class::User, sales), out("it is a member of no group that scope.members_of names"));
    assert_eq!(ruled(&policy, Some(&ana), Class::User, &[sam]), out("scope.filter leaves it out: (department=Sales) does not hold"));
    let excluded = ruled(&policy, Some(&ana), Class::User, &[("sAMAccountName", "MSOL_1"), ("department", "Sales")]);
    assert_eq!(excluded, out("it is an account of a synchronization service (AAD_, MSOL_)"));
    policy.rules.kinds.users = false;
    assert_eq!(ruled(&policy, Some(&ana), Class::User, sales), out("users do not take part: scope.objects does not name them"));
    assert!(matches!(ruled(&policy, Some(&ana), Class::InetOrgPerson, sales), Answer::Out(_)));
}

#[test]
fn what_is_faulty_is_told_before_a_rule_may_take_it_for_gone() {
    let mut policy = policy(&["OU=Staff,DC=x"], &[]);
    policy.rules.filter = crate::Filter::parse("(sAMAccountName=*)").ok();
    assert!(matches!(ruled(&policy, None, Class::User, &[]), Answer::Faulty(Code::SamAccountMissing, _)));
}

#[test]
fn nobody_takes_part_while_nobody_knows_who_is_in_the_groups() {
    let mut policy = policy(&["OU=Staff,DC=x"], &[]);
    let ana = object("CN=ana,OU=Staff,DC=x", Class::User, &[("sAMAccountName", "ana")]);
    assert!(in_scope(&policy)(&ana));
    policy.rules.members_of = vec!["CN=Team,DC=x".into()];
    assert!(!in_scope(&policy)(&ana));
    assert!(in_scope_among(&policy, Some(&[ana.guid].into()))(&ana));
}
