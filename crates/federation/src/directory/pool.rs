//! Sessions with a domain controller that are kept open between sign-ins.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use samesign_connect::ad::{AdConfig, AdSession, connect};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};

use super::DirectoryError;

/// Sessions at once; more sign-ins wait for one.
const SESSIONS_MAX: usize = 8;
/// Sessions are made anew after this long, so that a first domain controller that has come back is used again.
const AGE_MAX: Duration = Duration::from_secs(10 * 60);
/// How long the questions of one sign-in may take, the wait for a session included.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);

/// The sessions.
pub(super) struct Pool {
    idle: Mutex<Vec<Kept>>,
    places: Semaphore,
}

struct Kept {
    session: AdSession,
    since: Instant,
}

/// What is asked in one session. No async closure: of its future the compiler cannot tell that threads may hand it on, which those
/// that serve requests do.
pub(super) trait Errand: Sync {
    type Answer: Send;

    fn run(&self, session: &mut AdSession) -> impl Future<Output = Result<Self::Answer, DirectoryError>> + Send;
}

impl Pool {
    pub(super) fn new() -> Self {
        Self { idle: Mutex::default(), places: Semaphore::new(SESSIONS_MAX) }
    }

    /// Asks something. A session that was kept may have been closed meanwhile: then the question is asked again in a new one.
    pub(super) async fn ask<E: Errand>(&self, config: &AdConfig, errand: &E) -> Result<E::Answer, DirectoryError> {
        let answered = timeout(ANSWER_TIMEOUT, async {
            let _place = self.places.acquire().await;
            while let Some(mut kept) = self.take() {
                let answer = errand.run(&mut kept.session).await;
                if !matches!(answer, Err(DirectoryError::Unreachable(_))) {
                    self.idle().push(kept);
                    return answer;
                }
            }
            let mut session = connect(config).await?;
            let answer = errand.run(&mut session).await;
            if !matches!(answer, Err(DirectoryError::Unreachable(_))) {
                self.idle().push(Kept { session, since: Instant::now() });
            }
            answer
        });
        answered.await.unwrap_or(Err(DirectoryError::Slow { seconds: ANSWER_TIMEOUT.as_secs() }))
    }

    /// A session that is young enough.
    fn take(&self) -> Option<Kept> {
        let mut idle = self.idle();
        idle.retain(|kept| kept.since.elapsed() < AGE_MAX);
        idle.pop()
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Kept>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
