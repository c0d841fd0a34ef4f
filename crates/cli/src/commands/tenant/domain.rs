//! `samesign tenant domain`.

use clap::{Args, Subcommand};
use samesign_tenant::admin;

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
