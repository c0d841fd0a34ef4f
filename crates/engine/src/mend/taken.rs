//! Who has which name, on both sides, so that no suggestion makes a new clash.

use std::collections::HashMap;

use crate::person::Person;
use crate::policy::Policy;
use crate::{Anchor, Slice, fold, keys};

/// Every sign-in name and e-mail address with the anchors of those who have it; a cloud user without one stands under its id.
pub(super) struct Taken {
    names: HashMap<String, Vec<Box<str>>>,
    nicknames: HashMap<String, Vec<Box<str>>>,
    /// The address that each cloud user shows, by sign-in name.
    mails: HashMap<String, Box<str>>,
}

impl Taken {
    pub fn new(slice: &Slice, policy: &Policy) -> Self {
        let mut taken = Self { names: HashMap::new(), nicknames: HashMap::new(), mails: HashMap::new() };
        for object in &slice.source {
            let person = Person::new(object, policy);
            let holder = person.anchor();
            keys::source_names(&person).for_each(|name| add(&mut taken.names, name, holder.as_str()));
            person.text("mailNickname").into_iter().for_each(|nickname| add(&mut taken.nicknames, fold(nickname), holder.as_str()));
        }
        for link in &slice.links {
            keys::link_names(link).into_iter().for_each(|name| add(&mut taken.names, name, link.anchor.as_str()));
        }
        let owners: HashMap<&str, &Anchor> =
            slice.links.iter().filter_map(|link| Some((link.target_id.as_deref()?, &link.anchor))).collect();
        for user in &slice.targets {
            let owner = user.anchor.as_ref().or_else(|| owners.get(&*user.id).copied());
            let holder = owner.map_or(&*user.id, Anchor::as_str);
            if let Some(mail) = user.mail.clone().filter(|_| !user.soft_deleted) {
                taken.mails.insert(fold(&user.upn), mail);
            }
            keys::target_names(user).into_iter().for_each(|name| add(&mut taken.names, name, holder));
        }
        taken
    }

    /// Takes a sign-in name or an address for a person, if nobody else has it; `matched` is the sign-in name of the cloud
    /// user who is that same person.
    pub fn take(&mut self, name: &str, person: &Person<'_>, matched: Option<&str>) -> bool {
        let name = fold(name);
        let matched: Vec<Box<str>> = matched.and_then(|upn| self.names.get(&fold(upn))).cloned().unwrap_or_default();
        take(&mut self.names, name, person.anchor().as_str(), &matched)
    }

    /// The address that a cloud user shows.
    pub fn mail_of(&self, upn: &str) -> Option<Box<str>> {
        self.mails.get(&fold(upn)).cloned()
    }

    /// Takes an alias for a person, if nobody else has it.
    pub fn take_nickname(&mut self, nickname: &str, person: &Person<'_>) -> bool {
        take(&mut self.nicknames, fold(nickname), person.anchor().as_str(), &[])
    }
}

fn add(names: &mut HashMap<String, Vec<Box<str>>>, name: String, holder: &str) {
    let holders = names.entry(name).or_default();
    if !holders.iter().any(|known| **known == *holder) {
        holders.push(holder.into());
    }
}

fn take(names: &mut HashMap<String, Vec<Box<str>>>, name: String, holder: &str, matched: &[Box<str>]) -> bool {
    let free = names.get(&name).is_none_or(|holders| holders.iter().all(|known| **known == *holder || matched.contains(known)));
    if free {
        add(names, name, holder);
    }
    free
}
