//! Decides a filter the way Active Directory does (MS-ADTS 3.1.1.3.1.3.1): a comparison with an attribute that is absent is
//! false, and its negation true.

use super::Filter;
use super::syntax::{self, Syntax};
use crate::{Class, ObjectGuid, SourceObject, dn_key};

pub(super) fn matches(filter: &Filter, object: &SourceObject) -> bool {
    match filter {
        Filter::And(parts) => parts.iter().all(|part| matches(part, object)),
        Filter::Or(parts) => parts.iter().any(|part| matches(part, object)),
        Filter::Not(part) => !matches(part, object),
        Filter::Present(name) => is_present(name, object),
        Filter::Equals(name, wanted) => equals(name, wanted, object),
        Filter::Substrings(name, parts) => values(name, object).any(|value| holds(value, parts)),
        Filter::AtLeast(name, bound) => compares(name, bound, object, |order| order.is_ge()),
        Filter::AtMost(name, bound) => compares(name, bound, object, |order| order.is_le()),
        Filter::AllBits(name, bits) => numbers(name, object).any(|number| number & bits == *bits),
        Filter::AnyBit(name, bits) => numbers(name, object).any(|number| number & bits != 0),
    }
}

fn values<'a>(name: &str, object: &'a SourceObject) -> impl Iterator<Item = &'a [u8]> {
    let dn = (name == "distinguishedname").then_some(object.dn.as_bytes());
    object.attributes.values(name).chain(dn)
}

fn numbers(name: &str, object: &SourceObject) -> impl Iterator<Item = i64> {
    values(name, object).filter_map(number)
}

fn number(value: &[u8]) -> Option<i64> {
    std::str::from_utf8(value).ok()?.trim().parse().ok()
}

fn is_present(name: &str, object: &SourceObject) -> bool {
    matches!(syntax::of(name), Syntax::Class | Syntax::Category | Syntax::Guid) || values(name, object).next().is_some()
}

fn equals(name: &str, wanted: &[u8], object: &SourceObject) -> bool {
    match syntax::of(name) {
        Syntax::Class => classes(object.class).any(|class| wanted.eq_ignore_ascii_case(class.as_bytes())),
        Syntax::Category => is_category(wanted, object.class),
        Syntax::Guid => guid(wanted).is_some_and(|guid| guid == object.guid),
        Syntax::Bytes => values(name, object).any(|value| value == wanted),
        Syntax::Number => number(wanted).is_some_and(|wanted| numbers(name, object).any(|number| number == wanted)),
        Syntax::Name => {
            let wanted = dn_key(&String::from_utf8_lossy(wanted));
            values(name, object).any(|value| std::str::from_utf8(value).is_ok_and(|dn| dn_key(dn) == wanted))
        }
        syntax => {
            let wanted = comparable(wanted, syntax);
            values(name, object).any(|value| comparable(value, syntax) == wanted)
        }
    }
}

fn compares(name: &str, bound: &[u8], object: &SourceObject, is: fn(std::cmp::Ordering) -> bool) -> bool {
    let syntax = syntax::of(name);
    let bound_number = number(bound).filter(|_| matches!(syntax, Syntax::Number | Syntax::Unknown));
    let bound = comparable(bound, syntax);
    values(name, object).any(|value| match (bound_number, number(value)) {
        (Some(bound), Some(number)) => is(number.cmp(&bound)),
        _ => syntax != Syntax::Number && is(comparable(value, syntax).cmp(&bound)),
    })
}

/// A value in the form in which it is compared. What is not UTF-8 is compared byte by byte.
fn comparable(value: &[u8], syntax: Syntax) -> Vec<u8> {
    match std::str::from_utf8(value) {
        Ok(text) if syntax == Syntax::Time => moment(text).into_bytes(),
        Ok(text) if syntax != Syntax::Bytes => folded(text).into_bytes(),
        _ => value.to_vec(),
    }
}

/// Upper case, blanks at the ends removed, several blanks made one.
fn folded(text: &str) -> String {
    text.split(' ').filter(|word| !word.is_empty()).map(upper).collect::<Vec<_>>().join(" ")
}

/// Every character on its own: `ß` is not `ss`.
fn upper(text: &str) -> String {
    let one = |character: char| {
        let mut upper = character.to_uppercase();
        upper.next().filter(|_| upper.len() == 0).unwrap_or(character)
    };
    text.chars().map(one).collect()
}

/// A generalized time without its fraction: Active Directory writes `.0`, people do not.
fn moment(text: &str) -> String {
    text.trim().trim_end_matches('Z').split('.').next().unwrap_or_default().to_owned()
}

/// Whether a value has all parts in their order, the first at its beginning and the last at its end.
fn holds(value: &[u8], parts: &[Box<[u8]>]) -> bool {
    let ([first, between @ .., last], Ok(value)) = (parts, std::str::from_utf8(value)) else {
        return false;
    };
    let part = |part: &[u8]| folded(&String::from_utf8_lossy(part));
    let value = folded(value);
    let Some(mut rest) = value.strip_prefix(&part(first)) else {
        return false;
    };
    for wanted in between {
        let Some((_, after)) = rest.split_once(part(wanted).as_str()) else {
            return false;
        };
        rest = after;
    }
    rest.ends_with(&part(last))
}

/// A class with those that it is derived from.
fn classes(class: Class) -> impl Iterator<Item = &'static str> {
    let own: &[&str] = match class {
        Class::User => &["top", "person", "organizationalPerson", "user"],
        Class::InetOrgPerson => &["top", "person", "organizationalPerson", "user", "inetOrgPerson"],
        Class::Group => &["top", "group"],
        Class::Contact => &["top", "person", "organizationalPerson", "contact"],
    };
    own.iter().copied()
}

/// Every class but the group's is of the category of people.
fn is_category(wanted: &[u8], class: Class) -> bool {
    let wanted = String::from_utf8_lossy(wanted).to_lowercase();
    let name = wanted.split(',').next().unwrap_or_default();
    let name = name.strip_prefix("cn=").unwrap_or(name);
    match class {
        Class::Group => name == "group",
        Class::User | Class::InetOrgPerson | Class::Contact => {
            ["person", "user", "contact", "inetorgperson", "organizationalperson"].contains(&name)
        }
    }
}

pub(super) fn guid(value: &[u8]) -> Option<ObjectGuid> {
    let written = || std::str::from_utf8(value).ok().and_then(|text| text.trim_matches(['{', '}']).parse().ok());
    ObjectGuid::from_slice(value).ok().or_else(written)
}
