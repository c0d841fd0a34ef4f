//! One turn at writing: the lease and the run it is recorded as.

use std::time::Duration;

use crate::agent::Agent;
use crate::error::AgentError;
use crate::report::{PasswordCounts, RunReport, chain};
use crate::state::lease::{Lease, LeaseError};
use crate::state::run::forget_run;

/// How long one waits for somebody else's turn to end before that one is named.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// The right to write, and where it is recorded.
pub(crate) struct Turn {
    /// The run.
    pub run: i64,
    /// The right to write.
    pub lease: Lease,
}

impl Agent {
    /// Takes the lease and begins a run. Waits for somebody else's turn to end, but not for long.
    pub(crate) async fn take_turn(&mut self) -> Result<Turn, AgentError> {
        let mut waited = Duration::ZERO;
        loop {
            let now = self.clock.now();
            match self.store.take_lease(&crate::holder::name(), now, &crate::holder::is_gone) {
                Ok(lease) => return Ok(Turn { run: self.store.begin_run(now)?, lease }),
                Err(LeaseError::Taken { .. }) if waited < self.patience && !self.halt.get() => {
                    tokio::time::sleep(LOOK_AGAIN).await;
                    waited += LOOK_AGAIN;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The turn, begun when it was not.
    pub(crate) async fn begun<'t>(&mut self, turn: &'t mut Option<Turn>) -> Result<&'t mut Turn, AgentError> {
        match turn {
            Some(turn) => Ok(turn),
            none => Ok(none.insert(self.take_turn().await?)),
        }
    }

    /// Ends a run over objects, and gives the lease back.
    pub(crate) fn end_turn(&mut self, turn: &Turn, done: &Result<RunReport, AgentError>) -> Result<(), AgentError> {
        match done {
            Ok(report) => {
                let json = serde_json::to_string(report).unwrap_or_default();
                self.end(turn, if report.is_held() { "held" } else { "done" }, &json)
            }
            Err(error) => self.end_failed(turn, error),
        }
    }

    /// Ends a run of the password lane, and gives the lease back. Gives whether it is worth a word: a run that sent nothing at all
    /// is forgotten.
    pub(crate) fn end_password_turn(&mut self, turn: &Turn, counts: &PasswordCounts) -> Result<bool, AgentError> {
        if counts.sent == 0 && self.end_unused(turn)? {
            return Ok(false);
        }
        let json = serde_json::json!({ "done": { "password": counts.sent }, "held": 0, "passwords": counts }).to_string();
        self.end(turn, "done", &json)?;
        Ok(true)
    }

    /// Ends a run that failed, and gives the lease back.
    pub(crate) fn end_failed(&mut self, turn: &Turn, error: &AgentError) -> Result<(), AgentError> {
        self.end(turn, "failed", &serde_json::json!({ "error": chain(error) }).to_string())
    }

    /// Gives the lease back, and forgets the run if it neither wrote nor held anything. Gives whether it is forgotten.
    pub(crate) fn end_unused(&mut self, turn: &Turn) -> Result<bool, AgentError> {
        let forgotten = self.store.transaction::<_, AgentError>(|transaction| Ok(forget_run(transaction, turn.run)?))?;
        if forgotten {
            self.store.give_lease_back(&turn.lease)?;
        }
        Ok(forgotten)
    }

    fn end(&mut self, turn: &Turn, state: &str, report: &str) -> Result<(), AgentError> {
        let ended = self.clock.now();
        self.store.end_run(turn.run, ended, state, report)?;
        Ok(self.store.give_lease_back(&turn.lease)?)
    }
}
