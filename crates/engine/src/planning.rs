//! Makes the plan, and keeps the workings by which it can be explained.

use std::ops::Range;

use crate::diff::{self, References};
use crate::duplicates;
use crate::join::{self, Pair};
use crate::order;
use crate::plan::{Change, Plan, Verdict};
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
        let Part { mut changes, findings, mut unchanged } = self.parts(&references);
        drop(references);
        self.findings.extend(findings);
        for parting in removal::partings(self.slice, &self.subjects, &self.world, &mut self.findings) {
            match parting {
                Parting::Delete(change) => changes.push(*change),
                Parting::Stays => unchanged += 1,
            }
        }
        Plan {
            verdict: Verdict::Proceed,
            held_because: Vec::new(),
            changes: order::safe(changes, &join::Names { world: &self.world, verified_domains: &self.policy.verified_domains }),
            findings: self.findings.into_iter().collect(),
            unchanged,
            licences: Vec::new(),
        }
    }

    /// What each subject needs. Nothing that is decided for one depends on what is decided for another here, so that two processors
    /// share a large directory, some thousand each at a time; the outcome is the same, and in the same order.
    fn parts(&self, references: &References<'_>) -> Part {
        let all = self.subjects.len();
        let mut whole = Part { changes: Vec::with_capacity(all), findings: Findings::new(), unchanged: 0 };
        for from in (0..all).step_by(2 * SHARE) {
            let (middle, to) = ((from + SHARE).min(all), (from + 2 * SHARE).min(all));
            if middle == to {
                self.part(from..to, references, &mut whole);
                continue;
            }
            std::thread::scope(|scope| {
                let other = scope.spawn(move || {
                    let mut part = Part { changes: Vec::new(), findings: Findings::new(), unchanged: 0 };
                    self.part(middle..to, references, &mut part);
                    part
                });
                self.part(from..middle, references, &mut whole);
                match other.join() {
                    Ok(part) => whole.append(part),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            });
        }
        whole
    }

    fn part(&self, range: Range<usize>, references: &References<'_>, part: &mut Part) {
        let subjects = self.subjects.get(range.clone()).into_iter().flatten();
        let pairs = self.pairs.get(range).into_iter().flatten();
        for (subject, pair) in subjects.zip(pairs).filter(|(subject, _)| subject.in_scope()) {
            match diff::change(subject, pair, self.policy, references, &mut part.findings) {
                Some(change) => part.changes.push(change),
                None if matches!(pair, Pair::Linked(_)) => part.unchanged += 1,
                None => {}
            }
            if let Some(members) = diff::members(subject, pair, self.policy, references, &self.world) {
                let alone = part.changes.last().is_none_or(|change| change.anchor != members.anchor);
                part.unchanged -= usize::from(alone && matches!(pair, Pair::Linked(_)));
                part.changes.push(members);
            }
        }
    }
}

/// How many subjects a processor takes at a time. Fewer are not worth a second one.
const SHARE: usize = 4_000;

/// What becomes of some of the subjects.
struct Part {
    changes: Vec<Change>,
    findings: Findings,
    unchanged: usize,
}

impl Part {
    fn append(&mut self, mut other: Self) {
        self.changes.append(&mut other.changes);
        self.findings.append(&mut other.findings);
        self.unchanged += other.unchanged;
    }
}
