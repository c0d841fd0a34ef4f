//! When a lane is due, and how it goes on after a failure.

use std::time::Duration;

use tokio::time::Instant;

use super::event::{Lane, ServiceEvent};
use crate::error::AgentError;
use crate::report::chain;
use crate::state::lease::LeaseError;

/// A lane that fails is tried again after this long at the latest, or after its own interval where that is longer.
const PAUSE_MAX: Duration = Duration::from_secs(5 * 60);
/// While somebody else writes to the tenant, a lane looks again after this long.
const TURN_PAUSE: Duration = Duration::from_secs(1);

/// One lane.
pub(super) struct LaneState {
    lane: Lane,
    every: Duration,
    due: Instant,
    failures: u32,
    waits: bool,
    /// Why it failed last; `None` when it did not.
    pub error: Option<String>,
}

impl LaneState {
    pub fn new(lane: Lane, every: Duration, now: Instant) -> Self {
        Self { lane, every, due: now, failures: 0, waits: false, error: None }
    }

    pub const fn due(&self) -> Instant {
        self.due
    }

    pub fn is_due(&self, now: Instant) -> bool {
        self.due <= now
    }

    /// Makes it due at once. A lane that has failed keeps its pause.
    pub fn make_due(&mut self, now: Instant) {
        if self.failures == 0 {
            self.due = self.due.min(now);
        }
    }

    /// Takes how it ended, and decides when it is due again.
    pub fn ended<T>(&mut self, done: Result<T, AgentError>, report: &mut dyn FnMut(T)) -> Vec<ServiceEvent> {
        let lane = self.lane;
        match done {
            Ok(value) => {
                report(value);
                self.due = Instant::now() + self.every;
                self.waits = false;
                self.failures = 0;
                let failed = self.error.take().is_some();
                failed.then_some(ServiceEvent::Recovered { lane }).into_iter().collect()
            }
            Err(AgentError::Stopped) => Vec::new(),
            Err(AgentError::Lease(LeaseError::Taken { holder, .. })) => {
                self.due = Instant::now() + TURN_PAUSE.min(self.every);
                let told = std::mem::replace(&mut self.waits, true);
                (!told).then_some(ServiceEvent::Waiting { lane, holder }).into_iter().collect()
            }
            Err(error) => {
                let pause = pause(self.every, self.failures);
                self.failures = self.failures.saturating_add(1);
                self.due = Instant::now() + pause;
                let error = chain(&error);
                self.error = Some(error.clone());
                vec![ServiceEvent::Failed { lane, error, again_in_seconds: pause.as_secs() }]
            }
        }
    }
}

/// The pause after so many failures in a row: twice as long each time.
fn pause(every: Duration, failures_before: u32) -> Duration {
    every.saturating_mul(2_u32.saturating_pow(failures_before.min(16))).min(PAUSE_MAX).max(every)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEN: Duration = Duration::from_secs(10);

    #[test]
    fn the_pause_grows_to_five_minutes_and_is_never_shorter_than_the_interval() {
        let pauses: Vec<u64> = (0..7).map(|failures| pause(TEN, failures).as_secs()).collect();
        assert_eq!(pauses, [10, 20, 40, 80, 160, 300, 300]);
        assert_eq!(pause(Duration::from_secs(3_600), 9).as_secs(), 3_600);
        assert_eq!(pause(TEN, u32::MAX), PAUSE_MAX);
    }

    #[test]
    fn a_lane_that_fails_waits_and_one_that_recovers_says_so() {
        let mut lane = LaneState::new(Lane::Passwords, TEN, Instant::now());
        assert!(lane.is_due(Instant::now()));
        let failed = lane.ended::<()>(Err(AgentError::NobodyFound("x".to_owned())), &mut |()| {});
        assert!(matches!(failed.as_slice(), [ServiceEvent::Failed { again_in_seconds: 10, .. }]) && lane.error.is_some());
        lane.make_due(Instant::now());
        assert!(!lane.is_due(Instant::now()), "the pause is kept");
        assert!(lane.is_due(Instant::now() + TEN));
        let recovered = lane.ended(Ok(()), &mut |()| {});
        assert!(matches!(recovered.as_slice(), [ServiceEvent::Recovered { .. }]) && lane.error.is_none());
        lane.make_due(Instant::now());
        assert!(lane.is_due(Instant::now()));
    }
}
