//! A tiny world in memory: a directory, a tenant, and the links between them. "Sync" applies a plan to it as the service would.
#![allow(dead_code, reason = "each test binary uses its own part of it")]

use std::collections::{BTreeMap, BTreeSet};

use samesign_engine::{
    Action, Adopt, Anchor, AttributesBuilder, Change, Class, Guard, Kind, Link, LinkState, MatchPolicy, ObjectGuid, Plan, Policy, Presence,
    Recent, Scope, ScopeOu, Slice, SourceObject, TargetObject, Value, dn_key, fold, guard, plan,
};

/// One object of AD, before it becomes a [`SourceObject`].
#[derive(Clone, Debug)]
pub struct Account {
    pub class: Class,
    pub guid: ObjectGuid,
    pub rdn: String,
    pub ou: String,
    pub attributes: BTreeMap<String, Vec<String>>,
    /// A group's members by the names of their accounts; AD keeps their DNs right itself.
    pub members: BTreeSet<String>,
    /// Members that AD has and that are not to be seen, by DN.
    pub unseen_members: BTreeSet<String>,
    /// So many members more, of whom nobody knows anything.
    pub made_members: usize,
}

impl Account {
    pub fn dn(&self) -> String {
        format!("{},{}", self.rdn, ou_dn(&self.ou))
    }

    pub fn set(&mut self, name: &str, value: &str) {
        let values: Vec<String> = value.split('|').filter(|value| !value.is_empty()).map(str::to_owned).collect();
        if values.is_empty() {
            self.attributes.remove(name)
        } else {
            self.attributes.insert(name.to_owned(), values)
        };
    }

    fn object(&self, accounts: &BTreeMap<String, Account>) -> SourceObject {
        let mut attributes = AttributesBuilder::default();
        for member in self.members.iter().filter_map(|name| accounts.get(name)) {
            attributes.add("member", member.dn().as_bytes());
        }
        self.unseen_members.iter().for_each(|dn| attributes.add("member", dn.as_bytes()));
        (0..self.made_members).for_each(|number| attributes.add("member", format!("CN=made{number},DC=example,DC=com").as_bytes()));
        for (name, values) in &self.attributes {
            values.iter().for_each(|value| attributes.add(name, value.as_bytes()));
        }
        SourceObject { guid: self.guid, dn: self.dn().into(), class: self.class, attributes: attributes.build() }
    }
}

/// `Staff/Sales` is `OU=Sales,OU=Staff,DC=example,DC=com`.
pub fn ou_dn(path: &str) -> String {
    let ous: Vec<String> =
        path.split('/').rev().map(|name| if name.contains('=') { name.to_owned() } else { format!("OU={name}") }).collect();
    format!("{},DC=example,DC=com", ous.join(","))
}

pub fn guid(number: u8) -> ObjectGuid {
    ObjectGuid::from_bytes([number, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
}

#[derive(Clone, Debug)]
pub struct World {
    pub accounts: BTreeMap<String, Account>,
    pub gone: BTreeMap<Anchor, Presence>,
    pub targets: Vec<TargetObject>,
    pub links: Vec<Link>,
    pub recent: Recent,
    pub policy: Policy,
    /// Who is in which group of the tenant, by the group's id.
    pub memberships: BTreeMap<Box<str>, BTreeSet<Anchor>>,
    /// Read from a domain controller, not from an export.
    pub from_directory: bool,
    numbers: u8,
    ids: usize,
}

impl Default for World {
    fn default() -> Self {
        let policy = Policy {
            scope: Scope { include: vec![ou("Staff")], exclude: Vec::new() },
            matching: MatchPolicy::Dirsync,
            adopt: Adopt::Allow,
            guard: Guard::default(),
            dns_domain: "example.com".into(),
            netbios_domain: Some("EXAMPLE".into()),
            verified_domains: vec!["example.com".into()],
            rules: samesign_engine::Rules::default(),
            service: samesign_engine::Service::default(),
        };
        let (accounts, gone, targets, links) = Default::default();
        Self {
            accounts,
            gone,
            targets,
            links,
            recent: Recent::default(),
            policy,
            memberships: BTreeMap::new(),
            from_directory: false,
            numbers: 0,
            ids: 0,
        }
    }
}

pub fn ou(path: &str) -> ScopeOu {
    ScopeOu { configured: ou_dn(path).into(), guid: None, current: Some(ou_dn(path).into()) }
}

impl World {
    pub fn add_account(&mut self, name: &str, ou: &str) -> &mut Account {
        let upn = format!("{name}@example.com");
        let attributes = [("sAMAccountName", name), ("cn", name), ("userAccountControl", "512"), ("userPrincipalName", &upn)];
        self.add_object(Class::User, name, ou, &attributes)
    }

    /// A security group.
    pub fn add_group(&mut self, name: &str, ou: &str) -> &mut Account {
        self.add_object(Class::Group, name, ou, &[("sAMAccountName", name), ("cn", name), ("groupType", "-2147483646")])
    }

    pub fn add_contact(&mut self, name: &str, ou: &str) -> &mut Account {
        self.add_object(Class::Contact, name, ou, &[("cn", name), ("mail", &format!("{name}@partner.example"))])
    }

    fn add_object(&mut self, class: Class, name: &str, ou: &str, attributes: &[(&str, &str)]) -> &mut Account {
        self.numbers += 1;
        let guid = guid(self.numbers);
        self.gone.remove(&Anchor::of(&guid));
        let (rdn, ou, attributes_of) = (format!("CN={name}"), ou.to_owned(), BTreeMap::new());
        let mut account = Account {
            class,
            guid,
            rdn,
            ou,
            attributes: attributes_of,
            members: BTreeSet::new(),
            unseen_members: BTreeSet::new(),
            made_members: 0,
        };
        attributes.iter().for_each(|(attribute, value)| account.set(attribute, value));
        self.accounts.entry(name.to_owned()).or_insert(account)
    }

    pub fn remove_account(&mut self, name: &str, presence: Presence) {
        let account = self.accounts.remove(name).unwrap_or_else(|| panic!("no account {name}"));
        // A deleted object is nobody's member any more; one that is merely not to be seen is.
        let dn = account.dn();
        for group in self.accounts.values_mut() {
            if group.members.remove(name) && presence == Presence::Missing {
                group.unseen_members.insert(dn.clone());
            }
        }
        self.gone.insert(Anchor::of(&account.guid), presence);
    }

    pub fn add_target(&mut self, upn: &str) -> &mut TargetObject {
        self.ids += 1;
        self.targets.push(TargetObject {
            kind: Kind::User,
            parked: Vec::new(),
            id: format!("id-{}", self.ids).into(),
            upn: upn.into(),
            mail: Some(upn.into()),
            addresses: Vec::new(),
            anchor: None,
            synced: false,
            licensed: true,
            mailbox: true,
            privileged: false,
            soft_deleted: false,
            visible: BTreeMap::new(),
        });
        self.targets.last_mut().unwrap()
    }

    /// Everything, as one slice.
    pub fn slice(&self) -> Slice {
        Slice {
            source: self.accounts.values().map(|account| account.object(&self.accounts)).collect(),
            gone: self.gone.clone(),
            targets: self.targets.clone(),
            links: self.links.clone(),
            references: BTreeMap::new(),
            chosen: None,
            from_directory: self.from_directory,
        }
    }

    pub fn plan(&self) -> Plan {
        let mut plan = plan(&self.slice(), &self.policy);
        let recent = Recent { synced: self.synced(), ..self.recent.clone() };
        guard::judge(&mut plan, &recent, &self.policy.guard, self.policy.adopt);
        plan
    }

    pub fn synced(&self) -> usize {
        self.links.iter().filter(|link| link.state == LinkState::Live).count()
    }

    /// Plans and applies what is not held. Answers what the service refused.
    pub fn sync(&mut self) -> Vec<String> {
        let plan = self.plan();
        self.apply(&plan, false)
    }

    pub fn apply(&mut self, plan: &Plan, held_too: bool) -> Vec<String> {
        let sent = plan.changes.iter().filter(|change| held_too || change.held.is_none());
        sent.filter_map(|change| self.send(change, held_too).err()).collect()
    }

    /// What the service does: every name belongs to one live object, an anchor too.
    fn send(&mut self, change: &Change, approved: bool) -> Result<(), String> {
        let linked = self.links.iter().find(|link| link.anchor == change.anchor && link.state == LinkState::Live);
        let id = change.target_id.as_ref().or_else(|| linked?.target_id.as_ref());
        let is_it = |target: &TargetObject| target.anchor.as_ref() == Some(&change.anchor) || Some(&target.id) == id;
        let at = self.targets.iter().position(is_it);
        if change.action == Action::Member {
            return self.change_members(change);
        }
        if change.action == Action::Delete {
            let at = at.ok_or("nothing to delete")?;
            if change.kind == Kind::User {
                self.targets[at].soft_deleted = true;
            } else {
                let gone = self.targets.remove(at);
                self.memberships.remove(&gone.id);
            }
            for members in self.memberships.values_mut() {
                members.remove(&change.anchor);
            }
            self.links.iter_mut().filter(|link| link.anchor == change.anchor).for_each(|link| link.state = LinkState::Deleted);
            if !approved {
                self.recent.deleted.insert(change.anchor.clone());
            }
            return Ok(());
        }
        let wanted = names(change);
        let taken = |(place, target): (usize, &TargetObject)| {
            Some(place) != at && !target.soft_deleted && target_names(target).iter().any(|name| wanted.contains(name))
        };
        if let Some((_, holder)) = self.targets.iter().enumerate().find(|(place, target)| taken((*place, target))) {
            return Err(format!("{} {}: {} has one of its names", change.action.as_str(), change.upn, holder.upn));
        }
        let at = match at {
            Some(at) => at,
            None if change.action == Action::Update => return Err(format!("update {}: there is no such object", change.upn)),
            None => {
                let target = self.add_target(&change.upn);
                (target.mail, target.kind) = (None, change.kind);
                self.targets.len() - 1
            }
        };
        self.remember(change, approved);
        let target = &mut self.targets[at];
        // Graph shows no anchor of groups and contacts.
        target.anchor = (change.kind == Kind::User).then(|| change.anchor.clone());
        (target.synced, target.soft_deleted) = (true, false);
        if change.kind != Kind::User {
            target.upn = change.upn.clone();
        }
        for edit in change.attributes.all().iter() {
            show(target, edit.name, edit.to.as_ref());
        }
        let id = target.id.clone();
        self.link(change, id);
        Ok(())
    }

    /// A member must be there, and so must the group.
    fn change_members(&mut self, change: &Change) -> Result<(), String> {
        let live: BTreeSet<Anchor> =
            self.links.iter().filter(|link| link.state == LinkState::Live).map(|link| link.anchor.clone()).collect();
        let link = self.links.iter_mut().find(|link| link.anchor == change.anchor && link.state == LinkState::Live);
        let link = link.ok_or_else(|| format!("member {}: there is no such group", change.upn))?;
        let edit = &change.attributes.of_known()[0];
        let anchors = |value: Option<&Value>| match value {
            Some(Value::References(anchors)) => anchors.to_vec(),
            _ => Vec::new(),
        };
        let (gone, come) = (anchors(edit.from.as_deref()), anchors(edit.to.as_ref()));
        if let Some(missing) = come.iter().find(|anchor| !live.contains(anchor)) {
            return Err(format!("member {}: {missing} is not there", change.upn));
        }
        let members = self.memberships.entry(link.target_id.clone().unwrap()).or_default();
        members.retain(|anchor| !gone.contains(anchor));
        members.extend(come.iter().cloned());
        let confirmed = anchors(link.confirmed.get("member").as_ref()).into_iter().filter(|anchor| !gone.contains(anchor));
        let confirmed: BTreeSet<Anchor> = confirmed.chain(come).collect();
        if confirmed.is_empty() {
            link.confirmed.remove("member");
        } else {
            link.confirmed.insert("member".into(), Value::References(confirmed.into_iter().collect()));
        }
        Ok(())
    }

    fn remember(&mut self, change: &Change, approved: bool) {
        if approved {
            return;
        }
        if guard::is_disable(change) {
            self.recent.disabled.insert(change.anchor.clone());
        }
        if guard::is_rename(change) {
            self.recent.renamed.insert(change.anchor.clone());
        }
        for name in guard::cleared(change) {
            self.recent.cleared.entry(name.to_owned()).or_default().insert(change.anchor.clone());
        }
    }

    fn link(&mut self, change: &Change, id: Box<str>) {
        // What was deleted of a group or a contact does not come back.
        self.links.retain(|link| link.anchor != change.anchor || link.kind == Kind::User || link.state == LinkState::Live);
        if !self.links.iter().any(|link| link.anchor == change.anchor) {
            self.links.push(Link {
                kind: change.kind,
                anchor: change.anchor.clone(),
                target_id: None,
                last_dn: "".into(),
                last_upn: "".into(),
                confirmed: samesign_engine::ServiceBlock::default(),
                state: LinkState::Live,
            });
        }
        let link = self.links.iter_mut().find(|link| link.anchor == change.anchor).unwrap();
        (link.state, link.target_id) = (LinkState::Live, Some(id));
        (link.last_dn, link.last_upn) = (change.source_dn.clone(), change.upn.clone());
        for edit in change.attributes.all().iter() {
            match &edit.to {
                Some(value) => link.confirmed.insert(edit.name.into(), value.clone()),
                None => drop(link.confirmed.remove(edit.name)),
            }
        }
    }
}

fn show(target: &mut TargetObject, name: &str, to: Option<&Value>) {
    match (name, to) {
        ("userPrincipalName", Some(Value::Text(upn))) => target.upn = upn.clone(),
        ("mail", Some(Value::Text(mail))) => target.mail = Some(mail.clone()),
        ("mail", None) => target.mail = None,
        ("proxyAddresses", Some(Value::Texts(texts))) => target.addresses = texts.to_vec(),
        ("proxyAddresses", None) => target.addresses.clear(),
        (name, Some(value)) => {
            target.visible.insert(name.into(), value.clone());
        }
        (name, None) => {
            target.visible.remove(name);
        }
    }
}

fn names(change: &Change) -> BTreeSet<String> {
    let text = |name: &str| match change.sets(name).as_deref() {
        Some(Value::Text(text)) => vec![fold(text)],
        Some(Value::Texts(texts)) => texts.iter().filter_map(|text| text.to_lowercase().strip_prefix("smtp:").map(fold)).collect(),
        _ => Vec::new(),
    };
    ["userPrincipalName", "mail", "proxyAddresses"].into_iter().flat_map(text).collect()
}

pub fn target_names(target: &TargetObject) -> BTreeSet<String> {
    let proxies = target.addresses.iter().filter_map(|text| text.to_lowercase().strip_prefix("smtp:").map(fold));
    let upn = (target.kind == Kind::User).then(|| fold(&target.upn));
    proxies.chain(upn).chain(target.mail.iter().map(|mail| fold(mail))).collect()
}

/// The anchors of linked objects by DN, as the agent looks them up for references out of a slice.
pub fn references(world: &World) -> BTreeMap<String, Anchor> {
    let live: BTreeSet<&Anchor> = world.links.iter().filter(|link| link.state == LinkState::Live).map(|link| &link.anchor).collect();
    let anchors = world.accounts.values().map(|account| (dn_key(&account.dn()), Anchor::of(&account.guid)));
    anchors.filter(|(_, anchor)| live.contains(anchor)).collect()
}
