//! A state of any size with one changed person planned against it, for measuring. Not part of the product.
//!
//! It asks what DESIGN promises: the cost of a plan follows what changed, not the size of the directory.

use std::collections::BTreeMap;
use std::path::Path;

use samesign_connect::source::Completeness;
use samesign_engine::{
    Adopt, Anchor, AttributesBuilder, Change, Class, Guard, Link, LinkState, MatchPolicy, ObjectGuid, Policy, Recent, Scope, ScopeOu,
    SourceObject, TargetUser,
};

use crate::clock::Timestamp;
use crate::error::AgentError;
use crate::planning::plan;
use crate::read::{SourceDelta, TargetDelta};
use crate::state::source::{KeptOu, keep_scope_ous, keep_sources};
use crate::state::{Mode, Store, link, target};
use crate::world::{Overlay, Seeds, World};

const UNIT: &str = "OU=Staff,DC=corp,DC=example,DC=com";
const NOW: Timestamp = Timestamp(1_800_000_000);

/// A state file in which everybody is synced.
pub struct Rehearsal {
    store: Store,
    policy: Policy,
}

impl Rehearsal {
    /// Fills a new state file with this many people, all linked and up to date.
    pub fn fill(path: &Path, people: usize) -> Result<Self, AgentError> {
        let mut store = Store::open(path, Mode::Write)?;
        let policy = policy();
        let mut sources: Vec<_> = (0..people).map(|number| (person(number, "Engineer"), [0; 16])).collect();
        let slice = samesign_engine::Slice { source: sources.iter().map(|(object, _)| object.clone()).collect(), ..Default::default() };
        let first = plan(&slice, &policy, &Recent::default(), &store, NOW)?;
        store.transaction::<_, AgentError>(|transaction| {
            keep_sources(transaction, &mut sources, &policy)?;
            keep_scope_ous(transaction, &[kept_unit(people)])?;
            for change in &first.plan.changes {
                link::keep_link(transaction, &linked(change))?;
            }
            let made: Vec<TargetUser> = first.plan.changes.iter().map(made).collect();
            Ok(target::keep_targets(transaction, &made)?)
        })?;
        Ok(Self { store, policy })
    }

    /// Plans what follows when one person has got another title; answers the number of changes, which should be one.
    pub fn plan_one_changed(&self, number: usize) -> Result<usize, AgentError> {
        let mut source = delta(person(number, "Director"));
        let tenant = TargetDelta::default();
        let seeds = Seeds::collect(&self.store, &source, &tenant, &self.policy)?;
        crate::keep::count_objects(&self.store, &mut source)?;
        let world = World::new(&self.store, &self.policy, Overlay::new(&source, &tenant, None, &self.policy));
        let slice = world.closure(&seeds, &source.gone)?;
        let planned = plan(&slice, &self.policy, &self.store.recent(NOW)?, &self.store, NOW)?;
        Ok(planned.plan.changes.len())
    }
}

fn policy() -> Policy {
    let unit = ScopeOu { configured: UNIT.into(), guid: Some(guid(usize::MAX)), current: Some(UNIT.into()) };
    Policy {
        scope: Scope { include: vec![unit], exclude: Vec::new() },
        matching: MatchPolicy::Dirsync,
        adopt: Adopt::Ask,
        guard: Guard::default(),
        dns_domain: "corp.example.com".into(),
        netbios_domain: Some("CORP".into()),
        verified_domains: vec!["contoso.example".into()],
    }
}

fn kept_unit(objects: usize) -> KeptOu {
    KeptOu { configured: UNIT.to_owned(), guid: Some(guid(usize::MAX)), dn: UNIT.to_owned(), objects }
}

fn person(number: usize, title: &str) -> SourceObject {
    let mut attributes = AttributesBuilder::default();
    let (name, account) = (format!("Ada Adler {number:06}"), format!("u{number:06}"));
    let upn = format!("{account}@contoso.example");
    let values = [
        ("cn", name.as_str()),
        ("displayName", &name),
        ("givenName", "Ada"),
        ("sn", "Adler"),
        ("title", title),
        ("department", "Sales"),
        ("company", "Contoso"),
        ("l", "Berlin"),
        ("telephoneNumber", "+1 555 0100"),
        ("sAMAccountName", &account),
        ("userPrincipalName", &upn),
        ("userAccountControl", "512"),
        ("pwdLastSet", "134000000000000000"),
    ];
    for (attribute, value) in values {
        attributes.add(attribute, value.as_bytes());
    }
    SourceObject { guid: guid(number), dn: format!("CN={name},{UNIT}").into(), class: Class::User, attributes: attributes.build() }
}

/// Scattered, as real ones are: neighbours must not be neighbours in an index.
fn guid(number: usize) -> ObjectGuid {
    let scattered = (number as u128).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    ObjectGuid::from_bytes(scattered.to_le_bytes())
}

/// The link that is kept once the service has taken a create.
fn linked(change: &Change) -> Link {
    let confirmed = change.attributes.iter().filter_map(|attribute| Some((attribute.name.clone(), attribute.to.clone()?)));
    Link {
        anchor: change.anchor.clone(),
        target_id: Some(id_of(&change.anchor)),
        last_dn: change.source_dn.clone(),
        last_upn: change.upn.clone(),
        confirmed: confirmed.collect(),
        state: LinkState::Live,
    }
}

/// The cloud user that a create makes, as Graph shows it.
fn made(change: &Change) -> TargetUser {
    TargetUser {
        id: id_of(&change.anchor),
        upn: change.upn.clone(),
        mail: Some(change.upn.clone()),
        addresses: vec![format!("SMTP:{}", change.upn).into()],
        anchor: Some(change.anchor.clone()),
        synced: true,
        licensed: false,
        mailbox: false,
        privileged: false,
        soft_deleted: false,
        visible: BTreeMap::new(),
    }
}

fn id_of(anchor: &Anchor) -> Box<str> {
    format!("id-{}", anchor.as_str()).into()
}

fn delta(changed: SourceObject) -> SourceDelta {
    SourceDelta {
        changed: vec![(changed, [1; 16])],
        gone: BTreeMap::new(),
        forget: Vec::new(),
        scope: policy().scope,
        kept_ous: vec![kept_unit(1)],
        findings: Vec::new(),
        completeness: Completeness::Complete,
        identity: String::new(),
        dns_domain: "corp.example.com".into(),
        netbios_domain: Some("CORP".into()),
        objects: 1,
    }
}
