//! `samesign tenant domain`.

use anyhow::Context;
use clap::{Args, Subcommand};

use super::Folder;
use crate::exit::{Exit, Outcome};
use crate::screen;

/// Add, verify and list the domains of the tenant, choose the default one and the one where sign-in begins
#[derive(Subcommand)]
pub enum Command {
    /// Add a domain, not yet verified
    Add(Named),
    /// Take a domain as verified
    Verify(Named),
    /// Let new users get this domain; a federated one cannot be it
    Default(Named),
    Accelerate(Accelerate),
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

/// Send whoever gives no name straight to the sign-in service of a federated domain
///
/// A hint in the address (whr=, domain_hint=, login_hint=) and an application's wish to ask go before it.
/// People of other domains sign in at /sign-in?other=1.
#[derive(Args)]
pub struct Accelerate {
    #[command(flatten)]
    folder: Folder,
    /// The federated domain, such as contoso.example
    #[arg(required_unless_present = "off", conflicts_with = "off")]
    name: Option<String>,
    /// Ask for the name first again
    #[arg(long)]
    off: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
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
            Self::Accelerate(arguments) => return accelerate(arguments, quiet),
            Self::List(arguments) => return list(arguments),
        };
        if !quiet {
            screen::note(&done);
        }
        Ok(Exit::Done)
    }
}

fn accelerate(arguments: &Accelerate, quiet: bool) -> Outcome {
    let name = arguments.name.as_deref().filter(|_| !arguments.off);
    let refused = || format!("where sign-in begins was not changed to {}", name.unwrap_or("the page for the name"));
    let policy = arguments.folder.open()?.accelerate(name).with_context(refused)?;
    if arguments.json {
        screen::json(&policy)?;
    } else if !quiet {
        screen::note(&match &policy.preferred_domain {
            Some(domain) if policy.applied => {
                format!("sign-in begins at the service of {domain}; people of other domains sign in at /sign-in?other=1")
            }
            Some(domain) => format!("sign-in begins at {domain} once it has the settings of its service"),
            None => "sign-in begins with the name".to_owned(),
        });
    }
    Ok(Exit::Done)
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
        match text("acceleration") {
            "applied" => "sign-in begins here",
            "not-applied" => "sign-in would begin here, were it federated",
            _ => "",
        },
    ];
    let said: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    format!("{:<40} {}", text("name"), said.join(", "))
}
