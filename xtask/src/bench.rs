//! What a sync costs, measured from outside on the release binary, beside what we want to reach.
//!
//! The agent is measured alone: the tenant and the domain controller are other processes.

mod everything;
mod federation;
mod group;
mod latency;
mod ldapsearch;
mod measure;
mod passwords;
pub mod people;
mod service;
mod table;
mod tenant;

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail, ensure};
use clap::{Args, ValueEnum};
use serde::Deserialize;

use self::measure::{Cost, middle_of};
use self::table::Row;
use self::tenant::{Agent, Tenant};
use crate::testbed::{DomainController, Facts};
use crate::{packages, workspace};

const REPEATS: usize = 5;
const MEBIBYTE: f64 = 1_048_576.0;

#[derive(Args)]
pub struct Options {
    /// What to read people from
    #[arg(value_enum, default_value = "all")]
    source: Source,
    /// How many people
    #[arg(long, default_value_t = 10_000)]
    users: usize,
    /// How many members the group has
    #[arg(long, default_value_t = group::MEMBERS)]
    members: usize,
    /// End with 1 when a target is missed
    #[arg(long)]
    strict: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Source {
    All,
    Ldif,
    Ad,
    /// No source: planning alone, in process
    #[value(alias = "plan")]
    Planning,
    /// A group of a quarter million members, some of whom change; minutes
    Group,
    /// What passwords cost: the kernel beside others, and a pass over a domain
    Passwords,
    /// What a token of the federation service costs beside its signature
    Federation,
    /// How long a change in Active Directory takes to count; minutes
    Latency,
}

/// What to reach with one source.
struct Targets {
    first_sync_cpu_ms_per_user: f64,
    no_change_cpu_s: f64,
    memory_peak_mib: f64,
    cold_plan_cpu_ms: f64,
}

const LDIF: Targets = Targets { first_sync_cpu_ms_per_user: 0.12, no_change_cpu_s: 0.15, memory_peak_mib: 50.0, cold_plan_cpu_ms: 60.0 };
const AD: Targets = Targets { first_sync_cpu_ms_per_user: 0.16, no_change_cpu_s: 0.25, ..LDIF };
/// A cycle of the agent beside `ldapsearch` reading the same.
const NO_CHANGE_WALL_TO_LDAPSEARCH: f64 = 1.1;
/// Planning one changed person, and how much more that may take in a directory a hundred times as large.
const PLANNING_MS: f64 = 1.0;
const PLANNING_GROWTH: f64 = 1.5;

pub fn run(options: &Options) -> Result<ExitCode> {
    let built =
        Command::new(env!("CARGO")).current_dir(workspace::root()).args(["build", "--release", "--locked", "-p", "samesign"]).status()?;
    ensure!(built.success(), "the release build failed");
    let mut rows = Vec::new();
    let wanted = |source| options.source == source || options.source == Source::All;
    if wanted(Source::Planning) {
        rows.extend(planning()?);
        rows.extend(everything::run()?);
    }
    if wanted(Source::Ldif) {
        rows.extend(ldif(options.users)?);
    }
    if wanted(Source::Ad) {
        rows.extend(active_directory(options.users)?);
    }
    if wanted(Source::Passwords) {
        rows.extend(passwords::run(options.users)?);
    }
    if wanted(Source::Federation) {
        rows.extend(federation::run()?);
    }
    if options.source == Source::Group {
        rows.extend(group::run(options.members)?);
    }
    if options.source == Source::Latency {
        rows.extend(latency::run(options.users)?);
    }
    let reached = table::print(&rows);
    Ok(if reached || !options.strict { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn planning() -> Result<Vec<Row>> {
    #[derive(Deserialize)]
    struct Planned {
        users: u32,
        median_us: f64,
    }
    cargo(&["build", "--release", "--locked", "-p", "samesign-agent", "--example", "plan_one"])?;
    let run = measure::run(Command::new(workspace::target().join("release/examples/plan_one")).args(["1000", "100000"]), &[0])?;
    let sizes = run.output.lines().map(serde_json::from_str).collect::<Result<Vec<Planned>, _>>()?;
    let [small, large] = sizes.as_slice() else { bail!("plan_one told {} sizes", sizes.len()) };
    let row = |planned: &Planned| {
        Row::new(format!("planning one changed user of {}, in process", planned.users), planned.median_us / 1000.0, "ms")
            .at_most(PLANNING_MS)
    };
    let growth = Row::new("planning, growth between the two", large.median_us / small.median_us, "x").at_most(PLANNING_GROWTH);
    Ok(vec![row(small), row(large), growth])
}

fn cargo(arguments: &[&str]) -> Result<()> {
    let built = Command::new(env!("CARGO")).current_dir(workspace::root()).args(arguments).status()?;
    ensure!(built.success(), "cargo {} failed", arguments.join(" "));
    Ok(())
}

fn ldif(users: usize) -> Result<Vec<Row>> {
    let export = scratch()?.join("export.ldif");
    people::write_export(&export, users, None)?;
    let tenant = Tenant::start(&fresh("ldif")?)?;
    let source = format!("[source]\nkind = \"ldif\"\npath = {}\n", toml::Value::try_from(&export)?);
    let agent = tenant.configure(&source, &[people::UNIT.to_owned()], "")?;
    let (mut rows, _) = sync_twice("LDIF", &tenant, &agent, users, &LDIF)?;
    people::write_export(&export, users, Some(users / 2))?;
    rows.push(cold_plan("LDIF", &agent, &LDIF)?);
    Ok(rows)
}

fn active_directory(users: usize) -> Result<Vec<Row>> {
    packages::require(packages::TESTBED)?;
    let domain_controller = DomainController::start("bench", &["--users", &users.to_string(), "--password", "nthash", "--groups", "0"])?;
    let tenant = Tenant::start(&fresh("ad")?)?;
    let source = directory_source(&domain_controller.facts, "svc-samesign")?;
    let agent = tenant.configure(&source, &units(&domain_controller.facts), "")?;
    let (mut rows, no_change) = sync_twice("AD", &tenant, &agent, users, &AD)?;
    let beside = middle_of(REPEATS, || Ok(measure::run(&mut ldapsearch::command(&domain_controller)?, &[0])?.cost))?;
    rows.push(Row::new("AD: ldapsearch of the same, wall", beside.wall.as_secs_f64(), "s"));
    let ratio = no_change.wall.as_secs_f64() / beside.wall.as_secs_f64();
    rows.push(Row::new("AD: no-change cycle, wall to ldapsearch", ratio, "x").at_most(NO_CHANGE_WALL_TO_LDAPSEARCH));
    domain_controller.change(&["set", "u000010", "title=Director"])?;
    rows.push(cold_plan("AD", &agent, &AD)?);
    ensure!(domain_controller.was_only_read()?, "samesign wrote to the directory, which it must never do");
    Ok(rows)
}

/// The `[source]` table that reads a domain as this account.
fn directory_source(facts: &Facts, account: &str) -> Result<String> {
    let reader = facts.account(account)?;
    let password = scratch()?.join("password");
    std::fs::write(&password, &reader.password)?;
    Ok(format!(
        "[source]\nkind = \"ad\"\ndomain = \"{}\"\nservers = [\"{}\"]\nuser = \"{}\"\npassword = {{ file = {} }}\nca = {}\n",
        facts.domain,
        facts.ldaps,
        reader.user,
        toml::Value::try_from(&password)?,
        toml::Value::try_from(&facts.ca)?
    ))
}

/// The units in which the testbed's people are.
fn units(facts: &Facts) -> Vec<String> {
    ["OU=Office365", "OU=Staff", "OU=Other"].iter().map(|unit| format!("{unit},{}", facts.base_dn)).collect()
}

/// A first sync and one that finds nothing to do; answers the latter's cost too.
fn sync_twice(name: &str, tenant: &Tenant, agent: &Agent, users: usize, targets: &Targets) -> Result<(Vec<Row>, Cost)> {
    let first = agent.sync()?.cost;
    let synced = tenant.synced()?;
    ensure!(synced == users, "the first sync brought {synced} of {users} people");
    let (_, pending) = agent.plan()?;
    ensure!(pending == 0, "after the first sync {pending} changes are still to be made");
    let no_change = middle_of(REPEATS, || Ok(agent.sync()?.cost))?;
    let rows = vec![
        Row::new(format!("{name}: first sync of {users}, wall"), users as f64 / first.wall.as_secs_f64(), "users/s"),
        Row::new(format!("{name}: first sync, agent CPU"), first.cpu.as_secs_f64() * 1000.0 / users as f64, "ms/user")
            .at_most(targets.first_sync_cpu_ms_per_user),
        Row::new(format!("{name}: first sync, peak memory"), first.memory_peak_bytes as f64 / MEBIBYTE, "MiB")
            .at_most(targets.memory_peak_mib),
        Row::new(format!("{name}: no-change cycle, agent CPU"), no_change.cpu.as_secs_f64(), "s").at_most(targets.no_change_cpu_s),
        Row::new(format!("{name}: no-change cycle, wall"), no_change.wall.as_secs_f64(), "s"),
    ];
    Ok((rows, no_change))
}

fn cold_plan(name: &str, agent: &Agent, targets: &Targets) -> Result<Row> {
    let cost = middle_of(REPEATS, || {
        let (cost, changes) = agent.plan()?;
        ensure!(changes == 1, "one person changed, the plan holds {changes} changes");
        Ok(cost)
    })?;
    Ok(Row::new(format!("{name}: cold plan of one changed user, agent CPU"), cost.cpu.as_secs_f64() * 1000.0, "ms")
        .at_most(targets.cold_plan_cpu_ms))
}

fn scratch() -> Result<PathBuf> {
    let folder = workspace::target().join("bench");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}

/// A folder name under which nothing is left of an earlier run.
fn fresh(name: &str) -> Result<PathBuf> {
    let data = scratch()?.join(name);
    for folder in [data.clone(), data.with_extension("agent")] {
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
    }
    Ok(data)
}
