//! A very large group: what the change of a few of its members costs, and that no more than these are sent.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::people::{self, UNIT};
use super::table::Row;
use super::tenant::Tenant;
use super::{MEBIBYTE, fresh, measure, scratch};

/// The most that the service takes.
pub const MEMBERS: usize = 250_000;
/// Half of them leave, half of them come.
const CHANGED: usize = 10;
/// What a sync takes beside reading the export: plan, and send ten references.
const MEMORY_MIB: f64 = 400.0;

/// Brings a group of so many members from an export into a tenant, exchanges a few of them, and looks at what is sent.
pub fn run(members: usize) -> Result<Vec<Row>> {
    ensure!((CHANGED..=MEMBERS).contains(&members), "a group that is synchronized has {CHANGED} to {MEMBERS} members here");
    let people = members + CHANGED / 2;
    let export = scratch()?.join("group.ldif");
    write_export(&export, people, 0..members)?;
    let tenant = Tenant::start(&fresh("group")?)?;
    let source = format!("[source]\nkind = \"ldif\"\npath = {}\n", toml::Value::try_from(&export)?);
    let agent = tenant.configure(&source, &[UNIT.to_owned()], "")?;
    let first = agent.sync()?.cost;
    let (_, pending) = agent.plan()?;
    ensure!(pending == 0, "after the first sync {pending} changes are still to be made");
    let unchanged = agent.sync()?.cost;

    write_export(&export, people, CHANGED / 2..people)?;
    let planned = measure::run(&mut agent.command(&["plan", "--json", "--quiet"]), &[0])?;
    let references = references_of(&serde_json::from_str(&planned.output)?)?;
    let changed = agent.sync()?.cost;
    let (_, pending) = agent.plan()?;
    ensure!(pending == 0, "after the change {pending} changes are still to be made");
    Ok(vec![
        Row::new(format!("group of {members}: first sync of all, wall"), first.wall.as_secs_f64(), "s"),
        Row::new("group: first sync, peak memory", first.memory_peak_bytes as f64 / MEBIBYTE, "MiB"),
        Row::new("group: no-change cycle, agent CPU", unchanged.cpu.as_secs_f64(), "s"),
        Row::new(format!("group: references sent for {CHANGED} changed members"), references as f64, "references")
            .at_least(CHANGED as f64)
            .at_most(CHANGED as f64),
        Row::new("group: sync of these, agent CPU", changed.cpu.as_secs_f64(), "s"),
        Row::new("group: sync of these, wall", changed.wall.as_secs_f64(), "s"),
        Row::new("group: sync of these, peak memory", changed.memory_peak_bytes as f64 / MEBIBYTE, "MiB").at_most(MEMORY_MIB),
    ])
}

/// How many references the one change of this plan holds.
fn references_of(plan: &Value) -> Result<usize> {
    let changes = plan.get("changes").and_then(Value::as_array).context("the plan holds no `changes`")?;
    let [change] = changes.as_slice() else { anyhow::bail!("members of one group changed, the plan holds {} changes", changes.len()) };
    let attributes = change.get("attributes").and_then(Value::as_object).context("the change holds no `attributes`")?;
    let sides = attributes.values().flat_map(|attribute| ["from", "to"].map(|side| attribute.get(side)));
    Ok(sides.flatten().filter_map(Value::as_array).map(Vec::len).sum())
}

/// People 0 to `people`, and a group of some of them.
fn write_export(path: &Path, people: usize, members: std::ops::Range<usize>) -> Result<()> {
    people::write_export(path, people, None)?;
    people::append_group(path, members)
}
