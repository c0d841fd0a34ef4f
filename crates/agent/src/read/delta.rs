//! What reading the source gives.

use std::collections::{BTreeMap, BTreeSet};

use samesign_connect::ad::ServerIdentity;
use samesign_connect::source::Completeness;
use samesign_engine::{Anchor, Dn, Finding, ObjectGuid, Presence, Scope};

use crate::error::AgentError;
use crate::rollback::Database;
use crate::state::Store;
use crate::state::source::{KeptGroup, KeptOu, SourceChange};

/// What changed in the source since the mirror was kept.
pub struct SourceDelta {
    /// Objects that are new or have changed.
    pub changed: Vec<SourceChange>,
    /// Linked objects that are not there any more, with the evidence.
    pub gone: BTreeMap<Anchor, Presence>,
    /// Objects of the mirror that are not there any more, those of `gone` among them.
    pub forget: Vec<ObjectGuid>,
    /// Those of `gone` for which no tombstone was found although tombstones can be seen.
    pub unproven: BTreeSet<Anchor>,
    /// Who takes part because of the groups that the scope names; `None` when it names none.
    pub chosen: Option<Chosen>,
    /// The attributes that were asked for: other ones than before mean that the whole source must be read anew.
    pub asked: String,
    /// The scope, with every OU where it is today.
    pub scope: Scope,
    /// The same, to be remembered.
    pub kept_ous: Vec<KeptOu>,
    /// Objects that could not be understood.
    pub findings: Vec<Finding>,
    /// Whether absence means anything.
    pub completeness: Completeness,
    /// Who read which directory. Another value than last time holds everything but creates.
    pub identity: String,
    /// Which state of which directory database was read; `None` for a file.
    pub database: Option<Database>,
    /// The DNS name of the domain.
    pub dns_domain: Box<str>,
    /// The NetBIOS name of the domain, where the source tells it.
    pub netbios_domain: Option<Box<str>>,
    /// Objects seen.
    pub objects: usize,
    /// Whether an empty line ended the export; `None` for a domain.
    pub export_closed: Option<bool>,
    /// Whether an export holds no object at all.
    pub is_empty_file: bool,
}

/// Who takes part because of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chosen {
    /// Every member, nested groups among them.
    pub guids: BTreeSet<ObjectGuid>,
    /// The groups that the scope names, where they are now.
    pub groups: Vec<KeptGroup>,
    /// Those that could not be found, by their configured DN.
    pub vanished: Vec<Box<str>>,
}

impl SourceDelta {
    /// What says that the directory was put back to an older state, in words.
    pub fn went_back(&self, store: &Store) -> Result<Option<String>, AgentError> {
        Ok(self.database.as_ref().map(|database| database.went_back(store)).transpose()?.flatten())
    }

    /// Notes who read which directory.
    pub fn tell_identity(&mut self, server: &ServerIdentity) {
        self.identity = format!("{} as {}", server.domain_sid, server.bound_as);
        self.database = Some(Database::of(server));
        self.dns_domain = domain_of(&server.default_naming_context);
        self.netbios_domain = Some(server.netbios_name.as_str()).filter(|name| !name.is_empty()).map(Into::into);
    }
}

/// The DNS name that the DC components of a DN spell.
pub fn domain_of(dn: &str) -> Box<str> {
    let mut labels = Vec::new();
    let mut at = Dn::parse(dn).ok();
    while let Some(dn) = at {
        if dn.rdn().get(..3).is_some_and(|kind| kind.eq_ignore_ascii_case("dc=")) {
            labels.extend(dn.rdn_value());
        }
        at = dn.parent();
    }
    labels.join(".").into()
}
