//! The reverse of what one run wrote, from its intents, what it overwrote, and how the links stand now.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use samesign_engine::{Action, Anchor, AttributeChange, Change, Kind, Link, LinkState, ServiceAttributes, ServiceName, Value};

use crate::state::undo::{Overwritten, Undone, Written, members_of};
use crate::state::{StateError, Store};

/// Who an object is. A link stays, so these do.
const IDENTITY: &[&str] = &[
    "dnsDomainName",
    "netBiosName",
    "onPremiseSecurityIdentifier",
    "onPremisesDistinguishedName",
    "onPremisesObjectIdentifier",
    "onPremisesSamAccountName",
];

/// The reverse of one run.
#[derive(Default)]
pub struct Reverse {
    /// The changes: those of the run backwards, then members.
    pub changes: Vec<Change>,
    /// For each change, what it takes back; `None` for what only goes with another change.
    pub undone: Vec<Option<Undone>>,
    /// What is left as it is and why, one line each.
    pub left: Vec<String>,
}

impl Reverse {
    /// Takes changes out again, and says why.
    pub fn leave(&mut self, which: &dyn Fn(&Change) -> bool, why: &str) {
        let (changes, undone) = (std::mem::take(&mut self.changes), std::mem::take(&mut self.undone));
        for (change, undone) in changes.into_iter().zip(undone) {
            if which(&change) {
                self.left.push(format!("{} {}: {why}; left as it is", change.kind.as_str(), change.upn));
            } else {
                self.changes.push(change);
                self.undone.push(undone);
            }
        }
    }
}

/// What a run is taken back with.
struct Maker<'a> {
    store: &'a Store,
    run: i64,
    /// The latest later run that wrote each object.
    since: BTreeMap<Anchor, i64>,
    /// What an earlier undo took back already, and which.
    already: BTreeMap<(Anchor, String), i64>,
    /// The ids of the users in the recycle bin.
    deleted: &'a HashSet<Box<str>>,
    reverse: Reverse,
    /// Whom this undo deletes.
    going: HashSet<Anchor>,
    /// Whom it makes or restores.
    coming: HashSet<Anchor>,
    /// Members of groups that are made again.
    again: Vec<(Link, BTreeSet<Anchor>)>,
}

impl Reverse {
    /// Makes the reverse of what a run wrote.
    pub fn of(store: &Store, run: i64, written: &[Written], deleted: &HashSet<Box<str>>) -> Result<Self, StateError> {
        let (since, already) = (store.written_since(run)?, store.undone_of(run)?);
        let written: Vec<&Written> =
            written.iter().filter(|change| !already.contains_key(&(change.anchor.clone(), change.action.clone()))).collect();
        let mut maker = Maker {
            store,
            run,
            since,
            already,
            deleted,
            going: HashSet::new(),
            coming: HashSet::new(),
            reverse: Self::default(),
            again: Vec::new(),
        };
        for change in written.iter().copied().rev().filter(|change| change.action != "member") {
            maker.take_back(change)?;
        }
        for change in written.iter().copied().filter(|change| change.action == "member") {
            maker.take_members_back(change)?;
        }
        maker.give_members_again()?;
        maker.note_what_stays(store)?;
        Ok(maker.reverse)
    }
}

impl Maker<'_> {
    fn take_back(&mut self, written: &Written) -> Result<(), StateError> {
        let Some(link) = self.known(written)? else { return Ok(()) };
        let made = match written.action.as_str() {
            "create" | "restore" => self.delete(&link),
            "delete" => self.bring_back(&link),
            _ => self.values_before(&link, written),
        };
        match made {
            Ok((action, attributes)) => self.push(&link, action, attributes, 0, Some(written)),
            Err(why) => self.leave(&link, &why),
        }
        Ok(())
    }

    /// The link of an object whose change is known to have arrived.
    fn known(&mut self, written: &Written) -> Result<Option<Link>, StateError> {
        let link = self.store.link(&written.anchor)?;
        let Some(link) = link else {
            self.reverse.left.push(format!("{}: it is not linked any more, so nothing is known of it; left as it is", written.anchor));
            return Ok(None);
        };
        if written.outcome.as_deref() != Some("done") {
            self.leave(
                &link,
                &format!("nobody knows whether the {} of run {} arrived; look at it in the portal", written.action, self.run),
            );
            return Ok(None);
        }
        Ok(Some(link))
    }

    fn delete(&self, link: &Link) -> Result<(Action, Vec<AttributeChange>), String> {
        if link.state == LinkState::Deleted {
            return Err("it is deleted already".to_owned());
        }
        match self.since.get(&link.anchor) {
            Some(run) => Err(format!("run {run} changed it since; it is not deleted")),
            None => Ok((Action::Delete, Vec::new())),
        }
    }

    fn bring_back(&mut self, link: &Link) -> Result<(Action, Vec<AttributeChange>), String> {
        if link.state == LinkState::Live {
            return Err("it is there again".to_owned());
        }
        let attributes = with_static_names(&link.confirmed.to_attributes());
        if link.kind == Kind::User {
            let there = link.target_id.as_ref().is_some_and(|id| self.deleted.contains(id));
            let gone = "it is not in the tenant's recycle bin any more: it cannot come back with its id, licences and mailbox";
            return if there { Ok((Action::Restore, attributes)) } else { Err(gone.to_owned()) };
        }
        self.again.push((link.clone(), members_of(&link.confirmed.to_attributes())));
        let named = format!(
            "{} {}: a deleted {} cannot come back, so a new one is made; what named the old one by its id does not know the new one",
            link.kind.as_str(),
            link.last_upn,
            link.kind.as_str()
        );
        self.reverse.left.push(named);
        Ok((Action::Create, attributes))
    }

    fn values_before(&mut self, link: &Link, written: &Written) -> Result<(Action, Vec<AttributeChange>), String> {
        let Some(Overwritten { before, after }) = &written.overwritten else {
            return Err(not_kept());
        };
        if link.state == LinkState::Deleted {
            return Err("it is deleted".to_owned());
        }
        let joined = written.action == "join";
        let confirmed = link.confirmed.to_attributes();
        let (mut edits, mut moved) = (Vec::new(), Vec::new());
        for name in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
            let (from, to, now) = (after.get(name), before.get(name), confirmed.get(name));
            let never_sent = now.is_none() && matches!(from, Some(Value::Reference(_)));
            if never_sent || (joined && IDENTITY.contains(&&**name)) {
                continue;
            }
            let Some(known) = static_name(name) else {
                return Err(format!("{name} is an attribute that the configuration does not name any more"));
            };
            match now == from {
                true => edits.push(AttributeChange::new(known, from.cloned(), to.cloned())),
                false => moved.push(known),
            }
        }
        if !moved.is_empty() {
            return Err(format!("changed since ({})", moved.join(", ")));
        }
        if joined {
            self.reverse.left.push(format!("{}: gets its values back and stays linked to {}", link.last_upn, link.last_dn));
        }
        if edits.is_empty() { Err("it overwrote nothing".to_owned()) } else { Ok((Action::Update, edits)) }
    }

    fn take_members_back(&mut self, written: &Written) -> Result<(), StateError> {
        if self.goes(&written.anchor) {
            return Ok(());
        }
        let Some(link) = self.known(written)? else { return Ok(()) };
        let Some(Overwritten { before, after }) = &written.overwritten else {
            self.leave(&link, &not_kept());
            return Ok(());
        };
        let (left, came, now) = (members_of(before), members_of(after), members_of(&link.confirmed.to_attributes()));
        if link.state == LinkState::Deleted {
            // A group that was deleted in the same run comes back with the members of its last day.
            return Ok(());
        }
        if !came.is_subset(&now) || !left.is_disjoint(&now) {
            self.leave(&link, "its members changed since");
            return Ok(());
        }
        let back = self.those_there(&link, left)?;
        // Whoever is deleted leaves every group.
        let out = came.into_iter().filter(|anchor| !self.goes(anchor)).collect();
        self.members(&link, out, back, now.len(), Some(written));
        Ok(())
    }

    fn give_members_again(&mut self) -> Result<(), StateError> {
        for (link, members) in std::mem::take(&mut self.again) {
            let back = self.those_there(&link, members)?;
            self.members(&link, BTreeSet::new(), back, 0, None);
        }
        Ok(())
    }

    /// Of these members those that the tenant has, once this is done.
    fn those_there(&mut self, group: &Link, members: BTreeSet<Anchor>) -> Result<BTreeSet<Anchor>, StateError> {
        let mut there = BTreeSet::new();
        for anchor in members {
            if self.coming.contains(&anchor) || (self.store.is_live(&anchor)? && !self.goes(&anchor)) {
                there.insert(anchor);
                continue;
            }
            let member = self.store.link(&anchor)?.map_or_else(|| anchor.to_string(), |link| link.last_upn.to_string());
            self.leave(group, &format!("{member} was a member and is not in the tenant any more"));
        }
        Ok(there)
    }

    fn members(&mut self, link: &Link, out: BTreeSet<Anchor>, back: BTreeSet<Anchor>, before: usize, written: Option<&Written>) {
        if out.is_empty() && back.is_empty() {
            return;
        }
        let references = |anchors: BTreeSet<Anchor>| (!anchors.is_empty()).then(|| Value::References(anchors.into_iter().collect()));
        let edit = AttributeChange::new("member", references(out), references(back));
        self.push(link, Action::Member, vec![edit], before, written);
    }

    /// Whether this undo deletes an object.
    fn goes(&self, anchor: &Anchor) -> bool {
        self.going.contains(anchor)
    }

    fn push(&mut self, link: &Link, action: Action, attributes: Vec<AttributeChange>, members_before: usize, written: Option<&Written>) {
        let reason = match written {
            Some(written) => format!("takes back the {} of run {}", written.action, self.run),
            None => format!("the members that it had before run {}", self.run),
        };
        match action {
            Action::Delete => drop(self.going.insert(link.anchor.clone())),
            Action::Create | Action::Restore => drop(self.coming.insert(link.anchor.clone())),
            _ => {}
        }
        self.reverse.changes.push(Change {
            action,
            kind: link.kind,
            anchor: link.anchor.clone(),
            source_dn: link.last_dn.clone(),
            target_id: link.target_id.clone().filter(|_| action != Action::Create),
            upn: link.last_upn.clone(),
            reason: reason.into(),
            attributes: attributes.into(),
            members_before,
            held: None,
        });
        self.reverse.undone.push(written.map(|written| Undone {
            anchor: link.anchor.clone(),
            action: written.action.clone(),
            run: self.run,
            overwritten: written.overwritten.clone().unwrap_or_default(),
        }));
    }

    fn leave(&mut self, link: &Link, why: &str) {
        self.reverse.left.push(format!("{} {}: {why}; left as it is", link.kind.as_str(), link.last_upn));
    }

    fn note_what_stays(&mut self, store: &Store) -> Result<(), StateError> {
        let by: BTreeSet<i64> = self.already.values().copied().collect();
        for by in by {
            let count = self.already.values().filter(|other| **other == by).count();
            self.reverse.left.push(format!("run {by} has taken {count} changes of it back already"));
        }
        if let passwords @ 1.. = store.passwords_sent(self.run)? {
            self.reverse.left.push(format!("{passwords} passwords: nobody knows the ones before; they stay as they are"));
        }
        Ok(())
    }
}

fn not_kept() -> String {
    "what was there before is not kept any more (30 days, and the last 50 runs, are)".to_owned()
}

/// The values of an object that comes back, without its members: they follow.
fn with_static_names(confirmed: &ServiceAttributes) -> Vec<AttributeChange> {
    let values = confirmed.iter().filter(|(name, _)| *name != "member");
    values.filter_map(|(name, value)| Some(AttributeChange::new(static_name(name)?, None, Some(value.clone())))).collect()
}

/// The name as the engine knows it; `None` for one that it does not know.
const fn static_name(name: &ServiceName) -> Option<&'static str> {
    match name {
        ServiceName::Borrowed(name) => Some(name),
        ServiceName::Owned(_) => None,
    }
}
