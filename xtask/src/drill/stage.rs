//! What a scenario is played on: a directory, a tenant that holds its people, and samesign between them.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, ensure};

use super::damage::{Damage, People};
use super::scenario::{Expected, Source};
use super::tenant::{Tenant, samesign};
use crate::bench::people::{UNIT, write_export};
use crate::testbed::DomainController;
use crate::workspace;

/// The account that reads the directory unless a scenario says otherwise.
pub const READER: &str = "svc-samesign";
/// The exit code that sends a person to `samesign findings`.
const FINDINGS: i32 = 5;
/// The unit that is synchronized.
pub const STAFF: &str = "OU=Staff";

pub struct Stage {
    home: PathBuf,
    domain: Option<DomainController>,
    tenant: Tenant,
    before: People,
    /// What came of the last sync.
    pub last: Seen,
}

/// What was seen after a sync.
#[derive(Default)]
pub struct Seen {
    pub exit: Option<i32>,
    pub damage: Damage,
    pub message: String,
}

impl Stage {
    /// Sets everything up and does the first sync.
    pub fn set(name: &str, source: Source) -> Result<Self> {
        let home = workspace::target().join("drill").join(name);
        if home.exists() {
            std::fs::remove_dir_all(&home).with_context(|| format!("cannot remove {}", home.display()))?;
        }
        std::fs::create_dir_all(&home).with_context(|| format!("cannot make {}", home.display()))?;
        let domain = match source {
            Source::Domain(people) => Some(domain(name, people)?),
            Source::Export(people) => {
                write_export(&home.join("export.ldif"), people, None)?;
                None
            }
        };
        let tenant = Tenant::start(&home.join("tenant"))?;
        let mut stage = Self { home, domain, tenant, before: People::new(), last: Seen::default() };
        stage.read_as(READER)?;
        stage.expect(Expected { exit: 0, says: &["created"], damage: Damage::NONE })?;
        let (Source::Domain(people) | Source::Export(people)) = source;
        stage.before = stage.tenant.people()?;
        ensure!(stage.before.len() == people, "the first sync brought {} of {people} people", stage.before.len());
        Ok(stage)
    }

    /// Writes the configuration with this account as the reader.
    pub fn read_as(&self, account: &str) -> Result<()> {
        self.configure(account, "")
    }

    /// Writes the configuration with this filter.
    pub fn filter(&self, filter: &str) -> Result<()> {
        self.configure(READER, &format!("filter = {}\n", toml::Value::from(filter)))
    }

    /// Writes the configuration; `scope` are more lines of that table.
    fn configure(&self, account: &str, scope: &str) -> Result<()> {
        let (source, unit) = match &self.domain {
            Some(domain) => (directory(&self.home, domain, account)?, format!("{STAFF},{}", domain.facts.base_dn)),
            None => ("[source]\nkind = \"ldif\"\npath = \"export.ldif\"\n".to_owned(), UNIT.to_owned()),
        };
        let include = toml::Value::try_from([unit])?;
        Ok(std::fs::write(self.config(), format!("{source}\n[scope]\ninclude = {include}\n{scope}\n{}", self.tenant.table))?)
    }

    /// Another domain answers under the same name, as after a wrong restore or a wrong address.
    pub fn exchange_the_domain(&mut self, people: usize) -> Result<()> {
        self.domain = None;
        self.domain = Some(domain("other-domain", people)?);
        self.read_as(READER)
    }

    /// Makes changes as an administrator does: the operations of `testbed.py ad`.
    pub fn change(&self, operations: &[&str]) -> Result<()> {
        self.domain()?.change(operations)
    }

    /// The same change to each of these people.
    pub fn change_each(&self, people: std::ops::Range<usize>, operation: impl Fn(&str) -> Vec<String>) -> Result<()> {
        let mut operations: Vec<String> = Vec::new();
        for person in people {
            operations.extend(operation(&format!("u{person:06}")));
            operations.push("--".to_owned());
        }
        self.change(&operations.iter().map(String::as_str).collect::<Vec<_>>())
    }

    pub fn domain(&self) -> Result<&DomainController> {
        self.domain.as_ref().context("this scenario has no domain controller")
    }

    /// The file from which an export is read.
    pub fn export(&self) -> PathBuf {
        self.home.join("export.ldif")
    }

    /// Lets hours pass for samesign: what it remembers with a time becomes so much older. The directory's and the tenant's clocks
    /// do not matter to what is asked here.
    pub fn hours_pass(&self, hours: u32) -> Result<()> {
        const AGE: &str = "import sqlite3, sys\nwith sqlite3.connect(sys.argv[1]) as state:\n    for table, column in \
                           [('guard_event', 'at'), ('missing', 'since')]:\n        state.execute(f'UPDATE {table} SET {column} = {column} - ?', \
                           [3600 * int(sys.argv[2])])\n";
        let aged = Command::new("/usr/bin/python3").args(["-c", AGE]).arg(self.home.join("state.db")).arg(hours.to_string()).status()?;
        ensure!(aged.success(), "cannot make the state file older");
        Ok(())
    }

    /// Does a sync and compares what came of it with what must.
    pub fn expect(&mut self, expected: Expected) -> Result<()> {
        let output = self.samesign(&["sync", "--yes"])?;
        let mut said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        if output.status.code() == Some(FINDINGS) {
            said.push_str(&String::from_utf8_lossy(&self.samesign(&["findings"])?.stdout));
        }
        let damage = Damage::between(&self.before, &self.tenant.people()?);
        let explains = |line: &&str| expected.says.iter().all(|words| line.contains(words));
        let message = said.lines().find(explains).map(|line| line.trim().to_owned());
        said.lines().for_each(|line| println!("   | {line}"));
        self.last = Seen { exit: output.status.code(), damage, message: message.clone().unwrap_or_default() };
        ensure!(output.status.code() == Some(expected.exit), "the exit code is {:?}, not {}", output.status.code(), expected.exit);
        ensure!(damage == expected.damage, "{damage:?} instead of {:?}", expected.damage);
        ensure!(message.is_some(), "nothing in what it said has {:?}", expected.says);
        Ok(())
    }

    fn samesign(&self, arguments: &[&str]) -> Result<Output> {
        Ok(samesign(arguments).arg("--config").arg(self.config()).stdin(Stdio::null()).output()?)
    }

    /// Nothing was written to the directory.
    pub fn source_was_only_read(&self) -> Result<()> {
        let clean = self.domain.as_ref().map_or(Ok(true), DomainController::was_only_read)?;
        ensure!(clean, "samesign wrote to the directory, which it must never do");
        Ok(())
    }

    /// Takes the tenant as it is now for what must not be lost.
    pub fn remember(&mut self) -> Result<()> {
        self.before = self.tenant.people()?;
        Ok(())
    }

    /// Everybody in the tenant.
    pub fn people(&self) -> Result<People> {
        self.tenant.people()
    }

    fn config(&self) -> PathBuf {
        self.home.join("samesign.toml")
    }
}

fn domain(name: &str, people: usize) -> Result<DomainController> {
    let (name, people) = (format!("drill-{name}"), people.to_string());
    DomainController::start(&name, &["--users", &people, "--ou", STAFF, "--password", "none", "--groups", "0"])
}

/// The `[source]` table that reads a domain as this account.
fn directory(home: &Path, domain: &DomainController, account: &str) -> Result<String> {
    let facts = &domain.facts;
    let reader = facts.account(account)?;
    std::fs::write(home.join("password"), &reader.password)?;
    Ok(format!(
        "[source]\nkind = \"ad\"\ndomain = \"{}\"\nservers = [\"{}\"]\nuser = \"{}\"\npassword = {{ file = \"password\" }}\nca = {}\n",
        facts.domain,
        facts.ldaps,
        reader.user,
        toml::Value::try_from(&facts.ca)?
    ))
}
