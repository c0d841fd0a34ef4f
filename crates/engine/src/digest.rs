//! Digests: by what a plan and a policy are recognised again.

use std::io::BufWriter;

use sha2::{Digest, Sha256};

use crate::keys::hex;
use crate::plan::{Change, Unheld};
use crate::policy::{Adopt, Guard, MatchPolicy, Policy, Scope, ScopeOu};

/// Counts up when the canonical form of a plan changes, so that a plan that was saved by another version is refused.
const FORMAT: u32 = 1;

impl Change {
    /// The change as canonical JSON, without [`Change::held`]: equal changes give equal text.
    pub fn canonical_json(&self) -> String {
        serde_json::to_string(&Unheld(self)).unwrap_or_default()
    }

    /// SHA-256 of [`Change::canonical_json`]: by this a change is recognised in a later plan.
    pub fn digest(&self) -> ChangeDigest {
        let mut json = BufWriter::with_capacity(2048, Hashing(Sha256::new()));
        let written = serde_json::to_writer(&mut json, &Unheld(self)).is_ok();
        let hash = json.into_inner().map(|hashing| hashing.0);
        debug_assert!(written && hash.is_ok(), "a hash takes everything");
        hash.unwrap_or_default().finalize().into()
    }
}

/// The digest of one change.
pub type ChangeDigest = [u8; 32];

/// Lets a change be written straight into a hash.
struct Hashing(Sha256);

impl std::io::Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// SHA-256, in hexadecimal, of a plan's changes (by their digests, in any order) with the policy ([`Policy::fingerprint`]) and
/// the state they were made for. Whether a change is held, and the order in which changes are applied, make no difference.
pub fn plan_digest(changes: &[ChangeDigest], policy_fingerprint: &str, state_epoch: &str) -> String {
    let mut changes: Vec<&ChangeDigest> = changes.iter().collect();
    changes.sort_unstable();
    let mut hash = Sha256::new();
    // Every part has a length of its own or a fixed one, so that no two plans give the same bytes.
    for part in [policy_fingerprint, state_epoch] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.update(FORMAT.to_be_bytes());
    changes.iter().for_each(|change| hash.update(change));
    hex(&hash.finalize())
}

impl Policy {
    /// SHA-256, in hexadecimal, of everything in the policy: it differs when the whole directory must be planned again.
    pub fn fingerprint(&self) -> String {
        let Self { scope, matching, adopt, guard, dns_domain, netbios_domain, verified_domains, rules, service } = self;
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
        // Debug is stable enough here: another text costs one plan of everything.
        let rules = format!("{rules:?} {service:?}");
        let parts = (
            FORMAT,
            rules,
            ous(include),
            ous(exclude),
            matching,
            adopt,
            (deletes_max, deletes_percent_max),
            dns_domain,
            netbios_domain,
            verified,
        );
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
