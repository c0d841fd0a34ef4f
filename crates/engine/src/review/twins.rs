//! Two people with one value that only one can have, and names that look alike. Sign-in names and e-mail addresses that are
//! the same are the plan's business.

use std::collections::{BTreeSet, HashMap};

use unicode_security::confusable_detection::skeleton;

use super::Reviewed;
use super::values::is_invisible;
use crate::catalogue::{At, Code};
use crate::subject::Findings;
use crate::{fold, keys};

pub(super) fn review(people: &[Reviewed<'_>], findings: &mut Findings) {
    for twins in [nicknames, other_addresses, targets] {
        twins(people, findings);
    }
    lookalikes(people, |reviewed| keys::source_names(&reviewed.person).collect(), findings);
    lookalikes(people, |reviewed| reviewed.person.text("displayName").map(fold).into_iter().collect(), findings);
}

fn nicknames(people: &[Reviewed<'_>], findings: &mut Findings) {
    shared(people, Code::DuplicateNickname, "mailNickname", |nickname| Some(fold(nickname)), findings);
}

/// X.500, SIP and the like, prefix included.
fn other_addresses(people: &[Reviewed<'_>], findings: &mut Findings) {
    let other = |proxy: &str| {
        let (prefix, address) = proxy.split_once(':')?;
        (!prefix.eq_ignore_ascii_case("smtp") && !prefix.is_empty() && !address.is_empty()).then(|| fold(proxy))
    };
    shared(people, Code::DuplicateOtherAddress, "proxyAddresses", other, findings);
}

fn targets(people: &[Reviewed<'_>], findings: &mut Findings) {
    shared(people, Code::DuplicateTarget, "targetAddress", |target| Some(fold(target)), findings);
}

/// A finding for every value that more than one person has. One pass with a hash map: linear.
fn shared(people: &[Reviewed<'_>], code: Code, attribute: &str, key: impl Fn(&str) -> Option<String>, findings: &mut Findings) {
    let mut holders: HashMap<String, Vec<usize>> = HashMap::new();
    for (place, reviewed) in people.iter().enumerate() {
        for key in reviewed.person.texts(attribute).filter_map(&key) {
            let places = holders.entry(key).or_default();
            if places.last() != Some(&place) {
                places.push(place);
            }
        }
    }
    for (value, places) in holders.into_iter().filter(|(_, places)| places.len() > 1) {
        let dns = places.iter().filter_map(|place| people.get(*place)).map(|reviewed| &*reviewed.person.object.dn);
        findings.insert(code.finding(dns, code.mend()).at(attribute, &value));
    }
}

/// Names of different people that differ and look the same (homoglyphs, and letters with accents written in two ways). Only
/// where at least one of them is not plain ASCII: `l` and `1` are not the business of a computer.
fn lookalikes(people: &[Reviewed<'_>], names: impl Fn(&Reviewed<'_>) -> Vec<String>, findings: &mut Findings) {
    let mut looks: HashMap<String, BTreeSet<(String, usize)>> = HashMap::new();
    for (place, reviewed) in people.iter().enumerate() {
        for name in names(reviewed).into_iter().filter(|name| !name.is_ascii()) {
            looks.entry(look(&name)).or_default().insert((name, place));
        }
    }
    if looks.is_empty() {
        return;
    }
    for (place, reviewed) in people.iter().enumerate() {
        for name in names(reviewed).into_iter().filter(|name| name.is_ascii()) {
            if let Some(alike) = looks.get_mut(&name) {
                alike.insert((name, place));
            }
        }
    }
    for alike in looks.into_values() {
        let spellings: BTreeSet<&String> = alike.iter().map(|(name, _)| name).collect();
        let places: BTreeSet<usize> = alike.iter().map(|(_, place)| *place).collect();
        // Plain ASCII comes first in the order of texts: the odd one is the last.
        let Some((odd, at_fault)) = alike.last().filter(|_| spellings.len() > 1 && places.len() > 1) else { continue };
        let others = places.iter().filter(|place| *place != at_fault);
        let dns =
            std::iter::once(at_fault).chain(others).filter_map(|place| people.get(*place)).map(|reviewed| &*reviewed.person.object.dn);
        let attribute = people.get(*at_fault).map_or("userPrincipalName", |reviewed| attribute_of(reviewed, odd));
        let hint = format!("it looks like `{}` in {}: {}", first(&spellings), attribute, Code::LookalikeName.mend());
        findings.insert(Code::LookalikeName.finding(dns, hint).at(attribute, odd));
    }
}

fn first<'a>(spellings: &BTreeSet<&'a String>) -> &'a str {
    spellings.first().map_or("", |name| name.as_str())
}

fn attribute_of(reviewed: &Reviewed<'_>, name: &str) -> &'static str {
    ["userPrincipalName", "mail", "displayName"]
        .into_iter()
        .find(|attribute| reviewed.person.text(attribute).is_some_and(|text| fold(text) == name))
        .unwrap_or("proxyAddresses")
}

/// The name as it looks: letters of other scripts as the ASCII letters they resemble (UTS 39), what nobody sees left out.
fn look(name: &str) -> String {
    let mut look = String::with_capacity(name.len());
    for character in name.chars().filter(|character| !is_invisible(*character)) {
        if character.is_ascii() {
            look.push(character);
        } else {
            look.extend(skeleton(character.encode_utf8(&mut [0; 4])));
        }
    }
    look.to_lowercase()
}
