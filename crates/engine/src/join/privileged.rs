//! Who holds an admin role in the tenant is never deleted, disabled or renamed from here. Everything else of them follows Active
//! Directory.

use crate::catalogue::{At, Code};
use crate::flow;
use crate::guard;
use crate::keys::value_names;
use crate::person::Person;
use crate::plan::AttributeChange;
use crate::policy::Policy;
use crate::slice::{Link, LinkState, TargetObject};
use crate::subject::{Findings, Subject};
use crate::world::World;
use crate::{Finding, Value};

/// Leaves the sign-in name, the primary address and the standing of linked role holders as they are, where Active Directory would
/// change them. Comes before names are counted: what is not given up is not free.
pub(crate) fn protect(subjects: &mut [Subject<'_>], world: &World<'_>, policy: &Policy, findings: &mut Findings) {
    for subject in subjects.iter_mut().filter(|subject| subject.in_scope()) {
        let Some((link, target)) = holder(subject, world) else { continue };
        let desired = flow::desired(&Person::new(subject.object, policy));
        for attribute in ["accountEnabled", "mail", "proxyAddresses", "userPrincipalName"] {
            let from = link.confirmed.get(attribute);
            let Some(to) = desired.value(attribute).filter(|to| harms(attribute, from.as_ref(), to)) else { continue };
            findings.insert(kept(subject, target, attribute, &to));
            subject.ignore(attribute);
        }
    }
}

/// Whether the object of a link that leaves stays all the same, because it holds a role.
pub(crate) fn is_kept(link: &Link, subject: Option<&Subject<'_>>, world: &World<'_>, findings: &mut Findings) -> bool {
    let Some(target) = world.target_of(link).filter(|target| target.privileged) else {
        return false;
    };
    let dn = subject.map_or(&*link.last_dn, |subject| &*subject.object.dn);
    let hint = format!("{} holds an admin role and is not deleted: take the role from it first, or delete it in the tenant", target.upn);
    findings.insert(Code::PrivilegedProtected.finding([dn, &*target.upn], hint));
    true
}

fn holder<'a>(subject: &Subject<'_>, world: &World<'a>) -> Option<(&'a Link, &'a TargetObject)> {
    let link = world.links.get(&subject.anchor).copied().filter(|link| link.state == LinkState::Live)?;
    Some((link, world.target_of(link).filter(|target| target.privileged)?))
}

/// By the guard's own measure.
fn harms(attribute: &'static str, from: Option<&Value>, to: &Value) -> bool {
    match attribute {
        "accountEnabled" => *to == Value::Boolean(false) && from != Some(to),
        _ => {
            from.is_some_and(|from| value_names(from) != value_names(to))
                && guard::renames(&AttributeChange::new(attribute, from.cloned(), Some(to.clone())))
        }
    }
}

fn kept(subject: &Subject<'_>, target: &TargetObject, attribute: &'static str, to: &Value) -> Finding {
    let (what, attribute) = match attribute {
        "accountEnabled" => ("disabled", "userAccountControl"),
        other => ("renamed", other),
    };
    let hint =
        format!("{} holds an admin role and is not {what} from here: take the role from it first, or do it in the tenant", target.upn);
    let finding = Code::PrivilegedProtected.finding([&*subject.object.dn, &*target.upn], hint);
    match to {
        Value::Boolean(_) => finding.at(attribute, "disabled"),
        other => finding.at(attribute, &other.to_string()),
    }
}
