//! `samesign tenant app`.

use clap::{Args, Subcommand};
use samesign_tenant::admin;

use super::Folder;
use crate::exit::{Exit, Outcome};
use crate::screen;

/// Register applications
#[derive(Subcommand)]
pub enum Command {
    Add(Add),
}

/// Register an application that may call the tenant; answers its identity once
#[derive(Args)]
pub struct Add {
    #[command(flatten)]
    folder: Folder,
    /// Its name
    #[arg(long)]
    name: String,
    /// Application permission to grant, such as User.ReadWrite.All; may be repeated
    #[arg(long = "permission", value_name = "PERMISSION")]
    permissions: Vec<String>,
    /// Make a client secret instead of a certificate
    #[arg(long)]
    secret: bool,
    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
}
