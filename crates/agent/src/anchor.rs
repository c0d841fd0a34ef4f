//! The attribute that becomes the anchor: looked at, fixed at the first run, and moved only after a rehearsal.
//!
//! INVARIANT: an anchor of the tenant never changes. Moving to another attribute changes what the anchors of *new* objects are made
//! of; it is refused while a single synchronized object would be known by another anchor afterwards.

mod inspect;

use std::collections::BTreeSet;

use samesign_engine::{Action, AnchorAttribute, Finding, Plan};
use serde::Serialize;

use crate::agent::Agent;
use crate::error::AgentError;
use crate::planning::EPOCH;
use crate::run::not_on;
use crate::settings::Settings;
use crate::state::{StateError, Store, set_meta, set_meta_once};

pub use inspect::{AnchorReport, KindAnchors};

/// The name under which the attribute is remembered that became the anchor in the first run.
pub const ANCHOR: &str = "anchor";
/// Findings that say that an object would be known by another anchor, or by none.
const IN_DOUBT: [&str; 4] = ["anchor-changed", "anchor-invalid", "anchor-of-another", "duplicate-anchor"];

/// What moving to another attribute would do.
#[derive(Clone, Debug, Serialize)]
pub struct AnchorMove {
    /// The attribute in use.
    pub from: &'static str,
    /// The attribute to move to.
    pub to: &'static str,
    /// Whether it was moved; not so after a rehearsal.
    pub moved: bool,
    /// Synchronized objects that keep their anchor.
    pub keep: usize,
    /// What is in the way, one line for each object.
    pub in_the_way: Vec<String>,
}

impl AnchorMove {
    /// Whether nothing is in the way.
    pub fn is_possible(&self) -> bool {
        self.in_the_way.is_empty()
    }
}

impl std::fmt::Display for AnchorMove {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { from, to, moved, keep, in_the_way } = self;
        match (moved, in_the_way.is_empty()) {
            (true, _) => write!(f, "the anchor of new objects is made of {to} now; write anchor = \"{to}\" in [matching]"),
            (false, true) => write!(f, "from {from} to {to}: 0 creates, 0 deletes; all {keep} synchronized objects keep their anchor"),
            (false, false) => {
                write!(f, "from {from} to {to}: not possible, for {} objects are in the way", in_the_way.len())?;
                in_the_way.iter().try_for_each(|line| write!(f, "\n  {line}"))
            }
        }
    }
}

impl Agent {
    /// Refuses to go on when the configuration names another attribute than the first run fixed.
    pub(crate) fn anchor_agrees(&self) -> Result<(), AgentError> {
        let configured = self.settings.rules.anchor;
        match in_use(&self.store, &self.settings)? {
            fixed if fixed == configured => Ok(()),
            fixed => Err(AgentError::AnchorMoved { fixed: name(fixed), configured: name(configured) }),
        }
    }

    /// Which attributes could be the anchor, and of which the tenant's anchors are made. Changes nothing anywhere.
    pub async fn inspect_anchor(&self) -> Result<AnchorReport, AgentError> {
        let facts = self.entra()?.tenant_facts().await?;
        let reads = self.read(true, &facts).await?;
        let slice = self.slice(&reads, None, reads.overlay()).await?;
        Ok(AnchorReport::new(self.settings.rules.anchor, in_use(&self.store, &self.settings)?, &slice, &reads.policy))
    }

    /// What moving the anchor to another attribute would do; does it unless `rehearse`, when nothing is in the way.
    pub async fn move_anchor(&mut self, to: AnchorAttribute, rehearse: bool) -> Result<AnchorMove, AgentError> {
        let from = in_use(&self.store, &self.settings)?;
        let facts = self.entra()?.tenant_facts().await?;
        if let Some((state, advice)) = not_on(facts.state) {
            return Err(AgentError::SynchronizationNotOn { tenant: self.settings.tenant.tenant.clone(), state, advice });
        }
        let configured = std::mem::replace(&mut self.settings.rules.anchor, to);
        let rehearsed = self.rehearse(from, to).await;
        self.settings.rules.anchor = configured;
        let mut rehearsed = rehearsed?;
        if rehearsed.is_possible() && !rehearse {
            let turn = self.take_turn().await?;
            self.store.transaction::<_, AgentError>(|transaction| Ok(set_meta(transaction, ANCHOR, name(to))?))?;
            self.end_unused(&turn)?;
            rehearsed.moved = true;
        }
        Ok(rehearsed)
    }

    /// Plans the whole directory under the other attribute.
    async fn rehearse(&self, from: AnchorAttribute, to: AnchorAttribute) -> Result<AnchorMove, AgentError> {
        let facts = self.entra()?.tenant_facts().await?;
        let reads = self.read(true, &facts).await?;
        let (slice, plan) = self.slice_and_plan(&reads, None, reads.overlay()).await?;
        let live = slice.links.iter().filter(|link| link.state == samesign_engine::LinkState::Live).count();
        let mut in_the_way = in_the_way(&plan);
        if reads.source.completeness != samesign_connect::source::Completeness::Complete {
            in_the_way.push("the source could not be read completely: nothing can be said about who was not seen".to_owned());
        }
        Ok(AnchorMove { from: name(from), to: name(to), moved: false, keep: live, in_the_way })
    }
}

/// What a move may not show: creates and deletes, and objects that would be known by another anchor.
fn in_the_way(plan: &Plan) -> Vec<String> {
    let moved = plan.changes.iter().filter(|change| matches!(change.action, Action::Create | Action::Delete | Action::Restore));
    let mut lines: BTreeSet<String> =
        moved.map(|change| format!("{} {} {}: {}", change.action.as_str(), change.kind.as_str(), change.upn, change.reason)).collect();
    let doubtful = plan.findings.iter().filter(|finding| IN_DOUBT.contains(&finding.code));
    lines.extend(doubtful.map(|Finding { code, objects, hint, .. }| format!("{code} {}: {hint}", objects.join(" and "))));
    lines.into_iter().collect()
}

/// The attribute that the first run fixed. An older state file says nothing: it knew objectGUID alone. A new one takes what is
/// configured.
fn in_use(store: &Store, settings: &Settings) -> Result<AnchorAttribute, AgentError> {
    Ok(match (store.meta(ANCHOR)?.as_deref(), store.meta(EPOCH)?) {
        (Some(CONSISTENCY_GUID), _) => AnchorAttribute::ConsistencyGuid,
        (Some(_), _) | (None, Some(_)) => AnchorAttribute::ObjectGuid,
        (None, None) => settings.rules.anchor,
    })
}

const CONSISTENCY_GUID: &str = "ms-DS-ConsistencyGuid";

/// Fixes the attribute, where no run has yet.
pub fn fix(transaction: &rusqlite::Transaction<'_>, attribute: AnchorAttribute) -> Result<(), StateError> {
    set_meta_once(transaction, ANCHOR, name(attribute))
}

/// The attribute's name, as in the configuration.
pub const fn name(attribute: AnchorAttribute) -> &'static str {
    match attribute {
        AnchorAttribute::ObjectGuid => "objectGUID",
        AnchorAttribute::ConsistencyGuid => CONSISTENCY_GUID,
    }
}
