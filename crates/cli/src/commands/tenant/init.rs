//! `samesign tenant init`.

use clap::Args;

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
    /// A domain of its users; added verified
    #[arg(long = "domain", value_name = "DOMAIN", required = true)]
    domains: Vec<String>,
    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments, quiet: bool) -> Outcome {
    let made = samesign_tenant::init(&arguments.folder.path, &arguments.name, &arguments.domains).map_err(anyhow::Error::new)?;
    if arguments.json {
        screen::json(&made)?;
        return Ok(Exit::Done);
    }
    screen::data(&format!("administrator  {}\npassword       {}", made.admin.upn, made.admin.password));
    if !quiet {
        let folder = arguments.folder.path.display();
        screen::note(&format!(
            "\n{} is ready in {folder}. The password is shown this once.\n\
             Next: put the block of {folder}/tenant.toml into samesign.toml, then\n  \
             samesign tenant sync enable --data {folder}\n  samesign tenant run --data {folder}",
            arguments.name
        ));
    }
    Ok(Exit::Done)
}
