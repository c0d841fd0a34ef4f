//! `samesign check`.

use clap::Args;

use crate::Global;
use crate::config::Config;
use crate::exit::{Exit, Outcome};

/// Check the data, the rights and the tenant before anything is written
#[derive(Args)]
pub struct Arguments {}

pub fn run(_: &Arguments, global: &Global) -> Outcome {
    Config::load(&global.config)?;
    Ok(Exit::Done)
}
