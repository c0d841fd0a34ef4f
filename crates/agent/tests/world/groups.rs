//! Groups and contacts of the export, and what the tenant has of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use samesign_tenant::directory::{Contact, Group};
use samesign_tenant::store::{contacts, groups, members, objects};

use super::{OFFICE, World};

/// An object of the export with any number of values of each attribute.
#[derive(Clone)]
pub struct Thing {
    pub class: &'static str,
    pub guid: [u8; 16],
    pub name: String,
    pub ou: String,
    pub attributes: BTreeMap<&'static str, Vec<String>>,
}

impl Thing {
    pub fn dn(&self) -> String {
        format!("CN={},{}", self.name, self.ou)
    }

    pub fn anchor(&self) -> String {
        STANDARD.encode(self.guid)
    }

    pub fn set(&mut self, name: &'static str, values: &[&str]) -> &mut Self {
        self.attributes.insert(name, values.iter().map(|value| (*value).to_owned()).collect());
        self
    }

    /// Adds members by DN.
    pub fn admit(&mut self, dns: impl IntoIterator<Item = String>) -> &mut Self {
        self.attributes.entry("member").or_default().extend(dns);
        self
    }

    pub fn expel(&mut self, dn: &str) -> &mut Self {
        self.attributes.entry("member").or_default().retain(|member| member != dn);
        self
    }

    pub(super) fn write(&self, text: &mut String) {
        let (dn, guid) = (self.dn(), self.anchor());
        let _ = write!(text, "dn: {dn}\nobjectClass: top\nobjectClass: {}\nobjectGUID:: {guid}\n", self.class);
        for (name, values) in &self.attributes {
            for value in values {
                let _ = writeln!(text, "{name}:: {}", STANDARD.encode(value));
            }
        }
        text.push('\n');
    }
}

/// The DN of a person whom [`World::hire`] hired.
pub fn dn(name: &str) -> String {
    format!("CN={name},{OFFICE}")
}

impl World {
    fn thing(&mut self, class: &'static str, name: &str) -> &mut Thing {
        let mut guid = [0xe0; 16];
        guid[..4].copy_from_slice(&u32::try_from(self.things.len()).expect("few").to_be_bytes());
        let thing = Thing { class, guid, name: name.to_owned(), ou: OFFICE.to_owned(), attributes: BTreeMap::new() };
        let thing = self.things.entry(name.to_owned()).or_insert(thing);
        thing.set("cn", &[name]).set("displayName", &[name])
    }

    /// Adds a security group to the OU in scope.
    pub fn group(&mut self, name: &str) -> &mut Thing {
        self.thing("group", name).set("sAMAccountName", &[name]).set("groupType", &["-2147483646"])
    }

    /// Adds a contact with a mail address.
    pub fn contact(&mut self, name: &str) -> &mut Thing {
        let mail = format!("{name}@partner.example");
        self.thing("contact", name).set("mail", &[&mail]).set("targetAddress", &[&format!("SMTP:{mail}")])
    }

    /// Adds so many people beside those that [`World::hire`] hires; gives their DNs.
    pub fn hire_crowd(&mut self, count: usize) -> Vec<String> {
        self.hire_crowd_from(0, count)
    }

    pub fn hire_crowd_from(&mut self, first: usize, count: usize) -> Vec<String> {
        let hire = |number| {
            let name = format!("c{number:04}");
            let upn = format!("{name}@contoso.example");
            let person = self.thing("user", &name).set("sAMAccountName", &[&name]).set("userPrincipalName", &[&upn]);
            person.set("userAccountControl", &["512"]).dn()
        };
        (first..first + count).map(hire).collect()
    }

    pub fn the(&mut self, name: &str) -> &mut Thing {
        self.things.get_mut(name).expect("something of that name")
    }

    /// The group of the tenant that is ours.
    pub fn cloud_group(&self, name: &str) -> Option<Group> {
        let anchor = self.things[name].anchor();
        self.context().store.read(|connection| groups::by_anchor(connection, &anchor)).expect("the tenant's groups")
    }

    /// The contact of the tenant that is ours.
    pub fn cloud_contact(&self, name: &str) -> Option<Contact> {
        let anchor = self.things[name].anchor();
        self.context().store.read(|connection| contacts::by_anchor(connection, &anchor)).expect("the tenant's contacts")
    }

    /// The anchors of the members that a group has in the tenant.
    pub fn cloud_members(&self, name: &str) -> BTreeSet<String> {
        let group = self.cloud_group(name).expect("a group of that name");
        self.context()
            .store
            .read(|connection| {
                let anchors = members::of(connection, group.number)?
                    .into_iter()
                    .map(|member| objects::anchor_of(connection, member.kind, member.number));
                anchors.map(|anchor| anchor.map(Option::unwrap_or_default)).collect::<Result<_, _>>()
            })
            .expect("the members")
    }

    /// The anchors of people and things, by name.
    pub fn anchors(&self, names: &[&str]) -> BTreeSet<String> {
        let anchor = |name: &&str| match self.people.get(*name) {
            Some(person) => STANDARD.encode(person.guid),
            None => self.things[*name].anchor(),
        };
        names.iter().map(anchor).collect()
    }
}
