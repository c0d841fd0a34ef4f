//! What forbids that a cloud object is taken over, whatever matches. The tenant has the same rules, and the last word; we do not
//! even ask.

use super::key;
use crate::catalogue::{At, Code};
use crate::policy::{Policy, Service};
use crate::slice::TargetObject;
use crate::subject::Subject;
use crate::world::{self, World};
use crate::{Finding, Kind, Value, fold};

/// Why a cloud object that `key` matches is not taken over: it is another object's, it holds an admin role, or the tenant's
/// switches forbid that match.
pub(super) fn against_takeover(
    subject: &Subject<'_>,
    target: &TargetObject,
    key: &'static str,
    world: &World<'_>,
    policy: &Policy,
) -> Option<Finding> {
    of_another(subject, target, world).or_else(|| mapped(subject, target)).or_else(|| privileged(subject, target)).or_else(|| {
        let because = if key == key::ANCHOR { hard_bar(&policy.service) } else { soft_bar(subject, target, key, &policy.service) }?;
        Some(blocked(subject, target, key, because))
    })
}

/// Why a deleted user, or one that was brought back in the cloud alone, does not follow Active Directory again.
pub(super) fn against_return(subject: &Subject<'_>, target: &TargetObject, policy: &Policy) -> Option<Finding> {
    if target.synced && !target.soft_deleted {
        return None;
    }
    let unmanaged = if target.synced { None } else { privileged(subject, target) };
    mapped(subject, target).or(unmanaged).or_else(|| Some(blocked(subject, target, key::ANCHOR, hard_bar(&policy.service)?)))
}

/// The anchor is another object's. A synchronized group or contact that no link knows is another directory's.
pub(super) fn of_another(subject: &Subject<'_>, target: &TargetObject, world: &World<'_>) -> Option<Finding> {
    let objects = [&*subject.object.dn, &*target.upn];
    let owner = target.anchor.as_ref().or_else(|| world.owner(target).map(|link| &link.anchor));
    if let Some(owner) = owner.filter(|owner| **owner != subject.anchor) {
        let hint =
            format!("{} belongs to another object of a directory (anchor {owner}): find that object, and keep one of both", target.upn);
        return Some(Code::MatchOtherAnchor.finding(objects, hint).at("onPremisesImmutableId", owner.as_str()));
    }
    (owner.is_none() && target.synced && target.kind != Kind::User).then(|| {
        let hint = format!("{} is synchronized from another directory: find its object there, and keep one of both", target.upn);
        Code::MatchOtherAnchor.finding(objects, hint)
    })
}

/// Once an object is mapped to one on premises, nobody else gets it before an administrator clears that in the tenant.
fn mapped(subject: &Subject<'_>, target: &TargetObject) -> Option<Finding> {
    let Some(Value::Text(identifier)) = target.visible.get("onPremisesObjectIdentifier") else {
        return None;
    };
    (fold(identifier) != subject.object.guid.to_string()).then(|| {
        let hint = format!(
            "{} is mapped to the object with the objectGUID {identifier}: where that one is gone for good, clear onPremisesObjectIdentifier in the tenant, then sync again",
            target.upn
        );
        Code::MatchOtherAnchor.finding([&*subject.object.dn, &*target.upn], hint).at("onPremisesObjectIdentifier", identifier)
    })
}

pub(super) fn privileged(subject: &Subject<'_>, target: &TargetObject) -> Option<Finding> {
    let hint = || {
        format!(
            "{} holds an admin role and is never taken over: remove the role, sync, and assign it again, or give the AD user another sign-in name",
            target.upn
        )
    };
    target.privileged.then(|| Code::MatchPrivileged.finding([&*subject.object.dn, &*target.upn], hint()))
}

fn hard_bar(service: &Service) -> Option<&'static str> {
    service.hard_match_blocked.then_some(
        "the tenant blocks matches by anchor (BlockCloudObjectTakeoverThroughHardMatch): switch that off for as long as it takes",
    )
}

/// The service looks at the primary address first, and at the sign-in name only where it may.
fn soft_bar(subject: &Subject<'_>, target: &TargetObject, key: &'static str, service: &Service) -> Option<&'static str> {
    if service.soft_match_blocked {
        return Some("the tenant blocks matches by address and sign-in name (BlockSoftMatch): switch that off for as long as it takes");
    }
    let by_address =
        key == key::PRIMARY || subject.names.primary().is_some_and(|primary| world::primary(target).as_deref() == Some(primary));
    if by_address {
        return None;
    }
    if !service.soft_match_on_upn {
        return Some("the tenant matches by primary e-mail address alone (EnableSoftMatchOnUpn is off): give both the same one");
    }
    let domain = subject.upn.as_deref().and_then(|upn| upn.rsplit_once('@')).map(|(_, domain)| fold(domain)).unwrap_or_default();
    let federated = service.federated_domains.iter().any(|known| **known == *domain);
    federated.then_some("nobody in a federated domain is matched by sign-in name: give both the same primary e-mail address")
}

fn blocked(subject: &Subject<'_>, target: &TargetObject, key: &str, because: &str) -> Finding {
    let hint = format!("{} matches by {key}, but {because}; or give the AD {} other names", target.upn, subject.kind().as_str());
    Code::MatchBlocked.finding([&*subject.object.dn, &*target.upn], hint)
}
