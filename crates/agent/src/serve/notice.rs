//! Notice: replication, or the domain controller's change numbers, say that an account was disabled, enabled or deleted. The mirror is asked again about exactly these people, by
//! LDAP, and they are planned under the same guard as in an object cycle.

use std::collections::BTreeMap;

use samesign_engine::{Kind, ObjectGuid};

use super::watch::{Facts, facts};
use crate::agent::Agent;
use crate::behind::left_behind;
use crate::error::AgentError;
use crate::keep::{UNPLANNED, delta_link};
use crate::planning::{POLICY, policy_of};
use crate::read::{TargetDelta, read_noticed};
use crate::report::RunReport;
use crate::run::{Reads, SyncOptions, not_on};
use crate::settings::Source;
use crate::state::Store;

/// LDAP may lag behind replication, where another domain controller answers. So many looks are made; then the object cycle decides.
const LOOKS_MAX: u8 = 6;

/// People about whom the mirror has to be asked again, with what it said of them and how often it was asked.
#[derive(Default)]
pub(super) struct Noticed(BTreeMap<ObjectGuid, (Facts, u8)>);

/// What came of a notice.
pub(super) enum Planned {
    /// Something was done, or is held.
    Done(Box<RunReport>),
    /// The mirror says nothing new, or nothing follows from it.
    Nothing,
    /// Everything has to be planned anyway: an object cycle is due.
    Everything,
}

impl Noticed {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds people who are linked.
    pub fn add(&mut self, store: &Store, people: Vec<ObjectGuid>) -> Result<(), AgentError> {
        for guid in people {
            if let Some(facts) = facts(store, guid)? {
                self.0.entry(guid).or_insert((facts, 0));
            }
        }
        Ok(())
    }

    /// Forgets those about whom the mirror says something else now, and those who were looked at often enough.
    fn settle(&mut self, store: &Store) -> Result<(), AgentError> {
        let mut left = BTreeMap::new();
        for (guid, (before, looks)) in std::mem::take(&mut self.0) {
            if facts(store, guid)? == Some(before) && looks + 1 < LOOKS_MAX {
                left.insert(guid, (before, looks + 1));
            }
        }
        self.0 = left;
        Ok(())
    }
}

impl Agent {
    /// Asks the mirror's source about these people, plans and applies.
    pub(super) async fn plan_noticed(&mut self, noticed: &mut Noticed) -> Result<Planned, AgentError> {
        let mut turn = self.take_turn().await?;
        let done = self.noticed_in(&mut turn, noticed).await;
        match done {
            Ok(Some(mut report)) => {
                noticed.settle(&self.store)?;
                report.passwords = self.password_counts(0)?;
                if report.changes() == 0 && report.refused == 0 && self.end_unused(&turn)? {
                    return Ok(Planned::Nothing);
                }
                let done = Ok(report);
                self.end_turn(&turn, &done)?;
                done.map(|report| Planned::Done(Box::new(report)))
            }
            Ok(None) => {
                self.end_unused(&turn)?;
                Ok(Planned::Everything)
            }
            Err(error) => {
                self.end_failed(&turn, &error)?;
                Err(error)
            }
        }
    }

    async fn noticed_in(&mut self, turn: &mut crate::turn::Turn, noticed: &Noticed) -> Result<Option<RunReport>, AgentError> {
        let entra = self.entra()?;
        let facts = entra.tenant_facts().await?;
        if let Some((state, advice)) = not_on(facts.state) {
            return Err(AgentError::SynchronizationNotOn { tenant: self.settings.tenant.tenant.clone(), state, advice });
        }
        let (Source::Ad(config), Some(_)) = (&self.settings.source, self.store.meta(delta_link(Kind::User))?) else { return Ok(None) };
        let people: Vec<ObjectGuid> = noticed.0.keys().copied().collect();
        let source = read_noticed(config, &self.settings, &self.store, &people).await?;
        let policy = policy_of(&self.settings, &source, &facts);
        let same_policy = self.store.meta(POLICY)?.is_some_and(|before| before == policy.fingerprint());
        let behind = left_behind(&self.store, facts.last_sync.as_deref())?.is_some();
        if behind || !same_policy || self.store.meta(UNPLANNED)?.is_some_and(|mark| mark == "yes") {
            return Ok(None);
        }
        self.look_up_open_intents(turn.run).await?;
        let tenant = TargetDelta::default();
        let reads = Reads { source, tenant, links: None, policy, everything: false, rehearses: None, overdue: false };
        let mut yes = |_: &samesign_engine::Plan| true;
        let options = SyncOptions { full: false, plan_file: None, confirm: &mut yes };
        self.plan_and_apply(turn, reads, false, options).await.map(Some)
    }
}
