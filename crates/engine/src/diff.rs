//! The difference between how an object is in the tenant and how it should be.

mod members;
mod references;

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeSet;

use crate::block::{BlockWriter, Given};
use crate::edits::Edits;
use crate::encode::Encoded;
use crate::flow::{self, Desired, Flow, Flowed};
use crate::join::Pair;
use crate::person::Person;
use crate::plan::{Action, AttributeChange, Change, Kind};
use crate::policy::Policy;
use crate::slice::{Link, TargetObject};
use crate::subject::{self, Findings, Subject};
use crate::{ServiceBlock, Value};

pub(crate) use members::members;
pub(crate) use references::{References, resolved};

/// The change that a person in scope needs; `None` when they are as they should be, or wait. What is wrong with their data
/// becomes findings either way.
pub(crate) fn change(
    subject: &Subject<'_>,
    pair: &Pair<'_>,
    policy: &Policy,
    references: &References<'_>,
    findings: &mut Findings,
) -> Option<Change> {
    let desired = flow::desired(&Person::new(subject.object, policy));
    findings.extend(desired.problems.iter().map(|problem| subject::finding(&subject.object.dn, problem)));
    let wanted = || wanted(desired, subject, references);
    let draft = match pair {
        Pair::Waits => return None,
        Pair::Linked(link) => {
            let edits = updated(wanted(), subject, &link.confirmed);
            if edits.is_empty() {
                return None;
            }
            Draft {
                action: Action::Update,
                reason: update_reason(&edits).into(),
                target_id: link.target_id.as_deref(),
                attributes: edits.into(),
            }
        }
        Pair::Rebuilt(target) => Draft {
            action: Action::Update,
            reason: "the tenant's object carries this anchor: the lost link is made again".into(),
            target_id: Some(&target.id),
            attributes: taken_over(wanted(), target).into(),
        },
        Pair::Returning(link, target) => returning(wanted(), subject, (*link, *target)),
        Pair::Joined(target, key) => Draft {
            action: Action::Join,
            reason: format!("matched by {key}").into(),
            target_id: Some(&target.id),
            attributes: taken_over(wanted(), target).into(),
        },
        Pair::New => Draft {
            action: Action::Create,
            reason: match subject.kind() {
                Kind::User => "in scope, and nobody in the tenant is this person".into(),
                Kind::Group | Kind::Contact => "in scope, and not in the tenant yet".into(),
            },
            target_id: None,
            attributes: made(wanted(), subject.kind()),
        },
    };
    Some(draft.finish(subject, pair))
}

struct Draft<'a> {
    action: Action,
    reason: Cow<'static, str>,
    target_id: Option<&'a str>,
    attributes: Edits,
}

impl Draft<'_> {
    fn finish(self, subject: &Subject<'_>, pair: &Pair<'_>) -> Change {
        let Self { action, reason, target_id, attributes } = self;
        Change {
            action,
            kind: subject.object.class.kind(),
            anchor: subject.anchor.clone(),
            source_dn: subject.object.dn.clone(),
            target_id: target_id.map(Into::into),
            upn: known_as(subject, pair),
            reason,
            attributes,
            members_before: 0,
            held: None,
        }
    }
}

/// The name under which a person knows the object: the one it has now, else the last one.
fn known_as(subject: &Subject<'_>, pair: &Pair<'_>) -> Box<str> {
    match (subject.upn.as_deref().or(subject.name.as_deref()), pair) {
        (Some(name), _) => name.into(),
        (None, Pair::Linked(link) | Pair::Returning(Some(link), _)) => link.last_upn.clone(),
        (None, Pair::Joined(target, _) | Pair::Rebuilt(target) | Pair::Returning(None, Some(target))) => target.upn.clone(),
        (None, _) => subject.known_as().into(),
    }
}

/// The id of the tenant's object, where it is known.
fn target_id(pair: &Pair<'_>) -> Option<Box<str>> {
    match pair {
        Pair::Linked(link) => link.target_id.clone(),
        Pair::Joined(target, _) | Pair::Rebuilt(target) => Some(target.id.clone()),
        Pair::Returning(..) | Pair::New | Pair::Waits => None,
    }
}

/// What one attribute should be: a value, or none. Of one that the target keeps nothing is said.
struct Wanted<'a> {
    flow: &'static Flow,
    keeps: bool,
    to: Option<Given<'a>>,
}

/// The flows that were asked, references resolved.
fn wanted<'a>(desired: Desired<'a>, subject: &Subject<'_>, references: &References<'_>) -> impl Iterator<Item = Wanted<'a>> {
    desired.flows.into_iter().map(|(flow, flowed)| {
        let keeps = flowed == Flowed::Ignore || subject.ignored.contains(&flow.service);
        Wanted { flow, keeps, to: if keeps { None } else { resolved(flowed, references) } }
    })
}

fn edit(flow: &'static Flow, from: Option<Value>, to: Option<Value>) -> AttributeChange {
    AttributeChange::new(flow.service, from, to)
}

/// Walks over what is wanted and what was last confirmed, both sorted by name: `take` gets each attribute before and after. What was
/// confirmed and is not asked about is cleared, unless the table has it stay.
fn compared<'a, 'c>(
    wanted: impl Iterator<Item = Wanted<'a>>,
    subject: &Subject<'_>,
    confirmed: &'c ServiceBlock,
    mut take: impl FnMut(&'static Flow, Option<Encoded<'c>>, Option<Given<'a>>),
) {
    let kind = subject.kind();
    let gone = |name: &str| flow::silent(kind, name).filter(|flow| !subject.ignored.contains(&flow.service));
    let mut known = confirmed.entries().peekable();
    for Wanted { flow, keeps, to } in wanted {
        let from = loop {
            let Some((name, value)) = known.peek().copied() else { break None };
            match name.cmp(flow.service) {
                Ordering::Less => gone(name).into_iter().for_each(|flow| take(flow, Some(value), None)),
                Ordering::Equal => {
                    known.next();
                    break Some(value);
                }
                Ordering::Greater => break None,
            }
            known.next();
        };
        if !keeps {
            take(flow, from, to);
        }
    }
    for (name, value) in known {
        gone(name).into_iter().for_each(|flow| take(flow, Some(value), None));
    }
}

/// What differs from what was last confirmed.
fn updated<'a>(wanted: impl Iterator<Item = Wanted<'a>>, subject: &Subject<'_>, confirmed: &ServiceBlock) -> Vec<AttributeChange> {
    let mut edits = Vec::new();
    compared(wanted, subject, confirmed, |flow, from, to| {
        let same = match (from, &to) {
            (Some(from), Some(to)) => to.is(from),
            (None, None) => true,
            _ => false,
        };
        if !same {
            edits.push(edit(flow, from.and_then(Encoded::decode), to.map(Given::into_value)));
        }
    });
    edits
}

/// Every value; a new account whose userAccountControl an export does not tell is enabled.
fn made<'a>(wanted: impl Iterator<Item = Wanted<'a>>, kind: Kind) -> Edits {
    const ENABLED: &str = "accountEnabled";
    let mut block = BlockWriter::new();
    let mut enabled = (kind == Kind::User).then_some(Given::Value(Value::Boolean(true)));
    for Wanted { flow, to, .. } in wanted {
        let Some(to) = to else { continue };
        if flow.service == ENABLED {
            enabled = None;
        } else if let Some(enabled) = enabled.take_if(|_| *flow.service > *ENABLED) {
            block.put(ENABLED, &enabled);
        }
        block.put(flow.service, &to);
    }
    enabled.into_iter().for_each(|enabled| block.put(ENABLED, &enabled));
    block.finish().into()
}

/// Every value, never a clear: what the cloud user has and Active Directory has not stays.
fn taken_over<'a>(wanted: impl Iterator<Item = Wanted<'a>>, target: &TargetObject) -> Vec<AttributeChange> {
    let to = wanted.filter_map(|Wanted { flow, to, .. }| Some((flow, to?.into_value())));
    to.map(|(flow, to)| edit(flow, visible(flow, target, &to), Some(to))).collect()
}

fn returning<'a, 'w>(
    wanted: impl Iterator<Item = Wanted<'w>>,
    subject: &Subject<'_>,
    (link, target): (Option<&'a Link>, Option<&'a TargetObject>),
) -> Draft<'a> {
    let attributes = match (link, target) {
        (Some(link), _) => revived(wanted, subject, &link.confirmed).into(),
        (None, Some(target)) => taken_over(wanted, target).into(),
        (None, None) => made(wanted, Kind::User),
    };
    let target_id = target.map(|target| &*target.id).or_else(|| link.and_then(|link| link.target_id.as_deref()));
    Draft { action: Action::Restore, reason: "in scope again: the deleted account comes back".into(), target_id, attributes }
}

/// Every value, and what was confirmed once and is gone now.
fn revived<'a>(wanted: impl Iterator<Item = Wanted<'a>>, subject: &Subject<'_>, confirmed: &ServiceBlock) -> Vec<AttributeChange> {
    let mut edits = Vec::new();
    compared(wanted, subject, confirmed, |flow, from, to| {
        if from.is_some() || to.is_some() {
            edits.push(edit(flow, from.and_then(Encoded::decode), to.map(Given::into_value)));
        }
    });
    edits
}

/// What Graph shows of an attribute.
fn visible(flow: &Flow, target: &TargetObject, to: &Value) -> Option<Value> {
    match flow.service {
        "userPrincipalName" => Some(Value::Text(target.upn.clone())),
        "mail" => target.mail.clone().map(Value::Text),
        "proxyAddresses" => {
            let sorted: BTreeSet<_> = target.addresses.iter().cloned().collect();
            (!sorted.is_empty()).then(|| Value::Texts(sorted.into_iter().collect()))
        }
        _ => match (target.visible.get(flow.graph), to) {
            // Graph shows one number as a list of one.
            (Some(Value::Texts(texts)), Value::Text(_)) => texts.first().cloned().map(Value::Text),
            (shown, _) => shown.cloned(),
        },
    }
}

fn update_reason(edits: &[AttributeChange]) -> &'static str {
    let edited = |name: &str| edits.iter().find(|edit| edit.name == name);
    match edited("accountEnabled").map(|edit| &edit.to) {
        Some(Some(Value::Boolean(false))) => return "disabled in Active Directory",
        Some(Some(Value::Boolean(true))) => return "enabled in Active Directory",
        _ => {}
    }
    match (edited("userPrincipalName"), edited("onPremisesDistinguishedName"), edits.len()) {
        (Some(_), ..) => "renamed in Active Directory",
        (None, Some(_), 1) => "moved in Active Directory",
        _ => "changed in Active Directory",
    }
}
