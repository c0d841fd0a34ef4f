//! `samesign agent run` as a process of its own, and what it costs while it runs.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::tenant::Agent;

/// A service that runs as long as this value lives.
pub struct Service {
    process: Child,
    log: PathBuf,
}

impl Service {
    /// Starts one; its log lies beside its configuration.
    pub fn start(agent: &Agent) -> Result<Self> {
        let log = agent.folder().join("service.log");
        let out = fs::File::create(&log)?;
        let mut command = agent.command(&["agent", "run"]);
        let process = command.stdin(Stdio::null()).stdout(out.try_clone()?).stderr(out).spawn().context("cannot run the service")?;
        Ok(Self { process, log })
    }

    /// Processor time of all its threads so far.
    pub fn cpu(&self) -> Result<Duration> {
        let mut spent = 0;
        for thread in fs::read_dir(format!("/proc/{}/task", self.process.id())).with_context(|| self.last_words())? {
            let times = fs::read_to_string(thread?.path().join("schedstat")).unwrap_or_default();
            spent += times.split(' ').next().and_then(|nanoseconds| nanoseconds.parse::<u64>().ok()).unwrap_or_default();
        }
        Ok(Duration::from_nanos(spent))
    }

    /// Ends it as a service manager does, and expects that it ends well.
    pub fn stop(mut self) -> Result<()> {
        terminate(self.process.id())?;
        let status = self.process.wait()?;
        ensure!(status.success(), "the service ended with {status}: {}", self.last_words());
        Ok(())
    }

    /// The end of its log.
    pub fn last_words(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines.iter().skip(lines.len().saturating_sub(20)).copied().collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// SIGTERM, by the system's own program: this crate holds no unsafe code.
fn terminate(process: u32) -> Result<()> {
    let sent = std::process::Command::new("kill").args(["-TERM", &process.to_string()]).status()?;
    ensure!(sent.success(), "the service is gone already");
    Ok(())
}
