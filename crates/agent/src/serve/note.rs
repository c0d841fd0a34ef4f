//! What the service writes down about itself, for `status` of another process. Once a minute at the most, unless something changed.

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::Service;
use crate::agent::Agent;
use crate::clock::Timestamp;
use crate::error::AgentError;
use crate::report::ServiceStatus;
use crate::state::set_meta;

/// The name under which the service is remembered.
const SERVICE: &str = "service";
/// While nothing changes, the note is written so seldom, in seconds.
const EVERY: i64 = 60;

/// The service, as others see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ServiceNote {
    /// Who it is.
    pub holder: String,
    since: i64,
    next_objects: i64,
    objects_error: Option<String>,
    /// When it last looked for changed passwords.
    pub looked: Option<i64>,
    /// Why that failed.
    pub passwords_error: Option<String>,
    written: i64,
}

impl ServiceNote {
    pub(super) fn new(holder: String, now: Timestamp) -> Self {
        let Timestamp(since) = now;
        Self { holder, since, next_objects: since, objects_error: None, looked: None, passwords_error: None, written: since }
    }

    /// For the screen.
    pub fn status(&self) -> ServiceStatus {
        ServiceStatus {
            holder: self.holder.clone(),
            since: Timestamp(self.since).to_string(),
            next_object_cycle: Some(Timestamp(self.next_objects).to_string()),
            last_error: self.objects_error.clone(),
        }
    }
}

impl Agent {
    /// Writes the note, where it says something else than the last one, or is old. What was read of a domain is kept with it.
    pub(super) fn tell(&mut self, service: &mut Service) {
        let now = self.clock.now();
        let pause = service.objects.due().saturating_duration_since(Instant::now()).as_secs();
        let next_objects = now.plus(i64::try_from(pause).unwrap_or(i64::MAX)).0;
        let looks = self.settings.passwords.enabled && service.passwords.error.is_none();
        let before = service.note.clone();
        let note = &mut service.note;
        note.objects_error.clone_from(&service.objects.error);
        note.passwords_error.clone_from(&service.passwords.error);
        let changed = *note != before || next_objects.abs_diff(note.next_objects) > 2;
        if !changed && now.0 - note.written < EVERY {
            return;
        }
        note.next_objects = next_objects;
        note.looked = if looks { Some(now.0) } else { note.looked };
        note.written = now.0;
        let kept = self.keep_note(&service.note).and_then(|()| self.keep_reached());
        if let Err(error) = kept {
            tracing::error!(error = crate::report::chain(&error), "the state file cannot be written");
        }
    }

    pub(super) fn keep_note(&mut self, note: &ServiceNote) -> Result<(), AgentError> {
        let json = serde_json::to_string(note).unwrap_or_default();
        self.store.transaction(|transaction| Ok(set_meta(transaction, SERVICE, &json)?))
    }

    pub(super) fn forget_note(&mut self) -> Result<(), AgentError> {
        self.keep_reached()?;
        self.store.transaction(|transaction| Ok(set_meta(transaction, SERVICE, "")?))
    }

    /// The service that works on this state file; `None` when none does.
    pub(crate) fn service_note(&self) -> Result<Option<ServiceNote>, AgentError> {
        let note = self.store.meta(SERVICE)?.and_then(|json| serde_json::from_str::<ServiceNote>(&json).ok());
        Ok(note.filter(|note| !crate::holder::is_gone(&note.holder)))
    }
}
