//! `samesign tenant run`.

use std::net::SocketAddr;

use anyhow::Context;
use clap::Args;

use super::Folder;
use crate::exit::{Exit, Outcome};
use crate::screen;

/// Serve the tenant until SIGTERM or Ctrl-C
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    folder: Folder,
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8443")]
    listen: SocketAddr,
}

pub fn run(arguments: &Arguments) -> Outcome {
    let serve = samesign_tenant::run(&arguments.folder.path, arguments.listen, |url| screen::data(&format!("tenant ready on {url}")));
    crate::runtime::block_on(serve)?.context("the tenant cannot be served")?;
    Ok(Exit::Done)
}
