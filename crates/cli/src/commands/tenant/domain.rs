//! `samesign tenant domain`.

use anyhow::Context;
use clap::{Args, Subcommand};

use super::Folder;
use crate::exit::{Exit, Outcome};
use crate::screen;

/// Add, verify and list the domains of the tenant, and choose the default one
#[derive(Subcommand)]
pub enum Command {
    /// Add a domain, not yet verified
    Add(Named),
    /// Take a domain as verified
    Verify(Named),
    /// Let new users get this domain; a federated one cannot be it
    Default(Named),
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
            Self::Default(Named { folder, name }) => {
                folder.open()?.set_default_domain(name).with_context(|| format!("{name} was not made the default domain"))?;
                format!("{name} is the default domain")
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
    let domains = arguments.folder.open()?.domains_shown().context("cannot list the domains")?;
    match arguments.json {
        true => screen::json(&domains)?,
        false => domains.iter().for_each(|domain| screen::data(&line(domain))),
    }
    Ok(Exit::Done)
}

fn line(domain: &serde_json::Value) -> String {
    let text = |name: &str| domain.get(name).and_then(serde_json::Value::as_str).unwrap_or_default();
    let is = |name: &str| domain.get(name).and_then(serde_json::Value::as_bool).unwrap_or_default();
    let words = [
        if is("verified") { "verified" } else { "not verified" },
        if is("default") { "default" } else { "" },
        if text("authentication_type") == "Federated" { "federated" } else { "" },
    ];
    let said: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    format!("{:<40} {}", text("name"), said.join(", "))
}
