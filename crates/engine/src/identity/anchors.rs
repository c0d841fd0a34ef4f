//! Anchors side by side: each belongs to one object for good.
//!
//! An object whose anchor is in doubt is faulty: it is not sent, and the cloud object that it has stays as it is.

use std::collections::{BTreeMap, BTreeSet};

use super::{CONSISTENCY_GUID, consistency_guid};
use crate::catalogue::{At, Code};
use crate::policy::Policy;
use crate::scope::Answer;
use crate::slice::{Link, LinkState};
use crate::subject::{Findings, Subject};
use crate::world::Map;
use crate::{Anchor, Finding, ObjectGuid, Slice};

/// Subjects by their anchor. Where several have one, whoever is in scope stands for it, then whoever is faulty: an object out
/// of scope must not take the cloud object away from the one that goes by its anchor now.
pub(crate) fn by_anchor<'s, 'a>(subjects: &'s [Subject<'a>]) -> Map<&'s Anchor, &'s Subject<'a>> {
    let mut found: Map<&Anchor, &Subject<'_>> = Map::with_capacity_and_hasher(subjects.len(), Default::default());
    for subject in subjects {
        let held = found.entry(&subject.anchor).or_insert(subject);
        if rank(subject) < rank(held) {
            *held = subject;
        }
    }
    found
}

fn rank(subject: &Subject<'_>) -> u8 {
    match subject.standing {
        Answer::In(_) => 0,
        Answer::Faulty(..) => 1,
        Answer::Out(_) => 2,
    }
}

/// Makes faulty whoever has an anchor that cannot be theirs. `subjects` are sorted by objectGUID.
pub(crate) fn settle(subjects: &mut [Subject<'_>], slice: &Slice, policy: &Policy, findings: &mut Findings) {
    refuse_twins(subjects, findings);
    refuse_invalid(subjects, policy, findings);
    refuse_shared(subjects, findings);
    let links: Map<&Anchor, &Link> =
        slice.links.iter().filter(|link| link.state == LinkState::Live).map(|link| (&link.anchor, link)).collect();
    refuse_foreign(subjects, slice, findings);
    if !links.is_empty() {
        freeze_changed(subjects, &links, findings);
    }
}

/// Two objects with one objectGUID cannot both be the person behind the anchor.
fn refuse_twins(subjects: &mut [Subject<'_>], findings: &mut Findings) {
    for twins in subjects.chunk_by_mut(|one, other| one.object.guid == other.object.guid).filter(|twins| twins.len() > 1) {
        let names: Vec<&str> = twins.iter().map(|twin| &*twin.object.dn).collect();
        let guid = twins.first().map(|twin| twin.object.guid.to_string()).unwrap_or_default();
        let hint = "remove all but one of them from the source: an objectGUID belongs to one object";
        findings.insert(Code::DuplicateAnchor.finding(names, hint).at("objectGUID", &guid));
        for twin in twins {
            refuse(twin, Code::DuplicateAnchor, "another object has the same objectGUID");
        }
    }
}

/// What stands in ms-DS-ConsistencyGuid must be a GUID: 16 bytes, and not zeros alone.
fn refuse_invalid(subjects: &mut [Subject<'_>], policy: &Policy, findings: &mut Findings) {
    for subject in subjects.iter_mut().filter(|subject| subject.in_scope()) {
        let Some(value) = consistency_guid(subject.object, policy) else { continue };
        if value.len() == 16 && value.iter().any(|byte| *byte != 0) {
            continue;
        }
        let hint = "write the 16 bytes of a GUID into it, or clear it where the object is not synchronized yet";
        let finding = Code::AnchorInvalid.finding([&*subject.object.dn], hint).at(CONSISTENCY_GUID, &crate::keys::hex(value));
        findings.insert(finding);
        refuse(subject, Code::AnchorInvalid, "ms-DS-ConsistencyGuid is no GUID");
    }
}

/// Two objects in scope with one ms-DS-ConsistencyGuid, or one whose value is another's objectGUID.
fn refuse_shared(subjects: &mut [Subject<'_>], findings: &mut Findings) {
    let mut claims: BTreeMap<Anchor, Vec<usize>> = BTreeMap::new();
    // Only who has another anchor than their own objectGUID can share one.
    if subjects.iter().all(|subject| subject.anchor == Anchor::of(&subject.object.guid)) {
        return;
    }
    for (place, subject) in subjects.iter().enumerate().filter(|(_, subject)| subject.in_scope()) {
        claims.entry(subject.anchor.clone()).or_default().push(place);
    }
    for (anchor, places) in claims.into_iter().filter(|(_, places)| places.len() > 1) {
        let names: BTreeSet<&str> = places.iter().filter_map(|place| subjects.get(*place)).map(|subject| &*subject.object.dn).collect();
        let hint = "clear ms-DS-ConsistencyGuid on all but the one to whom the cloud object belongs: an anchor belongs to one object";
        findings.insert(Code::DuplicateAnchor.finding(names, hint).at(CONSISTENCY_GUID, anchor.as_str()));
        for place in places {
            if let Some(subject) = subjects.get_mut(place) {
                refuse(subject, Code::DuplicateAnchor, "another object has the same ms-DS-ConsistencyGuid");
            }
        }
    }
}

/// An anchor under which another object is synchronized, or was before it was deleted: whoever writes it into their own account does
/// not get the other one's.
fn refuse_foreign(subjects: &mut [Subject<'_>], slice: &Slice, findings: &mut Findings) {
    let own = |subject: &Subject<'_>| subject.anchor == Anchor::of(&subject.object.guid);
    if subjects.iter().all(own) {
        return;
    }
    let links: BTreeMap<&Anchor, &Link> = slice.links.iter().map(|link| (&link.anchor, link)).collect();
    let here: BTreeSet<ObjectGuid> = slice.source.iter().map(|object| object.guid).collect();
    for subject in subjects.iter_mut().filter(|subject| subject.in_scope() && !own(subject)) {
        let Some(link) = links.get(&subject.anchor) else { continue };
        // Where the service was never told the object, its objectGUID counts if that is known to be somebody's.
        let was_ours = link.state == LinkState::Deleted || slice.gone.contains_key(&link.anchor);
        let known = |guid: &ObjectGuid| was_ours || here.contains(guid);
        let owner = link.identifier().or_else(|| link.anchor.guid().filter(known));
        if owner.is_some_and(|owner| owner != subject.object.guid) {
            findings.insert(of_another(subject, link));
            refuse(subject, Code::AnchorOfAnother, "its anchor belongs to another object");
        }
    }
}

fn of_another(subject: &Subject<'_>, link: &Link) -> Finding {
    let hint = format!(
        "{} is synchronized from {} with this anchor: clear ms-DS-ConsistencyGuid, unless this object is to replace that one; then clear the mapping in the tenant first",
        link.last_upn, link.last_dn
    );
    Code::AnchorOfAnother.finding([&*subject.object.dn, &*link.last_upn], hint).at(CONSISTENCY_GUID, subject.anchor.as_str())
}

/// A synchronized object keeps its anchor: with another one it would be deleted and made anew. It keeps its link, and waits.
fn freeze_changed(subjects: &mut [Subject<'_>], links: &Map<&Anchor, &Link>, findings: &mut Findings) {
    if subjects.iter().all(|subject| links.contains_key(&subject.anchor)) {
        return;
    }
    let mut by_guid: Map<ObjectGuid, &Link> = Map::default();
    for link in links.values() {
        let Some(guid) = link.guid() else { continue };
        // Of several the one with the greatest anchor, as good as any other.
        let held = by_guid.entry(guid).or_insert(link);
        if held.anchor < link.anchor {
            *held = link;
        }
    }
    for subject in subjects.iter_mut().filter(|subject| !links.contains_key(&subject.anchor)) {
        let Some(link) = by_guid.get(&subject.object.guid).filter(|link| link.anchor != subject.anchor) else { continue };
        let now = std::mem::replace(&mut subject.anchor, link.anchor.clone());
        // Who has left the scope is deleted by the anchor under which they were synchronized.
        if matches!(subject.standing, Answer::Out(_)) {
            continue;
        }
        let hint = format!(
            "it was synchronized as {} with the anchor {}: put that value back into the attribute; to move every object, use `samesign anchor migrate`",
            link.last_upn, link.anchor
        );
        findings.insert(Code::AnchorChanged.finding([&*subject.object.dn], hint).at(CONSISTENCY_GUID, now.as_str()));
        refuse(subject, Code::AnchorChanged, "its anchor is another one than that under which it was synchronized");
    }
}

fn refuse(subject: &mut Subject<'_>, code: Code, because: &str) {
    subject.standing = Answer::Faulty(code, because.into());
    subject.forget_names();
}
