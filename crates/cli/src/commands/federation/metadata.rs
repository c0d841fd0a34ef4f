//! `samesign federation metadata`.

use anyhow::Context;
use clap::Args;
use samesign_federation::keys::{KeyRing, thumbprint_of};
use samesign_federation::{clock, metadata};
use serde_json::json;

use crate::config::Config;
use crate::exit::{Exit, Failure, Outcome};
use crate::federation::convert::screen as lines;
use crate::federation::preflight::{Check, passes};
use crate::federation::{examine, parts};
use crate::{Global, runtime, screen};

/// Print the service's metadata, to be handed to applications that cannot fetch it
///
/// The service shows the same at /FederationMetadata/2007-06/FederationMetadata.xml. It need not run.
#[derive(Args)]
pub struct Arguments {
    /// Ask the running service instead, at its address, and compare its keys with those here; ends 1 when they differ
    #[arg(long)]
    check_remote: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments, global: &Global) -> Outcome {
    let federation = Config::load(&global.config)?.federation.ok_or_else(|| parts::no_table(global))?;
    let keys = KeyRing::open(&federation.folder).context("the signing keys cannot be used")?;
    if arguments.check_remote {
        let check = runtime::block_on(examine::remote(&federation, &keys))?;
        return compared(check, arguments.json);
    }
    let document = metadata::document(&federation.host, &federation.origin, keys.published(), &*keys.current(), clock::now());
    let document = document.context("the metadata cannot be made")?;
    match arguments.json {
        true => screen::json(&json!({
            "entity_id": metadata::entity_id(&federation.host),
            "address": format!("{}{}", federation.origin, metadata::PATH),
            "certificates": keys.published().iter().map(|certificate| thumbprint_of(certificate)).collect::<Vec<_>>(),
            "document": document,
        }))?,
        false => screen::data(&document),
    }
    Ok(Exit::Done)
}

fn compared(check: Check, as_json: bool) -> Result<Exit, Failure> {
    let checks = [check];
    match as_json {
        true => screen::json(&json!({ "ok": passes(&checks), "checks": checks }))?,
        false => screen::data(&lines(&checks)),
    }
    Ok(if passes(&checks) { Exit::Done } else { Exit::Failed })
}
