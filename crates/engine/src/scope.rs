//! Who takes part: the OUs of the scope, less the objects that Active Directory or Exchange made for themselves.

mod exclusions;

use crate::catalogue::Code;
use crate::person::Person;
use crate::policy::{Policy, Scope, ScopeOu};
use crate::{Dn, SourceObject};

/// Whether an object takes part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It does; with the DN of the OU that brings it in.
    In(Box<str>),
    /// It does not, with the reason in words. A linked one leaves the tenant.
    Out(Box<str>),
    /// It lies in the scope, but is as it never should be; with the reason in words. It is not synchronized, and a linked one
    /// stays as it is: a fault of the data, or of the rights to read it, is no evidence that a person has left.
    Faulty(Code, Box<str>),
}

/// The scope, ready to be asked about many objects.
pub(crate) struct Area {
    include: Vec<Dn>,
    exclude: Vec<Dn>,
}

impl Area {
    /// An OU that could not be found holds nothing.
    pub fn new(scope: &Scope) -> Self {
        let found = |ous: &[ScopeOu]| ous.iter().filter_map(|ou| ou.current.as_deref()).filter_map(|dn| Dn::parse(dn).ok()).collect();
        Self { include: found(&scope.include), exclude: found(&scope.exclude) }
    }

    /// Whether a person takes part, and why not. `dn` is `None` when it cannot be parsed.
    pub fn ask(&self, person: &Person<'_>, dn: Option<&Dn>) -> Answer {
        let Some(dn) = dn else {
            return Answer::Faulty(Code::DnUnreadable, "its DN cannot be read".into());
        };
        match self.place(dn) {
            Answer::In(ou) => exclusions::answer(person, dn).unwrap_or(Answer::In(ou)),
            out => out,
        }
    }

    /// The OU that is named closest to the object decides; named as both, it is out.
    fn place(&self, dn: &Dn) -> Answer {
        match (closest(&self.include, dn), closest(&self.exclude, dn)) {
            (Some(include), Some(exclude)) if exclude.depth() >= include.depth() => Answer::Out(format!("excluded by {exclude}").into()),
            (Some(include), _) => Answer::In(include.as_str().into()),
            (None, _) => Answer::Out(format!("{} is not selected", container(dn)).into()),
        }
    }
}

/// The question whether an object takes part, to be asked about many. A live link may outlast the answer: while its delete is
/// held, or while the object is as it never should be.
pub fn in_scope(policy: &Policy) -> impl Fn(&SourceObject) -> bool {
    let area = Area::new(&policy.scope);
    move |object| {
        let person = Person::new(object, policy);
        matches!(area.ask(&person, person.dn().as_ref()), Answer::In(_))
    }
}

fn closest<'a>(ous: &'a [Dn], dn: &Dn) -> Option<&'a Dn> {
    ous.iter().filter(|ou| dn.is_within(ou)).max_by_key(|ou| ou.depth())
}

/// The name of the container in which an object lies.
fn container(dn: &Dn) -> String {
    dn.parent().map(|parent| parent.rdn().to_owned()).filter(|rdn| !rdn.is_empty()).unwrap_or_else(|| "the root".to_owned())
}

#[cfg(test)]
mod tests;
