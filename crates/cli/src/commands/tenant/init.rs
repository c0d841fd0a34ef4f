//! `samesign tenant init`.

use clap::Args;
use samesign_tenant::InitReport;
use serde_json::json;

use super::Folder;
use crate::exit::{Exit, Outcome};
use crate::screen;

/// Make a new tenant: its directory, its certificate authority, the agent's identity, its first administrator
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    folder: Folder,
    /// The tenant's name
    #[arg(long, value_name = "NAME.onmicrosoft.com")]
    name: String,
    /// A domain of its users, added verified; may be repeated
    #[arg(long = "domain", value_name = "DOMAIN", required = true)]
    domains: Vec<String>,
    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments, quiet: bool) -> Outcome {
    let made = samesign_tenant::init(&arguments.folder.path, &arguments.name, &arguments.domains)
        .map_err(|error| anyhow::Error::new(error).context("no tenant was made"))?;
    match arguments.json {
        true => screen::json(&as_json(&made))?,
        false => screen::data(&format!("administrator  {}\npassword       {}", made.admin.upn, made.admin.password.expose())),
    }
    if !quiet && !arguments.json {
        screen::note(&next_steps(&made, &arguments.folder.path.display().to_string()));
    }
    Ok(Exit::Done)
}

fn as_json(made: &InitReport) -> serde_json::Value {
    json!({
        "tenant_id": made.tenant_id,
        "admin": { "upn": made.admin.upn, "password": made.admin.password.expose() },
        "agent": { "client_id": made.agent.client_id, "certificate": made.agent.certificate },
        "ca": made.ca,
    })
}

fn next_steps(made: &InitReport, folder: &str) -> String {
    format!(
        "\nThe password is shown this once; it has to be changed at the first sign-in.\n\
         Next:\n  \
         samesign tenant sync enable --data {folder}\n  \
         samesign tenant run --data {folder}\n  \
         and the block of {} goes into samesign.toml",
        made.configuration.display()
    )
}
