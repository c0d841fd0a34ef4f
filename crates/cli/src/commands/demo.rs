//! `samesign demo`.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use tempfile::TempDir;

use crate::demo;
use crate::exit::{Exit, Outcome};
use crate::signals::Signals;
use crate::{harden, runtime, screen};

/// Show the whole job on a sample company, with nothing installed
///
/// A local tenant, an export of 100 accounts with good and bad data, then: check, plan, first sync, two errors mended, clean-up, a last run. Keeps the
/// pages open until Ctrl-C. Its configuration sets adopt = "allow", so that nothing waits for an approval.
#[derive(Args)]
pub struct Arguments {
    /// Keep everything in this new folder; left out: a temporary one, removed at the end
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// End after the story
    #[arg(long)]
    once: bool,
    /// Print what happened as JSON instead of telling it
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments) -> Outcome {
    harden::harden();
    let temporary = match &arguments.dir {
        Some(_) => None,
        None => Some(TempDir::with_prefix("samesign-demo-").context("cannot make a temporary folder")?),
    };
    let folder = arguments.dir.as_deref().or(temporary.as_ref().map(TempDir::path)).context("the demo has no folder")?;
    runtime::block_on(play(arguments, folder))?
}

async fn play(arguments: &Arguments, folder: &std::path::Path) -> Outcome {
    let played = demo::play(folder).await?;
    match arguments.json {
        true => screen::json(&played.report())?,
        false => screen::coloured(&played.story()),
    }
    if arguments.once {
        if !arguments.json {
            screen::coloured(&played.places_later(arguments.dir.is_some()));
        }
    } else {
        screen::coloured_note(&played.places());
        Signals::watch()?.next().await;
    }
    played.end().await;
    Ok(Exit::Done)
}
