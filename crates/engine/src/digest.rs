//! Digests: by what a plan and a policy are recognised again.

use serde::Serialize;
use serde::ser::SerializeMap;
use sha2::{Digest, Sha256};

use crate::keys::hex;
use crate::plan::{Change, Plan, Unheld};
use crate::policy::{Adopt, Guard, MatchPolicy, Policy, Scope, ScopeOu};

/// Counts up when the canonical form of a plan changes, so that a plan that was saved by another version is refused.
const FORMAT: u32 = 1;

impl Change {
    /// The change as canonical JSON, without [`Change::held`]: equal changes give equal text.
    pub fn canonical_json(&self) -> String {
        serde_json::to_string(&Unheld(self)).unwrap_or_default()
    }
}

struct Canonical<'a> {
    policy: &'a str,
    epoch: &'a str,
    changes: Vec<String>,
}

impl Serialize for Canonical<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { policy, epoch, changes } = self;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("format", &FORMAT)?;
        map.serialize_entry("policy", policy)?;
        map.serialize_entry("epoch", epoch)?;
        map.serialize_entry("changes", changes)?;
        map.end()
    }
}

impl Plan {
    /// SHA-256, in hexadecimal, of the plan's changes with the policy ([`Policy::fingerprint`]) and the state they were made
    /// for. Whether a change is held, and the order in which changes are applied, make no difference.
    pub fn digest(&self, policy_fingerprint: &str, state_epoch: &str) -> String {
        let mut changes: Vec<String> = self.changes.iter().map(Change::canonical_json).collect();
        changes.sort_unstable();
        let canonical = Canonical { policy: policy_fingerprint, epoch: state_epoch, changes };
        sha256(&serde_json::to_vec(&canonical).unwrap_or_default())
    }
}

impl Policy {
    /// SHA-256, in hexadecimal, of everything in the policy: it differs when the whole directory must be planned again.
    pub fn fingerprint(&self) -> String {
        let Self { scope, matching, adopt, guard, dns_domain, netbios_domain, verified_domains } = self;
        let Scope { include, exclude } = scope;
        let Guard { deletes_max, deletes_percent_max } = guard;
        let mut verified = verified_domains.clone();
        verified.sort();
        let matching = match matching {
            MatchPolicy::Dirsync => "dirsync",
            MatchPolicy::Entra => "entra",
        };
        let adopt = match adopt {
            Adopt::Ask => "ask",
            Adopt::Allow => "allow",
            Adopt::Never => "never",
        };
        let parts =
            (FORMAT, ous(include), ous(exclude), matching, adopt, (deletes_max, deletes_percent_max), dns_domain, netbios_domain, verified);
        sha256(&serde_json::to_vec(&parts).unwrap_or_default())
    }
}

fn ous(ous: &[ScopeOu]) -> Vec<(String, Option<String>, Option<String>)> {
    let mut list: Vec<_> = ous
        .iter()
        .map(|ScopeOu { configured, guid, current }| {
            (crate::dn_key(configured), guid.map(|guid| guid.to_string()), current.as_deref().map(crate::dn_key))
        })
        .collect();
    list.sort();
    list
}

fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

#[cfg(test)]
mod tests;
