//! Active Directory's side of a pair: few names for many objects, so that they meet.

use std::collections::BTreeMap;

use samesign_engine::{
    Adopt, Anchor, AnchorAttribute, AttributesBuilder, Class, Guard, Kind, Link, MatchPolicy, ObjectGuid, Policy, Presence, Rules, Scope,
    ScopeOu, Service, SourceObject, anchor_of,
};

use super::dice::Dice;

pub const BASE: &str = "DC=corp,DC=contoso,DC=example";
pub const STAFF: &str = "OU=Staff";
const ARCHIVE: &str = "OU=Archive";

/// Local parts of which all names are made.
const LOCALS: [&str; 7] = ["ana", "bob", "cy", "info", "sales", "team", "o'neil"];
/// Verified, federated, the tenant's first, and one that nobody verified. The first ones are picked more often.
pub const DOMAINS: [&str; 4] = ["contoso.example", "federated.example", "contoso.onmicrosoft.com", "corp.local"];

/// A name that Active Directory gives. None is in the tenant's first domain: there the service makes up names by itself, while the plan
/// is being applied, and nobody can foretell with whom they clash.
pub fn name(dice: &mut Dice) -> String {
    let domain = [0, 0, 0, 0, 0, 0, 0, 1, 1, 3][dice.below(10)];
    format!("{}@{}", dice.pick(&LOCALS), DOMAINS[domain])
}

/// A name that an administrator of the tenant gives.
pub fn cloud_name(dice: &mut Dice) -> String {
    if dice.one_in(8) { format!("{}@{}", dice.pick(&LOCALS), DOMAINS[2]) } else { name(dice) }
}

/// An object of Active Directory.
#[derive(Clone, Debug)]
pub struct Entry {
    pub guid: ObjectGuid,
    pub class: Class,
    pub rdn: String,
    pub ou: &'static str,
    pub attributes: BTreeMap<&'static str, Vec<Vec<u8>>>,
}

impl Entry {
    pub fn dn(&self) -> String {
        format!("CN={},{},{BASE}", self.rdn, self.ou)
    }

    pub fn object(&self) -> SourceObject {
        let mut attributes = AttributesBuilder::default();
        for (name, values) in &self.attributes {
            values.iter().for_each(|value| attributes.add(name, value));
        }
        SourceObject { guid: self.guid, dn: self.dn().into(), class: self.class, attributes: attributes.build() }
    }

    pub fn set(&mut self, name: &'static str, value: impl AsRef<[u8]>) {
        self.attributes.insert(name, vec![value.as_ref().to_vec()]);
    }

    pub fn first(&self, name: &str) -> Option<String> {
        self.attributes.get(name)?.first().map(|value| String::from_utf8_lossy(value).into_owned())
    }

    /// Addresses of the pool: none, `mail` alone, or `proxyAddresses` with and without a primary one.
    pub fn give_addresses(&mut self, dice: &mut Dice) {
        self.attributes.remove("mail");
        self.attributes.remove("proxyAddresses");
        match dice.below(6) {
            0 | 1 => {}
            2 => self.set("mail", self.first("userPrincipalName").unwrap_or_else(|| name(dice))),
            3 => self.set("mail", name(dice)),
            shape => {
                let primary = if dice.one_in(2) { self.first("userPrincipalName").unwrap_or_else(|| name(dice)) } else { name(dice) };
                let mut proxies = vec![format!("SMTP:{primary}").into_bytes()];
                (0..dice.below(3)).for_each(|_| proxies.push(format!("smtp:{}", name(dice)).into_bytes()));
                if dice.one_in(6) {
                    proxies.push(format!("x500:/o=Contoso/cn={}", self.rdn).into_bytes());
                }
                if dice.one_in(5) {
                    proxies.remove(0);
                }
                proxies.retain(|proxy| !proxy.is_empty());
                if !proxies.is_empty() {
                    self.attributes.insert("proxyAddresses", proxies);
                }
                if shape == 5 {
                    self.set("mail", primary);
                }
            }
        }
    }
}

/// A whole domain.
#[derive(Clone, Debug)]
pub struct Directory {
    pub entries: Vec<Entry>,
    /// Active Directory's Recycle Bin.
    pub bin: Vec<Entry>,
    pub policy: Policy,
    made: u8,
    number: u64,
}

impl Directory {
    pub fn new(dice: &mut Dice, number: u64) -> Self {
        let mut directory = Self { entries: Vec::new(), bin: Vec::new(), policy: policy(dice), made: 0, number };
        (0..2 + dice.below(6)).for_each(|_| directory.add(dice));
        directory
    }

    pub fn guid(&self, made: u8) -> ObjectGuid {
        let mut bytes = [0x5a; 16];
        bytes[..8].copy_from_slice(&self.number.to_le_bytes());
        bytes[8] = made;
        ObjectGuid::from_bytes(bytes)
    }

    pub fn add(&mut self, dice: &mut Dice) {
        let class = [
            Class::User,
            Class::User,
            Class::User,
            Class::User,
            Class::User,
            Class::InetOrgPerson,
            Class::Group,
            Class::Group,
            Class::Contact,
        ][dice.below(9)];
        let guid = self.guid(self.made);
        let rdn = format!("{} {}", dice.pick(&LOCALS), self.made);
        let ou = if dice.one_in(8) { ARCHIVE } else { STAFF };
        let mut entry = Entry { guid, class, rdn: rdn.clone(), ou, attributes: BTreeMap::new() };
        entry.set("cn", &rdn);
        match class.kind() {
            Kind::User => {
                entry.set("sAMAccountName", format!("account{}", self.made));
                entry.set("userAccountControl", if dice.one_in(6) { "514" } else { "512" });
                if !dice.one_in(8) {
                    entry.set("userPrincipalName", name(dice));
                }
                entry.set("objectSid", sid(self.number, self.made));
            }
            Kind::Group => {
                entry.set("sAMAccountName", format!("group{}", self.made));
                entry.set("groupType", dice.pick(&["-2147483646", "-2147483640", "2", "8"]));
                entry.set("objectSid", sid(self.number, self.made));
            }
            Kind::Contact => {}
        }
        entry.give_addresses(dice);
        if dice.one_in(3) {
            entry.set("mailNickname", dice.pick(&LOCALS));
        }
        if !dice.one_in(4) {
            entry.set("displayName", format!("The {rdn}"));
        }
        if dice.one_in(4) && class != Class::Contact {
            let copied = if dice.one_in(4) { self.guid(dice.below(usize::from(self.made) + 1) as u8) } else { self.guid(0x80 | self.made) };
            entry.set("mS-DS-ConsistencyGuid", copied.as_bytes());
        }
        self.made += 1;
        self.entries.push(entry);
        self.refer(dice);
    }

    /// The last one gets a manager, or members: people, groups, contacts, and some who are not synchronized.
    fn refer(&mut self, dice: &mut Dice) {
        let dns: Vec<String> = self.entries.iter().map(Entry::dn).collect();
        let Some(entry) = self.entries.last_mut() else { return };
        if entry.class == Class::Group {
            let members: Vec<Vec<u8>> = dns.iter().filter(|_| !dice.one_in(3)).map(|dn| dn.clone().into_bytes()).collect();
            if !members.is_empty() {
                entry.attributes.insert("member", members);
            }
        } else if dice.one_in(4) {
            entry.set("manager", &dns[dice.below(dns.len())]);
        }
    }

    pub fn anchor(&self, entry: &Entry) -> Anchor {
        anchor_of(&entry.object(), &self.policy)
    }

    /// What happens in Active Directory between two runs.
    pub fn live_on(&mut self, dice: &mut Dice) {
        self.inherit();
        for _ in 0..1 + dice.below(4) {
            if self.entries.is_empty() {
                return self.add(dice);
            }
            let at = dice.below(self.entries.len());
            match dice.below(14) {
                0 => self.add(dice),
                1 | 11 => {
                    let entry = self.entries.remove(at);
                    self.bin.push(entry);
                }
                2 => {
                    let entry = &mut self.entries[at];
                    entry.ou = if entry.ou == STAFF { ARCHIVE } else { STAFF };
                }
                12 => self.come_back(dice),
                13 => self.change_anchor(at, dice),
                3 => {
                    let entry = &mut self.entries[at];
                    let disabled = entry.first("userAccountControl").as_deref() == Some("514");
                    if entry.class.kind() == Kind::User {
                        entry.set("userAccountControl", if disabled { "512" } else { "514" });
                    }
                }
                4 | 5 => self.entries[at].give_addresses(dice),
                6 if self.entries[at].class.kind() == Kind::User => {
                    let upn = name(dice);
                    self.entries[at].set("userPrincipalName", upn);
                }
                7 | 8 => self.swap(at, dice),
                9 => {
                    let entry = self.entries.remove(at);
                    self.entries.push(entry);
                    self.refer(dice);
                }
                _ => self.entries[at].set("displayName", format!("The renamed {}", dice.below(100))),
            }
        }
    }

    /// Somebody is deleted, and somebody else gets the anchor.
    fn inherit(&mut self) {
        let chosen = self.policy.rules.anchor == AnchorAttribute::ConsistencyGuid && self.number % 30 == 7;
        let users = |entry: &Entry| entry.class.kind() == Kind::User && entry.ou == STAFF;
        if let Some(at) = self.entries.iter().position(users).filter(|_| chosen) {
            let entry = self.entries.remove(at);
            let anchor = entry.attributes.get("mS-DS-ConsistencyGuid").cloned();
            let anchor = anchor.unwrap_or_else(|| vec![entry.guid.as_bytes().to_vec()]);
            self.bin.push(entry);
            if let Some(heir) = self.entries.iter_mut().find(|entry| users(entry)) {
                heir.attributes.insert("mS-DS-ConsistencyGuid", anchor);
            }
        }
    }

    /// Somebody is restored from the bin, or comes back into scope.
    fn come_back(&mut self, dice: &mut Dice) {
        if !self.bin.is_empty() {
            let entry = self.bin.remove(dice.below(self.bin.len()));
            self.entries.push(entry);
        } else if let Some(entry) = self.entries.iter_mut().find(|entry| entry.ou == ARCHIVE) {
            entry.ou = STAFF;
        }
    }

    /// Somebody writes into ms-DS-ConsistencyGuid: a value of their own, that of another, living or deleted, or none.
    fn change_anchor(&mut self, at: usize, dice: &mut Dice) {
        let other = self.entries.iter().chain(&self.bin).nth(dice.below(self.entries.len() + self.bin.len()));
        let value = match (dice.below(4), other) {
            (0, _) => None,
            (1, _) => Some(*self.guid(0xc0 | self.made).as_bytes()),
            (_, other) => other.map(|entry| *entry.guid.as_bytes()),
        };
        match value {
            Some(value) => self.entries[at].set("mS-DS-ConsistencyGuid", value),
            None => drop(self.entries[at].attributes.remove("mS-DS-ConsistencyGuid")),
        }
    }

    /// The anchors of links whose object was deleted, as the agent finds them: by the objectGUID of each.
    pub fn gone<'a>(&self, links: impl Iterator<Item = &'a Link>) -> BTreeMap<Anchor, Presence> {
        let deleted = |link: &&Link| link.guid().is_some_and(|guid| self.bin.iter().any(|entry| entry.guid == guid));
        links.filter(deleted).map(|link| (link.anchor.clone(), Presence::Deleted)).collect()
    }

    /// Two of a class exchange their names.
    fn swap(&mut self, at: usize, dice: &mut Dice) {
        let kind = self.entries[at].class.kind();
        let other = dice.below(self.entries.len());
        if other == at || self.entries[other].class.kind() != kind {
            return;
        }
        let wanted: &[&str] = if dice.one_in(2) { &["mail", "proxyAddresses"] } else { &["mail", "proxyAddresses", "userPrincipalName"] };
        for name in wanted {
            let one = self.entries[at].attributes.remove_entry(*name);
            let two = self.entries[other].attributes.remove_entry(*name);
            self.entries[at].attributes.extend(two);
            self.entries[other].attributes.extend(one);
        }
    }
}

fn policy(dice: &mut Dice) -> Policy {
    let staff = format!("{STAFF},{BASE}");
    Policy {
        scope: Scope {
            include: vec![ScopeOu { configured: staff.as_str().into(), guid: None, current: Some(staff.into()) }],
            exclude: Vec::new(),
        },
        matching: if dice.one_in(2) { MatchPolicy::Dirsync } else { MatchPolicy::Entra },
        adopt: if dice.one_in(12) { Adopt::Never } else { Adopt::Allow },
        guard: Guard::default(),
        dns_domain: "corp.contoso.example".into(),
        netbios_domain: Some("CORP".into()),
        verified_domains: DOMAINS[..3].iter().map(|domain| (*domain).into()).collect(),
        rules: Rules {
            anchor: if dice.one_in(3) { AnchorAttribute::ConsistencyGuid } else { AnchorAttribute::ObjectGuid },
            ..Rules::default()
        },
        service: Service {
            federated_domains: vec![DOMAINS[1].into()],
            soft_match_blocked: dice.one_in(8),
            hard_match_blocked: dice.one_in(8),
            soft_match_on_upn: !dice.one_in(4),
        },
    }
}

/// S-1-5-21-… with the pair's and the object's number.
fn sid(number: u64, made: u8) -> Vec<u8> {
    let mut sid = vec![1, 5, 0, 0, 0, 0, 0, 5];
    for part in [21, 1, number as u32, 7, 1000 + u32::from(made)] {
        sid.extend(u32::to_le_bytes(part));
    }
    sid
}
