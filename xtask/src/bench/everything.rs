//! Planning a whole directory, in process: one that is in sync, and one of which the tenant knows nobody yet.

use std::process::Command;

use anyhow::Result;
use serde::Deserialize;

use super::table::Row;
use super::{MEBIBYTE, cargo, measure, scratch};
use crate::workspace;

const USERS: usize = 100_000;
const PLANNING_S: f64 = 1.0;
const MEMORY_MIB: f64 = 200.0;

#[derive(Deserialize)]
struct Planned {
    load_ms: f64,
    plan_ms: f64,
    changes: usize,
}

pub fn run() -> Result<Vec<Row>> {
    cargo(&["build", "--release", "--locked", "-p", "samesign-agent", "--example", "plan_all"])?;
    let mut rows = Vec::new();
    for (kind, shown, changes) in [("linked", "in sync", 0), ("new", "all new", USERS)] {
        let (planned, memory_mib) = plan_of(kind)?;
        anyhow::ensure!(planned.changes == changes, "the plan of {USERS} users {shown} holds {} changes", planned.changes);
        rows.push(Row::new(format!("planning {USERS} users {shown}, in process"), planned.plan_ms / 1000.0, "s").at_most(PLANNING_S));
        rows.push(Row::new(format!("planning {USERS} users {shown}, loading them"), planned.load_ms / 1000.0, "s"));
        rows.push(Row::new(format!("planning {USERS} users {shown}, peak memory"), memory_mib, "MiB").at_most(MEMORY_MIB));
    }
    Ok(rows)
}

/// The middle one of several plans, and the memory of its process.
fn plan_of(kind: &str) -> Result<(Planned, f64)> {
    let state = scratch()?.join(format!("everything-{kind}.db"));
    let remove = || ["", "-wal", "-shm"].map(|ending| std::fs::remove_file(format!("{}{ending}", state.display())));
    let _ = remove();
    let program = || Command::new(workspace::target().join("release/examples/plan_all"));
    measure::run(program().arg("make").arg(&state).args([kind, &USERS.to_string()]), &[0])?;
    let mut runs = Vec::new();
    for _ in 0..super::REPEATS {
        let run = measure::run(program().arg("plan").arg(&state).arg(USERS.to_string()), &[0])?;
        let planned: Planned = serde_json::from_str(&run.output)?;
        runs.push((planned, run.cost.memory_peak_bytes as f64 / MEBIBYTE));
    }
    let _ = remove();
    runs.sort_by(|(one, _), (other, _)| one.plan_ms.total_cmp(&other.plan_ms));
    Ok(runs.swap_remove(super::REPEATS / 2))
}
