//! Who takes part: what lies in the OUs of the scope, is of a class that takes part, is a member of the groups that the scope names,
//! and matches its filter, less the objects that Active Directory or Exchange made for themselves. All must hold.

mod exclusions;

use crate::catalogue::Code;
use crate::person::Person;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::plan::Kind;
use crate::policy::{Policy, Rules, Scope, ScopeOu};
use crate::{Dn, ObjectGuid, SourceObject};

/// Whether an object takes part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It does; with the DN of the OU that brings it in.
    In(Arc<str>),
    /// It does not, with the reason in words. A linked one leaves the tenant.
    Out(Box<str>),
    /// It lies in the scope, but is as it never should be; with the reason in words. It is not synchronized, and a linked one
    /// stays as it is: a fault of the data, or of the rights to read it, is no evidence that a person has left.
    Faulty(Code, Box<str>),
}

/// The scope, ready to be asked about many objects.
pub(crate) struct Area<'a> {
    include: Vec<Dn>,
    /// The same as they were written, for all that they bring in.
    include_shown: Vec<Arc<str>>,
    exclude: Vec<Dn>,
    rules: &'a Rules,
    chosen: Option<&'a BTreeSet<ObjectGuid>>,
}

impl<'a> Area<'a> {
    /// An OU that could not be found holds nothing. `chosen`: see [`Slice::chosen`](crate::Slice::chosen); `None` chooses everybody.
    pub fn new(policy: &'a Policy, chosen: Option<&'a BTreeSet<ObjectGuid>>) -> Self {
        let Scope { include, exclude } = &policy.scope;
        let found = |ous: &[ScopeOu]| -> Vec<Dn> {
            ous.iter().filter_map(|ou| ou.current.as_deref()).filter_map(|dn| Dn::parse(dn).ok()).collect()
        };
        let include = found(include);
        let include_shown = include.iter().map(|ou| ou.as_str().into()).collect();
        Self { include, include_shown, exclude: found(exclude), rules: &policy.rules, chosen }
    }

    /// Whether an object takes part, and why not. `dn` is `None` when it cannot be parsed.
    pub fn ask(&self, person: &Person<'_>, dn: Option<&Dn>) -> Answer {
        let Some(dn) = dn else {
            return Answer::Faulty(Code::DnUnreadable, "its DN cannot be read".into());
        };
        match self.place(dn) {
            // What is faulty comes before the rules: who cannot be read whole may seem not to match.
            Answer::In(ou) => self
                .of_no_class(person.object)
                .or_else(|| exclusions::answer(person, dn))
                .or_else(|| self.left_out(person.object))
                .unwrap_or(Answer::In(ou)),
            out => out,
        }
    }

    fn of_no_class(&self, object: &SourceObject) -> Option<Answer> {
        let kind = object.class.kind();
        let named = match kind {
            Kind::User => "users do not take part: scope.objects does not name them",
            Kind::Group => "groups do not take part: scope.objects does not name them",
            Kind::Contact => "contacts do not take part: scope.objects does not name them",
        };
        (!self.rules.kinds.has(kind)).then(|| Answer::Out(named.into()))
    }

    fn left_out(&self, object: &SourceObject) -> Option<Answer> {
        if self.chosen.is_some_and(|chosen| !chosen.contains(&object.guid)) {
            return Some(Answer::Out("it is a member of no group that scope.members_of names".into()));
        }
        let filter = self.rules.filter.as_ref().filter(|filter| !filter.matches(object))?;
        Some(Answer::Out(format!("scope.filter leaves it out: {} does not hold", filter.failing(object)).into()))
    }

    fn shown(&self, include: &Dn) -> Arc<str> {
        let known = self.include.iter().zip(&self.include_shown).find(|(ou, _)| std::ptr::eq(*ou, include));
        known.map_or_else(|| include.as_str().into(), |(_, shown)| Arc::clone(shown))
    }

    /// The OU that is named closest to the object decides; named as both, it is out.
    fn place(&self, dn: &Dn) -> Answer {
        match (closest(&self.include, dn), closest(&self.exclude, dn)) {
            (Some(include), Some(exclude)) if exclude.depth() >= include.depth() => Answer::Out(format!("excluded by {exclude}").into()),
            (Some(include), _) => Answer::In(self.shown(include)),
            (None, _) => Answer::Out(format!("{} is not selected", container(dn)).into()),
        }
    }
}

/// The question whether an object takes part, to be asked about many. A live link may outlast the answer: while its delete is
/// held, or while the object is as it never should be. `chosen`: see [`Slice::chosen`](crate::Slice::chosen).
pub fn in_scope_among<'a>(policy: &'a Policy, chosen: Option<&'a BTreeSet<ObjectGuid>>) -> impl Fn(&SourceObject) -> bool + 'a {
    let area = Area::new(policy, chosen);
    move |object| {
        let person = Person::new(object, policy);
        matches!(area.ask(&person, person.dn().as_ref()), Answer::In(_))
    }
}

/// The same where nobody has found out who is in the groups that the scope names: where it names any, nobody takes part.
pub fn in_scope(policy: &Policy) -> impl Fn(&SourceObject) -> bool {
    static NOBODY: BTreeSet<ObjectGuid> = BTreeSet::new();
    in_scope_among(policy, (!policy.rules.members_of.is_empty()).then_some(&NOBODY))
}

fn closest<'a>(ous: &'a [Dn], dn: &Dn) -> Option<&'a Dn> {
    ous.iter().filter(|ou| dn.is_within(ou)).max_by_key(|ou| ou.depth())
}

/// The name of the container in which an object lies.
fn container(dn: &Dn) -> String {
    dn.parent().map(|parent| parent.rdn().to_owned()).filter(|rdn| !rdn.is_empty()).unwrap_or_else(|| "the root".to_owned())
}

#[cfg(test)]
pub(crate) mod tests;
