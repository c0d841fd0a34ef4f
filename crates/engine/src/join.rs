//! Joining: which cloud user is the same person as an AD user.
//!
//! A remembered join (a link) comes first, then the anchor, then the rules of the policy. Whoever cannot be joined or created
//! without doubt waits, and a finding says why.

mod bars;
mod dirsync;
mod entra;
mod names;
mod privileged;
mod returning;

use std::collections::{BTreeMap, BTreeSet};

use crate::Kind;
use crate::catalogue::{At, Code};
use crate::flow;
use crate::person::Person;
use crate::policy::{Adopt, MatchPolicy, Policy};
use crate::slice::{Link, LinkState, TargetObject};
use crate::subject::{Findings, Name, Subject};
use crate::world::World;

pub(crate) use names::Names;
pub(crate) use privileged::{is_kept, protect};

/// The keys that can match, in words for an administrator.
mod key {
    pub const ANCHOR: &str = "the anchor";
    pub const PRIMARY: &str = "primary e-mail address";
    pub const UPN: &str = "UPN";
    pub const UPN_AND_MAIL: &str = "UPN and e-mail address";
}

/// What is to become of an in-scope person at the tenant.
#[derive(Clone, Copy)]
pub(crate) enum Pair<'a> {
    /// Linked: they get what differs from what was last confirmed.
    Linked(&'a Link),
    /// The tenant's object carries this anchor and is synchronized, but the link was lost: it is made again.
    Rebuilt(&'a TargetObject),
    /// A soft-deleted object comes back.
    Returning(Option<&'a Link>, Option<&'a TargetObject>),
    /// An existing cloud user is taken over; with the key that matched.
    Joined(&'a TargetObject, &'static str),
    /// Nobody in the tenant is this person.
    New,
    /// Nothing is done; a finding, or the standing, says why.
    Waits,
}

impl Pair<'_> {
    /// Whether the tenant will have an object with the person's anchor once the plan has been applied.
    pub fn will_exist(&self) -> bool {
        !matches!(self, Self::Waits)
    }
}

/// How many attributes stay as they are in the tenant.
pub(crate) fn names_kept(subjects: &[Subject<'_>]) -> usize {
    subjects.iter().map(|subject| subject.ignored.len()).sum()
}

/// Finds the counterpart of every person in scope. The result stands in the order of `subjects`.
pub(crate) fn pair<'a>(
    subjects: &mut [Subject<'_>],
    waiting: &BTreeSet<usize>,
    world: &World<'a>,
    policy: &Policy,
    findings: &mut Findings,
) -> Vec<Pair<'a>> {
    let mut pairs: Vec<Pair<'a>> = Vec::with_capacity(subjects.len());
    for (place, subject) in subjects.iter_mut().enumerate() {
        let free = subject.in_scope() && !waiting.contains(&place);
        let found = if free { counterpart(subject, world, policy, findings) } else { Pair::Waits };
        pairs.push(wait_for_state(subject, found, world, policy, findings));
    }
    refuse_shared_targets(subjects, &mut pairs, findings);
    returning::refuse_clashes(subjects, &mut pairs, findings);
    pairs
}

fn counterpart<'a>(subject: &mut Subject<'_>, world: &World<'a>, policy: &Policy, findings: &mut Findings) -> Pair<'a> {
    if let Some(known) = known_object(subject, world, findings) {
        return match known {
            Pair::Linked(_) | Pair::Rebuilt(_) => keep_taken_names_out(subject, known, world, findings),
            Pair::Returning(_, target) => come_back(subject, known, target, world, policy, findings),
            Pair::Joined(target, key) => admit(subject, target, key, world, policy, findings),
            Pair::New | Pair::Waits => known,
        };
    }
    let found = match (subject.kind(), policy.matching) {
        (Kind::User, _) if subject.upn.is_none() => return Pair::Waits,
        (Kind::User, MatchPolicy::Dirsync) => dirsync::find(subject, world, findings),
        (Kind::User, MatchPolicy::Entra) => entra::find(subject, world, findings),
        (Kind::Group | Kind::Contact, _) => by_address(subject, world, findings),
    };
    match found {
        Pair::Joined(target, key) => admit(subject, target, key, world, policy, findings),
        Pair::New => wait_for_taken_names(subject, Pair::New, world, findings),
        other => other,
    }
}

/// The object that is known to be this one: by a link, else by the anchor it carries. Of groups and contacts the tenant shows no
/// anchor, and deleted ones do not come back: theirs is a new object.
fn known_object<'a>(subject: &Subject<'_>, world: &World<'a>, findings: &mut Findings) -> Option<Pair<'a>> {
    let user = subject.kind() == Kind::User;
    if let Some(link) = world.links.get(&subject.anchor).copied().filter(|link| link.kind == subject.kind()) {
        let target = world.target_of(link);
        let deleted = link.state == LinkState::Deleted || target.is_some_and(|target| target.soft_deleted);
        match (deleted, user) {
            (false, _) => return Some(Pair::Linked(link)),
            (true, true) => return Some(Pair::Returning(Some(link), target)),
            (true, false) => return None,
        }
    }
    let carriers = world.with_anchor(&subject.anchor);
    if !user {
        let holder = carriers.iter().find(|target| !target.soft_deleted)?;
        findings.insert(other_class(subject, holder));
        return Some(Pair::Waits);
    }
    let live: Vec<_> = carriers.iter().filter(|target| !target.soft_deleted).copied().collect();
    match (live.as_slice(), carriers) {
        ([], []) => None,
        ([], [deleted, ..]) if deleted.synced => Some(Pair::Returning(None, Some(deleted))),
        // Nobody may get a cloud user out of the bin, and take it over, without a person's word.
        ([], [deleted, ..]) => Some(Pair::Joined(deleted, key::ANCHOR)),
        ([target], _) if target.synced => Some(Pair::Rebuilt(target)),
        ([target], _) => Some(Pair::Joined(target, key::ANCHOR)),
        (several, _) => {
            findings.insert(ambiguous(subject, several));
            Some(Pair::Waits)
        }
    }
}

/// Groups and contacts are matched by the primary one of their proxyAddresses alone; one without is new.
fn by_address<'a>(subject: &Subject<'_>, world: &World<'a>, findings: &mut Findings) -> Pair<'a> {
    let listed = |primary: &&str| subject.names.iter().any(|name| name.folded == *primary && name.attribute == "proxyAddresses");
    let holders = subject.names.primary().filter(listed).map_or(&[][..], |primary| world.with_primary(primary));
    let alike: Vec<_> = holders.iter().filter(|target| target.kind == subject.kind()).copied().collect();
    match alike.as_slice() {
        [] => Pair::New,
        [target] => Pair::Joined(target, key::PRIMARY),
        several => {
            findings.insert(ambiguous(subject, several));
            Pair::Waits
        }
    }
}

/// A deleted user comes back, where the tenant allows it.
fn come_back<'a>(
    subject: &Subject<'_>,
    pair: Pair<'a>,
    target: Option<&'a TargetObject>,
    world: &World<'a>,
    policy: &Policy,
    findings: &mut Findings,
) -> Pair<'a> {
    match target.and_then(|target| bars::against_return(subject, target, policy)) {
        Some(finding) => {
            findings.insert(finding);
            Pair::Waits
        }
        None => wait_for_taken_names(subject, pair, world, findings),
    }
}

/// What forbids every takeover; then the names; then the administrator's word.
fn admit<'a>(
    subject: &Subject<'_>,
    target: &'a TargetObject,
    key: &'static str,
    world: &World<'a>,
    policy: &Policy,
    findings: &mut Findings,
) -> Pair<'a> {
    if let Some(finding) = bars::against_takeover(subject, target, key, world, policy) {
        findings.insert(finding);
        wait_for_taken_names(subject, Pair::Joined(target, key), world, findings);
        return Pair::Waits;
    }
    match wait_for_taken_names(subject, Pair::Joined(target, key), world, findings) {
        Pair::Joined(..) if policy.adopt == Adopt::Never => {
            let hint = "set `matching.adopt` to \"ask\" or \"allow\", or move the AD user out of the scope";
            findings.insert(Code::AdoptionNotAllowed.finding([&*subject.object.dn, &*target.upn], hint));
            Pair::Waits
        }
        other => other,
    }
}

/// A person who is not in the tenant yet, or not any more, waits while somebody else there has one of their names.
fn wait_for_taken_names<'a>(subject: &Subject<'_>, pair: Pair<'a>, world: &World<'a>, findings: &mut Findings) -> Pair<'a> {
    let own = match pair {
        Pair::Joined(target, _) | Pair::Returning(_, Some(target)) => Some(target),
        _ => None,
    };
    let taken = taken_names(subject, own, world);
    tell(subject, &taken, own.is_none(), findings);
    let held = if own.is_some_and(|own| own.soft_deleted) { returning::own_name_taken(subject, pair, world) } else { None };
    let free = taken.is_empty() && held.is_none();
    findings.extend(held);
    if free { pair } else { Pair::Waits }
}

/// No account is made for somebody of whom a domain controller does not tell whether they are disabled: whoever cannot read that has
/// lost rights, and a new account would be an open one. Where an export lacks it, nobody could come.
fn wait_for_state<'a>(subject: &Subject<'_>, pair: Pair<'a>, world: &World<'a>, policy: &Policy, findings: &mut Findings) -> Pair<'a> {
    let makes = matches!(pair, Pair::New | Pair::Returning(None, None)) && subject.kind() == Kind::User;
    let said = subject.object.attributes.text("useraccountcontrol").unwrap_or_default();
    if !makes || !world.from_directory || said.parse::<u32>().is_ok() {
        return pair;
    }
    // A flow of the administrator's own may know.
    if flow::desired(&Person::new(subject.object, policy)).value("accountEnabled").is_some() {
        return pair;
    }
    let hint = "let the account of [source] read userAccountControl; until it can, no account is made for this user";
    findings.insert(Code::AccountStateUnknown.finding([&*subject.object.dn], hint).at("userAccountControl", said));
    Pair::Waits
}

/// A linked person goes on, but does not get a name that somebody else in the tenant has.
fn keep_taken_names_out<'a>(subject: &mut Subject<'_>, pair: Pair<'a>, world: &World<'a>, findings: &mut Findings) -> Pair<'a> {
    let (own, link) = match pair {
        Pair::Linked(link) => (world.target_of(link), Some(link)),
        Pair::Rebuilt(target) => (Some(target), None),
        _ => return pair,
    };
    let mut taken = taken_names(subject, own, world);
    taken.retain(|(name, _)| !link.is_some_and(|link| has(link, name)));
    tell(subject, &taken, false, findings);
    let attributes: Vec<_> = taken.into_iter().map(|(name, _)| name.attribute).collect();
    attributes.into_iter().for_each(|attribute| subject.ignore(attribute));
    pair
}

/// Whether an object has a name already, as a sign-in name or as an address, as it is wanted.
fn has(link: &Link, name: &Name<'_>) -> bool {
    let attributes: &[&str] = if name.attribute == "userPrincipalName" { &["userPrincipalName"] } else { &["mail", "proxyAddresses"] };
    let confirmed = attributes.iter().filter_map(|attribute| link.confirmed.get(attribute));
    confirmed.flat_map(|value| crate::keys::value_names(&value)).any(|held| held == name.folded)
}

/// The person's names that another live object of the tenant has, each with one who has it. A sign-in name counts on both
/// sides, for the tenant gives a name to one object only.
fn taken_names<'s, 'a>(subject: &'s Subject<'_>, own: Option<&TargetObject>, world: &World<'a>) -> Vec<(Name<'s>, &'a TargetObject)> {
    let other = |target: &&&TargetObject| own.is_none_or(|own| own.id != target.id) && target.anchor.as_ref() != Some(&subject.anchor);
    let holder = |name: &Name<'_>| {
        let holders = world.with_address(name.folded).iter().chain(world.with_upn(name.folded));
        holders.filter(other).min_by_key(|target| &target.upn).copied()
    };
    subject.names.iter().filter_map(|name| Some((name, holder(&name)?))).collect()
}

/// Names what is taken. `mail` repeats the sign-in name where it is blank: one finding is enough.
fn tell(subject: &Subject<'_>, taken: &[(Name<'_>, &TargetObject)], new: bool, findings: &mut Findings) {
    for alike in taken.chunk_by(|(one, holder), (other, later)| one.folded == other.folded && holder.id == later.id) {
        findings.extend(alike.first().map(|(name, holder)| address_taken(subject, name, holder, new)));
    }
}

fn address_taken(subject: &Subject<'_>, name: &Name<'_>, holder: &TargetObject, new: bool) -> crate::Finding {
    let Name { folded, attribute } = name;
    let who = format!("{} has {folded} in the tenant", holder.upn);
    let other_class = holder.kind != subject.kind();
    let hint = if other_class {
        format!("{who}, and is a {}: remove it there, or change {attribute} in Active Directory", holder.kind.as_str())
    } else if new {
        format!(
            "{who}: if that is the same {}, give the AD {} that {}; else remove the address there, or change {attribute} in Active Directory",
            if subject.kind() == Kind::User { "person" } else { "object" },
            subject.kind().as_str(),
            if subject.kind() == Kind::User { "sign-in name" } else { "primary address" },
        )
    } else {
        format!("{who}: remove it there, or change {attribute} in Active Directory")
    };
    // The service would match by the primary address, and refuse the object for that; any other address it would park.
    let by_primary = new && other_class && subject.names.primary() == Some(*folded);
    let code = if by_primary { Code::MatchOtherClass } else { Code::MatchAddressTaken };
    code.finding([&*subject.object.dn, &*holder.upn], hint).at(attribute, folded)
}

/// A cloud user carries the anchor of a group or a contact.
fn other_class(subject: &Subject<'_>, holder: &TargetObject) -> crate::Finding {
    let hint = format!("{} carries the anchor of this {}: clear onPremisesImmutableId there", holder.upn, subject.kind().as_str());
    Code::MatchOtherClass.finding([&*subject.object.dn, &*holder.upn], hint).at("onPremisesImmutableId", subject.anchor.as_str())
}

fn ambiguous(subject: &Subject<'_>, targets: &[&TargetObject]) -> crate::Finding {
    let objects = std::iter::once(&*subject.object.dn).chain(targets.iter().map(|target| &*target.upn));
    Code::MatchAmbiguous.finding(objects, "more than one cloud user could be this person: change the names of all but one, then sync again")
}

/// Two people who match one cloud user are not guessed between.
fn refuse_shared_targets(subjects: &[Subject<'_>], pairs: &mut [Pair<'_>], findings: &mut Findings) {
    let mut takers: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (place, pair) in pairs.iter().enumerate() {
        if let Pair::Joined(target, _) = pair {
            takers.entry(&target.id).or_default().push(place);
        }
    }
    for places in takers.values().filter(|places| places.len() > 1) {
        let names = places.iter().filter_map(|place| subjects.get(*place)).map(|subject| &*subject.object.dn);
        let target = places.first().and_then(|place| pairs.get(*place));
        let upn = if let Some(Pair::Joined(target, _)) = target { &*target.upn } else { "" };
        let hint = "more than one AD user could be this cloud user: change the names of all but one, then sync again";
        findings.insert(Code::MatchAmbiguous.finding(names.chain(std::iter::once(upn)), hint));
        for place in places {
            if let Some(pair) = pairs.get_mut(*place) {
                *pair = Pair::Waits;
            }
        }
    }
}
