//! For `cargo xtask bench` alone: how long it takes to plan one changed user of a large directory, and all of it, in process.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use samesign_connect::source::Completeness;
use samesign_engine::{
    Adopt, Anchor, AttributesBuilder, Class, Guard, Link, LinkState, MatchPolicy, ObjectGuid, Policy, Scope, ScopeOu, SourceObject,
};

use crate::clock::Timestamp;
use crate::error::AgentError;
use crate::keep::count_objects;
use crate::read::{SourceDelta, TargetDelta};
use crate::state::link::keep_link;
use crate::state::source::keep_sources;
use crate::state::{Mode, Store};
use crate::world::{Overlay, Seeds, World};

const OFFICE: &str = "OU=Office365,DC=corp,DC=example,DC=com";

/// A directory of linked users, in a state file.
pub struct Directory {
    store: Store,
    policy: Policy,
    users: u32,
}

impl Directory {
    /// Opens a state file that was made before.
    pub fn open(path: &Path, users: u32) -> Result<Self, AgentError> {
        Ok(Self { store: Store::open(path, Mode::Write)?, policy: policy(), users })
    }

    /// Makes the state file of a directory of so many users, all in sync.
    pub fn make(path: &Path, users: u32) -> Result<Self, AgentError> {
        let mut directory = Self::make_new(path, users)?;
        directory.link_all()?;
        Ok(directory)
    }

    /// Makes the state file of a directory of so many users, of whom the tenant knows nobody yet.
    pub fn make_new(path: &Path, users: u32) -> Result<Self, AgentError> {
        let mut directory = Self::open(path, users)?;
        let mut objects: Vec<_> = (0..users).map(|number| (person(number, "Engineer"), [0; 16])).collect();
        let policy = &directory.policy;
        directory.store.transaction::<_, AgentError>(|transaction| Ok(keep_sources(transaction, &mut objects, policy)?))?;
        Ok(directory)
    }

    fn link_all(&mut self) -> Result<(), AgentError> {
        let slice = World::new(&self.store, &self.policy, Overlay::default()).everything(&BTreeMap::new())?;
        let plan = samesign_engine::plan(&slice, &self.policy);
        self.store.transaction::<_, AgentError>(|transaction| {
            for change in &plan.changes {
                let confirmed = change.attributes.block().cloned();
                let link = Link {
                    kind: samesign_engine::Kind::User,
                    anchor: change.anchor.clone(),
                    target_id: Some(change.anchor.as_str().into()),
                    last_dn: change.source_dn.clone(),
                    last_upn: change.upn.clone(),
                    confirmed: confirmed.unwrap_or_default(),
                    state: LinkState::Live,
                };
                keep_link(transaction, &link)?;
            }
            Ok(())
        })
    }

    /// Loads the whole directory and plans all of it; says how long each took and how many changes came of it.
    #[allow(clippy::disallowed_methods, reason = "a benchmark measures real time")]
    pub fn plan_everything(&self) -> Result<(Duration, Duration, usize), AgentError> {
        let begun = Instant::now();
        let slice = World::new(&self.store, &self.policy, Overlay::default()).everything(&BTreeMap::new())?;
        let loaded = begun.elapsed();
        let mut plan = samesign_engine::plan(&slice, &self.policy);
        let recent = self.store.recent(Timestamp(0))?;
        samesign_engine::guard::judge(&mut plan, &recent, &self.policy.guard, self.policy.adopt);
        Ok((loaded, begun.elapsed().saturating_sub(loaded), plan.changes.len()))
    }

    /// Plans one changed user, and says how long that took and how many changes came of it.
    #[allow(clippy::disallowed_methods, reason = "a benchmark measures real time")]
    pub fn plan_one(&self, number: u32) -> Result<(Duration, usize), AgentError> {
        let mut source = delta(person(number % self.users, "Manager"), &self.policy.scope);
        let tenant = TargetDelta::default();
        let begun = Instant::now();
        count_objects(&self.store, &mut source)?;
        let seeds = Seeds::collect(&self.store, &source, &tenant, &self.policy)?;
        let world = World::new(&self.store, &self.policy, Overlay::new(&source, &tenant, None, &self.policy));
        let slice = world.closure(&seeds, &source.gone)?;
        let mut plan = samesign_engine::plan(&slice, &self.policy);
        let recent = self.store.recent(Timestamp(0))?;
        samesign_engine::guard::judge(&mut plan, &recent, &self.policy.guard, self.policy.adopt);
        Ok((begun.elapsed(), plan.changes.len()))
    }
}

fn policy() -> Policy {
    let office = ScopeOu { configured: OFFICE.into(), guid: None, current: Some(OFFICE.into()) };
    Policy {
        scope: Scope { include: vec![office], exclude: Vec::new() },
        matching: MatchPolicy::Entra,
        adopt: Adopt::Ask,
        guard: Guard::default(),
        dns_domain: "corp.example.com".into(),
        netbios_domain: Some("CORP".into()),
        verified_domains: vec!["contoso.example".into()],
        rules: samesign_engine::Rules::default(),
        service: samesign_engine::Service::default(),
    }
}

fn person(number: u32, title: &str) -> SourceObject {
    let mut guid = [0_u8; 16];
    // Scattered like the objectGUIDs of a real directory.
    for (index, bytes) in guid.chunks_exact_mut(4).enumerate() {
        let mixed = (number ^ (index as u32).wrapping_mul(0x9e37_79b9)).wrapping_mul(0x85eb_ca6b);
        bytes.copy_from_slice(&(mixed ^ (mixed >> 13)).to_le_bytes());
    }
    guid[12..].copy_from_slice(&number.to_le_bytes());
    let name = format!("u{number:06}");
    let mut attributes = AttributesBuilder::default();
    let upn = format!("{name}@contoso.example");
    for (attribute, value) in [
        ("cn", format!("User {number:06}")),
        ("sAMAccountName", name.clone()),
        ("userPrincipalName", upn.clone()),
        ("mail", upn.clone()),
        ("proxyAddresses", format!("SMTP:{upn}")),
        ("proxyAddresses", format!("smtp:{name}.alias@contoso.example")),
        ("displayName", format!("User {number:06}")),
        ("givenName", "User".to_owned()),
        ("sn", format!("{number:06}")),
        ("title", title.to_owned()),
        ("department", format!("Department {:02}", number % 50)),
        ("userAccountControl", "512".to_owned()),
        ("manager", format!("CN=User {:06},{OFFICE}", number / 8)),
    ] {
        attributes.add(attribute, value.as_bytes());
    }
    SourceObject {
        guid: ObjectGuid::from_bytes(guid),
        dn: format!("CN=User {number:06},{OFFICE}").into(),
        class: Class::User,
        attributes: attributes.build(),
    }
}

fn delta(object: SourceObject, scope: &Scope) -> SourceDelta {
    SourceDelta {
        changed: vec![(object, [1; 16])],
        gone: BTreeMap::<Anchor, _>::new(),
        forget: Vec::new(),
        unproven: std::collections::BTreeSet::new(),
        chosen: None,
        asked: String::new(),
        scope: scope.clone(),
        kept_ous: Vec::new(),
        findings: Vec::new(),
        completeness: Completeness::Complete,
        identity: String::new(),
        database: None,
        export_closed: None,
        is_empty_file: false,
        dns_domain: "corp.example.com".into(),
        netbios_domain: None,
        objects: 1,
    }
}
