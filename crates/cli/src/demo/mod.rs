//! The demo: the main job on a sample company, with nothing installed.
//!
//! It plays with the same functions that the commands call; only the sample is made up.

mod export;
mod people;
mod sign_in;
mod stage;
mod story;
#[cfg(test)]
mod tests;

use std::path::Path;

use anyhow::{Context, Result};
use samesign_agent::engine::Action;
use samesign_agent::{CheckReport, Mode, OpenFinding, PlanReport, RunReport, SyncOptions};
use serde::Serialize;

use sign_in::SignIn;
use stage::{Mend, Stage};

/// What happened, to be told or to be serialised.
pub struct Played {
    stage: Stage,
    check: CheckReport,
    plan: PlanReport,
    first: RunReport,
    /// Users who showed "Synced with Active Directory" after the first sync, and everyone then.
    users: Vec<serde_json::Value>,
    sign_in: SignIn,
    mends: Vec<Mend>,
    cleanup: RunReport,
    second: RunReport,
}

/// What `demo --once --json` prints.
#[derive(Serialize)]
pub struct Report<'a> {
    in_scope: usize,
    joined: usize,
    created: usize,
    findings: &'a [OpenFinding],
    synced: usize,
    cleanup: Changes,
    second_run: Changes,
    sign_in: &'a SignIn,
}

/// How much one run changed.
#[derive(Serialize)]
struct Changes {
    changes: usize,
}

/// Plays the whole story in `folder`.
pub async fn play(folder: &Path) -> Result<Played> {
    let mut stage = Stage::build(folder).await?;
    let check = stage.agent(Mode::Read)?.check().await.context("the check failed")?;
    let plan = stage.agent(Mode::Read)?.plan(false).await.context("no plan could be made")?;
    let first = sync(&stage).await.context("the first sync failed")?;
    let users = stage.users()?;
    let sign_in = stage.sign_in().await.context("nobody could sign in")?;
    let mends = stage.mend()?;
    let cleanup = sync(&stage).await.context("the clean-up sync failed")?;
    let second = sync(&stage).await.context("the last sync failed")?;
    Ok(Played { stage, check, plan, first, users, sign_in, mends, cleanup, second })
}

async fn sync(stage: &Stage) -> Result<RunReport> {
    let mut agent = stage.agent(Mode::Write)?;
    let mut confirm = |_: &samesign_agent::engine::Plan| true;
    Ok(agent.sync(SyncOptions { full: false, plan_file: None, confirm: &mut confirm }).await?)
}

impl Played {
    /// The stable object of `demo --once --json`.
    pub fn report(&self) -> Report<'_> {
        Report {
            in_scope: self.in_scope(),
            joined: self.first.count(Action::Join),
            created: self.first.count(Action::Create),
            findings: &self.first.findings,
            synced: self.synced(),
            cleanup: Changes { changes: self.cleanup.changes() },
            second_run: Changes { changes: self.second.changes() },
            sign_in: &self.sign_in,
        }
    }

    /// Stops the tenant.
    pub async fn end(self) {
        self.stage.server.shutdown().await;
    }
}
