//! A local tenant that runs as long as this value lives, and samesign pointed at it.

use std::cell::Cell;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use super::measure;
use crate::workspace;

pub struct Tenant {
    server: Child,
    data: PathBuf,
    /// The `[tenant]` table that leads there.
    table: String,
}

impl Tenant {
    /// Makes one in an empty folder, with synchronization on, and starts it on a free port.
    pub fn start(data: &Path) -> Result<Self> {
        tenant(data, &["init"], &["--name", "contoso.onmicrosoft.com", "--domain", "contoso.example"])?;
        tenant(data, &["sync", "enable"], &[])?;
        let mut server =
            samesign(&["tenant", "run", "--data"]).arg(data).args(["--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn()?;
        let mut ready = String::new();
        if let Some(output) = server.stdout.take() {
            BufReader::new(output).read_line(&mut ready)?;
        }
        let endpoint = ready.trim().rsplit(' ').next().filter(|last| last.starts_with("https://")).map(str::to_owned);
        let mut started = Self { server, data: data.to_owned(), table: String::new() };
        started.table = table(data, &endpoint.context("the tenant did not start")?)?;
        Ok(started)
    }

    /// A configuration that brings `units` of `source` (a whole `[source]` table) into this tenant; `more` are further tables.
    pub fn configure(&self, source: &str, units: &[String], more: &str) -> Result<Agent> {
        let home = self.data.with_extension("agent");
        std::fs::create_dir_all(&home)?;
        let include = toml::Value::try_from(units)?;
        let config = home.join("samesign.toml");
        std::fs::write(&config, format!("{source}\n[scope]\ninclude = {include}\n\n{}\n{more}", self.table))?;
        Ok(Agent { config })
    }

    /// An application that people can sign in to.
    pub fn application(&self) -> Result<Application> {
        let added: serde_json::Value =
            serde_json::from_str(&tenant(&self.data, &["app", "add"], &["--name", "bench", "--secret", "--json"])?)?;
        let text = |name| added.get(name).and_then(serde_json::Value::as_str).map(str::to_owned).context("the application has no secret");
        let document: toml::Table = toml::from_str(&self.table)?;
        let endpoint = document.get("tenant").and_then(|tenant| tenant.get("endpoint")).and_then(toml::Value::as_str);
        let url = format!("{}/contoso.onmicrosoft.com/oauth2/v2.0/token", endpoint.context("no endpoint")?);
        let (client_id, secret) = (text("client_id")?, text("secret")?);
        Ok(Application { url, client_id, secret, ca: self.data.join("ca.pem"), tries: Cell::new(0) })
    }

    /// How many people synchronization has brought.
    pub fn synced(&self) -> Result<usize> {
        let users: Vec<serde_json::Value> = serde_json::from_str(&tenant(&self.data, &["user", "list"], &["--json"])?)?;
        Ok(users.iter().filter(|user| user.get("onPremisesSyncEnabled") == Some(&serde_json::Value::Bool(true))).count())
    }
}

impl Drop for Tenant {
    fn drop(&mut self) {
        if let Err(error) = self.server.kill().and_then(|()| self.server.wait()) {
            eprintln!("cannot stop the tenant: {error}");
        }
    }
}

/// An application that people sign in to with their passwords.
pub struct Application {
    url: String,
    client_id: String,
    secret: String,
    ca: PathBuf,
    tries: Cell<u32>,
}

/// How a sign-in ended.
#[derive(PartialEq, Eq)]
pub enum SignIn {
    Done,
    Refused,
}

impl Application {
    /// Signs somebody in by the password grant. The tenant slows an address down that fails often: each try has one of its own.
    pub fn sign_in(&self, upn: &str, password: &str) -> Result<SignIn> {
        self.tries.set(self.tries.get() + 1);
        let tries = self.tries.get();
        let mut curl = Command::new("curl");
        curl.args(["-sS", "--interface", &format!("127.3.{}.{}", tries / 250 % 250, 1 + tries % 250), "--cacert"]).arg(&self.ca);
        for (name, value) in [
            ("grant_type", "password"),
            ("client_id", &self.client_id),
            ("client_secret", &self.secret),
            ("username", upn),
            ("password", password),
            ("scope", "openid"),
        ] {
            curl.args(["--data-urlencode", &format!("{name}={value}")]);
        }
        let output = curl.arg(&self.url).output().context("cannot run curl")?;
        let answer: serde_json::Value =
            serde_json::from_slice(&output.stdout).with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())?;
        match (answer.get("access_token"), answer.get("error")) {
            (Some(_), _) => Ok(SignIn::Done),
            (None, Some(error)) if error == "invalid_grant" || error == "interaction_required" => Ok(SignIn::Refused),
            _ => bail!("the tenant answered {answer}"),
        }
    }
}

/// The agent's commands, each a process of its own so that its cost is its own.
pub struct Agent {
    config: PathBuf,
}

impl Agent {
    pub fn sync(&self) -> Result<measure::Run> {
        measure::run(samesign(&["sync", "--yes", "--quiet", "--config"]).arg(&self.config), &[0])
    }

    /// A command of samesign with this configuration.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = samesign(arguments);
        command.arg("--config").arg(&self.config);
        command
    }

    /// The folder of the configuration.
    pub fn folder(&self) -> &Path {
        self.config.parent().unwrap_or(Path::new("."))
    }

    /// How many runs are done.
    pub fn runs(&self) -> Result<usize> {
        let output = self.command(&["runs", "--json"]).output()?;
        let runs: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout)?;
        Ok(runs.iter().filter(|run| run.get("state").is_some_and(|state| state == "done" || state == "held")).count())
    }

    /// A sync, and what it says of itself.
    pub fn report(&self) -> Result<(measure::Cost, serde_json::Value)> {
        let run = measure::run(samesign(&["sync", "--yes", "--json", "--quiet", "--config"]).arg(&self.config), &[0])?;
        Ok((run.cost, serde_json::from_str(&run.output)?))
    }

    /// A plan from a cold start, and how many changes it holds.
    pub fn plan(&self) -> Result<(measure::Cost, usize)> {
        let run = measure::run(samesign(&["plan", "--json", "--quiet", "--config"]).arg(&self.config), &[0])?;
        let plan: serde_json::Value = serde_json::from_str(&run.output)?;
        let changes = plan.get("changes").and_then(serde_json::Value::as_array).context("the plan holds no `changes`")?;
        Ok((run.cost, changes.len()))
    }
}

fn table(data: &Path, endpoint: &str) -> Result<String> {
    let written = std::fs::read_to_string(data.join("tenant.toml"))?;
    let mut document: toml::Table = toml::from_str(&written)?;
    let tenant = document.get_mut("tenant").and_then(toml::Value::as_table_mut).context("tenant.toml lacks [tenant]")?;
    tenant.insert("endpoint".to_owned(), endpoint.into());
    Ok(toml::to_string(&document)?)
}

fn tenant(data: &Path, verb: &[&str], rest: &[&str]) -> Result<String> {
    let output = samesign(&["tenant"]).args(verb).arg("--data").arg(data).args(rest).stdin(Stdio::null()).output()?;
    ensure!(output.status.success(), "`samesign tenant {}` failed: {}", verb.join(" "), String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

fn samesign(arguments: &[&str]) -> Command {
    let mut command = Command::new(workspace::target().join("release/samesign"));
    command.args(arguments);
    command
}
