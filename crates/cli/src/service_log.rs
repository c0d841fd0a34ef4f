//! The log of the service: one record for each thing that happened, for the person who reads it in the morning.
//!
//! What repeats itself every two minutes is told once: a cycle with nothing to do, or with what waited before, is a record of level debug.

use samesign_agent::{RunReport, ServiceEvent};

/// Tells what happened, and remembers what was told.
#[derive(Default)]
pub struct ServiceLog {
    standing: Option<Standing>,
}

/// How things stand beside what a cycle did.
#[derive(PartialEq, Eq)]
struct Standing {
    complete: bool,
    held: usize,
    held_because: Vec<&'static str>,
    errors: usize,
    warnings: usize,
}

impl ServiceLog {
    /// Writes one record.
    pub fn tell(&mut self, event: &ServiceEvent) {
        match event {
            ServiceEvent::Started { holder } => tracing::info!(event = "started", "started as {holder}"),
            ServiceEvent::Cycle(report) => self.run("cycle", "", report),
            ServiceEvent::Notice(report) => self.run("notice", "not waiting for the object cycle: ", report),
            ServiceEvent::Passwords { run, counts } if counts.refused > 0 => {
                tracing::warn!(event = "passwords", run, "run {run}: {counts}; see `samesign findings`");
            }
            ServiceEvent::Passwords { run, counts } => tracing::info!(event = "passwords", run, "run {run}: {counts}"),
            ServiceEvent::Failed { .. } => tracing::error!(event = "failed", "{}", one_line(&event.to_string())),
            ServiceEvent::Recovered { .. } => tracing::info!(event = "recovered", "{event}"),
            ServiceEvent::Waiting { .. } => tracing::info!(event = "waiting", "{event}"),
            ServiceEvent::Stopped => tracing::info!(event = "stopped", "stopped"),
        }
    }

    fn run(&mut self, event: &'static str, prefix: &str, report: &RunReport) {
        let standing = Standing::of(report);
        let news = report.changes() > 0 || report.refused > 0 || report.passwords.sent > 0 || self.standing.as_ref() != Some(&standing);
        let needs_a_person = report.refused > 0 || standing.held > 0 || !standing.complete;
        self.standing = Some(standing);
        let text = format!("{prefix}{}", one_line(&report.to_string()));
        match (news, needs_a_person) {
            (false, _) => tracing::debug!(event, run = report.run, "{text}"),
            (true, false) => tracing::info!(event, run = report.run, "{text}"),
            (true, true) => tracing::warn!(event, run = report.run, "{text}"),
        }
    }
}

impl Standing {
    fn of(report: &RunReport) -> Self {
        Self {
            complete: report.complete,
            held: report.held,
            held_because: report.held_because.clone(),
            errors: report.findings_of("error"),
            warnings: report.findings_of("warning"),
        }
    }
}

/// A record is one line.
fn one_line(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ")
}
