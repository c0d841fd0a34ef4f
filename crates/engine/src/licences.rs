//! Licences by rule: who below an OU, or directly in a group, gets which.
//!
//! Only adds: what an administrator gave by hand stays, and who falls out of a rule keeps what they have. Disabled accounts get
//! none, for nobody signs in there; they get theirs when they are enabled.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use sha2::{Digest as _, Sha256};

use crate::catalogue;
use crate::digest::ChangeDigest;
use crate::flow::{self, Desired};
use crate::person::Person;
use crate::plan::{Action, Finding, Kind, Plan};
use crate::policy::{LicenceRule, Policy};
use crate::slice::{Class, Link, LinkState, Slice, SourceObject, TargetObject};
use crate::{Anchor, Dn, Value, dn_key, in_scope_among};

const NO_LOCATION: &str = "licence-no-usage-location";

/// The licences that one user gets. As JSON it tells them before and after: `"licences":{"from":[…],"to":[…]}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LicenceChange {
    /// The user's anchor.
    pub anchor: Anchor,
    /// Graph's id; `None` for a user whom the plan still makes.
    pub target_id: Option<Box<str>>,
    /// The UPN by which a person knows the user.
    pub upn: Box<str>,
    /// Everything that the user holds as far as the tenant shows it, sorted, none twice.
    pub held: Vec<Box<str>>,
    /// Which of those a rule would give. Not part of the change: whoever remembers what was given takes them for given.
    pub by_rule: Vec<Box<str>>,
    /// The licences to give, by their part numbers (`ENTERPRISEPACK`), sorted, none twice.
    pub add: Vec<Box<str>>,
}

impl LicenceChange {
    /// The change as canonical JSON: equal changes give equal text.
    pub fn canonical_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// SHA-256 of [`LicenceChange::canonical_json`]: by this it is recognised in a later plan.
    pub fn digest(&self) -> ChangeDigest {
        Sha256::digest(self.canonical_json()).into()
    }
}

impl Serialize for LicenceChange {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct FromTo<'a> {
            from: &'a [Box<str>],
            to: BTreeSet<&'a str>,
        }
        let Self { anchor, target_id, upn, held, by_rule: _, add } = self;
        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry("anchor", anchor.as_str())?;
        map.serialize_entry("target_id", target_id)?;
        map.serialize_entry("upn", upn)?;
        map.serialize_entry("licences", &FromTo { from: held, to: held.iter().chain(add).map(AsRef::as_ref).collect() })?;
        map.end()
    }
}

/// What the licence rules give to the users of a slice whom the tenant has, or will have once the plan is applied; sorted by anchor.
/// What a user already holds is not given again as far as the slice tells (`assignedLicenses`, part numbers, among what is
/// [visible](TargetObject::visible)); who holds all of it is told without anything to give. A group of a rule must be among the slice's source objects, with its members; of one that is
/// not nobody is a member.
///
/// The service gives no licence to a user without a usageLocation: that becomes the finding `licence-no-usage-location`. The location
/// may come from Active Directory, from what was confirmed, or from what the tenant shows.
pub fn licences(slice: &Slice, policy: &Policy, plan: &Plan) -> (Vec<LicenceChange>, Vec<Finding>) {
    let (mut changes, mut findings) = (Vec::new(), Vec::new());
    if policy.rules.licences.is_empty() {
        return (changes, findings);
    }
    let takes_part = in_scope_among(policy, slice.chosen.as_ref());
    let rules: Vec<Rule<'_>> = policy.rules.licences.iter().map(|rule| Rule::new(rule, slice)).collect();
    let tenant = Tenant::new(slice, plan);
    for object in slice.source.iter().filter(|object| object.class.kind() == Kind::User && takes_part(object)) {
        let wanted = wanted(&rules, object);
        if wanted.is_empty() {
            continue;
        }
        let person = Person::new(object, policy);
        let (anchor, desired) = (person.anchor(), flow::desired(&person));
        let Some(user) = tenant.user(&anchor) else { continue };
        let held = user.held();
        let (by_rule, add): (Vec<_>, Vec<_>) = wanted.into_iter().partition(|sku| held.iter().any(|held| held.eq_ignore_ascii_case(sku)));
        if !add.is_empty() && desired.value("accountEnabled") == Some(Value::Boolean(false)) {
            continue;
        }
        if add.is_empty() || user.has_location(&desired) {
            let upn = desired.text("userPrincipalName").map_or_else(|| user.upn.into(), Into::into);
            changes.push(LicenceChange { target_id: user.id.map(Into::into), upn, held, by_rule, add, anchor });
        } else {
            findings.push(no_location(object, &add));
        }
    }
    changes.sort_by(|one: &LicenceChange, other| one.anchor.cmp(&other.anchor));
    findings.sort();
    (changes, findings)
}

/// The licences that the rules give to an object, whatever it holds.
pub(crate) fn by_rule(policy: &Policy, slice: &Slice, object: &SourceObject) -> Vec<Box<str>> {
    let rules: Vec<Rule<'_>> = policy.rules.licences.iter().map(|rule| Rule::new(rule, slice)).collect();
    wanted(&rules, object)
}

fn wanted(rules: &[Rule<'_>], object: &SourceObject) -> Vec<Box<str>> {
    let Ok(dn) = Dn::parse(&object.dn) else { return Vec::new() };
    rules.iter().filter(|rule| rule.takes(&dn)).map(|rule| rule.sku.into()).collect::<BTreeSet<Box<str>>>().into_iter().collect()
}

/// One rule, ready to be asked about many users.
struct Rule<'a> {
    sku: &'a str,
    ou: Option<Option<Dn>>,
    members: Option<HashSet<String>>,
}

impl<'a> Rule<'a> {
    fn new(rule: &'a LicenceRule, slice: &Slice) -> Self {
        let LicenceRule { sku, ou, group } = rule;
        Self {
            sku,
            ou: ou.as_deref().map(|ou| Dn::parse(ou).ok()),
            members: group.as_deref().map(|group| members_of(&dn_key(group), slice)),
        }
    }

    /// A rule that names neither an OU nor a group gives nobody anything.
    fn takes(&self, dn: &Dn) -> bool {
        let below = self.ou.as_ref().map(|ou| ou.as_ref().is_some_and(|ou| dn.is_within(ou)));
        let member = self.members.as_ref().map(|members| members.contains(dn.key()));
        (below.is_some() || member.is_some()) && below != Some(false) && member != Some(false)
    }
}

fn members_of(group: &str, slice: &Slice) -> HashSet<String> {
    let groups = slice.source.iter().filter(|object| object.class == Class::Group && dn_key(&object.dn) == group);
    groups.flat_map(|group| group.attributes.texts("member").map(dn_key)).collect()
}

/// The users whom the tenant has, or will have.
struct Tenant<'a> {
    links: BTreeMap<&'a Anchor, &'a Link>,
    by_id: BTreeMap<&'a str, &'a TargetObject>,
    /// Those whom the plan makes, with the id where there is one.
    made: BTreeMap<&'a Anchor, Option<&'a str>>,
    deleted: BTreeSet<&'a Anchor>,
}

struct User<'a> {
    id: Option<&'a str>,
    upn: &'a str,
    link: Option<&'a Link>,
    target: Option<&'a TargetObject>,
}

impl<'a> Tenant<'a> {
    fn new(slice: &'a Slice, plan: &'a Plan) -> Self {
        let of = |actions: &'static [Action]| plan.changes.iter().filter(|change| actions.contains(&change.action));
        let made = of(&[Action::Create, Action::Join, Action::Restore]).filter(|change| change.held.is_none());
        Self {
            links: slice.links.iter().filter(|link| link.state == LinkState::Live).map(|link| (&link.anchor, link)).collect(),
            by_id: slice.targets.iter().map(|target| (&*target.id, target)).collect(),
            made: made.map(|change| (&change.anchor, change.target_id.as_deref())).collect(),
            deleted: of(&[Action::Delete]).map(|change| &change.anchor).collect(),
        }
    }

    fn user(&self, anchor: &Anchor) -> Option<User<'a>> {
        let link = self.links.get(anchor).copied();
        let made = self.made.get(anchor).copied();
        if (link.is_none() && made.is_none()) || self.deleted.contains(anchor) {
            return None;
        }
        let id = made.flatten().or_else(|| link.and_then(|link| link.target_id.as_deref()));
        let target = id.and_then(|id| self.by_id.get(id)).copied();
        let upn = target.map(|target| &*target.upn).or_else(|| link.map(|link| &*link.last_upn)).unwrap_or_default();
        Some(User { id, upn, link, target })
    }
}

impl User<'_> {
    fn held(&self) -> Vec<Box<str>> {
        let shown = self.target.and_then(|target| target.visible.get("assignedLicenses"));
        let Some(Value::Texts(held)) = shown else { return Vec::new() };
        held.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect()
    }

    fn has_location(&self, desired: &Desired<'_>) -> bool {
        desired.given("usageLocation").is_some()
            || self.link.is_some_and(|link| link.confirmed.contains_key("usageLocation"))
            || self.target.is_some_and(|target| target.visible.contains_key("usageLocation"))
    }
}

fn no_location(object: &SourceObject, add: &[Box<str>]) -> Finding {
    let entry = catalogue::entry(NO_LOCATION);
    Finding {
        code: NO_LOCATION,
        severity: entry.map_or(crate::Severity::Warning, |entry| entry.severity),
        objects: vec![object.dn.clone()],
        attribute: Some("msExchUsageLocation".into()),
        value: None,
        hint: format!("it waits for {}: {}", add.join(", "), entry.map_or("", |entry| entry.mend)).into(),
    }
}

#[cfg(test)]
mod tests;
