//! The service: both lanes until somebody stops it.
//!
//! The object lane runs whole cycles; the password lane looks for changed passwords and disabled people in between. They never
//! run at once, and neither keeps the lease while it has nothing to write, so that a `sync` beside the service gets its turn.
//! With a file as source the password lane watches the file, and a changed one makes an object cycle due. Where passwords are not
//! synchronized, the password lane looks for disabled people alone.

mod event;
mod lane;
mod note;
mod notice;
mod watch;

pub use event::{Lane, ServiceEvent};
pub(crate) use note::ServiceNote;

use std::future::Future;
use std::pin::pin;
use std::rc::Rc;

use tokio::time::{Instant, sleep_until};

use crate::agent::Agent;
use crate::error::AgentError;
use crate::passwords::stamp;
use crate::report::RunReport;
use crate::run::SyncOptions;
use crate::settings::Source;
use crate::state::run::forget_run;
use lane::LaneState;
use notice::{Noticed, Planned};
use watch::{Watch, Watched};

/// What the service knows of itself from one look to the next.
struct Service {
    objects: LaneState,
    passwords: LaneState,
    /// The file as it was when it was last read.
    file: Option<String>,
    /// People about whom the mirror has to be asked again.
    noticed: Noticed,
    /// The domain, where replication is not read.
    watch: Option<Watch>,
    /// The last run that neither wrote nor held anything: the next such run takes its place.
    quiet: Option<i64>,
    note: ServiceNote,
}

impl Agent {
    /// Runs both lanes until `stop` resolves: an object cycle at once and every `schedule.objects`, a look for changed passwords every
    /// `schedule.passwords`. A failure of a lane is told to `events` and kept for `status`, and the lane is tried again; it never ends
    /// the service. On `stop` the request under way is finished, and its outcome kept.
    ///
    /// # Errors
    /// When the state file cannot be written.
    pub async fn serve(&mut self, stop: impl Future<Output = ()>, events: &mut dyn FnMut(ServiceEvent)) -> Result<(), AgentError> {
        let (mut stop, halt) = (pin!(stop), Rc::clone(&self.halt));
        halt.set(false);
        let mut service = Service::new(self, Instant::now());
        self.keep_note(&service.note)?;
        events(ServiceEvent::Started { holder: service.note.holder.clone() });
        while !halt.get() {
            tokio::select! {
                biased;
                () = &mut stop => break,
                () = sleep_until(service.wakes()) => {}
            }
            let mut work = pin!(self.work(&mut service, events));
            loop {
                tokio::select! {
                    () = &mut work => break,
                    () = &mut stop, if !halt.get() => halt.set(true),
                }
            }
        }
        if let Some(session) = self.replication.take() {
            session.close().await;
        }
        if let Some(watch) = service.watch.take() {
            watch.close().await;
        }
        self.forget_note()?;
        halt.set(false);
        events(ServiceEvent::Stopped);
        Ok(())
    }

    /// Whatever is due.
    async fn work(&mut self, service: &mut Service, events: &mut dyn FnMut(ServiceEvent)) {
        let now = Instant::now();
        if self.file_changed(service) {
            service.objects.make_due(now);
        }
        if service.objects.is_due(now) {
            let file = self.file();
            let done = self.cycle(service).await;
            let ended = service.objects.ended(done, &mut |report| events(ServiceEvent::Cycle(Box::new(report))));
            ended.into_iter().for_each(&mut *events);
            service.file = file;
            service.passwords.make_due(now);
        }
        if service.passwords.is_due(now) && !self.halt.get() {
            let done = self.look(service, events).await;
            service.passwords.ended(done, &mut |()| {}).into_iter().for_each(&mut *events);
        }
        self.tell(service);
    }

    /// One object cycle. The password lane follows at once, so whoever is new has an account when the password comes.
    async fn cycle(&mut self, service: &mut Service) -> Result<RunReport, AgentError> {
        let mut turn = self.take_turn().await?;
        let mut yes = |_: &samesign_engine::Plan| true;
        let mut done = self.run(&mut turn, SyncOptions { full: false, plan_file: None, confirm: &mut yes }).await;
        if let Ok(report) = &mut done {
            report.passwords = self.password_counts(0)?;
            report.notes.extend(self.password_hold_in_words()?);
        }
        self.end_turn(&turn, &done)?;
        let report = done?;
        if report.changes() == 0 && report.held == 0 && report.refused == 0 {
            let before = service.quiet.replace(report.run);
            before.map_or(Ok(false), |run| self.store.transaction(|transaction| forget_run(transaction, run)))?;
        }
        Ok(report)
    }

    /// One look for changed passwords, and for what else replication tells.
    async fn look(&mut self, service: &mut Service, events: &mut dyn FnMut(ServiceEvent)) -> Result<(), AgentError> {
        let with_passwords = self.settings.passwords.enabled;
        let noticed = match with_passwords {
            true if self.password_hold()?.is_some() => return Ok(()),
            true => self.send_as_run(events).await?,
            false => match self.watch_domain(&mut service.watch).await? {
                Watched::People(people) => people,
                Watched::Unknown => {
                    service.objects.make_due(Instant::now());
                    return Ok(());
                }
            },
        };
        service.noticed.add(&self.store, noticed)?;
        if !service.noticed.is_empty() {
            match self.plan_noticed(&mut service.noticed).await? {
                Planned::Done(report) => events(ServiceEvent::Notice(report)),
                Planned::Nothing => {}
                Planned::Everything => service.objects.make_due(Instant::now()),
            }
            // Whoever was enabled with that is owed a password.
            if with_passwords && self.store.count_passwords_due(self.clock.now(), 1)? > 0 {
                let noticed = self.send_as_run(events).await?;
                service.noticed.add(&self.store, noticed)?;
            }
        }
        Ok(())
    }

    /// Sends what is owed, recorded as a run of its own when there is anything.
    async fn send_as_run(&mut self, events: &mut dyn FnMut(ServiceEvent)) -> Result<Vec<samesign_engine::ObjectGuid>, AgentError> {
        let (mut turn, mut sent) = (None, 0);
        let done = self.send_from_source(&mut turn, &mut sent).await;
        let Some(turn) = turn else { return done };
        let (noticed, counts) = match done {
            Ok(noticed) => (Ok(noticed), self.password_counts(sent)),
            Err(error) => {
                self.end_failed(&turn, &error)?;
                return Err(error);
            }
        };
        let counts = counts?;
        if self.end_password_turn(&turn, &counts)? {
            events(ServiceEvent::Passwords { run: turn.run, counts });
        }
        noticed
    }

    fn file(&self) -> Option<String> {
        match &self.settings.source {
            Source::Ldif(path) => stamp(path),
            Source::Ad(_) => None,
        }
    }

    /// Whether the source is a file that is another than the one that was read. A file that is not there is left to the object cycle.
    fn file_changed(&self, service: &Service) -> bool {
        self.file().is_some_and(|file| service.file.as_ref() != Some(&file))
    }
}

impl Service {
    fn new(agent: &Agent, now: Instant) -> Self {
        let schedule = agent.settings.schedule;
        Self {
            objects: LaneState::new(Lane::Objects, schedule.objects, now),
            passwords: LaneState::new(Lane::Passwords, schedule.passwords, now),
            file: agent.file(),
            noticed: Noticed::default(),
            watch: None,
            quiet: None,
            note: ServiceNote::new(crate::holder::name(), agent.clock.now()),
        }
    }

    /// When there is something to do next.
    fn wakes(&self) -> Instant {
        self.objects.due().min(self.passwords.due())
    }
}
