//! The objects of a clean directory: names of several scripts, addresses of several kinds, managers in a tree, groups in circles.

use std::collections::BTreeMap;

use samesign_engine::{Class, MatchPolicy, ObjectGuid};

use crate::{Dice, GROUPS, PEOPLE, Person};

pub fn upn(number: usize) -> String {
    format!("person{number}@example.com")
}

pub fn person(number: usize, dice: &mut Dice, matching: MatchPolicy) -> Person {
    let given = ["Ana", "Łukasz", "Zoë", "Ирина", "محمد", "O'Neil"][dice.below(6)];
    let mut guid = [7; 16];
    guid[..8].copy_from_slice(&number.to_le_bytes());
    let guid = ObjectGuid::from_bytes(guid);
    let mut person =
        Person { class: Class::User, dn: format!("CN=person{number},OU=Staff,DC=example,DC=com"), guid, attributes: BTreeMap::new() };
    person.set("sAMAccountName", format!("person{number}"));
    person.set("cn", format!("person{number}"));
    person.set("userAccountControl", "512");
    person.set("userPrincipalName", upn(number));
    person.set("displayName", format!("{given} {number}"));
    person.set("givenName", given);
    person.set("mailNickname", format!("person{number}"));
    person.set("streetAddress", "Main Street 1\r\nBack yard");
    if number > 0 {
        person.set("manager", format!("CN=person{},OU=Staff,DC=example,DC=com", dice.below(number)));
    }
    if matching == MatchPolicy::Entra && dice.below(2) == 0 {
        person.set("mail", upn(number));
        person.add("proxyAddresses", format!("SMTP:{}", upn(number)));
        person.add("proxyAddresses", format!("smtp:person.{number}@example.com"));
        person.add("proxyAddresses", format!("x500:/o=Ex/cn=person{number}"));
        person.set("targetAddress", format!("SMTP:person{number}@partner.example"));
    }
    person
}

pub fn other(class: Class, kind: u8, number: usize, name: &str) -> Person {
    let mut guid = [kind; 16];
    guid[..8].copy_from_slice(&number.to_le_bytes());
    let (dn, guid) = (format!("CN={name},OU=Staff,DC=example,DC=com"), ObjectGuid::from_bytes(guid));
    let mut object = Person { class, dn, guid, attributes: BTreeMap::new() };
    object.set("cn", name);
    object
}

/// Every group has people and other groups as members, in circles too; some have mail.
pub fn group(number: usize, dice: &mut Dice) -> Person {
    let mut group = other(Class::Group, 8, number, &format!("group{number}"));
    group.set("sAMAccountName", format!("group{number}"));
    group.set("groupType", if number.is_multiple_of(2) { "-2147483646" } else { "2" });
    if !number.is_multiple_of(4) {
        group.set("mail", format!("group{number}@example.com"));
        group.add("proxyAddresses", format!("SMTP:group{number}@example.com"));
        group.set("mailNickname", format!("group{number}"));
    }
    group.set("managedBy", format!("CN=person{},OU=Staff,DC=example,DC=com", dice.below(PEOPLE)));
    group.add("member", format!("CN=group{},OU=Staff,DC=example,DC=com", (number + 1) % GROUPS));
    for _ in 0..8 {
        group.add("member", format!("CN=person{},OU=Staff,DC=example,DC=com", dice.below(PEOPLE)));
    }
    group
}

pub fn contact(number: usize) -> Person {
    let mut contact = other(Class::Contact, 9, number, &format!("contact {number}"));
    contact.set("displayName", format!("Łucja {number}"));
    contact.set("mail", format!("contact{number}@customer.example"));
    contact.set("targetAddress", format!("SMTP:contact{number}@customer.example"));
    contact
}
