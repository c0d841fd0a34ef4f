//! `samesign tenant user`.

use anyhow::Context;
use clap::{Args, Subcommand};
use samesign_tenant::admin::NewAccount;

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
    /// Licence to assign, by SKU part number such as O365_BUSINESS_PREMIUM
    #[arg(long, value_name = "SKU")]
    licence: Option<String>,
    /// Country of use, two letters; a licence needs one
    #[arg(long, value_name = "CC")]
    usage_location: Option<String>,
    /// Admin role such as "Global Administrator"
    #[arg(long)]
    role: Option<String>,
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

fn add(arguments: Add, quiet: bool) -> Outcome {
    let Add { folder, upn, display_name, mail, licence, usage_location, role, password_stdin } = arguments;
    let password = if password_stdin { Some(crate::stdin::secret("Password")?) } else { None };
    let account = NewAccount { upn, display_name, mail, usage_location, licence, role, password };
    let refused = || format!("{} was not added", account.upn);
    folder.open()?.add_user(&account).with_context(refused)?;
    if !quiet {
        screen::note(&format!("added {}", account.upn));
    }
    Ok(Exit::Done)
}

fn list(arguments: &List) -> Outcome {
    let users = arguments.folder.open()?.users().context("cannot list the users")?;
    match arguments.json {
        true => screen::json(&users)?,
        false => users.iter().for_each(|user| screen::data(&row(user))),
    }
    Ok(Exit::Done)
}

/// One user: UPN, status, display name.
fn row(user: &serde_json::Value) -> String {
    let text = |name: &str| user.get(name).and_then(serde_json::Value::as_str).unwrap_or_default();
    let synced = user.get("onPremisesSyncEnabled").and_then(serde_json::Value::as_bool) == Some(true);
    let status = if synced { "Synced with Active Directory" } else { "In cloud" };
    format!("{:<48} {status:<29} {}", text("userPrincipalName"), text("displayName"))
}
