//! What is wrong with the data of a whole directory though nothing is held back for it: what a person should know before the
//! first sync.
//!
//! A plan finds what it must not send. A review finds what the service takes but somebody will regret: IdFix's remaining rules,
//! and what only a look at everybody shows: twins, look-alikes, circles. It looks at the whole, so that it is made for a whole
//! directory only; no plan follows from it.

mod managers;
mod twins;
mod values;

pub(crate) use values::is_invisible;

use crate::person::Person;
use crate::policy::Policy;
use crate::scope::{Answer, Area};
use crate::{Dn, Finding, Slice};

use crate::subject::Findings;

/// An object in scope.
struct Reviewed<'a> {
    person: Person<'a>,
    dn_key: Box<str>,
}

/// Looks at everybody in scope. Sorted, none twice; no finding is an error. Takes time linear in the size of the directory.
pub fn review(slice: &Slice, policy: &Policy) -> Vec<Finding> {
    let area = Area::new(policy, slice.chosen.as_ref());
    let mut people: Vec<Reviewed<'_>> = slice.source.iter().filter_map(|object| in_scope(Person::new(object, policy), &area)).collect();
    people.sort_by(|one, other| (&one.person.object.dn, one.person.object.guid).cmp(&(&other.person.object.dn, other.person.object.guid)));
    let mut findings = Findings::new();
    people.iter().for_each(|reviewed| values::review(&reviewed.person, &mut findings));
    twins::review(&people, &mut findings);
    managers::review(&people, &mut findings);
    findings.into_iter().collect()
}

fn in_scope<'a>(person: Person<'a>, area: &Area) -> Option<Reviewed<'a>> {
    let dn = person.dn();
    let inside = matches!(area.ask(&person, dn.as_ref()), Answer::In(_));
    inside.then(|| Reviewed { person, dn_key: dn.map(Dn::into_key).unwrap_or_default() })
}
