//! Who leaves the tenant. A delete needs evidence; a link without any stays as it is.

use std::borrow::Cow;

use crate::catalogue::Code;
use crate::edits::Edits;
use crate::identity::anchors;
use crate::join;
use crate::plan::{Action, Change};
use crate::scope::Answer;
use crate::slice::{Link, LinkState, Presence, Slice};
use crate::subject::{Findings, Subject};
use crate::world::World;

/// What becomes of a live link whose object is not in scope.
pub(crate) enum Parting {
    /// The tenant's object is deleted.
    Delete(Box<Change>),
    /// Nothing happens.
    Stays,
}

/// Every live link whose object is not in scope, with what becomes of it.
pub(crate) fn partings(slice: &Slice, subjects: &[Subject<'_>], world: &World<'_>, findings: &mut Findings) -> Vec<Parting> {
    if world.links.is_empty() {
        return Vec::new();
    }
    let standings = anchors::by_anchor(subjects);
    let mut partings = Vec::new();
    for link in world.links.values().filter(|link| link.state == LinkState::Live) {
        let subject = standings.get(&link.anchor).copied();
        if subject.is_some_and(Subject::in_scope) {
            continue;
        }
        let reason = subject.map_or_else(|| gone(link, slice, findings), left);
        // An object that somebody deleted in the tenant already needs no second delete.
        let reason = reason.filter(|_| world.target_of(link).is_none_or(|target| !target.soft_deleted));
        let reason = reason.filter(|_| !join::is_kept(link, subject, world, findings));
        partings.push(reason.map_or(Parting::Stays, |reason| Parting::Delete(Box::new(delete(link, subject, reason)))));
    }
    partings
}

/// Why the object of a source object that is there leaves.
fn left(subject: &Subject<'_>) -> Option<Cow<'static, str>> {
    let Answer::Out(reason) = &subject.standing else {
        return None;
    };
    Some(format!("left the scope: {reason}").into())
}

/// Why the object of a source object that is not there leaves.
fn gone(link: &Link, slice: &Slice, findings: &mut Findings) -> Option<Cow<'static, str>> {
    match slice.gone.get(&link.anchor)? {
        Presence::Deleted => Some("deleted in Active Directory".into()),
        Presence::Absent => Some("no longer in the file".into()),
        Presence::LongMissing => Some("neither it nor its tombstone was found in two complete reads an hour apart".into()),
        Presence::Missing => {
            let hint = "look for the object in Active Directory; the account that reads it may have lost the right to see it. If it is gone for good, a later run deletes the cloud user";
            findings.insert(Code::SourceMissing.finding([&*link.last_dn], hint));
            None
        }
    }
}

fn delete(link: &Link, subject: Option<&Subject<'_>>, reason: Cow<'static, str>) -> Change {
    Change {
        action: Action::Delete,
        kind: link.kind,
        anchor: link.anchor.clone(),
        source_dn: subject.map_or_else(|| link.last_dn.clone(), |subject| subject.object.dn.clone()),
        target_id: link.target_id.clone(),
        upn: link.last_upn.clone(),
        reason,
        attributes: Edits::default(),
        members_before: 0,
        held: None,
    }
}
