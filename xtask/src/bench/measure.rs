//! What one run of a program cost: its wall time, its processor time and its peak memory, the kernel's own figures.

use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use wait4::Wait4;

use crate::clock::Watch;

/// The cost of one run, or the middle one of several.
#[derive(Clone, Copy)]
pub struct Cost {
    pub wall: Duration,
    /// User and system time of all threads.
    pub cpu: Duration,
    pub memory_peak_bytes: u64,
}

pub struct Run {
    pub cost: Cost,
    pub output: String,
}

/// Runs `command` to its end; `accepted` are the exit codes that count as success.
pub fn run(command: &mut Command, accepted: &[i32]) -> Result<Run> {
    let shown = format!("{command:?}");
    // Files, not pipes: nobody has to read while the child runs, and this process costs it nothing.
    let output = super::scratch()?.join("output");
    command.stdin(Stdio::null()).stdout(std::fs::File::create(&output)?);
    let watch = Watch::start();
    let child = command.spawn().with_context(|| format!("cannot run {shown}"))?;
    let (used, memory_peak_bytes) = watch_memory(child)?;
    let wall = watch.elapsed();
    let output = std::fs::read_to_string(&output)?;
    let code = used.status.code();
    ensure!(code.is_some_and(|code| accepted.contains(&code)), "{shown} ended with {}:\n{output}", used.status);
    let cost = Cost { wall, cpu: used.rusage.utime + used.rusage.stime, memory_peak_bytes };
    Ok(Run { cost, output })
}

/// Waits for the end. The kernel's own figure for a child begins with the memory of the process that started it, so the peak
/// of the program alone is looked up while it runs.
fn watch_memory(child: std::process::Child) -> Result<(wait4::ResUse, u64)> {
    let status = format!("/proc/{}/status", child.id());
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let mut peak = 0;
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                peak = std::fs::read_to_string(&status).ok().and_then(|text| high_water(&text)).unwrap_or(0).max(peak);
                std::thread::sleep(Duration::from_millis(10));
            }
            peak
        });
        let used = child.wait4();
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        let peak = watcher.join().map_err(|_| anyhow::anyhow!("the watcher of the memory broke"))?;
        Ok((used?, peak))
    })
}

fn high_water(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// The cost of the run with the middle processor time: one that a busy machine disturbed does not count.
pub fn middle_of(runs: usize, mut one: impl FnMut() -> Result<Cost>) -> Result<Cost> {
    let mut costs = (0..runs).map(|_| one()).collect::<Result<Vec<_>>>()?;
    costs.sort_by_key(|cost| cost.cpu);
    costs.get(runs / 2).copied().context("at least one run is needed")
}
