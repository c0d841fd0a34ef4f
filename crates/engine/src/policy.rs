//! What the administrator decided: scope, matching, adoption, guard.

use crate::ObjectGuid;

/// Everything the engine needs of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Which organizational units take part.
    pub scope: Scope,
    /// How an AD user finds its cloud user.
    pub matching: MatchPolicy,
    /// Whether existing cloud accounts may be taken over.
    pub adopt: Adopt,
    /// The limits of the guard.
    pub guard: Guard,
    /// The DNS name of the domain (`corp.example.com`), sent as `dnsDomainName` and used for a missing UPN. Derived from
    /// the DC components of the naming context.
    pub dns_domain: Box<str>,
    /// The NetBIOS name of the domain where the source tells it.
    pub netbios_domain: Option<Box<str>>,
    /// The tenant's verified domains, folded. Empty when not known.
    pub verified_domains: Vec<Box<str>>,
}

/// The OUs that take part. Nothing is in scope until an OU is included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Subtrees that take part.
    pub include: Vec<ScopeOu>,
    /// Subtrees within them that do not.
    pub exclude: Vec<ScopeOu>,
}

/// An OU as it was configured, and where it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeOu {
    /// The DN in the configuration.
    pub configured: Box<str>,
    /// Its objectGUID, kept from the first run that saw it: a renamed or moved OU stays in scope.
    pub guid: Option<ObjectGuid>,
    /// The DN at which the OU is today. `None`: it could not be found in this run.
    pub current: Option<Box<str>>,
}

/// How an in-scope AD user that is not linked finds its cloud user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatchPolicy {
    /// DirSync's own rules: UPN and e-mail address, subscription and mailbox.
    Dirsync,
    /// Today's documented rules: anchor, else primary SMTP address, else UPN.
    Entra,
}

/// Whether an existing cloud account may be taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adopt {
    /// Joins are held until a person approves that list.
    Ask,
    /// The administrator's standing approval.
    Allow,
    /// Joins become findings.
    Never,
}

/// The limits of the guard. All counts run over a rolling 24 hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guard {
    /// More deletes (or disables) than this are held.
    pub deletes_max: usize,
    /// More than this share of the synced objects, in per cent, are held, when it is more than 3 objects too.
    pub deletes_percent_max: usize,
}

impl Default for Guard {
    fn default() -> Self {
        Self { deletes_max: 100, deletes_percent_max: 5 }
    }
}
