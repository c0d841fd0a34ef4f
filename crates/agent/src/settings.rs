//! What the agent must know to run. The program's configuration file is turned into this value at the border.

use std::path::PathBuf;
use std::time::Duration;

use samesign_connect::ad::AdConfig;
use samesign_connect::entra::EntraConfig;
use samesign_engine::{Adopt, Guard, MatchPolicy, Rules};

/// Everything a run needs. Holds secrets, so it cannot be printed.
pub struct Settings {
    /// Where the people come from.
    pub source: Source,
    /// DNs of the OUs that take part.
    pub include: Vec<String>,
    /// DNs of OUs within them that do not.
    pub exclude: Vec<String>,
    /// The tenant.
    pub tenant: EntraConfig,
    /// How an AD user finds its cloud user.
    pub matching: MatchPolicy,
    /// Whether existing cloud accounts may be taken over.
    pub adopt: Adopt,
    /// Which objects take part beyond the OUs, the anchor's attribute, own flows, licences by rule.
    pub rules: Rules,
    /// Whether passwords are synchronized, and whose.
    pub passwords: Passwords,
    /// The limits of the guard.
    pub guard: Guard,
    /// This agent stands by: it reads and plans, and sends nothing.
    pub staging: bool,
    /// How often the service looks.
    pub schedule: Schedule,
    /// The state file.
    pub state: PathBuf,
    /// How much is sent at once.
    pub batch: Batch,
}

/// Where the people come from.
pub enum Source {
    /// A file that ldifde or ldbsearch wrote.
    Ldif(PathBuf),
    /// A domain.
    Ad(AdConfig),
}

/// Whether passwords are synchronized, and whose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Passwords {
    /// Whether any are.
    pub enabled: bool,
    /// Whether those of people with `adminCount = 1` are.
    pub privileged: bool,
    /// Who else is left out, or who alone takes part.
    pub select: Option<Select>,
}

/// A choice of people by one value of one attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Select {
    /// The attribute of Active Directory.
    pub attribute: String,
    /// The value; capitals do not count.
    pub value: String,
    /// What becomes of whoever has it.
    pub rule: Rule,
}

/// What becomes of whoever has the value of a [`Select`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// They alone take part.
    Include,
    /// They do not take part.
    Exclude,
}

/// How often the service looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// From one object cycle to the next.
    pub objects: Duration,
    /// From one look for changed passwords to the next.
    pub passwords: Duration,
}

impl Default for Schedule {
    fn default() -> Self {
        Self { objects: Duration::from_secs(120), passwords: Duration::from_secs(10) }
    }
}

/// How much is sent in one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Objects at the most.
    pub objects: usize,
    /// Bytes of values at the most.
    pub bytes: usize,
}

impl Default for Batch {
    fn default() -> Self {
        Self { objects: 100, bytes: 1024 * 1024 }
    }
}

impl Settings {
    /// The attributes of Active Directory to ask for: those of the flows and rules, and the one that chooses whose passwords are
    /// synchronized.
    pub(crate) fn attributes(&self) -> Vec<Box<str>> {
        let mut names: Vec<Box<str>> = samesign_engine::source_attributes().iter().map(|name| (*name).into()).collect();
        let chooses = self.passwords.select.iter().map(|select| select.attribute.as_str().into());
        for name in self.rules.attributes().into_iter().chain(chooses) {
            if !names.iter().any(|known| known.eq_ignore_ascii_case(&name)) {
                names.push(name);
            }
        }
        names
    }
}

/// Attribute names as the connectors take them.
pub(crate) fn borrowed(names: &[Box<str>]) -> Vec<&str> {
    names.iter().map(AsRef::as_ref).collect()
}
