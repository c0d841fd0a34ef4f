//! The administrator's own flows: each overrides, adds or drops one row of the tables.
//!
//! A value that an own flow makes goes through the row's own transformation, as if it stood in the row's attribute: what the
//! service would refuse is refused here too, and becomes the same finding.

mod check;
mod extension;
mod template;

use super::{Desired, Flow, Flowed, NAMES, Problem, Read, by_service_name, within_limit};
use crate::catalogue::Code;
use crate::person::Person;
use crate::plan::Kind;
use crate::policy::{Empty, Make, OwnFlow, Rules};
use crate::{Attributes, AttributesBuilder, Policy};

/// With an alternate sign-in name, the service still wants to know the real one.
static REAL_NAME: Flow =
    super::flow("userPrincipalName", "onPremisesUserPrincipalName", "onPremisesUserPrincipalName", 0, Read::TextOrIgnore);
const SIGN_IN_NAME: &str = "userPrincipalName";

/// A row that is in no table: a directory extension, or one that only own flows bring.
pub(super) fn row_elsewhere(service: &str) -> Option<&'static Flow> {
    if service == REAL_NAME.service { Some(&REAL_NAME) } else { extension::row(service) }
}

fn row(kind: Kind, service: &str) -> Option<&'static Flow> {
    by_service_name(kind, service).or_else(|| extension::row(service))
}

/// The own flow that fills an attribute of the service, where there is one.
pub(crate) fn of<'a>(policy: &'a Policy, kind: Kind, service: &str) -> Option<&'a OwnFlow> {
    policy.rules.flows.iter().rfind(|own| own.kind == kind && *own.to == *service)
}

/// Lets the own flows have their say about what an object should be, as far as `takes` admits their targets. Problems of a value
/// that does not flow any more are forgotten.
pub(super) fn apply<'a>(person: &Person<'a>, takes: impl Fn(&str) -> bool, desired: &mut Desired<'a>) {
    let kind = person.kind();
    for own in person.policy.rules.flows.iter().filter(|own| own.kind == kind) {
        let Some(flow) = row(kind, &own.to).filter(|flow| takes(flow.service)) else { continue };
        desired.problems.retain(|problem| problem.attribute != flow.ad);
        let flowed = own.flowed(flow, person, &mut desired.problems);
        desired.put(flow, flowed);
        if flow.service == SIGN_IN_NAME && own.make != Make::Drop && takes(REAL_NAME.service) {
            // Whatever it is: nobody signs in with it, so that its faults are nobody's.
            let flowed = REAL_NAME.read.read(&REAL_NAME, person, &mut Vec::new());
            desired.put(&REAL_NAME, flowed);
        }
    }
}

/// The keys that own flows bring: `name:` of the names that they make, `ref:` of the objects that they refer to.
pub(crate) fn keys(person: &Person<'_>) -> Vec<String> {
    let own = person.policy.rules.flows.iter().filter(|own| own.kind == person.kind() && own.make != Make::Drop);
    let rows = own.filter_map(|own| Some((own, row(own.kind, &own.to)?)));
    let couples = |flow: &Flow| NAMES.contains(&flow.service) || matches!(flow.read, Read::Reference | Read::References);
    let flowed = rows.filter(|(_, flow)| couples(flow)).map(|(own, flow)| own.flowed(flow, person, &mut Vec::new()));
    let keys = flowed.flat_map(|flowed| match flowed {
        Flowed::Value(given) => crate::keys::value_names(&given.into_value()).into_iter().map(|name| format!("name:{name}")).collect(),
        Flowed::Reference(dn) => vec![format!("ref:{dn}")],
        Flowed::References(dns) => dns.into_iter().map(|dn| format!("ref:{dn}")).collect(),
        Flowed::Clear | Flowed::Ignore => Vec::new(),
    });
    keys.collect()
}

impl<'a> Desired<'a> {
    fn put(&mut self, flow: &'static Flow, flowed: Flowed<'a>) {
        match self.flows.binary_search_by(|(known, _)| known.service.cmp(flow.service)) {
            Ok(at) => {
                if let Some(place) = self.flows.get_mut(at) {
                    *place = (flow, flowed);
                }
            }
            Err(at) => self.flows.insert(at, (flow, flowed)),
        }
    }
}

impl OwnFlow {
    /// Whether the flow can be used: its target exists and may be set, its attributes may be read, its template can be read.
    /// The error says what to write instead.
    pub fn check(&self) -> Result<(), String> {
        check::flow(self)
    }

    /// What the value is made of, in one line.
    pub(crate) fn made_of(&self) -> String {
        match &self.make {
            Make::First(names) => names.join(", else "),
            Make::Template(text) => format!("template {text}"),
            Make::Constant(_) => "always the same".to_owned(),
            Make::Drop => "dropped".to_owned(),
        }
    }

    /// The attributes of Active Directory that it looks at.
    fn attributes(&self) -> Vec<Box<str>> {
        match &self.make {
            Make::First(names) => names.clone(),
            Make::Template(text) => template::attributes(text),
            Make::Constant(_) | Make::Drop => Vec::new(),
        }
    }

    fn flowed(&self, flow: &'static Flow, person: &Person<'_>, problems: &mut Vec<Problem>) -> Flowed<'static> {
        if self.make == Make::Drop {
            return Flowed::Ignore;
        }
        let (from, values) = self.values(person);
        if values.is_empty() {
            return self.nothing(flow, problems);
        }
        let block = standing_in(flow, &values);
        let known = problems.len();
        let standing = person.with(flow.ad, &block);
        let flowed = flow.read.read(flow, &standing, problems);
        let flowed = within_limit(flow, flowed, problems).on_its_own();
        // The person who mends it must look at the attribute that holds it, not at the one that it stands in for.
        if let Some(name) = from.and_then(|name| extension::name_kept(&name)) {
            problems.iter_mut().skip(known).for_each(|problem| problem.attribute = name);
        }
        flowed
    }

    /// The values, and the attribute that gives them.
    fn values(&self, person: &Person<'_>) -> (Option<Box<str>>, Vec<Vec<u8>>) {
        match &self.make {
            Make::First(names) => {
                let there = |name: &str| values_of(person, name).iter().any(|value| !value.trim_ascii().is_empty());
                names.iter().find(|name| there(name)).map_or((None, Vec::new()), |name| (Some(name.clone()), values_of(person, name)))
            }
            Make::Template(text) => (
                template::attributes(text).into_iter().next(),
                template::filled(text, person).into_iter().map(String::into_bytes).collect(),
            ),
            Make::Constant(text) => (None, vec![text.as_bytes().to_vec()]),
            Make::Drop => (None, Vec::new()),
        }
    }

    fn nothing(&self, flow: &Flow, problems: &mut Vec<Problem>) -> Flowed<'static> {
        if flow.service == SIGN_IN_NAME {
            let name = self.attributes().into_iter().next().and_then(|name| extension::name_kept(&name)).unwrap_or(flow.ad);
            problems.push(Problem::new(Code::UpnMissing, name, "", "is blank, and it makes the sign-in name"));
        }
        match self.empty {
            // Nobody loses these because an attribute is blank.
            _ if check::NEVER_CLEARED.contains(&flow.service) => Flowed::Ignore,
            Empty::Clear => Flowed::Clear,
            Empty::Ignore => Flowed::Ignore,
        }
    }
}

fn values_of(person: &Person<'_>, name: &str) -> Vec<Vec<u8>> {
    match template::text_of(person, name) {
        Some(text) if template::is_known_anyway(name) => vec![text.into_bytes()],
        _ => person.raw(name).map(<[u8]>::to_vec).collect(),
    }
}

/// The values as if they stood in the row's own attribute.
fn standing_in(flow: &Flow, values: &[Vec<u8>]) -> Attributes {
    let mut block = AttributesBuilder::default();
    for value in values {
        let word = value.trim_ascii().to_ascii_uppercase();
        match (flow.read, word.as_slice()) {
            (Read::Enabled, b"TRUE") => block.add(flow.ad, b"512"),
            (Read::Enabled, b"FALSE") => block.add(flow.ad, b"514"),
            (Read::Boolean, b"TRUE" | b"FALSE") => block.add(flow.ad, &word),
            _ => block.add(flow.ad, value),
        }
    }
    block.build()
}

impl Rules {
    /// The attributes of Active Directory that the filter and the own flows look at beyond
    /// [`source_attributes`](crate::source_attributes): they must be asked for too. In lower case, sorted, none twice; never one
    /// that holds a secret.
    pub fn attributes(&self) -> Vec<Box<str>> {
        let mut names: Vec<Box<str>> = self.filter.iter().flat_map(crate::Filter::attributes).collect();
        names.extend(self.flows.iter().flat_map(OwnFlow::attributes).map(|name| name.to_ascii_lowercase().into()));
        let known = |name: &str| super::source_attributes().iter().any(|known| known.eq_ignore_ascii_case(name));
        names.retain(|name| !known(name) && !template::is_known_anyway(name) && !crate::filter::is_secret(name));
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Whether the own flows can be used together; the error names the second of two for one target, and more directory extensions
    /// than an object may have. Each alone: see [`OwnFlow::check`].
    pub fn check_flows(&self) -> Result<(), String> {
        check::together(&self.flows)
    }
}

#[cfg(test)]
mod tests;
