//! Who joins a group and who leaves it. Members are sent as differences, by a change of their own.
//!
//! A group may have a quarter of a million members: both lists are sorted and walked once, and only the names of those who come or
//! go are copied.

use std::cmp::Ordering;

use super::references::References;
use crate::flow::MEMBER;
use crate::join::Pair;
use crate::person::Person;
use crate::plan::{Action, AttributeChange, Change, Kind};
use crate::policy::Policy;
use crate::subject::Subject;
use crate::world::World;
use crate::{Anchor, Dn, Value};

/// A reason names no more of those who come, nor of those who go.
const NAMED_MAX: usize = 3;

/// The change of a group's members; `None` when they are as they should be, for what is no group, and for a group that waits.
///
/// Members that the tenant will not have are left out. Where the directory gave the members only in part (`member;range=…`),
/// nobody leaves, and nobody leaves who only cannot be seen.
pub(crate) fn members(
    subject: &Subject<'_>,
    pair: &Pair<'_>,
    policy: &Policy,
    references: &References<'_>,
    world: &World<'_>,
) -> Option<Change> {
    if subject.kind() != Kind::Group || !pair.will_exist() || subject.ignored.contains(&MEMBER) {
        return None;
    }
    let confirmed = confirmed(pair);
    let wanted = wanted(subject, &Person::new(subject.object, policy), references);
    let Difference { come, mut go } = difference(&wanted.members, &confirmed);
    go.retain(|anchor| !wanted.in_part && !references.is_unseen(anchor));
    if come.is_empty() && go.is_empty() {
        return None;
    }
    let reason = reason(&come, &go, world);
    let list = |anchors: Vec<&Anchor>| (!anchors.is_empty()).then(|| Value::References(anchors.into_iter().cloned().collect()));
    let come = list(come.into_iter().map(|member| member.anchor).collect());
    Some(Change {
        action: Action::Member,
        kind: Kind::Group,
        anchor: subject.anchor.clone(),
        source_dn: subject.object.dn.clone(),
        target_id: super::target_id(pair),
        upn: super::known_as(subject, pair),
        reason: reason.into(),
        attributes: vec![AttributeChange::new(MEMBER, list(go), come)].into(),
        members_before: confirmed.len(),
        held: None,
    })
}

/// The members that the service has confirmed, sorted.
fn confirmed(pair: &Pair<'_>) -> Box<[Anchor]> {
    match pair {
        Pair::Linked(link) => match link.confirmed.get(MEMBER) {
            Some(Value::References(anchors)) => anchors,
            _ => Box::default(),
        },
        _ => Box::default(),
    }
}

/// A member of Active Directory's group that the tenant has or will have.
#[derive(Clone, Copy)]
struct Member<'a> {
    anchor: &'a Anchor,
    subject: Option<&'a Subject<'a>>,
    dn: &'a str,
}

struct WantedMembers<'a> {
    /// Sorted by anchor, none twice.
    members: Vec<Member<'a>>,
    /// The directory gave some of them only.
    in_part: bool,
}

fn wanted<'a>(group: &Subject<'a>, person: &Person<'a>, references: &References<'a>) -> WantedMembers<'a> {
    let mut wanted = WantedMembers { members: Vec::new(), in_part: false };
    for (name, values) in person.all() {
        let in_part = name.strip_prefix(MEMBER).is_some_and(|options| options.starts_with(";range="));
        if name != MEMBER && !in_part {
            continue;
        }
        wanted.in_part |= in_part;
        for dn in values.filter_map(|value| std::str::from_utf8(value).ok()) {
            // A group that is its own member adds nothing, and the tenant takes none.
            let found = references.resolve(&crate::dn_key(dn)).filter(|(anchor, _)| **anchor != group.anchor);
            wanted.members.extend(found.map(|(anchor, subject)| Member { anchor, subject, dn }));
        }
    }
    wanted.members.sort_unstable_by_key(|member| member.anchor);
    wanted.members.dedup_by_key(|member| member.anchor);
    wanted
}

struct Difference<'m, 'a> {
    come: Vec<&'m Member<'a>>,
    go: Vec<&'m Anchor>,
}

/// Both are sorted, none twice.
fn difference<'m, 'a>(wanted: &'m [Member<'a>], confirmed: &'m [Anchor]) -> Difference<'m, 'a> {
    let mut difference = Difference { come: Vec::new(), go: Vec::new() };
    let mut known = confirmed.iter().peekable();
    for member in wanted {
        loop {
            match known.peek().map_or(Ordering::Greater, |anchor| (*anchor).cmp(member.anchor)) {
                Ordering::Less => difference.go.extend(known.next()),
                Ordering::Equal => {
                    known.next();
                    break;
                }
                Ordering::Greater => {
                    difference.come.push(member);
                    break;
                }
            }
        }
    }
    difference.go.extend(known);
    difference
}

/// `3 members added (ana@example.com, ben@example.com, cy@example.com), 1 removed (dan@example.com)`
fn reason(come: &[&Member<'_>], go: &[&Anchor], world: &World<'_>) -> String {
    let comers = come.iter().take(NAMED_MAX).filter_map(|member| match member.subject {
        Some(subject) => Some(subject.known_as().into_owned()),
        None => Dn::parse(member.dn).ok().and_then(|dn| dn.rdn_value()),
    });
    let goers = go.iter().take(NAMED_MAX).filter_map(|anchor| world.links.get(*anchor)).map(|link| link.last_upn.to_string());
    let said: Vec<String> =
        [told(come.len(), "added", comers.collect()), told(go.len(), "removed", goers.collect())].into_iter().flatten().collect();
    let members = if come.len().max(if come.is_empty() { go.len() } else { 0 }) == 1 { "member" } else { "members" };
    said.join(", ").replacen(' ', &format!(" {members} "), 1)
}

fn told(count: usize, verb: &str, names: Vec<String>) -> Option<String> {
    if count == 0 {
        return None;
    }
    let more = if count > names.len() && !names.is_empty() { ", …" } else { "" };
    let named = if names.is_empty() { String::new() } else { format!(" ({}{more})", names.join(", ")) };
    Some(format!("{count} {verb}{named}"))
}

#[cfg(test)]
mod tests;
