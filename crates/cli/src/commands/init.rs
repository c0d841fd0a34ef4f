//! `samesign init`.

use clap::Args;

use super::check;
use crate::exit::{Exit, Failure, Outcome};
use crate::{Global, init, runtime, screen};

/// Write a configuration: asks, and tests each answer before it is accepted
#[derive(Args)]
pub struct Arguments {}

pub fn run(_: &Arguments, global: &Global) -> Outcome {
    let file = &global.config;
    if !screen::can_ask() {
        let hint = "run it in a terminal, or write the file by hand: docs/guide/first-sync.md shows a whole one";
        return Err(Failure::usage("init asks questions, and there is no terminal to ask them on", hint));
    }
    if file.exists() {
        let hint = "edit that file, or name another with --config; init never overwrites one";
        return Err(Failure::usage(format!("{} exists already", file.display()), hint));
    }
    let check_now = runtime::block_on(init::wizard(file))??;
    match check_now {
        true => check::run(&check::Arguments::default(), global),
        false => Ok(Exit::Done),
    }
}
