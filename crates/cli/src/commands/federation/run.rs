//! `samesign federation run`.

use anyhow::Context;
use clap::Args;

use crate::exit::{Exit, Outcome};
use crate::federation::{acceptor, parts};
use crate::signals::Signals;
use crate::{Global, harden, runtime, screen, supervisor};

/// Serve until SIGTERM or Ctrl-C
///
/// Prints one line when clients can connect. Keys and certificates that other commands or an administrator replace are taken up without
/// a restart; a changed configuration needs one.
#[derive(Args)]
pub struct Arguments {}

pub fn run(_arguments: &Arguments, global: &Global) -> Outcome {
    harden::harden();
    let settings = parts::settings(global)?;
    acceptor::prepare(settings.keytab.as_deref())?;
    runtime::block_on(async {
        let mut signals = Signals::watch()?;
        let ready = |origin: &str| {
            screen::data(&format!("federation ready on {origin}"));
            supervisor::ready();
        };
        let shutdown = async move {
            signals.next().await;
            supervisor::stopping();
        };
        samesign_federation::run(settings, ready, shutdown).await.context("the federation service cannot be served")
    })??;
    Ok(Exit::Done)
}
