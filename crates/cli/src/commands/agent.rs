//! `samesign agent run`: the service.

use clap::Subcommand;
use samesign_agent::{Agent, ServiceEvent};
use tokio::sync::oneshot;

use crate::exit::{Exit, Outcome};
use crate::signals::Signals;
use crate::{Global, harden, runtime, screen, service_log, session, supervisor};

/// Run the service that keeps people and passwords in sync
#[derive(Subcommand)]
pub enum Command {
    /// Keep people and passwords in sync until SIGTERM or Ctrl-C
    ///
    /// An object cycle at once and every schedule.objects; changed passwords and disabled people are looked for every schedule.passwords. What fails
    /// is logged, shown by `samesign status`, and tried again. A second signal ends it at once.
    Run,
}

impl Command {
    /// Runs the command.
    pub fn run(&self, global: &Global) -> Outcome {
        let Self::Run = self;
        harden::harden();
        let (mut agent, ready) = session::open_service(global)?;
        runtime::block_on(serve(&mut agent, &ready))?
    }
}

async fn serve(agent: &mut Agent, ready: &str) -> Outcome {
    let (stop, stopped) = oneshot::channel();
    tokio::spawn(end_on_signal(Signals::watch()?, stop));
    let mut log = service_log::ServiceLog::default();
    let mut tell = |event: ServiceEvent| {
        log.tell(&event);
        if let ServiceEvent::Started { .. } = event {
            screen::data(ready);
            supervisor::ready();
        }
    };
    agent.serve(async { drop(stopped.await) }, &mut tell).await?;
    Ok(Exit::Done)
}

/// The first signal lets what is in flight finish; the second does not. The next start looks up what became of it.
async fn end_on_signal(mut signals: Signals, stop: oneshot::Sender<()>) {
    let name = signals.next().await;
    tracing::info!("{name}: ending when the request in flight is answered");
    supervisor::stopping();
    let _ = stop.send(());
    let name = signals.next().await;
    tracing::warn!("{name} again: ended at once; the next start looks up what became of the last request");
    std::process::exit(Exit::Failed as i32);
}
