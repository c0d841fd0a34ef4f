//! Why the guard holds something, in one line for each reason that names what a person must look at.

use std::collections::{BTreeSet, HashSet};

use samesign_engine::{Anchor, Change, Plan, Recent, guard};

use crate::error::AgentError;
use crate::planning::IDENTITY;
use crate::read::SourceDelta;
use crate::state::Store;

/// One line for each reason of the plan, each beginning with its code.
pub fn why(plan: &Plan, recent: &Recent, source: &SourceDelta, lost: &BTreeSet<String>, store: &Store) -> Result<Vec<String>, AgentError> {
    let line = |code: &&&str| {
        let detail = match **code {
            guard::SCOPE_EMPTY => recent.scope_emptied.join("; "),
            guard::SCOPE_VANISHED => recent.scope_vanished.join("; "),
            guard::RIGHTS_CHANGED => lost.iter().map(String::as_str).collect::<Vec<_>>().join(", "),
            guard::IDENTITY_CHANGED => format!("{} before, {} now", store.meta(IDENTITY)?.unwrap_or_default(), source.identity),
            guard::SOURCE_RESTORED => source.went_back(store)?.unwrap_or_default(),
            guard::TOO_MANY_DELETES => count(plan, &recent.deleted, recent.synced, guard::is_delete),
            guard::TOO_MANY_DISABLES => count(plan, &recent.disabled, recent.synced, guard::is_disable),
            guard::TOO_MANY_RENAMES => count(plan, &recent.renamed, recent.synced, guard::is_rename),
            guard::ATTRIBUTE_CLEARED => cleared(plan),
            _ => String::new(),
        };
        let meaning = guard::meaning(code);
        Ok(if detail.is_empty() { format!("{code}: {meaning}") } else { format!("{code}: {meaning} ({detail})") })
    };
    plan.held_because.iter().collect::<Vec<_>>().iter().map(line).collect()
}

fn count(plan: &Plan, before: &BTreeSet<Anchor>, synced: usize, is: fn(&Change) -> bool) -> String {
    let now = plan.changes.iter().filter(|change| is(change)).count();
    let earlier = if before.is_empty() { String::new() } else { format!(", after {} in the last 24 hours", before.len()) };
    format!("{now} of {synced}{earlier}")
}

fn cleared(plan: &Plan) -> String {
    let held = plan.changes.iter().filter(|change| change.held.is_some());
    let names: HashSet<&str> = held.flat_map(guard::cleared).collect();
    names.into_iter().collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(", ")
}
