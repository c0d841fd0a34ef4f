//! Two people of the scope who want the same name. Neither silently wins: who has the name in the tenant keeps it, the
//! others wait.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hasher};

use crate::catalogue::{At, Code};
use crate::keys::link_names;
use crate::slice::LinkState;
use crate::subject::{Findings, Name, Subject};
use crate::world::World;

/// Makes a finding of every name that two people want, and answers who must wait: the people, by their place in `subjects`,
/// that are not linked. A linked one goes on, but does not get the name if it has not got it.
pub(crate) fn refuse(subjects: &mut [Subject<'_>], world: &World<'_>, findings: &mut Findings) -> BTreeSet<usize> {
    let mut waiting = BTreeSet::new();
    for (name, claims) in shared_names(subjects) {
        findings.insert(finding(&name, &claims, subjects));
        for (place, attributes) in claims {
            let Some(subject) = subjects.get_mut(place) else { continue };
            match world.links.get(&subject.anchor).filter(|link| link.state == LinkState::Live) {
                Some(link) if link_names(link).contains(&name) => {}
                Some(_) => attributes.into_iter().for_each(|attribute| subject.ignore(attribute)),
                None if is_synced(subject, world) => attributes.into_iter().for_each(|attribute| subject.ignore(attribute)),
                None => {
                    waiting.insert(place);
                }
            }
        }
    }
    waiting
}

/// Who wants a name, and in which attributes.
type Claims = BTreeMap<usize, Vec<&'static str>>;

/// The names that more than one person wants. Names are found by their hashes: a million of these are put side by side in a
/// fraction of the time that a million texts would take, and the time grows as their number does. Only what may be shared is
/// compared as text.
fn shared_names(subjects: &[Subject<'_>]) -> BTreeMap<String, Claims> {
    let people = subjects.iter().enumerate().filter(|(_, subject)| subject.in_scope());
    let small = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let names = people
        .flat_map(|(place, subject)| subject.names.iter().enumerate().map(move |(at, name)| (hash(name.folded), small(place), small(at))));
    let mut hashes: Vec<(u64, u32, u32)> = names.collect();
    hashes.sort_unstable();
    let alike = hashes.chunk_by(|(one, ..), (other, ..)| one == other);
    let of_several = alike.filter(|claims| claims.windows(2).any(|pair| matches!(pair, [(_, one, _), (_, other, _)] if one != other)));
    let name = |(_, place, at): &(u64, u32, u32)| Some((subjects.get(*place as usize)?.names.iter().nth(*at as usize)?, *place as usize));
    let mut wanted: Vec<(Name<'_>, usize)> = of_several.flatten().filter_map(name).collect();
    wanted.sort_unstable();
    let of_one_name = wanted.chunk_by(|(one, _), (other, _)| one.folded == other.folded);
    // Two names of one hash are no duplicates yet.
    let shared = of_one_name.filter(|claims| claims.windows(2).any(|pair| matches!(pair, [(_, one), (_, other)] if one != other)));
    shared.filter_map(|claims| Some((claims.first()?.0.folded.to_owned(), by_person(claims)))).collect()
}

/// The same for the same text in every run: no plan depends on chance.
fn hash(name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(name.as_bytes());
    hasher.finish()
}

fn by_person(wanted: &[(Name<'_>, usize)]) -> Claims {
    let mut people = Claims::new();
    for (name, place) in wanted {
        people.entry(*place).or_default().push(name.attribute);
    }
    people
}

fn is_synced(subject: &Subject<'_>, world: &World<'_>) -> bool {
    world.with_anchor(&subject.anchor).iter().any(|target| target.synced && !target.soft_deleted)
}

fn finding(name: &str, claims: &Claims, subjects: &[Subject<'_>]) -> crate::Finding {
    let as_upn = |attributes: &Vec<&'static str>| attributes.contains(&"userPrincipalName");
    let code = if claims.values().all(as_upn) { Code::DuplicateUpn } else { Code::DuplicateAddress };
    let attribute = if code == Code::DuplicateUpn { "userPrincipalName" } else { at_fault(claims) };
    let names = claims.keys().filter_map(|place| subjects.get(*place)).map(|subject| &*subject.object.dn);
    let hint = format!("change {attribute} on all but one of them, then sync again");
    code.finding(names.collect::<BTreeSet<_>>(), hint).at(attribute, name)
}

/// The attribute to change: where somebody holds the name otherwise than as sign-in name, that one.
fn at_fault(claims: &Claims) -> &'static str {
    claims.values().filter(|attributes| !attributes.contains(&"userPrincipalName")).flatten().next().copied().unwrap_or("mail")
}
