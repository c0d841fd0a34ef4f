//! What a pass over a domain's passwords costs the agent: a full one, and one that finds nothing changed.

use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::bench::measure::middle_of;
use crate::bench::service::Service;
use crate::bench::table::Row;
use crate::bench::tenant::Tenant;
use crate::bench::{directory_source, fresh, units};
use crate::testbed::DomainController;

/// Reading, decrypting, hashing and sending one password.
const FULL_MS_PER_USER: f64 = 0.10;
const EMPTY_MS: f64 = 10.0;
/// So many empty passes are watched, one a second.
const EMPTY_PASSES: u32 = 20;
const REPEATS: usize = 3;

pub fn run(users: usize) -> Result<Vec<Row>> {
    let directory = DomainController::start("bench", &["--users", &users.to_string(), "--password", "nthash", "--groups", "0"])?;
    let tenant = Tenant::start(&fresh("passwords")?)?;
    let source = directory_source(&directory.facts, "svc-dirsync")?;
    let configure = |more: &str| tenant.configure(&source, &units(&directory.facts), more);
    let without = configure("[passwords]\nenabled = false\n")?;
    without.sync()?;
    let quiet = middle_of(REPEATS, || Ok(without.sync()?.cost))?;

    let agent = configure("[passwords]\nenabled = true\n[schedule]\nobjects = \"1h\"\npasswords = \"1s\"\n")?;
    let (full, report) = agent.report()?;
    let sent = report.pointer("/passwords/sent").and_then(serde_json::Value::as_u64).context("the sync does not tell how many it sent")?;
    ensure!(sent > users as u64 * 9 / 10, "of {users} people {sent} got their passwords");
    let beyond = full.cpu.saturating_sub(quiet.cpu).as_secs_f64() * 1000.0 / sent as f64;

    let runs = agent.runs()?;
    let service = Service::start(&agent)?;
    while agent.runs()? == runs {
        sleep(Duration::from_millis(100));
    }
    sleep(Duration::from_secs(2));
    let before = service.cpu()?;
    sleep(Duration::from_secs(u64::from(EMPTY_PASSES)));
    let spent = service.cpu()?.saturating_sub(before);
    service.stop()?;
    ensure!(directory.was_only_read()?, "samesign wrote to the directory, which it must never do");
    Ok(vec![
        Row::new(format!("full pass: {sent} passwords sent, wall"), full.wall.as_secs_f64(), "s"),
        Row::new("full pass: read, decrypt, hash, send, agent CPU", beyond, "ms/user").at_most(FULL_MS_PER_USER),
        Row::new("empty pass, agent CPU", spent.as_secs_f64() * 1000.0 / f64::from(EMPTY_PASSES), "ms").at_most(EMPTY_MS),
    ])
}
