//! Makes the plan, and keeps the workings by which it can be explained.

use crate::diff::{self, References};
use crate::duplicates;
use crate::join::{self, Pair};
use crate::order;
use crate::plan::{Plan, Verdict};
use crate::policy::Policy;
use crate::removal::{self, Parting};
use crate::slice::Slice;
use crate::subject::{self, Findings, Subject};
use crate::world::World;

/// Decides what must change in the tenant so that it agrees with the source. The guard is not applied: see
/// [`judge`](crate::guard::judge).
///
/// Never fails: an object that cannot be handled becomes a [`Finding`](crate::Finding) and the others are still planned.
pub fn plan(slice: &Slice, policy: &Policy) -> Plan {
    Workings::new(slice, policy).plan()
}

/// Everything that was decided on the way to a plan.
pub(crate) struct Workings<'a> {
    slice: &'a Slice,
    policy: &'a Policy,
    pub subjects: Vec<Subject<'a>>,
    pub pairs: Vec<Pair<'a>>,
    pub world: World<'a>,
    pub findings: Findings,
}

impl<'a> Workings<'a> {
    pub fn new(slice: &'a Slice, policy: &'a Policy) -> Self {
        let mut findings = Findings::new();
        let mut world = World::new(slice);
        let mut subjects = subject::select(slice, policy, &mut findings);
        let waiting = duplicates::refuse(&mut subjects, &world, &mut findings);
        join::protect(&mut subjects, &world, policy, &mut findings);
        let pairs = loop {
            world.index_names(&subjects, slice);
            let kept = join::names_kept(&subjects);
            let pairs = join::pair(&mut subjects, &waiting, &world, policy, &mut findings);
            // Whoever does not get a new name keeps the old one, which was thought to be free.
            if join::names_kept(&subjects) == kept {
                break pairs;
            }
        };
        Self { slice, policy, subjects, pairs, world, findings }
    }

    pub fn plan(mut self) -> Plan {
        // Names have done their work; in a plan of a whole directory their memory is wanted for the changes.
        self.subjects.iter_mut().for_each(Subject::forget_names);
        let references = References::new(&self.subjects, &self.pairs, self.slice, &self.world);
        let mut changes = Vec::with_capacity(self.subjects.len());
        let mut unchanged = 0;
        for (subject, pair) in self.subjects.iter().zip(&self.pairs).filter(|(subject, _)| subject.in_scope()) {
            match diff::change(subject, pair, self.policy, &references, &mut self.findings) {
                Some(change) => changes.push(change),
                None if matches!(pair, Pair::Linked(_)) => unchanged += 1,
                None => {}
            }
            if let Some(members) = diff::members(subject, pair, self.policy, &references, &self.world) {
                let alone = changes.last().is_none_or(|change| change.anchor != members.anchor);
                unchanged -= usize::from(alone && matches!(pair, Pair::Linked(_)));
                changes.push(members);
            }
        }
        for parting in removal::partings(self.slice, &self.subjects, &self.world, &mut self.findings) {
            match parting {
                Parting::Delete(change) => changes.push(*change),
                Parting::Stays => unchanged += 1,
            }
        }
        Plan {
            verdict: Verdict::Proceed,
            held_because: Vec::new(),
            changes: order::safe(changes, &join::Names { world: &self.world, policy: self.policy }),
            findings: self.findings.into_iter().collect(),
            unchanged,
        }
    }
}
