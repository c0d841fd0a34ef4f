//! `samesign tenant user`.

use std::io::Read;

use anyhow::Context;
use clap::{Args, Subcommand};
use samesign_tenant::admin;
use samesign_wire::Secret;

use super::Folder;
use crate::exit::{Exit, Outcome};
use crate::screen;

/// Add a cloud user, or list the users
#[derive(Subcommand)]
pub enum Command {
    Add(Add),
    List(List),
}

/// Add a user who lives in the tenant alone
#[derive(Args)]
pub struct Add {
    #[command(flatten)]
    folder: Folder,
    /// User principal name
    #[arg(long)]
    upn: String,
    /// Display name
    #[arg(long)]
    display_name: String,
    /// Mail address
    #[arg(long)]
    mail: Option<String>,
    /// Licence to assign, by SKU part number such as O365_BUSINESS_PREMIUM; may be repeated
    #[arg(long = "licence", value_name = "SKU")]
    licences: Vec<String>,
    /// Country of use, two letters; a licence needs one
    #[arg(long, value_name = "CC")]
    usage_location: Option<String>,
    /// Admin role such as "Global Administrator"; may be repeated
    #[arg(long = "role", value_name = "ROLE")]
    roles: Vec<String>,
    /// Read the password from stdin; one line feed at its end is not part of it
    #[arg(long)]
    password_stdin: bool,
}

/// List the users as Graph shows them
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
        match self {
            Self::Add(arguments) => add(arguments, quiet),
            Self::List(arguments) => list(&arguments),
        }
    }
}
