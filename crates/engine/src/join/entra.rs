//! Today's documented rules: primary SMTP address, else UPN, else create. The anchor was looked for before.

use crate::Kind;
use crate::fold;
use crate::slice::TargetObject;
use crate::subject::{Findings, Subject};
use crate::world::World;

use super::{Pair, ambiguous, key};

/// The cloud user whose primary address, else whose UPN, is the person's. Two different ones are not guessed between. An object of
/// another class is nobody's match: it is found among the taken names.
pub(super) fn find<'a>(subject: &Subject<'_>, world: &World<'a>, findings: &mut Findings) -> Pair<'a> {
    let holders = subject.names.primary().map_or(&[][..], |address| world.with_primary(address));
    let by_address: Vec<&'a TargetObject> = holders.iter().filter(|target| target.kind == Kind::User).copied().collect();
    let by_upn = subject.upn.as_deref().map(fold).map_or(&[][..], |upn| world.with_upn(&upn));
    let mut candidates: Vec<&'a TargetObject> = by_address.iter().chain(by_upn).copied().collect();
    candidates.sort_by(|one, other| one.id.cmp(&other.id));
    candidates.dedup_by(|one, other| one.id == other.id);
    match candidates.as_slice() {
        [] => Pair::New,
        [target] if by_address.is_empty() => Pair::Joined(target, key::UPN),
        [target] => Pair::Joined(target, key::PRIMARY),
        several => {
            findings.insert(ambiguous(subject, several));
            Pair::Waits
        }
    }
}
