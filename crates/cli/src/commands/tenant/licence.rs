//! `samesign tenant licence`.

use clap::{Args, Subcommand};
use samesign_tenant::admin;

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
