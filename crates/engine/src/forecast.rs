//! The forecast beyond the plan: which names the tenant will show, and, the other way round, the cloud users whom no AD user will
//! match.

mod names;

use std::fmt;

use serde::Serialize;

use crate::join::Pair;
use crate::planning::Workings;
use crate::policy::Policy;
use crate::slice::Slice;

pub use names::{ShownNames, ShownUpn, shown_names};

/// A licensed cloud user that stays "In cloud".
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Unmatched {
    /// Its UPN.
    pub upn: Box<str>,
    /// Its object id.
    pub target_id: Box<str>,
    /// Why, in words.
    pub reason: Box<str>,
}

impl fmt::Display for Unmatched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}   {}", crate::screen::clean(&self.upn), crate::screen::clean(&self.reason))
    }
}

/// The licensed cloud users that neither are synchronized nor will be joined, sorted by UPN. Only a slice of everything gives
/// a true answer.
pub fn unmatched(slice: &Slice, policy: &Policy) -> Vec<Unmatched> {
    let workings = Workings::new(slice, policy);
    let joined: std::collections::BTreeSet<&str> = workings.pairs.iter().filter_map(joined_id).collect();
    let stays = |target: &&crate::TargetObject| {
        target.licensed && !target.synced && !target.soft_deleted && !joined.contains(&*target.id) && workings.world.owner(target).is_none()
    };
    let mut unmatched: Vec<_> = slice
        .targets
        .iter()
        .filter(stays)
        .map(|target| Unmatched { upn: target.upn.clone(), target_id: target.id.clone(), reason: reason(target, &workings).into() })
        .collect();
    unmatched.sort();
    unmatched
}

fn joined_id<'a>(pair: &Pair<'a>) -> Option<&'a str> {
    match pair {
        Pair::Joined(target, _) | Pair::Rebuilt(target) | Pair::Returning(_, Some(target)) => Some(&target.id),
        _ => None,
    }
}

fn reason(target: &crate::TargetObject, workings: &Workings<'_>) -> String {
    let names_it = |finding: &&crate::Finding| finding.objects.contains(&target.upn);
    match workings.findings.iter().find(names_it) {
        Some(finding) => format!("{}: see that finding", finding.code),
        None if target.privileged => "holds an admin role, and no AD user in scope has its sign-in name".to_owned(),
        None => "no AD user in scope has its sign-in name".to_owned(),
    }
}
