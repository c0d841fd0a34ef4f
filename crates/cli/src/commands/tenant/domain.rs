//! `samesign tenant domain`.

use anyhow::Context;
use clap::{Args, Subcommand};

use super::Folder;
use crate::exit::{Exit, Outcome};
use crate::screen;

/// Add, verify and list the domains of the tenant
#[derive(Subcommand)]
pub enum Command {
    /// Add a domain, not yet verified
    Add(Named),
    /// Take a domain as verified
    Verify(Named),
    List(List),
}

/// Which domain.
#[derive(Args)]
pub struct Named {
    #[command(flatten)]
    folder: Folder,
    /// The domain, such as contoso.example
    name: String,
}

/// List the domains
#[derive(Args)]
pub struct List {
    #[command(flatten)]
    folder: Folder,
    /// Print a JSON array
    #[arg(long)]
    json: bool,
}

impl Command {
    /// Runs the command.
    pub fn run(self, quiet: bool) -> Outcome {
        let done = match &self {
            Self::Add(Named { folder, name }) => {
                folder.open()?.add_domain(name).with_context(|| format!("{name} was not added"))?;
                format!("added {name}; users can have names in it once it is verified")
            }
            Self::Verify(Named { folder, name }) => {
                folder.open()?.verify_domain(name).with_context(|| format!("{name} was not verified"))?;
                format!("{name} is verified")
            }
            Self::List(arguments) => return list(arguments),
        };
        if !quiet {
            screen::note(&done);
        }
        Ok(Exit::Done)
    }
}

fn list(arguments: &List) -> Outcome {
    let domains = arguments.folder.open()?.domains().context("cannot list the domains")?;
    if arguments.json {
        let rows = domains.iter().map(|domain| serde_json::json!({ "name": domain.name, "verified": domain.verified }));
        screen::json(&rows.collect::<Vec<_>>())?;
        return Ok(Exit::Done);
    }
    domains
        .iter()
        .for_each(|domain| screen::data(&format!("{:<40} {}", domain.name, if domain.verified { "verified" } else { "not verified" })));
    Ok(Exit::Done)
}
