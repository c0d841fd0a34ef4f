//! The thread that alone writes.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};

use super::sessions::Sessions;
use super::{Rows, StoreError};

/// Calls that share a transaction at most.
const GROUP_MAX: usize = 256;
/// How soon it is noticed that another process, the command line, has ended sessions.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// One call: what it does, and then whether that shall stay, and who waits for it.
pub(super) type Job = Box<dyn FnOnce(Result<&Connection, StoreError>) -> (bool, Reply) + Send>;
/// Is told whether what was done is in the file.
pub(super) type Reply = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// What the thread has.
pub(super) struct State {
    pub(super) connection: Connection,
    pub(super) sessions: Arc<Sessions>,
    pub(super) rows: Arc<Rows>,
}

/// Works until nobody can call any more.
pub(super) fn run(mut state: State, waiting: &mpsc::Receiver<Job>) {
    let mut version = state.data_version();
    loop {
        match waiting.recv_timeout(LOOK_EVERY) {
            Ok(first) => state.attend(std::iter::once(first).chain(waiting.try_iter().take(GROUP_MAX - 1)).collect()),
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            Err(mpsc::RecvTimeoutError::Disconnected) => return,
        }
        let now = state.data_version();
        if now != version && state.sessions.reload(&state.connection).is_ok() {
            version = now;
        }
    }
}

impl State {
    fn attend(&mut self, group: Vec<Job>) {
        let mut replies = Vec::with_capacity(group.len());
        let kept = self.write(group, &mut replies).map_err(|error| error.to_string());
        if let Err(error) = &kept {
            tracing::error!(%error, "the federation service's database refuses to be written");
            // What was counted was not kept.
            let _ = self.rows.count(&self.connection);
        }
        replies.into_iter().for_each(|reply| reply(kept.clone().map_err(StoreError::NotKept)));
    }

    /// Does what was called for, each call all or not at all, in one transaction.
    fn write(&mut self, group: Vec<Job>, replies: &mut Vec<Reply>) -> Result<(), rusqlite::Error> {
        let mut transaction = match self.connection.transaction_with_behavior(TransactionBehavior::Immediate) {
            Ok(transaction) => transaction,
            Err(error) => {
                let refuse = |job: Job| job(Err(StoreError::NotKept(error.to_string()))).1;
                replies.extend(group.into_iter().map(refuse));
                return Err(error);
            }
        };
        for job in group {
            let savepoint = transaction.savepoint()?;
            let (keep, reply) = job(Ok(&savepoint));
            replies.push(reply);
            if keep {
                savepoint.commit()?;
            }
        }
        transaction.commit()
    }

    /// Changes when another process has written.
    fn data_version(&self) -> Option<i64> {
        self.connection.pragma_query_value(None, "data_version", |row| row.get(0)).ok()
    }
}
