//! Attribute flow: which attribute of Active Directory becomes which attribute of the service, and how.
//!
//! A flow has three outcomes: a value, *clear* (the target's value is removed) and *ignore* (the target keeps what it has).
//! A value that the service would refuse is ignored and becomes a finding.

mod contacts;
mod groups;
pub(crate) mod own;
mod read;
mod users;

use std::sync::LazyLock;

use crate::block::Given;
use crate::person::Person;
use crate::plan::Kind;
use crate::value::Value;

pub(crate) use read::Problem;
use read::Read;

/// One row of a table of flows.
pub(crate) struct Flow {
    /// The attribute of Active Directory, as its schema writes it; for constants, what they are made of.
    pub ad: &'static str,
    /// The attribute at the provisioning service.
    pub service: &'static str,
    /// The property of Graph where it shows; empty where Graph does not show it.
    pub graph: &'static str,
    /// The most characters that the service takes; 0 where it names no limit.
    chars_max: usize,
    /// Makes the value.
    read: Read,
    /// Flows for those only that Exchange knows: who have a mailNickname. It is cleared for the others.
    exchange: bool,
}

const fn flow(ad: &'static str, service: &'static str, graph: &'static str, chars_max: usize, read: Read) -> Flow {
    Flow { ad, service, graph, chars_max, read, exchange: false }
}

/// A flow of the Exchange block.
const fn exchange(ad: &'static str, service: &'static str, graph: &'static str, chars_max: usize, read: Read) -> Flow {
    Flow { ad, service, graph, chars_max, read, exchange: true }
}

/// The flows of one kind of objects, sorted by the service's name. References need the plan itself: they are resolved in `diff`.
pub(crate) const fn flows_of(kind: Kind) -> &'static [Flow] {
    match kind {
        Kind::User => users::USERS,
        Kind::Group => groups::GROUPS,
        Kind::Contact => contacts::CONTACTS,
    }
}

const KINDS: [Kind; 3] = [Kind::User, Kind::Group, Kind::Contact];

/// The members of a group, at the service as in Active Directory. No flow: see [`Action::Member`](crate::Action::Member).
pub(crate) const MEMBER: &str = "member";

/// What the rules look at beside the flows; `adminCount` is for the rules about passwords, and no plan follows from it.
const RULES_NEED: &[&str] = &["adminCount", "adminDescription", "isCriticalSystemObject", crate::identity::CONSISTENCY_GUID, MEMBER];

/// The attributes of Active Directory to ask for, of whatever class, as its schema writes them: those of the flows and those that
/// the rules look at. Never `unicodePwd`. `distinguishedName` and `objectGUID` are not repeated here.
pub fn source_attributes() -> &'static [&'static str] {
    static NAMES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
        let flows = KINDS.into_iter().flat_map(flows_of).filter(|flow| flow.read.is_asked_for()).map(|flow| flow.ad);
        let mut names: Vec<_> = flows.chain(RULES_NEED.iter().copied()).collect();
        names.sort_unstable();
        names.dedup();
        names
    });
    &NAMES
}

/// What an object refers to: its attributes that hold DNs and flow, and a group's members even where they were given in part.
pub(crate) fn referring<'p>(person: &'p Person<'_>) -> impl Iterator<Item = (&'p str, crate::Values<'p>)> {
    static NAMES: LazyLock<[Vec<Box<str>>; 3]> = LazyLock::new(|| {
        KINDS.map(|kind| {
            let refer = flows_of(kind).iter().filter(|flow| matches!(flow.read, Read::Reference | Read::References));
            let mut names: Vec<Box<str>> = refer.map(|flow| flow.ad.to_ascii_lowercase().into()).collect();
            names.sort_unstable();
            names
        })
    });
    let [users, groups, contacts] = &*NAMES;
    let names = match person.kind() {
        Kind::User => users,
        Kind::Group => groups,
        Kind::Contact => contacts,
    };
    let is_group = person.kind() == Kind::Group;
    let refers = move |name: &str| {
        let members = is_group && name.strip_prefix(MEMBER).is_some_and(|rest| rest.is_empty() || rest.starts_with(";range="));
        members || names.binary_search_by(|known| (**known).cmp(name)).is_ok()
    };
    person.all().filter(move |(name, _)| refers(name))
}

/// Whether the values of an attribute of the service are anchors of other objects.
pub fn is_reference(service: &str) -> bool {
    let refers = |flow: &Flow| matches!(flow.read, Read::Reference | Read::References);
    service == MEMBER || KINDS.into_iter().any(|kind| by_service_name(kind, service).is_some_and(refers))
}

/// The tables' own copy of a service name.
pub(crate) fn known_service_name(name: &str) -> Option<&'static str> {
    let known = KINDS.into_iter().find_map(|kind| by_service_name(kind, name)).map(|flow| flow.service);
    known.or_else(|| (name == MEMBER).then_some(MEMBER)).or_else(|| own::row_elsewhere(name).map(|flow| flow.service))
}

/// The most characters that the service takes of an attribute of Active Directory; `None` where it names no limit.
pub(crate) fn chars_max(ad: &str) -> Option<usize> {
    let limit = |kind| flows_of(kind).iter().find(|flow| flow.ad == ad).map(|flow| flow.chars_max).filter(|chars_max| *chars_max > 0);
    KINDS.into_iter().find_map(limit)
}

/// The flow that fills an attribute of the service.
pub(crate) fn by_service_name(kind: Kind, name: &str) -> Option<&'static Flow> {
    let flows = flows_of(kind);
    flows.get(flows.binary_search_by(|flow| flow.service.cmp(name)).ok()?)
}

/// What one flow gave.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Flowed<'a> {
    /// The value to have.
    Value(Given<'a>),
    /// No value to have.
    Clear,
    /// Whatever the target has.
    Ignore,
    /// The object at this DN, by its key; resolved when it is known what the plan makes of that object.
    Reference(String),
    /// The objects at these DNs, likewise.
    References(Vec<String>),
}

/// What an object should be at the service, sorted by the service's name: the flows that were asked, with what they gave. A flow of
/// the table that is not among them gives what [`silent`] says: of most people most attributes are absent.
pub(crate) struct Desired<'a> {
    pub flows: Vec<(&'static Flow, Flowed<'a>)>,
    pub problems: Vec<Problem>,
}

impl Flowed<'_> {
    /// The same, with nothing of it where it was read.
    pub fn on_its_own(self) -> Flowed<'static> {
        match self {
            Self::Value(given) => Flowed::Value(Given::Value(given.into_value())),
            Self::Clear => Flowed::Clear,
            Self::Ignore => Flowed::Ignore,
            Self::Reference(dn_key) => Flowed::Reference(dn_key),
            Self::References(dn_keys) => Flowed::References(dn_keys),
        }
    }
}

impl<'a> Desired<'a> {
    /// The same with every flow of the table, asked or not.
    pub fn with_every_flow(mut self, kind: Kind) -> Self {
        let asked = |flow: &Flow| self.flows.binary_search_by(|(known, _)| known.service.cmp(flow.service)).is_ok();
        let unasked = flows_of(kind).iter().filter(|flow| !asked(flow)).map(|flow| (flow, flow.read.of_nothing()));
        let unasked: Vec<_> = unasked.collect();
        self.flows.extend(unasked);
        self.flows.sort_unstable_by_key(|(flow, _)| flow.service);
        self
    }

    /// The value that flows to an attribute of the service.
    pub fn value(&self, service: &str) -> Option<Value> {
        self.given(service).cloned().map(Given::into_value)
    }

    /// The same where it was read.
    pub fn given(&self, service: &str) -> Option<&Given<'a>> {
        let at = self.flows.binary_search_by(|(flow, _)| flow.service.cmp(service)).ok()?;
        match self.flows.get(at) {
            Some((_, Flowed::Value(given))) => Some(given),
            _ => None,
        }
    }

    /// The text that flows to an attribute of the service.
    pub fn text(&self, service: &str) -> Option<&str> {
        match self.given(service) {
            Some(Given::Text(text)) => Some(text),
            Some(Given::Value(Value::Text(text))) => Some(text),
            _ => None,
        }
    }
}

/// The attributes by which objects couple, sorted. They are called alike on both sides.
pub(crate) const NAMES: [&str; 3] = ["mail", "proxyAddresses", "userPrincipalName"];

/// What an object should be at the service, with the problems in the data.
pub(crate) fn desired<'a>(person: &Person<'a>) -> Desired<'a> {
    let kind = person.kind();
    let mut problems = Vec::new();
    let known_to_exchange = person.text("mailNickname").is_some();
    let mut read = |flow: &'static Flow| {
        if flow.exchange && !known_to_exchange {
            Flowed::Clear
        } else {
            within_limit(flow, flow.read.read(flow, person, &mut problems), &mut problems)
        }
    };
    let table = flows_of(kind);
    let asked = asked_of(person);
    let mut flows = Vec::with_capacity(asked.len());
    flows.extend(asked.into_iter().filter_map(|place| table.get(place)).map(|flow| (flow, read(flow))));
    let mut desired = Desired { flows, problems };
    own::apply(person, |_| true, &mut desired);
    desired
}

/// The places of the rows that an object has something to say to, in their order.
fn asked_of(person: &Person<'_>) -> Vec<usize> {
    let rows = rows_of(person.kind());
    let mut asked = Vec::with_capacity(2 * rows.whatever_is_there.len() + 16);
    asked.extend_from_slice(&rows.whatever_is_there);
    for (name, _) in person.all() {
        let alike = rows.of_attributes.get(bucket(name)).into_iter().flatten();
        asked.extend(alike.filter(|(wanted, _)| **wanted == *name).map(|(_, place)| *place));
    }
    asked.sort_unstable();
    asked
}

/// The flow of an attribute that is cleared where nothing was asked about it; `None` where the target keeps what it has.
pub(crate) fn silent(kind: Kind, service: &str) -> Option<&'static Flow> {
    by_service_name(kind, service).filter(|flow| flow.read.of_nothing() == Flowed::Clear)
}

/// The same for the names alone: all that is needed to know who is who.
pub(crate) fn desired_names<'a>(person: &Person<'a>) -> Desired<'a> {
    let mut problems = Vec::new();
    let flows = NAMES.iter().filter_map(|name| by_service_name(person.kind(), name));
    let flows = flows.map(|flow| (flow, within_limit(flow, flow.read.read(flow, person, &mut problems), &mut problems))).collect();
    let mut desired = Desired { flows, problems };
    own::apply(person, |service| NAMES.contains(&service), &mut desired);
    desired
}

/// The rows of a table, by what they need. Most objects have a value for few of them, and a plan goes over every object.
struct Rows {
    /// Those that must be asked even where their attribute is absent.
    whatever_is_there: Vec<usize>,
    /// The others, by their attribute in lower case, each in its [`bucket`].
    of_attributes: Vec<Vec<(Box<str>, usize)>>,
}

const BUCKETS: usize = 256;

/// By the length and the ends of a name: a few names share one at the most, and a plan asks for every attribute of every object.
fn bucket(name: &str) -> usize {
    let ends = name.bytes().next().zip(name.bytes().next_back());
    ends.map_or(0, |(first, last)| name.len() * 37 + usize::from(first) * 5 + usize::from(last)) % BUCKETS
}

fn rows_of(kind: Kind) -> &'static Rows {
    static ROWS: LazyLock<[Rows; 3]> = LazyLock::new(|| KINDS.map(sort_out));
    let [users, groups, contacts] = &*ROWS;
    match kind {
        Kind::User => users,
        Kind::Group => groups,
        Kind::Contact => contacts,
    }
}

fn sort_out(kind: Kind) -> Rows {
    let mut rows = Rows { whatever_is_there: Vec::new(), of_attributes: vec![Vec::new(); BUCKETS] };
    for (place, flow) in flows_of(kind).iter().enumerate() {
        if flow.read.needs_more_than_its_attribute() {
            rows.whatever_is_there.push(place);
        } else {
            let name: Box<str> = flow.ad.to_ascii_lowercase().into();
            rows.of_attributes.get_mut(bucket(&name)).into_iter().for_each(|bucket| bucket.push((name.clone(), place)));
        }
    }
    rows
}

fn within_limit<'a>(flow: &Flow, flowed: Flowed<'a>, problems: &mut Vec<Problem>) -> Flowed<'a> {
    match flowed {
        Flowed::Value(Given::Text(text)) if flow.chars_max > 0 && text.len() > flow.chars_max && text.chars().count() > flow.chars_max => {
            problems.push(Problem::too_long(flow.ad, &text, flow.chars_max));
            Flowed::Ignore
        }
        other => other,
    }
}

#[cfg(test)]
mod tests;
