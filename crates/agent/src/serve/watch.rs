//! Disabling without replication: where passwords are not synchronized, the account that reads may hold no replication rights, and
//! the domain controller's change numbers (uSNChanged) tell whose account to look at again.
//!
//! They tell nothing of whoever was deleted or moved out: that waits for the object cycle.

use samesign_connect::ad::{AdConfig, AdSession, connect};
use samesign_connect::source::{Completeness, Known, Read};
use samesign_engine::ObjectGuid;

use crate::agent::Agent;
use crate::error::AgentError;
use crate::passwords::{is_account_enabled, must_change};
use crate::read::outermost_scope;
use crate::settings::Source;
use crate::state::Store;

/// Enabled, and must change the password.
pub(super) type Facts = (bool, bool);

/// What the mirror says of somebody linked.
pub(super) fn facts(store: &Store, guid: ObjectGuid) -> Result<Option<Facts>, AgentError> {
    if store.live_anchor(&guid)?.is_none() {
        return Ok(None);
    }
    Ok(store.source(&guid)?.map(|object| (is_account_enabled(&object.attributes), must_change(&object.attributes))))
}

/// One domain controller, and how far its changes were looked at.
pub(super) struct Watch {
    session: AdSession,
    invocation_id: ObjectGuid,
    seen_usn: u64,
}

/// What a look told.
pub(super) enum Watched {
    /// Whose account was enabled or disabled.
    People(Vec<ObjectGuid>),
    /// Nothing that can be relied on: another domain controller, or a read that broke off.
    Unknown,
}

impl Agent {
    /// Who was enabled or disabled since the last look. The first look only begins: an object cycle has just read everything.
    pub(super) async fn watch_domain(&self, watch: &mut Option<Watch>) -> Result<Watched, AgentError> {
        let Source::Ad(config) = &self.settings.source else { return Ok(Watched::People(Vec::new())) };
        let Some(mut before) = watch.take() else {
            *watch = Some(Watch::begin(config).await?);
            return Ok(Watched::People(Vec::new()));
        };
        let Ok(now) = before.session.end_identity().await else {
            // It was idle for too long, or the domain controller is gone.
            let again = Watch::begin(config).await?;
            let same = again.invocation_id == before.invocation_id && again.seen_usn >= before.seen_usn;
            *watch = Some(Watch { seen_usn: if same { before.seen_usn } else { again.seen_usn }, ..again });
            return Ok(if same { Watched::People(Vec::new()) } else { Watched::Unknown });
        };
        if now.invocation_id != before.invocation_id || now.highest_committed_usn < before.seen_usn {
            return Ok(Watched::Unknown);
        }
        let mut people = Vec::new();
        if now.highest_committed_usn > before.seen_usn && !self.changed_people(&mut before, &mut people).await? {
            return Ok(Watched::Unknown);
        }
        *watch = Some(Watch { seen_usn: now.highest_committed_usn, ..before });
        Ok(Watched::People(people))
    }

    /// Adds whoever is not as the mirror has it; answers whether all changes could be read.
    async fn changed_people(&self, watch: &mut Watch, people: &mut Vec<ObjectGuid>) -> Result<bool, AgentError> {
        for base in outermost_scope(&self.settings, &self.store, &mut watch.session).await? {
            let mut changed = Vec::new();
            let mut take = |read| {
                if let Read::Object { object, .. } = read {
                    changed.push(object);
                }
            };
            let since = watch.seen_usn + 1;
            let report = watch.session.read_users_changed(&base, since, &["userAccountControl"], &Known::new(), &mut take).await;
            if report.completeness != Completeness::Complete {
                return Ok(false);
            }
            for object in changed {
                let differs =
                    facts(&self.store, object.guid)?.is_some_and(|(enabled, _)| enabled != is_account_enabled(&object.attributes));
                people.extend(differs.then_some(object.guid));
            }
        }
        Ok(true)
    }
}

impl Watch {
    async fn begin(config: &AdConfig) -> Result<Self, AgentError> {
        let session = connect(config).await?;
        let (invocation_id, seen_usn) = (session.identity().invocation_id, session.identity().highest_committed_usn);
        Ok(Self { session, invocation_id, seen_usn })
    }

    pub async fn close(self) {
        self.session.close().await;
    }
}
