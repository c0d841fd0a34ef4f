//! Why somebody is as they are: in scope or not, matched how, each attribute from where to what, what is pending.
//!
//! Agrees with the plan because it is read from the same workings.

mod members;
mod screen;

use std::borrow::Cow;

use serde::Serialize;

use crate::block::Given;
use crate::diff::{self, References};
use crate::flow::{self, Flowed};
use crate::join::Pair;
use crate::licences;
use crate::person::Person;
use crate::plan::{Change, Finding, Kind};
use crate::planning::Workings;
use crate::policy::Policy;
use crate::scope::Answer;
use crate::slice::{Link, LinkState, Slice, TargetObject};
use crate::subject::Subject;
use crate::{Anchor, Value, dn_key, fold, names};

pub use members::{ExplainedMembers, LeftOut};

/// Everything that is known about one user, group or contact.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// What was asked for.
    pub who: Box<str>,
    /// The object's DN in Active Directory; of an object that is gone, the last one.
    pub source_dn: Option<Box<str>>,
    /// The anchor.
    pub anchor: Option<Box<str>>,
    /// The cloud user's UPN.
    pub target_upn: Option<Box<str>>,
    /// The cloud user's object id.
    pub target_id: Option<Box<str>>,
    /// Whether the object takes part.
    pub in_scope: bool,
    /// Why, or why not, in words.
    pub scope: Box<str>,
    /// How both sides belong together, in words.
    pub matched: Box<str>,
    /// Each attribute that takes part. Empty for an object that is not in scope.
    pub attributes: Vec<ExplainedAttribute>,
    /// A group's members; `None` for what is no group, and out of scope.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub members: Option<ExplainedMembers>,
    /// The licences that rules give the user, by their part numbers. Whether the user holds them is not told.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub licences: Vec<Box<str>>,
    /// What the next run would do.
    pub pending: Option<Change>,
    /// What it would do after that, where one object needs several changes (a group and its members).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pending_more: Vec<Change>,
    /// When something was last sent of the object, and what, in words. Like the next ones not known to the engine: whoever keeps that
    /// fills it in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_sent: Option<Box<str>>,
    /// The last error of the object, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<Box<str>>,
    /// When the next run comes, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_run: Option<Box<str>>,
    /// How the password stands, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<Box<str>>,
    /// What is wrong with the person's data.
    pub findings: Vec<Finding>,
    /// The DNs, sorted, of the people among whom `who` does not decide. Then nothing else is told. Empty, and not in the JSON,
    /// when somebody is explained.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<Box<str>>,
}

/// Where one attribute comes from and what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExplainedAttribute {
    /// The attribute of Active Directory; of an own flow, what it is made of.
    pub from: Cow<'static, str>,
    /// The attribute of the provisioning service.
    pub to: &'static str,
    /// The property of Graph; empty where Graph does not show it.
    pub shows_as: &'static str,
    /// The value that flows; `None` when there is none.
    pub value: Option<Value>,
    /// What was last confirmed by the service.
    pub confirmed: Option<Value>,
    /// `as it should be`, `will be set`, `will be cleared`, `left as it is`, or `waits: see the findings`.
    pub outcome: &'static str,
}

const IGNORED: &str = "left as it is";
const WAITING: &str = "waits: see the findings";

/// Explains `who`: a UPN, an e-mail address, a DN, an anchor, an objectGUID or a tenant object id; where it is none of these, a
/// display name, a common name or an account name, in any case. Of several people with that name none is guessed: see
/// [`Explanation::candidates`]. `None` when nobody in the slice answers to it.
pub fn explain(slice: &Slice, policy: &Policy, who: &str) -> Option<Explanation> {
    let workings = Workings::new(slice, policy);
    let wanted = Wanted::new(who);
    if wanted.given.is_empty() {
        return None;
    }
    let mut explanation = by_identity(&wanted, &workings, slice, policy).or_else(|| by_name(&wanted, &workings, slice, policy))?;
    explanation.who = who.into();
    let plan = workings.plan();
    let anchor = explanation.anchor.clone();
    let mut pending = plan.changes.into_iter().filter(|change| Some(change.anchor.as_str()) == anchor.as_deref());
    explanation.pending = pending.next();
    explanation.pending_more = pending.collect();
    let names = [&explanation.source_dn, &explanation.target_upn];
    explanation.findings = plan
        .findings
        .into_iter()
        .filter(|finding| names.iter().any(|name| name.as_ref().is_some_and(|name| finding.objects.contains(name))))
        .collect();
    Some(explanation)
}

/// By what belongs to one person alone.
fn by_identity(wanted: &Wanted<'_>, workings: &Workings<'_>, slice: &Slice, policy: &Policy) -> Option<Explanation> {
    match workings.subjects.iter().position(|subject| wanted.is_source(&Person::new(subject.object, policy))) {
        Some(place) => of_subject(place, workings, slice, policy),
        None => of_others(wanted, workings, slice, policy),
    }
}

/// By what several people may share.
fn by_name(wanted: &Wanted<'_>, workings: &Workings<'_>, slice: &Slice, policy: &Policy) -> Option<Explanation> {
    let named = |(_, subject): &(usize, &Subject<'_>)| wanted.is_named(&Person::new(subject.object, policy));
    let places: Vec<usize> = workings.subjects.iter().enumerate().filter(named).map(|(place, _)| place).collect();
    match places.as_slice() {
        [] => None,
        [place] => of_subject(*place, workings, slice, policy),
        several => Some(of_several(several.iter().filter_map(|place| workings.subjects.get(*place)))),
    }
}

/// What somebody may be called by.
struct Wanted<'a> {
    given: &'a str,
    folded: String,
    dn_key: String,
}

impl<'a> Wanted<'a> {
    fn new(who: &'a str) -> Self {
        Self { given: who.trim(), folded: fold(who), dn_key: dn_key(who) }
    }

    fn is_source(&self, person: &Person<'_>) -> bool {
        person.anchor().as_str() == self.given
            || person.dn().is_some_and(|dn| dn.key() == self.dn_key)
            || person.object.guid.to_string() == self.folded
            || person.upn().is_some_and(|upn| fold(&upn) == self.folded)
            || person.text("mail").is_some_and(|mail| fold(mail) == self.folded)
            || person.texts("proxyAddresses").filter_map(names::smtp_address).any(|address| address == self.folded)
    }

    fn is_named(&self, person: &Person<'_>) -> bool {
        ["displayName", "cn", "sAMAccountName"].into_iter().filter_map(|name| person.text(name)).any(|text| fold(text) == self.folded)
    }

    fn is_link(&self, link: &Link) -> bool {
        link.anchor.as_str() == self.given || dn_key(&link.last_dn) == self.dn_key || fold(&link.last_upn) == self.folded
    }

    fn is_target(&self, target: &TargetObject) -> bool {
        fold(&target.id) == self.folded
            || target.anchor.as_ref().is_some_and(|anchor| anchor.as_str() == self.given)
            || crate::keys::target_names(target).contains(&self.folded)
    }
}

fn of_subject(place: usize, workings: &Workings<'_>, slice: &Slice, policy: &Policy) -> Option<Explanation> {
    let (subject, pair) = (workings.subjects.get(place)?, workings.pairs.get(place)?);
    let link = workings.world.links.get(&subject.anchor).copied();
    let target = match pair {
        Pair::Joined(target, _) | Pair::Rebuilt(target) => Some(*target),
        _ => link.and_then(|link| workings.world.target_of(link)).or_else(|| workings.world.with_anchor(&subject.anchor).first().copied()),
    };
    let references = References::new(&workings.subjects, &workings.pairs, slice, &workings.world);
    let (in_scope, scope) = match &subject.standing {
        Answer::In(ou) => (true, format!("in scope by {ou}")),
        Answer::Out(reason) => (false, format!("out of scope: {reason}")),
        Answer::Faulty(code, reason) => (false, format!("not synchronized ({}): {reason}", code.as_str())),
    };
    Some(Explanation {
        source_dn: Some(subject.object.dn.clone()),
        anchor: Some(subject.anchor.as_str().into()),
        target_upn: target.map(|target| target.upn.clone()).or_else(|| link.map(|link| link.last_upn.clone())),
        target_id: target.map(|target| target.id.clone()).or_else(|| link.and_then(|link| link.target_id.clone())),
        in_scope,
        scope: scope.into(),
        matched: matched(subject, pair, link).into(),
        attributes: if in_scope { attributes(subject, &references, pair, policy, link) } else { Vec::new() },
        members: in_scope.then(|| members::of(subject, pair, &references, workings)).flatten(),
        licences: if in_scope && subject.kind() == Kind::User { licences::by_rule(policy, slice, subject.object) } else { Vec::new() },
        ..Explanation::default()
    })
}

fn of_several<'a>(subjects: impl Iterator<Item = &'a Subject<'a>>) -> Explanation {
    let mut candidates: Vec<Box<str>> = subjects.map(|subject| subject.object.dn.clone()).collect();
    candidates.sort_unstable();
    Explanation {
        scope: format!("not told: {} objects have this name; ask with the DN of one of them", candidates.len()).into(),
        matched: "not told, for several have this name".into(),
        candidates,
        ..Explanation::default()
    }
}

fn matched(subject: &Subject<'_>, pair: &Pair<'_>, link: Option<&Link>) -> String {
    match pair {
        Pair::Linked(_) => "linked: both sides share the anchor".to_owned(),
        Pair::Rebuilt(_) => "the tenant's object carries the anchor; the lost link is made again".to_owned(),
        Pair::Returning(..) => "the tenant's object was deleted and can be restored".to_owned(),
        Pair::Joined(_, key) => format!("matches by {key}; not joined yet"),
        Pair::New if subject.kind() == Kind::User => "nobody in the tenant is this person".to_owned(),
        Pair::New => "not in the tenant yet".to_owned(),
        Pair::Waits if subject.in_scope() => "not decided: see the findings".to_owned(),
        Pair::Waits if link.is_some_and(|link| link.state == LinkState::Live) => "linked from when it took part".to_owned(),
        Pair::Waits => "not looked for, for it does not take part".to_owned(),
    }
}

fn attributes(
    subject: &Subject<'_>,
    references: &References<'_>,
    pair: &Pair<'_>,
    policy: &Policy,
    link: Option<&Link>,
) -> Vec<ExplainedAttribute> {
    let waits = matches!(pair, Pair::Waits);
    let flows = flow::desired(&Person::new(subject.object, policy)).with_every_flow(subject.kind()).flows;
    let all = flows.into_iter().map(|(flow, flowed)| {
        let ignored = flowed == Flowed::Ignore || subject.ignored.contains(&flow.service);
        let value = diff::resolved(flowed, references).map(Given::into_value);
        let confirmed = link.and_then(|link| link.confirmed.get(flow.service));
        let outcome = match (&value, &confirmed) {
            _ if ignored => IGNORED,
            (value, confirmed) if value == confirmed => "as it should be",
            _ if waits => WAITING,
            (None, Some(_)) => "will be cleared",
            _ => "will be set",
        };
        let own = flow::own::of(policy, subject.kind(), flow.service);
        let from = own.map_or(Cow::Borrowed(flow.ad), |own| Cow::Owned(format!("{} (own flow)", own.made_of())));
        ExplainedAttribute { from, to: flow.service, shows_as: flow.graph, value, confirmed, outcome }
    });
    let told = all.filter(|attribute| attribute.value.is_some() || attribute.confirmed.is_some() || attribute.from.ends_with("(own flow)"));
    told.collect()
}

/// By what the links and the tenant know: a person under an older name or the tenant's id, or somebody who has no source object
/// in the slice, gone from Active Directory or known to the tenant alone.
fn of_others(wanted: &Wanted<'_>, workings: &Workings<'_>, slice: &Slice, policy: &Policy) -> Option<Explanation> {
    let target = slice.targets.iter().find(|target| wanted.is_target(target));
    let link = slice.links.iter().find(|link| wanted.is_link(link)).or_else(|| target.and_then(|target| workings.world.owner(target)));
    let target = target.or_else(|| link.and_then(|link| workings.world.target_of(link)));
    let anchor = link.map(|link| &link.anchor).or_else(|| target.and_then(|target| target.anchor.as_ref()));
    if let Some(place) = place_of(anchor, target, workings) {
        return of_subject(place, workings, slice, policy);
    }
    let matched = match (link.map(|link| link.state), target) {
        (Some(LinkState::Live), _) => "linked to an object of Active Directory that was not found",
        (Some(LinkState::Deleted), _) => "was linked; the tenant's object was deleted",
        (None, Some(target)) if target.synced => "synchronized by a directory, but not linked here",
        (None, Some(_)) => "In cloud: no AD user matches",
        (None, None) => return None,
    };
    Some(Explanation {
        source_dn: link.map(|link| link.last_dn.clone()),
        anchor: anchor.map(|anchor| anchor.as_str().into()),
        target_upn: target.map(|target| target.upn.clone()).or_else(|| link.map(|link| link.last_upn.clone())),
        target_id: target.map(|target| target.id.clone()).or_else(|| link.and_then(|link| link.target_id.clone())),
        in_scope: false,
        scope: "no such object in Active Directory".into(),
        matched: matched.into(),
        ..Explanation::default()
    })
}

/// The subject with that anchor, or the one that is about to take over that cloud user.
fn place_of(anchor: Option<&Anchor>, target: Option<&TargetObject>, workings: &Workings<'_>) -> Option<usize> {
    let takes_over = |pair: &Pair<'_>| matches!((pair, target), (Pair::Joined(taken, _), Some(target)) if std::ptr::eq(*taken, target));
    let mut both = workings.subjects.iter().zip(&workings.pairs);
    both.position(|(subject, pair)| Some(&subject.anchor) == anchor || takes_over(pair))
}

#[cfg(test)]
mod tests;
