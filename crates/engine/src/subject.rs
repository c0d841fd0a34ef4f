//! The source objects of a slice, each with its standing and the names it wants.

mod names;

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::block::Given;
use crate::catalogue::{At, Code};
use crate::flow::{self, Desired, Problem};
use crate::identity::anchors;
use crate::person::Person;
use crate::plan::Kind;
use crate::policy::Policy;
use crate::scope::{Answer, Area};
use crate::{Anchor, Dn, Finding, Slice, SourceObject, Value, fold};

pub(crate) use names::{Name, Names};

/// Findings, each once, sorted.
pub(crate) type Findings = BTreeSet<Finding>;

/// What is remembered of a source object while the plan is made. Its attributes are read again when they are needed: a plan
/// of a whole directory must not hold them all twice.
pub(crate) struct Subject<'a> {
    pub object: &'a SourceObject,
    pub anchor: Anchor,
    pub dn_key: Box<str>,
    pub standing: Answer,
    /// The sign-in name as it is sent; `None` when it is missing or faulty, and out of scope.
    pub upn: Option<Cow<'a, str>>,
    /// What a person calls a group or a contact: its mail, else its display name, else its common name. `None` of users.
    pub name: Option<Box<str>>,
    /// What matching needs.
    pub names: Names,
    /// Attributes that stay as they are in the tenant, because somebody else has a claim on their value.
    pub ignored: Vec<&'static str>,
}

impl Subject<'_> {
    pub fn in_scope(&self) -> bool {
        matches!(self.standing, Answer::In(_))
    }

    pub fn kind(&self) -> Kind {
        self.object.class.kind()
    }

    /// The name under which a person knows the object.
    pub fn known_as(&self) -> Cow<'_, str> {
        Cow::Borrowed(self.upn.as_deref().or(self.name.as_deref()).unwrap_or(&self.object.dn))
    }

    /// Gives the memory back of what only matching needs.
    pub fn forget_names(&mut self) {
        self.names = Names::default();
    }

    /// Leaves an attribute of the tenant as it is.
    pub fn ignore(&mut self, attribute: &'static str) {
        if !self.ignored.contains(&attribute) {
            self.ignored.push(attribute);
        }
    }
}

/// Reads every source object once: who is in scope, which names they want, what is wrong with their data. Sorted by
/// objectGUID.
pub(crate) fn select<'a>(slice: &'a Slice, policy: &'a Policy, findings: &mut Findings) -> Vec<Subject<'a>> {
    let area = Area::new(policy, slice.chosen.as_ref());
    let mut subjects: Vec<_> = slice.source.iter().map(|object| subject(object, policy, &area, findings)).collect();
    subjects.sort_by(|one, other| (one.object.guid, &one.object.dn).cmp(&(other.object.guid, &other.object.dn)));
    anchors::settle(&mut subjects, slice, policy, findings);
    subjects
}

fn subject<'a>(object: &'a SourceObject, policy: &'a Policy, area: &Area<'_>, findings: &mut Findings) -> Subject<'a> {
    let person = Person::new(object, policy);
    let dn = person.dn();
    let mut subject = Subject {
        object,
        anchor: person.anchor(),
        standing: area.ask(&person, dn.as_ref()),
        dn_key: dn.map_or_else(|| fold(&object.dn).into_boxed_str(), Dn::into_key),
        upn: None,
        name: None,
        names: Names::default(),
        ignored: Vec::new(),
    };
    match &subject.standing {
        Answer::In(_) => {
            let desired = flow::desired_names(&person);
            findings.extend(desired.problems.iter().map(|problem| finding(&object.dn, problem)));
            subject.upn = match desired.given("userPrincipalName") {
                Some(Given::Text(upn)) => Some(upn.clone()),
                _ => desired.text("userPrincipalName").map(|upn| upn.to_owned().into()),
            };
            subject.names = wanted_names(&person, &desired);
            subject.name = name(&person, &desired);
        }
        Answer::Faulty(code, because) => {
            findings.insert(faulty(*code, because, object));
        }
        Answer::Out(_) => {}
    }
    subject
}

fn wanted_names(person: &Person<'_>, desired: &Desired<'_>) -> Names {
    let mut collector = names::Collector::default();
    for attribute in names::in_order() {
        desired.given(attribute).into_iter().for_each(|given| collector.sent(attribute, given));
    }
    person.text("mail").into_iter().for_each(|mail| collector.mail(mail));
    let primary = match desired.given("proxyAddresses") {
        Some(Given::Texts(proxies)) => crate::names::primary_part(proxies.iter().copied()),
        Some(Given::Value(Value::Texts(proxies))) => crate::names::primary_part(proxies.iter().map(|proxy| &**proxy)),
        _ => None,
    };
    // The service takes mail of users alone for a primary address.
    let mail = || if person.kind() == Kind::User { desired.text("mail") } else { None };
    primary.or_else(mail).into_iter().for_each(|primary| collector.primary(primary));
    collector.finish()
}

/// What a person calls a group or a contact.
fn name(person: &Person<'_>, desired: &Desired<'_>) -> Option<Box<str>> {
    if person.kind() == Kind::User {
        return None;
    }
    let name = desired.text("mail").or_else(|| person.text("displayName")).or_else(|| person.text("cn"));
    name.map(Into::into).or_else(|| person.dn()?.rdn_value().map(Into::into))
}

fn faulty(code: Code, because: &str, object: &SourceObject) -> Finding {
    let hint = match code {
        Code::NameConflictObject => format!(
            "{because}: find the object that kept the name, keep one of both and delete or rename the other (objectGUID {})",
            object.guid
        ),
        Code::SamAccountMissing => format!("{because}: give it one, or grant the account that reads Active Directory the right to see it"),
        _ => format!("{because}: {} (objectGUID {})", code.mend(), object.guid),
    };
    code.finding([&*object.dn], hint)
}

/// The finding that a problem with a value becomes.
pub(crate) fn finding(dn: &str, problem: &Problem) -> Finding {
    let Problem { code, attribute, value, because } = problem;
    let mend = code.mend();
    let hint = if value.is_empty() { mend.to_owned() } else { format!("it {because}: {mend}") };
    code.finding([dn], hint).at(attribute, value)
}
