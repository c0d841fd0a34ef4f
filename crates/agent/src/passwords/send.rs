//! Sending passwords: durable intent, blob, request, outcome, batch by batch.
//!
//! Sending one again does no harm: it is the same password. So a lost reply needs no looking up; the password stays owed, and is
//! sent once more.

use std::cell::Cell;
use std::ops::Range;
use std::rc::Rc;

use samesign_connect::entra::{Entra, EntraError, SendError};
use samesign_connect::source::NtHash;
use samesign_wire::password::{Salt, derive};
use samesign_wire::provisioning::{CredentialChange, CredentialResult};

use crate::apply::concerns_every_request;
use crate::clock::Clock;
use crate::error::AgentError;
use crate::state::lease::{Lease, LeaseError, renew};
use crate::state::password::{PasswordRow, PasswordState, keep_password};
use crate::state::run::{Intent, Outcome, intend, note_outcome};
use crate::state::{StateError, Store};

/// A refused password is tried again after so many seconds: the reason may have gone.
const REFUSED_PAUSE: i64 = 60 * 60;
/// The service knows a new object after a while; so many seconds pass between two tries at the most.
const UNKNOWN_PAUSE_MAX: i64 = 5 * 60;

/// A password that is about to be sent. Holds a secret: no `Debug`.
pub struct Ready {
    /// How it stands.
    pub row: PasswordRow,
    /// The NT hash.
    pub hash: NtHash,
    /// Of which version, and of what time in Unix seconds; `None` where the source does not tell.
    pub version: Option<(i64, i64)>,
}

/// Sends passwords of one run.
pub struct PasswordSender<'a> {
    /// The state store.
    pub store: &'a mut Store,
    /// The tenant.
    pub entra: Rc<Entra>,
    /// The right to write.
    pub lease: &'a mut Lease,
    /// The time.
    pub clock: &'a dyn Clock,
    /// Set when somebody asked us to stop.
    pub halt: &'a Cell<bool>,
    /// The run.
    pub run: i64,
    /// Passwords in one request at the most.
    pub batch: usize,
    /// Whether the tenant heeds "must change at the next sign-in".
    pub force_change: bool,
    /// How many the service has stored.
    pub sent: &'a mut usize,
}

/// What is sent, beside the rows it is about. Blobs, not hashes: those are gone.
struct Batch {
    rows: Vec<PasswordRow>,
    changes: Vec<CredentialChange>,
}

impl PasswordSender<'_> {
    /// Sends passwords, in their order. Nobody may be among them twice.
    pub async fn send(&mut self, mut ready: Vec<Ready>) -> Result<(), AgentError> {
        while !ready.is_empty() {
            if self.halt.get() {
                return Err(AgentError::Stopped);
            }
            let rest = ready.split_off(self.batch.clamp(1, ready.len()));
            let batch = self.blobs(ready)?;
            self.send_batch(batch).await?;
            ready = rest;
        }
        Ok(())
    }

    /// Makes the blobs; the hashes are wiped with that.
    fn blobs(&self, ready: Vec<Ready>) -> Result<Batch, AgentError> {
        let now = self.clock.now().0;
        let (mut rows, mut dates, mut people) = (Vec::new(), Vec::new(), Vec::new());
        for Ready { row, hash, version } in ready {
            let (version, changed) = version.map_or((row.version, row.changed), |(version, changed)| (Some(version), Some(changed)));
            dates.push(changed.filter(|changed| *changed > 0).unwrap_or(now));
            rows.push(PasswordRow { version, changed, ..row });
            people.push((hash, salt()?));
        }
        let blobs = derive(&people);
        drop(people);
        let changes = blobs.into_iter().zip(&rows).zip(dates).map(|((credential_data, row), change_date)| CredentialChange {
            source_anchor: row.anchor.as_str().to_owned(),
            change_date,
            credential_data,
            force_password_change_on_logon: self.force_change && row.must_change,
        });
        Ok(Batch { changes: changes.collect(), rows })
    }

    /// Sends in one request; halves it when the service takes it for broken or too large.
    async fn send_batch(&mut self, batch: Batch) -> Result<(), AgentError> {
        let everything = 0..batch.rows.len();
        let (mut waiting, mut lost) = (vec![everything], false);
        while let Some(range) = waiting.pop() {
            let (Some(rows), Some(changes)) = (batch.rows.get(range.clone()), batch.changes.get(range.clone())) else { continue };
            if rows.is_empty() {
                continue;
            }
            let first = self.intend(rows)?;
            match self.entra.provision_credentials(changes).await {
                Ok(results) => self.note_results(first, rows, &results)?,
                Err(SendError::Fault(fault)) if concerns_every_request(&fault) => {
                    return self.give_up(first, rows.len(), EntraError::Fault(fault));
                }
                Err(SendError::NotSent(error)) => return self.give_up(first, rows.len(), error),
                Err(SendError::Unknown(error)) => {
                    tracing::warn!(%error, passwords = rows.len(), "the reply was lost; the passwords stay owed and are sent again");
                    self.note_all(first, rows.len(), &Outcome::LookedUp("reply lost; the password is sent again"))?;
                    if lost {
                        return Err(error.into());
                    }
                    lost = true;
                    waiting.push(range);
                }
                Err(error) if rows.len() > 1 => {
                    self.note_all(first, rows.len(), &Outcome::NotSent(format!("{error}; sent again in halves")))?;
                    let Range { start, end } = range;
                    let middle = start + (end - start) / 2;
                    waiting.extend([middle..end, start..middle]);
                }
                Err(error) => {
                    let words = crate::report::chain(&error);
                    let refused: Vec<CredentialResult> = rows.iter().map(|row| refusal(row, &words)).collect();
                    self.note_results(first, rows, &refused)?;
                }
            }
        }
        Ok(())
    }

    /// Nothing was sent, and nothing else fares better: everything stays owed.
    fn give_up(&mut self, first: i64, count: usize, error: EntraError) -> Result<(), AgentError> {
        self.note_all(first, count, &Outcome::NotSent(error.to_string()))?;
        Err(error.into())
    }

    /// Writes the intents down, under a lease that is still ours. Gives the number of the first.
    fn intend(&mut self, rows: &[PasswordRow]) -> Result<i64, AgentError> {
        let (run, now) = (self.run, self.clock.now());
        // INVARIANT: the digest of a change says nothing of a password.
        let intents: Vec<Intent> =
            rows.iter().map(|row| Intent { anchor: row.anchor.clone(), action: "password", digest: [0; 32] }).collect();
        let lease = &mut *self.lease;
        Ok(self.store.transaction::<_, LeaseError>(|transaction| {
            renew(transaction, lease, now)?;
            Ok(intend(transaction, run, lease.token, &intents)?)
        })?)
    }

    fn note_all(&mut self, first: i64, count: usize, outcome: &Outcome) -> Result<(), StateError> {
        let (run, last) = (self.run, first + i64::try_from(count).unwrap_or(i64::MAX) - 1);
        self.store.transaction(|transaction| note_outcome(transaction, run, first..=last, outcome))
    }

    /// Keeps what became of each, in one transaction.
    fn note_results(&mut self, first: i64, rows: &[PasswordRow], results: &[CredentialResult]) -> Result<(), AgentError> {
        let (run, now) = (self.run, self.clock.now());
        let last = first + i64::try_from(rows.len()).unwrap_or(i64::MAX) - 1;
        let mut stored = 0;
        self.store.transaction::<_, AgentError>(|transaction| {
            note_outcome(transaction, run, first..=last, &Outcome::Done)?;
            for ((row, result), number) in rows.iter().zip(results).zip(first..) {
                let mut row = row.clone();
                match result.result {
                    CredentialResult::STORED => {
                        stored += 1;
                        row = PasswordRow { state: PasswordState::Sent, reason: None, since: now, sent_at: Some(now), ..row };
                    }
                    code => {
                        let words = words_of(code, result.extended_error_information.as_deref());
                        note_outcome(transaction, run, number..=number, &Outcome::Refused(words.clone()))?;
                        row.reason = Some(words);
                        if code == CredentialResult::UNKNOWN_ANCHOR {
                            row.state = PasswordState::Owed;
                            row.not_before = now.plus(now.0.saturating_sub(row.since.0).clamp(1, UNKNOWN_PAUSE_MAX));
                        } else {
                            row = PasswordRow { state: PasswordState::Refused, since: now, not_before: now.plus(REFUSED_PAUSE), ..row };
                        }
                    }
                }
                keep_password(transaction, &row)?;
            }
            Ok(())
        })?;
        *self.sent += stored;
        Ok(())
    }
}

/// Salts of the operating system's generator, new for every blob.
fn salt() -> Result<Salt, AgentError> {
    let mut salt = Salt::default();
    aws_lc_rs::rand::fill(&mut salt).map_err(|_| EntraError::Setup("the system gives no random numbers".to_owned()))?;
    Ok(salt)
}

fn words_of(code: i32, said: Option<&str>) -> String {
    match (said.map(str::trim).filter(|said| !said.is_empty()), code) {
        (Some(said), _) => format!("{code}: {said}"),
        (None, CredentialResult::UNKNOWN_ANCHOR) => format!("{code}: the tenant does not know the object yet"),
        (None, _) => format!("{code}: refused without a reason"),
    }
}

/// The result of a password, alone in its request, that the service takes for broken.
fn refusal(row: &PasswordRow, words: &str) -> CredentialResult {
    CredentialResult {
        source_anchor: Some(row.anchor.as_str().to_owned()),
        cloud_anchor: None,
        result: -1,
        extended_error_information: Some(words.to_owned()),
    }
}
