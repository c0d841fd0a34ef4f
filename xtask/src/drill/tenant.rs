//! A local tenant that runs as long as this value lives.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};

use super::damage::{People, people};
use crate::workspace;

pub struct Tenant {
    server: Child,
    data: PathBuf,
    /// The `[tenant]` table that leads there.
    pub table: String,
}

impl Tenant {
    /// Makes one in an empty folder, with synchronization on, and starts it on a free port.
    pub fn start(data: &Path) -> Result<Self> {
        tenant(data, &["init"], &["--name", "contoso.onmicrosoft.com", "--domain", "contoso.example"])?;
        tenant(data, &["sync", "enable"], &[])?;
        let mut server = samesign(&["tenant", "run", "--listen", "127.0.0.1:0", "--data"]).arg(data).stdout(Stdio::piped()).spawn()?;
        let mut ready = String::new();
        if let Some(output) = server.stdout.take() {
            BufReader::new(output).read_line(&mut ready)?;
        }
        let mut started = Self { server, data: data.to_owned(), table: String::new() };
        let endpoint = ready.trim().strip_prefix("tenant ready on ").context("the tenant did not start")?;
        let mut document: toml::Table = toml::from_str(&std::fs::read_to_string(data.join("tenant.toml"))?)?;
        let table = document.get_mut("tenant").and_then(toml::Value::as_table_mut).context("tenant.toml lacks [tenant]")?;
        table.insert("endpoint".to_owned(), endpoint.into());
        started.table = toml::to_string(&document)?;
        Ok(started)
    }

    /// Everybody whom synchronization brought, as Graph shows them.
    pub fn people(&self) -> Result<People> {
        let all: Vec<serde_json::Value> = serde_json::from_str(&tenant(&self.data, &["user", "list"], &["--json"])?)?;
        people(all.into_iter().filter(|user| user.get("onPremisesSyncEnabled") == Some(&serde_json::Value::Bool(true))).collect())
    }
}

impl Drop for Tenant {
    fn drop(&mut self) {
        if let Err(error) = self.server.kill().and_then(|()| self.server.wait()) {
            eprintln!("cannot stop the tenant: {error}");
        }
    }
}

fn tenant(data: &Path, verb: &[&str], rest: &[&str]) -> Result<String> {
    let output = samesign(&["tenant"]).args(verb).arg("--data").arg(data).args(rest).stdin(Stdio::null()).output()?;
    ensure!(output.status.success(), "`samesign tenant {}` failed: {}", verb.join(" "), String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

/// samesign, built without optimization: nothing is measured here.
pub fn samesign(arguments: &[&str]) -> Command {
    let mut command = Command::new(workspace::target().join("debug/samesign"));
    command.args(arguments);
    command
}
