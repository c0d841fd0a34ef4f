//! Where a secret is kept, and how it is read from there: late, and into a type that cannot be printed.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use samesign_wire::Secret;

/// Where a secret is kept.
#[derive(Debug, PartialEq, Eq)]
pub enum SecretPlace {
    /// A file that holds nothing else. One line feed at its end is not part of the secret.
    File(PathBuf),
    /// An environment variable.
    Environment(String),
    /// A systemd credential (`LoadCredential=`).
    Credential(String),
}

impl SecretPlace {
    /// Fetches the secret.
    pub fn read(&self) -> Result<Secret> {
        let secret = match self {
            Self::File(path) => read_file(path)?,
            Self::Environment(name) => Secret::new(env::var(name).with_context(|| format!("the environment variable {name} is not set"))?),
            Self::Credential(name) => read_file(&credential_path(env::var_os("CREDENTIALS_DIRECTORY"), name)?)?,
        };
        if secret.expose().trim().is_empty() {
            bail!("{self} is empty");
        }
        Ok(secret)
    }
}

impl std::fmt::Display for SecretPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Environment(name) => write!(f, "the environment variable {name}"),
            Self::Credential(name) => write!(f, "the systemd credential {name}"),
        }
    }
}

fn credential_path(folder: Option<OsString>, name: &str) -> Result<PathBuf> {
    let folder = folder.with_context(|| format!("there is no systemd credential {name} here: the unit needs `LoadCredential={name}:…`"))?;
    Ok(Path::new(&folder).join(name))
}

fn read_file(path: &Path) -> Result<Secret> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let text = Secret::new(text);
    let without_line_feed = text.expose().strip_suffix('\n').map(|line| Secret::new(line.strip_suffix('\r').unwrap_or(line).to_owned()));
    Ok(without_line_feed.unwrap_or(text))
}
