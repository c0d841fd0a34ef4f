//! A hundred directories of five hundred people. Clean ones give no finding; with one error of every code planted, exactly
//! those are found, on exactly those objects.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod clean;
mod world;

use std::collections::{BTreeMap, BTreeSet};

use clean::{contact, group, other, person, upn};
use samesign_engine::{
    Adopt, Anchor, AnchorAttribute, AttributesBuilder, Class, FINDINGS, Finding, Link, LinkState, MatchPolicy, ObjectGuid, Policy,
    Presence, Slice, SourceObject, TargetObject, plan, review,
};

const DIRECTORIES: u64 = 100;
const PEOPLE: usize = 500;
/// Beside the people.
const GROUPS: usize = 20;
const CONTACTS: usize = 10;

/// A finding, as far as it can be foretold: its code and the objects that it names.
type Expected = BTreeSet<(&'static str, BTreeSet<String>)>;

/// Made by the test, so that a failure can be repeated: a multiplicative generator (Lehmer's, with Park and Miller's factor).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0 * 48_271 % 0x7fff_ffff;
        (self.0 as usize) % limit
    }
}

struct Person {
    class: Class,
    dn: String,
    guid: ObjectGuid,
    attributes: BTreeMap<&'static str, Vec<Vec<u8>>>,
}

impl Person {
    fn set(&mut self, name: &'static str, value: impl AsRef<[u8]>) {
        self.attributes.insert(name, vec![value.as_ref().to_vec()]);
    }

    fn add(&mut self, name: &'static str, value: impl AsRef<[u8]>) {
        self.attributes.entry(name).or_default().push(value.as_ref().to_vec());
    }

    fn without_addresses(&mut self) {
        self.attributes.remove("mail");
        self.attributes.remove("proxyAddresses");
    }

    fn object(&self) -> SourceObject {
        let mut attributes = AttributesBuilder::default();
        for (name, values) in &self.attributes {
            values.iter().for_each(|value| attributes.add(name, value));
        }
        SourceObject { guid: self.guid, dn: self.dn.as_str().into(), class: self.class, attributes: attributes.build() }
    }
}

struct Directory {
    people: Vec<Person>,
    targets: Vec<TargetObject>,
    links: Vec<Link>,
    gone: BTreeMap<Anchor, Presence>,
    policy: Policy,
    expected: Expected,
    /// People who bear no error yet.
    free: Vec<usize>,
}

impl Directory {
    /// A clean one: names of several scripts, apostrophes, addresses of several kinds, managers in a tree.
    fn clean(dice: &mut Dice, matching: MatchPolicy) -> Self {
        let mut policy = world::World::default().policy;
        policy.matching = matching;
        policy.verified_domains = vec!["contoso.onmicrosoft.com".into(), "example.com".into()];
        let mut people: Vec<Person> = (0..PEOPLE).map(|number| person(number, dice, matching)).collect();
        people.extend((0..GROUPS).map(|number| group(number, dice)));
        people.extend((0..CONTACTS).map(contact));
        let free = (1..PEOPLE).collect();
        Self { people, targets: Vec::new(), links: Vec::new(), gone: BTreeMap::new(), policy, expected: Expected::new(), free }
    }

    fn take(&mut self, dice: &mut Dice) -> usize {
        let at = dice.below(self.free.len());
        self.free.swap_remove(at)
    }

    fn expect(&mut self, code: &'static str, objects: &[&str]) {
        self.expected.insert((code, objects.iter().map(|object| (*object).to_owned()).collect()));
    }

    fn cloud(&mut self, upn: &str) -> &mut TargetObject {
        self.targets.push(TargetObject {
            kind: samesign_engine::Kind::User,
            parked: Vec::new(),
            id: format!("id-{}", self.targets.len()).into(),
            upn: upn.into(),
            mail: Some(upn.into()),
            addresses: vec![format!("SMTP:{upn}").into()],
            anchor: None,
            synced: false,
            licensed: true,
            mailbox: true,
            privileged: false,
            soft_deleted: false,
            visible: BTreeMap::new(),
        });
        self.targets.last_mut().unwrap()
    }

    fn found(&self) -> Expected {
        let slice = Slice {
            source: self.people.iter().map(Person::object).collect(),
            gone: self.gone.clone(),
            targets: self.targets.clone(),
            links: self.links.clone(),
            references: BTreeMap::new(),
            chosen: None,
            from_directory: true,
        };
        let findings = plan(&slice, &self.policy).findings.into_iter().chain(review(&slice, &self.policy));
        findings.map(|Finding { code, objects, .. }| (code, objects.iter().map(ToString::to_string).collect())).collect()
    }
}

/// An error in a group that is made for it.
fn in_group(directory: &mut Directory, code: &'static str, change: impl Fn(&mut Person)) {
    let mut group = other(Class::Group, 8, directory.people.len(), "at fault");
    group.set("sAMAccountName", "at fault");
    group.set("groupType", "-2147483646");
    change(&mut group);
    directory.expect(code, &[&group.dn]);
    directory.people.push(group);
}

/// What one code's error looks like.
type Plant = fn(&mut Directory, &mut Dice, &'static str);

/// An error in one person's values, and its code.
fn in_values(directory: &mut Directory, dice: &mut Dice, code: &'static str, change: impl Fn(&mut Person)) {
    let at = directory.take(dice);
    change(&mut directory.people[at]);
    let dn = directory.people[at].dn.clone();
    directory.expect(code, &[&dn]);
}

/// An error between two people.
fn in_two(directory: &mut Directory, dice: &mut Dice, code: &'static str, change: impl Fn(usize, &mut Person, usize, &mut Person)) {
    let (one, other) = (directory.take(dice), directory.take(dice));
    let (one, other) = (one.min(other), one.max(other));
    let (left, right) = directory.people.split_at_mut(other);
    change(one, &mut left[one], other, &mut right[0]);
    let dns = [left[one].dn.clone(), right[0].dn.clone()];
    directory.expect(code, &[&dns[0], &dns[1]]);
}

/// An error between a person and a cloud user with the same sign-in name.
fn in_match(directory: &mut Directory, dice: &mut Dice, code: &'static str, mail: bool, change: impl Fn(&mut TargetObject)) {
    let at = directory.take(dice);
    let name = upn(at);
    let person = &mut directory.people[at];
    person.without_addresses();
    if mail {
        person.set("mail", &name);
    }
    let dn = person.dn.clone();
    change(directory.cloud(&name));
    directory.expect(code, &[&dn, &name]);
}

const IN_BOTH: &[(&str, Plant)] = &[
    ("account-state-unknown", |d, dice, code| in_values(d, dice, code, |person| drop(person.attributes.remove("userAccountControl")))),
    ("address-invalid", |d, dice, code| in_values(d, dice, code, |person| person.add("proxyAddresses", "smtp:no-at"))),
    ("address-two-primaries", |d, dice, code| {
        in_values(d, dice, code, |person| {
            person.without_addresses();
            let one = format!("SMTP:one.{}", text(person, "userPrincipalName"));
            person.add("proxyAddresses", one);
            let two = format!("SMTP:two.{}", text(person, "userPrincipalName"));
            person.add("proxyAddresses", two);
        })
    }),
    ("address-unusual", |d, dice, code| in_values(d, dice, code, |person| person.add("proxyAddresses", "x500:/o=[Ex]"))),
    ("deleted-object", |d, dice, code| {
        in_values(d, dice, code, |person| {
            let tail = format!("\\0ADEL:{},OU=Staff", person.guid);
            person.dn = person.dn.replace(",OU=Staff", &tail);
        })
    }),
    ("display-name-missing", |d, dice, code| in_values(d, dice, code, |person| person.set("displayName", " "))),
    ("dn-unreadable", |d, dice, code| {
        // Only a DN that cannot be parsed is unreadable; where it is, no scope can be asked.
        in_values(d, dice, code, |person| person.dn = format!("{},no type", person.dn))
    }),
    ("domain-not-public", |d, dice, code| {
        in_values(d, dice, code, |person| {
            let address = format!("smtp:{}@corp.local", text(person, "sAMAccountName"));
            person.add("proxyAddresses", address);
        })
    }),
    ("duplicate-address", |d, dice, code| {
        in_two(d, dice, code, |one, _, _, other| other.add("proxyAddresses", format!("smtp:{}", upn(one).to_uppercase())))
    }),
    ("duplicate-anchor", |d, dice, code| in_two(d, dice, code, |_, one, _, other| other.guid = one.guid)),
    ("duplicate-nickname", |d, dice, code| in_two(d, dice, code, |one, _, _, other| other.set("mailNickname", format!("PERSON{one}")))),
    ("duplicate-other-address", |d, dice, code| {
        in_two(d, dice, code, |_, one, _, other| {
            one.add("proxyAddresses", "x500:/o=Ex/cn=twin");
            other.add("proxyAddresses", "X500:/o=ex/cn=twin");
        })
    }),
    ("duplicate-target", |d, dice, code| {
        in_two(d, dice, code, |_, one, _, other| {
            one.set("targetAddress", "SMTP:twin@partner.example");
            other.set("targetAddress", "smtp:Twin@partner.example");
        })
    }),
    ("duplicate-upn", |d, dice, code| {
        in_two(d, dice, code, |one, first, _, other| {
            for person in [first, &mut *other] {
                person.without_addresses();
            }
            other.set("userPrincipalName", upn(one).to_uppercase());
        })
    }),
    ("group-type-missing", |d, _, code| {
        in_group(d, code, |group| {
            group.attributes.remove("groupType");
        })
    }),
    ("lookalike-name", |d, dice, code| {
        in_two(d, dice, code, |_, one, _, other| {
            one.set("displayName", "Ana Pope");
            other.set("displayName", "\u{410}na P\u{43e}pe");
        })
    }),
    ("manager-loop", |d, dice, code| {
        in_two(d, dice, code, |_, one, _, other| {
            one.set("manager", &other.dn);
            other.set("manager", &one.dn);
        })
    }),
    ("match-address-taken", |d, dice, code| {
        let at = d.take(dice);
        let dn = d.people[at].dn.clone();
        d.people[at].without_addresses();
        d.cloud("shared@example.com").addresses.push(format!("smtp:{}", upn(at)).into());
        d.expect(code, &[&dn, "shared@example.com"]);
    }),
    ("match-other-class", |d, dice, code| {
        let at = d.take(dice);
        d.people[at].without_addresses();
        let (dn, name) = (d.people[at].dn.clone(), upn(at));
        let group = d.cloud("Everybody");
        (group.kind, group.mail) = (samesign_engine::Kind::Group, Some(name.as_str().into()));
        group.addresses = vec![format!("SMTP:{name}").into()];
        d.expect(code, &[&dn, "Everybody"]);
    }),
    ("privileged-protected", |d, dice, code| {
        let at = d.take(dice);
        let (dn, name, anchor) = (d.people[at].dn.clone(), upn(at), Anchor::of(&d.people[at].guid));
        d.people[at].set("userAccountControl", "514");
        d.cloud(&name).privileged = true;
        let admin = d.targets.last_mut().unwrap();
        (admin.synced, admin.anchor) = (true, Some(anchor.clone()));
        let id = admin.id.clone();
        d.links.push(link(anchor, &dn, &name, Some(id)));
        d.expect(code, &[&dn, &name]);
    }),
    ("match-other-anchor", |d, dice, code| in_match(d, dice, code, true, |target| target.anchor = Some(Anchor::from_text("of another")))),
    ("match-privileged", |d, dice, code| in_match(d, dice, code, true, |target| target.privileged = true)),
    ("name-conflict-object", |d, dice, code| {
        in_values(d, dice, code, |person| {
            let tail = format!("\\0ACNF:{},OU=Staff", person.guid);
            person.dn = person.dn.replace(",OU=Staff", &tail);
        })
    }),
    ("nickname-invalid", |d, dice, code| in_values(d, dice, code, |person| person.set("mailNickname", ".dot"))),
    ("sam-account-invalid", |d, dice, code| {
        in_values(d, dice, code, |person| {
            person.attributes.remove("userPrincipalName");
            person.set("sAMAccountName", "a.very.long.account.name");
        })
    }),
    ("sam-account-missing", |d, dice, code| {
        in_values(d, dice, code, |person| {
            person.attributes.remove("sAMAccountName");
        })
    }),
    ("source-missing", |d, _, code| {
        let anchor = Anchor::from_text("bWlzc2luZyBtaXNzaW5nIQ==");
        let dn = "CN=missing,OU=Staff,DC=example,DC=com";
        d.links.push(link(anchor.clone(), dn, "missing@example.com", None));
        d.gone.insert(anchor, Presence::Missing);
        d.expect(code, &[dn]);
    }),
    ("suffix-unverified", |d, dice, code| in_values(d, dice, code, |person| person.set("userPrincipalName", "somebody@elsewhere.example"))),
    ("target-address-invalid", |d, dice, code| in_values(d, dice, code, |person| person.set("targetAddress", "SMTP:nowhere"))),
    ("text-invisible", |d, dice, code| in_values(d, dice, code, |person| person.set("title", "Buy\u{200b}er"))),
    ("text-unreadable", |d, dice, code| in_values(d, dice, code, |person| person.set("title", b"Buy\xe9r"))),
    ("too-many-addresses", |d, dice, code| {
        in_values(d, dice, code, |person| {
            (0..301).for_each(|number| person.add("proxyAddresses", format!("smtp:many{number}@example.com")))
        })
    }),
    ("too-many-certificates", |d, dice, code| {
        in_values(d, dice, code, |person| (0..16).for_each(|number| person.add("userCertificate", [0x30, number])))
    }),
    ("upn-invalid", |d, dice, code| in_values(d, dice, code, |person| person.set("userPrincipalName", "a b@example.com"))),
    ("usage-location-invalid", |d, dice, code| in_values(d, dice, code, |person| person.set("msExchUsageLocation", "Spain"))),
    ("value-long", |d, dice, code| in_values(d, dice, code, |person| person.set("givenName", "é".repeat(64)))),
    ("value-too-long", |d, dice, code| in_values(d, dice, code, |person| person.set("title", "é".repeat(129)))),
];

fn link(anchor: Anchor, dn: &str, upn: &str, target_id: Option<Box<str>>) -> Link {
    Link {
        kind: samesign_engine::Kind::User,
        anchor,
        target_id,
        last_dn: dn.into(),
        last_upn: upn.into(),
        confirmed: samesign_engine::ServiceBlock::default(),
        state: LinkState::Live,
    }
}

const IN_DIRSYNC: &[(&str, Plant)] = &[
    ("match-mail-blank", |d, dice, code| in_match(d, dice, code, false, |_| {})),
    ("match-mail-differs", |d, dice, code| {
        in_match(d, dice, code, true, |target| {
            target.mail = Some("other@example.com".into());
            target.addresses.clear();
        })
    }),
    ("match-no-mailbox", |d, dice, code| in_match(d, dice, code, true, |target| target.mailbox = false)),
    ("new-user-has-mail", |d, dice, code| in_values(d, dice, code, |person| person.set("mail", "new.mail@example.com"))),
];

const IN_ENTRA: &[(&str, Plant)] = &[
    // Under the other policy a new user must have no mail at all.
    ("mail-invalid", |d, dice, code| {
        in_values(d, dice, code, |person| {
            person.attributes.remove("proxyAddresses");
            person.set("mail", "no address");
        })
    }),
    ("mail-not-primary", |d, dice, code| {
        in_values(d, dice, code, |person| {
            person.without_addresses();
            let account = text(person, "sAMAccountName");
            person.set("mail", format!("{account}.mail@example.com"));
            person.add("proxyAddresses", format!("SMTP:{account}.first@example.com"));
        })
    }),
    ("match-blocked", |d, dice, code| {
        d.policy.service.federated_domains = vec!["federated.example".into()];
        d.policy.verified_domains.push("federated.example".into());
        let at = d.take(dice);
        let (dn, name) = (d.people[at].dn.clone(), format!("somebody{at}@federated.example"));
        d.people[at].without_addresses();
        d.people[at].set("userPrincipalName", &name);
        let user = d.cloud(&name);
        user.mail = None;
        user.addresses.clear();
        d.expect(code, &[&dn, &name]);
    }),
    ("match-ambiguous", |d, dice, code| {
        let at = d.take(dice);
        d.people[at].without_addresses();
        d.people[at].set("mail", "ambiguous@example.com");
        let dn = d.people[at].dn.clone();
        d.cloud(&upn(at));
        d.cloud("ambiguous@example.com");
        d.expect(code, &[&dn, &upn(at), "ambiguous@example.com"]);
    }),
];

/// The anchor is ms-DS-ConsistencyGuid, and somebody is synchronized with the one given.
fn synced_as(d: &mut Directory, at: usize, value: [u8; 16]) -> String {
    d.policy.rules.anchor = AnchorAttribute::ConsistencyGuid;
    let (dn, name) = (d.people[at].dn.clone(), upn(at));
    let mut link = link(Anchor::of(&ObjectGuid::from_bytes(value)), &dn, &name, None);
    let identifier = samesign_engine::Value::Text(d.people[at].guid.to_string().into());
    link.confirmed.insert("onPremisesObjectIdentifier".into(), identifier);
    d.links.push(link);
    dn
}

/// These change the policy, so that they are planted alone.
const ALONE: &[(&str, Plant)] = &[
    ("anchor-changed", |d, dice, code| {
        let at = d.take(dice);
        let dn = synced_as(d, at, [1; 16]);
        d.people[at].set("mS-DS-ConsistencyGuid", [2; 16]);
        d.expect(code, &[&dn]);
    }),
    ("anchor-invalid", |d, dice, code| {
        d.policy.rules.anchor = AnchorAttribute::ConsistencyGuid;
        in_values(d, dice, code, |person| person.set("mS-DS-ConsistencyGuid", [7; 12]));
    }),
    ("anchor-of-another", |d, dice, code| {
        let (at, other) = (d.take(dice), d.take(dice));
        synced_as(d, at, [3; 16]);
        let victim = upn(at);
        d.people[at].dn = d.people[at].dn.replace("OU=Staff", "OU=Archive");
        d.people[other].set("mS-DS-ConsistencyGuid", [3; 16]);
        let dn = d.people[other].dn.clone();
        d.expect(code, &[&dn, &victim]);
    }),
    ("adoption-not-allowed", |d, dice, code| {
        d.policy.adopt = Adopt::Never;
        in_match(d, dice, code, true, |_| {});
    }),
    ("group-too-large", |d, _, code| {
        in_group(d, code, |group| {
            group.attributes.insert("member", (0..250_001).map(|number: u32| format!("CN={number}").into_bytes()).collect());
        })
    }),
    ("upn-missing", |d, dice, code| {
        d.policy.dns_domain = "".into();
        in_values(d, dice, code, |person| {
            person.attributes.remove("userPrincipalName");
        });
    }),
];

fn text(person: &Person, name: &str) -> String {
    String::from_utf8(person.attributes[name][0].clone()).unwrap()
}

fn matching(directory: u64) -> MatchPolicy {
    if directory.is_multiple_of(2) { MatchPolicy::Dirsync } else { MatchPolicy::Entra }
}

// Covers: data.given-name, data.across, D20
#[test]
fn every_planted_error_is_found_and_nothing_else() {
    let mut planted = BTreeSet::new();
    for number in 0..DIRECTORIES {
        let mut dice = Dice(number * 7919 + 1);
        let mut directory = Directory::clean(&mut dice, matching(number));
        assert_eq!(directory.found(), Expected::new(), "directory {number}, clean");
        let own = if number.is_multiple_of(2) { IN_DIRSYNC } else { IN_ENTRA };
        let plants: Vec<_> = if number % 5 == 4 { ALONE.iter().collect() } else { IN_BOTH.iter().chain(own).collect() };
        for (code, plant) in plants {
            let code = FINDINGS.iter().find(|entry| entry.code == *code).unwrap_or_else(|| panic!("{code} is not in the catalogue")).code;
            plant(&mut directory, &mut dice, code);
            planted.insert(code);
        }
        let found = directory.found();
        let missed: Vec<_> = directory.expected.difference(&found).collect();
        let false_alarms: Vec<_> = found.difference(&directory.expected).collect();
        assert!(missed.is_empty() && false_alarms.is_empty(), "directory {number}\nmissed {missed:#?}\nfalse alarms {false_alarms:#?}");
    }
    let all: BTreeSet<&str> = FINDINGS.iter().map(|entry| entry.code).collect();
    assert_eq!(planted, all, "every code of the catalogue is planted");
}
