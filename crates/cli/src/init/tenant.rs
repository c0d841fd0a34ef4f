//! The questions about the tenant, tested by a token and a look at the state of synchronization.

use std::path::{Path, PathBuf};

use samesign_agent::connect::entra::{Entra, EntraConfig, EntraError, SyncState, Url};

use super::ask::{self, Stopped};
use crate::exit::Failure;
use crate::screen;

/// Answers that a tenant accepted. Paths are absolute.
#[derive(Clone, Default)]
pub struct TenantAnswers {
    pub name: String,
    pub endpoint: Option<String>,
    pub ca: Option<PathBuf>,
    pub client_id: String,
    pub certificate: PathBuf,
}

pub async fn ask() -> Result<TenantAnswers, Failure> {
    ask::heading(
        "Microsoft 365",
        "The tenant and the application that works there. For a local tenant, name the tenant.toml that `samesign tenant init` wrote.",
    );
    let mut answers = TenantAnswers::default();
    loop {
        answers = type_in(answers)?;
        match look(&answers).await {
            Ok(state) => {
                screen::note(&sentence(&answers.name, state));
                return Ok(answers);
            }
            Err(error) => ask::refused("that did not work", error.as_ref()),
        }
        if !ask::yes("Try again?", true)? {
            return Err(Stopped.into());
        }
    }
}

fn type_in(before: TenantAnswers) -> Result<TenantAnswers, Stopped> {
    if let Some(file) = ask::optional("A tenant.toml (empty: type the values)", "")? {
        match read_block(Path::new(&file)) {
            Ok(answers) => return Ok(answers),
            Err(error) => screen::note(&format!("{file}: {error}; type the values")),
        }
    }
    let path = |path: &Path| path.display().to_string();
    Ok(TenantAnswers {
        name: ask::text("Name (contoso.onmicrosoft.com)", &before.name)?,
        client_id: ask::text("Client id of the application", &before.client_id)?,
        certificate: absolute(&ask::text("PEM file with its certificate and key", &path(&before.certificate))?),
        endpoint: ask::optional(
            "Endpoint of a local tenant (empty: the real Microsoft 365)",
            before.endpoint.as_deref().unwrap_or_default(),
        )?,
        ca: ask::optional(
            "File with its certificate authority (empty: the system's)",
            &before.ca.as_deref().map(path).unwrap_or_default(),
        )?
        .map(|ca| absolute(&ca)),
    })
}

/// Reads the one table of a `tenant.toml`.
fn read_block(file: &Path) -> Result<TenantAnswers, String> {
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| error.message().to_owned())?;
    let block = table.get("tenant").and_then(toml::Value::as_table).ok_or("it holds no [tenant]")?;
    let value = |key: &str| block.get(key).and_then(toml::Value::as_str).map(str::to_owned);
    let needed = |key: &str| value(key).ok_or_else(|| format!("`{key}` is missing"));
    Ok(TenantAnswers {
        name: needed("name")?,
        endpoint: value("endpoint"),
        ca: value("ca").map(|ca| absolute(&ca)),
        client_id: needed("client_id")?,
        certificate: absolute(&needed("certificate")?),
    })
}

fn absolute(path: &str) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| PathBuf::from(path))
}

async fn look(answers: &TenantAnswers) -> Result<SyncState, Box<dyn std::error::Error>> {
    let endpoint = answers.endpoint.as_deref().map(Url::parse).transpose()?;
    let config = EntraConfig {
        endpoint,
        ca: answers.ca.clone(),
        ..EntraConfig::new(&answers.name, &answers.client_id, answers.certificate.clone())
    };
    let state: Result<SyncState, EntraError> = async { Entra::new(&config)?.synchronization_state().await }.await;
    Ok(state?)
}

fn sentence(name: &str, state: SyncState) -> String {
    let (state, advice) = match state {
        SyncState::On => ("on", ""),
        SyncState::Enabling => ("enabling", ": the service is still switching it on, which can take a while"),
        SyncState::Off => ("off", ": switch it on in the portal, or with `samesign tenant sync enable`, before the first sync"),
    };
    format!("signed in to {name}; synchronization is {state}{advice}")
}
