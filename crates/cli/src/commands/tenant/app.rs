//! `samesign tenant app`.

use anyhow::Context;
use clap::{Args, Subcommand};
use samesign_tenant::admin::AppCredential;

use super::Folder;
use crate::exit::{Exit, Outcome};
use crate::screen;

/// Register applications
#[derive(Subcommand)]
pub enum Command {
    Add(Add),
}

/// Register an application that may call the tenant; answers its identity once
///
/// People may sign in to it as well: with its credential from a server, without it from their own machine (by password, with a device
/// code, or in a browser that is sent back to http://localhost).
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
    /// No credential at all: for an application on a desktop or a phone, in which people sign in
    #[arg(long, conflicts_with_all = ["secret", "permissions"])]
    public: bool,
    /// Address at which the application is called back after a sign-in; may be repeated
    #[arg(long = "redirect-uri", value_name = "URI")]
    redirects: Vec<String>,
    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
}

impl Command {
    /// Runs the command.
    pub fn run(self, quiet: bool) -> Outcome {
        let Self::Add(Add { folder, name, permissions, secret, public, redirects, json }) = self;
        let admin = folder.open()?;
        let failed = || format!("{name} was not registered");
        if public {
            let client_id = admin.add_public_app(&name, &redirects).with_context(failed)?;
            match json {
                true => screen::json(&serde_json::json!({ "client_id": client_id }))?,
                false => screen::data(&format!("client_id    {client_id}")),
            }
            return Ok(Exit::Done);
        }
        let added = admin.add_app(&name, &permissions, secret).with_context(failed)?;
        for uri in &redirects {
            admin.add_redirect(&added.client_id, uri).with_context(|| format!("{name} is registered, but not with this address"))?;
        }
        let (key, value) = match &added.credential {
            AppCredential::Secret(secret) => ("secret", secret.expose().to_owned()),
            AppCredential::Certificate(path) => ("certificate", path.display().to_string()),
        };
        match json {
            true => screen::json(&serde_json::json!({ "client_id": added.client_id, key: value }))?,
            false => screen::data(&format!("client_id    {}\n{key:<12} {value}", added.client_id)),
        }
        if secret && !quiet && !json {
            screen::note("the secret is shown this once");
        }
        Ok(Exit::Done)
    }
}
