//! What the agent must know to run. The program's configuration file is turned into this value at the border.

use std::path::PathBuf;

use samesign_connect::ad::AdConfig;
use samesign_connect::entra::EntraConfig;
use samesign_engine::{Adopt, Guard, MatchPolicy};

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
    /// The limits of the guard.
    pub guard: Guard,
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
