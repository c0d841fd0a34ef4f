//! `samesign tenant licence`.

use anyhow::Context;
use clap::{Args, Subcommand};

use super::Folder;
use crate::exit::{Exit, Outcome};
use crate::screen;

/// Give a user a licence, or take it away
#[derive(Subcommand)]
pub enum Command {
    /// Give a user a licence; the user needs a usage location
    Assign(Arguments),
    /// Take a licence away from a user
    Remove(Arguments),
}

/// Whose licence, and which.
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    folder: Folder,
    /// User principal name
    #[arg(long)]
    upn: String,
    /// SKU part number such as O365_BUSINESS_PREMIUM
    #[arg(long)]
    sku: String,
}

impl Command {
    /// Runs the command.
    pub fn run(self, quiet: bool) -> Outcome {
        let (arguments, done) = match &self {
            Self::Assign(arguments) => (arguments, "has"),
            Self::Remove(arguments) => (arguments, "no longer has"),
        };
        let Arguments { folder, upn, sku } = arguments;
        let admin = folder.open()?;
        match &self {
            Self::Assign(_) => admin.assign_licence(upn, sku).with_context(|| format!("{upn} was not given {sku}"))?,
            Self::Remove(_) => admin.remove_licence(upn, sku).with_context(|| format!("{sku} was not taken from {upn}"))?,
        };
        if !quiet {
            screen::note(&format!("{upn} {done} {sku}"));
        }
        Ok(Exit::Done)
    }
}
